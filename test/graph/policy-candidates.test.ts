/**
 * Which statements of a large policy are looked at for a request: all that could apply, and of those that are filed
 * only the ones that stand where the request looks.
 *
 * That no statement is missed is `policy-index.test.ts`. Source: authorization.md A6, C2, K-13.
 */
import { describe, expect, test } from 'vitest'
import { compilePolicy } from '../../src/graph/policy.js'
import { PolicyIndex } from '../../src/graph/policy-index.js'
import { Subject, type Caller } from '../../src/graph/subject.js'
import { GraphTables } from '../../src/graph/tables.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { PrincipalJson, StatementJson } from '../reference/document.js'
import { A, B, KEY, allow, deny, policy } from '../reference/example.js'

const alice: Caller = { type: 'user', arn: `arn:aws:iam::${A}:user/Alice`, accountId: A, isServiceLinkedRole: false }
const app: Caller = {
  ...alice,
  type: 'role',
  arn: `arn:aws:sts::${A}:assumed-role/App/i-1`,
  roleArn: `arn:aws:iam::${A}:role/App`,
}
const bob: Caller = { ...alice, arn: `arn:aws:iam::${B}:user/Bob`, accountId: B }
const logs: Caller = { ...alice, type: 'service', arn: 'logs.amazonaws.com', accountId: undefined }

/** The places of the statements that are looked at, and whether the look stops where it is told to. */
function candidates(
  kind: PolicyKind,
  statements: readonly StatementJson[],
  caller: Caller,
  resource: string | undefined,
) {
  const tables = new GraphTables()
  const parsed = parsePolicyValue(JSON.parse(JSON.stringify(policy(...statements))), kind, 'p', { sizes: 'report' })
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  const compiled = compilePolicy(tables, parsed.value)
  const rows = tables.policies.tuple(compiled.id)
  const index = new PolicyIndex(tables, rows)
  const seen: number[] = []
  const subject = new Subject(tables, caller)
  index.candidates(subject, resource, (row) => {
    seen.push(row)
    return true
  })
  // Whoever has heard enough is told no more.
  for (let limit = 1; limit <= seen.length; limit++) {
    let told = 0
    index.candidates(subject, resource, () => ++told < limit)
    expect(told).toBe(limit)
  }
  return [...new Set(seen)].map((row) => rows.indexOf(row)).toSorted((left, right) => left - right)
}

const OTHER_REGION = KEY.replace('us-west-2', 'eu-west-1')
const SHORT_ID = `arn:aws:kms:us-west-2:${A}:key/1`
const ALIAS = `arn:aws:kms:us-west-2:${A}:alias/x`
const BUCKET = 'arn:aws:s3:::bucket/a'
const TARGETS = [KEY, OTHER_REGION, SHORT_ID, ALIAS, BUCKET]

describe('a resource pattern', () => {
  const ALL = TARGETS
  const CASES: readonly (readonly [patterns: readonly string[], lookedAtFor: readonly string[]])[] = [
    [[KEY], [KEY]],
    [[BUCKET], [BUCKET]],
    [
      [KEY, BUCKET],
      [KEY, BUCKET],
    ],
    // Wildcards that are whole fields, or end the last one.
    [['arn:aws:kms:*:*:key/*'], [KEY, OTHER_REGION, SHORT_ID]],
    [['arn:aws:kms:*:*:key/1234abcd*'], [KEY, OTHER_REGION]],
    [['arn:aws:kms:*:*:key/1*'], [KEY, OTHER_REGION, SHORT_ID]],
    [[`arn:aws:kms:us-west-2:${A}:*`], [KEY, SHORT_ID, ALIAS]],
    [[`arn:aws:kms:*:${A}:alias/x`], [ALIAS]],
    [[`arn:aws:kms:*:${B}:key/*`], []],
    [['arn:*:s3:*:*:bucket/*'], [BUCKET]],
    [['arn:aws:s3:::*'], [BUCKET]],
    [['arn:*:kms:*:*:*'], [KEY, OTHER_REGION, SHORT_ID, ALIAS]],
    [
      ['arn:aws:kms:us-west-2:*:key/1', 'arn:aws:s3:::b*'],
      [SHORT_ID, BUCKET],
    ],
    // Any other wildcard is found by looking at it.
    [['arn:aws:kms:us-*:*:key/x*'], ALL],
    [['arn:aws:kms:*:*:k?y/x'], ALL],
    [['arn:aws:kms:*:*:key/*x'], ALL],
    [['arn:aws:kms:*:*:key/**'], ALL],
    [['arn:aws:kms:*:*:key/x?*'], ALL],
    [[KEY, 'arn:aws:kms:us-*:*:key/x*'], ALL],
    [['*'], ALL],
    // A short ARN covers whatever begins with it, and a variable is known only to the request.
    [['arn:aws:kms:us-west-2'], ALL],
    [['arn:aws:s3:::${aws:username}'], ALL],
    [['arn:aws:s3:::bucket/${aws:username}='], ALL],
  ]
  test.each(CASES)('%j is looked at for %j', (on, expected) => {
    const statements = [allow('kms:*', { on: `arn:aws:kms:us-west-2:${B}:key/none` }), allow('kms:*', { on })]
    const found = TARGETS.filter((resource) => candidates('identity', statements, alice, resource).includes(1))
    expect(found).toEqual(expected)
    // The first is about nobody's key and is never looked at.
    expect(TARGETS.filter((resource) => candidates('identity', statements, alice, resource).includes(0))).toEqual([])
  })

  test('is looked at by whatever has other fields than an ARN', () => {
    const statements = CASES.map(([on]) => allow('kms:*', { on }))
    const every = statements.map((_, place) => place)
    for (const resource of ['no ARN', '', 'arn:aws:kms:us-west-2', 'arn:aws:s3:::bucket/a:b', `${KEY}:`, '::::']) {
      expect(candidates('identity', statements, alice, resource)).toEqual(every)
    }
    // K-13: five colons are an ARN, whatever stands between them.
    expect(candidates('identity', statements, alice, ':::::')).toEqual(
      every.filter((place) => candidates('identity', statements, alice, 'a:b:c:d:e:f').includes(place)),
    )
  })

  test('that is negated may cover any resource', () => {
    const { Resource: on, ...rest } = allow('kms:*', { on: KEY })
    const negated: StatementJson = on === undefined ? rest : { ...rest, NotResource: on }
    for (const resource of [...TARGETS, undefined]) {
      expect(candidates('identity', [negated, allow('kms:*', { on: BUCKET })], alice, resource)).toContain(0)
    }
  })

  test('is not looked at where there is no resource', () => {
    const statements = [KEY, 'arn:aws:kms:*:*:key/*', 'arn:aws:kms:us-*:*:key/*', '*'].map((on) =>
      allow('kms:*', { on }),
    )
    expect(candidates('identity', statements, alice, undefined)).toEqual([2, 3])
  })
})

