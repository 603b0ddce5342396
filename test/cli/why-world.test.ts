/**
 * `keyward why` with a world: what it prints for questions in every form, kept as text in `test/cases/why-world`.
 *
 * 100 columns, no colour; paths from the root of the repository.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerWhy } from '../../src/cli/why.js'
import { simulate } from '../../src/source/simulate.js'
import { escapeTerminal } from '../../src/text/escape.js'
import { runCommand, type Ran } from './run-command.js'

const WORLD = 'fixtures/acme/world'
const QUESTIONS = 'fixtures/acme/questions'
const EVENTS = `${QUESTIONS}/events`
const CASES = new URL('../cases/why-world/', import.meta.url)
const TENANT_KEY = 'key/3b8ea1d5-62cf-4a1b-9d4e-af2c5a7b9c03'

/** Set to write the files anew; read the difference before it is kept. */
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-why-world-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const why = (...args: readonly string[]): Promise<Ran> => runCommand(registerWhy, ['why', ...args])
const inAcme = (...args: readonly string[]): Promise<Ran> => why('--world', WORLD, '--width', '100', ...args)

interface Json {
  readonly cause: { readonly code: string } | null
  readonly verdict: string
  readonly layer: string
  readonly eitherWay: string
  readonly dependsOn: readonly { readonly name: string; readonly when: string }[]
  readonly missing: readonly { readonly code: string }[]
  readonly aws: { readonly agreement: string; readonly explanations: readonly { readonly kind: string }[] } | null
}

async function json(...args: readonly string[]): Promise<Json> {
  const { out, err } = await inAcme('--json', ...args)
  expect(err).toBe('')
  return JSON.parse(out) as Json
}

