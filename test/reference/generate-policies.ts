/**
 * Random policies of every kind that would be accepted as that kind, aimed at one scene.
 *
 * Source: authorization.md A1, A2, A6 to A8, C1, C4.
 */
import fc from 'fast-check'
import type { OneOrMany, PolicyJson, PrincipalJson, StatementJson } from './document.js'
import { A, ALIAS, B, EVERYTHING, KEY, OTHER_KEY, allow, policy } from './example.js'
import { conditions, type GenerateOptions } from './generate-conditions.js'
import { C, namesOf, principalArnOf, RETIRER, type Scene } from './generate-scenario.js'

export type PolicyKind = 'key' | 'resource' | 'trust' | 'identity' | 'boundary' | 'session' | 'scp' | 'rcp' | 'vpce'

type Elements = Partial<StatementJson>

function anyOf<T>(...weighted: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<T>])[]): fc.Arbitrary<T> {
  return fc.oneof(
    // fast-check wants whole weights; tenths are what reads well here.
    ...weighted
      .filter(([weight]) => weight > 0)
      .map(([weight, arbitrary]) => ({ weight: Math.round(weight * 10), arbitrary })),
  )
}

function oneOrMany(one: fc.Arbitrary<string>): fc.Arbitrary<OneOrMany<string>> {
  return anyOf<OneOrMany<string>>([3, one], [2, fc.uniqueArray(one, { minLength: 1, maxLength: 3 })])
}

/** Where an empty Action or Resource list is known to be stored and then do nothing (A8). */
function takesEmptyLists(kind: PolicyKind): boolean {
  return kind === 'key' || kind === 'identity' || kind === 'boundary'
}

function otherwiseCased(action: string): string {
  const [service = '', name = ''] = action.split(':')
  return `${service.toUpperCase()}:${name.toLowerCase()}`
}

/** All that a trust policy may speak of (sts.md 3.7). */
function trustActions({ action }: Scene): fc.Arbitrary<Elements> {
  const one = anyOf(
    [6, fc.constant(action)],
    [2, fc.constant('sts:*')],
    [1, fc.constant('sts:Assume*')],
    [1, fc.constantFrom('sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity')],
  )
  return oneOrMany(one).map((Action) => ({ Action }))
}

function actionElements(scene: Scene, kind: PolicyKind): fc.Arbitrary<Elements> {
  if (kind === 'trust') return trustActions(scene)
  const { action, service } = scene
  const isAboutKeys = kind === 'key'
  const fitting = anyOf(
    [6, fc.constant(action)],
    [6, fc.constant(`${service}:*`)],
    [1, fc.constant(otherwiseCased(action))],
    [1, fc.constant(`${action.slice(0, -3)}*`)],
    [1, fc.constant(`${action.slice(0, -1)}?`)],
    [kind === 'rcp' ? 0 : 3, fc.constant('*')],
  )
  const foreign = fc.constantFrom(
    'kms:Sign',
    'kms:List*',
    'kms:ReEncrypt',
    ...(isAboutKeys ? [] : ['s3:*', 'sqs:Receive*']),
  )
  const mixed = anyOf([6, fitting], [1, foreign])
  return anyOf<Elements>(
    [12, oneOrMany(mixed).map((Action) => ({ Action }))],
    [1, oneOrMany(foreign).map((Action) => ({ Action }))],
    [kind === 'rcp' ? 0 : 1, oneOrMany(foreign).map((NotAction) => ({ NotAction }))],
    [kind === 'rcp' ? 0 : 0.5, oneOrMany(fitting).map((NotAction) => ({ NotAction }))],
    [takesEmptyLists(kind) ? 0.3 : 0, fc.constantFrom<Elements>({ Action: [] }, { NotAction: [] })],
    [isAboutKeys ? 0.3 : 0, fc.constant({})],
  )
}

