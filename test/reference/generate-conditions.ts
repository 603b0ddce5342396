/**
 * Random request contexts and conditions over one small pool of keys, so that conditions hold about as often as not.
 *
 * Some values, in contexts and policies alike, cannot be read by the operator that meets them (K-32).
 *
 * Source: authorization.md A7, A8, B; KMS Developer Guide, "OverlyPermissiveCondition".
 */
import fc from 'fast-check'
import type { ConditionJson, Context, OneOrMany, Scalar } from './document.js'
import { A, B } from './example.js'
import { principalArnOf, TOPIC, type Scene } from './generate-scenario.js'

export interface GenerateOptions {
  /** Policy values that their operator cannot read, such as a date `soon`; true when left out. */
  readonly unreadablePolicyValues?: boolean
}

interface PooledKey {
  readonly key: string
  readonly inContext: readonly OneOrMany<Scalar>[]
  /** How likely the key stands in a context, in percent. */
  readonly presence: number
}

/** Several spellings of one key never stand in one context, except for the tag that is there to show K-12. */
const POOL: readonly PooledKey[] = [
  {
    key: 'aws:PrincipalTag/team',
    inContext: ['payments', 'payments', 'ops', 'Payments', '', '*', 'a:b'],
    presence: 60,
  },
  { key: 'aws:ResourceTag/team', inContext: ['payments', 'ops', ''], presence: 40 },
  { key: 'AWS:ResourceTag/TEAM', inContext: ['ops'], presence: 4 },
  { key: 'kms:ResourceAliases', inContext: [['alias/payments'], ['alias/app1', 'alias/app2'], [''], []], presence: 35 },
  { key: 'aws:TagKeys', inContext: [['team'], ['team', 'Env'], ['', ''], ['', 'team'], []], presence: 35 },
  { key: 'kms:ViaService', inContext: ['s3.us-west-2.amazonaws.com', 'rds.us-west-2.amazonaws.com'], presence: 35 },
  {
    key: 'aws:SourceIp',
    inContext: ['203.0.113.10', '203.0.113.200', '2001:db8::1', '2001:DB8:0::1', 'not an address'],
    presence: 50,
  },
  {
    key: 'aws:CurrentTime',
    inContext: [
      '2026-03-15T12:00:00Z',
      '2026-03-15T14:00:00+02:00',
      '2026-03-15',
      '1773576000',
      1773576000.0,
      '2026-02-30',
      'soon',
    ],
    presence: 65,
  },
  { key: 'aws:MultiFactorAuthAge', inContext: ['7', 7, '7.0', '300', '-1', '0.5', 'seven'], presence: 65 },
  { key: 'aws:MultiFactorAuthPresent', inContext: [true, 'true', 'FALSE', false, 'maybe'], presence: 50 },
  { key: 'aws:RequestTag/blob', inContext: ['QmluYXJ5', 'b3RoZXI=', '', '!!'], presence: 35 },
  { key: 'kms:KeySpec', inContext: ['SYMMETRIC_DEFAULT'], presence: 70 },
  { key: 'kms:RequestAlias', inContext: ['alias/payments', 'alias/app1', ['alias/app1', 'alias/app2']], presence: 25 },
]

const LISTED_KEYS = ['kms:ResourceAliases', 'aws:TagKeys', 'kms:EncryptionContextKeys']
/** Keys with which KMS refuses ForAllValues. */
const REFUSED_WITH_ALL = /^(kms:encryptioncontext:|aws:requesttag\/)/i

const STRINGS = [
  'payments',
  'ops',
  'PAYMENTS',
  'alias/payments',
  'alias/app1',
  'team',
  'Env',
  's3.us-west-2.amazonaws.com',
  'SYMMETRIC_DEFAULT',
  A,
  'a',
  'b',
  'Alice',
  '',
  true,
  7,
] as const
const GLOBS = ['*', 'pay*', '*ment?', 'alias/app?', 'alias/*', 's3.*.amazonaws.com', '?', '*-west-*', 'SYM*'] as const
const VARIABLES = [
  '${aws:PrincipalTag/team}',
  '${AWS:principaltag/Team}',
  "${aws:PrincipalTag/team, 'payments'}",
  "${aws:PrincipalTag/none, 'ops'}",
  '${aws:PrincipalTag/none}',
  '${aws:ResourceTag/team}',
  '${aws:username}',
  'alias/${aws:PrincipalTag/team}',
  '${kms:EncryptionContext:tenant}',
  '${aws:TagKeys}',
  '${*}',
  'pay${*}',
  'paymen${?}s',
  '${$}',
] as const

