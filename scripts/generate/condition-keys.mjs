/**
 * `src/aws/condition-keys.ts`: the condition keys a KMS request can carry, and the services that call KMS for others.
 */
import { conditionKeyPattern, header, known, literal, Raw } from './common.mjs'

const TYPES = `
export type ConditionKeyType = 'String' | 'ARN' | 'Bool' | 'Numeric' | 'Date' | 'IPAddress'

export interface ConditionKeyInfo {
  /** The documented name; a part in braces stands for any text, or for any number of a range such as \`{0..31}\`. */
  readonly pattern: string
  readonly group: 'kms' | 'principal' | 'session' | 'network' | 'resource' | 'request'
  /** The operator families it is compared with; two where the documents disagree, and then both work. */
  readonly types: readonly ConditionKeyType[]
  /** A set in the request context: policies ask ForAnyValue or ForAllValues of it. */
  readonly multi: boolean
  /** The permissions whose requests can carry it; null: any. */
  readonly actions: readonly string[] | null
  /** False: key policies do not see it. */
  readonly inKeyPolicy: boolean
  /** Its value when the request leaves the parameter out; null: the key is then absent. */
  readonly default: ConditionKeyDefault | null
  /** Every value it can have, where that list is closed. */
  readonly values: readonly string[] | null
  /** The key that replaced it; it is still evaluated. */
  readonly synonymOf: string | null
  /** AWS sees no use for a wildcard in its values. */
  readonly wildcardsUnsafe: boolean
}

interface ConditionKeyDefault {
  readonly value: string
  /** For CreateKey alone; of an existing key the property itself is known. */
  readonly createKeyOnly: boolean
}
`

const KEY_ACTIONS = new Raw('...KEY_ACTIONS')

export function renderConditionKeys(facts, actions) {
  const keyActions = names(actions.actions.filter(({ resources }) => resources.includes('key')))
  const identityOnly = new Set(actions.keyResourceConditionKeysIdentityPolicyOnly.map(conditionKeyPattern))
  const all = [...facts.kms, ...facts.global]
  const rows = all.map((fact) => ({
    pattern: fact.key,
    group: fact.group ?? 'kms',
    types: fact.type.split('/'),
    multi: fact.multi,
    actions: fact.operations === undefined ? null : actionsOf(fact, facts.kms, actions.actions),
    inKeyPolicy: !identityOnly.has(fact.key),
    default: defaultValue((facts.kms.find(({ key }) => key === actions.deprecatedSynonyms[fact.key]) ?? fact).default),
    values: fact.values ?? null,
    synonymOf: actions.deprecatedSynonyms[fact.key] ?? null,
    wildcardsUnsafe: fact.wildcardsUnsafe ?? false,
  }))
  return [
    header(
      ['The condition keys a KMS request can carry. Data only; `condition-key.ts` looks them up.'],
      'facts/condition-keys.json and facts/kms-actions.json',
      'IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys" and ' +
        '"Condition keys for attested platforms"; Service Authorization Reference, AWS Key Management Service.',
    ),
    TYPES,
    '/** Every permission that is authorised on a key. */',
    `const KEY_ACTIONS: readonly string[] = ${literal(keyActions)}`,
    '',
    `export const CONDITION_KEYS: readonly ConditionKeyInfo[] = ${literal(rows)}`,
    '',
    '/** Keys met in policies of AWS itself that no page documents: not unknown, but nothing is known of them either. */',
    `export const UNDOCUMENTED_CONDITION_KEYS: readonly string[] = ${literal(facts.knownOutsideTheList.keys)}`,
    '',
    '/**',
    ' * The services known to call KMS for a principal: kms:ViaService is `{prefix}.{region}.amazonaws.com` in every',
    ' * partition. The list grows without notice, so a name that is missing here proves nothing.',
    ' */',
    `export const VIA_SERVICE_PREFIXES: readonly string[] = ${literal(facts.viaServicePrefixes)}`,
  ].join('\n')
}

/** The permissions a key goes with; a whole group becomes a spread of `KEY_ACTIONS`. */
function actionsOf(fact, kmsKeys, actions) {
  return fact.operations.flatMap((entry) => {
    if (actions.some(({ name }) => name === `kms:${entry}`)) return [`kms:${entry}`]
    if (entry.startsWith('as kms:')) {
      return actionsOf(
        kmsKeys.find(({ key }) => key === entry.slice('as '.length)),
        kmsKeys,
        actions,
      )
    }
    return known(
      {
        'all actions authorised on a key resource': [KEY_ACTIONS],
        'custom key store actions': names(actions.filter(({ name }) => name.includes('CustomKeyStore'))),
        'cryptographic operations (not GenerateRandom), DescribeKey, GetPublicKey': names(
          actions.filter(
            ({ name, cryptographic }) =>
              (cryptographic && name !== 'kms:GenerateRandom') ||
              name === 'kms:DescribeKey' ||
              name === 'kms:GetPublicKey',
          ),
        ),
      },
      entry,
      'group of operations',
    )
  })
}

/** `"AWS_KMS (CreateKey)"` is a value and when it holds. */
function defaultValue(text) {
  if (text === undefined) return null
  const [value, when] = text.split(' (')
  return { value, createKeyOnly: when?.startsWith('CreateKey') ?? false }
}

function names(actions) {
  return actions.map(({ name }) => name)
}
