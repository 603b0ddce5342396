/** Classes of callers, and what each class still needs, against authorization.md C. */
import { describe, expect, test } from 'vitest'
import type { AuthorizeDocument, PolicyJson, PrincipalInput, PrincipalJson } from './document.js'
import {
  A,
  B,
  allow,
  asked,
  deny,
  federated,
  policy,
  root,
  rootArn,
  service,
  session,
  user,
  EVERYTHING,
  ONLY_S3,
} from './example.js'
import { interpret, type Options } from './interpret.js'
import { callerOf, classesOf } from './principals.js'

const ROLE = `arn:aws:iam::${A}:role/App`
const anySession: PrincipalInput = { type: 'role', arn: ROLE }

const CLASSES: readonly [name: string, caller: PrincipalInput, principal: PrincipalJson, classes: readonly string[]][] =
  [
    ['user, own ARN', user(), { AWS: user().arn }, ['direct']],
    ['user, "*"', user(), '*', ['direct']],
    ['user, {"AWS":"*"}', user(), { AWS: '*' }, ['direct']],
    ['user, own account', user(), { AWS: A }, ['account']],
    ['user, own account by root ARN', user(), { AWS: rootArn() }, ['account']],
    ['user, another account', user(), { AWS: B }, []],
    ['user, name in another case', user(), { AWS: `arn:aws:iam::${A}:user/alice` }, []],
    ['user, left-over unique id', user(), { AWS: 'AIDACKCEVSQ6C2EXAMPLE' }, []],
    ['user, wildcard in an ARN', user(), { AWS: `arn:aws:iam::${A}:user/*` }, []],
    ['user, several entries', user(), { AWS: [A, user().arn] }, ['account', 'direct']],
    ['session, session ARN', session(), { AWS: session().arn }, ['direct']],
    ['session, role ARN', session(), { AWS: ROLE }, ['viaRole']],
    ['session, another session', session(), { AWS: `${session().arn}x` }, []],
    ['session, account', session(), { AWS: [A] }, ['account']],
    ['any session, role ARN', anySession, { AWS: ROLE }, ['viaRole']],
    ['any session, one session ARN', anySession, { AWS: session().arn }, []],
    ['federated, session ARN', federated(), { AWS: federated().arn }, ['direct']],
    ['federated, parent user', federated(), { AWS: user().arn }, ['viaUser']],
    ['federated, account', federated(), { AWS: A }, ['account']],
    ['root, account', root(), { AWS: A }, ['direct']],
    ['root, a user', root(), { AWS: user().arn }, []],
    ['service, Service entry', service(), { Service: service().arn }, ['direct']],
    ['service, another service', service(), { Service: 'logs.amazonaws.com' }, []],
    ['service, account', service(), { AWS: A }, []],
    ['service, {"AWS":"*"}', service(), { AWS: '*' }, ['direct']],
    [
      'user, Federated and CanonicalUser',
      user(),
      { Federated: 'cognito-identity.amazonaws.com', CanonicalUser: 'x' },
      [],
    ],
  ]

describe('C2, class of a caller', () => {
  for (const [name, caller, principal, classes] of CLASSES) {
    test(`${name}: ${classes.join(', ') || 'none'}`, () =>
      expect(classesOf(principal, callerOf(caller))).toEqual(classes))
  }
  test('a role session known by its ARN alone has a role without a path', () =>
    expect(classesOf({ AWS: ROLE }, callerOf({ type: 'role', arn: session().arn }))).toEqual(['viaRole']))
})

function keyPolicyFor(principal: PrincipalJson): PolicyJson {
  return policy(allow('kms:*', { to: principal }))
}

function verdict(document: AuthorizeDocument, options?: Options): string {
  const { decision, layer } = interpret(document, options)
  return `${decision} ${layer}`
}

interface Needs {
  readonly name: string
  readonly caller: PrincipalInput
  readonly principal: PrincipalJson
  /** With nothing on the identity side; with an identity Allow under a boundary for s3; likewise a session policy. */
  readonly expect: readonly [alone: string, boundary: string, session: string]
}

