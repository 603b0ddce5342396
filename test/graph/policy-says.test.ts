/**
 * What one policy says to one request: which actions, principals and resources its statements reach, in a policy of any
 * length.
 *
 * Source: authorization.md A5, A6, A8, C1, C2, C4, K-31.
 */
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import { KMS_ACTIONS } from '../../src/aws/actions.js'
import {
  compilePolicy,
  SAYS_ACCOUNT,
  SAYS_DENY,
  SAYS_DIRECT,
  SAYS_NOTHING,
  SAYS_VIA,
  type CompiledPolicy,
  type MatchInput,
} from '../../src/graph/policy.js'
import { Subject, type Caller } from '../../src/graph/subject.js'
import { GraphTables, NO_ROW } from '../../src/graph/tables.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { PrincipalJson, StatementJson } from '../reference/document.js'
import { A, B, KEY, OTHER_KEY, allow, deny, policy } from '../reference/example.js'

const tables = new GraphTables()

const alice: Caller = { type: 'user', arn: `arn:aws:iam::${A}:user/Alice`, accountId: A, isServiceLinkedRole: false }
const app: Caller = {
  ...alice,
  type: 'role',
  arn: `arn:aws:sts::${A}:assumed-role/App/i-1`,
  roleArn: `arn:aws:iam::${A}:role/App`,
}
const fay: Caller = { ...alice, type: 'federated', arn: `arn:aws:sts::${A}:federated-user/Fay`, userArn: alice.arn }
const root: Caller = { ...alice, type: 'root', arn: `arn:aws:iam::${A}:root` }
const logs: Caller = { ...alice, type: 'service', arn: 'logs.amazonaws.com', accountId: undefined }

function compiled(kind: PolicyKind, statements: readonly StatementJson[]): CompiledPolicy {
  const parsed = parsePolicyValue(JSON.parse(JSON.stringify(policy(...statements))), kind, 'p', { sizes: 'report' })
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return compilePolicy(tables, parsed.value)
}

interface Asked {
  readonly caller?: Caller
  readonly action?: string
  readonly resource?: string | undefined
  readonly hasBoundary?: boolean
}

function inputOf(asked: Asked = {}): MatchInput {
  const { caller = alice, action = 'kms:Decrypt', hasBoundary = false } = asked
  return {
    subject: new Subject(tables, caller),
    action,
    actionBit: actionBit(action) ?? -1,
    resource: 'resource' in asked ? asked.resource : KEY,
    hasBoundary,
    notPrincipalAncestors: 'required',
    cautious: false,
  }
}

function says(kind: PolicyKind, statements: readonly StatementJson[], asked?: Asked): number {
  return compiled(kind, statements).says(inputOf(asked), [])
}

const ALL = KMS_ACTIONS.map(({ name }) => name)

function covered(statement: StatementJson): readonly string[] {
  const one = compiled('identity', [statement])
  return ALL.filter((action) => one.says(inputOf({ action }), []) !== SAYS_NOTHING)
}

function butFor(action: string | readonly string[]): StatementJson {
  const { Action: named, ...rest } = allow(action)
  return named === undefined ? rest : { ...rest, NotAction: named }
}

describe('KMS actions', () => {
  test('each named is that one, and each left out all the others', () => {
    for (const action of ALL) {
      expect(covered(allow(action))).toEqual([action])
      expect(covered(allow(action.toUpperCase().replace('KMS:', 'kMs:')))).toEqual([action])
      expect(covered(butFor(action))).toEqual(ALL.filter((other) => other !== action))
    }
  })

  const CASES: readonly (readonly [pattern: string | readonly string[], matches: RegExp])[] = [
    ['*', /^/],
    ['kms:*', /^/],
    ['kms:?*', /^/],
    ['s3:*', /^$/],
    ['kms:*Alias', /Alias$/],
    ['kms:*KEY*', /key/i],
    ['kms:Re*', /^kms:Re/],
    ['kms:ReEncrypt?rom', /^kms:ReEncryptFrom$/],
    ['kms:decrypt*', /^kms:Decrypt$/],
    [['kms:Enable*', 'kms:Disable*', 's3:*'], /^kms:(Enable|Disable)/],
  ]
  test.each(CASES)('%j', (pattern, matches) => {
    expect(covered(allow(pattern))).toEqual(ALL.filter((action) => matches.test(action)))
    expect(covered(butFor(pattern))).toEqual(ALL.filter((action) => !matches.test(action)))
  })
})