function written(name: string, text: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

const event = (name: string): Record<string, unknown> =>
  JSON.parse(readFileSync(`${EVENTS}/${name}.json`, 'utf8')) as Record<string, unknown>

// ------------------------------------------------------------------------------------------------------------ golden

const PAYMENTS = ['--principal', 'role/PaymentsApi', '--key', 'alias/payments']

const GOLDEN: Readonly<Record<string, readonly string[]>> = {
  'flags-allowed': [...PAYMENTS, '--action', 'kms:Decrypt'],
  'flags-depends': [...PAYMENTS, '--action', 'kms:ReEncryptFrom'],
  'flags-encryption-context': [
    '--principal',
    'role/TenantService',
    '--action',
    'kms:Decrypt',
    '--key',
    TENANT_KEY,
    '--encryption-context',
    'tenant=green',
  ],
  'flags-session-policy': [
    '--principal',
    'role/BreakGlass',
    '--action',
    'kms:Decrypt',
    '--key',
    'alias/payments',
    '--session-policy',
    `${QUESTIONS}/session-policy.json`,
  ],
  'query-via': ['can role/ReconcileJob do kms:Encrypt on alias/payments via s3'],
  'query-many': ['can role/PaymentsApi do kms:Decrypt, kms:DescribeKey on 444455556666:alias/payments'],
  'message-cli': [`${QUESTIONS}/messages/cli-service-control-policy.txt`],
  'message-disagrees': [`${QUESTIONS}/messages/session-policy.txt`],
  'message-completed': [
    `${QUESTIONS}/messages/sdk-ciphertext.txt`,
    '--principal',
    '444455556666:role/Support',
    '--key',
    TENANT_KEY,
  ],
  'event-missing-policy': [`${EVENTS}/key-policy-absent.json`],
  'event-grant': [`${EVENTS}/grant-not-propagated.json`],
  'event-several-checks': [`${EVENTS}/vpce-condition.json`],
  'events-of-a-day': [`${QUESTIONS}/day.jsonl`],
  operation: [
    '--operation',
    'ReEncrypt',
    '--parameters',
    `${QUESTIONS}/re-encrypt.json`,
    '--principal',
    'role/PaymentsApi',
    '--region',
    'us-east-1',
  ],
}

describe('test/cases/why-world', () => {
  for (const [name, args] of Object.entries(GOLDEN)) {
    test(name, async () => {
      const { out, err } = await inAcme(...args)
      expect(err).toBe('')
      const golden = new URL(`${name}.out`, CASES)
      if (updates) writeFileSync(golden, out)
      else if (!existsSync(golden)) throw new Error(`${golden.pathname} is missing`)
      expect(out).toBe(readFileSync(golden, 'utf8'))
    })
  }
})

// ------------------------------------------------------------------------------------------------------------- events

const eventNames = readdirSync(EVENTS).map((name) => name.replace(/\.json$/, ''))

// docs/eval.md: a document needs no world, and decides the same.
describe('--document replays the decision', () => {
  test.each(eventNames)('%s', async (name) => {
    const args = ['--width', '100', `${EVENTS}/${name}.json`]
    const { out, exitCode } = await inAcme('--document', ...args)
    const { verdict, layer, cause } = await json(...args)
    expect(simulate(out)).toMatchObject({ decision: verdict, layer, cause: cause?.code })
    expect(exitCode).toBe(1)
  })

  test('an allow', async () => {
    const { out, exitCode } = await inAcme('--document', ...GOLDEN['flags-allowed']!)
    expect(simulate(out)).toMatchObject({ decision: 'allow', layer: 'identity' })
    expect(exitCode).toBe(0)
  })
})

test('packed events, and events in a list, are the same questions', async () => {
  const { out } = await inAcme(`${QUESTIONS}/day.jsonl`)
  const text = readFileSync(`${QUESTIONS}/day.jsonl`, 'utf8')
  const packed = await inAcme(written('day.json.gz', gzipSync(text)))
  const firstLine = (printed: string): string => printed.slice(0, printed.indexOf('\n'))
  expect(firstLine(packed.out)).toBe(firstLine(out))
  const records = text
    .split('\n')
    .slice(0, 14)
    .map((line) => JSON.parse(line) as unknown)
  const listed = await inAcme(written('records.json', JSON.stringify({ Records: records })))
  expect(firstLine(listed.out)).toBe(firstLine(out))
})

test('groups as JSON', async () => {
  const { out } = await inAcme('--json', `${QUESTIONS}/day.jsonl`)
  const found = JSON.parse(out) as { readonly groups: readonly { readonly count: number }[] }
  expect(found).toMatchObject({ version: 1, kind: 'questions', total: 12, allowed: 1, otherRefusals: 1 })
  expect(found.groups.map(({ count }) => count)).toEqual([4, 2, 1, 1, 1])
})

// -------------------------------------------------------------------------------------------------------- either way

describe('the answer either way', () => {
  const reEncrypt = [...PAYMENTS, '--action', 'kms:ReEncryptFrom']

  test('depends on a condition key that nobody has told', async () => {
    expect(await json(...reEncrypt)).toMatchObject({
      verdict: 'implicitDeny',
      eitherWay: 'depends',
      dependsOn: [
        { effect: 'Allow', when: 'aws:SourceVpce is "vpce-0a1b2c3d4e5f60001"', keys: [{ key: 'aws:SourceVpce' }] },
      ],
    })
  })

  test('is certain where the key is told', async () => {
    expect(await json(...reEncrypt, '--context', 'aws:SourceVpce=vpce-1')).toMatchObject({
      eitherWay: 'deny',
      dependsOn: [],
    })
    expect(await json(...reEncrypt, '--from', '203.0.113.10')).toMatchObject({ eitherWay: 'deny' })
  })

  test('is certain where another check of the call fails in any case', async () => {
    expect(await json(...GOLDEN['operation']!)).toMatchObject({ eitherWay: 'deny', failingCheck: 0 })
  })

  test('depends on a grant token and on an encryption context that nobody has told', async () => {
    const name = 'grant "18e4a6b2d3f5c7e9a1b2d4f6c8e0a2b4d6f8c0e2a4b6d8f0c2e4a6b8d0f2c4e6"'
    expect(await json(`${EVENTS}/grant-not-propagated.json`)).toMatchObject({ dependsOn: [{ name }] })
    const asked = ['--principal', 'role/TenantExport', '--action', 'kms:Decrypt', '--key', TENANT_KEY]
    const { eitherWay, dependsOn } = await json(...asked)
    expect(eitherWay).toBe('depends')
    expect(dependsOn.map(({ when }) => when)).toContain(
      'the encryption context is exactly tenant="blue" and job="export"',
    )
    expect(await json(...asked, '--encryption-context', 'tenant=x')).toMatchObject({ eitherWay: 'deny' })
  })
})

// -------------------------------------------------------------------------------------------------- session policies

describe('session policies that the flags pass', () => {
  const asked = ['--principal', 'role/BreakGlass', '--action', 'kms:Decrypt', '--key', 'alias/payments']
  const boundary = 'arn:aws:iam::444455556666:policy/boundaries/WorkloadBoundary'
  const policy = (action: string): string =>
    written(
      `${action.replaceAll(/\W/g, '')}.json`,
      `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"${action}","Resource":"*"}}`,
    )

  test('limit the session', async () => {
    expect(await json(...asked)).toMatchObject({ verdict: 'allow' })
    const limited = await json(...asked, '--session-policy', policy('s3:*'))
    expect(limited).toMatchObject({ verdict: 'implicitDeny', cause: { code: 'session-action' } })
  })

  test('are joined: one of them has to allow', async () => {
    const passed = ['--session-policy', policy('s3:*'), '--session-policy', policy('kms:*')]
    expect(await json(...asked, ...passed)).toMatchObject({ verdict: 'allow', unknown: [] })
  })

  test('may be managed policies of the world', async () => {
    const found = await json(...asked, '--session-policy-arn', boundary)
    expect(found).toMatchObject({ verdict: 'implicitDeny', cause: { code: 'session-resource' } })
  })

  test('take the place of what the world says of a session', async () => {
    const event = `${EVENTS}/session-action.json`
    expect(await json(event, '--session-policy', policy('kms:*'))).toMatchObject({ verdict: 'allow' })
  })

  test('are in the document that replays the decision', async () => {
    const { out } = await inAcme('--document', ...asked, '--session-policy', policy('s3:*'))
    expect(simulate(out)).toMatchObject({ decision: 'implicitDeny', layer: 'session' })
  })

  test('are not passed over in silence where the caller has none', async () => {
    const user = ['--principal', 'user/people/alice', '--action', 'kms:Encrypt', '--key', 'alias/payments']
    const { out } = await inAcme(...user, '--session-policy', policy('s3:*'))
    expect(out).toMatch(/^ALLOWED/)
    expect(out).toContain('the session policies are not taken up')
  })
})

// ----------------------------------------------------------------------------------------- what the world lacks, and AWS

test('a gap stands with the answers that it could change', async () => {
  const { missing } = await json(`${EVENTS}/key-policy-absent.json`)
  expect(missing.map(({ code }) => code)).toEqual(['key-policy-missing'])
  expect((await json(`${EVENTS}/scp-explicit-deny.json`)).missing).toEqual([])
})

test('where AWS and the world disagree, what would explain it', async () => {
  const { aws } = await json(`${QUESTIONS}/messages/session-policy.txt`)
  expect(aws).toMatchObject({ agreement: 'opposite', explanations: [{ kind: 'missingSessionPolicy' }] })
})

test('a flag that the question leaves no room for is not passed over in silence', async () => {
  const { out } = await inAcme(`${EVENTS}/scp-explicit-deny.json`, '--principal', 'role/PaymentsApi')
  expect(out).toContain('`--principal` is not taken up: the question says it itself')
})

// ------------------------------------------------------------------------------------------------------------ hostile

test('text from an event moves no cursor and reorders no line', async () => {
  const hostile = '\u001b[2J\u202Eevil\u0007\u009b31m'
  const base = event('key-policy-condition')
  const one = {
    ...base,
    eventID: hostile,
    errorMessage: `${hostile} ${String(base['errorMessage'])}`,
    requestParameters: { ...(base['requestParameters'] as object), encryptionContext: { tenant: hostile } },
  }
  const path = written('hostile.jsonl', `${JSON.stringify(one)}\n`)
  const many = written('many.jsonl', `${JSON.stringify(one)}\n{"eventSource":"${'\\u001b'}]0;x","eventName":"y"}\n`)
  for (const { out, err } of [await inAcme(path), await inAcme(many), await inAcme('--all-layers', path)]) {
    expect(out).toContain('\\u{1b}[2J\\u{202e}evil')
    for (const line of `${out}${err}`.split('\n')) expect(escapeTerminal(line)).toBe(line)
  }
})

// ------------------------------------------------------------------------------------------------------------- errors

describe('what cannot be asked ends in 2 and says what would be right', () => {
  const CASES_OF_ERRORS: readonly (readonly [name: string, args: readonly string[], error: RegExp])[] = [
    ['events without a world', [`${QUESTIONS}/day.jsonl`], /CloudTrail events need a world .*--world DIR/],
    ['nothing', ['--world', WORLD], /nothing is asked; give a simulation document, CloudTrail events/],
    ['two questions', ['--world', WORLD, '--message', 'x', 'y'], /`y` and `--message` are both questions/],
    ['neither file nor question', ['what now'], /neither|a query needs/],
    ['a text that nobody knows', ['hello there'], /neither a file nor a question; a query begins with `can`/],
    ['a message without a refusal', ['--world', WORLD, '--message', 'all is well'], /there is no AWS refusal/],
    ['no such file', ['missing.json'], /there is no such file/],
    ['no such folder', ['--world', 'missing', '--message', 'x'], /no AWS refusal/],
    [
      'a world that is missing',
      ['--world', 'missing', 'can role/A do kms:Decrypt on alias/b'],
      /there is no such folder/,
    ],
    [
      'a name that is nearly one',
      ['--world', WORLD, '--principal', 'role/PaymentApi', '--action', 'kms:Decrypt', '--key', 'alias/payments'],
      /no principal `role\/PaymentApi` is known[\s\S]*did you mean `role\/PaymentsApi`\?/,
    ],
    [
      'a message that names nobody',
      ['--world', WORLD, `${QUESTIONS}/messages/sdk-ciphertext.txt`],
      /give `--principal` and `--key`/,
    ],
    ['a pair without a value', ['--world', WORLD, '--action', 'kms:Decrypt', '--context', 'x'], /`x` has no value/],
    [
      'the output of a command of AWS',
      [`${WORLD}/444455556666-payments/get-account-authorization-details.json`],
      /looks like the output of `aws iam get-account-authorization-details`/,
    ],
    [
      'a session policy that is none',
      ['--world', WORLD, ...PAYMENTS, '--action', 'kms:Decrypt', '--session-policy', `${QUESTIONS}/re-encrypt.json`],
      /the policy has no `Statement`/,
    ],
    [
      'a session policy that is not there',
      ['--world', WORLD, ...PAYMENTS, '--action', 'kms:Decrypt', '--session-policy', 'missing.json'],
      /there is no such file/,
    ],
    [
      'a managed policy that the world does not have',
      ['--world', WORLD, ...PAYMENTS, '--action', 'kms:Decrypt', '--session-policy-arn', 'arn:aws:iam::aws:policy/X'],
      /the world has no managed policy `arn:aws:iam::aws:policy\/X`/,
    ],
    [
      'an action without its key',
      ['--world', WORLD, '--principal', 'role/PaymentsApi', '--action', 'kms:Decrypt'],
      /give `--key`, such as `alias\/payments`/,
    ],
    ['parameters of nothing', ['--parameters', 'x.json'], /give `--operation`/],
    ['a world for a document', ['--world', WORLD, 'fixtures/first/denied-decrypt.json'], /leave out `--world`/],
    ['a document of many', ['--world', WORLD, '--document', `${QUESTIONS}/day.jsonl`], /replays one decision/],
  ]
  test.each(CASES_OF_ERRORS)('%s', async (_name, args, error) => {
    const { out, err, exitCode } = await why(...args)
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 })
    expect(err).toMatch(error)
  })
})

