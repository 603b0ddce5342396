/**
 * What views want done outside, done: files, the editor, the clipboard.
 */
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Effect, Reply } from '../app/view.js'

type Kind<K extends Effect['kind']> = Extract<Effect, { readonly kind: K }>

/** The sequence that asks a terminal to put a text onto the clipboard; works over ssh, and in tmux where it lets it. */
export function clipboardSequence(text: string): string {
  return `\u001b]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`
}

export function writeEffect({ tag, path, text, replaces }: Kind<'write'>): Reply {
  try {
    writeFileSync(path, text, { flag: replaces ? 'w' : 'wx' })
    return { kind: 'written', tag, path }
  } catch (error) {
    return { kind: 'failed', tag, message: `cannot write ${path}: ${reason(error)}` }
  }
}

/** Blocks until the editor is closed; the terminal has been given back before. */
export function editEffect(
  { tag, name, text }: Kind<'edit'>,
  env: Readonly<Record<string, string | undefined>>,
): Reply {
  const editor = env['VISUAL'] ?? env['EDITOR'] ?? 'vi'
  let folder: string | undefined
  try {
    folder = mkdtempSync(join(tmpdir(), 'keyward-edit-'))
    const path = join(folder, basename(name))
    writeFileSync(path, text, { mode: 0o600 })
    // As git does: the variable may have arguments in it, the path must not be taken apart.
    const ended = spawnSync('/bin/sh', ['-c', `${editor} "$1"`, 'sh', path], { stdio: 'inherit' })
    if (ended.status !== 0) return { kind: 'failed', tag, message: whyEnded(editor, ended) }
    if (!existsSync(path))
      return { kind: 'failed', tag, message: `the editor ${editor} left no file; nothing is changed` }
    return { kind: 'edited', tag, text: readFileSync(path, 'utf8') }
  } catch (error) {
    return { kind: 'failed', tag, message: `cannot edit: ${reason(error)}` }
  } finally {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  }
}

/** What the shell says where it has no such program, or may not start it. */
const NOT_FOUND = 127
const NOT_STARTED = 126

function whyEnded(editor: string, { status, signal }: Pick<SpawnSyncReturns<Buffer>, 'status' | 'signal'>): string {
  if (status === NOT_FOUND) return `there is no editor ${editor}; VISUAL or EDITOR names one`
  if (status === NOT_STARTED) return `the editor ${editor} cannot be started; VISUAL or EDITOR names one`
  return `the editor ${editor} ended with ${status ?? signal ?? 'an error'}; nothing is changed`
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'there is such a file already',
  ENOENT: 'there is no such folder',
  EACCES: 'no permission to write it',
  EISDIR: 'it is a folder',
  ENOSPC: 'no room is left',
  EROFS: 'it is read-only',
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  return REASONS[code] ?? error.message
}
