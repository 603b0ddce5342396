/**
 * The questions that policies put to one value: as the engine answers them, and as patterns that say which answers
 * there can be.
 *
 * An answer is always the engine's own (`Matcher`, `ResourcePattern`, the glob of an action), so a region can never say
 * something else than a decision does; the patterns only tell where to look. Knows nothing of presence, lists or
 * negation, which are the atom's.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Resource", "Action"; facts A6, B3, B4.
 */
import { compileMatcher } from '../graph/matcher.js'
import { ResourcePattern } from '../graph/resource-pattern.js'
import { LITERAL, TemplateValue, type Token } from '../graph/template-value.js'
import type { BaseOperator } from '../policy/document.js'
import { isComparableArnPattern } from '../text/arn-glob.js'
import { splitArn } from '../text/arn.js'
import { parseBool } from '../text/bool.js'
import { foldCase } from '../text/fold-case.js'
import { ANY_RUN, ANY_UNIT, COLON, FIELD_RUN, FIELD_UNIT, type PatternUnits } from '../text/glob-automaton.js'
import { compileGlob, tokensOf, unitsOf } from '../text/glob.js'
import type { Result } from '../text/source.js'

/** One yes-or-no question to one text. `marked` are interned values, each with its mark, as an atom has them. */
export type ValueTest = ConditionValueTest | ResourceValueTest | ActionValueTest

/** The engine's matcher says 1 (`matches`: some value matches) or -1 (`uncomparable`). */
export interface ConditionValueTest {
  readonly kind: 'matches' | 'uncomparable'
  readonly operator: BaseOperator
  readonly marked: readonly string[]
  /**
   * `account`: the question is put to the account of the ARN, for keys such as `aws:PrincipalAccount` that share a
   * variable with the ARN. A value without an account answers no. Left out: to the whole value.
   */
  readonly of?: 'account'
}

/** Some pattern of a Resource element covers the value. */
interface ResourceValueTest {
  readonly kind: 'resource'
  readonly marked: readonly string[]
}

/** Some pattern of an Action element covers the value; case does not count. */
interface ActionValueTest {
  readonly kind: 'action'
  readonly patterns: readonly string[]
}

/** A unit of a pattern from here on stands for every unit that folds to what is left without it. */
export const FOLDED = 0x1_0000

/** Families of values that have an order or a form of their own; no patterns describe them. */
export type ScaleFamily = 'number' | 'date' | 'address' | 'bytes'

export interface CompiledTest {
  /** The engine's answer. */
  readonly answers: (value: string) => boolean
  /** Languages by which the answer is settled: each a list of patterns, one of which must match. */
  readonly languages: readonly (readonly PatternUnits[])[]
  /** The same answer, told from which of `languages` have the value. */
  readonly settle: (holds: readonly boolean[]) => boolean
  /** Whether a value that no first language has answers no; then only values that begin like a pattern need be asked. */
  readonly isPlain: boolean
  /** The values it compares with, when they are no patterns. */
  readonly scale: { readonly family: ScaleFamily; readonly texts: readonly string[] } | undefined
  /** The texts it names, when it names some one by one and no pattern; undefined for patterns. */
  readonly texts: readonly string[] | undefined
}

/** What is known of the domain when patterns are made. */
export interface DomainTraits {
  /** No star crosses a colon to any effect. */
  readonly isFieldwise: boolean
  /** No value has a letter that folds to another. */
  readonly isLowerCase: boolean
}

/** The error is the condition keys whose values the answer hangs on. */
export function compileTest(test: ValueTest, traits: DomainTraits): Result<CompiledTest, readonly string[]> {
  const variables: string[] = []
  const slotOf = (key: string): number => {
    variables.push(key)
    return 0
  }
  const compiled = compileFor(test, traits, slotOf)
  return variables.length === 0 ? { ok: true, value: compiled } : { ok: false, error: variables }
}

type SlotOf = (key: string) => number

