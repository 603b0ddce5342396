/** `keyward credentials`: access keys made, listed and revoked in a store that a server may be using. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { registerCredentials } from '../../src/cli/credentials.js'
import { registerInit } from '../../src/cli/init.js'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import { createAuthenticate } from '../../src/server/auth/authenticate.js'
import { openCredentials } from '../../src/server/auth/credentials.js'
import { openSqliteStore } from '../../src/store/sqlite.js'
import { NOW_MS, signedBy, told } from '../server/auth/auth-fixture.js'
import { runCommand, type Ran } from './run-command.js'

const ANN = 'arn:aws:iam::111122223333:user/Ann'
const ROOT = 'arn:aws:iam::111122223333:root'
const UNRECOGNIZED = 'UnrecognizedClientException: The security token included in the request is invalid.'

let folder = ''
let keys = ''

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-credentials-'))
  keys = join(folder, 'keys')
  for (const name of [
    'KEYWARD_ACCOUNT',
    'KEYWARD_ROOT_KEY_FILE',
    'KEYWARD_STORE',
    'AWS_REGION',
    'AWS_DEFAULT_REGION',
  ]) {
    vi.stubEnv(name, undefined)
  }
  vi.stubEnv('KEYWARD_DATA_DIR', keys)
  expect((await keyward('init')).err).toBe('')
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function keyward(...args: string[]): Promise<Ran> {
  return runCommand((program: Command) => {
    registerInit(program)
    registerCredentials(program)
  }, args)
}

interface Made {
  readonly AccessKey: Readonly<Record<'Principal' | 'AccessKeyId' | 'SecretAccessKey', string>>
}

async function add(...args: string[]): Promise<{ readonly accessKeyId: string; readonly secretAccessKey: string }> {
  const { out, err, exitCode } = await keyward('credentials', 'add', ...args)
  expect([err, exitCode]).toEqual(['', 0])
  const { AccessKey } = JSON.parse(out) as Made
  return { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey }
}

test('what it makes and revokes, a server that runs on the same store accepts and refuses', async () => {
  const store = await openSqliteStore({ folder: keys })
  const keyring = await openKeyring({ store, rootKey: { kind: 'file', path: join(keys, 'root.key') } })
  const credentials = await openCredentials({ store, keyring, nowMs: () => NOW_MS })
  const authenticate = createAuthenticate({ credentials, nowMs: () => NOW_MS })
  try {
    const ann = await add(ANN)
    await expect.poll(() => told(authenticate, signedBy(ann)), { timeout: 30_000 }).toBe(ANN)
    expect(await keyward('credentials', 'revoke', ann.accessKeyId)).toEqual({
      out: `${ann.accessKeyId} is revoked.\n`,
      err: '',
      exitCode: 0,
    })
    await expect.poll(() => told(authenticate, signedBy(ann)), { timeout: 30_000 }).toBe(UNRECOGNIZED)
    expect((await keyward('credentials', 'revoke', ann.accessKeyId)).out).toBe(
      `${ann.accessKeyId} was revoked before.\n`,
    )
  } finally {
    credentials.close()
    keyring.close()
    await store.close()
  }
})

describe('add', () => {
  test('takes short names, and tells the secret once', async () => {
    const root = await add('root', '--account', '111122223333')
    vi.stubEnv('KEYWARD_ACCOUNT', '111122223333')
    const ann = await add('user/Ann', '--principal-id', 'AIDAEXAMPLEEXAMPLE234')
    const { out } = await keyward('credentials', 'list', '--json')
    const listed = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(listed).toHaveLength(2)
    expect(listed).toContainEqual({
      accessKeyId: root.accessKeyId,
      principal: ROOT,
      createdAtMs: expect.any(Number) as number,
    })
    expect(listed).toContainEqual({
      accessKeyId: ann.accessKeyId,
      principal: ANN,
      principalId: 'AIDAEXAMPLEEXAMPLE234',
      createdAtMs: expect.any(Number) as number,
    })
    for (const { secretAccessKey } of [root, ann]) expect(out).not.toContain(secretAccessKey)
  })

  test('prints a profile', async () => {
    const { out } = await keyward('credentials', 'add', ANN, '--profile', 'ann')
    expect(out).toMatch(/^\[ann\]\naws_access_key_id = AKIA[A-Z2-7]{16}\naws_secret_access_key = [A-Za-z0-9+/]{40}\n$/)
  })

  test('writes a file that is its owner’s alone, and nothing to the terminal', async () => {
    const file = join(folder, 'ann.credentials')
    const { out, err } = await keyward('credentials', 'add', ANN, '--profile', 'ann', '--write', file)
    const [, accessKeyId = '', secret = ''] = readFileSync(file, 'utf8').split('\n')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect([out, err]).toEqual([`Made ${accessKeyId.split(' = ')[1]} for ${ANN}; its secret is in ${file}.\n`, ''])
    expect(secret).toMatch(/^aws_secret_access_key = [A-Za-z0-9+/]{40}$/)
  })

  test('overwrites nothing, and makes no key where its secret cannot be written', async () => {
    const file = join(folder, 'there')
    writeFileSync(file, 'mine')
    const { err, exitCode } = await keyward('credentials', 'add', ANN, '--write', file)
    expect([err, exitCode]).toEqual([`keyward: cannot write \`${file}\`: it is there already\n`, 2])
    expect(readFileSync(file, 'utf8')).toBe('mine')
    expect((await keyward('credentials', 'list')).err).toBe(
      'There are no credentials; `keyward credentials add` makes one.\n',
    )
  })

  test.each<[readonly string[], string]>([
    [['Ann'], '`Ann` names nobody; expected an ARN, or root or user/NAME with `--account`'],
    [['root'], '`root` needs its account; give `--account`'],
    [['root', '--account', '1'], '`1` is no account; expected twelve digits'],
    [['arn:aws:iam::111122223333:role/App'], 'long-term credentials are for a user or for the root of an account'],
    [[ANN, '--profile', 'a]\n[b'], 'is no name of a profile; expected letters, digits'],
    [[ANN, '--principal-id', 'x'], '`x` is no unique id; expected one such as AIDAEXAMPLEEXAMPLE234'],
  ])('refuses %j', async (args, message) => {
    const { out, err, exitCode } = await keyward('credentials', 'add', ...args)
    expect([out, exitCode]).toEqual(['', 2])
    expect(err).toContain(message)
  })
})

test('list and revoke need no root key', async () => {
  const ann = await add(ANN)
  rmSync(join(keys, 'root.key'))
  expect((await keyward('credentials', 'revoke', ann.accessKeyId)).exitCode).toBe(0)
  const { out } = await keyward('credentials', 'list')
  expect(out.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '2026-03-15T12:00:00Z')).toBe(
    'ACCESS KEY ID         CREATED               REVOKED               PRINCIPAL\n' +
      `${ann.accessKeyId}  2026-03-15T12:00:00Z  2026-03-15T12:00:00Z  ${ANN}\n`,
  )
})

test('says what there is, and what there is not', async () => {
  const unknown = `AKIA${'A'.repeat(16)}`
  expect(await keyward('credentials', 'revoke', unknown)).toEqual({
    out: '',
    err: `keyward: there is no access key \`${unknown}\`\n`,
    exitCode: 1,
  })
  expect((await keyward('credentials', '--help')).out).toContain('keyward credentials add root --account')
  expect(await keyward('credentials', 'revok')).toEqual({
    out: '',
    err: 'keyward: unknown command `revok` of `keyward credentials`; did you mean `revoke`?\n',
    exitCode: 2,
  })
})