const NEEDS: readonly Needs[] = [
  {
    name: 'direct user',
    caller: user(),
    principal: { AWS: user().arn },
    expect: ['allow keyPolicy', 'allow keyPolicy', 'allow keyPolicy'],
  },
  {
    name: 'direct session',
    caller: session(),
    principal: { AWS: session().arn },
    expect: ['allow keyPolicy', 'allow keyPolicy', 'allow keyPolicy'],
  },
  {
    name: 'session by "*" (K-8)',
    caller: session(),
    principal: '*',
    expect: ['allow keyPolicy', 'allow keyPolicy', 'allow keyPolicy'],
  },
  {
    name: 'session by its role',
    caller: session(),
    principal: { AWS: ROLE },
    expect: ['allow keyPolicy', 'implicitDeny boundary', 'implicitDeny session'],
  },
  {
    name: 'federated session by its own ARN',
    caller: federated(),
    principal: { AWS: federated().arn },
    expect: ['allow keyPolicy', 'allow keyPolicy', 'allow keyPolicy'],
  },
  {
    name: 'federated session by its user: no session policy is no permission',
    caller: federated(),
    principal: { AWS: user().arn },
    expect: ['implicitDeny session', 'implicitDeny boundary', 'implicitDeny session'],
  },
  {
    name: 'user by its account',
    caller: user(),
    principal: { AWS: A },
    expect: ['implicitDeny identity', 'implicitDeny boundary', 'implicitDeny session'],
  },
  {
    name: 'session by its account',
    caller: session(),
    principal: { AWS: A },
    expect: ['implicitDeny identity', 'implicitDeny boundary', 'implicitDeny session'],
  },
  {
    name: 'root by its account',
    caller: root(),
    principal: { AWS: A },
    expect: ['allow keyPolicy', 'allow keyPolicy', 'allow keyPolicy'],
  },
  {
    name: 'service',
    caller: service(),
    principal: { Service: service().arn },
    expect: ['allow keyPolicy', 'allow keyPolicy', 'allow keyPolicy'],
  },
]

describe('C3, what an Allow of the key policy still needs', () => {
  for (const { name, caller, principal, expect: wanted } of NEEDS) {
    test(`${name}: ${wanted.join(', ')}`, () => {
      const base = asked({ principal: caller, keyPolicy: keyPolicyFor(principal) })
      const identityPolicies = [EVERYTHING]
      const passed = caller.type === 'federated' ? { sessionPolicies: [EVERYTHING] } : {}
      expect([
        verdict(base),
        verdict({ ...base, ...passed, identityPolicies, permissionsBoundary: ONLY_S3 }),
        verdict({ ...base, identityPolicies, sessionPolicies: [ONLY_S3] }),
      ]).toEqual(wanted)
    })
  }
  test('a Deny on the account reaches all its principals (K-31)', () =>
    expect(verdict(asked({ keyPolicy: policy(allow('kms:*', { to: '*' }), deny('kms:*', { to: { AWS: A } })) }))).toBe(
      'explicitDeny keyPolicy',
    ))
})

const NOT_PRINCIPALS: readonly [
  name: string,
  caller: PrincipalInput,
  listed: PrincipalJson,
  isDenied: boolean,
  changes?: Partial<AuthorizeDocument>,
  options?: Options,
][] = [
  ['user and account', user(), { AWS: [user().arn, rootArn()] }, false],
  ['user alone', user(), { AWS: user().arn }, true],
  ['user alone, read the other way', user(), { AWS: user().arn }, false, {}, { notPrincipal: 'callerOnly' }],
  ['account alone', user(), { AWS: A }, true],
  ['session, role and account', session(), { AWS: [session().arn, ROLE, A] }, false],
  ['role and account without the session', session(), { AWS: [ROLE, A] }, true],
  ['session and account without the role', session(), { AWS: [session().arn, A] }, true],
  ['any session of a listed role', anySession, { AWS: [ROLE, A] }, true],
  ['federated session and account', federated(), { AWS: [federated().arn, A] }, false],
  ['root', root(), { AWS: A }, false],
  ['service', service(), { Service: service().arn }, false],
  ['another service', service(), { Service: 'logs.amazonaws.com' }, true],
  ['whoever has a boundary', user(), { AWS: [user().arn, rootArn()] }, true, { permissionsBoundary: EVERYTHING }],
  ['root has no boundary', root(), { AWS: A }, false, { permissionsBoundary: EVERYTHING }],
]

describe('C4, NotPrincipal (K-26)', () => {
  for (const [name, caller, listed, isDenied, changes, options] of NOT_PRINCIPALS) {
    test(`${name}: ${isDenied ? 'denied' : 'exempt'}`, () => {
      const keyPolicy = policy(allow('kms:*', { to: '*' }), {
        Effect: 'Deny',
        NotPrincipal: listed,
        Action: 'kms:*',
        Resource: '*',
      })
      expect(verdict(asked({ principal: caller, keyPolicy, ...changes }), options)).toBe(
        isDenied ? 'explicitDeny keyPolicy' : 'allow keyPolicy',
      )
    })
  }
})
