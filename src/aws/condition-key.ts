/**
 * Looking up a condition key by the name a policy or a request uses: without case, and with the parts that are free in
 * it, as in `kms:EncryptionContext:tenant` or `aws:PrincipalTag/team`.
 *
 * Knows nothing of what a request carries; the table says only what could be there.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys".
 */
import { CONDITION_KEYS, type ConditionKeyInfo } from './condition-keys.js'

interface Template {
  readonly info: ConditionKeyInfo
  /** The fixed beginning, in lower case. */
  readonly prefix: string
  /** The numbers that may follow; absent: any text that is not empty. */
  readonly range?: { readonly first: number; readonly last: number }
}

interface Index {
  readonly exact: ReadonlyMap<string, ConditionKeyInfo>
  readonly templates: readonly Template[]
}

let index: Index | undefined

/** What is known of a condition key, or undefined when it is not one a KMS request can carry. */
export function conditionKeyInfo(name: string): ConditionKeyInfo | undefined {
  index ??= buildIndex()
  const lower = name.toLowerCase()
  return index.exact.get(lower) ?? index.templates.find((template) => fits(template, lower))?.info
}

/** Whether the request carries this key as a set, so that a policy needs ForAnyValue or ForAllValues to test it. */
export function isMultiValuedKey(name: string): boolean {
  return conditionKeyInfo(name)?.multi ?? false
}

const REQUEST_TAG = 'aws:requesttag/'
const TAG_KEYS = 'aws:tagkeys'
/** The permissions of KMS whose requests can name tags. */
const TAGGING: ReadonlySet<string> = new Set([
  'kms:CreateKey',
  'kms:ReplicateKey',
  'kms:TagResource',
  'kms:UntagResource',
])

/**
 * Whether no request for this permission can carry the key, whoever makes it.
 * @param action - in its documented spelling.
 */
export function isNeverCarried(name: string, action: string): boolean {
  const lower = name.toLowerCase()
  if (lower === TAG_KEYS || lower.startsWith(REQUEST_TAG)) return action.startsWith('kms:') && !TAGGING.has(action)
  const actions = conditionKeyInfo(lower)?.actions ?? null
  return actions !== null && !actions.includes(action)
}

function buildIndex(): Index {
  const exact = new Map<string, ConditionKeyInfo>()
  const templates: Template[] = []
  for (const info of CONDITION_KEYS) {
    const brace = info.pattern.indexOf('{')
    if (brace < 0) exact.set(info.pattern.toLowerCase(), info)
    else templates.push(template(info, brace))
  }
  return { exact, templates }
}

function template(info: ConditionKeyInfo, brace: number): Template {
  const prefix = info.pattern.slice(0, brace).toLowerCase()
  const [first, last] = info.pattern.slice(brace + 1, -1).split('..')
  return last === undefined ? { info, prefix } : { info, prefix, range: { first: Number(first), last: Number(last) } }
}

function fits({ prefix, range }: Template, name: string): boolean {
  if (!name.startsWith(prefix) || name.length === prefix.length) return false
  if (range === undefined) return true
  const rest = name.slice(prefix.length)
  const number = Number(rest)
  // One spelling for each number: "PCR08" and "PCR8.0" name nothing.
  return String(number) === rest && Number.isInteger(number) && number >= range.first && number <= range.last
}
