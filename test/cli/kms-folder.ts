/** A data folder that vanishes, and commands run in it: for the tests of `keyward init` and `keyward kms`. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import { registerInit } from '../../src/cli/init.js'
import { registerKms } from '../../src/cli/kms.js'
import { registerWhy } from '../../src/cli/why.js'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import { SlowPool } from '../../src/kms/crypto/slow.js'
import { createKms } from '../../src/kms/engine.js'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import { openSqliteStore } from '../../src/store/sqlite.js'
import { runCommand, type Ran } from './run-command.js'

export const ROOT = 'arn:aws:iam::111122223333:root'
const VARIABLES = [
  'AWS_REGION',
  'AWS_DEFAULT_REGION',
  'KEYWARD_ACCOUNT',
  'KEYWARD_AS',
  'KEYWARD_DATA_DIR',
  'KEYWARD_ROOT_KEY',
  'KEYWARD_ROOT_KEY_FILE',
]

export let folder = ''
export let keys = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-kms-cli-'))
  keys = join(folder, 'keys')
  for (const name of VARIABLES) vi.stubEnv(name, undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function register(program: Command): void {
  registerInit(program)
  registerKms(program)
  registerWhy(program)
}

export function keyward(...args: string[]): Promise<Ran> {
  return runCommand(register, args)
}

/** What a command prints as JSON, once it has succeeded. */
export async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { out, err, exitCode } = await keyward(...args)
  expect([exitCode, err]).toEqual([0, ''])
  return JSON.parse(out) as Record<string, unknown>
}

export async function init(...options: string[]): Promise<void> {
  expect((await keyward('init', '--data-dir', keys, ...options)).err).toBe('')
}

export function kms(operation: string, ...options: string[]): Promise<Record<string, unknown>> {
  return json('kms', operation, '--data-dir', keys, '--as', ROOT, ...options)
}

export async function newKey(...options: string[]): Promise<string> {
  const { KeyMetadata } = (await kms('create-key', ...options)) as { KeyMetadata: { KeyId: string } }
  return KeyMetadata.KeyId
}

export function file(name: string, text: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

export async function records(...options: string[]): Promise<readonly AuditRecord[]> {
  const { out } = await keyward('kms', 'audit', '--data-dir', keys, ...options)
  return out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditRecord)
}

/** Many keys at once, which would take the command line a while. */
export async function makeKeys(count: number): Promise<void> {
  const store = await openSqliteStore({ folder: keys })
  const keyring = await openKeyring({ store, rootKey: { kind: 'file', path: join(keys, 'root.key') } })
  const engine = createKms({ store, keyring, slow: new SlowPool({ secrets: keyring.secrets }), mode: 'enforce' })
  await Promise.all(Array.from({ length: count }, () => engine.call('CreateKey', {}, { principal: ROOT })))
  await engine.close()
  await store.close()
}