/** Variables after the fifth colon only; short ARNs only where they are completed. */
function resourceElements(scene: Scene, kind: PolicyKind): fc.Arbitrary<Elements> {
  const arn = scene.resource?.arn ?? KEY
  const tail = arn.slice(arn.lastIndexOf(':') + 1)
  const head = arn.slice(0, arn.length - tail.length)
  const fitting = anyOf(
    [8, fc.constant('*')],
    [5, fc.constant(arn)],
    [2, fc.constant(`${head}${tail.slice(0, 6)}*`)],
    [1, fc.constant(`${head}?${tail.slice(1)}`)],
    [1, fc.constant(arn.replace('us-west-2', 'us-*'))],
    [1, fc.constant(`arn:aws:${scene.service}:*:*:*`)],
    // Fits a secret, whose ARN has a sixth colon, by a star that crosses one (K-13); no key.
    [0.5, fc.constant(`arn:aws:${scene.service}:*:secret:*`)],
    [1, fc.constant(`${head}\${aws:PrincipalTag/tail, '${tail}'}`)],
    [
      kind === 'identity' ? 1 : 0,
      fc.constantFrom('arn:aws:kms', 'arn:aws:kms:us-west-2', 'arn:aws', `arn:aws:kms:*:${A}`),
    ],
  )
  const foreign = fc.constantFrom(
    OTHER_KEY,
    ALIAS,
    'arn:aws:kms:*:*:key/${aws:PrincipalTag/team}',
    'arn:aws:kms:*:*:key/${aws:PrincipalTag/none}*',
    `arn:aws:kms:eu-west-1:${A}:key/*`,
    'arn:aws:s3:::bucket/*',
    `arn:aws:iam::${A}:role/Ret*`,
    RETIRER,
  )
  const mixed = anyOf([8, fitting], [1, foreign])
  const ofAKey = kind === 'key' ? 8 : 0
  return anyOf<Elements>(
    [ofAKey, fc.constant({ Resource: '*' })],
    [8, oneOrMany(mixed).map((Resource) => ({ Resource }))],
    [0.7, oneOrMany(foreign).map((Resource) => ({ Resource }))],
    [1, oneOrMany(foreign).map((NotResource) => ({ NotResource }))],
    [0.5, oneOrMany(fitting).map((NotResource) => ({ NotResource }))],
    [takesEmptyLists(kind) ? 0.3 : 0, fc.constantFrom<Elements>({ Resource: [] }, { NotResource: [] })],
    [kind === 'key' ? 0.3 : 0, fc.constant({})],
  )
}

function accountForms(account: string): readonly string[] {
  return [account, `arn:aws:iam::${account}:root`]
}

/** Entries of a Principal element. A caller has several names, so all of its classes come up. */
function principals(scene: Scene): fc.Arbitrary<PrincipalJson> {
  const { principal, account } = scene
  const isService = principal.type === 'service'
  const names = isService || principal.type === 'root' ? accountForms(account) : namesOf(principal)
  const foreign = [
    `arn:aws:iam::${A}:user/alice`,
    `arn:aws:iam::${B}:user/Bob`,
    `arn:aws:iam::${A}:role/Worker`,
    `arn:aws:sts::${A}:assumed-role/App/another`,
    ...accountForms(C),
    'AIDACKCEVSQ6C2EXAMPLE',
  ]
  const entry = anyOf(
    [6, fc.constantFrom(...names)],
    [5, fc.constantFrom(...accountForms(account))],
    [1, fc.constant('*')],
    [2, fc.constantFrom(...foreign)],
  )
  const services = fc.constantFrom(
    'logs.us-west-2.amazonaws.com',
    'logs.amazonaws.com',
    'backup.amazonaws.com',
    ...(isService ? [principal.arn, principal.arn] : []),
  )
  return anyOf<PrincipalJson>(
    [2, fc.constant('*')],
    [isService ? 1 : 10, oneOrMany(entry).map((AWS) => ({ AWS }))],
    [isService ? 8 : 0.5, oneOrMany(services).map((Service) => ({ Service }))],
    [1, fc.record({ AWS: oneOrMany(entry), Service: oneOrMany(services) })],
  )
}

/** Lists for NotPrincipal: the caller with all, some or none of its ancestors. */
function exemptions(scene: Scene): fc.Arbitrary<PrincipalJson> {
  const { principal, account } = scene
  if (principal.type === 'service') {
    return fc.constantFrom<PrincipalJson>({ Service: principal.arn }, { Service: 'logs.amazonaws.com' }, { AWS: A })
  }
  const everything = [...new Set([...namesOf(principal), ...accountForms(account)])]
  return anyOf<PrincipalJson>(
    [4, fc.constant({ AWS: everything })],
    [4, fc.subarray(everything, { minLength: 1 }).map((AWS) => ({ AWS }))],
    [
      1,
      fc.constantFrom<PrincipalJson>(
        { AWS: C },
        { AWS: [principalArnOf(principal)] },
        { Service: 'logs.amazonaws.com' },
      ),
    ],
  )
}

function principalElements(scene: Scene, kind: PolicyKind, effect: 'Allow' | 'Deny'): fc.Arbitrary<Elements> {
  switch (kind) {
    case 'identity':
    case 'boundary':
    case 'session':
    case 'scp':
      return fc.constant({})
    case 'rcp':
      return fc.constant<Elements>({ Principal: '*' })
    case 'key':
    case 'resource':
    case 'trust':
    case 'vpce': {
      const named = principals(scene).map((Principal): Elements => ({ Principal }))
      if (effect === 'Allow') return named
      return anyOf([5, named], [2, exemptions(scene).map((NotPrincipal): Elements => ({ NotPrincipal }))])
    }
  }
}