function compileFor(test: ValueTest, traits: DomainTraits, slotOf: SlotOf): CompiledTest {
  switch (test.kind) {
    case 'resource': {
      const patterns = test.marked.map((marked) => new ResourcePattern(marked, slotOf))
      return plainTest(
        (value) => patterns.some((pattern) => pattern.matches(value, [])),
        effective(test.marked, slotOf).map((tokens) => resourceUnits(tokens, traits)),
      )
    }
    case 'action': {
      const globs = test.patterns.map((pattern) => compileGlob(pattern, { ignoreCase: true }))
      return plainTest(
        (value) => globs.some((glob) => glob.matches(value)),
        test.patterns.map((pattern) => foldedUnits(tokensOf(pattern), traits)),
      )
    }
    case 'matches':
    case 'uncomparable':
      return compileCondition(test, traits, slotOf)
  }
}

function plainTest(answers: CompiledTest['answers'], patterns: readonly PatternUnits[]): CompiledTest {
  return {
    answers,
    languages: [patterns],
    settle: ([matches = false]) => matches,
    isPlain: true,
    scale: undefined,
    texts: literalTexts(patterns),
  }
}

function compileCondition(test: ConditionValueTest, traits: DomainTraits, slotOf: SlotOf): CompiledTest {
  const matcher = compileMatcher(test.operator, test.marked, slotOf)
  const wanted = test.kind === 'matches' ? 1 : -1
  const ofAccount = test.of === 'account'
  const answers = (value: string): boolean => {
    const subject = ofAccount ? splitArn(value)?.account : value
    return subject !== undefined && matcher.compare(subject, []) === wanted
  }
  const { patterns, comparable, count, someUncomparable, family } = conditionPatterns(test, traits, slotOf)
  const scale = family === undefined ? undefined : { family, texts: test.marked.map((value) => value.slice(1)) }
  const place = ofAccount ? insideAccount : (units: PatternUnits): PatternUnits => units
  const inside = patterns.map(place).filter((units) => units !== NEVER)
  if (test.kind === 'matches') return { ...plainTest(answers, inside), answers, scale, texts: literalTexts(inside) }
  const subject = ofAccount ? [insideAccount([FIELD_RUN])] : [[ANY_RUN]]
  const comparables = comparable.map(place).filter((units) => units !== NEVER)
  return {
    answers,
    languages: [inside, comparables, subject],
    settle: ([matches = false, compares = false, isThere = false]) =>
      count > 0 && isThere && !matches && (!compares || someUncomparable),
    isPlain: false,
    scale,
    texts: literalTexts([...inside, ...comparables.filter((units) => !isEverything(units))]),
  }
}

interface ConditionPatterns {
  readonly patterns: readonly PatternUnits[]
  /** Values that can be compared at all. */
  readonly comparable: readonly PatternUnits[]
  /** How many values there are to compare with. */
  readonly count: number
  readonly someUncomparable: boolean
  readonly family: ScaleFamily | undefined
}

const EVERYTHING: readonly PatternUnits[] = [[ANY_RUN]]

function conditionPatterns(test: ConditionValueTest, traits: DomainTraits, slotOf: SlotOf): ConditionPatterns {
  const values = effective(test.marked, slotOf)
  const always = { comparable: EVERYTHING, count: values.length, someUncomparable: false, family: undefined }
  switch (test.operator) {
    case 'StringEquals':
      return { ...always, patterns: values.map((tokens) => unitsOf([plainText(tokens)])) }
    case 'StringEqualsIgnoreCase':
      return { ...always, patterns: values.map((tokens) => foldedUnits([plainText(tokens)], traits)) }
    case 'StringLike':
      return { ...always, patterns: values.map((tokens) => unitsOf(withWildcards(tokens))) }
    case 'ArnLike': {
      const kept = values.filter((tokens) => isComparableArnPattern(tokens.isLiteral ? tokens.text : tokens.tokens))
      return {
        patterns: kept.map((tokens) => fieldwise(unitsOf(withWildcards(tokens)))),
        comparable: [fieldwise(unitsOf(tokensOf('*:*:*:*:*:*')))],
        count: values.length,
        someUncomparable: kept.length < values.length,
        family: undefined,
      }
    }
    case 'Bool': {
      const read = values.map((tokens) => parseBool(plainText(tokens)))
      const kept = read.filter((value) => value !== undefined)
      return {
        patterns: [...new Set(kept)].map((value) => foldedUnits([String(value)], traits)),
        comparable: [foldedUnits(['true'], traits), foldedUnits(['false'], traits)],
        count: values.length,
        someUncomparable: kept.length < values.length,
        family: undefined,
      }
    }
    case 'Null':
      return { ...always, patterns: [], count: 0 }
    case 'NumericEquals':
    case 'NumericLessThan':
    case 'NumericLessThanEquals':
    case 'NumericGreaterThan':
    case 'NumericGreaterThanEquals':
      return { ...always, patterns: [], family: 'number' }
    case 'DateEquals':
    case 'DateLessThan':
    case 'DateLessThanEquals':
    case 'DateGreaterThan':
    case 'DateGreaterThanEquals':
      return { ...always, patterns: [], family: 'date' }
    case 'BinaryEquals':
      return { ...always, patterns: [], family: 'bytes' }
    case 'IpAddress':
      return { ...always, patterns: [], family: 'address' }
  }
}