const NUMBERS = ['7', 7, '7.0', '+7.00', '300', -1, '0', '0.5', 1e3] as const
const DATES = [
  '2026-03-15T12:00:00Z',
  '2026-03-15',
  '2026-03',
  '2026',
  '2026-03-15T13:00+01:00',
  '2026-03-15T11:59:59.999Z',
  '1773576000',
  1773576000,
] as const
const ADDRESSES = [
  '203.0.113.0/24',
  '203.0.113.10',
  '203.0.113.77/25',
  '0.0.0.0/0',
  '2001:db8::/32',
  '2001:db8::1',
  '::/0',
] as const
const BYTES = ['QmluYXJ5', 'b3RoZXI='] as const

function arns(scene: Scene): readonly string[] {
  const own = principalArnOf(scene.principal)
  return [
    own,
    own.replace(/[^/]*$/, '*'),
    'arn:aws:iam::*:role/*',
    'arn:aws:*::*:*',
    `arn:aws:iam::${B}:user/Bob`,
    'arn:aws:iam::*:user/${aws:username}',
    '${aws:PrincipalArn}',
    TOPIC,
    'arn:aws:sns:*:*:to?ic',
    'arn:*:role/App',
  ]
}

/** Values that the context is likely to hold for a key: what a condition has to ask for if it is to hold. */
function likelyValues(key: string, scene: Scene): readonly Scalar[] {
  switch (key.toLowerCase()) {
    case 'aws:principaltag/team':
    case 'aws:resourcetag/team':
      return ['payments', 'ops']
    case 'kms:resourcealiases':
    case 'kms:requestalias':
      return ['alias/payments', 'alias/app1']
    case 'aws:tagkeys':
      return ['team', 'Env']
    case 'kms:viaservice':
      return ['s3.us-west-2.amazonaws.com']
    case 'kms:keyspec':
      return ['SYMMETRIC_DEFAULT']
    case 'kms:encryptioncontext:tenant':
      return ['a']
    case 'kms:encryptioncontextkeys':
      return ['tenant', 'App']
    case 'kms:calleraccount':
      return [scene.account]
    case 'aws:username':
      return ['Alice', 'Bob']
    case 'aws:principalarn':
      return [principalArnOf(scene.principal)]
    case 'aws:sourcevpce':
      return ['vpce-1']
    default:
      return []
  }
}

interface OperatorFamily {
  readonly operators: readonly string[]
  /** Keys whose context values mostly are of this family. */
  readonly keys: readonly string[]
  readonly values: (scene: Scene, takesVariables: boolean) => readonly Scalar[]
  readonly unreadable: readonly Scalar[]
}

const TEXT_KEYS = [
  'aws:PrincipalTag/team',
  'aws:ResourceTag/team',
  'kms:ResourceAliases',
  'aws:TagKeys',
  'kms:ViaService',
  'kms:KeySpec',
  'kms:RequestAlias',
  'kms:EncryptionContext:tenant',
  'KMS:encryptioncontext:TENANT',
  'kms:EncryptionContextKeys',
  'kms:CallerAccount',
  'aws:username',
  'aws:SourceVpce',
]

