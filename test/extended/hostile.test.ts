/**
 * Invariant I10 with large input: it is answered within the time of a test and a bounded multiple of its own size.
 */
import { expect, test } from 'vitest'
import { createAuthorizer, type Authorizer } from '../../src/explain/authorizer.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicy } from '../../src/policy/parse.js'
import { Simulator } from '../../src/source/simulate.js'
import { A, KEY, user } from '../reference/example.js'

const COUNT = 100_000

function parsed(kind: PolicyKind, text: string): PolicyDocument {
  const read = parsePolicy({ source: { name: 'policy.json', text }, kind }, { sizes: 'report' })
  if (!read.ok) throw new Error(read.error[0]?.message)
  return read.value
}

const DELEGATED = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"${A}"},"Action":"kms:*","Resource":"*"}}`

function keyOf(id: number | string): string {
  return `arn:aws:kms:us-west-2:${A}:key/${id}`
}

function ask(world: Authorizer, key: string, context: Readonly<Record<string, string>> = {}): string {
  const answer = world.authorize({ principal: user().arn, action: 'kms:Decrypt', resource: key, context })
  return answer.decision === 'invalidRequest' ? answer.message : `${answer.decision} ${answer.layer}`
}

/** Each its own key, every tenth with a condition; the last denies. */
function statements(count: number): string {
  const all = Array.from({ length: count }, (_, index) => {
    const condition =
      index % 10 === 0 ? `,"Condition":{"StringEquals":{"kms:EncryptionContext:k${index % 100}":"v${index}"}}` : ''
    return `{"Sid":"S${index}","Effect":"Allow","Action":["kms:Decrypt","kms:Enc*"],"Resource":"arn:aws:kms:*:*:key/${index}-*"${condition}}`
  })
  return [...all, '{"Effect":"Deny","Action":"kms:*","Resource":"arn:aws:kms:*:*:key/99-denied"}'].join(',')
}

test('an identity policy of 100,000 statements compiles and decides', () => {
  const text = `{"Version":"2012-10-17","Statement":[${statements(COUNT)}]}`
  expect(text.length).toBeGreaterThan(10_000_000)
  const world = createAuthorizer()
  for (const id of ['99999-x', '10-x', '99-denied', '99-x', 'none'])
    world.putKey({ arn: keyOf(id), policy: parsed('key', DELEGATED) })
  world.putPrincipal({ arn: user().arn, policies: [parsed('identity', text)] })
  const check = (): void => {
    expect(ask(world, keyOf('99999-x'))).toBe('allow identity')
    expect(ask(world, keyOf('10-x'))).toBe('implicitDeny identity')
    expect(ask(world, keyOf('10-x'), { 'kms:EncryptionContext:k10': 'v10' })).toBe('allow identity')
    expect(ask(world, keyOf('99-x'))).toBe('allow identity')
    expect(ask(world, keyOf('99-denied'))).toBe('explicitDeny identity')
    expect(ask(world, keyOf('none'))).toBe('implicitDeny identity')
  }
  check()
  const bound = world.bind(user().arn, keyOf('99-denied'))
  expect(bound.ok && bound.value.authorize({ action: 'kms:Decrypt' })).toEqual({
    decision: 'explicitDeny',
    layer: 'identity',
  })
  // Another world may change while this policy stands.
  for (let change = 0; change < 1000; change++) world.putKeyPolicy(keyOf('none'), parsed('key', DELEGATED))
  check()
})

test('10,000 keys, each with its own policy, share one graph', () => {
  const world = createAuthorizer()
  for (let index = 0; index < 10_000; index++) {
    const policy = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"${user().arn}"},"Action":"kms:*","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:tenant":"t${index}"}}}}`
    world.putKey({ arn: keyOf(`k${index}`), policy: parsed('key', policy) })
  }
  for (const index of [0, 1, 5000, 9999]) {
    expect(ask(world, keyOf(`k${index}`), { 'kms:EncryptionContext:tenant': `t${index}` })).toBe('allow keyPolicy')
    expect(ask(world, keyOf(`k${index}`), { 'kms:EncryptionContext:tenant': 't10000' })).toBe('implicitDeny keyPolicy')
  }
})

test('a document with policies beyond their size is refused, and one of many values is answered', () => {
  const simulator = new Simulator({ only: 'decision' })
  const document = (more: string): string =>
    `{"principal":{"type":"user","arn":"${user().arn}"},"action":"kms:Decrypt","resource":{"type":"key","arn":"${KEY}"}${more}}`
  const large = `,"keyPolicy":{"Version":"2012-10-17","Statement":[${statements(COUNT)}]}`
  expect(simulator.answer(document(large), 1)[0]).toHaveProperty('error.message')
  const values = Array.from({ length: 500_000 }, (_, index) => `"v${index}"`).join(',')
  const tests = `,"context":{"aws:TagKeys":[${values}]},"keyPolicy":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"ForAllValues:StringLike":{"aws:TagKeys":["v*0","v*"]}}}}`
  expect(simulator.answer(document(tests), 1)[0]).toMatchObject({ decision: 'allow' })
})

test('a million random bytes are no document, whatever they are', () => {
  const simulator = new Simulator()
  let state = 1
  const next = (): number => (state = Math.imul(state, 1_664_525) + 1_013_904_223) >>> 8
  for (const alphabet of ['{}[]",:\\ue0', '"\\', '[{', ' \n\t', '0123456789.eE+-', '\u0000\ud800\udfff\u2028']) {
    const text = Array.from({ length: 1_000_000 }, () => alphabet[next() % alphabet.length]).join('')
    for (const given of [text, `{"principal":${text}`, `{"context":"${text}`]) {
      expect(simulator.answer(given, 1)[0]).toHaveProperty('error.message')
    }
  }
})