interface StatementAim {
  readonly scene: Scene
  readonly kind: PolicyKind
  readonly takesVariables: boolean
  readonly options: GenerateOptions
}

function statements(
  effect: 'Allow' | 'Deny',
  { scene, kind, takesVariables, options }: StatementAim,
): fc.Arbitrary<StatementJson> {
  const any = conditions(scene, takesVariables, options)
  return fc
    .record({
      principal: principalElements(scene, kind, effect),
      action: actionElements(scene, kind),
      resource: kind === 'trust' ? fc.constant({}) : resourceElements(scene, kind),
      // A Deny without a condition ends the story, so it mostly has one.
      condition: effect === 'Allow' ? any : anyOf([1, any], [1, any.filter((condition) => condition !== undefined)]),
    })
    .map(({ principal, action, resource, condition }) => ({
      Effect: effect,
      ...principal,
      ...action,
      ...resource,
      ...(condition === undefined ? {} : { Condition: condition }),
    }))
}

/** Identity policies want unique Sids of letters and digits; key policies take spaces. */
function withSids(found: readonly StatementJson[], kind: PolicyKind, sids: boolean): readonly StatementJson[] {
  if (!sids) return found
  return found.map((statement, index) => ({ Sid: kind === 'key' ? `Statement ${index}` : `S${index}`, ...statement }))
}

const OPEN_STATEMENT: Readonly<Record<PolicyKind, StatementJson | undefined>> = {
  key: undefined,
  resource: undefined,
  trust: undefined,
  identity: undefined,
  boundary: allow('*'),
  session: allow('*'),
  scp: allow('*'),
  rcp: undefined,
  vpce: allow('*', { to: '*' }),
}

type Version = '2012-10-17' | '2008-10-17' | undefined

/** SCPs and RCPs have to name the new version (A2). */
function versions(kind: PolicyKind): fc.Arbitrary<Version> {
  if (kind === 'scp' || kind === 'rcp') return fc.constant('2012-10-17')
  return anyOf<Version>([10, fc.constant('2012-10-17')], [1, fc.constant('2008-10-17')], [1, fc.constant(undefined)])
}

/** One policy document of the kind. Layers that limit start from "allow everything" about half of the time. */
export function policies(scene: Scene, kind: PolicyKind, options: GenerateOptions): fc.Arbitrary<PolicyJson> {
  const open = OPEN_STATEMENT[kind]
  return versions(kind).chain((Version) => {
    const aim = { scene, kind, takesVariables: Version === '2012-10-17', options }
    const one =
      kind === 'rcp' ? statements('Deny', aim) : anyOf([6, statements('Allow', aim)], [1, statements('Deny', aim)])
    return fc
      .record({
        found: fc.array(one, { minLength: 1, maxLength: 3 }),
        isOpen: fc.boolean(),
        sids: fc.boolean(),
        single: fc.boolean(),
      })
      .map(({ found, isOpen, sids, single }): PolicyJson => {
        const all = withSids(isOpen && open ? [open, ...found] : found, kind, sids)
        const [first] = all
        return {
          ...(Version === undefined ? {} : { Version }),
          Statement: single && all.length === 1 && first ? first : all,
        }
      })
  })
}

/** The AWS managed RCPFullAWSAccess; it may be listed and changes nothing. */
const RCP_FULL_ACCESS = policy(allow('*', { to: '*' }))

function levelsOf(level: fc.Arbitrary<readonly PolicyJson[]>): fc.Arbitrary<readonly (readonly PolicyJson[])[]> {
  return fc.array(level, { minLength: 1, maxLength: 3 })
}

export function scpLevels(scene: Scene, options: GenerateOptions): fc.Arbitrary<readonly (readonly PolicyJson[])[]> {
  const one = policies(scene, 'scp', options)
  return levelsOf(
    anyOf<readonly PolicyJson[]>(
      [5, fc.constant([EVERYTHING])],
      [4, fc.tuple(fc.constant(EVERYTHING), one)],
      [3, fc.array(one, { minLength: 1, maxLength: 2 })],
      [0.4, fc.constant([])],
    ),
  )
}

export function rcpLevels(scene: Scene, options: GenerateOptions): fc.Arbitrary<readonly (readonly PolicyJson[])[]> {
  const one = policies(scene, 'rcp', options)
  return levelsOf(
    anyOf<readonly PolicyJson[]>(
      [2, fc.constant([RCP_FULL_ACCESS])],
      [2, fc.tuple(fc.constant(RCP_FULL_ACCESS), one)],
      [1, one.map((each) => [each])],
      [1, fc.constant([])],
    ),
  )
}
