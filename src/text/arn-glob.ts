/**
 * Matching an ARN against a pattern, field by field.
 *
 * Both sides are split at their first five colons; the sixth field is all the rest, colons included. In `arn-like`
 * mode (ArnLike, ArnEquals) a wildcard never leaves its field. In `resource` mode (Resource, NotResource) a `*` that
 * ends one of the first five fields may also run on across colons; `?` and any other `*` there may not.
 *
 * Case-sensitive. Knows nothing of variables: text that came out of one is handed over as literal tokens.
 * A subject with fewer than six fields is no ARN and never matches; "`*` also covers actions without a resource" is
 * for the caller to know.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource" and "Condition operators" (ARN operators).
 */
import { compileUnits, standsAt, tokensOf, unitsOf } from './glob.js'
import type { Glob, GlobToken } from './glob.js'
import { ANY_RUN, ANY_UNIT, COLON, FIELD_RUN, FIELD_UNIT, GlobAutomaton } from './glob-automaton.js'
import type { PatternUnits } from './glob-automaton.js'

export type ArnGlobMode = 'resource' | 'arn-like'

export interface ArnGlobOptions {
  /** Fill up a pattern of fewer than six fields with `*` fields, as identity policies do; `resource` mode only. */
  readonly complete?: boolean
}

export interface ArnGlob {
  /** The one ARN that matches; `undefined` when there is a wildcard or fewer than six fields. */
  readonly literal: string | undefined
  matches(subject: string): boolean
}

const FIELDS = 6

export function compileArnGlob(
  pattern: string | readonly GlobToken[],
  mode: ArnGlobMode,
  options: ArnGlobOptions = {},
): ArnGlob {
  const fields = splitFields(unitsOf(typeof pattern === 'string' ? tokensOf(pattern) : pattern))
  if (mode === 'arn-like') return fields.length === FIELDS ? new FieldwiseGlob(fields, false) : NEVER
  while (options.complete === true && fields.length < FIELDS) fields.push([ANY_RUN])
  if (fields.length === FIELDS) return new FieldwiseGlob(fields, fields.slice(0, -1).some(endsInStar))
  // With fewer fields than an ARN has, only a star that crosses colons can make up for the missing ones.
  if (!fields.some(endsInStar)) return NEVER
  return new CrossingGlob(fields)
}

/** Whether ArnLike can compare this pattern (variables already replaced) or subject: it has all six fields. */
export function isComparableArnPattern(pattern: string | readonly GlobToken[]): boolean {
  if (typeof pattern === 'string') return hasColons(pattern, FIELDS - 1)
  const literal = pattern.map((token) => (typeof token === 'string' ? token : '')).join('')
  return hasColons(literal, FIELDS - 1)
}

class FieldwiseGlob implements ArnGlob {
  readonly literal: string | undefined
  /** The literal fields before the first wildcard, each with its colon: compared in one go. */
  private readonly head: string
  /** The fields after the head. */
  private readonly globs: readonly Glob[]
  private readonly fields: readonly PatternUnits[]
  private readonly crosses: boolean
  private crossing: GlobAutomaton | undefined

  constructor(fields: readonly PatternUnits[], crosses: boolean) {
    this.fields = fields
    this.crosses = crosses
    const globs = fields.map((field) => compileUnits(field))
    const literals = globs.map((glob) => glob.literal)
    const firstWild = literals.indexOf(undefined)
    this.literal = firstWild === -1 ? literals.join(':') : undefined
    this.head = literals
      .slice(0, firstWild === -1 ? FIELDS - 1 : firstWild)
      .map((literal) => `${literal ?? ''}:`)
      .join('')
    this.globs = firstWild === -1 ? globs.slice(-1) : globs.slice(firstWild)
  }

  matches(subject: string): boolean {
    if (this.literal !== undefined) return subject === this.literal
    if (this.matchesFields(subject)) return true
    // A star that crosses uses up a colon, and every colon of the pattern needs one, too.
    if (!this.crosses || !hasColons(subject, FIELDS)) return false
    this.crossing ??= crossingAutomaton(this.fields)
    return this.crossing.matches(subject, 0, subject.length)
  }

  private matchesFields(subject: string): boolean {
    const { head, globs } = this
    if (!standsAt(head, subject, 0)) return false
    let start = head.length
    let left = globs.length
    for (const glob of globs) {
      left -= 1
      const end = left === 0 ? subject.length : subject.indexOf(':', start)
      if (end === -1 || !glob.matchesRange(subject, start, end)) return false
      start = end + 1
    }
    return true
  }
}

/** A pattern with fewer than six fields that is not filled up. */
class CrossingGlob implements ArnGlob {
  readonly literal = undefined
  private readonly matchesAll: boolean
  private readonly automaton: GlobAutomaton

  constructor(fields: readonly PatternUnits[]) {
    this.matchesAll = fields.length === 1 && fields[0]?.every((unit) => unit === ANY_RUN) === true
    this.automaton = crossingAutomaton(fields)
  }

  matches(subject: string): boolean {
    if (!hasColons(subject, FIELDS - 1)) return false
    return this.matchesAll || this.automaton.matches(subject, 0, subject.length)
  }
}

const NEVER: ArnGlob = { literal: undefined, matches: () => false }

function crossingAutomaton(fields: readonly PatternUnits[]): GlobAutomaton {
  const units: number[] = []
  fields.forEach((field, index) => {
    if (index > 0) units.push(COLON)
    if (index === FIELDS - 1) {
      for (const unit of field) units.push(unit)
      return
    }
    field.forEach((unit, place) => {
      const isLast = place === field.length - 1
      if (unit === ANY_RUN && !isLast) units.push(FIELD_RUN)
      else units.push(unit === ANY_UNIT ? FIELD_UNIT : unit)
    })
  })
  return new GlobAutomaton(units)
}

/** At the first five colons of the pattern. */
function splitFields(units: PatternUnits): PatternUnits[] {
  const fields: PatternUnits[] = []
  let start = 0
  while (fields.length < FIELDS - 1) {
    const colon = units.indexOf(COLON, start)
    if (colon === -1) break
    fields.push(units.slice(start, colon))
    start = colon + 1
  }
  fields.push(units.slice(start))
  return fields
}

function endsInStar(field: PatternUnits): boolean {
  return field.at(-1) === ANY_RUN
}

function hasColons(text: string, count: number): boolean {
  let at = -1
  for (let found = 0; found < count; found++) {
    at = text.indexOf(':', at + 1)
    if (at === -1) return false
  }
  return true
}