describe('actions of other services', () => {
  const CASES: readonly (readonly [pattern: string | readonly string[], action: string, covers: boolean])[] = [
    ['*', 's3:GetObject', true],
    ['s3:*', 's3:GetObject', true],
    ['S3:getobject', 's3:GetObject', true],
    ['s3:GetObject', 's3:GetObjectAcl', false],
    ['s3:Get?bject', 's3:GetObject', true],
    ['kms:*', 's3:GetObject', false],
    ['kms:Decrypt', 's3:GetObject', false],
    [['kms:*', 'sqs:*', 's3:*'], 's3:GetObject', true],
    [['kms:*', 's3:*', 'sqs:*'], 's3:GetObject', true],
    [['sqs:*', 'sns:*'], 's3:GetObject', false],
  ]
  test.each(CASES)('%j and %s: %s', (pattern, action, covers) => {
    const asked = { action, resource: 'arn:aws:s3:::b' }
    expect(says('identity', [allow(pattern)], asked)).toBe(covers ? SAYS_DIRECT : SAYS_NOTHING)
    expect(says('identity', [butFor(pattern)], asked)).toBe(covers ? SAYS_NOTHING : SAYS_DIRECT)
  })
})

// C2: the class in which each entry names each caller. K-31: a Deny applies in every class.
describe('principals', () => {
  const D = SAYS_DIRECT
  const V = SAYS_VIA
  const O = SAYS_ACCOUNT
  const N = SAYS_NOTHING
  const CALLERS = [alice, app, fay, root, logs]
  const deleted = { AWS: 'AIDACKCEVSQ6C2EXAMPLE' }
  const CASES: readonly (readonly [principal: PrincipalJson, says: readonly number[]])[] = [
    ['*', [D, D, D, D, D]],
    [{ AWS: '*' }, [D, D, D, D, D]],
    [{ AWS: A }, [O, O, O, D, N]],
    [{ AWS: `arn:aws:iam::${A}:root` }, [O, O, O, D, N]],
    [{ AWS: B }, [N, N, N, N, N]],
    [{ AWS: alice.arn }, [D, N, V, N, N]],
    [{ AWS: `arn:aws:iam::${A}:role/App` }, [N, V, N, N, N]],
    [{ AWS: app.arn }, [N, D, N, N, N]],
    [{ AWS: fay.arn }, [N, N, D, N, N]],
    [{ Service: 'logs.amazonaws.com' }, [N, N, N, N, D]],
    [{ Service: 'logs.us-west-2.amazonaws.com' }, [N, N, N, N, N]],
    // The strongest class of several entries, in any order.
    [{ AWS: [A, `arn:aws:iam::${A}:role/App`, B] }, [O, V, O, D, N]],
    [{ AWS: [`arn:aws:iam::${A}:role/App`, A] }, [O, V, O, D, N]],
    [{ AWS: [app.arn, `arn:aws:iam::${A}:role/App`, A] }, [O, D, O, D, N]],
    // Nobody can call as one of these.
    [deleted, [N, N, N, N, N]],
    [{ Federated: `arn:aws:iam::${A}:saml-provider/x` }, [N, N, N, N, N]],
    [{ CanonicalUser: 'f'.repeat(64) }, [N, N, N, N, N]],
    [{ ...deleted, Service: 'logs.amazonaws.com' }, [N, N, N, N, D]],
  ]
  test.each(CASES)('%j', (to, expected) => {
    const statement = allow('kms:*', { to })
    expect(CALLERS.map((caller) => says('resource', [statement], { caller }))).toEqual(expected)
    const denied = CALLERS.map((caller) => says('resource', [deny('kms:*', { to })], { caller }))
    expect(denied).toEqual(expected.map((class_) => (class_ === SAYS_NOTHING ? SAYS_NOTHING : SAYS_DENY)))
    // Among many statements, where they are looked up.
    const many = Array.from({ length: 30 }, () => allow('kms:*', { to: { AWS: 'AROACKCEVSQ6C2EXAMPLE' } }))
    expect(CALLERS.map((caller) => says('resource', [...many, statement], { caller }))).toEqual(expected)
  })

  // C4, K-26; a caller with a permissions boundary is never exempt.
  const NOT: readonly (readonly [listed: PrincipalJson, caller: Caller, hasBoundary: boolean, denied: boolean])[] = [
    [{ AWS: [alice.arn, A] }, alice, false, false],
    [{ AWS: [alice.arn, A] }, alice, true, true],
    [{ AWS: alice.arn }, alice, false, true],
    [{ AWS: A }, alice, false, true],
    [{ AWS: [alice.arn, A] }, app, false, true],
    [{ AWS: [app.arn, `arn:aws:iam::${A}:role/App`, A] }, app, false, false],
    [{ AWS: [app.arn, A] }, app, false, true],
    [{ AWS: [app.arn, `arn:aws:iam::${A}:role/App`] }, app, false, true],
    [{ AWS: [`arn:aws:iam::${A}:role/App`, A] }, app, false, true],
    [{ AWS: [fay.arn, A] }, fay, false, false],
    [{ AWS: [alice.arn, A] }, fay, false, true],
    [{ AWS: A }, root, false, false],
    [{ AWS: B }, root, false, true],
    [{ Service: 'logs.amazonaws.com' }, logs, false, false],
    [{ AWS: A }, logs, false, true],
    // A name that no policy has used is not listed.
    [{ AWS: B }, { ...alice, arn: `arn:aws:iam::${A}:user/Never` }, false, true],
  ]
  test.each(NOT)('NotPrincipal %j and %j with boundary %s', (NotPrincipal, caller, hasBoundary, denied) => {
    const { Principal: _to, ...rest } = deny('kms:*', { to: '*' })
    expect(says('resource', [{ ...rest, NotPrincipal }], { caller, hasBoundary })).toBe(
      denied ? SAYS_DENY : SAYS_NOTHING,
    )
  })

  // A8: an empty list makes the statement do nothing, negated or not.
  test('an empty list', () => {
    const { Principal: _to, ...rest } = deny('kms:*', { to: '*' })
    expect(says('resource', [{ ...rest, NotPrincipal: { AWS: [] } }])).toBe(SAYS_NOTHING)
    expect(says('resource', [{ ...rest, Principal: { AWS: [] } }])).toBe(SAYS_NOTHING)
  })
})

