/**
 * Regions: the exact partition of one attribute's values by the tests that policies put to it.
 *
 * All values of a region answer every test alike, no region is empty, and together they are the whole domain. Each has
 * a sample, a real value that people can read; its answers are the engine's own answers to that sample. Knows no
 * policies, layers or diagrams, and nothing of absent or several values.
 *
 * Source: Yang and Lam, "Real-time verification of network properties using atomic predicates" (2013); IAM User Guide,
 * "IAM JSON policy elements: Condition operators".
 */
import { ANY_RUN, ANY_UNIT, FIELD_UNIT, type PatternUnits } from '../text/glob-automaton.js'
import type { Result } from '../text/source.js'
import { closedValues, isFieldwise, languageOf, type ValueDomain } from './region-domain.js'
import { HeadTree } from './region-heads.js'
import type { DomainLanguage } from './region-language.js'
import { scaleCandidates } from './region-scale.js'
import { findCells, headOf } from './region-search.js'
import { regionWords } from './region-words.js'
import { compileTest, FOLDED, type CompiledTest, type ValueTest } from './region-test.js'

export type { ValueTest } from './region-test.js'
export type { PrincipalForm, ValueDomain } from './region-domain.js'

/** A set of values that all tests of the attribute answer alike, with one that stands for it. */
export interface Region {
  readonly sample: string
  /** The answer of test `i`: bit `i & 31` of word `i >>> 5`. */
  readonly signature: Uint32Array
}

/** Why no exact partition was made. */
export type RegionsUnknown = {
  /**
   * `variables`: a test's answer hangs on another key; leave such tests out and take them as opaque booleans.
   * `mixedTests`: wildcards and an order (numbers, dates, addresses, bytes) on one attribute.
   */
  readonly kind: 'tooManyRegions' | 'tooManyStates' | 'variables' | 'mixedTests'
  readonly detail: string
}

export interface RegionBudget {
  readonly maxRegions: number
  /** States of the automaton; what it costs to make them counts as well. */
  readonly maxStates: number
}

export const DEFAULT_REGION_BUDGET: RegionBudget = { maxRegions: 16_384, maxStates: 60_000 }

/** Whether a region's values pass test `index`. */
export function passes(region: Region, index: number): boolean {
  return (((region.signature[index >>> 5] ?? 0) >>> (index & 31)) & 1) === 1
}

/** A region of `partition(tests, domain, ...)` in words, such as "any other role in account 111122223333". */
export function describeRegion(region: Region, tests: readonly ValueTest[], domain: ValueDomain): string {
  const passed = new Set(tests.flatMap((_, index) => (passes(region, index) ? [index] : [])))
  return regionWords(region.sample, passed, tests, domain)
}

/**
 * The regions of `domain` under `tests`, in no particular order; without tests the whole domain is one.
 * @returns `variables` for a test that hangs on another key; `mixedTests`, `tooManyRegions`, `tooManyStates` when an
 * exact partition is out of reach.
 */
export function partition(
  tests: readonly ValueTest[],
  domain: ValueDomain,
  budget: RegionBudget,
): Result<readonly Region[], RegionsUnknown> {
  const traits = { isFieldwise: isFieldwise(domain), isLowerCase: domain.kind === 'action' }
  const compiled: CompiledTest[] = []
  for (const test of tests) {
    const made = compileTest(test, traits)
    if (!made.ok) return unknown('variables', `the values depend on ${made.error.map(quoted).join(', ')}`)
    compiled.push(made.value)
  }
  const regions = new Regions(compiled)
  const closed = closedValues(domain)
  if (closed !== undefined) {
    for (const value of closed) regions.add(value)
    return bounded(regions, budget)
  }
  if (compiled.some((test) => test.scale !== undefined)) {
    const pattern = compiled.find((test) => test.texts === undefined)
    if (pattern !== undefined) return unknown('mixedTests', 'wildcards and an order are asked of the same values')
    for (const value of scaleCandidates(compiled, domain)) regions.add(value)
    return bounded(regions, budget)
  }
  return partitionByPatterns(compiled, domain, budget, regions)
}

function bounded(regions: Regions, { maxRegions }: RegionBudget): Result<readonly Region[], RegionsUnknown> {
  const made = regions.all()
  if (made.length <= maxRegions) return { ok: true, value: made }
  return unknown('tooManyRegions', `more than ${maxRegions} kinds of values`)
}

