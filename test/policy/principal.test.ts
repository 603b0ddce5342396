/** Forms of principals: `authorization.md` C1 and A6, IUG Principal. */
import { describe, expect, test } from 'vitest'
import type { PolicyKind, PrincipalEntry } from '../../src/policy/document.js'
import { classifyPrincipal, type PrincipalType } from '../../src/policy/principal.js'
import { accept, policyText } from './policies.js'

const A = '111122223333'

const FORMS: readonly (readonly [PrincipalType, string, PrincipalEntry['kind'], string?])[] = [
  ['AWS', A, 'account'],
  ['AWS', `arn:aws:iam::${A}:root`, 'account', A],
  ['AWS', `arn:aws-cn:iam::${A}:root`, 'account', A],
  ['AWS', `arn:aws:iam::${A}:user/alice`, 'user'],
  ['AWS', `arn:aws:iam::${A}:user/division/team/alice@example.com`, 'user'],
  ['AWS', `arn:aws-us-gov:iam::${A}:role/App`, 'role'],
  ['AWS', `arn:aws:iam::${A}:role/service-role/App`, 'role'],
  ['AWS', `arn:aws:sts::${A}:assumed-role/App/i-0abc`, 'session'],
  ['AWS', `arn:aws:sts::${A}:federated-user/bob`, 'federatedUser'],
  ['AWS', '*', 'any'],
  ['AWS', 'AIDACKCEVSQ6C2EXAMPLE', 'uniqueId'],
  ['AWS', 'AROACKCEVSQ6C2EXAMPLE', 'uniqueId'],
  ['Service', 'logs.amazonaws.com', 'service'],
  ['Service', 'logs.us-west-2.amazonaws.com', 'service'],
  ['Service', 'ec2.amazonaws.com.cn', 'service'],
  ['Federated', 'cognito-identity.amazonaws.com', 'federated'],
  ['Federated', `arn:aws:iam::${A}:saml-provider/Corp`, 'federated'],
  ['Federated', `arn:aws:iam::${A}:oidc-provider/token.actions.githubusercontent.com`, 'federated'],
  ['CanonicalUser', '79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be', 'canonicalUser'],
]

describe('C1: a principal is classified by its form', () => {
  for (const [type, text, kind, value = text] of FORMS) {
    test(`${type} ${text} is ${kind}`, () =>
      expect(classifyPrincipal(type, text, 'key')).toEqual({ ok: true, value: { kind, value } }))
  }
})

const REFUSED: readonly (readonly [PrincipalType, string, message: RegExp, hint?: RegExp])[] = [
  ['AWS', `arn:aws:iam::${A}:*`, /has a wildcard inside/, /aws:PrincipalArn/],
  ['AWS', `arn:aws:iam::${A}:role/App*`, /has a wildcard inside/],
  ['AWS', `arn:aws:iam::*:root`, /has a wildcard inside/],
  ['AWS', `arn:aws:sts::${A}:assumed-role/App/*`, /has a wildcard inside/],
  ['AWS', '?', /has a wildcard inside/],
  ['AWS', '**', /has a wildcard inside/],
  ['AWS', `arn:aws:iam::${A}:group/admins`, /is a group, and a group is never a principal/],
  ['AWS', `arn:aws:iam::${A}:saml-provider/Corp`, /identity provider/, /Federated/],
  ['AWS', `arn:aws:iam::${A}:instance-profile/x`, /is not a principal/],
  ['AWS', `arn:aws:kms:us-west-2:${A}:key/1`, /names no principal/],
  ['AWS', `arn:aws:iam::12345:root`, /`12345` is not an account/, /12 digits/],
  ['AWS', `arn:aws:iam::${A}:role/`, /lacks a name/],
  ['AWS', `arn:aws:sts::${A}:assumed-role/App`, /lacks a name/],
  ['AWS', `arn:aws:sts::${A}:assumed-role/path/App/session`, /has no path/],
  ['AWS', `arn:aws:iam::${A}:assumed-role/App/session`, /expected|stands in an ARN of `iam`/],
  ['AWS', `arn:aws:sts::${A}:role/App`, /stands in an ARN of `sts`/],
  ['AWS', '1111-2222-3333', /is not an account ID/, /12 digits/],
  ['AWS', '11112222333', /is not an account ID/],
  ['AWS', 'alice', /is not a principal/, /account ID/],
  ['AWS', 'logs.amazonaws.com', /is not an AWS principal/, /"Service": "logs.amazonaws.com"/],
  ['AWS', '${aws:PrincipalArn}', /is not a principal/],
  ['AWS', '', /`` is not a principal/],
  ['Service', '*', /has a wildcard/],
  ['Service', '*.amazonaws.com', /has a wildcard/],
  ['Service', 'ec2', /is not a service principal/],
  ['Federated', '*', /has a wildcard/],
  ['Federated', `arn:aws:iam::${A}:user/x`, /is not an identity provider/],
  ['CanonicalUser', '*', /is not a canonical user ID/],
]

