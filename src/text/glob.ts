/**
 * IAM wildcards over a whole text: `*` is any run of characters, also none, and `?` exactly one.
 *
 * Nothing else is special: no classes, no escapes, and `/` and `:` are ordinary. A character is a UTF-16 unit, as
 * everywhere else in this program; policies cannot contain what takes two (facts allow U+0020 to U+00FF). Time is
 * linear in the subject for every pattern. ARNs are matched field by field in `arn-glob.ts`.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards) and "Condition operators" (StringLike).
 */
import { foldCase } from './fold-case.js'
import { ANY_RUN, ANY_UNIT, GlobAutomaton } from './glob-automaton.js'
import type { PatternUnits } from './glob-automaton.js'

export interface Glob {
  /** The one text that matches, folded if case is ignored; `undefined` when the pattern has a wildcard. */
  readonly literal: string | undefined
  matches(subject: string): boolean
  /** Whether the part from `start` to before `end` matches; spares the caller a slice. */
  matchesRange(subject: string, start: number, end: number): boolean
}

export interface GlobOptions {
  readonly ignoreCase?: boolean
}

/** A piece of a pattern whose literal text may contain `*` and `?` that are no wildcards. */
export type GlobToken = string | { readonly wild: '*' | '?' }

export function compileGlob(pattern: string, options: GlobOptions = {}): Glob {
  return compileGlobTokens(tokensOf(pattern), options)
}

export function compileGlobTokens(tokens: readonly GlobToken[], options: GlobOptions = {}): Glob {
  const ignoreCase = options.ignoreCase === true
  const folded = ignoreCase ? tokens.map((token) => (typeof token === 'string' ? foldCase(token) : token)) : tokens
  const glob = compileUnits(unitsOf(folded))
  return ignoreCase ? new FoldingGlob(glob) : glob
}

/** For `arn-glob.ts`: a pattern already taken apart. */
export function compileUnits(units: PatternUnits): Glob {
  return units.includes(ANY_UNIT) ? new AutomatonGlob(units) : new LiteralsGlob(units)
}

export function tokensOf(pattern: string): readonly GlobToken[] {
  const tokens: GlobToken[] = []
  let start = 0
  for (let index = 0; index < pattern.length; index++) {
    const unit = pattern.charAt(index)
    if (unit !== '*' && unit !== '?') continue
    if (index > start) tokens.push(pattern.slice(start, index))
    tokens.push({ wild: unit })
    start = index + 1
  }
  if (start < pattern.length) tokens.push(pattern.slice(start))
  return tokens
}

export function unitsOf(tokens: readonly GlobToken[]): PatternUnits {
  const units: number[] = []
  for (const token of tokens) {
    if (typeof token !== 'string') units.push(token.wild === '*' ? ANY_RUN : ANY_UNIT)
    else for (let index = 0; index < token.length; index++) units.push(token.charCodeAt(index))
  }
  return units
}

/**
 * How much `indexOf` may have to compare, subject length by pattern length, before the automaton takes over: on text
 * made for it, `indexOf` looks at every character of the pattern at every place.
 */
const INDEX_OF_LIMIT = 1 << 18

/** A pattern of literal texts parted by stars: `first*middle*...*last`. */
class LiteralsGlob implements Glob {
  readonly literal: string | undefined
  private readonly first: string
  private readonly middle: readonly string[]
  private readonly last: string
  private readonly minLength: number
  private readonly middleLength: number
  private readonly units: PatternUnits
  private automaton: GlobAutomaton | undefined

  constructor(units: PatternUnits) {
    const texts = splitAtStars(units)
    this.units = units
    this.first = texts[0] ?? ''
    this.literal = texts.length === 1 ? this.first : undefined
    this.last = texts.length === 1 ? '' : (texts.at(-1) ?? '')
    this.middle = texts.slice(1, -1).filter((text) => text !== '')
    this.middleLength = this.middle.reduce((sum, text) => sum + text.length, 0)
    this.minLength = this.first.length + this.middleLength + this.last.length
  }

  matches(subject: string): boolean {
    return this.literal === undefined ? this.matchesRange(subject, 0, subject.length) : subject === this.literal
  }

  matchesRange(subject: string, start: number, end: number): boolean {
    const { first, last, middle } = this
    const length = end - start
    if (length < this.minLength) return false
    if (this.literal !== undefined && length !== first.length) return false
    if (!standsAt(first, subject, start)) return false
    if (!standsAt(last, subject, end - last.length)) return false
    if (middle.length === 0) return true
    if (subject.length * this.middleLength > INDEX_OF_LIMIT) {
      this.automaton ??= new GlobAutomaton(this.units)
      return this.automaton.matches(subject, start, end)
    }
    // The leftmost place of each text leaves the most room for the next.
    let from = start + first.length
    const limit = end - last.length
    for (const text of middle) {
      const place = subject.indexOf(text, from)
      if (place === -1) return false
      from = place + text.length
      if (from > limit) return false
    }
    return true
  }
}

class AutomatonGlob implements Glob {
  readonly literal = undefined
  private readonly units: PatternUnits
  private automaton: GlobAutomaton | undefined

  constructor(units: PatternUnits) {
    this.units = units
  }

  matches(subject: string): boolean {
    return this.matchesRange(subject, 0, subject.length)
  }

  matchesRange(subject: string, start: number, end: number): boolean {
    this.automaton ??= new GlobAutomaton(this.units)
    return this.automaton.matches(subject, start, end)
  }
}

class FoldingGlob implements Glob {
  readonly literal: string | undefined
  private readonly folded: Glob

  constructor(folded: Glob) {
    this.folded = folded
    this.literal = folded.literal
  }

  matches(subject: string): boolean {
    return this.folded.matches(foldCase(subject))
  }

  matchesRange(subject: string, start: number, end: number): boolean {
    return this.folded.matches(foldCase(subject.slice(start, end)))
  }
}

/** As `subject.startsWith(text, start)`, without its call into the runtime; backwards, as ARNs differ at their ends. */
export function standsAt(text: string, subject: string, start: number): boolean {
  for (let index = text.length - 1; index >= 0; index--) {
    if (text.charCodeAt(index) !== subject.charCodeAt(start + index)) return false
  }
  return true
}

/** The texts between the stars; one text when there is no star. */
function splitAtStars(units: PatternUnits): readonly string[] {
  const texts: string[] = []
  let text = ''
  for (const unit of units) {
    if (unit === ANY_RUN) {
      texts.push(text)
      text = ''
    } else {
      text += String.fromCharCode(unit)
    }
  }
  texts.push(text)
  return texts
}
