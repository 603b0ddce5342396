/**
 * A gate: how much of the request it still asks about, and every way through it while something is unknown.
 *
 * That it answers as `decide` does is `agreement.test.ts`. Source: authorization.md A7, F3, K-2.
 */
import { describe, expect, test } from 'vitest'
import type { Call } from '../../src/decide/call.js'
import { decide } from '../../src/decide/decide.js'
import { Gate } from '../../src/decide/gate.js'
import { possibilities } from '../../src/decide/possible.js'
import { SLOT_SOURCE_ARN } from '../../src/graph/tables.js'
import type { AuthorizeDocument, ConditionJson, StatementJson } from '../reference/document.js'
import { A, DELEGATED, KEY, allow, asked, deny, grant, policy, user } from '../reference/example.js'
import { waysDiffer } from './agree.js'
import { CallReader } from './read-calls.js'

function call(changes: Partial<AuthorizeDocument>): Call {
  return new CallReader().call(asked(changes))
}

function allowExcept(NotResource: string): StatementJson {
  const { Resource: _on, ...rest } = allow('kms:*')
  return { ...rest, NotResource }
}

const is = (key: string, value: string): ConditionJson => ({ StringEquals: { [key]: value } })
const TENANT = 'kms:EncryptionContext:tenant'
const tenantIsA = is(TENANT, 'a')

describe('a gate asks nothing', () => {
  const CASES: readonly (readonly [name: string, changes: Partial<AuthorizeDocument>])[] = [
    ['where no statement could apply', {}],
    ['of an unconditional Allow', { keyPolicy: policy(allow('kms:*', { to: '*' })) }],
    ['of a resource that is plain', { keyPolicy: DELEGATED, identityPolicies: [policy(allow('kms:*', { on: KEY }))] }],
    [
      'of a resource that is not one that is plain',
      { keyPolicy: DELEGATED, identityPolicies: [policy(allowExcept('arn:aws:kms:*:*:key/other'))] },
    ],
    [
      'of a resource that is one of the excepted',
      { keyPolicy: DELEGATED, identityPolicies: [policy(allowExcept('arn:aws:kms:*:*:key/1234*'))] },
    ],
    [
      'that changes nothing',
      { keyPolicy: policy(allow('kms:*', { to: '*', when: tenantIsA }), allow('*', { to: '*' })) },
    ],
    ['of statements about other actions', { keyPolicy: policy(allow('kms:Sign', { to: '*', when: tenantIsA })) }],
    [
      'of statements about others',
      { keyPolicy: policy(allow('kms:*', { to: { AWS: user(A, 'Bob').arn }, when: tenantIsA })) },
    ],
  ]
  test.each(CASES)('%s', (_name, changes) => {
    const gate = Gate.build(call(changes))
    expect([gate.size, gate.slots]).toEqual([0, []])
    const { decision } = decide(call(changes))
    expect(gate.decide([], {}).decision).toBe(decision)
  })
})

describe('a gate asks', () => {
  test('one question about one condition, and those of its keys alone', () => {
    const one = call({
      keyPolicy: policy(
        allow('kms:*', { to: '*', when: tenantIsA }),
        allow('kms:Sign', { to: '*', when: is('aws:userid', 'x') }),
      ),
    })
    const gate = Gate.build(one)
    expect([gate.size, gate.slots]).toEqual([1, [one.subject.tables.findSlot(TENANT)]])
  })

  test('the grants of a key for the source of the request', () => {
    const bound = grant({ Constraints: { SourceArn: 'arn:aws:s3:::b' } })
    const one = call({ grants: [bound], context: { 'aws:SourceArn': 'arn:aws:s3:::b' } })
    const gate = Gate.build(one)
    expect(gate.slots).toEqual([SLOT_SOURCE_ARN])
    expect(gate.decide(one.values, one)).toMatchObject({ decision: 'allow', layer: 'grant' })
    expect(possibilities(one, ['aws:SourceArn']).decisions.toSorted()).toEqual(['allow', 'implicitDeny'])
    // A list is no one source.
    const wide = grant({ Constraints: { SourceArn: 'arn:aws:s3:::*' } })
    const several = call({
      grants: [bound, { ...wide, GrantId: 'g-2' }],
      context: { 'aws:SourceArn': ['arn:aws:s3:::b', 'arn:aws:s3:::b'] },
    })
    expect(waysDiffer(several)).toBeUndefined()
    expect(decide(several).decision).toBe('implicitDeny')
  })

  test('each resource pattern with variables for itself', () => {
    const on = (pattern: string) => policy(allow('kms:*', { on: `arn:aws:kms:*:*:${pattern}` }))
    const name = '1234abcd-12ab-34cd-56ef-1234567890ab'
    const tries: readonly (readonly [patterns: readonly string[], decision: string])[] = [
      [['key/x${aws:username}'], 'implicitDeny'],
      [['key/${aws:username}'], 'allow'],
      [['key/x${aws:username}', 'key/${aws:username}'], 'allow'],
      [['key/${aws:username}', 'key/x${aws:username}'], 'allow'],
      [['key/${aws:username}=', 'key/x${aws:username}'], 'implicitDeny'],
      [['key/${aws:userid}', 'key/${aws:username}'], 'allow'],
    ]
    for (const [patterns, decision] of tries) {
      const one = call({ keyPolicy: DELEGATED, identityPolicies: patterns.map(on), context: { 'aws:username': name } })
      expect(waysDiffer(one)).toBeUndefined()
      expect(Gate.build(one).decide(one.values, one).decision).toBe(decision)
    }
  })
})

