/**
 * Measures a batch of generated documents: which rules of the interpreter they reach and which constructs they hold.
 *
 * A generator that never comes near a rule proves nothing about it, so every line below has to be reached.
 */
import { OPERATOR_NAMES } from './conditions.js'
import type { AuthorizeDocument } from './document.js'
import { interpret } from './interpret.js'

/** (decision, layer) pairs that exist: an RCP cannot deny implicitly, only some layers can complete an allow. */
const DECISIONS = [
  ...['keyPolicy', 'identity', 'grant'].map((layer) => `decision allow ${layer}`),
  ...['rcp', 'scp', 'vpce', 'keyPolicy', 'identity', 'boundary', 'session'].map(
    (layer) => `decision explicitDeny ${layer}`,
  ),
  ...['scp', 'vpce', 'operation', 'keyPolicy', 'identity', 'boundary', 'session', 'grant'].map(
    (layer) => `decision implicitDeny ${layer}`,
  ),
]

const CLASSES = [
  'user direct',
  'user account',
  'role direct',
  'role viaRole',
  'role account',
  'federated direct',
  'federated viaUser',
  'federated account',
  'root direct',
  'service direct',
].map((each) => `principal keyPolicy ${each}`)

const NOT_PRINCIPALS = [
  'user false',
  'user true',
  'user with a boundary true',
  'role false',
  'role true',
  'role with a boundary true',
  'federated false',
  'federated true',
  'root false',
  'service false',
  'service true',
].map((each) => `NotPrincipal keyPolicy ${each}`)

/** Every operator both ways with a plain key; every set operator and IfExists with at least some operator. */
const OPERATORS = [
  ...[...OPERATOR_NAMES, 'Null'].flatMap((name) => [`operator ${name} plain true`, `operator ${name} plain false`]),
  ...OPERATOR_NAMES.flatMap((name) => [
    `operator ${name} ForAnyValue`,
    `operator ${name} ForAllValues`,
    `operator ${name} IfExists`,
  ]),
]

const CONDITIONS = [
  'Null, key present',
  'Null, key absent',
  'Null with a set operator',
  'absent, positive',
  'absent, negated',
  'absent, IfExists',
  'absent, ForAnyValue',
  'absent, ForAllValues',
  'absent, ForAnyValue IfExists (K-28)',
  'present, positive',
  'present, negated',
  'present, ForAnyValue',
  'present, ForAllValues',
  'on a null data set',
  'several values without a set operator (K-12)',
  'cannot be compared, positive',
  'cannot be compared, negated',
  'variable without a value, positive',
  'variable without a value, negated',
  'empty value list, plain positive',
  'empty value list, IfExists or ForAllValues',
  'empty value list, ForAnyValue',
  'with an empty value list',
].map((each) => `condition ${each}`)

const LAYERS = [
  ...['keyPolicy', 'identity', 'boundary', 'session', 'scp', 'rcp', 'vpce'].flatMap((layer) => [
    `applied ${layer} Allow`,
    `applied ${layer} Deny`,
  ]),
  ...['management account', 'service-linked role'].map((each) => `scp exempt: ${each}`),
  ...[
    'no key resource (K-25)',
    'RetireGrant',
    'AWS managed key',
    'service-linked role',
    'key of the management account',
  ].map((each) => `rcp exempt: ${each}`),
  'scp level without a policy',
  'vpce default policy',
  'vpce policy not used',
  'context hidden from the key policy (K-19)',
  ...['key', 'alias', 'noResource', 'retireGrant', 'other'].map((each) => `kind ${each}`),
  ...['user', 'role', 'root', 'federated', 'service'].map((each) => `caller ${each}`),
]

const STATEMENTS = [
  'statement with NotAction',
  'statement with NotResource',
  'statement without an action',
  'statement without a resource',
  'resource variable with a value',
  'resource variable without a value',
]

const GRANTS = [
  'direct user',
  'direct role',
  'viaRole role',
  'account user',
  'account role',
  'direct federated',
  'direct root',
  'direct service',
  'not yet propagated',
  'by token',
  'cut by the identity side',
  'encryption context ignored',
  'child true',
  'child false',
  'SourceArn true',
  'SourceArn false',
  'EncryptionContextEquals true',
  'EncryptionContextEquals false',
  'EncryptionContextSubset true',
  'EncryptionContextSubset false',
].map((each) => `grant ${each}`)

const RETIREMENTS = [
  'retiring principal direct',
  'retiring principal viaRole',
  'retiring principal account',
  'grantee direct',
  'grantee viaRole',
  'grantee account',
  'issuing root direct',
  'owner account',
  'owner direct',
].map((each) => `retire as ${each}`)

