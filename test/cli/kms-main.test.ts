/** The program as it is released, on a store: worker threads found, pipes, exit statuses. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const MAIN = resolve('dist/cli/main.js')
const ENVIRONMENT = { ...process.env, KEYWARD_DATA_DIR: 'keys', KEYWARD_AS: 'arn:aws:iam::111122223333:root' }
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-kms-main-'))
  keyward(['init'])
})
afterAll(() => rmSync(folder, { recursive: true }))

function keyward(args: readonly string[], input = '') {
  const options = { cwd: folder, encoding: 'utf8', input, env: ENVIRONMENT } as const
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, ...args], options)
  return { status, stdout, stderr }
}

test('a session: keys, work in threads, a pipe, a refusal', () => {
  const made = keyward(['kms', 'create-key', '--key-spec', 'RSA_2048', '--key-usage', 'ENCRYPT_DECRYPT'])
  expect([made.status, made.stderr]).toEqual([0, ''])
  const { KeyMetadata } = JSON.parse(made.stdout) as { KeyMetadata: { KeyId: string } }
  writeFileSync(join(folder, 'secret'), 'hello')
  const call = ['--key-id', KeyMetadata.KeyId, '--encryption-algorithm', 'RSAES_OAEP_SHA_256']
  const sealed = keyward(['kms', 'encrypt', ...call, '--plaintext', 'fileb://secret'])
  const { CiphertextBlob } = JSON.parse(sealed.stdout) as { CiphertextBlob: string }
  const opened = keyward(['kms', 'decrypt', ...call, '--input', '-'], JSON.stringify({ CiphertextBlob }))
  expect(JSON.parse(opened.stdout)).toMatchObject({ Plaintext: 'aGVsbG8=' })

  const denied = keyward([
    'kms',
    'disable-key',
    '--key-id',
    KeyMetadata.KeyId,
    '--as',
    'arn:aws:iam::111122223333:user/Ann',
  ])
  expect([denied.status, denied.stdout]).toEqual([1, ''])
  expect(denied.stderr).toMatch(
    /^An error occurred \(AccessDeniedException\) when calling the DisableKey operation: User: arn:aws:iam::111122223333:user\/Ann is not authorized/,
  )
  expect(keyward(['kms', 'list-keys', '--data-dir', 'nowhere']).status).toBe(2)
})

test('whoever has read enough of the audit trail ends it', () => {
  for (let count = 0; count < 3; count++) keyward(['kms', 'list-keys'])
  const command = `"${process.execPath}" "${MAIN}" kms audit | head -1`
  const out = execFileSync('sh', ['-c', command], { cwd: folder, env: ENVIRONMENT, encoding: 'utf8' })
  expect(out.split('\n')).toHaveLength(2)
})

test('both stand among the commands', () => {
  const { stdout } = keyward(['--help'])
  expect(stdout).toContain('init [options...]')
  expect(stdout).toContain('kms [operation] [options...]')
})
