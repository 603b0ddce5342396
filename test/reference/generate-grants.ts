/**
 * Random grants on a scene's key, and the parts of the request that grants are compared with.
 *
 * Only grants that KMS would have created: one grantee, grantable operations of a symmetric key, one kind of
 * encryption context constraint, and for a service grantee a SourceArn and somebody to retire it.
 *
 * Source: authorization.md F1, F3, F5, F6; KMS API Reference, "CreateGrant".
 */
import fc from 'fast-check'
import type { CreateGrantInput, GrantConstraints, GrantJson, RequestInput } from './document.js'
import { A, B, KEY, OTHER_KEY, rootArn } from './example.js'
import { GRANTABLE, namesOf, TOPIC, type Scene } from './generate-scenario.js'

type Pairs = Readonly<Record<string, string>>

export const encryptionContexts: fc.Arbitrary<Pairs> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 6,
    arbitrary: fc.constantFrom<Pairs>(
      { tenant: 'a' },
      { tenant: 'a' },
      { Tenant: 'a' },
      { tenant: 'A' },
      { tenant: 'b' },
      { tenant: 'a', App: 'x' },
      { App: 'x', tenant: 'a' },
    ),
  },
)

const pairs = fc.constantFrom<Pairs>({ tenant: 'a' }, { tenant: 'a' }, { TENANT: 'a' }, { tenant: 'a', App: 'x' })

const encryptionConstraints: fc.Arbitrary<GrantConstraints> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: pairs.map((EncryptionContextEquals) => ({ EncryptionContextEquals })) },
  { weight: 1, arbitrary: pairs.map((EncryptionContextSubset) => ({ EncryptionContextSubset })) },
)

const sourceArns = fc.constantFrom<GrantConstraints>(
  { SourceArn: TOPIC },
  { SourceArn: `arn:aws:sns:us-west-2:${A}:top*` },
)

function constraints(sourceArnWeight: number): fc.Arbitrary<GrantConstraints | undefined> {
  return fc
    .tuple(
      encryptionConstraints,
      fc.oneof(
        { weight: 6, arbitrary: fc.constant<GrantConstraints>({}) },
        { weight: sourceArnWeight, arbitrary: sourceArns },
      ),
    )
    .map(([encryption, source]) => ({ ...encryption, ...source }))
    .map((all) => (Object.keys(all).length === 0 ? undefined : all))
}

function operations(scene: Scene): fc.Arbitrary<readonly string[]> {
  const own = [...GRANTABLE.filter((operation) => `kms:${operation}` === scene.action), 'Decrypt']
  return fc
    .tuple(fc.subarray([...GRANTABLE], { minLength: 1, maxLength: 4 }), fc.constantFrom(true, true, true, false))
    .map(([some, withOwn]) => [...new Set(withOwn ? [...own, ...some] : some)])
}

/** A principal that a grant can name: the caller in one of its forms, or somebody else. */
function named(scene: Scene): fc.Arbitrary<string> {
  const { principal, account } = scene
  const others = [`arn:aws:iam::${A}:user/Alice`, `arn:aws:iam::${B}:role/App`, rootArn(B)]
  return fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...namesOf(principal)) },
    { weight: 2, arbitrary: fc.constant(rootArn(account)) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  )
}

interface Parties {
  readonly parties: Pick<
    GrantJson,
    'GranteePrincipal' | 'GranteeServicePrincipal' | 'RetiringPrincipal' | 'RetiringServicePrincipal'
  >
  readonly isService: boolean
}

