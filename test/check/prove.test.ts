/** Assertions proved and refuted: every refutation is a request that decides so (docs/test.md, "Assertions"). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseAssertion } from '../../src/check/assertion.js'
import { readingsOutside } from '../../src/check/organization-readings.js'
import { prove, type Proof } from '../../src/check/prove.js'
import { withEverythingAllowed, worldSubject, type Subject } from '../../src/check/subject.js'
import { decide } from '../../src/decide/decide.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { toAuthorizer } from '../../src/source/world/to-authorizer.js'
import type { AskedWorld } from '../../src/source/world/world.js'
import { ACCOUNT, acmeSubject, ROOT, subjectOf } from './subjects.js'

function proof(subject: Subject, text: string): Proof {
  const assertion = parseAssertion(text)
  if (!assertion.ok) throw new Error(assertion.error.message)
  const proved = prove(subject, assertion.value)
  if (!proved.ok) throw new Error(proved.error.message)
  return proved.value
}

const allow = (principal: unknown, condition?: object): object => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 'kms:Decrypt',
  Resource: '*',
  ...(condition === undefined ? {} : { Condition: condition }),
})
const APP = { AWS: `arn:aws:iam::${ACCOUNT}:role/App` }
const TENANT_A = { StringEquals: { 'kms:EncryptionContext:tenant': 'a' } }

describe('a key policy by itself', () => {
  test.each([
    ['its account and nobody else', [ROOT], `nobody outside account ${ACCOUNT} can kms:* on alias/this`, 'pass'],
    ['everybody', [allow('*')], `nobody outside account ${ACCOUNT} can kms:Decrypt on alias/this`, 'fail'],
    [
      'another account is let in',
      [allow({ AWS: '444455556666' })],
      `nobody outside account ${ACCOUNT} can kms:Decrypt on alias/this`,
      'fail',
    ],
    [
      'another account is let in and named',
      [allow({ AWS: '444455556666' })],
      'nobody outside account 444455556666 can kms:Decrypt on alias/this',
      'pass',
    ],
    [
      'an account that nothing names',
      [allow('*')],
      'nobody outside account 999999999999 can kms:Decrypt on alias/this',
      'fail',
    ],
    [
      'inside an account that nothing names',
      [allow('*')],
      'nobody in account 999999999999 can kms:Decrypt on alias/this',
      'fail',
    ],
    ['inside one that is kept out', [ROOT], 'nobody in account 999999999999 can kms:* on alias/this', 'pass'],
    ['one role alone', [allow(APP)], 'only role/App can kms:Decrypt on alias/this', 'pass'],
    ['its sessions are the role', [allow(APP)], 'nobody except role/App can kms:Decrypt on any key', 'pass'],
    [
      'under another condition',
      [allow(APP, TENANT_A)],
      'role/App cannot kms:Decrypt on alias/this when kms:EncryptionContext:tenant = b',
      'pass',
    ],
    [
      'under its condition',
      [allow(APP, TENANT_A)],
      'role/App cannot kms:Decrypt on alias/this when kms:EncryptionContext:tenant = a',
      'fail',
    ],
    ['without a word of it', [allow(APP, TENANT_A)], 'role/App cannot kms:Decrypt on alias/this', 'fail'],
    [
      'services are of no account',
      [allow({ Service: 'logs.amazonaws.com' })],
      `nobody outside account ${ACCOUNT} can kms:Decrypt on alias/this`,
      'pass',
    ],
    [
      'services are somebody',
      [allow({ Service: 'logs.amazonaws.com' })],
      'nobody can kms:Decrypt on alias/this',
      'fail',
    ],
  ] as const)('%s', (_name, statements, text, outcome) => {
    const found = proof(subjectOf('key', ...statements), text)
    expect(found.outcome).toBe(outcome)
    if (outcome === 'fail') expect(found.shown.length).toBeGreaterThan(0)
    for (const { call } of found.shown) expect(decide(call).decision).toBe('allow')
  })

  test('only those who can are named', () => {
    const found = proof(subjectOf('key', allow(APP)), 'only role/App, root can kms:Decrypt on alias/this')
    expect(found).toMatchObject({ outcome: 'fail', shown: [], reason: expect.stringContaining(':root') as string })
  })
})

describe('other policies by themselves', () => {
  const uses = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }
  test.each([
    ['identity', [uses], 'everybody can kms:Decrypt on alias/this', 'pass'],
    ['identity', [uses], 'everybody can kms:Encrypt on alias/this', 'fail'],
    ['identity', [{ ...uses, Condition: TENANT_A }], 'everybody can kms:Decrypt on alias/this', 'fail'],
    [
      'identity',
      [{ ...uses, Condition: TENANT_A }],
      'everybody can kms:Decrypt on alias/this when kms:EncryptionContext:tenant = a',
      'pass',
    ],
    ['boundary', [uses], 'role/this cannot kms:Encrypt on alias/this', 'pass'],
    ['boundary', [uses], 'role/this cannot kms:Decrypt on alias/this', 'fail'],
    [
      'scp',
      [
        { ...uses, Action: '*' },
        { ...uses, Effect: 'Deny' },
      ],
      'nobody can kms:Decrypt on alias/this',
      'pass',
    ],
    ['scp', [{ ...uses, Action: '*' }], 'everybody can kms:Decrypt on alias/this', 'pass'],
  ] as const)('%s %j: %s', (kind, statements, text, outcome) => {
    const found = proof(subjectOf(kind, ...statements), text)
    expect(found.outcome).toBe(outcome)
    const denies = text.startsWith('everybody')
    for (const { call } of found.shown) expect(decide(call).decision === 'allow').toBe(!denies)
  })
})

describe('the organization', () => {
  const OWN = 'o-acme4k2x9q'
  /** A world of one account in an organization, and one key with this policy. */
  function organization(condition: object): Subject {
    const { world } = subjectOf('key', allow('*', condition))
    const [account] = world.accounts.values()
    const known: AskedWorld = {
      ...world,
      organization: { id: OWN, managementAccountId: undefined, nodes: new Map() },
      accounts: new Map([[ACCOUNT, { ...account!, organizationId: OWN, organizationPath: `${OWN}/r-1/` }]]),
    }
    return worldSubject(known)
  }

  test.each([
    [{ StringEquals: { 'aws:PrincipalOrgID': OWN } }, 'outside', 'pass'],
    [{ StringEquals: { 'aws:PrincipalOrgID': OWN } }, 'in', 'fail'],
    [{ StringEquals: { 'aws:PrincipalOrgID': [OWN, 'o-partner12345'] } }, 'outside', 'fail'],
    [{ StringNotEquals: { 'aws:PrincipalOrgID': OWN } }, 'outside', 'fail'],
    [{ StringNotEquals: { 'aws:PrincipalOrgID': OWN } }, 'in', 'pass'],
    [{ StringLike: { 'aws:PrincipalOrgID': 'o-a*' } }, 'outside', 'unknown'],
    [{ StringLike: { 'aws:PrincipalOrgID': 'o-*' } }, 'outside', 'fail'],
    [{ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': `${OWN}/*` } }, 'outside', 'pass'],
    [{ 'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': 'o-partner12345/r-1/*' } }, 'outside', 'fail'],
    [{ Null: { 'aws:PrincipalOrgID': 'true' } }, 'outside', 'fail'],
    [{ StringEquals: { 'aws:PrincipalOrgID': OWN, 'aws:username': 'x' } }, 'outside', 'unknown'],
  ] as const)('%j: nobody %s the organization is %s', (condition, where, outcome) => {
    const found = proof(organization(condition), `nobody ${where} the organization can kms:Decrypt on alias/this`)
    expect(found.outcome).toBe(outcome)
    for (const { call } of found.shown) expect(decide(call).decision).toBe('allow')
  })

  test('readings tell apart what policies tell apart', () => {
    const parsed = parsePolicyValue(
      {
        Version: '2012-10-17',
        Statement: allow('*', {
          StringEquals: { 'aws:PrincipalOrgID': [OWN, 'o-other'] },
          'ForAnyValue:StringLike': { 'aws:PrincipalOrgPaths': ['o-third/r-1/ou-2/*'] },
        }),
      },
      'key',
    )
    if (!parsed.ok) throw new Error('the policy is refused')
    const { readings, isComplete } = readingsOutside({ keys: [{ arn: 'k', policy: parsed.value }] }, OWN)
    expect(isComplete).toBe(true)
    expect(readings.map((reading) => reading['aws:PrincipalOrgID'])).toEqual([
      null,
      'o-other',
      'o-third',
      'o-third',
      'o-zzzzzzzzzz',
    ])
    expect(readings[3]?.['aws:PrincipalOrgPaths']).toEqual(['o-third/r-1/ou-2/'])
  })
})

