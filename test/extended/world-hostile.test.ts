/**
 * Folders that mean harm, or are only very large, as a person would meet them: through the program, with bounded memory.
 *
 * Each ends in a right answer or in clear errors with their places (invariant I10); nothing that came from a file moves
 * the cursor.
 */
import { spawnSync } from 'node:child_process'
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { escapeTerminal } from '../../src/text/escape.js'

const CLI = new URL('../../dist/cli/main.js', import.meta.url).pathname
const A = '111122223333'
const MIB = 1024 * 1024
/** Megabytes that the program may take for what it makes of a dump of 100 MB. */
const HEAP_MB = 768

interface Ran {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

function keyward(args: readonly string[], input = ''): Ran {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`--max-old-space-size=${HEAP_MB}`, CLI, ...args], {
    encoding: 'utf8',
    input,
    maxBuffer: 256 * MIB,
    env: { ...process.env, NO_COLOR: '1' },
    // While it is waited for the test's own clock stands still.
    timeout: 100_000,
  })
  return { status, out: stdout, err: stderr }
}

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-hostile-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, text: string): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  return path
}

// ------------------------------------------------------------------------------------------------------- large dumps

function role(index: number): string {
  const statements = Array.from({ length: 6 }, (_, statement) => ({
    Sid: `S${statement}`,
    Effect: 'Allow',
    Action: ['kms:Decrypt', 'kms:Encrypt'],
    Resource: [`arn:aws:kms:us-east-1:${A}:key/k${index}`, `arn:aws:kms:us-east-1:${A}:key/k${index}-${statement}`],
    Condition: { StringEquals: { 'kms:EncryptionContext:tenant': `t${index}` } },
  }))
  return JSON.stringify(
    {
      Path: '/app/',
      RoleName: `R${index}`,
      RoleId: `AROA${String(index).padStart(16, '0')}`,
      Arn: `arn:aws:iam::${A}:role/app/R${index}`,
      RolePolicyList: [{ PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: statements } }],
      AttachedManagedPolicies: [],
      Tags: [{ Key: 'team', Value: `t${index % 100}` }],
    },
    null,
    1,
  )
}

/** Answers how many roles were written. */
function writeDump(path: string, from: number, bytes: number, end: string): number {
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'w')
  let size = writeSync(file, '{"RoleDetailList": [\n')
  let index = from
  while (size < bytes) {
    const text = `${index === from ? '' : ',\n'}${role(index)}`
    size += writeSync(file, text)
    index++
  }
  writeSync(file, end)
  closeSync(file)
  return index - from
}

const KEY_FILE = `keyward: world/1
accounts:
  '${A}':
    region: us-east-1
    keys:
      k7:
        policy:
          Version: '2012-10-17'
          Statement: { Effect: Allow, Principal: { AWS: '${A}' }, Action: 'kms:*', Resource: '*' }
`

const QUESTION = ['--principal', 'role/R7', '--action', 'kms:Decrypt', '--key', 'key/k7']

