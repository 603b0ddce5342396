/**
 * Invariant I3: deciding is total. It returns for every graph and request, also for those that nobody would make.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KMS_ACTIONS } from '../../src/aws/actions.js'
import type { Call } from '../../src/decide/call.js'
import { decide } from '../../src/decide/decide.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import { ContextReader } from '../../src/decide/values.js'
import { createAuthorizer } from '../../src/explain/authorizer.js'
import { GrantSet } from '../../src/graph/grant.js'
import { compilePolicy, type CompiledPolicy } from '../../src/graph/policy.js'
import { Subject } from '../../src/graph/subject.js'
import { GraphTables } from '../../src/graph/tables.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { StatementJson } from '../reference/document.js'
import { A, B, KEY, allow, deny, policy, rootArn, user } from '../reference/example.js'
import { waysDiffer } from './agree.js'

const SEED = 20260402
const LONG = 60_000

const tables = new GraphTables()

function compiled(kind: PolicyKind, ...statements: readonly StatementJson[]): CompiledPolicy {
  const parsed = parsePolicyValue(policy(...statements), kind)
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return compilePolicy(tables, parsed.value)
}

const POLICIES = {
  key: compiled(
    'key',
    allow('kms:*', { to: '*', when: { StringEquals: { 'kms:EncryptionContext:t': '${aws:username}' } } }),
  ),
  keyDeny: compiled('key', { Effect: 'Deny', NotPrincipal: { AWS: A }, NotAction: 'kms:Sign', Resource: '*' }),
  identity: compiled('identity', allow('*'), deny('kms:Encrypt', { on: KEY, when: { Bool: { constructor: 'true' } } })),
  boundary: compiled('boundary', allow('kms:*', { on: 'arn:aws:kms:*:*:key/${aws:PrincipalTag/x}' })),
  scp: compiled('scp', allow('*')),
  rcp: compiled('rcp', { Effect: 'Deny', Principal: '*', Action: 'kms:Sign', Resource: '*' }),
  vpce: compiled('vpce', allow('*', { to: '*' })),
}

const NAMES = [
  'aws:username',
  'constructor',
  '__proto__',
  'toString',
  'kms:EncryptionContext:t',
  'kms:EncryptionContext:',
  '',
  'a',
] as const
const names = fc.constantFrom(...NAMES)
const texts = fc.oneof(fc.string(), names, fc.constantFrom(KEY, A, 'arn:', ':::::', '*', '\u0000', '\ud800'))
const contexts = fc
  .array(fc.tuple(names, fc.oneof(texts, fc.array(texts, { maxLength: 3 }), fc.constant(null))))
  .map((entries) => {
    // A key named __proto__ of its own, as JSON.parse makes it.
    const context: Record<string, string | readonly string[] | null> = {}
    for (const [name, value] of entries)
      Object.defineProperty(context, name, { value, enumerable: true, configurable: true, writable: true })
    return context
  })
const maybe = <T>(value: T): fc.Arbitrary<T | undefined> => fc.constantFrom(undefined, value)

/** Calls that nobody would make: every part is chosen without regard to the others. */
const calls: fc.Arbitrary<Call> = fc
  .record({
    type: fc.constantFrom('user', 'role', 'root', 'federated', 'service'),
    arn: texts,
    accountId: fc.constantFrom(undefined, A, B, ''),
    roleArn: maybe('arn:aws:iam::111122223333:role/R'),
    linked: fc.boolean(),
    actionBit: fc.integer({ min: -1, max: KMS_ACTIONS.length + 5 }),
    action: texts,
    resourceType: fc.constantFrom('key', 'alias', 'none', 'other'),
    resourceArn: fc.option(texts, { nil: undefined }),
    resourceAccount: fc.constantFrom(undefined, A, B),
    awsManagedKey: fc.boolean(),
    key: fc.constantFrom(undefined, POLICIES.key, POLICIES.keyDeny),
    identity: fc.constantFrom([], [POLICIES.identity], [POLICIES.key]),
    boundary: maybe(POLICIES.boundary),
    session: fc.constantFrom([], [POLICIES.boundary]),
    scps: fc.constantFrom(undefined, [], [[]], [[POLICIES.scp]]),
    rcps: fc.constantFrom(undefined, [], [[]], [[POLICIES.rcp]]),
    endpoint: fc.constantFrom(undefined, { policy: undefined }, { policy: POLICIES.vpce }),
    context: contexts,
    encryptionContext: fc.constantFrom(undefined, {}, { constructor: 'x' }),
    grantee: texts,
    grantId: fc.constantFrom(undefined, 'g', '__proto__'),
    sourceArn: fc.option(texts, { nil: undefined }),
  })
  .map((parts) => ({
    subject: new Subject(tables, {
      type: parts.type,
      arn: parts.arn,
      accountId: parts.accountId,
      isServiceLinkedRole: parts.linked,
      ...(parts.roleArn === undefined ? {} : { roleArn: parts.roleArn }),
    }),
    action: parts.action,
    actionBit: parts.actionBit,
    resource: {
      type: parts.resourceType,
      arn: parts.resourceArn,
      accountId: parts.resourceAccount,
      awsManagedKey: parts.awsManagedKey,
    },
    keyPolicy: parts.key,
    identity: parts.identity,
    boundary: parts.boundary,
    session: parts.session,
    scps: parts.scps,
    rcps: parts.rcps,
    callerInManagementAccount: false,
    resourceInManagementAccount: false,
    endpoint: parts.endpoint,
    grants: new GrantSet([
      {
        grantId: 'g',
        keyArn: parts.resourceArn ?? KEY,
        granteePrincipal: parts.grantee,
        operations: ['Decrypt', 'RetireGrant'],
        propagated: true,
      },
      {
        grantId: '__proto__',
        keyArn: KEY,
        operations: [],
        propagated: false,
        constraints: { sourceArn: parts.grantee },
      },
    ]),
    encryptionContext: parts.encryptionContext,
    grantTokens: [],
    grantId: parts.grantId,
    createGrant: undefined,
    values: new ContextReader(tables).read(parts.context),
    sourceArn: parts.sourceArn,
    options: DEFAULT_OPTIONS,
  }))

