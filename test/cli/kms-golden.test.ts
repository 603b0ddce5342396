/**
 * What people see of `keyward init` and `keyward kms`, kept as transcripts: a command after `$`, what it prints, and in
 * brackets how it ends unless that is 0. What changes from run to run has a name, such as `<id-1>`, and commands may use it.
 *
 * Set KEYWARD_UPDATE_GOLDEN=1 to write them anew; read the difference before it is kept.
 */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registerInit } from '../../src/cli/init.js'
import { registerKms } from '../../src/cli/kms.js'
import { runCommand } from './run-command.js'

const CASES = resolve('test/cases/kms')
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'
const ENVIRONMENT = ['AWS_REGION', 'AWS_DEFAULT_REGION', 'KEYWARD_DATA_DIR', 'KEYWARD_AS', 'KEYWARD_ROOT_KEY_FILE']

const here = process.cwd()
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-golden-'))
  process.chdir(folder)
  copyFileSync(join(CASES, 'policy.json'), 'policy.json')
  writeFileSync('secret.txt', 'hello')
  writeFileSync('broken.json', '{ "Version": "2012-10-17", "Statement": [{ "Efect": "Allow" }] }')
  for (const name of ENVIRONMENT) delete process.env[name]
})

afterAll(() => {
  process.chdir(here)
  rmSync(folder, { recursive: true })
})

/** Names for what changes from run to run. */
class Names {
  private readonly names = new Map<string, string>()
  private readonly counts = new Map<string, number>()

  shown(text: string): string {
    return text
      .replace(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)/g, '<time>')
      .replace(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, (id) => this.name('id', id))
      .replace(/\b[0-9a-f]{64}\b/g, (id) => this.name('material', id))
      .replace(/\b[0-9a-f]{32}\b/g, (id) => this.name('key', id))
      .replace(/(?<=\.old-)[0-9a-f]{8}/g, '<old>')
      .replace(/(?<=")[A-Za-z0-9+/]{40,}={0,2}(?=")/g, (blob) => this.name('blob', blob))
  }

  meant(command: string): string {
    let text = command
    for (const [value, name] of this.names) text = text.replaceAll(name, value)
    return text
  }

  private name(kind: string, value: string): string {
    const known = this.names.get(value)
    if (known !== undefined) return known
    const count = (this.counts.get(kind) ?? 0) + 1
    this.counts.set(kind, count)
    const name = `<${kind}-${count}>`
    this.names.set(value, name)
    return name
  }
}

function register(program: Command): void {
  registerInit(program)
  registerKms(program)
}

async function transcript(text: string): Promise<string> {
  const names = new Names()
  let printed = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) printed += `${printed === '' ? '' : '\n'}${line}\n`
    if (!line.startsWith('$ keyward ')) continue
    const words = names.meant(line.slice('$ keyward '.length)).match(/'[^']*'|\S+/g) ?? []
    const args = words.map((word) => word.replace(/^'([^]*)'$/, '$1'))
    const { out, err, exitCode } = await runCommand(register, args)
    const status = exitCode === 0 || exitCode === undefined ? '' : `[${Number(exitCode)}]\n`
    printed += `${line}\n${names.shown(out)}${names.shown(err)}${status}`
  }
  return printed
}

test.each(['session', 'help', 'mistakes', 'root-key'])('%s', async (name) => {
  const file = join(CASES, `${name}.txt`)
  const text = readFileSync(file, 'utf8')
  const printed = await transcript(text)
  if (updates) writeFileSync(file, printed)
  expect(printed).toBe(readFileSync(file, 'utf8'))
})

test('no line of help is too wide for a terminal', () => {
  const wide = readFileSync(join(CASES, 'help.txt'), 'utf8')
    .split('\n')
    .filter((line) => line.length > 104)
  expect(wide).toEqual([])
})