describe('a dump of 100 MB', () => {
  let path = ''
  let roles = 0
  beforeAll(() => {
    path = join(folder, 'large/get-account-authorization-details.json')
    roles = writeDump(path, 0, 100 * MIB, '\n], "Policies": []}')
    write('large/key.yaml', KEY_FILE)
  })

  test('is read in bounded memory', () => {
    expect(statSync(path).size).toBeGreaterThan(100 * MIB)
    const { status, out, err } = keyward(['world', '--json', join(folder, 'large')])
    expect([status, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({ accounts: [{ accountId: A, roles, keys: 1 }], errors: [] })
  })

  test('answers', () => {
    const world = ['--world', join(folder, 'large')]
    const asked = [...world, ...QUESTION]
    expect(keyward(['can', ...asked, '--encryption-context', 'tenant=t7'])).toMatchObject({ status: 0, err: '' })
    const denied = keyward(['can', ...asked, '--encryption-context', 'tenant=t8'])
    expect(denied).toMatchObject({ status: 1, err: '' })
    expect(denied.out).toMatch(/^denied \(identity-condition\)/)
  })

  test('that breaks off is one error with its place', () => {
    truncateSync(path, 80 * MIB)
    const { status, out } = keyward(['world', join(folder, 'large')])
    expect(status).toBe(1)
    expect(out).toMatch(/Cannot be used: 1/)
    expect(out).toMatch(/get-account-authorization-details\.json:\d+:\d+/)
  })
})

describe('the same dump', () => {
  const BYTES = 8 * MIB
  const PAGES = [0, 10_000, 20_000].map((from, page) => ({ from, isLast: page === 2 }))
  const endOf = (isLast: boolean): string => `\n], "IsTruncated": ${!isLast}${isLast ? '' : ', "Marker": "more"'}}`
  const countRoles = (name: string): unknown => {
    const { status, out, err } = keyward(['world', '--json', join(folder, name)])
    expect([status, err]).toEqual([0, ''])
    const { accounts, missing } = JSON.parse(out) as {
      readonly accounts: readonly { readonly roles: number }[]
      readonly missing: readonly { readonly code: string }[]
    }
    return { roles: accounts[0]?.roles, gaps: missing.map(({ code }) => code) }
  }

  test('in pages, in pages one after the other, and whole is one world', () => {
    let roles = 0
    for (const { from, isLast } of PAGES)
      roles += writeDump(join(folder, `pages/p${from}.json`), from, BYTES, endOf(isLast))
    const one = join(folder, 'concatenated/all.json')
    mkdirSync(dirname(one))
    const file = openSync(one, 'w')
    for (const { from, isLast } of PAGES) {
      writeSync(
        file,
        `{"RoleDetailList": [${Array.from({ length: roles / 3 }, (_, at) => role(from + at)).join(',')}${endOf(isLast)}\n`,
      )
    }
    closeSync(file)
    const gaps = ['organization-missing', 'scps-missing', 'rcps-missing']
    expect(countRoles('pages')).toEqual({ roles, gaps })
    expect(countRoles('concatenated')).toEqual({ roles: Math.floor(roles / 3) * 3, gaps })
  })

  test('without its last page says so', () => {
    rmSync(join(folder, 'pages/p20000.json'))
    expect(countRoles('pages')).toMatchObject({ gaps: expect.arrayContaining(['list-incomplete']) as unknown })
  })
})

// ---------------------------------------------------------------------------------------------------------- hostility

const ESCAPES = '\u001b[2J\u001b]0;title\u0007\u202eevil\u2066\u009b31m\u0000'
const HUGE = 'x'.repeat(1_000_000)

const HOSTILE: Readonly<Record<string, string>> = {
  'escapes.json': JSON.stringify({
    UserDetailList: [
      {
        Arn: `arn:aws:iam::${A}:user/u`,
        GroupList: [ESCAPES, 'g'],
        AttachedManagedPolicies: [{ PolicyArn: ESCAPES }],
        UserPolicyList: [
          {
            PolicyName: ESCAPES,
            PolicyDocument: {
              Version: '2012-10-17',
              Statement: [
                { Sid: 'Odd', Effect: 'Allow', Action: 'kms:Decrypt', Resource: `arn:aws:kms:*:*:key/${ESCAPES}` },
                {
                  Effect: 'Allow',
                  Action: 'kms:Decrypt',
                  Resource: '*',
                  Condition: { StringEquals: { [`kms:EncryptionContext:${ESCAPES}`]: ESCAPES } },
                },
              ],
            },
          },
        ],
      },
    ],
    // A group in itself: dumps have no such member, and whoever writes one wants a circle.
    GroupDetailList: [{ Arn: `arn:aws:iam::${A}:group/g`, GroupList: ['g'], GroupPolicyList: [] }],
  }),
  'circle/organization.json': JSON.stringify({ Organization: { Id: ESCAPES, MasterAccountId: ESCAPES } }),
  'circle/list-organizational-units-for-parent.ou-ab12-11111111.json': JSON.stringify({
    OrganizationalUnits: [{ Id: 'ou-ab12-22222222', Name: ESCAPES }],
  }),
  'circle/list-organizational-units-for-parent.ou-ab12-22222222.json': JSON.stringify({
    OrganizationalUnits: [{ Id: 'ou-ab12-11111111' }],
  }),
  'circle/list-accounts-for-parent.ou-ab12-11111111.json': JSON.stringify({ Accounts: [{ Id: A, Name: ESCAPES }] }),
  'huge.json': JSON.stringify({
    RoleDetailList: [{ Arn: `arn:aws:iam::${A}:role/${HUGE}` }, { Arn: HUGE }],
    UserDetailList: [{ Arn: `arn:aws:iam::${A}:user/h`, UserPolicyList: [{ PolicyName: HUGE, PolicyDocument: HUGE }] }],
  }),
  'grants.json': JSON.stringify({
    Grants: [{ KeyId: `arn:aws:kms:us-east-1:${A}:key/k7`, GrantId: HUGE + ESCAPES, Operations: [HUGE, ESCAPES] }],
  }),
  'deep.json': `{"Grants": ${'['.repeat(1_000_000)}`,
  'brackets.json': '['.repeat(5_000_000),
  'nothing.json': '',
  'zeros.json': '\u0000'.repeat(1_000_000),
  'words.yaml': `keyward: world/1\naccounts: ${ESCAPES.replaceAll('\u0000', '')}\n`,
  'aliases.yaml': `keyward: world/1\na: &a [${'x,'.repeat(9)}x]\n${Array.from({ length: 12 }, (_, at) => `b${at}: &b${at} [${`*${at === 0 ? 'a' : `b${at - 1}`},`.repeat(9)}x]`).join('\n')}\n`,
  'mistakes.json': JSON.stringify({
    keyward: 'world/1',
    accounts: Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`${at}`, { [`typo${at}`]: at }])),
  }),
  'members.json': JSON.stringify({
    keyward: 'world/1',
    accounts: {
      [A]: { roles: Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`Q${at}`, { [`typo${at}`]: at }])) },
    },
  }),
  'key.yaml': KEY_FILE,
}

