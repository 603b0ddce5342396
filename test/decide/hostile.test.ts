/**
 * Invariant I10: input of any size or shape ends in a right answer or a clear error.
 *
 * A test that is not done within its time limit has failed; every one of these takes milliseconds. Larger input is in
 * `test/extended/hostile.test.ts`.
 */
import { describe, expect, test } from 'vitest'
import { createAuthorizer } from '../../src/explain/authorizer.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicy } from '../../src/policy/parse.js'
import { Simulator, type Answer } from '../../src/source/simulate.js'
import { A, KEY, user } from '../reference/example.js'

const OPEN = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"kms:*","Resource":"*"}}'

/** Alice decrypts; further members and the key policy are texts, so that they may be anything. */
function documentText(more = '', keyPolicy = OPEN): string {
  return `{"principal":{"type":"user","arn":"${user().arn}"},"action":"kms:Decrypt","resource":{"type":"key","arn":"${KEY}"},"keyPolicy":${keyPolicy}${more}}`
}

function policyText(parts: {
  readonly condition?: string
  readonly resource?: string
  readonly action?: string
  readonly effect?: string
}): string {
  const { condition = '{}', resource = '"*"', action = '"kms:*"', effect = 'Allow' } = parts
  return `{"Version":"2012-10-17","Statement":{"Effect":"${effect}","Principal":"*","Action":${action},"Resource":${resource},"Condition":${condition}}}`
}

function answer(text: string): Answer | undefined {
  const answers = new Simulator().answer(text, 1)
  expect(answers.length).toBeGreaterThan(0)
  return answers[0]
}

const ALLOWED = { decision: 'allow', layer: 'keyPolicy' }
const SILENT = { decision: 'implicitDeny', layer: 'keyPolicy' }
const refused = (message: string): object => ({ error: { message: expect.stringContaining(message) as string } })

const nested = (open: string, close: string, depth = 10_000): string => `${open.repeat(depth)}1${close.repeat(depth)}`

describe('documents', () => {
  const CASES: readonly { readonly name: string; readonly text: string; readonly expect: object }[] = [
    { name: '10,000 open brackets', text: '['.repeat(10_000), expect: refused('nested deeper than') },
    {
      name: 'a context value 10,000 deep',
      text: documentText(`,"context":{"a":${nested('[', ']')}}`),
      expect: refused('nested deeper than'),
    },
    {
      name: 'parameters 10,000 deep',
      text: documentText(`,"request":{"parameters":${nested('{"a":', '}')}}`),
      expect: refused('nested deeper than'),
    },
    {
      name: 'a policy 10,000 deep',
      text: documentText('', nested('{"Statement":', '}')),
      expect: refused('nested deeper than'),
    },
    {
      name: 'a member named __proto__',
      text: documentText(',"__proto__":{"derive":true}'),
      expect: refused('unknown member `__proto__`'),
    },
    {
      name: 'a member named constructor',
      text: documentText(',"constructor":{}'),
      expect: refused('unknown member `constructor`'),
    },
    {
      name: 'a member twice',
      text: documentText(',"action":"kms:Encrypt"'),
      expect: refused('duplicate key `action`'),
    },
    {
      name: 'a member twice, once escaped',
      text: documentText(',"\\u0061ction":"kms:Encrypt"'),
      expect: refused('duplicate key `action`'),
    },
    {
      name: 'a condition key twice',
      text: documentText(',"context":{"a":"1","a":"2"}'),
      expect: refused('duplicate key `a`'),
    },
    {
      name: 'a policy element twice',
      text: documentText('', `{"Statement":[],${OPEN.slice(1)}`),
      expect: refused('duplicate key `Statement`'),
    },
    {
      name: 'a raw NUL in a string',
      text: documentText(',"context":{"a":"\u0000"}'),
      expect: refused('control character'),
    },
    { name: 'a NUL between members', text: documentText('\u0000'), expect: refused('') },
    { name: 'an escaped NUL in a context', text: documentText(',"context":{"a\\u0000":"\\u0000"}'), expect: ALLOWED },
    { name: 'an escaped NUL in an ARN', text: documentText().replace('Alice', 'Ali\\u0000ce'), expect: refused('') },
    { name: 'lone surrogates in a context', text: documentText(',"context":{"\\ud800":"\\udfff"}'), expect: ALLOWED },
    {
      name: 'a lone surrogate in a policy',
      text: documentText('', policyText({ resource: '"arn:aws:kms:*:*:key/\\ud800"' })),
      expect: refused('not allowed in a policy'),
    },
    { name: 'a byte order mark', text: `\ufeff${documentText()}`, expect: ALLOWED },
    { name: 'nothing', text: '', expect: refused('empty') },
    { name: 'null', text: 'null', expect: refused('expected a simulation document') },
    {
      name: 'a number beyond all numbers',
      text: documentText(',"context":{"aws:MultiFactorAuthAge":1e999999}'),
      expect: ALLOWED,
    },
  ]
  for (const { name, text, expect: expected } of CASES) {
    test(name, () => expect(answer(text)).toMatchObject(expected))
  }

  test('cut off anywhere, or with any byte changed, are answered', () => {
    const text = documentText(
      ',"context":{"aws:username":["a",1,true,null]},"grants":[],"request":{"encryptionContext":{"a":"b"}}',
    )
    const simulator = new Simulator()
    for (let at = 0; at < text.length; at++) {
      expect(simulator.answer(text.slice(0, at), 1)[0]).toHaveProperty('error.message')
      for (const byte of ['\u0000', '"', '{', ']', '\\', '\ud800', ',', '9']) {
        const [changed] = simulator.answer(text.slice(0, at) + byte + text.slice(at + 1), 1)
        expect(changed).toHaveProperty('id')
      }
    }
  })
})

