/** `keyward diff` and `keyward check`: verdicts, statements, witnesses that replay, git revisions, exit statuses. */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerCheck } from '../../src/cli/check.js'
import { registerDiff } from '../../src/cli/diff.js'
import { explainDocument } from '../../src/source/explain-document.js'
import { runCommand, type Ran } from './run-command.js'

const folder = mkdtempSync(join(tmpdir(), 'keyward-diff-'))
afterAll(() => rmSync(folder, { recursive: true }))

const ROOT = {
  Sid: 'Account',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:root' },
  Action: 'kms:*',
  Resource: '*',
}
const app = (condition: object): object => ({
  Sid: 'App',
  Effect: 'Allow',
  Principal: { AWS: 'arn:aws:iam::111122223333:role/App' },
  Action: 'kms:Decrypt',
  Resource: '*',
  Condition: condition,
})
const TENANT_A = app({ StringEquals: { 'kms:EncryptionContext:tenant': 'a' } })
const TENANTS_A = app({ StringLike: { 'kms:EncryptionContext:tenant': 'a*' } })
const PUBLIC = { Sid: 'Anybody', Effect: 'Allow', Principal: '*', Action: 'kms:Encrypt', Resource: '*' }

function policy(name: string, ...statements: readonly object[]): string {
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2))
  return file
}

const diff = (...args: readonly string[]): Promise<Ran> => runCommand(registerDiff, ['diff', '--no-color', ...args])
const check = (...args: readonly string[]): Promise<Ran> => runCommand(registerCheck, ['check', '--no-color', ...args])

const files = { narrow: '', wide: '', open: '', reordered: '', locked: '' }
beforeAll(() => {
  files.narrow = policy('narrow', ROOT, TENANT_A)
  files.wide = policy('wide', ROOT, TENANTS_A)
  files.open = policy('open', ROOT, TENANT_A, PUBLIC)
  files.reordered = policy('reordered', TENANT_A, ROOT)
  files.locked = policy('locked', TENANT_A)
})

describe('two key policies', () => {
  test('the same in another order', async () => {
    const { out, exitCode } = await diff(files.narrow, files.reordered)
    expect(out).toMatch(/^EQUIVALENT: /)
    expect(exitCode).toBe(0)
  })

  test('more: which caller, which permission, which values, by which statement', async () => {
    const { out, exitCode } = await diff(files.narrow, files.wide)
    expect(out).toMatch(/^MORE: /)
    expect(out.replaceAll(/\s+/g, ' ')).toContain('Role App of account 111122223333 may kms:Decrypt on the key')
    expect(out).toContain('kms:EncryptionContext:tenant is ')
    expect(out.replaceAll(/\s+/g, ' ')).toContain('by key policy, statement 2 "App"')
    expect(out).not.toContain('Less access')
    expect(exitCode).toBe(1)
  })

  test('less is no failure', async () => {
    const { out, exitCode } = await diff(files.wide, files.narrow)
    expect(out).toMatch(/^LESS: /)
    expect(exitCode).toBe(0)
  })

  test('incomparable counts as more', async () => {
    const { out, exitCode } = await diff(files.wide, files.open)
    expect(out).toMatch(/^MORE AND LESS: /)
    expect(out).toContain('More access')
    expect(out).toContain('Less access')
    expect(exitCode).toBe(1)
  })

  test('every witness replays: allowed by the one policy, denied by the other', async () => {
    const target = join(folder, 'witnesses')
    const { out } = await diff(files.narrow, files.open, '--json', '--witnesses', target)
    const { more } = JSON.parse(out) as { more: readonly { readonly name: string; readonly witness: unknown }[] }
    expect(more.length).toBeGreaterThan(0)
    expect(readdirSync(target).toSorted()).toEqual(more.map(({ name }) => `${name}.json`).toSorted())
    for (const file of readdirSync(target)) {
      const text = readFileSync(join(target, file), 'utf8')
      const replayed = explainDocument({ name: file, text })
      if (!replayed.ok) throw new Error(replayed.error.message)
      expect(replayed.value.trace.outcome.decision).toBe('allow')
      const old = {
        ...(JSON.parse(text) as object),
        keyPolicy: JSON.parse(readFileSync(files.narrow, 'utf8')) as unknown,
      }
      const before = explainDocument({ name: file, text: JSON.stringify(old) })
      if (!before.ok) throw new Error(before.error.message)
      expect(before.value.trace.outcome.decision).not.toBe('allow')
    }
  })

  test('a budget that is too small ends in unknown, which fails unless it is allowed', async () => {
    const many = policy(
      'many',
      ...Array.from({ length: 60 }, (_, index) =>
        app({ StringLike: { [`kms:EncryptionContext:k${index}`]: `*${index}*` } }),
      ),
    )
    const args = [files.narrow, many, '--budget', '0.001']
    const failed = await diff(...args)
    expect(failed.out).toMatch(/^UNKNOWN: /)
    expect(failed.exitCode).toBe(1)
    expect((await diff(...args, '--allow-unknown')).exitCode).toBe(0)
  })
})

