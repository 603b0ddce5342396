/** Policy variables against a request's values: authorization.md A4, A7, K-6, K-19, K-27. */
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/decide/decide.js'
import { TemplateValue, isHiddenFromKeyPolicies, type Token } from '../../src/graph/template-value.js'
import type { SlotValue } from '../../src/graph/atom.js'
import type { ConditionJson, Context } from '../reference/document.js'
import { KEY, allow, asked, policy } from '../reference/example.js'
import { CallReader } from '../decide/read-calls.js'

const SLOTS = ['aws:username', 'aws:principaltag/team', 'aws:resourcetag/team']
const slotOf = (key: string): number => SLOTS.indexOf(key.toLowerCase())

interface Case {
  readonly template: string
  readonly values?: readonly SlotValue[]
  readonly tokens: readonly Token[] | undefined
  /** As an operator without wildcards reads it. */
  readonly text: string | undefined
}

const star = { wild: '*' } as const

const CASES: readonly Case[] = [
  { template: '${aws:username}', values: ['Alice'], tokens: ['Alice'], text: 'Alice' },
  { template: '${AWS:UserName}', values: ['Alice'], tokens: ['Alice'], text: 'Alice' },
  { template: 'a/${aws:username}/*', values: ['Alice'], tokens: ['a/', 'Alice', '/', star], text: 'a/Alice/*' },
  // What a variable puts in is literal.
  { template: '${aws:username}*', values: ['A*'], tokens: ['A*', star], text: 'A**' },
  { template: 'x${*}${?}${$}', tokens: ['x*?$'], text: 'x*?$' },
  { template: '${aws:username}', values: [undefined], tokens: undefined, text: undefined },
  { template: 'a${aws:username}b', values: [''], tokens: undefined, text: undefined },
  { template: '${aws:username}', values: [['Alice', 'Bob']], tokens: undefined, text: undefined },
  { template: '${aws:username}', values: [['']], tokens: undefined, text: undefined },
  { template: '${aws:unknown}', values: ['Alice'], tokens: undefined, text: undefined },
  { template: "${aws:username, 'none'}", values: [undefined], tokens: ['none'], text: 'none' },
  { template: "${aws:username, 'none'}", values: [''], tokens: ['none'], text: 'none' },
  { template: "${aws:username, 'none'}", values: ['Alice'], tokens: ['Alice'], text: 'Alice' },
  { template: "${aws:username, '*'}", values: [undefined], tokens: ['*'], text: '*' },
  { template: "${aws:username, ''}", values: [undefined], tokens: [''], text: '' },
  {
    template: '${aws:username}-${aws:PrincipalTag/team}',
    values: ['Alice', 'a'],
    tokens: ['Alice', '-', 'a'],
    text: 'Alice-a',
  },
  { template: '${aws:username}-${aws:PrincipalTag/team}', values: ['Alice'], tokens: undefined, text: undefined },
]

describe('a template', () => {
  for (const { template, values = [], tokens, text } of CASES) {
    test(`${template} with ${JSON.stringify(values)}`, () => {
      const value = new TemplateValue(`$${template}`, slotOf)
      const resolved = value.resolve(values)
      expect(resolved && merged(resolved)).toEqual(tokens && merged(tokens))
      expect(value.resolveText(values)).toBe(text)
    })
  }

  test('names the slots of its variables', () => {
    const value = new TemplateValue("$${aws:PrincipalTag/team}${*}${aws:username, 'x'}", slotOf)
    expect(value.slots).toEqual([1, 0])
  })

  // K-19.
  test('in a key policy does not see the tags of the key', () => {
    const seen = new TemplateValue('$${aws:ResourceTag/team}', slotOf)
    const hidden = new TemplateValue("&${aws:ResourceTag/team, 'x'}${aws:username}", slotOf)
    expect(seen.resolveText([undefined, undefined, 'a'])).toBe('a')
    expect(hidden.resolveText(['Alice', undefined, 'a'])).toBe('xAlice')
    expect([seen.slots, hidden.slots]).toEqual([[2], [0]])
    expect(['kms:ResourceAliases', 'AWS:ResourceTag/x', 'aws:resourcetag/'].every(isHiddenFromKeyPolicies)).toBe(true)
    expect(
      ['kms:RequestAlias', 'aws:ResourceTag', 'aws:RequestTag/x', 'aws:ResourceAccount'].some(isHiddenFromKeyPolicies),
    ).toBe(false)
  })
})

/** Neighbouring texts say the same as one. */
function merged(tokens: readonly Token[]): readonly Token[] {
  const result: Token[] = []
  for (const token of tokens) {
    const last = result.at(-1)
    if (typeof token === 'string' && typeof last === 'string') result[result.length - 1] = last + token
    else result.push(token)
  }
  return result
}