describe('I3: deciding is total', () => {
  test(
    'for calls whose parts do not go together',
    () => {
      fc.assert(
        fc.property(calls, (call) => {
          expect(['allow', 'implicitDeny', 'explicitDeny']).toContain(decide(call).decision)
          expect(waysDiffer(call)).toBeUndefined()
        }),
        { numRuns: 3000, seed: SEED },
      )
    },
    LONG,
  )

  test(
    'for requests of any text to a world',
    () => {
      const world = createAuthorizer()
      world.putKey({ arn: KEY, aliases: ['alias/x'] })
      const principals = fc.oneof(texts, fc.constantFrom(user().arn, 'logs.amazonaws.com', rootArn()))
      const actions = fc.oneof(
        texts,
        fc.constantFrom('kms:Decrypt', 'KMS:decrypt', 'kms:None', 's3:GetObject', 'kms:*'),
      )
      const resources = fc.oneof(
        texts,
        fc.constantFrom(KEY, KEY.replace(/key\/.*/, 'alias/x'), KEY.replace(/key\/.*/, 'alias/none')),
      )
      const kinds = new Set<string>()
      fc.assert(
        fc.property(
          principals,
          actions,
          fc.option(resources, { nil: undefined }),
          contexts,
          fc.boolean(),
          (principal, action, resource, context, derive) => {
            const request = { principal, action, context, derive, ...(resource === undefined ? {} : { resource }) }
            const { decision } = world.authorize(request)
            kinds.add(decision)
            // The root user needs no policy for an action without a resource.
            if (principal !== rootArn()) expect(['implicitDeny', 'invalidRequest']).toContain(decision)
            const explained = world.explain(request)
            expect(explained.ok).toBe(decision !== 'invalidRequest')
          },
        ),
        { numRuns: 1500, seed: SEED },
      )
      expect([...kinds].sort()).toEqual(['allow', 'implicitDeny', 'invalidRequest'])
    },
    LONG,
  )

  // An empty world and a bare request are the ends of "every graph and request".
  const world = createAuthorizer()
  world.putKey({ arn: KEY, aliases: ['alias/x'] })
  const ALIAS = KEY.replace(/key\/.*/, 'alias/x')
  const CASES: readonly {
    readonly name: string
    readonly request: Parameters<typeof world.authorize>[0]
    readonly expect: object
  }[] = [
    {
      name: 'a key action without a resource',
      request: { principal: user().arn, action: 'kms:Decrypt' },
      expect: { decision: 'implicitDeny', layer: 'operation' },
    },
    {
      name: 'Decrypt on an alias is asked of its key',
      request: { principal: user().arn, action: 'kms:Decrypt', resource: ALIAS },
      expect: { decision: 'implicitDeny', layer: 'keyPolicy' },
    },
    {
      name: 'an alias that points nowhere',
      request: { principal: user().arn, action: 'kms:Decrypt', resource: `${ALIAS}y` },
      expect: { decision: 'invalidRequest' },
    },
    {
      name: 'an unknown caller',
      request: { principal: user(B, 'Nobody').arn, action: 'kms:Decrypt', resource: KEY },
      expect: { decision: 'implicitDeny', layer: 'keyPolicy' },
    },
    {
      name: 'an unknown key',
      request: { principal: user().arn, action: 'kms:Decrypt', resource: `${KEY.slice(0, -1)}f` },
      expect: { decision: 'implicitDeny', layer: 'keyPolicy' },
    },
    {
      name: 'CreateKey on a key',
      request: { principal: user().arn, action: 'kms:CreateKey', resource: KEY },
      expect: { decision: 'implicitDeny', layer: 'operation' },
    },
    {
      name: 'something that is no principal',
      request: { principal: 'Alice', action: 'kms:Decrypt', resource: KEY },
      expect: { decision: 'invalidRequest' },
    },
  ]
  for (const { name, request, expect: expected } of CASES) {
    test(name, () => expect(world.authorize(request)).toMatchObject(expected))
  }
})