/** Matching is linear in pattern times value: a pattern that makes a backtracking matcher take hours. */
describe('patterns', () => {
  const many = '*a'.repeat(5000)
  const long = 'a'.repeat(20_000)
  const CASES: readonly {
    readonly name: string
    readonly policy: string
    readonly context?: string
    readonly expect: object
  }[] = [
    {
      name: 'StringLike that fails',
      policy: policyText({ condition: `{"StringLike":{"aws:username":"${many}*b"}}` }),
      context: `{"aws:username":"${long}"}`,
      expect: SILENT,
    },
    {
      name: 'StringLike that holds',
      policy: policyText({ condition: `{"StringLike":{"aws:username":"${many}*"}}` }),
      context: `{"aws:username":"${long}"}`,
      expect: ALLOWED,
    },
    {
      name: 'StringNotLike',
      policy: policyText({ condition: `{"StringNotLike":{"aws:username":"${many}*b"}}` }),
      context: `{"aws:username":"${long}"}`,
      expect: ALLOWED,
    },
    {
      name: 'question marks among stars',
      policy: policyText({ condition: `{"StringLike":{"aws:username":"${'*?a?'.repeat(1000)}*b"}}` }),
      context: `{"aws:username":"${long}"}`,
      expect: SILENT,
    },
    {
      name: 'a variable among stars',
      policy: policyText({ condition: `{"StringLike":{"aws:username":"${'*${aws:userid}'.repeat(1000)}*b"}}` }),
      context: `{"aws:username":"${long}","aws:userid":"a"}`,
      expect: SILENT,
    },
    {
      name: 'ArnLike',
      policy: policyText({ condition: `{"ArnLike":{"aws:PrincipalArn":"arn:*:iam::*:user/${many}*b"}}` }),
      context: `{"aws:PrincipalArn":"arn:aws:iam::1:user/${long}"}`,
      expect: SILENT,
    },
    {
      name: 'ArnLike against nothing but colons',
      policy: policyText({ condition: `{"ArnLike":{"aws:PrincipalArn":"arn:${'*:'.repeat(8000)}b"}}` }),
      context: `{"aws:PrincipalArn":"arn${':'.repeat(20_000)}"}`,
      expect: SILENT,
    },
    {
      name: 'a Resource of stars and colons',
      policy: policyText({ resource: `"arn:aws:kms:*:${'*:'.repeat(8000)}z"` }),
      expect: SILENT,
    },
    {
      name: 'a Resource of stars',
      policy: policyText({ resource: `"arn:aws:kms:*:*:${'*'.repeat(16_000)}z"` }),
      expect: SILENT,
    },
    { name: 'an Action of stars', policy: policyText({ action: `"kms:${'*e'.repeat(8000)}"` }), expect: SILENT },
    {
      name: 'a date of digits',
      policy: policyText({ condition: '{"DateLessThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}' }),
      context: `{"aws:CurrentTime":"${'9'.repeat(50_000)}"}`,
      expect: SILENT,
    },
    {
      name: 'a number of digits',
      policy: policyText({ condition: '{"NumericGreaterThan":{"aws:MultiFactorAuthAge":"1"}}' }),
      context: `{"aws:MultiFactorAuthAge":"${'9'.repeat(50_000)}"}`,
      expect: ALLOWED,
    },
    {
      name: 'an address of colons',
      policy: policyText({ condition: '{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}' }),
      context: `{"aws:SourceIp":"${':'.repeat(50_000)}"}`,
      expect: SILENT,
    },
    {
      name: 'base64 without end',
      policy: policyText({ condition: '{"BinaryEquals":{"aws:username":"AAAA"}}' }),
      context: `{"aws:username":"${'A'.repeat(50_001)}"}`,
      expect: SILENT,
    },
    {
      name: 'many values and many patterns',
      policy: policyText({
        condition: `{"ForAllValues:StringLike":{"aws:TagKeys":[${Array.from({ length: 300 }, (_, index) => `"*a*b*c${index}"`).join(',')}]}}`,
      }),
      context: `{"aws:TagKeys":[${Array.from({ length: 5000 }, (_, index) => `"abc${index % 300}"`).join(',')}]}`,
      expect: ALLOWED,
    },
  ]
  for (const { name, policy, context = '{}', expect: expected } of CASES) {
    test(name, () => expect(answer(documentText(`,"context":${context}`, policy))).toMatchObject(expected))
  }
})