describe('resources', () => {
  const CASES: readonly (readonly [on: string | readonly string[], resource: string | undefined, covers: boolean])[] = [
    [KEY, KEY, true],
    [KEY, OTHER_KEY, false],
    [[OTHER_KEY, KEY], KEY, true],
    [[OTHER_KEY, 'arn:aws:s3:::b'], KEY, false],
    ['*', KEY, true],
    // A6.2: only `*` covers an action without a resource.
    ['*', undefined, true],
    ['arn:aws:kms:*:*:*', undefined, false],
    [['arn:aws:kms:*:*:key/*', '*'], undefined, true],
    // A6: identity policies may shorten an ARN.
    ['arn:aws:kms', KEY, true],
    ['arn:aws:s3', KEY, false],
    ['arn:aws:kms:us-west-?:*:key/1*', KEY, true],
    ['arn:aws:kms:us-west-?:*:key/2*', KEY, false],
  ]
  test.each(CASES)('%j and %s: %s', (on, resource, covers) => {
    const asked = { resource }
    const { Resource: named, ...rest } = allow('kms:*', { on })
    const negated: StatementJson = named === undefined ? rest : { ...rest, NotResource: named }
    expect(says('identity', [allow('kms:*', { on })], asked)).toBe(covers ? SAYS_DIRECT : SAYS_NOTHING)
    expect(says('identity', [negated], asked)).toBe(covers ? SAYS_NOTHING : SAYS_DIRECT)
  })
})

