/**
 * The entries of Resource or NotResource, split into ARN fields once and shared by every rule that asks.
 *
 * A policy variable counts as a wildcard here: what it stands for is not known. Knows nothing of which resources exist.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource"; AWS General Reference, "Amazon Resource Names".
 */
import type { PatternsView, TextValue } from '../policy-view.js'
import { hasVariable, parseTemplate } from '../../text/template.js'

export interface ArnFields {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

export interface ResourceEntry {
  readonly item: TextValue
  /**
   * `any`: nothing but `*`; `arn`: six fields; `short`: begins `arn:` and has fewer; `other`: no ARN; `unknown`: a part
   * has no value before deployment.
   */
  readonly form: 'any' | 'arn' | 'short' | 'other' | 'unknown'
  /** Of an ARN; the fields that a short one lacks are `*`. */
  readonly fields?: ArnFields
  readonly hasVariable: boolean
}

const entriesOf = new WeakMap<PatternsView, readonly ResourceEntry[]>()

export function resourceEntries(patterns: PatternsView): readonly ResourceEntry[] {
  const known = entriesOf.get(patterns)
  if (known !== undefined) return known
  const entries = patterns.items.map(readResource)
  entriesOf.set(patterns, entries)
  return entries
}

function readResource(item: TextValue): ResourceEntry {
  const { value } = item
  const variable = hasVariable(value)
  if (!item.known) return { item, form: 'unknown', hasVariable: variable }
  if (/^\*+$/.test(value)) return { item, form: 'any', hasVariable: variable }
  const open = variable ? withoutVariables(value) : value
  if (open === undefined || !open.startsWith('arn:')) return { item, form: 'other', hasVariable: variable }
  const [, partition = '*', service = '*', region = '*', account = '*', ...rest] = open.split(':')
  const isWhole = rest.length > 0
  const fields = { partition, service, region, account, resource: isWhole ? rest.join(':') : '*' }
  return { item, form: isWhole ? 'arn' : 'short', fields, hasVariable: variable }
}

/** Each variable as `*`; undefined for a text with a variable that cannot be read. */
function withoutVariables(value: string): string | undefined {
  const template = parseTemplate(value)
  if (!template.ok) return undefined
  return template.value
    .map((part) => (part.kind === 'text' ? part.text : part.kind === 'wild' ? part.wild : '*'))
    .join('')
}

/** Of one ARN, whatever it stands in; undefined for a text that is none. */
export function arnFields(value: string): ArnFields | undefined {
  if (!value.startsWith('arn:')) return undefined
  const [, partition = '', service = '', region = '', account = '', ...rest] = value.split(':')
  return rest.length === 0 ? undefined : { partition, service, region, account, resource: rest.join(':') }
}
