/**
 * Matchers: one value of a request against the values of a condition, by operator.
 *
 * Knows nothing of presence, lists or negation; those are the atom's.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators"; facts B3, B4, K-6, K-11, K-17, K-32.
 */
import { LRUCache } from 'lru-cache'
import type { BaseOperator } from '../policy/document.js'
import { compileArnGlob, isComparableArnPattern } from '../text/arn-glob.js'
import { decodeBase64 } from '../text/base64.js'
import { parseBool } from '../text/bool.js'
import { parseDate } from '../text/date.js'
import { foldCase } from '../text/fold-case.js'
import { compileGlob, compileGlobTokens } from '../text/glob.js'
import { isInRange, parseIpAddress, parseIpRange } from '../text/ip.js'
import { compareDecimals, parseDecimal } from '../text/number.js'
import type { SlotValues } from './atom.js'
import { LITERAL, TemplateValue, type Token } from './template-value.js'

/** 1: some value matches; 0: none does; -1: none does, and one of the comparisons could not be made. */
export type Comparison = 1 | 0 | -1

export interface Matcher {
  /** Slots of variables in the values. */
  readonly slots: readonly number[]
  compare(subject: string, values: SlotValues): Comparison
}

export function compileMatcher(
  operator: BaseOperator,
  marked: readonly string[],
  slotOf: (key: string) => number,
): Matcher {
  switch (operator) {
    case 'StringEquals':
      return equalityMatcher(marked, slotOf)
    case 'StringEqualsIgnoreCase':
      return foldingMatcher(marked, slotOf, foldCase)
    case 'StringLike':
      return patternMatcher(marked, slotOf, {
        compile: (pattern) => (typeof pattern === 'string' ? compileGlob(pattern) : compileGlobTokens(pattern)),
        isComparable: () => true,
        isComparablePattern: () => true,
      })
    case 'ArnLike':
      return patternMatcher(marked, slotOf, {
        compile: (pattern) => compileArnGlob(pattern, 'arn-like'),
        isComparable: isComparableArnPattern,
        isComparablePattern: isComparableArnPattern,
      })
    case 'NumericEquals':
      return orderMatcher(marked, parseDecimal, compareDecimals, (order) => order === 0)
    case 'NumericLessThan':
      return orderMatcher(marked, parseDecimal, compareDecimals, (order) => order < 0)
    case 'NumericLessThanEquals':
      return orderMatcher(marked, parseDecimal, compareDecimals, (order) => order <= 0)
    case 'NumericGreaterThan':
      return orderMatcher(marked, parseDecimal, compareDecimals, (order) => order > 0)
    case 'NumericGreaterThanEquals':
      return orderMatcher(marked, parseDecimal, compareDecimals, (order) => order >= 0)
    case 'DateEquals':
      return orderMatcher(marked, readDate, compareNumbers, (order) => order === 0)
    case 'DateLessThan':
      return orderMatcher(marked, readDate, compareNumbers, (order) => order < 0)
    case 'DateLessThanEquals':
      return orderMatcher(marked, readDate, compareNumbers, (order) => order <= 0)
    case 'DateGreaterThan':
      return orderMatcher(marked, readDate, compareNumbers, (order) => order > 0)
    case 'DateGreaterThanEquals':
      return orderMatcher(marked, readDate, compareNumbers, (order) => order >= 0)
    case 'Bool':
      return booleanMatcher(marked, slotOf)
    case 'BinaryEquals':
      return orderMatcher(
        marked,
        decodeBase64,
        (left, right) => (left === right ? 0 : 1),
        (order) => order === 0,
      )
    case 'IpAddress':
      return addressMatcher(marked)
    case 'Null':
      return NOTHING
  }
}

/** `Null` compares no values. */
const NOTHING: Matcher = { slots: [], compare: () => 0 }

interface Alternative {
  readonly literals: readonly string[]
  readonly templates: readonly TemplateValue[]
}

function alternatives(marked: readonly string[], slotOf: (key: string) => number): Alternative {
  return {
    literals: marked.filter((value) => value.startsWith(LITERAL)).map((value) => value.slice(LITERAL.length)),
    templates: marked.filter((value) => !value.startsWith(LITERAL)).map((value) => new TemplateValue(value, slotOf)),
  }
}

/** Equality. A template whose variable has no value matches nothing, and that is a comparison made. */
function equalityMatcher(marked: readonly string[], slotOf: (key: string) => number): Matcher {
  const { literals, templates } = alternatives(marked, slotOf)
  const [only, other] = literals
  if (templates.length > 0) return foldingMatcher(marked, slotOf, (text) => text)
  // Most conditions name one value or a few.
  if (literals.length === 1) return { slots: [], compare: (subject) => (subject === only ? 1 : 0) }
  if (literals.length === 2) return { slots: [], compare: (subject) => (subject === only || subject === other ? 1 : 0) }
  const known = new Set(literals)
  return { slots: [], compare: (subject) => (known.has(subject) ? 1 : 0) }
}