describe('A6, C1: what is not the form of a principal is refused', () => {
  for (const [type, text, message, hint] of REFUSED) {
    test(`${type} ${text || '(empty)'}`, () => {
      const classified = classifyPrincipal(type, text, 'key')
      expect(classified.ok ? '' : classified.error.message).toMatch(message)
      if (hint !== undefined) expect(classified.ok ? '' : classified.error.hint).toMatch(hint)
    })
  }
})

test('a bucket policy may name a CloudFront origin access identity, a key policy may not', () => {
  const text = 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity EH1HDMB1FH2TC'
  expect(classifyPrincipal('AWS', text, 'resource')).toEqual({ ok: true, value: { kind: 'user', value: text } })
  expect(classifyPrincipal('AWS', text, 'key').ok).toBe(false)
})

describe('the element', () => {
  const principalOf = (kind: PolicyKind, principal: unknown): unknown =>
    accept(kind, policyText(kind, { Principal: principal })).statements[0]?.principal
  test('`*` and `{ "AWS": "*" }` are one form', () => {
    const any = { negated: false, entries: [{ kind: 'any', value: '*' }] }
    expect(principalOf('key', '*')).toEqual(any)
    expect(principalOf('key', { AWS: '*' })).toEqual(any)
  })
  test('keeps its entries in the order written, over all types', () => {
    expect(principalOf('key', { Service: ['a.amazonaws.com'], AWS: [A, '*'] })).toEqual({
      negated: false,
      entries: [
        { kind: 'service', value: 'a.amazonaws.com' },
        { kind: 'account', value: A },
        { kind: 'any', value: '*' },
      ],
    })
  })
  test('A8: empty is kept as empty, with a diagnostic', () => {
    for (const principal of [{}, { AWS: [] }]) {
      const document = accept('vpce', policyText('vpce', { Principal: principal }))
      expect(document.statements[0]?.principal).toEqual({ negated: false, entries: [] })
      expect(document.diagnostics.map(({ message }) => message)).toEqual([
        'the statement names no principal and so has no effect',
      ])
    }
  })
})

describe('K-26: NotPrincipal names the ancestors of those it exempts', () => {
  const doubts = (aws: readonly string[]): readonly string[] =>
    accept(
      'key',
      policyText('key', { Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: aws } }),
    ).diagnostics.map(({ message }) => message)
  const user = `arn:aws:iam::${A}:user/alice`
  const role = `arn:aws:iam::${A}:role/app/App`
  const session = `arn:aws:sts::${A}:assumed-role/App/s`
  test('a user needs its account', () => {
    expect(doubts([user])).toEqual([
      `NotPrincipal lists \`${user}\` without its account \`${A}\`, so it is not exempt from the Deny`,
    ])
    expect(doubts([user, A])).toEqual([])
  })
  test('a session needs its role and its account', () => {
    expect(doubts([session, A])).toEqual([expect.stringContaining('without its role')])
    expect(doubts([session, role, A])).toEqual([])
  })
  test('a role without a session exempts nobody', () => {
    expect(doubts([role, A])).toEqual([expect.stringContaining('the ARN of each of its sessions')])
  })
})
