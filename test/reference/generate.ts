/**
 * Random simulation documents: whole worlds around one question, valid for AWS and small enough to read.
 *
 * Everything stands around one scene (who, what, where), so about a third of the questions end in an allow and every
 * rule comes up; `coverage.ts` measures that. Documents shrink to few statements without conditions.
 *
 * Source: simulation document; authorization.md throughout.
 */
import fc from 'fast-check'
import type {
  AuthorizeDocument,
  CheckMembers,
  LeveledPolicies,
  LockoutDocument,
  MultiDocument,
  PolicyJson,
  SharedMembers,
  SimulationDocument,
} from './document.js'
import { A, B, DELEGATED, KEY, SILENT } from './example.js'
import { contexts, type GenerateOptions } from './generate-conditions.js'
import { encryptionContexts, grants, requests } from './generate-grants.js'
import { policies, rcpLevels, scpLevels, type PolicyKind } from './generate-policies.js'
import { keyScenes, putKeyPolicyScenes, roleScenes, scenes, type Scene } from './generate-scenario.js'

export type { GenerateOptions } from './generate-conditions.js'

function sometimes<T>(percent: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 100 - percent, arbitrary: fc.constant(undefined) }, { weight: percent, arbitrary })
}

/** Builds an arbitrary only where a document comes to need it: most of them stay unused. */
function lazily<T>(build: () => fc.Arbitrary<T>): fc.Arbitrary<T> {
  return fc.constant(undefined).chain(build)
}

/** Leaves out the members that are `undefined`: in JSON they would not stand either. */
function present<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}

function leveled(
  percent: number,
  account: string,
  levels: fc.Arbitrary<LeveledPolicies[string]>,
): fc.Arbitrary<LeveledPolicies | undefined> {
  // Now and then only some other account has such policies.
  const other = account === A ? B : A
  return sometimes(
    percent,
    fc
      .record({ owner: fc.constantFrom(account, account, account, account, other), levels })
      .map(({ owner, levels: all }) => ({ [owner]: all })),
  )
}

type Shared = Omit<SharedMembers, 'id' | 'principal' | 'request'>

/** What is attached to accounts, callers and endpoints. */
function surroundings(scene: Scene, options: GenerateOptions): fc.Arbitrary<Shared> {
  const { principal, account } = scene
  const of = (kind: PolicyKind): fc.Arbitrary<PolicyJson> => lazily(() => policies(scene, kind, options))
  const hasSession = principal.type === 'role' || principal.type === 'federated'
  const hasBoundary = principal.type === 'user' || principal.type === 'role'
  return fc
    .record({
      permissionsBoundary: sometimes(hasBoundary ? 22 : 8, of('boundary')),
      sessionPolicies: sometimes(
        principal.type === 'federated' ? 75 : hasSession ? 25 : 0,
        fc.array(of('session'), { minLength: principal.type === 'federated' ? 0 : 1, maxLength: 2 }),
      ),
      scps: leveled(
        25,
        account,
        lazily(() => scpLevels(scene, options)),
      ),
      rcps: leveled(
        22,
        A,
        lazily(() => rcpLevels(scene, options)),
      ),
      managementAccounts: sometimes(15, fc.constantFrom([A], [B], [A, B])),
      vpcEndpointPolicy: sometimes(60, of('vpce')),
    })
    .map((all) => present(all))
}

function checkMembers(
  scene: Scene,
  encryptionContext: Readonly<Record<string, string>>,
  options: GenerateOptions,
): fc.Arbitrary<CheckMembers> {
  const { principal, action, resource, target } = scene
  const of = (kind: PolicyKind): fc.Arbitrary<PolicyJson> => lazily(() => policies(scene, kind, options))
  const hasIdentity = principal.type !== 'root' && principal.type !== 'service'
  const keyPolicy: fc.Arbitrary<PolicyJson | null | undefined> =
    target === 'key'
      ? fc.oneof(
          { weight: 20, arbitrary: of('key') },
          { weight: 3, arbitrary: fc.constant(DELEGATED) },
          { weight: 4, arbitrary: fc.constant(SILENT) },
          { weight: 1, arbitrary: fc.constant(null) },
        )
      : target === 'other'
        ? fc.oneof({ weight: 2, arbitrary: of('resource') }, { weight: 1, arbitrary: fc.constant(null) })
        : target === 'role'
          ? fc.oneof({ weight: 9, arbitrary: of('trust') }, { weight: 1, arbitrary: fc.constant(null) })
          : fc.constant(undefined)
  return fc
    .record({
      keyPolicy,
      // Documents of a root user or a service are given now and then, and have to be ignored.
      identityPolicies: sometimes(hasIdentity ? 75 : 10, fc.array(of('identity'), { minLength: 1, maxLength: 2 })),
      context: contexts(scene, encryptionContext),
      grants: sometimes(
        target !== 'key' ? 0 : action === 'kms:RetireGrant' || action === 'kms:CreateGrant' ? 95 : 45,
        lazily(() => grants(scene)),
      ),
    })
    .map((all) => ({ action, resource, ...present(all) }))
}