/** Constructs that are seen in the text of a document rather than in its evaluation. */
const CONSTRUCTS: Readonly<Record<string, (text: string, document: AuthorizeDocument) => boolean>> = {
  'no Version': (_, { keyPolicy }) => !!keyPolicy && keyPolicy.Version === undefined,
  'Version 2008-10-17': (text) => text.includes('"2008-10-17"'),
  'a single statement without a list': (text) => text.includes('"Statement":{'),
  'an action in another case': (text) => text.includes('"KMS:decrypt"'),
  'a ? in an action': (text) => text.includes('"kms:Decryp?"'),
  'a short ARN': (text) => text.includes('"arn:aws:kms"'),
  'an ARN pattern of too few fields in a condition': (text) => text.includes('":"arn:*:role/App"'),
  'a star across colons': (text) => text.includes('"arn:aws:secretsmanager:*:secret:*"'),
  'a policy value that its operator cannot read': (text) => /"Date[A-Za-z]*":\{"[^"]*":"soon"/.test(text),
  'an empty Condition': (text) => text.includes('"Condition":{}'),
  'Principal "*"': (text) => text.includes('"Principal":"*"'),
  'Principal {"AWS":"*"}': (text) => text.includes('"Principal":{"AWS":"*"}'),
  'an account by its digits': (text) => text.includes('"Principal":{"AWS":"111122223333"}'),
  'a left-over unique id': (text) => text.includes('AIDACKCEVSQ6C2EXAMPLE'),
  'a variable with a default': (text) => text.includes("${aws:PrincipalTag/team, 'payments'}"),
  'an escaped wildcard': (text) => text.includes('pay${*}'),
  'a variable in Bool (K-6)': (text) => text.includes("${aws:MultiFactorAuthPresent, 'true'}"),
  'two tags that differ by case': (text) => text.includes('"AWS:ResourceTag/TEAM"'),
  'no key policy': (_, { keyPolicy }) => keyPolicy === null,
  'a bare key id in a grant': (text) => text.includes('"KeyId":"1234abcd'),
  'a service grantee': (text) => text.includes('"GranteeServicePrincipal"'),
  'a service in GranteePrincipal': (text) => text.includes('"GranteePrincipal":"logs'),
  'a grant of another issuer': (text) => text.includes('"IssuingAccount":"arn:aws:iam::444455556666:root"'),
  'a role by its role ARN': (_, { principal }) => principal.type === 'role' && principal.arn.includes(':role/'),
  'a retiring principal to list grants for': (_, { action, resource }) =>
    action === 'kms:ListRetirableGrants' && !!resource?.arn,
  'across accounts': (_, { principal, resource }) => resource?.type === 'key' && principal.arn.includes('444455556666'),
  'policies given to a root user': (_, { principal, identityPolicies }) =>
    principal.type === 'root' && !!identityPolicies,
  'no session policies for a federated user': (_, { principal, sessionPolicies }) =>
    principal.type === 'federated' && (sessionPolicies ?? []).length === 0,
  RCPFullAWSAccess: (_, { rcps }) => JSON.stringify(rcps ?? {}).includes('"Action":"*"'),
}

const REQUIRED = [
  ...DECISIONS,
  ...CLASSES,
  ...NOT_PRINCIPALS,
  ...OPERATORS,
  ...CONDITIONS,
  ...LAYERS,
  ...STATEMENTS,
  ...GRANTS,
  ...RETIREMENTS,
  ...Object.keys(CONSTRUCTS),
]

export interface Coverage {
  readonly documents: number
  /** In how many documents each mark was reached. */
  readonly counts: ReadonlyMap<string, number>
  readonly missing: readonly string[]
  /** Share of documents that end in an allow, 0 to 1. */
  readonly allowShare: number
}

/** `operator X plain IfExists true` also counts for `operator X IfExists`, and likewise for the set operators. */
function marksOf(mark: string): readonly string[] {
  const found = /^operator (\S+) (\S+)( IfExists)? (?:true|false)$/.exec(mark)
  if (!found) return [mark]
  const [, name = '', set = '', ifExists] = found
  return [mark, `operator ${name} ${set}`, ...(ifExists === undefined ? [] : [`operator ${name} IfExists`])]
}

export function coverageOf(documents: readonly AuthorizeDocument[]): Coverage {
  const counts = new Map<string, number>()
  let allows = 0
  for (const document of documents) {
    const marks = new Set<string>()
    const observe = (mark: string): void => marksOf(mark).forEach((each) => marks.add(each))
    if (interpret(document, { observe }).decision === 'allow') allows++
    const text = JSON.stringify(document)
    for (const [name, holds] of Object.entries(CONSTRUCTS)) if (holds(text, document)) marks.add(name)
    for (const mark of marks) counts.set(mark, (counts.get(mark) ?? 0) + 1)
  }
  return {
    documents: documents.length,
    counts,
    missing: REQUIRED.filter((mark) => !counts.has(mark)),
    allowShare: allows / documents.length,
  }
}

export function coverageReport({ documents, counts, missing, allowShare }: Coverage): string {
  const lines = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([mark, count]) => `${String(count).padStart(6)} ${mark}`)
  const head = `${documents} documents, ${Math.round(allowShare * 100)} % allowed, ${missing.length} marks not reached`
  return [head, ...missing.map((mark) => `     - ${mark}`), ...lines].join('\n')
}
