/**
 * Changes `src/graph` and `src/decide` a little at a time and lists the changes that no test notices.
 *
 *   npm run mutate                                files without a report of their present text
 *   npm run mutate -- src/graph/atom.ts ...       these files, again
 *   npm run mutate -- --alive [files]             only the mutants that were alive and are not explained: after a new
 *                                                 test, or with KEYWARD_MUTATE=second-look, by more and longer tests
 *   npm run mutate -- --table                     runs nothing: the table of `docs/evidence.md`
 *
 * One file after the other, since only its own code is slowed down by the mutants in it, and a run that was broken off
 * goes on where it stopped; the mutants that were alive, of all files, in one go.
 * Exit status: 0 where every mutant alive is in `survivors.json`, 1 otherwise.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { MutantResult, PartialStrykerOptions } from '@stryker-mutator/api/core'
import {
  FOLDER,
  isAlive,
  readReport,
  reviewedIn,
  tableOf,
  triedOf,
  writeReport,
  type FileReport,
  type Tried,
} from './report.js'

/** Stryker itself, whose own declarations do not pass our compiler options. */
type Stryker = (options: PartialStrykerOptions) => Promise<readonly MutantResult[]>

const ROOMS = ['src/graph', 'src/decide']

const OPTIONS: PartialStrykerOptions = {
  testRunner: 'in-process',
  plugins: ['./reports/mutate/plugin.mjs'],
  coverageAnalysis: 'perTest',
  concurrency: 1,
  // Beyond the time that the tests took without a mutant, and half as long again.
  timeoutMS: 20_000,
  tsconfigFile: 'none.json',
  ignorePatterns: ['dist', 'coverage', 'reports', 'bench', '.ci', '.build-*'],
  reporters: ['progress-append-only'],
  // Of mutants in what runs at load time, for which every test runs.
  warnings: false,
  allowEmpty: true,
}

/**
 * @returns the exit status.
 * @public
 */
export async function run(words: readonly string[], stryker: Stryker): Promise<0 | 1> {
  const onlyAlive = words.includes('--alive')
  const named = words.filter((word) => !word.startsWith('--'))
  const all = ROOMS.flatMap((room) =>
    readdirSync(room)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join(room, name)),
  )
  const wanted = words.includes('--table') ? [] : named.length > 0 ? named : all
  let open = 0
  if (onlyAlive) {
    for (const report of await mutate(wanted.map(withReport), stryker)) {
      writeReport(report)
      open += tell(report)
    }
  }
  for (const file of onlyAlive ? [] : wanted) {
    const known = readReport(file)
    const isCurrent = known?.source === readFileSync(file, 'utf8')
    const reports = isCurrent && named.length === 0 ? [known] : await mutate([{ file, before: undefined }], stryker)
    for (const report of reports) {
      writeReport(report)
      open += tell(report)
    }
  }
  print(`\n${tableOf(all.map(readReport).filter((report) => report !== undefined))}\n\nReports: ${FOLDER}`)
  return open === 0 ? 0 : 1
}

interface Target {
  readonly file: string
  /** A report, of whose mutants only those alive are tried again. */
  readonly before: FileReport | undefined
}

function withReport(file: string): Target {
  const before = readReport(file)
  if (before?.source !== readFileSync(file, 'utf8')) throw new Error(`no report on the present text of ${file}`)
  return { file, before }
}

async function mutate(targets: readonly Target[], stryker: Stryker): Promise<readonly FileReport[]> {
  const beganAt = performance.now()
  const ranges = targets.flatMap(({ file, before }) =>
    before === undefined ? [file] : openIn(before).map(({ at }) => `${file}:${rangeOf(at)}`),
  )
  const results = ranges.length === 0 ? [] : await stryker({ ...OPTIONS, mutate: [...new Set(ranges)] })
  const seconds = Math.round((performance.now() - beganAt) / 1000)
  return targets.map(({ file, before }) => {
    const source = readFileSync(file, 'utf8')
    const tried = results
      .filter(({ fileName }) => resolve(fileName) === resolve(file))
      .map((mutant) => triedOf(source, mutant))
    const again = (old: Tried): Tried => tried.find((each) => isSame(each, old)) ?? old
    const mutants = before === undefined ? tried : before.mutants.map((old) => (isAlive(old) ? again(old) : old))
    return { file, source, seconds, mutants }
  })
}

function isSame(left: Tried, right: Tried): boolean {
  return left.at === right.at && left.mutator === right.mutator && left.replacement === right.replacement
}

/** Stryker's columns of a range begin at 0, its locations at 1. */
function rangeOf(at: string): string {
  return at.replace(/:(\d+)/g, (_match, column: string) => `:${Number(column) - 1}`)
}

/** What is alive and not explained. */
function openIn({ file, mutants }: FileReport): readonly Tried[] {
  const why = reviewedIn(file)
  return mutants.filter((tried) => isAlive(tried) && why(tried) === undefined)
}

function tell(report: FileReport): number {
  const { file, seconds, mutants } = report
  const open = openIn(report)
  print(`\n${file}: ${mutants.length} mutants, ${seconds} s, ${open.length} alive and not explained`)
  for (const { status, at, text, original, replacement } of open) {
    print(`  ${at} ${status}\n    ${text}\n    ${original}  ->  ${replacement}`)
  }
  return open.length
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