describe('a folder that means harm', () => {
  beforeAll(() => {
    for (const [name, text] of Object.entries(HOSTILE)) write(`hostile/${name}`, text)
    // A folder in itself.
    symlinkSync('.', join(folder, 'hostile/again'))
    symlinkSync('nowhere', join(folder, 'hostile/lost.json'))
  })

  function harmless({ status, out, err }: Ran): void {
    expect([0, 1, 2]).toContain(status)
    expect(err).not.toMatch(/^\s+at /m)
    for (const line of `${out}${err}`.split('\n')) expect(escapeTerminal(line)).toBe(line)
  }

  test('is summarised, with an error for every file that is none', () => {
    const ran = keyward(['world', join(folder, 'hostile')])
    harmless(ran)
    expect(ran.status).toBe(1)
    expect(ran.out.length).toBeLessThan(MIB)
    const { out } = keyward(['world', '--json', join(folder, 'hostile')])
    const { errors } = JSON.parse(out) as { readonly errors: readonly { readonly place: { readonly file: string } }[] }
    const faulty = new Set(errors.map(({ place }) => place.file))
    for (const name of [
      'deep.json',
      'brackets.json',
      'zeros.json',
      'words.yaml',
      'mistakes.json',
      'members.json',
      'huge.json',
    ]) {
      expect(faulty).toContain(name)
    }
    const most = Math.max(...[...faulty].map((file) => errors.filter(({ place }) => place.file === file).length))
    expect(most).toBeLessThanOrEqual(51)
  })

  test('answers what can be answered', () => {
    const asked = [
      '--world',
      join(folder, 'hostile'),
      '--principal',
      'user/u',
      '--action',
      'kms:Decrypt',
      '--key',
      'key/k7',
    ]
    for (const more of [
      [],
      ['--all-layers'],
      ['--width', '60'],
      ['--encryption-context', `${'x'.repeat(300)}=${ESCAPES.replaceAll('\u0000', '')}`],
    ]) {
      const ran = keyward(['why', ...asked, ...more])
      harmless(ran)
      expect(ran.status).toBe(1)
      expect(ran.out).toMatch(/^DENIED {3}kms:Decrypt/)
    }
  })

  test('events and messages that mean harm', () => {
    const event = {
      eventSource: 'kms.amazonaws.com',
      eventName: 'Decrypt',
      eventID: ESCAPES,
      awsRegion: 'us-east-1',
      errorCode: 'AccessDenied',
      errorMessage: `User: ${ESCAPES} is not authorized to perform: ${ESCAPES}`,
      userIdentity: { type: 'IAMUser', arn: `arn:aws:iam::${A}:user/u`, accountId: A, userName: HUGE },
      requestParameters: { keyId: `arn:aws:kms:us-east-1:${A}:key/k7`, encryptionContext: { [ESCAPES]: HUGE } },
    }
    write(
      'small/world.yaml',
      `${KEY_FILE}    users:\n      u: { policies: { All: { Version: '2012-10-17', Statement: { Effect: Allow, Action: 's3:*', Resource: '*' } } } }\n`,
    )
    const world = ['--world', join(folder, 'small')]
    for (const text of [
      JSON.stringify(event),
      JSON.stringify({ Records: [event, { ...event, eventName: ESCAPES }, 7, null, []] }),
      `${JSON.stringify(event)}\n{"eventSource":`,
      `User: arn:aws:iam::${A}:user/u is not authorized to perform: kms:Decrypt on resource: ${ESCAPES}${'y'.repeat(50_000)}`,
      `can user/u do kms:Decrypt on ${ESCAPES}`,
      `can ${'('.repeat(100_000)}`,
      ESCAPES,
      HUGE,
    ]) {
      harmless(keyward(['why', ...world, '-'], text))
    }
  })
})