describe('Acme', () => {
  test.each([
    ['nobody outside the organization can kms:Decrypt on alias/payments', 'pass'],
    ['nobody outside the organization can kms:Decrypt on alias/data-exchange', 'fail'],
    ['only role/LedgerWriter can kms:Decrypt on alias/ledger', 'pass'],
    ['everybody in account 777788889999 can kms:Decrypt on alias/ledger', 'fail'],
    ['everybody in account 999988887777 can kms:Decrypt on alias/ledger', 'unknown'],
    // No policy lets somebody of another account delete a key.
    ['everybody in account 444455556666 can kms:ScheduleKeyDeletion on alias/ledger', 'fail'],
  ] as const)('%s: %s', (text, outcome) => {
    expect(proof(acmeSubject(), text).outcome).toBe(outcome)
  })

  test('names that nothing has are errors with their places', () => {
    const text = 'nobody except role/PaymentApi can kms:Decrypt on alias/payments'
    const assertion = parseAssertion(text)
    if (!assertion.ok) throw new Error(assertion.error.message)
    expect(prove(acmeSubject(), assertion.value)).toMatchObject({
      ok: false,
      error: { start: text.indexOf('role/'), hint: 'did you mean `role/PaymentsApi`?' },
    })
  })

  test('a budget that is too small ends in unknown', () => {
    const assertion = parseAssertion('nobody can kms:Decrypt on any key')
    if (!assertion.ok) throw new Error(assertion.error.message)
    let now = 0
    const proved = prove(acmeSubject(), assertion.value, { nowMs: () => (now += 1000), budget: { maxMs: 1 } })
    expect(proved).toMatchObject({ ok: true, value: { outcome: 'unknown' } })
  })
})

