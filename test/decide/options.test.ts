/**
 * The readings that AWS leaves open and a user may choose (K-14, K-15, K-26, K-33): each choice changes a verdict.
 */
import { expect, test } from 'vitest'
import { decide } from '../../src/decide/decide.js'
import type { DecisionOptions } from '../../src/decide/options.js'
import type { AuthorizeDocument } from '../reference/document.js'
import {
  A,
  EVERYTHING,
  KEY,
  ONLY_S3,
  allow,
  asked,
  policy,
  root,
  rootArn,
  session,
  user,
} from '../reference/example.js'
import { waysDiffer } from './agree.js'
import { CallReader } from './read-calls.js'

const APP = `arn:aws:iam::${A}:role/App`

function decided(document: AuthorizeDocument, options: Partial<DecisionOptions>): string {
  const call = new CallReader().call(document, options)
  expect(waysDiffer(call)).toBeUndefined()
  const { decision, layer } = decide(call)
  return `${decision} ${layer}`
}

function granted(to: string, changes: Partial<AuthorizeDocument>): AuthorizeDocument {
  return asked({ ...changes, grants: [{ GrantId: 'g', KeyId: KEY, GranteePrincipal: to, Operations: ['Decrypt'] }] })
}

const toRole = granted(APP, { principal: session(), permissionsBoundary: ONLY_S3 })
const toUser = granted(user().arn, { permissionsBoundary: ONLY_S3 })

test.each([
  ['role', toRole, 'roleGrantees', 'implicitDeny keyPolicy'],
  ['role', toRole, 'allGrantees', 'implicitDeny keyPolicy'],
  ['role', toRole, 'noGrantees', 'allow grant'],
  ['user', toUser, 'roleGrantees', 'allow grant'],
  ['user', toUser, 'allGrantees', 'implicitDeny keyPolicy'],
  ['user', toUser, 'noGrantees', 'allow grant'],
] as const)('K-14: a grant to a %s under a boundary', (_who, document, grantBoundary, verdict) => {
  expect(decided(document, { grantBoundary })).toBe(verdict)
})

const toAccount = granted(rootArn(), { identityPolicies: [EVERYTHING] })
const toRootUser = granted(rootArn(), { principal: root() })

test.each([
  ['a user', toAccount, 'delegates', 'allow grant'],
  ['a user', toAccount, 'rootUserOnly', 'implicitDeny keyPolicy'],
  ['the root user', toRootUser, 'delegates', 'allow grant'],
  ['the root user', toRootUser, 'rootUserOnly', 'allow grant'],
] as const)('K-15: a grant to the account of %s', (_who, document, rootGrantee, verdict) => {
  expect(decided(document, { rootGrantee })).toBe(verdict)
})

test.each([
  ['the caller', [user().arn], 'required', 'explicitDeny keyPolicy'],
  ['the caller', [user().arn], 'ignored', 'allow keyPolicy'],
  ['caller and account', [user().arn, A], 'required', 'allow keyPolicy'],
  ['the account', [A], 'ignored', 'explicitDeny keyPolicy'],
] as const)('K-26: a NotPrincipal that lists %s', (_whom, AWS, notPrincipalAncestors, verdict) => {
  const others = { Effect: 'Deny', NotPrincipal: { AWS }, Action: 'kms:*', Resource: '*' } as const
  const document = asked({ keyPolicy: policy(allow('kms:*', { to: '*' }), others) })
  expect(decided(document, { notPrincipalAncestors })).toBe(verdict)
})

test.each([
  [true, 'allow identity'],
  [false, 'implicitDeny grant'],
] as const)('K-33: RetireGrant by an identity policy alone, retireByIdentity %s: %s', (retireByIdentity, verdict) => {
  const document = granted(`arn:aws:iam::${A}:user/Other`, {
    action: 'kms:RetireGrant',
    identityPolicies: [EVERYTHING],
    request: { grantId: 'g' },
  })
  expect(decided(document, { retireByIdentity })).toBe(verdict)
})
