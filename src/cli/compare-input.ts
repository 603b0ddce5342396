/**
 * The two sides of a comparison, or the one of a check: a world folder or a file with a policy, now or at a git commit.
 */
import { statSync } from 'node:fs'
import { guessKind } from '../lint/guess-kind.js'
import { parsePolicyNode } from '../policy/parse.js'
import type { PolicyDocument, PolicyKind } from '../policy/document.js'
import { openWorld } from '../source/world/load-world.js'
import type { AskedWorld } from '../source/world/world.js'
import { quote } from '../text/escape.js'
import { detectFormat, readSyntax } from '../text/read-syntax.js'
import type { Result, SourceError } from '../text/source.js'
import { filesAtCommit } from './git-files.js'
import { readInput } from './input.js'

export type Side =
  | { readonly kind: 'world'; readonly name: string; readonly world: AskedWorld }
  | { readonly kind: 'policy'; readonly name: string; readonly policy: PolicyDocument }

export interface SideOptions {
  /** Of a policy; told by its content where left out. */
  readonly kind?: PolicyKind
  /** As it was at this git commit. */
  readonly ref?: string
  readonly warn: (message: string) => void
}

/** The error is one sentence, or has a place. */
export async function readSide(path: string, options: SideOptions): Promise<Result<Side, string | SourceError>> {
  const isFolder = isDirectory(path)
  if (options.ref === undefined) return isFolder ? worldSide(path, path, options) : policySide(path, path, options)
  const name = `${path} at ${options.ref}`
  const files = filesAtCommit(path, options.ref, isFolder)
  if (!files.ok) return files
  try {
    return isFolder ? worldSide(files.value.path, name, options) : await policySide(files.value.path, name, options)
  } finally {
    files.value.remove()
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}

function worldSide(folder: string, name: string, { warn }: SideOptions): Result<Side, string> {
  // Without a cache: a comparison reads everything once.
  const opened = openWorld(folder)
  if (!opened.ok) return opened
  const { world, unusable } = opened.value
  if (unusable > 0) {
    warn(
      `${unusable} ${unusable === 1 ? 'part' : 'parts'} of ${quote(name, 200)} cannot be used; \`keyward world\` shows which`,
    )
  }
  return { ok: true, value: { kind: 'world', name, world } }
}

async function policySide(
  path: string,
  name: string,
  { kind }: SideOptions,
): Promise<Result<Side, string | SourceError>> {
  const read = await readInput(path)
  if (!read.ok) return read
  const source = { name, text: read.value.text }
  const format = detectFormat(path, source.text)
  const tree = readSyntax(source, format)
  if (!tree.ok) return { ok: false, error: tree.error[0] ?? `${quote(name, 200)} cannot be read` }
  const { value: root } = tree
  const known = kind ?? guessKind(root, path)
  const parsed = parsePolicyNode(root, { source, format, pointer: '' }, known)
  if (!parsed.ok) return { ok: false, error: parsed.error[0] ?? `${quote(name, 200)} is no policy` }
  return { ok: true, value: { kind: 'policy', name, policy: parsed.value } }
}