// Requests that are asked one by one stand against the proof over all of them.
test('what is proved holds for every request that is tried', () => {
  const principals = fc.constantFrom<unknown>(
    '*',
    { AWS: '*' },
    { AWS: ACCOUNT },
    { AWS: '444455556666' },
    { AWS: 'arn:aws:iam::444455556666:role/Far' },
    { AWS: `arn:aws:iam::${ACCOUNT}:role/App` },
  )
  const conditions = fc.constantFrom<object>(
    {},
    { StringEquals: { 'kms:CallerAccount': ACCOUNT } },
    { StringNotEquals: { 'kms:CallerAccount': ACCOUNT } },
    { StringEquals: { 'aws:PrincipalAccount': '444455556666' } },
    { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/F*' } },
    TENANT_A,
    { Null: { 'kms:EncryptionContext:tenant': 'true' } },
  )
  const statement = fc.record({
    Effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    Principal: principals,
    Action: fc.constantFrom('kms:Decrypt', 'kms:*'),
    Resource: fc.constant('*'),
    Condition: conditions,
  })
  const callers = [
    'arn:aws:iam::444455556666:role/Far',
    'arn:aws:iam::444455556666:user/far',
    'arn:aws:iam::777788889999:role/Farther',
    'arn:aws:iam::777788889999:root',
  ]
  fc.assert(
    fc.property(fc.array(statement, { minLength: 1, maxLength: 3 }), (statements) => {
      const subject = subjectOf('key', ...statements)
      const [resource = ''] = subject.world.keys.keys()
      const isAllowed = callers.some((principal) => {
        const authorizer = toAuthorizer(withEverythingAllowed(subject.world, principal))
        return [{}, { encryptionContext: { tenant: 'a' } }, { encryptionContext: { tenant: 'b' } }].some(
          (request) =>
            authorizer.authorize({ principal, action: 'kms:Decrypt', resource, ...request }).decision === 'allow',
        )
      })
      const { outcome, shown } = proof(subject, `nobody outside account ${ACCOUNT} can kms:Decrypt on alias/this`)
      expect(outcome).not.toBe('unknown')
      if (isAllowed) expect(outcome).toBe('fail')
      for (const { call } of shown) {
        expect(decide(call).decision).toBe('allow')
        expect(call.subject.caller.accountId).not.toBe(ACCOUNT)
      }
    }),
    { seed: 11, numRuns: 60 },
  )
})