function parties(scene: Scene): fc.Arbitrary<Parties> {
  const iamName = scene.principal.type === 'service' ? fc.constant(`arn:aws:iam::${A}:role/App`) : named(scene)
  const serviceName =
    scene.principal.type === 'service'
      ? fc.constantFrom(scene.principal.arn, 'logs.amazonaws.com')
      : fc.constant('logs.us-west-2.amazonaws.com')
  const toPrincipal = fc
    .record({
      // Grants that services made long ago hold a service name here.
      GranteePrincipal: scene.principal.type === 'service' ? fc.oneof(iamName, serviceName) : iamName,
      retiring: fc.oneof(
        { weight: 6, arbitrary: fc.constant({}) },
        { weight: 4, arbitrary: iamName.map((RetiringPrincipal) => ({ RetiringPrincipal })) },
        { weight: 1, arbitrary: serviceName.map((RetiringServicePrincipal) => ({ RetiringServicePrincipal })) },
      ),
    })
    .map(({ GranteePrincipal, retiring }): Parties => ({
      parties: { GranteePrincipal, ...retiring },
      isService: false,
    }))
  const toService = fc
    .record({
      GranteeServicePrincipal: serviceName,
      retiring: fc.oneof(
        iamName.map((RetiringPrincipal) => ({ RetiringPrincipal })),
        serviceName.map((RetiringServicePrincipal) => ({ RetiringServicePrincipal })),
      ),
    })
    .map(({ GranteeServicePrincipal, retiring }): Parties => ({
      parties: { GranteeServicePrincipal, ...retiring },
      isService: true,
    }))
  return fc.oneof(
    { weight: scene.principal.type === 'service' ? 1 : 8, arbitrary: toPrincipal },
    { weight: scene.principal.type === 'service' ? 3 : 1, arbitrary: toService },
  )
}

export function grants(scene: Scene): fc.Arbitrary<readonly GrantJson[]> {
  const arn = scene.resource?.arn ?? KEY
  const one = fc
    .record({
      who: parties(scene),
      KeyId: fc.oneof(
        { weight: 10, arbitrary: fc.constant(arn) },
        { weight: 1, arbitrary: fc.constant(arn.slice(arn.indexOf('key/') + 4)) },
        { weight: 1, arbitrary: fc.constantFrom(OTHER_KEY, arn.replace('us-west-2', 'eu-west-1')) },
      ),
      Operations: operations(scene),
      some: constraints(scene.principal.type === 'service' ? 4 : 1),
      source: sourceArns,
      IssuingAccount: fc.constantFrom(undefined, rootArn(A), rootArn(A), rootArn(B)),
      propagated: fc.constantFrom(undefined, true, undefined, true, undefined, false),
    })
    .map(({ who, KeyId, Operations, some, source, IssuingAccount, propagated }): Omit<GrantJson, 'GrantId'> => {
      const Constraints = who.isService ? { ...some, ...source } : some
      return {
        KeyId,
        ...who.parties,
        Operations,
        ...(IssuingAccount === undefined ? {} : { IssuingAccount }),
        ...(Constraints === undefined ? {} : { Constraints }),
        ...(propagated === undefined ? {} : { propagated }),
      }
    })
  return fc
    .array(one, { minLength: 1, maxLength: 2 })
    .map((all) => all.map((grant, index) => ({ GrantId: `g-${index + 1}`, ...grant })))
}

function createGrantInputs(scene: Scene): fc.Arbitrary<CreateGrantInput> {
  return fc
    .record({
      Operations: fc.subarray(['Decrypt', 'Decrypt', 'DescribeKey', 'Encrypt'], { minLength: 1, maxLength: 2 }),
      some: constraints(2),
    })
    .map(({ Operations, some }) => ({
      GranteePrincipal: namesOf(scene.principal)[0] ?? rootArn(A),
      Operations,
      ...(some === undefined ? {} : { Constraints: some }),
    }))
}

/** What the call says; `createGrant` and `grantId` where the action has them. */
export function requests(scene: Scene, encryptionContext: Pairs): fc.Arbitrary<RequestInput | undefined> {
  return fc
    .record({
      grantTokens: fc.constantFrom(undefined, undefined, undefined, ['g-1'], ['g-9', 'g-2']),
      createGrant: scene.action === 'kms:CreateGrant' ? createGrantInputs(scene) : fc.constant(undefined),
      grantId:
        scene.action === 'kms:RetireGrant'
          ? fc.constantFrom('g-1', 'g-1', 'g-1', 'g-2', undefined)
          : fc.constant(undefined),
    })
    .map(({ grantTokens, createGrant, grantId }) => {
      const request: RequestInput = {
        ...(Object.keys(encryptionContext).length === 0 ? {} : { encryptionContext }),
        ...(grantTokens === undefined ? {} : { grantTokens }),
        ...(createGrant === undefined ? {} : { createGrant }),
        ...(grantId === undefined ? {} : { grantId }),
      }
      return Object.keys(request).length === 0 ? undefined : request
    })
}