function partitionByPatterns(
  compiled: readonly CompiledTest[],
  domain: ValueDomain,
  budget: RegionBudget,
  regions: Regions,
): Result<readonly Region[], RegionsUnknown> {
  const language = languageOf(domain)
  const { languages, languagesOfTests } = distinctLanguages(compiled)
  const cells = findCells(languages, language, budget)
  if (!cells.ok) {
    const limit = cells.error === 'tooManyRegions' ? budget.maxRegions : budget.maxStates
    const what = cells.error === 'tooManyRegions' ? 'kinds of values' : 'states'
    return unknown(cells.error, `${languages.length} sets of patterns make more than ${limit} ${what}`)
  }
  const expected = new ExpectedAnswers(compiled, languagesOfTests, languages.length)
  const isLarge = compiled.length > MAX_ASKED
  // Where a star may cross colons, the domain leaves out what only that makes a match; a sample is still the engine's.
  const isExact = domain.kind !== 'arn'
  const asksAll = (value: string): boolean => !isLarge || (!isExact && value.split(':').length > 6)
  for (const { sample, languages: held } of cells.value.all) {
    const answers = expected.of(held)
    const passed = regions.add(sample, asksAll(sample) ? undefined : answers)
    if (isExact && !isSame(passed, answers)) throw new Error(`the engine and its patterns disagree about \`${sample}\``)
  }
  for (const sample of isLarge ? language.examples : readable(languages, language)) {
    const hints = asksAll(sample) ? undefined : expected.of(cells.value.languagesOf(sample))
    if (regions.prefer(sample, hints)) continue
    if (isExact) throw new Error(`no region has \`${sample}\``)
    regions.add(sample, hints)
  }
  return { ok: true, value: regions.all() }
}

/**
 * With more tests than this, the engine is asked only those that a value should pass by their patterns: asking every
 * test about every region takes seconds for the thousands of patterns of many policies. Nor are values made up to read well.
 */
const MAX_ASKED = 256

function unknown(kind: RegionsUnknown['kind'], detail: string): Result<never, RegionsUnknown> {
  return { ok: false, error: { kind, detail } }
}

const quoted = (text: string): string => `\`${text}\``

// ---------------------------------------------------------------------------------------------------------- answers

interface Found {
  sample: string
  isPreferred: boolean
  readonly passed: readonly number[]
}

/** Regions as they are found: one for each set of tests that some value passes, by the engine's own answers. */
class Regions {
  private readonly found = new Map<string, Found>()
  private questions: Questions | undefined

  constructor(private readonly tests: readonly CompiledTest[]) {}

  /**
   * Makes the region of a value, if it is new; the result is the tests that the value passes.
   * @param asked - the only tests that it can pass, where they are known.
   */
  add(value: string, asked?: readonly number[]): readonly number[] {
    const passed = this.passedBy(value, asked)
    const key = passed.join(',')
    if (!this.found.has(key)) this.found.set(key, { sample: value, isPreferred: false, passed })
    return passed
  }

  /** Makes a value the sample of its region, unless a better one is; false when it has no region. */
  prefer(value: string, asked?: readonly number[]): boolean {
    const known = this.found.get(this.passedBy(value, asked).join(','))
    if (known === undefined) return false
    if (!known.isPreferred) known.sample = value
    known.isPreferred = true
    return true
  }

  all(): readonly Region[] {
    const words = Math.ceil(this.tests.length / 32)
    return [...this.found.values()].map(({ sample, passed }) => {
      const signature = new Uint32Array(words)
      for (const index of passed) signature[index >>> 5] = (signature[index >>> 5] ?? 0) | (1 << (index & 31))
      return { sample, signature }
    })
  }

  private passedBy(value: string, asked?: readonly number[]): readonly number[] {
    const indexes = asked ?? (this.questions ??= new Questions(this.tests)).askedOf(value)
    return indexes.filter((index) => this.tests[index]!.answers(value)).toSorted((left, right) => left - right)
  }
}

/** Plain tests by the beginnings of their patterns: a value that begins like none of them cannot pass. */
class Questions {
  private readonly byHead: HeadTree<number>
  private readonly alwaysAsked: readonly number[]