const FAMILIES: readonly { readonly weight: number; readonly family: OperatorFamily }[] = [
  {
    weight: 6,
    family: {
      operators: [
        'StringEquals',
        'StringEquals',
        'StringNotEquals',
        'StringEqualsIgnoreCase',
        'StringNotEqualsIgnoreCase',
      ],
      keys: TEXT_KEYS,
      values: () => [...STRINGS, ...STRINGS, ...GLOBS.slice(0, 2), ...VARIABLES],
      unreadable: [],
    },
  },
  {
    weight: 4,
    family: {
      operators: ['StringLike', 'StringNotLike'],
      keys: [...TEXT_KEYS, 'aws:PrincipalArn'],
      values: () => [...STRINGS.slice(0, 6), ...GLOBS, ...VARIABLES, 'arn:*:role/App'],
      unreadable: [],
    },
  },
  {
    weight: 4,
    family: {
      operators: [
        'NumericEquals',
        'NumericNotEquals',
        'NumericLessThan',
        'NumericLessThanEquals',
        'NumericGreaterThan',
        'NumericGreaterThanEquals',
      ],
      keys: ['aws:MultiFactorAuthAge'],
      values: () => NUMBERS,
      unreadable: ['seven', ''],
    },
  },
  {
    weight: 4,
    family: {
      operators: [
        'DateEquals',
        'DateNotEquals',
        'DateLessThan',
        'DateLessThanEquals',
        'DateGreaterThan',
        'DateGreaterThanEquals',
      ],
      keys: ['aws:CurrentTime'],
      values: () => DATES,
      unreadable: ['soon', '2026-02-30'],
    },
  },
  {
    weight: 2,
    family: {
      operators: ['Bool'],
      keys: ['aws:MultiFactorAuthPresent'],
      values: (_scene, takesVariables) => [
        true,
        'true',
        'false',
        false,
        'TRUE',
        ...(takesVariables ? ["${aws:MultiFactorAuthPresent, 'true'}"] : []),
      ],
      unreadable: ['yes'],
    },
  },
  {
    weight: 2,
    family: { operators: ['BinaryEquals'], keys: ['aws:RequestTag/blob'], values: () => BYTES, unreadable: ['!!'] },
  },
  {
    weight: 2,
    family: {
      operators: ['IpAddress', 'NotIpAddress'],
      keys: ['aws:SourceIp'],
      values: () => ADDRESSES,
      unreadable: ['203.0.113.0/33', 'home'],
    },
  },
  {
    weight: 3,
    family: {
      operators: ['ArnLike', 'ArnEquals', 'ArnNotLike', 'ArnNotEquals'],
      keys: ['aws:PrincipalArn', 'aws:PrincipalArn', 'aws:SourceArn'],
      values: arns,
      unreadable: ['*'],
    },
  },
  {
    weight: 2,
    family: {
      operators: ['Null'],
      keys: [
        'kms:ResourceAliases',
        'aws:TagKeys',
        'kms:ViaService',
        'aws:PrincipalTag/team',
        'kms:EncryptionContextKeys',
      ],
      values: () => ['true', 'false', true, false],
      unreadable: [],
    },
  },
]

type Slot = { readonly value: Scalar } | { readonly likely: number }

interface ConditionTest {
  readonly operator: string
  readonly key: string
  readonly values: OneOrMany<Scalar>
}