describe('a principal', () => {
  const on = 'arn:aws:kms:us-?:*:key/*'
  const CASES: readonly (readonly [to: PrincipalJson, lookedAtBy: readonly Caller[]])[] = [
    ['*', [alice, app, bob, logs]],
    [{ AWS: '*' }, [alice, app, bob, logs]],
    [{ AWS: A }, [alice, app]],
    [{ AWS: alice.arn }, [alice]],
    [{ AWS: `arn:aws:iam::${A}:role/App` }, [app]],
    [{ AWS: app.arn }, [app]],
    [{ Service: 'logs.amazonaws.com' }, [logs]],
    [{ AWS: [bob.arn, alice.arn] }, [alice, bob]],
    [{ AWS: [bob.arn, '*'] }, [alice, app, bob, logs]],
    [{ AWS: 'AIDACKCEVSQ6C2EXAMPLE' }, []],
  ]
  test.each(CASES)('%j is looked at by %j', (to, expected) => {
    const statements = [allow('kms:*', { to, on })]
    for (const resource of [KEY, BUCKET, undefined]) {
      const found = [alice, app, bob, logs].filter(
        (caller) => candidates('resource', statements, caller, resource).length > 0,
      )
      expect(found).toEqual(expected)
    }
    // Filed by its resource it is looked at by everybody who asks for that.
    const there = [allow('kms:*', { to, on: KEY })]
    for (const caller of [alice, app, bob, logs]) expect(candidates('resource', there, caller, KEY)).toEqual([0])
    expect(candidates('resource', there, alice, BUCKET)).toEqual([])
  })

  test('that is negated may be anybody', () => {
    const { Principal: _to, ...rest } = deny('kms:*', { to: '*', on })
    const statements = [{ ...rest, NotPrincipal: { AWS: alice.arn } }]
    for (const caller of [alice, app, bob, logs]) expect(candidates('resource', statements, caller, KEY)).toEqual([0])
  })
})

test('statements of one place stand there side by side', () => {
  const same = ['kms:Decrypt', 'kms:Encrypt', 'kms:Sign'].flatMap((action) => [
    allow(action, { on: KEY }),
    allow(action, { on: 'arn:aws:kms:*:*:key/1234*' }),
    allow(action, { on: BUCKET }),
  ])
  expect(candidates('identity', same, alice, KEY)).toEqual([0, 1, 3, 4, 6, 7])
  expect(candidates('identity', same, alice, BUCKET)).toEqual([2, 5, 8])
})

// Each shape costs a look-up on every request.
test('of more than 48 shapes the rest is always looked at', () => {
  const prefixes = Array.from({ length: 60 }, (_, length) => `arn:aws:kms:*:*:${'x'.repeat(length + 1)}*`)
  const shaped = prefixes.map((on) => allow('kms:*', { on }))
  expect(candidates('identity', shaped, alice, KEY)).toEqual(Array.from({ length: 12 }, (_, index) => 48 + index))
  // One more of a shape that is there is filed.
  const again = [...shaped, allow('kms:*', { on: 'arn:aws:kms:*:*:y*' })]
  expect(candidates('identity', again, alice, KEY)).not.toContain(60)
  expect(candidates('identity', again, alice, `arn:aws:kms:us-west-2:${A}:yes`)).toContain(60)
})