/** Equality after `fold`. */
function foldingMatcher(
  marked: readonly string[],
  slotOf: (key: string) => number,
  fold: (text: string) => string,
): Matcher {
  const { literals, templates } = alternatives(marked, slotOf)
  const known = new Set(literals.map(fold))
  return {
    slots: templates.flatMap((template) => template.slots),
    compare(subject, values) {
      const folded = fold(subject)
      if (known.has(folded)) return 1
      for (const template of templates) {
        const text = template.resolveText(values)
        if (text !== undefined && fold(text) === folded) return 1
      }
      return 0
    },
  }
}

interface PatternKind {
  readonly compile: (pattern: string | readonly Token[]) => { matches(subject: string): boolean }
  readonly isComparable: (subject: string) => boolean
  readonly isComparablePattern: (tokens: string | readonly Token[]) => boolean
}

function patternMatcher(marked: readonly string[], slotOf: (key: string) => number, kind: PatternKind): Matcher {
  const { literals, templates } = alternatives(marked, slotOf)
  const patterns = literals.filter((text) => kind.isComparablePattern(text)).map((text) => kind.compile(text))
  const literalsComparable = patterns.length === literals.length
  if (templates.length === 0) {
    return {
      slots: [],
      compare(subject) {
        if (literals.length === 0) return 0
        if (!kind.isComparable(subject)) return -1
        for (const pattern of patterns) if (pattern.matches(subject)) return 1
        return literalsComparable ? 0 : -1
      },
    }
  }
  return {
    slots: templates.flatMap((template) => template.slots),
    compare(subject, values) {
      const filled = templates.map((template) => template.resolve(values)).filter((tokens) => tokens !== undefined)
      // Without a value to compare with, nothing is compared: a variable without a value equals nothing.
      if (literals.length === 0 && filled.length === 0) return 0
      if (!kind.isComparable(subject)) return -1
      for (const pattern of patterns) if (pattern.matches(subject)) return 1
      let comparable = literalsComparable
      for (const tokens of filled) {
        if (!kind.isComparablePattern(tokens)) comparable = false
        else if (kind.compile(tokens).matches(subject)) return 1
      }
      return comparable ? 0 : -1
    },
  }
}

function orderMatcher<T>(
  marked: readonly string[],
  read: (text: string) => T | undefined,
  order: (left: T, right: T) => number,
  accepts: (order: number) => boolean,
): Matcher {
  const wanted = marked.map((value) => read(value.slice(LITERAL.length)))
  return {
    slots: [],
    compare(subject) {
      if (wanted.length === 0) return 0
      const got = read(subject)
      if (got === undefined) return -1
      let comparable = true
      for (const value of wanted) {
        if (value === undefined) comparable = false
        else if (accepts(order(got, value))) return 1
      }
      return comparable ? 0 : -1
    },
  }
}

const compareNumbers = (left: number, right: number): number => left - right

// Requests repeat the same few times and numbers; the grammar of dates is the slow part.
const dates = new LRUCache<string, { readonly at: number | undefined }>({ max: 4096 })

function readDate(text: string): number | undefined {
  const known = dates.get(text)
  if (known !== undefined) return known.at
  const at = parseDate(text)
  dates.set(text, { at })
  return at
}

function booleanMatcher(marked: readonly string[], slotOf: (key: string) => number): Matcher {
  const { literals, templates } = alternatives(marked, slotOf)
  if (templates.length > 0) {
    return {
      slots: templates.flatMap((template) => template.slots),
      compare(subject, values) {
        const filled = templates.map((template) => template.resolveText(values)).filter((text) => text !== undefined)
        return compareBooleans(subject, [...literals, ...filled].map(parseBool))
      },
    }
  }
  const wanted = literals.map(parseBool)
  const whenTrue = answerTo(true, wanted)
  const whenFalse = answerTo(false, wanted)
  const whenNeither: Comparison = wanted.length === 0 ? 0 : -1
  return {
    slots: [],
    compare(subject) {
      const got = parseBool(subject)
      return got === undefined ? whenNeither : got ? whenTrue : whenFalse
    },
  }
}

function answerTo(got: boolean, wanted: readonly (boolean | undefined)[]): Comparison {
  if (wanted.includes(got)) return 1
  return wanted.includes(undefined) ? -1 : 0
}

function compareBooleans(subject: string, wanted: readonly (boolean | undefined)[]): Comparison {
  if (wanted.length === 0) return 0
  const got = parseBool(subject)
  if (got === undefined) return -1
  if (wanted.includes(got)) return 1
  // A text that is no boolean cannot be compared.
  return wanted.includes(undefined) ? -1 : 0
}

function addressMatcher(marked: readonly string[]): Matcher {
  const ranges = marked.map((value) => parseIpRange(value.slice(LITERAL.length)))
  return {
    slots: [],
    compare(subject) {
      if (ranges.length === 0) return 0
      const address = parseIpAddress(subject)
      if (address === undefined) return -1
      let comparable = true
      for (const range of ranges) {
        if (range === undefined) comparable = false
        else if (isInRange(address, range)) return 1
      }
      return comparable ? 0 : -1
    },
  }
}