function testsOf(
  family: OperatorFamily,
  scene: Scene,
  takesVariables: boolean,
  options: GenerateOptions,
): fc.Arbitrary<ConditionTest> {
  const readable = family.values(scene, takesVariables)
  const values = options.unreadablePolicyValues === false ? readable : [...readable, ...readable, ...family.unreadable]
  const isNull = family.operators[0] === 'Null'
  const isAboutText = (family.operators[0] ?? '').startsWith('String')
  // A slot is a value of the operator's own, or the n-th of those likely for the key.
  const slot: fc.Arbitrary<Slot> = isAboutText
    ? fc.oneof(
        fc.constantFrom(...values).map((value) => ({ value })),
        fc.nat(1).map((likely) => ({ likely })),
      )
    : fc.constantFrom(...values).map((value) => ({ value }))
  return fc
    .record({
      operator: fc.constantFrom(...family.operators),
      // One in eight reads a key of another family: comparisons that cannot be made.
      key: fc.oneof(
        { weight: 7, arbitrary: fc.constantFrom(...family.keys) },
        {
          weight: 1,
          arbitrary: fc.constantFrom('aws:PrincipalTag/team', 'aws:CurrentTime', 'aws:TagKeys', 'aws:PrincipalArn'),
        },
      ),
      set: fc.oneof(
        { weight: 4, arbitrary: fc.constant('') },
        { weight: 1, arbitrary: fc.constantFrom('ForAnyValue:', 'ForAllValues:') },
      ),
      listedSet: fc.constantFrom('ForAnyValue:', 'ForAllValues:', 'ForAnyValue:', ''),
      ifExists: fc.oneof({ weight: 3, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      values: fc.oneof<fc.MaybeWeightedArbitrary<readonly Slot[]>[]>(
        { weight: 10, arbitrary: fc.array(slot, { minLength: 1, maxLength: 1 }) },
        { weight: 6, arbitrary: fc.array(slot, { minLength: 2, maxLength: 3 }) },
        { weight: 1, arbitrary: fc.constant<readonly Slot[]>([]) },
      ),
      isBare: fc.boolean(),
    })
    .map(({ operator, key, set, listedSet, ifExists, values: slots, isBare }) => {
      const likely = likelyValues(key, scene)
      const fill = (each: Slot): Scalar => ('value' in each ? each.value : (likely[each.likely] ?? likely[0] ?? ''))
      const wanted = slots.map(fill)
      const [only] = wanted
      const chosen = LISTED_KEYS.includes(key) && !isNull ? listedSet : set
      const allowed = chosen === 'ForAllValues:' && REFUSED_WITH_ALL.test(key) ? '' : chosen
      return {
        operator: `${allowed}${operator}${ifExists && !isNull ? 'IfExists' : ''}`,
        key,
        values: isBare && wanted.length === 1 && only !== undefined ? only : wanted,
      }
    })
}

/** One block an operator; in a block no two keys that differ by case only (A1.1). */
function blocksOf(tests: readonly ConditionTest[]): ConditionJson {
  const blocks: Record<string, Record<string, OneOrMany<Scalar>>> = {}
  for (const { operator, key, values } of tests) {
    const block = (blocks[operator] ??= {})
    if (!Object.keys(block).some((name) => name.toLowerCase() === key.toLowerCase())) block[key] = values
  }
  return blocks
}

/** `takesVariables`: the policy is of a version in which `${...}` is no plain text. */
export function conditions(
  scene: Scene,
  takesVariables: boolean,
  options: GenerateOptions,
): fc.Arbitrary<ConditionJson | undefined> {
  const test = fc.oneof(
    ...FAMILIES.map(({ weight, family }) => ({ weight, arbitrary: testsOf(family, scene, takesVariables, options) })),
  )
  return fc.oneof(
    { weight: 12, arbitrary: fc.constant(undefined) },
    { weight: 8, arbitrary: test.map((one) => blocksOf([one])) },
    { weight: 2, arbitrary: fc.array(test, { minLength: 2, maxLength: 3 }).map(blocksOf) },
    { weight: 1, arbitrary: fc.constant({}) },
  )
}

function maybe(presence: number, key: string, values: fc.Arbitrary<OneOrMany<Scalar>>): fc.Arbitrary<Context> {
  return fc.oneof(
    { weight: 100 - presence, arbitrary: fc.constant({}) },
    { weight: presence, arbitrary: values.map((value) => ({ [key]: value })) },
  )
}

/** The complete request context of a scene; `encryptionContext` shows in it mostly, as KMS itself would have it. */
export function contexts(scene: Scene, encryptionContext: Readonly<Record<string, string>>): fc.Arbitrary<Context> {
  const { principal, account } = scene
  const pooled = POOL.map(({ key, inContext, presence }) => maybe(presence, key, fc.constantFrom(...inContext)))
  const pairs = Object.entries(encryptionContext)
  const own: Context = {
    ...(principal.type === 'service'
      ? {}
      : { 'aws:PrincipalArn': principalArnOf(principal), 'kms:CallerAccount': account }),
    ...(principal.type === 'user' && principal.userName ? { 'aws:username': principal.userName } : {}),
    ...(pairs.length === 0 ? {} : { 'kms:EncryptionContextKeys': pairs.map(([key]) => key) }),
    ...Object.fromEntries(pairs.map(([key, value]) => [`kms:EncryptionContext:${key}`, value])),
  }
  return fc
    .tuple(
      maybe(14, 'aws:SourceVpce', fc.constantFrom('vpce-1', 'vpce-2')),
      maybe(principal.type === 'service' ? 70 : 10, 'aws:SourceArn', fc.constantFrom(TOPIC, `${TOPIC}-2`, 'no arn')),
      fc.oneof({ weight: 9, arbitrary: fc.constant(own) }, { weight: 1, arbitrary: fc.constant<Context>({}) }),
      ...pooled,
    )
    .map((parts) => Object.assign({}, ...parts) as Context)
}