  constructor(tests: readonly CompiledTest[]) {
    const isIndexed = tests.map(({ isPlain, scale }) => isPlain && scale === undefined)
    this.byHead = new HeadTree(
      tests.flatMap(({ languages }, index) =>
        isIndexed[index] === true ? (languages[0] ?? []).map((units) => ({ head: headOf(units), payload: index })) : [],
      ),
    )
    this.alwaysAsked = tests.flatMap((_, index) => (isIndexed[index] === true ? [] : [index]))
  }

  askedOf(value: string): readonly number[] {
    return [...new Set([...this.alwaysAsked, ...this.byHead.startsOf(value)])]
  }
}

interface DistinctLanguages {
  readonly languages: readonly (readonly PatternUnits[])[]
  /** For each test its languages, as places in `languages`. */
  readonly languagesOfTests: readonly (readonly number[])[]
}

/** Tests share languages: the two literals of one negated operator, and what makes a value comparable. */
function distinctLanguages(tests: readonly CompiledTest[]): DistinctLanguages {
  const ids = new Map<string, number>()
  const languages: (readonly PatternUnits[])[] = []
  const languagesOfTests = tests.map((test) =>
    test.languages.map((patterns) => {
      const key = patterns.map((units) => `${units.join(' ')}|`).join('')
      const known = ids.get(key)
      if (known !== undefined) return known
      ids.set(key, languages.length)
      languages.push(patterns)
      return languages.length - 1
    }),
  )
  return { languages, languagesOfTests }
}

/** What the patterns say that the engine will answer. */
class ExpectedAnswers {
  private readonly plainTests: (readonly number[])[]
  private readonly composedTests: readonly number[]

  constructor(
    private readonly tests: readonly CompiledTest[],
    private readonly languagesOfTests: readonly (readonly number[])[],
    languageCount: number,
  ) {
    const plain = Array.from({ length: languageCount }, (): number[] => [])
    tests.forEach(({ isPlain }, index) => {
      if (isPlain) for (const language of languagesOfTests[index] ?? []) plain[language]!.push(index)
    })
    this.plainTests = plain
    this.composedTests = tests.flatMap(({ isPlain }, index) => (isPlain ? [] : [index]))
  }

  of(languages: readonly number[]): readonly number[] {
    const held = new Set(languages)
    const plain = languages.flatMap((language) => this.plainTests[language]!)
    const composed = this.composedTests.filter((index) =>
      this.tests[index]!.settle((this.languagesOfTests[index] ?? []).map((language) => held.has(language))),
    )
    return [...plain, ...composed].toSorted((left, right) => left - right)
  }
}

function isSame(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index])
}

// ---------------------------------------------------------------------------------------------------------- samples

/** Values that look real, the best first: the domain's own, then one for each pattern with wildcards. */
function readable(languages: readonly (readonly PatternUnits[])[], domain: DomainLanguage): readonly string[] {
  const wild = languages.flat().filter((units) => units.some((unit) => unit < 0))
  return [...domain.examples, ...wild.map((units) => filled(units, domain)).filter((sample) => sample !== undefined)]
}

/** A value that a pattern matches, its wildcards filled from what values of the domain look like; often none. */
function filled(units: PatternUnits, domain: DomainLanguage): string | undefined {
  let text = ''
  let state = domain.start
  const append = (more: string): void => {
    text += more
    for (let index = 0; index < more.length && state >= 0; index++) state = domain.step(state, more.charCodeAt(index))
  }
  units.forEach((unit, index) => {
    if (state < 0) return
    if (unit >= 0) append(String.fromCharCode(unit % FOLDED))
    else if (unit === ANY_UNIT || unit === FIELD_UNIT) append(domain.endingsAt(state)[0]?.charAt(0) || 'x')
    else if (index === units.length - 1) append(unit === ANY_RUN ? (domain.endingsAt(state)[0] ?? '') : '')
    else append(upTo(domain.endingsAt(state), units[index + 1]!))
  })
  return state >= 0 && domain.isAccepting(state) ? text : undefined
}

/** What stands before the next literal character in an ending that has it. */
function upTo(endings: readonly string[], unit: number): string {
  if (unit < 0) return ''
  const char = String.fromCharCode(unit % FOLDED)
  const ending = endings.find((text) => text.includes(char))
  return ending === undefined ? '' : ending.slice(0, ending.indexOf(char))
}