// ----------------------------------------------------------------------------------------------------------- values

/** A value without its mark: plain text in which `*` may be a wildcard, or tokens. */
type Value =
  { readonly isLiteral: true; readonly text: string } | { readonly isLiteral: false; readonly tokens: readonly Token[] }

/** The values that can match anything: a template whose variable is hidden and has no default cannot. */
function effective(marked: readonly string[], slotOf: SlotOf): readonly Value[] {
  return marked.flatMap((value): readonly Value[] => {
    if (value.startsWith(LITERAL)) return [{ isLiteral: true, text: value.slice(LITERAL.length) }]
    const tokens = new TemplateValue(value, slotOf).resolve([])
    return tokens === undefined ? [] : [{ isLiteral: false, tokens }]
  })
}

function plainText(value: Value): string {
  if (value.isLiteral) return value.text
  return value.tokens.map((token) => (typeof token === 'string' ? token : token.wild)).join('')
}

function withWildcards(value: Value): readonly Token[] {
  return value.isLiteral ? tokensOf(value.text) : value.tokens
}

// -------------------------------------------------------------------------------------------------------- patterns

const FIELDS = 6
const NEVER: PatternUnits = []

function foldedUnits(tokens: readonly Token[], { isLowerCase }: DomainTraits): PatternUnits {
  const folded = tokens.map((token) => (typeof token === 'string' ? foldCase(token) : token))
  const units = unitsOf(folded)
  return isLowerCase ? units : units.map((unit) => (unit < 0 ? unit : unit + FOLDED))
}

/** In the first five fields no wildcard takes a colon. */
function fieldwise(units: PatternUnits): PatternUnits {
  let field = 0
  return units.map((unit) => {
    if (unit === COLON) field += 1
    return field < FIELDS - 1 ? insideField(unit) : unit
  })
}

function insideField(unit: number): number {
  if (unit === ANY_RUN) return FIELD_RUN
  return unit === ANY_UNIT ? FIELD_UNIT : unit
}

/** As `fieldwise`, but a star that ends one of the first five fields may run on (K-13); missing fields are stars. */
function resourceUnits(value: Value, { isFieldwise }: DomainTraits): PatternUnits {
  const written = unitsOf(withWildcards(value))
  if (isEverything(written)) return written
  const completed = [...written]
  for (let colons = written.filter((unit) => unit === COLON).length; colons < FIELDS - 1; colons++) {
    completed.push(COLON, ANY_RUN)
  }
  const inFields = fieldwise(completed)
  if (isFieldwise) return inFields
  return inFields.map((unit, index) => (unit === FIELD_RUN && completed[index + 1] === COLON ? ANY_RUN : unit))
}

/** The pattern of ARNs whose account the given pattern matches; `NEVER` when no account can. */
function insideAccount(units: PatternUnits): PatternUnits {
  if (units.includes(COLON) || units.includes(COLON + FOLDED)) return NEVER
  const before = unitsOf(['arn:'])
  const field = [FIELD_RUN, COLON]
  return [...before, ...field, ...field, ...field, ...units.map(insideField), COLON, ANY_RUN]
}

function isEverything(units: PatternUnits): boolean {
  return units.length === 1 && units[0] === ANY_RUN
}

/** The texts of patterns without wildcards; undefined when one has some. */
function literalTexts(patterns: readonly PatternUnits[]): readonly string[] | undefined {
  const kept = patterns.filter((units) => !isEverything(units))
  if (kept.some((units) => units.some((unit) => unit < 0))) return undefined
  return kept.map((units) => units.map((unit) => String.fromCharCode(unit % FOLDED)).join(''))
}
