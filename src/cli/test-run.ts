/**
 * The work of `keyward test`: find the test files, open what they are about, run them, report; once, or whenever
 * something changes.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { coverageOf, Exercised } from '../check/coverage.js'
import { formatTestJson, formatTestJunit, formatTestSarif } from '../check/report-data.js'
import { formatTestText } from '../check/report-text.js'
import {
  coverageCount,
  outcomeOf,
  type FileResult,
  type TestReport,
  type TestResult,
  type WorldCoverage,
} from '../check/result.js'
import { runTest } from '../check/run-test.js'
import type { Subject } from '../check/subject.js'
import { replayDocument } from '../source/answer/replay.js'
import { escapeTerminal, quote } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { isPassedOver } from './lint-inputs.js'
import { findTestFiles, loadTestFile, pathsOf, Subjects, type LoadedFile } from './test-inputs.js'
import type { TEST_FORMATS } from './test.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import { runWatching, type ChangeFilter } from './watch.js'

export interface TestOptions {
  readonly filter?: string
  readonly coverage?: boolean
  readonly minCoverage?: number
  readonly witnesses?: string
  readonly format: (typeof TEST_FORMATS)[number]
  readonly output?: string
  readonly watch?: boolean
  readonly budget: number
  /** False with --no-color. */
  readonly color: boolean
}

export async function runTests(paths: readonly string[], options: TestOptions, version: string): Promise<ExitCode> {
  const once = (onRead?: (read: readonly string[]) => void): Promise<ExitCode> =>
    runOnce(paths, options, version, onRead)
  if (options.watch !== true) return once()
  // What a run writes is no reason for the next one.
  const written = [options.output, options.witnesses].flatMap((path) => (path === undefined ? [] : [resolve(path)]))
  const matters: ChangeFilter = (changed, watched) =>
    !isPassedOver(changed) && !written.some((own) => isWithin(resolve(watched, changed), own))
  return runWatching(paths.length === 0 ? ['.'] : paths.filter((path) => existsSync(path)), once, matters)
}

function isWithin(path: string, own: string): boolean {
  return path === own || path.startsWith(`${own}${sep}`)
}

/** @param onRead - gets the paths that are about to be read. */
async function runOnce(
  paths: readonly string[],
  options: TestOptions,
  version: string,
  onRead: (paths: readonly string[]) => void = () => undefined,
): Promise<ExitCode> {
  const { files, errors } = findTestFiles(paths)
  let isBroken = errors.length > 0
  for (const error of errors) complain(error)
  onRead(files)
  const session = new TestSession(options)
  const results: FileResult[] = []
  for (const path of files) {
    const loaded = await loadTestFile(path)
    if (!loaded.ok) {
      complain(loaded.error)
      isBroken = true
      continue
    }
    onRead(pathsOf(loaded.value))
    const result = await session.run(loaded.value)
    if (result !== undefined) results.push(result)
  }
  const report: TestReport = { files: results, version, coverage: session.coverage() }
  if (results.length === 0 && !isBroken && options.filter !== undefined) {
    complain(`no test has ${quote(options.filter, 200)} in its name`)
    isBroken = true
  }
  const written = writeWitnesses(results, options)
  if (!written.ok) {
    complain(written.error)
    isBroken = true
  }
  const out = await put(formatted(report, options), options)
  if (!out.ok) complain(out.error)
  return isBroken || !out.ok ? EXIT.usage : exitCodeOf(report, options)
}

function complain(message: string): void {
  writeError(`keyward: ${escapeTerminal(message)}\n`)
}

function exitCodeOf(report: TestReport, { minCoverage }: TestOptions): ExitCode {
  if (minCoverage !== undefined) {
    const { percent } = coverageCount((report.coverage ?? []).flatMap(({ policies }) => policies))
    if (percent < minCoverage)
      complain(`tests exercise ${percent} % of the statements, and ${minCoverage} % are wanted`)
  }
  switch (outcomeOf(report, minCoverage)) {
    case 'pass':
      return EXIT.ok
    case 'fail':
      return EXIT.denied
    case 'error':
      return EXIT.usage
  }
}

/** One run: what is opened in it, and what its tests have exercised. */
class TestSession {
  private readonly subjects = new Subjects(complain)
  private readonly exercised = new Map<Subject, { readonly name: string; readonly by: Exercised }>()

  constructor(private readonly options: TestOptions) {}

  /** Undefined where no test of the file is to be run. */
  async run(loaded: LoadedFile): Promise<FileResult | undefined> {
    const { source, file, errors, events } = loaded
    if (file === undefined) return { source, tests: [], errors }
    const { filter } = this.options
    const chosen = file.tests.filter(({ name }) => filter === undefined || name.includes(filter))
    if (chosen.length === 0) return undefined
    const subject = await this.subjects.of({ ...loaded, file })
    if (!subject.ok) return { source, tests: [], errors: [subject.error] }
    const known = this.exercised.get(subject.value)
    const by = known?.by ?? new Exercised()
    if (known === undefined) this.exercised.set(subject.value, { name: this.subjects.nameOf(loaded), by })
    const { budget } = this.options
    const tests = chosen.map((test) =>
      runTest(file, test, subject.value, {
        solve: { nowMs: () => performance.now(), budget: { maxMs: budget * 1000 } },
        event: (path) => events.get(path) ?? { ok: false, error: `${quote(path)} was not read` },
        exercised: by,
      }),
    )
    return { source, tests, errors: [] }
  }

  coverage(): readonly WorldCoverage[] | undefined {
    if (this.options.coverage !== true && this.options.minCoverage === undefined) return undefined
    return [...this.exercised].map(([subject, { name, by }]) => ({ name, policies: coverageOf(subject, by) }))
  }
}

function formatted(report: TestReport, { format, color, output, coverage }: TestOptions): string {
  switch (format) {
    case 'json':
      return formatTestJson(report)
    case 'junit':
      return formatTestJunit(report)
    case 'sarif':
      return formatTestSarif(report)
    case 'pretty': {
      const terminal = terminalFacts()
      const page = {
        width: widthFor(terminal, undefined),
        color: paletteFor(terminal, color && output === undefined),
      }
      return formatTestText(coverage === true ? report : { ...report, coverage: undefined }, page)
    }
  }
}

async function put(text: string, { output }: TestOptions): Promise<Result<undefined, string>> {
  if (output === undefined) {
    await writeOut(text)
    return { ok: true, value: undefined }
  }
  return attempt(`cannot write ${quote(output, 200)}`, () => writeFileSync(output, text))
}

function attempt(what: string, write: () => void): Result<undefined, string> {
  try {
    write()
    return { ok: true, value: undefined }
  } catch (error) {
    return { ok: false, error: `${what}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** `test-3-1.json`: the first request of the third test that fails. */
function writeWitnesses(files: readonly FileResult[], { witnesses: folder }: TestOptions): Result<undefined, string> {
  if (folder === undefined) return { ok: true, value: undefined }
  const failing = files.flatMap(({ tests }) => tests).filter(({ witnesses }) => witnesses.length > 0)
  return attempt(`cannot write into ${quote(folder, 200)}`, () => {
    mkdirSync(folder, { recursive: true })
    for (const [index, test] of failing.entries()) writeTest(folder, `test-${index + 1}`, test)
  })
}

function writeTest(folder: string, name: string, { witnesses }: TestResult): void {
  for (const [index, call] of witnesses.entries()) {
    const id = `${name}-${index + 1}`
    writeFileSync(join(folder, `${id}.json`), `${JSON.stringify(replayDocument(call, id), null, 2)}\n`)
  }
}