describe('every way through a gate', () => {
  const open = { key: TENANT.toLowerCase(), operator: 'StringEquals', values: ['a'] } as const

  test('asks no key twice', () => {
    const refused = call({
      keyPolicy: policy(deny('kms:*', { to: '*', when: tenantIsA }), allow('kms:*', { to: '*', when: tenantIsA })),
    })
    expect(possibilities(refused, [TENANT]).ways).toEqual([
      { outcome: { decision: 'explicitDeny', layer: 'keyPolicy' }, when: [{ ...open, holds: true }] },
      { outcome: { decision: 'implicitDeny', layer: 'keyPolicy' }, when: [{ ...open, holds: false }] },
    ])
    const delegated = call({
      keyPolicy: policy(allow('kms:*', { to: { AWS: A }, when: tenantIsA })),
      identityPolicies: [policy(allow('kms:*', { when: tenantIsA }))],
    })
    expect(possibilities(delegated, [TENANT]).ways).toEqual([
      { outcome: { decision: 'allow', layer: 'identity' }, when: [{ ...open, holds: true }] },
      { outcome: { decision: 'implicitDeny', layer: 'keyPolicy' }, when: [{ ...open, holds: false }] },
    ])
  })

  // A7: one pattern has one answer to one request, in whichever statements it stands.
  test('asks no resource pattern twice', () => {
    const on = 'arn:aws:kms:*:*:key/${aws:username}'
    const refused = call({
      keyPolicy: DELEGATED,
      identityPolicies: [policy(deny('kms:*', { on }), allow('kms:*', { on }))],
    })
    expect(possibilities(refused, ['aws:username']).decisions.toSorted()).toEqual(['explicitDeny', 'implicitDeny'])
  })

  test('takes what is known as it is', () => {
    const when = { StringEquals: { [TENANT]: 'a', 'aws:username': 'Alice' } }
    const ask = (name: string): Call =>
      call({ keyPolicy: policy(allow('kms:*', { to: '*', when })), context: { 'aws:username': name } })
    expect(possibilities(ask('Alice'), [TENANT]).ways).toEqual([
      { outcome: { decision: 'allow', layer: 'keyPolicy' }, when: [{ ...open, holds: true }] },
      { outcome: { decision: 'implicitDeny', layer: 'keyPolicy' }, when: [{ ...open, holds: false }] },
    ])
    expect(possibilities(ask('Bob'), [TENANT]).decisions).toEqual(['implicitDeny'])
  })

  /** One Allow with as many conditions, each about a key of its own. */
  const many = (count: number): { readonly one: Call; readonly keys: readonly string[] } => {
    const keys = Array.from({ length: count }, (_, index) => `kms:EncryptionContext:k${index}`)
    const when = { StringEquals: Object.fromEntries(keys.map((key) => [key, 'a'])) }
    return { one: call({ keyPolicy: policy(allow('kms:*', { to: '*', when })) }), keys }
  }

  test('and no more of them than were asked for', () => {
    const { one } = many(10)
    for (const limit of [1, 2, 5, 10, 11]) {
      expect(Gate.build(one).ways(one.values, one, () => true, limit)).toHaveLength(limit)
    }
    expect(Gate.build(one).ways(one.values, one, () => true, 100)).toHaveLength(11)
    expect(Gate.build(one).ways(one.values, one, () => false, 100)).toEqual([
      { outcome: { decision: 'implicitDeny', layer: 'keyPolicy' }, asked: [] },
    ])
  })

  test('of which 256 are listed, and whether these are all', () => {
    const few = many(40)
    expect(possibilities(few.one, few.keys)).toMatchObject({ complete: true })
    expect(possibilities(few.one, few.keys).ways).toHaveLength(41)
    const lots = many(300)
    const found = possibilities(lots.one, lots.keys)
    expect([found.complete, found.ways.length]).toEqual([false, 256])
  })
})