// A2: who may assume a role is told by the role's own policy.
test('a trust policy is about its role and names no resource', () => {
  const { Resource: _whole, ...statement } = allow('sts:AssumeRole', { to: { AWS: alice.arn } })
  for (const resource of [undefined, `arn:aws:iam::${A}:role/App`]) {
    expect(says('trust', [statement], { action: 'sts:AssumeRole', resource })).toBe(SAYS_DIRECT)
    expect(says('trust', [statement], { action: 'sts:AssumeRole', resource, caller: app })).toBe(SAYS_NOTHING)
  }
})

describe('policies of any length', () => {
  /** Each about something else: another resource, principal or action. */
  const others = Array.from({ length: 40 }, (_, index) =>
    [
      allow('kms:*', { on: `arn:aws:kms:us-west-2:${A}:key/${index}`, to: '*' }),
      allow('kms:*', { on: `arn:aws:kms:*:${B}:key/${index}*`, to: '*' }),
      allow('kms:*', { to: { AWS: `arn:aws:iam::${A}:user/Other${index}` } }),
      allow('kms:Sign', { to: '*' }),
      // One that never applies has no row.
      allow([], { to: '*' }),
    ].at(index % 5),
  ).filter((statement) => statement !== undefined)
  const direct = allow('kms:*', { to: { AWS: alice.arn }, on: KEY })
  const account = allow('kms:Decrypt', { to: { AWS: A } })
  const refusing = deny('kms:Decrypt', { to: '*', on: 'arn:aws:kms:*:*:key/1234*' })

  const LENGTHS = [1, 5, 13, 14, 15, 16, 40]
  test.each(LENGTHS)('%i other statements change nothing', (length) => {
    const rest = others.slice(0, length)
    expect(says('resource', rest)).toBe(SAYS_NOTHING)
    for (const [wanted, said] of [
      [[direct], SAYS_DIRECT],
      [[account], SAYS_ACCOUNT],
      [[direct, account], SAYS_DIRECT | SAYS_ACCOUNT],
      [[account, direct], SAYS_DIRECT | SAYS_ACCOUNT],
    ] as const) {
      expect(says('resource', [...rest, ...wanted])).toBe(said)
      expect(says('resource', [...wanted, ...rest])).toBe(said)
      // A Deny wins from anywhere.
      expect(says('resource', [refusing, ...rest, ...wanted]) & SAYS_DENY).toBe(SAYS_DENY)
      expect(says('resource', [...wanted, ...rest, refusing]) & SAYS_DENY).toBe(SAYS_DENY)
    }
  })

  test.each(LENGTHS)('the rows that can apply are among the candidates, of %i others', (length) => {
    const whole = compiled('resource', [...others.slice(0, length), direct, refusing])
    const candidates = whole.candidateRows(inputOf())
    expect(candidates).not.toContain(NO_ROW)
    expect(candidates).toContain(whole.row(length))
    expect(candidates).toContain(whole.row(length + 1))
    expect(whole.row(length)).toBe(compiled('resource', [direct]).row(0))
    // Whoever is asked second is not answered by what was found for the first.
    expect(whole.says(inputOf({ caller: app }), [])).toBe(SAYS_DENY)
    expect(whole.says(inputOf({ resource: OTHER_KEY }), [])).toBe(SAYS_NOTHING)
  })
})

// Hash-consing: what says the same in another order is one policy.
test('conditions in another order are one guard', () => {
  const when = { StringEquals: { 'aws:username': 'a' }, StringLike: { 'aws:userid': 'b*' }, Bool: { 'aws:x': 'true' } }
  const reversed = Object.fromEntries(Object.entries(when).toReversed())
  const [one, two] = [when, reversed].map((each) => compiled('identity', [allow('kms:*', { when: each })]))
  expect(two?.id).toBe(one?.id)
})
