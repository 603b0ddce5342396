/**
 * What keeps a finding quiet: a comment, the metadata of a resource, an entry of the configuration. Types, and how the
 * words of one are read.
 *
 * Source: docs/lint.md, "Suppressing findings".
 */
import type { Finding } from './finding.js'
import type { SourceText, Span } from '../text/source.js'

export interface Suppression {
  /** Ids, names or beginnings of ids. */
  readonly rules: readonly string[]
  readonly reason?: string
  /** `YYYY-MM-DD`; the last day on which it counts. */
  readonly until?: string
  readonly source: SourceText
  /** Where it stands. */
  readonly span: Span
  /** Removes it, where that can be done by an edit. */
  readonly removal?: Span
  /** What it speaks of: findings that begin in a part of its own file, or those that it covers. Its rules are asked elsewhere. */
  readonly scope: Span | { readonly covers: (finding: Finding) => boolean }
}

export interface SuppressionWords {
  readonly rules: readonly string[]
  readonly reason?: string
  readonly until?: string
}

const RULES = /^[A-Za-z0-9-]+(?:,[A-Za-z0-9-]+)*/
const UNTIL = /(?:^|\s)until:?\s(\d{4}-\d{2}-\d{2})$/

/** `KEY005,KMS008 the keys are copied until: 2027-01-31`; undefined where no rule is named. */
export function readSuppressionWords(text: string): SuppressionWords | undefined {
  const words = text.trim()
  const rules = RULES.exec(words)?.[0]
  if (rules === undefined) return undefined
  const rest = words.slice(rules.length).trim().replaceAll(/\s+/g, ' ')
  const until = UNTIL.exec(rest)
  const reason = (until === null ? rest : rest.slice(0, until.index)).trim()
  return {
    rules: rules.split(','),
    ...(reason === '' ? {} : { reason }),
    ...(until?.[1] === undefined ? {} : { until: until[1] }),
  }
}

export function isDay(text: string): boolean {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text) ?? []
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return year !== '' && date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
}