function parsed(kind: PolicyKind, text: string): PolicyDocument {
  const read = parsePolicy({ source: { name: 'policy.json', text }, kind }, { sizes: 'report' })
  if (!read.ok) throw new Error(read.error[0]?.message)
  return read.value
}

/** Names that every object has are condition keys, tags and context keys like any other. */
describe('names that objects inherit', () => {
  const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'] as const
  for (const name of NAMES) {
    test(`${name} as a condition key`, () => {
      const present = policyText({ condition: `{"Null":{"${name}":"false"}}` })
      expect(answer(documentText('', present))).toMatchObject(SILENT)
      expect(answer(documentText(`,"context":{"${name}":"x"}`, present))).toMatchObject(ALLOWED)
      expect(
        answer(documentText(',"context":{}', policyText({ condition: `{"StringNotEquals":{"${name}":"x"}}` }))),
      ).toMatchObject(ALLOWED)

      const world = createAuthorizer()
      world.putKey({ arn: KEY, policy: parsed('key', present) })
      const ask = (context: string): string =>
        world.authorize({
          principal: user().arn,
          action: 'kms:Decrypt',
          resource: KEY,
          context: JSON.parse(context) as Record<string, string>,
        }).decision
      expect([ask('{}'), ask(`{"${name}":"x"}`), ask('{}')]).toEqual(['implicitDeny', 'allow', 'implicitDeny'])
    })

    test(`${name} as a tag`, () => {
      const policy = policyText({ condition: `{"StringEquals":{"aws:PrincipalTag/${name}":"x"}}` })
      const tagged = (tags: string): string =>
        documentText(',"derive":true', policy).replace('"type":"user"', `"type":"user","tags":${tags}`)
      expect(answer(tagged(`{"${name}":"x"}`))).toMatchObject(ALLOWED)
      expect(answer(tagged('{}'))).toMatchObject(SILENT)

      const world = createAuthorizer()
      world.putKey({ arn: KEY, policy: parsed('key', policy) })
      const ask = (): string =>
        world.authorize({ principal: user().arn, action: 'kms:Decrypt', resource: KEY }).decision
      expect(ask()).toBe('implicitDeny')
      world.putPrincipal({ arn: user().arn, tags: JSON.parse(`{"${name}":"x"}`) as Record<string, string> })
      expect(ask()).toBe('allow')
    })

    test(`${name} in an encryption context`, () => {
      const policy = policyText({ condition: `{"StringEquals":{"kms:EncryptionContext:${name}":"x"}}` })
      const asked = (context: string): string =>
        documentText(`,"derive":true,"request":{"encryptionContext":${context}}`, policy)
      expect(answer(asked(`{"${name}":"x"}`))).toMatchObject(ALLOWED)
      expect(answer(asked('{}'))).toMatchObject(SILENT)
      const constrained = (context: string): string =>
        documentText(
          `,"request":{"encryptionContext":${context}},"grants":[{"GrantId":"g","KeyId":"${KEY}","GranteePrincipal":"${user().arn}","Operations":["Decrypt"],"Constraints":{"EncryptionContextEquals":{"${name}":"x"}}}]`,
          policyText({ action: '"kms:Sign"' }),
        )
      expect(answer(constrained(`{"${name}":"x"}`))).toMatchObject({ decision: 'allow', layer: 'grant' })
      expect(answer(constrained('{}'))).toMatchObject(SILENT)
    })

    test(`${name} as an account, an operator, an action or an API`, () => {
      expect(answer(documentText(`,"scps":{"${name}":[[]]}`))).toMatchObject(refused(''))
      expect(answer(documentText('', policyText({ condition: `{"${name}":{"a":"b"}}` })))).toMatchObject(
        refused('unknown condition operator'),
      )
      expect(answer(documentText().replace('kms:Decrypt', `kms:${name}`))).toMatchObject(refused(''))
      const check = `{"action":"kms:Decrypt","resource":{"type":"key","arn":"${KEY}"},"keyPolicy":${OPEN}}`
      const multi = `{"kind":"multi","api":"${name}","principal":{"type":"user","arn":"${user().arn}"},"checks":[${check}]}`
      expect(answer(multi)).toMatchObject(ALLOWED)
    })
  }

  test('and nothing of all this ends on every object', () => {
    expect(Object.keys(Object.prototype)).toEqual([])
    expect(Reflect.get({}, 'x')).toBeUndefined()
  })
})