describe('a variable in a condition', () => {
  const HOLDS: readonly { readonly when: ConditionJson; readonly context: Context; readonly holds: boolean }[] = [
    {
      when: { StringEquals: { 'aws:PrincipalTag/team': '${aws:username}' } },
      context: { 'aws:PrincipalTag/team': 'a', 'aws:username': 'a' },
      holds: true,
    },
    {
      when: { StringEquals: { 'aws:PrincipalTag/team': '${aws:username}' } },
      context: { 'aws:PrincipalTag/team': 'a' },
      holds: false,
    },
    {
      when: { StringNotEquals: { 'aws:PrincipalTag/team': '${aws:username}' } },
      context: { 'aws:PrincipalTag/team': 'a' },
      holds: true,
    },
    {
      when: { StringNotEquals: { 'aws:PrincipalTag/team': '${aws:username}' } },
      context: { 'aws:PrincipalTag/team': 'a', 'aws:username': 'a' },
      holds: false,
    },
    {
      when: { StringLike: { 'aws:PrincipalTag/team': '${aws:username}*' } },
      context: { 'aws:PrincipalTag/team': 'ab', 'aws:username': 'a' },
      holds: true,
    },
    // The star of the tag is literal.
    {
      when: { StringLike: { 'aws:PrincipalTag/team': '${aws:username}' } },
      context: { 'aws:PrincipalTag/team': 'ab', 'aws:username': 'a*' },
      holds: false,
    },
    {
      when: { StringLike: { 'aws:PrincipalTag/team': '${aws:username}' } },
      context: { 'aws:PrincipalTag/team': 'a*', 'aws:username': 'a*' },
      holds: true,
    },
    {
      when: { StringLike: { 'aws:PrincipalTag/team': 'a${*}' } },
      context: { 'aws:PrincipalTag/team': 'ab' },
      holds: false,
    },
    {
      when: { StringEqualsIgnoreCase: { 'aws:PrincipalTag/team': '${aws:username}' } },
      context: { 'aws:PrincipalTag/team': 'A', 'aws:username': 'a' },
      holds: true,
    },
    {
      when: { StringEquals: { 'aws:PrincipalTag/team': ['x', '${aws:username}'] } },
      context: { 'aws:PrincipalTag/team': 'x' },
      holds: true,
    },
    {
      when: { StringNotEquals: { 'aws:PrincipalTag/team': ['x', '${aws:username}'] } },
      context: { 'aws:PrincipalTag/team': 'x' },
      holds: false,
    },
    {
      when: { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/${aws:username}' } },
      context: { 'aws:PrincipalArn': 'arn:aws:iam::1:user/a', 'aws:username': 'a' },
      holds: true,
    },
    {
      when: { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/${aws:username}' } },
      context: { 'aws:PrincipalArn': 'arn:aws:iam::1:user/a' },
      holds: true,
    },
    // K-6.
    {
      when: { Bool: { 'aws:SecureTransport': "${aws:MultiFactorAuthPresent, 'true'}" } },
      context: { 'aws:SecureTransport': true },
      holds: true,
    },
    {
      when: { Bool: { 'aws:SecureTransport': '${aws:MultiFactorAuthPresent}' } },
      context: { 'aws:SecureTransport': true, 'aws:MultiFactorAuthPresent': 'false' },
      holds: false,
    },
  ]
  for (const { when, context, holds } of HOLDS) {
    test(`${JSON.stringify(when)} with ${JSON.stringify(context)}: ${holds}`, () => {
      const document = asked({ keyPolicy: policy(allow('kms:*', { to: '*', when })), context })
      expect(decide(new CallReader().call(document)).decision === 'allow').toBe(holds)
    })
  }

  // A4.
  test('is literal text under the old version', () => {
    const keyPolicy = {
      ...policy(allow('kms:*', { to: '*', when: { StringEquals: { 'aws:username': '${aws:username}' } } })),
      Version: '2008-10-17' as const,
    }
    const decided = (name: string): string =>
      decide(new CallReader().call(asked({ keyPolicy, context: { 'aws:username': name } }))).decision
    expect([decided('Alice'), decided('${aws:username}')]).toEqual(['implicitDeny', 'allow'])
  })

  test('in a Resource is filled in, and without a value matches nothing', () => {
    const keyPolicy = policy(allow('kms:*', { to: '*', on: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/key}' }))
    const decided = (context: Context): string => decide(new CallReader().call(asked({ keyPolicy, context }))).decision
    expect(decided({ 'aws:PrincipalTag/key': KEY.slice(-36) })).toBe('allow')
    expect(decided({ 'aws:PrincipalTag/key': '*' })).toBe('implicitDeny')
    expect(decided({})).toBe('implicitDeny')
    const others = policy({
      Effect: 'Allow',
      Principal: '*',
      Action: 'kms:*',
      NotResource: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/key}',
    })
    expect(decide(new CallReader().call(asked({ keyPolicy: others, context: {} }))).decision).toBe('allow')
  })
})