function documentOf(scene: Scene, options: GenerateOptions): fc.Arbitrary<AuthorizeDocument> {
  return encryptionContexts.chain((encryptionContext) =>
    fc
      .record({
        shared: surroundings(scene, options),
        check: checkMembers(scene, encryptionContext, options),
        request: requests(scene, encryptionContext),
      })
      .map(({ shared, check, request }) => ({
        kind: 'authorize' as const,
        principal: scene.principal,
        ...check,
        ...shared,
        ...(request === undefined ? {} : { request }),
      })),
  )
}

export function authorizeDocuments(options: GenerateOptions = {}): fc.Arbitrary<AuthorizeDocument> {
  return scenes.chain((scene) => documentOf(scene, options))
}

/** Questions about assuming a role; its trust policy stands where a key's own does. */
export function assumeRoleDocuments(options: GenerateOptions = {}): fc.Arbitrary<AuthorizeDocument> {
  return roleScenes.chain((scene) => documentOf(scene, options))
}

const RE_ENCRYPT = ['kms:ReEncryptFrom', 'kms:ReEncryptTo'] as const
const ALIAS_CHECKS = ['kms:UpdateAlias', 'kms:CreateAlias', 'kms:DeleteAlias'] as const

/** ReEncrypt on two keys, or an alias API on the alias and its key. */
export function multiDocuments(options: GenerateOptions = {}): fc.Arbitrary<MultiDocument> {
  return fc
    .tuple(keyScenes, fc.boolean(), fc.constantFrom(...ALIAS_CHECKS))
    .chain(([scene, isReEncrypt, aliasAction]) => {
      const alias = { type: 'alias', arn: KEY.replace(/key\/.*$/, 'alias/payments') } as const
      const forScene = (changes: Partial<Scene>): fc.Arbitrary<AuthorizeDocument> =>
        documentOf({ ...scene, ...changes }, options)
      const checks: fc.Arbitrary<readonly AuthorizeDocument[]> =
        isReEncrypt || scene.principal.type === 'service'
          ? fc.tuple(...RE_ENCRYPT.map((action) => forScene({ action })))
          : fc.tuple(
              forScene({ action: aliasAction, resource: alias, target: 'alias' }),
              forScene({ action: aliasAction }),
            )
      return fc.tuple(surroundings(scene, options), checks).map(([shared, all]) => ({
        kind: 'multi' as const,
        api: all[0]?.action.startsWith('kms:ReEncrypt') === true ? 'ReEncrypt' : aliasAction.slice('kms:'.length),
        principal: scene.principal,
        ...shared,
        checks: all.map(
          ({ action, resource, keyPolicy, identityPolicies, context, grants: listed }) =>
            present({ action, resource, keyPolicy, identityPolicies, context, grants: listed }) as CheckMembers,
        ),
      }))
    })
}

export function lockoutDocuments(options: GenerateOptions = {}): fc.Arbitrary<LockoutDocument> {
  return putKeyPolicyScenes.chain((scene) =>
    fc
      .tuple(documentOf(scene, options), policies(scene, 'key', options), sometimes(10, fc.boolean()))
      .map(
        ([
          { kind: _kind, action: _action, keyPolicy: _old, grants: _grants, request: _request, ...rest },
          newKeyPolicy,
          bypass,
        ]) => ({
          ...rest,
          kind: 'lockout' as const,
          newKeyPolicy,
          ...(bypass === undefined ? {} : { request: { bypassPolicyLockoutSafetyCheck: bypass } }),
        }),
      ),
  )
}

/** All kinds, mostly `authorize`. */
export function simulationDocuments(options: GenerateOptions = {}): fc.Arbitrary<SimulationDocument> {
  return fc.oneof<fc.MaybeWeightedArbitrary<SimulationDocument>[]>(
    { weight: 8, arbitrary: authorizeDocuments(options) },
    { weight: 1, arbitrary: multiDocuments(options) },
    { weight: 1, arbitrary: lockoutDocuments(options) },
  )
}