// ------------------------------------------------------------------------------------------- as people hand it over

describe('what people paste', () => {
  const MESSAGE = (event('identity-action')['errorMessage'] ?? '') as string

  test('several messages are grouped', async () => {
    const other = MESSAGE.replaceAll('kms:DescribeKey', 'kms:ListGrants')
    const path = written('log.txt', `10:00 ${MESSAGE}\n10:01 ${MESSAGE}\n10:02 ${other}\n`)
    const { out } = await inAcme(path)
    expect(out).toMatch(/^2 requests: 2 denied/)
  })

  // The boundary of the role allows kms:Encrypt through S3 alone.
  test('the error of S3 is a request through S3', async () => {
    const refused =
      'User: arn:aws:sts::444455556666:assumed-role/ReconcileJob/run is not authorized to perform: kms:Encrypt on resource: arn:aws:kms:us-east-1:444455556666:key/1f0c6f5e-8d2b-4c57-9a61-6b0f3d2e7a01'
    const answer = async (operation: string): Promise<string> => {
      const call = `An error occurred (AccessDenied) when calling the ${operation} operation: ${refused}`
      const { out } = await inAcme('--message', call)
      return out
    }
    expect(await answer('Encrypt')).toMatch(/^DENIED {3}kms:Encrypt/)
    const forwarded = await answer('PutObject')
    expect(forwarded).toMatch(/^ALLOWED {2}kms:Encrypt/)
    expect(forwarded.replaceAll(/\s+/g, ' ')).toContain(
      'the error is one of `s3.amazonaws.com`, so the request is taken to have come to KMS through it',
    )
  })

  test('what AWS did not say is not said to be what it says', async () => {
    const refused =
      'User: arn:aws:sts::444455556666:assumed-role/ReconcileJob/run is not authorized to perform: kms:Encrypt on resource: arn:aws:kms:us-east-1:444455556666:key/1f0c6f5e-8d2b-4c57-9a61-6b0f3d2e7a01 because no identity-based policy allows the kms:Encrypt action'
    const { out } = await inAcme('--message', refused)
    expect(out).toContain('\nBy this world AWS would say\n')
    expect(out).not.toContain('AWS says')
  })

  test('an event in an output of CloudWatch Logs is an event', async () => {
    const path = written(
      'logs.json',
      JSON.stringify({ events: [{ message: JSON.stringify(event('identity-action')) }] }),
    )
    const { out } = await inAcme(path)
    const { out: plain } = await inAcme(`${EVENTS}/identity-action.json`)
    const untilPlace = (text: string): string => text.slice(0, text.indexOf('From event'))
    expect(untilPlace(out)).toBe(untilPlace(plain))
  })

  test('what Windows PowerShell redirected', async () => {
    const path = written('utf16.json', Buffer.from(`\ufeff${JSON.stringify(event('identity-action'))}`, 'utf16le'))
    expect((await inAcme(path)).out).toContain('identity-action')
  })

  test.each([
    ['a digest', 'digest.json', '{"awsAccountId":"1","digestS3Bucket":"b","logFiles":[]}', 'is a digest of CloudTrail'],
    ['other JSON', 'other.json', '{"hello":"world"}', 'cannot tell what'],
    ['a table', 'rows.json', '"eventsource","eventname"\n"kms.amazonaws.com","Decrypt"\n', 'cannot tell what'],
  ])('%s is said to be none of it', async (_name, file, text, message) => {
    const { exitCode, err } = await inAcme(written(file, text))
    expect(exitCode).toBe(2)
    expect(err).toContain(message)
  })

  test('a message that names nobody says where to look', async () => {
    const { exitCode, err } = await inAcme(
      'An error occurred (AccessDeniedException) when calling the GetSecretValue operation: Access to KMS is not allowed',
    )
    expect(exitCode).toBe(2)
    expect(err).toContain('the event of `kms.amazonaws.com` in CloudTrail at that time tells both')
  })

  test('a world with a contradiction says in the answer which file it took', async () => {
    const key = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const dir = mkdtempSync(join(folder, 'two-'))
    const policy = (Action: string): string =>
      JSON.stringify({ Statement: [{ Effect: 'Allow', Principal: { AWS: '111122223333' }, Action, Resource: '*' }] })
    for (const [name, action] of [
      ['a.jsonl', 'kms:*'],
      ['b.jsonl', 'kms:Get*'],
    ] as const) {
      const lines = [{ about: key, output: { Policy: policy(action) } }]
      writeFileSync(join(dir, name), lines.map((line) => JSON.stringify(line)).join('\n'))
    }
    const { out, err } = await why('--world', dir, `can arn:aws:iam::111122223333:root do kms:Decrypt on ${key}`)
    expect(err).toContain('contradict each other in 1 place')
    expect(out.replaceAll(/\s+/g, ' ')).toContain(
      `two files say different things of the key policy of ${key}: a.jsonl:1 is taken, b.jsonl:1 is not`,
    )
  })
})
