/** What tests came to. Plain data; texts of policies and tests stand in it as they are, who shows them escapes them. */
import type { Call } from '../decide/call.js'
import type { SourceError, SourceText, Span } from '../text/source.js'
import type { CoveredPolicy } from './coverage.js'

export interface TestResult {
  readonly name: string
  /** Where the test stands. */
  readonly source: SourceText
  readonly span: Span
  /** `error`: it could not be asked. */
  readonly status: 'pass' | 'fail' | 'unknown' | 'error'
  /** Whether the run fails for it: an unknown one that is allowed to be so does not. */
  readonly fails: boolean
  readonly wanted: string
  readonly got: string
  /** Of one that does not pass: the story in a few sentences, or the requests that refute it. */
  readonly details: readonly string[]
  readonly statements: readonly ShownStatement[]
  /** Decided calls that show why it fails, for `keyward why`. */
  readonly witnesses: readonly Call[]
  readonly error?: SourceError
}

/** A statement of a policy, with its place where it stands in a file. */
export interface ShownStatement {
  readonly name: string
  readonly effect: 'Allow' | 'Deny'
  /** Left out for one that applied; true for an Allow that came close to it. */
  readonly isNear?: boolean
  /** With `#` and a JSON pointer behind it where the file has the policy in a string; places are in the decoded text. */
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

export interface FileResult {
  readonly source: SourceText
  readonly tests: readonly TestResult[]
  /** Why none of its tests could run. */
  readonly errors: readonly SourceError[]
}

export interface TestReport {
  readonly files: readonly FileResult[]
  /** Undefined where nobody asked for it. */
  readonly coverage: readonly WorldCoverage[] | undefined
  /** Of this program. */
  readonly version: string
}

/** Statements of one world or policy that tests have exercised, policy by policy. */
export interface WorldCoverage {
  /** As people know it: the path of the world or policy. */
  readonly name: string
  readonly policies: readonly CoveredPolicy[]
}

export interface Counts {
  readonly total: number
  readonly pass: number
  readonly fail: number
  readonly unknown: number
  readonly error: number
}

export function countsOf(tests: readonly TestResult[]): Counts {
  const of = (status: TestResult['status']): number => tests.filter((test) => test.status === status).length
  return { total: tests.length, pass: of('pass'), fail: of('fail'), unknown: of('unknown'), error: of('error') }
}

export interface CoverageCount {
  readonly statements: number
  readonly exercised: number
  /** 100 where there is nothing to exercise; to one place. */
  readonly percent: number
}

export function coverageCount(policies: readonly CoveredPolicy[]): CoverageCount {
  const all = policies.flatMap(({ statements }) => statements)
  const exercised = all.filter((statement) => statement.isExercised).length
  // Rounded down, so that 100 means all.
  const percent = all.length === 0 ? 100 : Math.floor((exercised * 1000) / all.length) / 10
  return { statements: all.length, exercised, percent }
}

/** 0 all is well, 1 a test fails or too little is covered, 2 something could not be asked. */
export function outcomeOf({ files, coverage }: TestReport, minCoverage: number | undefined): 'pass' | 'fail' | 'error' {
  if (files.some(({ errors, tests }) => errors.length > 0 || tests.some(({ status }) => status === 'error'))) {
    return 'error'
  }
  const { percent } = coverageCount((coverage ?? []).flatMap(({ policies }) => policies))
  const isCovered = minCoverage === undefined || percent >= minCoverage
  return isCovered && !files.some(({ tests }) => tests.some((test) => test.fails)) ? 'pass' : 'fail'
}
