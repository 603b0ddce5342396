/** Simulation documents answered: the semantics cases, other kinds, and the quick way in against the thorough one. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MemberMemory } from '../../src/source/member-memory.js'
import { findMembers } from '../../src/source/member-places.js'
import { simulate, Simulator, type Answer } from '../../src/source/simulate.js'
import { allowAll, ALICE, asked, delegated, grantTo, KEY, OTHER_KEY, policyFor } from './documents.js'

const CASES = join(import.meta.dirname, '../cases/semantics')

interface SemanticsCase {
  readonly name: string
  readonly page: string
  readonly document: object
  readonly expect: Readonly<Record<string, unknown>>
}

const files = readdirSync(CASES).filter((name) => name.endsWith('.json'))
const semantics = files.map((file) => ({
  file,
  cases: JSON.parse(readFileSync(join(CASES, file), 'utf8')) as readonly SemanticsCase[],
}))

function answer(document: object, options: ConstructorParameters<typeof Simulator>[0] = {}): Answer | undefined {
  return new Simulator(options).answer(JSON.stringify(document), 1)[0]
}

for (const { file, cases } of semantics) {
  describe(file, () => {
    // One simulator for all: no answer may depend on the documents before it.
    const simulator = new Simulator()
    test.each(cases)('$name ($page)', ({ document, expect: expected }) => {
      const text = JSON.stringify(document)
      const [found] = simulator.answer(text, 1)
      const { error, ...rest } = expected
      if (error === undefined) expect(found).toMatchObject(rest)
      else expect(found).toHaveProperty('error.message')
      expect(simulator.answerThoroughly(text, 1)).toEqual([found])
    })
  })
}

// facts H, D4.
describe('lockout', () => {
  const onlyBob = policyFor({ AWS: 'arn:aws:iam::111122223333:user/Bob' })
  const document = { ...asked({ keyPolicy: undefined, action: undefined }), kind: 'lockout' }
  test.each([
    ['a policy that keeps the caller', policyFor({ AWS: ALICE.arn }), {}, 'pass'],
    ['a policy that keeps somebody else', onlyBob, {}, 'fail'],
    ['delegation and no identity policy', delegated, {}, 'fail'],
    ['delegation and an identity policy', delegated, { identityPolicies: [allowAll] }, 'pass'],
    ['bypassed', onlyBob, { request: { bypassPolicyLockoutSafetyCheck: true } }, 'pass'],
  ])('%s: %4$s', (_name, newKeyPolicy, more, lockout) => {
    const asking = { ...document, newKeyPolicy, ...more }
    const message =
      lockout === 'pass' ? null : 'The new key policy will not allow you to update the key policy in the future.'
    expect(answer(asking)).toEqual({ id: 1, lockout, message })
    expect(answer(asking, { only: 'decision' })).toEqual({ id: 1, lockout })
    expect(answer({ ...asking, action: 'KMS:putkeypolicy' })).toEqual({ id: 1, lockout, message })
  })
})

describe('multi', () => {
  const check = (action: string, keyPolicy: object): object => ({
    action,
    resource: { type: 'key', arn: KEY },
    keyPolicy,
  })
  const open = policyFor({ AWS: ALICE.arn })
  const document = (checks: readonly object[], api = 'ReEncrypt'): object => ({
    kind: 'multi',
    api,
    principal: ALICE,
    checks,
  })
  const from = check('kms:ReEncryptFrom', open)

  test('all allow: the last check speaks', () => {
    const to = check('kms:ReEncryptTo', open)
    expect(answer(document([from, to]))).toMatchObject({ decision: 'allow', layer: 'keyPolicy', failingCheck: null })
    expect(answer(document([from, to]), { only: 'decision' })).toEqual({ id: 1, decision: 'allow' })
  })

  test('the first that fails speaks', () => {
    const found = answer(document([from, check('kms:ReEncryptTo', delegated), check('kms:ReEncryptTo', open)]))
    expect(found).toMatchObject({ decision: 'implicitDeny', layer: 'identity', failingCheck: 1 })
    expect(found).toHaveProperty('message', expect.stringContaining('kms:ReEncryptTo'))
  })

  test('a check that the API makes and the document lacks is said', () => {
    expect(answer(document([from]))).toMatchObject({
      diagnostics: [
        {
          code: 'checksDiffer',
          message: '`ReEncrypt` needs the check of `kms:ReEncryptTo` on the key too, which is not listed',
        },
      ],
    })
  })
})

describe('what a document says and the question does not take up', () => {
  test('is listed', () => {
    const found = answer(
      asked({
        vpcEndpointPolicy: policyFor('*'),
        request: { via: 's3.us-west-2.amazonaws.com', time: '2026' },
        grants: [grantTo(ALICE.arn, { KeyId: OTHER_KEY })],
      }),
    )
    expect(found).toMatchObject({ decision: 'implicitDeny' })
    const { diagnostics } = found as {
      readonly diagnostics: readonly { readonly code: string; readonly message: string }[]
    }
    expect(diagnostics.filter(({ code }) => code === 'memberIgnored').map(({ message }) => message)).toEqual([
      '`vpcEndpointPolicy` is given and ignored: without `aws:SourceVpce` in the context the request came through no endpoint',
      '`time` and `via` of `request` are read with `"derive": true` only',
      'a grant is for another key: `g-1`',
    ])
  })
})

// simulation.md rules 2 and 3; facts A5, K-12.
describe('context and derive', () => {
  const needs = (operator: string, key: string, value: string): object =>
    policyFor({ AWS: ALICE.arn }, { Condition: { [operator]: { [key]: value } } })
  const decides = (document: object): unknown =>
    (answer(document, { only: 'decision' }) as { decision?: string }).decision

  test.each([
    ['numbers and booleans are their text', { 'x:n': 21, 'x:b': true }, 'StringEquals', 'x:n', '21', 'allow'],
    ['names compare without case', { 'X:N': 'a' }, 'StringEquals', 'x:n', 'a', 'allow'],
    ['two spellings are a list', { 'x:n': 'a', 'X:N': 'b' }, 'StringEquals', 'x:n', 'a', 'implicitDeny'],
    ['of which one may match', { 'x:n': 'a', 'X:N': 'b' }, 'ForAnyValue:StringEquals', 'x:n', 'b', 'allow'],
    ['null is absent', { 'x:n': null }, 'Null', 'x:n', 'true', 'allow'],
    ['an empty list is absent', { 'x:n': [] }, 'Null', 'x:n', 'true', 'allow'],
    ['a list of an empty text is a null set', { 'x:n': [''] }, 'Null', 'x:n', 'true', 'allow'],
    ['an empty text is not', { 'x:n': '' }, 'Null', 'x:n', 'false', 'allow'],
    ['a list of one is its text', { 'x:n': ['a'] }, 'StringEquals', 'x:n', 'a', 'allow'],
  ])('%s', (_name, context, operator, key, value, expected) => {
    expect(decides(asked({ context, keyPolicy: needs(operator, key, value) }))).toBe(expected)
  })

  test.each([
    ['nothing is filled in without it', {}, undefined, 'implicitDeny'],
    ['what is known is filled in', {}, true, 'allow'],
    ['what is listed wins', { 'KMS:calleraccount': '999988887777' }, true, 'implicitDeny'],
    ['null too', { 'kms:CallerAccount': null }, true, 'implicitDeny'],
  ])('derive: %s', (_name, context, derive, expected) => {
    const keyPolicy = needs('StringEquals', 'kms:CallerAccount', '111122223333')
    expect(decides(asked({ context, keyPolicy, derive }))).toBe(expected)
  })

  test('an endpoint was used exactly when aws:SourceVpce is there', () => {
    const keyPolicy = policyFor({ AWS: ALICE.arn })
    const vpcEndpointPolicy = policyFor('*', { Action: 's3:*' })
    expect(decides(asked({ keyPolicy, vpcEndpointPolicy }))).toBe('allow')
    expect(decides(asked({ keyPolicy, vpcEndpointPolicy, context: { 'aws:SourceVpce': 'vpce-1' } }))).toBe(
      'implicitDeny',
    )
    expect(decides(asked({ keyPolicy, context: { 'aws:SourceVpce': 'vpce-1' } }))).toBe('allow')
  })

  test('ReEncrypt knows both ends', () => {
    const same = policyFor({ AWS: ALICE.arn }, { Condition: { Bool: { 'kms:ReEncryptOnSameKey': 'true' } } })
    const check = (action: string, arn: string): object => ({ action, resource: { type: 'key', arn }, keyPolicy: same })
    const of = (arn: string): object => ({
      kind: 'multi',
      derive: true,
      principal: ALICE,
      checks: [check('kms:ReEncryptFrom', KEY), check('kms:ReEncryptTo', arn)],
    })
    expect(decides(of(KEY))).toBe('allow')
    expect(decides(of(OTHER_KEY))).toBe('implicitDeny')
  })
})

describe('grants', () => {
  test('a bare key id is one of the account and Region of the resource', () => {
    const KeyId = KEY.slice(KEY.lastIndexOf('/') + 1)
    expect(answer(asked({ grants: [grantTo(ALICE.arn, { KeyId })] }))).toMatchObject({
      decision: 'allow',
      by: [{ layer: 'grant', grantId: 'g-1' }],
    })
  })
})

test('the page shows what is answered', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/eval.md'), 'utf8')
  const [document = '', layer = ''] = [...page.matchAll(/```json\n([^]*?)\n```/g)].map(([, block]) => block)
  const [found] = new Simulator({ explain: true }).answer(document, 1)
  expect(found).toMatchObject({
    id: 'wrong-tenant',
    decision: 'implicitDeny',
    layer: 'keyPolicy',
    cause: 'key-policy-condition',
  })
  expect(found).toHaveProperty('trace.layers.0', JSON.parse(layer))
})

describe('answers', () => {
  test('explain adds the trace', () => {
    const found = answer(asked({ keyPolicy: policyFor('*', { Condition: { StringEquals: { 'x:y': ['a', 'b'] } } }) }), {
      explain: true,
    })
    expect(found).toHaveProperty('trace.layers.0', {
      layer: 'keyPolicy',
      verdict: 'implicitDeny',
      consulted: true,
      policies: [
        {
          policy: 0,
          statements: [
            {
              statement: 0,
              effect: 'Allow',
              applies: false,
              failed: ['condition'],
              reach: 'direct',
              conditions: [
                { operator: 'StringEquals', key: 'x:y', wanted: ['a', 'b'], got: null, holds: false, miss: 'absent' },
              ],
            },
          ],
        },
      ],
    })
  })

  test('a stream of ever new condition keys goes on, in a new graph where need be', () => {
    const simulator = new Simulator({ only: 'decision' })
    for (let index = 0; index < 4200; index++) {
      const keyPolicy = policyFor('*', { Condition: { StringEquals: { [`x:key${index}`]: 'a' } } })
      const [found] = simulator.answer(
        JSON.stringify(asked({ keyPolicy, context: { [`x:key${index}`]: index % 2 === 0 ? 'a' : 'b' } })),
        index,
      )
      expect(found).toEqual({ id: index, decision: index % 2 === 0 ? 'allow' : 'implicitDeny' })
    }
  })

  test('options change what AWS leaves open (K-15)', () => {
    const document = asked({ grants: [grantTo('arn:aws:iam::111122223333:root')], identityPolicies: [allowAll] })
    expect(answer(document, { only: 'decision' })).toHaveProperty('decision', 'allow')
    expect(answer(document, { only: 'decision', decision: { rootGrantee: 'rootUserOnly' } })).toHaveProperty(
      'decision',
      'implicitDeny',
    )
  })

  test('the id is echoed, and is the line when absent', () => {
    const simulator = new Simulator({ only: 'decision' })
    const asking = JSON.stringify(asked())
    expect(simulator.answer(asking, 7)).toEqual([{ id: 7, decision: 'implicitDeny' }])
    expect(simulator.answer(JSON.stringify(asked({ id: 'x' })), 7)).toEqual([{ id: 'x', decision: 'implicitDeny' }])
    expect(simulator.answer(`[\n${asking},\n${asking}]`, 7)).toMatchObject([{ id: 8 }, { id: 9 }])
  })

  test('simulate takes a document or its text', () => {
    const document = {
      principal: ALICE,
      action: 'kms:Decrypt',
      resource: { type: 'key', arn: KEY },
      keyPolicy: policyFor('*'),
    } as const
    expect(simulate(document)).toMatchObject({ decision: 'allow', layer: 'keyPolicy' })
    expect(simulate(JSON.stringify(document))).toEqual(simulate(document))
    expect(simulate('[]')).toMatchObject({ error: { message: 'the text holds no document' } })
  })
})

describe('the quick way in', () => {
  const texts = semantics.flatMap(({ cases }) => cases.map(({ document }) => JSON.stringify(document)))

  test('is taken', () => {
    const simple = semantics.flatMap(({ cases }) => cases).filter(({ document }) => !('checks' in document))
    const found = simple.filter(
      ({ document }) => findMembers(JSON.stringify(document), new MemberMemory()) !== undefined,
    )
    expect(found.length).toBeGreaterThan(simple.length - 5)
  })

  test('gives the answers of the thorough one, on documents with random damage', () => {
    const damage = fc.oneof(
      fc.record({
        kind: fc.constant('insert' as const),
        with: fc.constantFrom(
          '"',
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '\\',
          ' ',
          '\n',
          '1',
          'null',
          '"id":1,',
          '"a":{},',
          '\u0001',
          '\uFEFF',
        ),
      }),
      fc.record({ kind: fc.constant('delete' as const), count: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constant('copy' as const), count: fc.integer({ min: 1, max: 40 }) }),
    )
    const simulator = new Simulator()
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: texts.length - 1 }),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), damage), { maxLength: 2 }),
        (which, damages) => {
          let text = texts[which]!
          for (const [place, how] of damages) {
            const at = Math.floor(place * text.length)
            if (how.kind === 'insert') text = text.slice(0, at) + how.with + text.slice(at)
            else if (how.kind === 'delete') text = text.slice(0, at) + text.slice(at + how.count)
            else text = text.slice(0, at + how.count) + text.slice(at)
          }
          expect(simulator.answer(text, 1)).toEqual(new Simulator().answerThoroughly(text, 1))
        },
      ),
      { seed: 7, numRuns: 1500 },
    )
  })

  test.each([
    ['depth', (inner: string) => `{"a":${inner}}`],
    ['lists', (inner: string) => `[${inner}]`],
  ])('agrees about how deep a document may nest: %s', (_name, wrap) => {
    for (const depth of [124, 125, 126, 127, 128]) {
      let inner = '1'
      for (let level = 0; level < depth; level++) inner = wrap(inner)
      const document = JSON.stringify(asked({ request: { parameters: { deep: 0 } } })).replace(
        '"deep":0',
        `"deep":${inner}`,
      )
      expect(new Simulator().answer(document, 1)).toEqual(new Simulator().answerThoroughly(document, 1))
    }
  })
})
