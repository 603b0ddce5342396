/** `keyward test`: what it prints, which tests it runs, coverage, witnesses that replay, watching, exit statuses. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { registerTest } from '../../src/cli/test.js'
import { explainDocument } from '../../src/source/explain-document.js'
import { runCommand, type Ran } from './run-command.js'

const folder = mkdtempSync(join(tmpdir(), 'keyward-test-'))
afterAll(() => rmSync(folder, { recursive: true }))

const run = (...args: readonly string[]): Promise<Ran> => runCommand(registerTest, ['test', '--no-color', ...args])

const FIXTURES = 'fixtures/acme/tests'
const FAILING = 'test/check/cases/failing.keyward-test.yaml'
const REFUSED = 'test/check/cases/refused.keyward-test.yaml'

test('the tests of Acme pass', async () => {
  const { out, err, exitCode } = await run(FIXTURES)
  expect(out).toMatch(/\n18 tests: 17 passed, 1 unknown\n$/)
  expect(out).not.toContain('FAIL')
  expect(err).toBe('')
  expect(exitCode).toBe(0)
})

describe('golden outputs', () => {
  test.each([
    [FAILING, 'pretty', 'out'],
    [FAILING, 'junit', 'xml'],
    [FAILING, 'sarif', 'sarif.txt'],
    [REFUSED, 'pretty', 'out'],
    [REFUSED, 'junit', 'xml'],
  ])('%s as %s', async (file, format, extension) => {
    const { out, exitCode } = await run(file, '--format', format)
    await expect(out).toMatchFileSnapshot(`../check/cases/${file.split('/').at(-1)!.split('.')[0]!}.${extension}`)
    expect(exitCode).toBe(2)
  })
})

describe('which tests', () => {
  test('a filter leaves out the others', async () => {
    const { out, exitCode } = await run(FAILING, '--filter', 'allowed, and')
    expect(out).toMatch(/\n1 test: 0 passed, 1 failed\n$/)
    expect(exitCode).toBe(1)
  })

  test('a filter that fits nothing is a mistake', async () => {
    const { err, exitCode } = await run(FIXTURES, '--filter', 'no such test')
    expect(err).toContain('no test has `no such test` in its name')
    expect(exitCode).toBe(2)
  })

  test('globs, and files that have another name', async () => {
    const globbed = await run(`${FIXTURES}/key-*.yaml`)
    expect(globbed.out).toMatch(/\n3 tests: /)
    const named = join(folder, 'other.yaml')
    writeFileSync(
      named,
      `policy: ${process.cwd()}/fixtures/diff/before.json\ntests:\n  - assert: role/App cannot kms:Encrypt on alias/this when kms:ViaService = "s3.us-east-1.amazonaws.com"\n`,
    )
    expect((await run(folder)).exitCode).toBe(2)
    expect((await run(named)).out).toContain('1 test')
  })

  test('what is not there is said', async () => {
    const { err, exitCode } = await run('no-such-folder')
    expect(err).toContain('there is no such file')
    expect(exitCode).toBe(2)
  })

  test.each([
    ['world: nowhere', 'nowhere'],
    ['world: package.json', 'is a file, and a world is a folder'],
    ['policy: nowhere.json', 'there is no such file'],
    ['policy: fixtures', 'is a folder, and a policy is a file'],
    ['policy: package.json', 'Statement'],
  ])('%s', async (about, message) => {
    const [member, path] = about.split(': ')
    const file = join(folder, 'about.keyward-test.yaml')
    writeFileSync(
      file,
      `${member}: ${join(process.cwd(), path!)}\ntests:\n  - assert: nobody can kms:Decrypt on any key\n`,
    )
    const { out, exitCode } = await run(file)
    expect(out).toContain(message)
    expect(exitCode).toBe(2)
    rmSync(file)
  })
})

describe('coverage', () => {
  test('tells which statements no test has exercised', async () => {
    const { out } = await run(`${FIXTURES}/key-policy.keyward-test.yaml`, '--coverage', '--filter', 'elsewhere')
    expect(out).toContain('Coverage of fixtures/diff/before.json: 0 of 2 statements (0 %)')
    expect(out).toContain('not statement 1 "Account" (fixtures/diff/before.json:4)')
  })

  test.each([
    ['0', 0],
    ['0.1', 1],
  ])('at least %s %% ends with %i', async (percent, exitCode) => {
    const args = [`${FIXTURES}/key-policy.keyward-test.yaml`, '--filter', 'elsewhere', '--min-coverage', percent]
    const ran = await run(...args)
    expect(ran.exitCode).toBe(exitCode)
    expect(ran.out).not.toContain('Coverage')
    expect(ran.err === '').toBe(exitCode === 0)
  })

  test('is a part of the JSON, by world', async () => {
    const { out } = await run(`${FIXTURES}/payments.keyward-test.yaml`, '--coverage', '--format', 'json')
    const json = JSON.parse(out) as {
      readonly summary: unknown
      readonly coverage: readonly { readonly name: string; readonly policies: readonly Record<string, unknown>[] }[]
    }
    expect(json.summary).toEqual({ total: 12, pass: 12, fail: 0, unknown: 0, error: 0 })
    expect(json.coverage).toMatchObject([{ name: 'fixtures/acme/world' }])
    const keepKeys = json.coverage[0]?.policies.find(({ name }) => name === 'service control policy "KeepKeys"')
    expect(keepKeys).toMatchObject({ statements: [{ isExercised: true }], percent: 100 })
    expect(json.coverage[0]?.policies.some(({ name }) => String(name).includes('FullAWSAccess'))).toBe(false)
  })
})

test('every request that shows a failure replays', async () => {
  const target = join(folder, 'witnesses')
  const { out } = await run(FAILING, '--witnesses', target, '--format', 'json')
  const { files } = JSON.parse(out) as {
    readonly files: readonly {
      readonly tests: readonly { readonly status: string; readonly witnesses: readonly unknown[] }[]
    }[]
  }
  const failed = files[0]!.tests.filter(({ status }) => status === 'fail')
  expect(failed.length).toBe(10)
  const written = readdirSync(target)
  expect(written.length).toBe(failed.reduce((sum, { witnesses }) => sum + witnesses.length, 0))
  for (const name of written) {
    const replayed = explainDocument({ name, text: readFileSync(join(target, name), 'utf8') })
    if (!replayed.ok) throw new Error(replayed.error.message)
    expect(['allow', 'implicitDeny', 'explicitDeny']).toContain(replayed.value.trace.outcome.decision)
  }
})

test('writes to a file', async () => {
  const output = join(folder, 'results.xml')
  const { out, exitCode } = await run(`${FIXTURES}/exchange.keyward-test.json`, '--format', 'junit', '--output', output)
  expect(out).toBe('')
  expect(readFileSync(output, 'utf8')).toContain('<testsuites name="keyward test" tests="3" failures="0"')
  expect(exitCode).toBe(0)
})

test('watching runs again after a change and ends with Ctrl-C', async () => {
  const policy = join(folder, 'watched.json')
  const file = join(folder, 'watched.keyward-test.yaml')
  const statement = (effect: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: effect, Principal: '*', Action: 'kms:*', Resource: '*' },
    })
  writeFileSync(policy, statement('Allow'))
  writeFileSync(
    file,
    'policy: watched.json\nkind: key\ntests:\n  - query: can root do kms:Decrypt on alias/this\n    expect: deny\n',
  )
  const output = join(folder, 'watched.xml')
  const listeners = process.listenerCount('SIGINT')
  const running = run(file, '--watch', '--format', 'junit', '--output', output)
  const failures = (): string | undefined =>
    existsSync(output) ? /failures="(\d+)"/.exec(readFileSync(output, 'utf8'))?.[1] : undefined
  await vi.waitFor(() => expect(failures()).toBe('1'), { timeout: 30_000 })
  writeFileSync(policy, statement('Deny'))
  await vi.waitFor(() => expect(failures()).toBe('0'), { timeout: 30_000 })
  process.emit('SIGINT')
  const { err, exitCode } = await running
  expect(exitCode).toBe(0)
  expect(err).toContain('waiting for changes')
  expect(process.listenerCount('SIGINT')).toBe(listeners)
})
