/** A bound gate reads contexts of every make and order as a world does that has never been asked. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createAuthorizer, type Authorizer, type BoundGate } from '../../src/explain/authorizer.js'
import type { RequestContext } from '../../src/decide/values.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { KEY, allow, deny, policy, user } from '../reference/example.js'

const KEYS = ['aws:SourceVpce', 'aws:sourcevpce', 'aws:A', 'AWS:a', 'aws:B', 'aws:b', 'aws:C', 'kms:ViaService', 'x:y']

function world(): Authorizer {
  const made = createAuthorizer()
  const read = parsePolicyValue(
    policy(
      allow('kms:Decrypt', {
        to: { AWS: user().arn },
        when: { StringEquals: { 'aws:A': ['1', '2'] }, Bool: { 'aws:C': 'true' } },
      }),
      deny('kms:*', { to: '*', when: { StringLike: { 'aws:B': '*2*' } } }),
      deny('kms:*', { to: '*', when: { 'ForAnyValue:StringEquals': { 'aws:A': '2' }, Null: { 'aws:b': 'true' } } }),
    ),
    'key',
  )
  if (!read.ok) throw new Error(read.error[0]?.message)
  made.putKey({ arn: KEY, policy: read.value })
  made.putEndpoint({ endpointId: '1' })
  return made
}

const asked = (context: RequestContext) => ({ action: 'kms:Decrypt', context, derive: false })

function gateOf(from: Authorizer): BoundGate {
  const gate = from.bind(user().arn, KEY)
  if (!gate.ok) throw new Error(gate.error.message)
  return gate.value
}

const fresh = (from: Authorizer, context: RequestContext): unknown =>
  from.fork().authorize({ ...asked(context), principal: user().arn, resource: KEY })

const value = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('1', '2', 'true', '') },
  { weight: 1, arbitrary: fc.constantFrom(true, 2, null, undefined) },
  { weight: 1, arbitrary: fc.subarray(['1', '2', '']) },
)
const entries = fc.array(fc.tuple(fc.constantFrom(...KEYS), value), { maxLength: 6 })
const contexts: fc.Arbitrary<RequestContext> = fc
  .record({ own: entries, inherited: fc.option(entries), bare: fc.boolean() })
  .map(({ own, inherited, bare }) => {
    const prototype = inherited === null ? (bare ? null : Object.prototype) : Object.fromEntries(inherited)
    return Object.assign(Object.create(prototype) as Record<string, RequestContext[string]>, Object.fromEntries(own))
  })

test('one after another, each is answered as if it were the first', () => {
  const made = world()
  fc.assert(
    fc.property(fc.array(contexts, { minLength: 2, maxLength: 12 }), (list) => {
      const gate = gateOf(made)
      // Each twice in a row: the second time its keys are those that are expected.
      for (const context of list.flatMap((each) => [each, each])) {
        expect(gate.authorize(asked(context))).toEqual(fresh(made, context))
      }
    }),
    { numRuns: 150, seed: 21 },
  )
})

test('a context whose getter asks the same gate does not disturb the answer', () => {
  const made = world()
  const gate = gateOf(made)
  const inner: unknown[] = []
  const context = {
    'aws:C': 'true',
    get 'aws:A'() {
      inner.push(gate.authorize(asked({ 'aws:C': 'false', 'aws:A': '3', 'aws:B': '2' })).decision)
      return '1'
    },
    'aws:B': '1',
  }
  for (let time = 0; time < 3; time++) expect(gate.authorize(asked(context)).decision).toBe('allow')
  expect(new Set(inner)).toEqual(new Set(['explicitDeny']))
})

test('what a caller has put on every object is in no request', () => {
  const made = world()
  const gate = gateOf(made)
  expect(gate.authorize(asked({ 'aws:C': 'true', 'aws:A': '1' })).decision).toBe('allow')
  // oxlint-disable-next-line no-extend-native -- another library may, and this one must not mind
  Object.defineProperty(Object.prototype, 'aws:B', { value: '2', enumerable: true, configurable: true, writable: true })
  try {
    expect(gate.authorize(asked({ 'aws:C': 'true', 'aws:A': '1' })).decision).toBe('allow')
    expect(gate.authorize(asked({ 'aws:C': 'true', 'aws:A': '1' })).decision).toBe('allow')
  } finally {
    Reflect.deleteProperty(Object.prototype, 'aws:B')
  }
})
