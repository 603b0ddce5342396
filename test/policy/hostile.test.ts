/** Input of any size or shape ends in a document or in clear errors; nothing recurses, pollutes or floods. */
import { describe, expect, test } from 'vitest'
import { parsePolicy, parsePolicyValue } from '../../src/policy/parse.js'
import { accept, policyText, read, refuse, spot, STATEMENTS } from './policies.js'

describe('hostile text', () => {
  test('10,000 levels deep', () => {
    for (const text of ['['.repeat(10_000), '{"Statement":'.repeat(10_000)]) {
      expect(refuse('key', text).map(({ message }) => message)).toEqual([expect.stringContaining('nested deeper than')])
    }
  })
  test('a deep value where a string belongs', () => {
    const deep = `${'['.repeat(100)}${']'.repeat(100)}`
    const errors = refuse('identity', `{"Statement":{"Effect":"Allow","Action":${deep},"Resource":"*"}}`)
    expect(errors.map(({ message, pointer }) => [message, pointer])).toEqual([
      ['an entry of `Action` cannot be a list', '/Statement/Action/0'],
    ])
  })
  test('a member named `__proto__` is a member', () => {
    const errors = refuse(
      'identity',
      '{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","__proto__":{"Condition":{}}}],"__proto__":{"Id":"x"}}',
    )
    expect(errors.map(({ message }) => message)).toEqual([
      'unknown element `__proto__` in a statement',
      'unknown element `__proto__` in a policy',
    ])
    expect(({} as { readonly Id?: unknown }).Id).toBeUndefined()
  })
  test('an element that only a prototype has is missing', () => {
    const errors = refuse('identity', '{"__proto__":{"Statement":[]}}')
    expect(errors.map(({ message }) => message)).toEqual([
      'the policy has no `Statement`',
      'unknown element `__proto__` in a policy',
    ])
  })
  test('`__proto__` as operator is unknown, as condition key is a key', () => {
    expect(
      refuse(
        'key',
        '{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"__proto__":{}}}}',
      ),
    ).toMatchObject([{ message: 'unknown condition operator `__proto__`' }])
    const document = accept(
      'key',
      '{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"__proto__":"true"}}}}',
    )
    expect(document.statements[0]?.conditions).toMatchObject([{ key: '__proto__', values: ['true'] }])
  })
  test('errors are at most 50, diagnostics say how many more there are', () => {
    const many = (statement: unknown, count: number): string =>
      JSON.stringify({ Version: '2012-10-17', Statement: Array.from({ length: count }, () => statement) })
    expect(refuse('identity', many({}, 20_000)).length).toBe(50)
    expect(refuse('identity', many({ ...STATEMENTS.identity, Action: 'x' }, 20_000)).length).toBe(50)
    const { diagnostics } = accept('identity', many({ ...STATEMENTS.identity, Action: 'kms:None' }, 3_000))
    // 3,000 statements and the size of the document.
    expect(diagnostics.some(({ message }) => message === '2001 more diagnostics of this policy are not listed')).toBe(
      true,
    )
  })
  test('100,000 characters of `${`', () => {
    const errors = refuse('identity', policyText('identity', { Resource: `arn:aws:s3:::${'${'.repeat(50_000)}` }))
    expect(errors.length).toBe(1)
  })
  test('a message quotes no control characters and no novel', () => {
    const [error] = refuse('identity', policyText('identity', { Action: `\u001b[31m${'x'.repeat(10_000)}` }))
    expect(error?.message).toMatch(/^`\\u\{1b\}\[31mx+…` is not an action$|^character/)
    expect(error?.message.length).toBeLessThan(200)
  })
  test('not JSON at all', () => {
    for (const text of ['', ' ', '{', '{"Statement":[}', "{'a':1}", '\ufeff']) expect(read('key', text).ok).toBe(false)
  })
})

describe('a policy given as a value', () => {
  test('an object, or its JSON text', () => {
    const value = { Version: '2012-10-17', Statement: [STATEMENTS.key] }
    const [fromObject, fromText] = [
      parsePolicyValue(value, 'key'),
      parsePolicyValue(JSON.stringify(value, null, 2), 'key'),
    ]
    expect(fromObject).toEqual(fromText)
    expect(fromObject.ok && fromObject.value.source).toEqual({
      source: { name: '<memory>', text: JSON.stringify(value, null, 2) },
      format: 'json',
      pointer: '',
    })
  })
  test('a name for messages', () => {
    const parsed = parsePolicyValue({}, 'key', 'alice.json')
    expect(parsed.ok ? undefined : parsed.error[0]?.source.name).toBe('alice.json')
  })
  test('what JSON would leave out or empty is refused: no restriction vanishes', () => {
    const cycle: Record<string, unknown> = { ...STATEMENTS.key }
    cycle['Condition'] = cycle
    const values: readonly unknown[] = [
      undefined,
      () => 1,
      Symbol('x'),
      1n,
      cycle,
      { Statement: [{ ...STATEMENTS.key, Condition: new Map([['Bool', {}]]) }] },
      { Statement: [{ ...STATEMENTS.key, Condition: () => 1 }] },
      { Statement: new Set([STATEMENTS.key]) },
    ]
    for (const value of values) {
      const parsed = parsePolicyValue(value, 'key')
      expect(parsed.ok ? [] : parsed.error.map(({ message }) => message)).toEqual([
        'the value is not plain data, or has a cycle',
      ])
    }
  })
  test('objects without a prototype are plain', () => {
    const value = Object.assign(Object.create(null) as Record<string, unknown>, { Statement: [STATEMENTS.key] })
    expect(parsePolicyValue(value, 'key').ok).toBe(true)
  })
})

describe('escapes do not shift places', () => {
  test('the character after an escape is the one pointed at', () => {
    const text = String.raw`{"Statement":{"Sid":"\u0041\nb c","Effect":"Allow","Action":"*","Resource":"*"}}`
    const [error] = refuse('identity', text)
    expect([error?.message, error && spot(error)]).toEqual(['Sid `A\\nb c` has the character `\\n`', '\\n'])
  })
  test('an escaped character is refused like a written one', () => {
    const [error] = refuse('key', policyText('key').replace('kms:Decrypt', String.raw`kms:\u0100`))
    expect([error?.message, error && spot(error)]).toEqual([
      'character `Ā` (U+0100) is not allowed in a policy',
      String.raw`\u0100`,
    ])
  })
})

describe('YAML', () => {
  const yaml = (text: string): ReturnType<typeof parsePolicy> =>
    parsePolicy({ source: { name: 'p.yaml', text }, format: 'yaml', kind: 'key' })
  test('points at the key of a statement without Effect', () => {
    const parsed = yaml('Statement:\n- Principal: "*"\n  Action: kms:*\n  Resource: "*"\n')
    expect(parsed.ok ? [] : parsed.error.map((error) => [error.message, spot(error)])).toEqual([
      ['the statement has no `Effect`', 'Principal'],
    ])
  })
  test('an account without quotes is a number and says so', () => {
    const parsed = yaml('Statement: {Effect: Allow, Principal: {AWS: 011122223333}, Action: "kms:*", Resource: "*"}\n')
    expect(parsed.ok ? [] : parsed.error).toMatchObject([{ hint: 'expected a string: `"011122223333"`' }])
  })
  test('characters of comments are not part of the policy', () => {
    expect(yaml('# 🔑\nStatement: {Effect: Allow, Principal: "*", Action: "kms:*", Resource: "*"}\n').ok).toBe(true)
  })
})