describe('worlds', () => {
  test('a world is equivalent to itself', async () => {
    const { out, exitCode } = await diff(
      'fixtures/acme/world',
      'fixtures/acme/world',
      '--actions',
      'kms:Decrypt',
      '--keys',
      'alias/payments',
    )
    expect(out).toMatch(/^EQUIVALENT: /)
    expect(exitCode).toBe(0)
  })

  test('against a git revision, from inside and for a single file', async () => {
    const repository = join(folder, 'repository')
    mkdirSync(repository)
    const git = (...args: readonly string[]): void => {
      execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
        stdio: 'ignore',
      })
    }
    git('init', '-q')
    cpSync(files.narrow, join(repository, 'key.json'))
    git('add', '.')
    git('commit', '-qm', 'first')
    cpSync(files.wide, join(repository, 'key.json'))
    const grown = await diff(join(repository, 'key.json'), '--against', 'HEAD')
    expect([grown.err, grown.exitCode]).toEqual(['', 1])
    expect(grown.out).toMatch(/^MORE: /)
    const lost = await diff(join(repository, 'key.json'), '--against', 'no-such-revision')
    expect(lost.exitCode).toBe(2)
    expect(lost.err).toContain('`no-such-revision` is no commit')
  })
})

describe('checks', () => {
  test.each([
    ['no-new-access', ['narrow', 'wide'], 1, /^FAIL {2}no-new-access: /],
    ['no-new-access', ['wide', 'narrow'], 0, /^PASS {2}no-new-access: /],
    ['equivalent', ['narrow', 'reordered'], 0, /^PASS {2}equivalent: /],
    ['equivalent', ['wide', 'narrow'], 1, /^FAIL {2}equivalent: /],
    ['no-public-access', ['narrow'], 0, /^PASS {2}no-public-access: /],
    ['no-public-access', ['open'], 1, /^FAIL {2}no-public-access: /],
    ['lockout', ['narrow'], 0, /^PASS {2}lockout: /],
    ['lockout', ['locked'], 1, /^FAIL {2}lockout: [^\n]*\n {2}- the key\n$/],
  ] as const)('%s of %j', async (name, sides, status, line) => {
    const { out, err, exitCode } = await check(name, ...sides.map((side) => files[side]))
    expect(err).toBe('')
    expect(out).toMatch(line)
    expect(exitCode).toBe(status)
  })

  test('access-not-granted asks for callers, permissions and keys by their names', async () => {
    const asked = [
      'access-not-granted',
      'fixtures/acme/world',
      '--principals',
      'role/PaymentsApi',
      '--keys',
      'alias/payments',
    ]
    const granted = await check(...asked, '--actions', 'kms:Decrypt')
    expect(granted.out).toMatch(/^FAIL {2}access-not-granted: /)
    expect(granted.exitCode).toBe(1)
    const not = await check(...asked, '--actions', 'kms:ScheduleKeyDeletion')
    expect(not.out).toMatch(/^PASS {2}access-not-granted: /)
    expect(not.exitCode).toBe(0)
  })
})

describe('refused', () => {
  test.each([
    ['one side', [() => files.narrow], /two things are compared/],
    [
      'a world and a policy',
      [() => 'fixtures/acme/world', () => files.narrow],
      /a world and a policy cannot be compared/,
    ],
    ['a file that is not there', [() => files.narrow, () => join(folder, 'none.json')], /none\.json/],
    ['a caller that nobody knows', [() => files.narrow, () => files.wide, () => '--principals', () => 'role/'], /./],
  ])('%s', async (_name, args, message) => {
    const { out, err, exitCode } = await diff(...args.map((arg) => arg()))
    expect([out, exitCode]).toEqual(['', 2])
    expect(err).toMatch(message)
  })
})
