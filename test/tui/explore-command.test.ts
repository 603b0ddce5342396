/**
 * `keyward explore` where there is no screen: the story line by line, what is refused, and what a terminal is taken for.
 *
 * Source: no-color.org; force-color.org.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerExplore } from '../../src/cli/explore.js'
import { glyphsFor, themeFor, whyNoScreen } from '../../src/cli/explore-terminal.js'
import { ASCII, UNICODE } from '../../src/tui/frame/glyphs.js'
import { THEMES } from '../../src/tui/frame/theme.js'
import { runCommand, type Ran } from '../cli/run-command.js'

const WORLD = 'fixtures/acme/world'
const QUESTIONS = 'fixtures/acme/questions'
const DAY = `${QUESTIONS}/day.jsonl`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-explore-command-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const explore = (...args: readonly string[]): Promise<Ran> =>
  runCommand(registerExplore, ['explore', ...args, '--no-cache', '--plain'])

const asked = (principal: string, key: string): readonly string[] => [
  `--principal=${principal}`,
  '--action=kms:Decrypt',
  `--key=${key}`,
]

describe('line by line', () => {
  test('one request', async () => {
    const { out, err, exitCode } = await explore(
      WORLD,
      ...asked('role/TenantService', 'alias/tenant-data'),
      '--encryption-context=tenant=green',
    )
    expect({ err, exitCode }).toEqual({ err: '', exitCode: 1 })
    const lines = out.split('\n')
    expect(lines[0]).toBe('Denied: kms:Decrypt')
    expect(out).toContain('4. key policy is silent, and decides: no statement allows')
    expect(out).toContain('6. grants are silent: none of 3 permits it')
    expect(out).toContain('8. boundary was not asked')
    expect(out).toContain('9. session policies were not asked')
    expect(out).toContain('11. key state was not asked: Enabled')
    expect(out).toContain(
      'Wanted: kms:EncryptionContext:tenant is "${aws:PrincipalTag/tenant}" (here "blue"). Got: "green".',
    )
    expect(out.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
  })

  test('one that is allowed', async () => {
    const { out, exitCode } = await explore(WORLD, ...asked('role/PaymentsApi', 'alias/payments'))
    expect(exitCode).toBe(0)
    expect(out).toContain('Allowed: kms:Decrypt')
  })

  test('an access-denied text, and the same in a file', async () => {
    const { out } = await explore(WORLD, `${QUESTIONS}/messages/cli-service-control-policy.txt`)
    expect(out).toContain('2. guardrail SCPs deny, and decide: service control policy')
  })

  test('a day of events, and a folder of them', async () => {
    const { out, exitCode } = await explore(WORLD, DAY)
    expect(exitCode).toBe(1)
    expect(out).toMatch(/^12 requests: 7 denied/)
    expect((await explore(WORLD, `${QUESTIONS}/events`)).out).toMatch(/^\d\d requests: \d\d denied/)
  })
})

describe('what is refused', () => {
  const CASES: readonly (readonly [args: readonly string[], error: string])[] = [
    [[], 'no world is given'],
    [[WORLD], 'nothing is asked'],
    [[WORLD, 'no-such-file.jsonl'], 'cannot read `no-such-file.jsonl`: there is no such file'],
    [[WORLD, DAY, '--follow'], '`--follow` needs a full screen'],
    [[WORLD, 'fixtures/first/denied-decrypt.json'], '`keyward why` explains it'],
    [[WORLD, '--principal', 'role/Nobody', '--action', 'kms:Decrypt'], 'no principal `role/Nobody` is known'],
    [[WORLD, 'src/cli'], 'has no files of events'],
    [[WORLD, '--store', 'no-such-store'], 'there is no store in `no-such-store`'],
    [[WORLD, '--store', 'postgres://[bad'], 'expected a URL such as `postgres://user@host:5432/database`'],
    [[WORLD, DAY, '--store', 'keys'], 'give EVENTS or `--store`'],
  ]
  test.each(CASES)('%j', async (args, error) => {
    const { out, err, exitCode } = await explore(...args)
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 })
    expect(err).toContain(error)
  })

  test('a file that is no session', async () => {
    const path = join(folder, 'broken.json')
    writeFileSync(path, '{}')
    expect((await explore(WORLD, DAY, '--session', path)).err).toContain('it is no session of the explorer')
  })
})

describe('terminals', () => {
  test.each([
    [true, { TERM: 'xterm' }, undefined],
    [false, { TERM: 'xterm' }, 'the output is no terminal'],
    [true, { TERM: 'dumb' }, 'the terminal is a dumb one'],
  ])('tty %s, %j', (isTTY, env, expected) => {
    expect(whyNoScreen(isTTY, env)).toBe(expected)
  })

  const XTERM = { TERM: 'xterm-256color' }
  test.each([
    ['auto', true, XTERM, 'dark'],
    ['auto', true, { ...XTERM, COLORFGBG: '0;15' }, 'light'],
    ['auto', true, { ...XTERM, COLORFGBG: '15;0' }, 'dark'],
    ['auto', true, { TERM: 'linux' }, 'basic'],
    ['auto', true, { ...XTERM, NO_COLOR: '1' }, 'mono'],
    ['auto', true, { ...XTERM, NO_COLOR: '1', FORCE_COLOR: '1' }, 'dark'],
    ['auto', true, { ...XTERM, FORCE_COLOR: '0' }, 'mono'],
    ['light', true, XTERM, 'light'],
    ['light', false, XTERM, 'mono'],
  ] as const)('theme %s, colour %s, %j: %s', (wanted, hasColor, env, expected) => {
    expect(themeFor(wanted, hasColor, env)).toBe(THEMES[expected])
  })

  test.each([
    [{ LANG: 'en_GB.UTF-8' }, UNICODE],
    [{ LANG: 'C' }, ASCII],
    [{ LANG: 'en_GB.UTF-8', LC_ALL: 'POSIX' }, ASCII],
    [{}, UNICODE],
  ])('%j', (env, expected) => {
    expect(glyphsFor(env)).toBe(expected)
  })
})