describe('many of one thing', () => {
  test('spellings of one condition key are its values', () => {
    const name = 'abcdefghijklm'
    const spelling = (number: number): string =>
      Array.from(name, (letter, bit) => (((number >> bit) & 1) === 1 ? letter.toUpperCase() : letter)).join('')
    const context = Object.fromEntries(
      Array.from({ length: 8192 }, (_, number) => [`aws:PrincipalTag/${spelling(number)}`, `v${number}`]),
    )
    const policy = policyText({ condition: `{"ForAnyValue:StringEquals":{"aws:PrincipalTag/${name}":"v8191"}}` })
    const world = createAuthorizer()
    world.putKey({ arn: KEY, policy: parsed('key', policy) })
    expect(
      world.authorize({ principal: user().arn, action: 'kms:Decrypt', resource: KEY, context, derive: false }),
    ).toEqual(ALLOWED)
    expect(answer(documentText(`,"context":${JSON.stringify(context)}`, policy))).toMatchObject(ALLOWED)
  })

  test('condition keys that no policy names', () => {
    const context = Object.fromEntries(Array.from({ length: 50_000 }, (_, number) => [`x:${number}`, 'v']))
    const world = createAuthorizer()
    world.putKey({ arn: KEY, policy: parsed('key', OPEN) })
    expect(world.authorize({ principal: user().arn, action: 'kms:Decrypt', resource: KEY, context })).toEqual(ALLOWED)
  })

  test('grants', () => {
    const grants = Array.from({ length: 5000 }, (_, number) => ({
      grantId: `g${number}`,
      keyArn: KEY,
      granteePrincipal: user().arn,
      operations: ['Decrypt'],
      propagated: true,
      constraints: { encryptionContextEquals: { a: `${number}` } },
    }))
    const world = createAuthorizer()
    world.putKey({ arn: KEY, grants })
    const ask = (a: string): object =>
      world.authorize({ principal: user().arn, action: 'kms:Decrypt', resource: KEY, encryptionContext: { a } })
    expect([ask('4999'), ask('5000')]).toEqual([{ decision: 'allow', layer: 'grant' }, SILENT])
  })

  test('statements: 3,000, of which the last denies', () => {
    const allow = (number: number): string =>
      `{"Effect":"Allow","Action":"kms:Decrypt","Resource":"arn:aws:kms:*:*:key/${number}*"}`
    const statements = [
      ...Array.from({ length: 3000 }, (_, number) => allow(number)),
      '{"Effect":"Deny","Action":"*","Resource":"arn:aws:kms"}',
    ]
    const world = createAuthorizer()
    world.putKey({
      arn: KEY,
      policy: parsed('key', `{"Statement":{"Effect":"Allow","Principal":{"AWS":"${A}"},"Action":"*","Resource":"*"}}`),
    })
    const ask = (): object => world.authorize({ principal: user().arn, action: 'kms:Decrypt', resource: KEY })
    world.putPrincipal({
      arn: user().arn,
      policies: [parsed('identity', `{"Statement":[${statements.slice(0, -1).join(',')}]}`)],
    })
    expect(ask()).toEqual({ decision: 'allow', layer: 'identity' })
    world.putPrincipal({ arn: user().arn, policies: [parsed('identity', `{"Statement":[${statements.join(',')}]}`)] })
    expect(ask()).toEqual({ decision: 'explicitDeny', layer: 'identity' })
  })
})
