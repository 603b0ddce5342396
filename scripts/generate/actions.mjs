/**
 * `src/aws/actions.ts`: the KMS permissions, the APIs that need several of them, and the condition keys of a key.
 */
import { conditionKeyPattern, header, known, literal, union } from './common.mjs'

/** What the facts call the resource of one check of an API that needs several. */
const CHECK_RESOURCES = {
  alias: { resource: 'alias', role: 'alias' },
  key: { resource: 'key', role: 'key' },
  'source key': { resource: 'key', role: 'source' },
  'destination key': { resource: 'key', role: 'destination' },
  'current key': { resource: 'key', role: 'current' },
  'new key': { resource: 'key', role: 'new' },
  'primary key': { resource: 'key', role: 'primary' },
  'replica key': { resource: 'key', role: 'replica' },
  '*': { resource: 'none', role: 'created' },
  '*, only with Tags': { resource: 'none', role: 'created', onlyWithTags: true },
  '* in replica Region': { resource: 'none', role: 'replicaRegion' },
  '* in replica Region, only with Tags': { resource: 'none', role: 'replicaRegion', onlyWithTags: true },
}

const TYPES = (names) => `
/** A permission by its documented spelling; IAM compares it without case. */
export type KmsActionName = ${union(names)}

export type KeyUsage = 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT' | 'ENCAPSULATE_DECAPSULATE'

type AccessLevel = 'List' | 'Read' | 'Write' | 'Tagging' | 'Permissions management'

export interface KmsAction {
  readonly name: KmsActionName
  /** The API operations that ask for it; none for the service-internal permission. */
  readonly operations: readonly string[]
  readonly access: readonly AccessLevel[]
  /** What it is authorised on; empty: no resource, so only identity-side policies count and Resource must be "*". */
  readonly resources: readonly ('key' | 'alias')[]
  /** Whether it may reach a key of another account; null: the question does not arise. */
  readonly crossAccount: boolean | 'retiringPrincipalInCallerAccount' | null
  /** May stand in the Operations of a grant, by its name without "kms:". */
  readonly grantable: boolean
  readonly cryptographic: boolean
  /** The API takes an alias name or alias ARN where it asks for the key. */
  readonly keyIdMayBeAlias: boolean
  /** Where the encryption-context condition keys come from: the request, or the constraint of the grant it is about. */
  readonly encryptionContext: 'request' | 'grantConstraint' | null
  /** Its own condition keys; those of \`KEY_RESOURCE_CONDITION_KEYS\` come on top where \`resources\` has a key. */
  readonly conditionKeys: readonly string[]
  /** Carries the kms:RecipientAttestation keys. */
  readonly attestationKeys: boolean
  /** The key usages it works with; empty: any. */
  readonly keyUsage: readonly KeyUsage[]
  readonly keyClass: 'asymmetric' | 'symmetric-encryption' | null
}

export interface ApiCheck {
  readonly action: KmsActionName
  readonly resource: 'key' | 'alias' | 'none'
  /** Which of the resources of the call it looks at. */
  readonly role: ApiCheckRole
  /** Made only when the call carries tags. */
  readonly onlyWithTags: boolean
}

type ApiCheckRole = ${union([...new Set(Object.values(CHECK_RESOURCES).map(({ role }) => role))])}
`

export function renderActions(facts) {
  const names = facts.actions.map(({ name }) => name)
  if (names.some((name, index) => index > 0 && names[index - 1] >= name)) {
    throw new Error('the actions of the facts are not in alphabetical order; the index of an action is its bit')
  }
  return [
    header(
      ['The KMS permissions and what each of them works on. Data only; `action.ts` looks things up.'],
      'facts/kms-actions.json',
      'Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service"; KMS ' +
        'Developer Guide, "Permissions for AWS KMS"; KMS API Reference.',
    ),
    TYPES(names),
    '/** In alphabetical order: the index of an action is its bit in every action set. */',
    `export const KMS_ACTIONS: readonly KmsAction[] = ${literal(facts.actions.map(action))}`,
    '',
    '/** The checks of every API that needs more than one, all of which must allow. */',
    `export const MULTI_RESOURCE_APIS: Readonly<Record<string, readonly ApiCheck[]>> = ${literal(apis(facts))}`,
    '',
    '/** Condition keys that every action authorised on a key has besides its own. */',
    `export const KEY_RESOURCE_CONDITION_KEYS: readonly string[] = ${literal(
      facts.keyResourceConditionKeys.map(conditionKeyPattern),
    )}`,
    '',
    '/** The only service condition keys there are when an action is authorised on an alias. */',
    `export const ALIAS_RESOURCE_CONDITION_KEYS: readonly string[] = ${literal(facts.aliasResourceConditionKeys)}`,
  ].join('\n')
}

function action(fact) {
  return {
    name: fact.name,
    operations: fact.api,
    access: fact.access,
    resources: fact.resources,
    crossAccount: fact.crossAccount,
    grantable: fact.grantable,
    cryptographic: fact.cryptographic,
    keyIdMayBeAlias: fact.keyIdMayBeAlias,
    encryptionContext: fact.encryptionContext,
    conditionKeys: fact.conditionKeys.map(conditionKeyPattern),
    attestationKeys: fact.attestationKeys,
    keyUsage: fact.keyUsage ?? [],
    keyClass: fact.keyClass ?? null,
  }
}

function apis(facts) {
  return Object.fromEntries(
    Object.entries(facts.multiResourceApis).map(([api, checks]) => [
      api,
      checks.map(([name, resource]) => ({
        action: name,
        onlyWithTags: false,
        ...known(CHECK_RESOURCES, resource, 'resource of a check'),
      })),
    ]),
  )
}
