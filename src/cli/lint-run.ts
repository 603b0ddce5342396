/**
 * The work of `keyward lint`: read settings and files, lint, fix, print.
 */
import { readFileSync } from 'node:fs'
import { baselineOf, printBaseline, readBaseline, type Baseline } from '../lint/baseline.js'
import type { FailOn, LintConfig } from '../lint/config.js'
import type { Finding } from '../lint/finding.js'
import { Linter, type LintResult, type LintSettings } from '../lint/lint.js'
import { SEVERITIES, type LintReport } from '../lint/report/lint-report.js'
import type { ProjectFacts } from '../lint/rule.js'
import type { RuleChoice } from '../lint/rule-set.js'
import { RULES } from '../lint/rules/index.js'
import type { PolicyKind } from '../policy/document.js'
import { parsePolicyKind } from '../policy/kind.js'
import { describeError } from '../text/code-frame.js'
import { escapeTerminal, quote } from '../text/escape.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { memoryCache, openCache, type FileCache } from './lint-cache.js'
import { configIn, loadConfig } from './lint-config.js'
import { changeMatters, findInputs, readLintInput, watchable, type LintInput } from './lint-inputs.js'
import { formatReport, formatStatistics, type LintFormat } from './lint-output.js'
import type * as LintFix from './lint-fix.js'
import { LintThreads } from './lint-pool.js'
import { failureToWrite } from './lint-write.js'
import { EMBEDDED_READERS } from './lint-readers.js'
import { progressOn } from './progress.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import { runWatching } from './watch.js'

export { serveLint } from './lint-serve.js'

export interface LintOptions {
  readonly kind?: string
  readonly preset?: 'default' | 'strict'
  readonly select?: readonly string[]
  readonly extendSelect?: readonly string[]
  readonly ignore?: readonly string[]
  readonly format?: LintFormat
  readonly json?: boolean
  readonly codes?: 'own' | 'aa'
  readonly statistics?: boolean
  readonly failOn?: FailOn
  readonly maxWarnings?: number
  readonly failOnUnresolved?: boolean
  readonly baseline?: string
  readonly writeBaseline?: string
  readonly pruneBaseline?: boolean
  readonly fix?: boolean
  readonly unsafeFixes?: boolean
  readonly diff?: boolean
  readonly against?: string
  readonly account?: readonly string[]
  readonly organization?: string
  readonly caller?: string
  readonly param?: Readonly<Record<string, string>>
  /** False with --no-config. */
  readonly config?: string | false
  readonly cache?: boolean
  readonly cacheLocation?: string
  readonly stdinFilename?: string
  readonly quiet?: boolean
  readonly watch?: boolean
  /** False with --no-color. */
  readonly color: boolean
  readonly width?: number
}

/** What only some runs need, and what is too large to be loaded by all of them. */
export interface LintParts {
  /** The engine that proves fixes. */
  readonly fix: () => Promise<typeof LintFix>
}

function settingsFiles({ config }: LintOptions): readonly string[] {
  if (config === false) return []
  const file = config ?? configIn('.')
  return file === undefined ? [] : [file]
}

/** @param version - of this program, for reports. */
export async function runLint(
  paths: readonly string[],
  options: LintOptions,
  version: string,
  parts: LintParts,
): Promise<ExitCode> {
  const given: Given = { paths, options, version, parts }
  if (options.watch !== true) return runOnce(given)
  if (paths.includes('-')) return refuse('standard input cannot be watched', options)
  const cache = memoryCache()
  return runWatching(watchable(paths), (onRead) => runOnce({ ...given, cache, onRead }), changeMatters(paths))
}

interface Given {
  readonly paths: readonly string[]
  readonly options: LintOptions
  readonly version: string
  readonly parts: LintParts
  /** What the runs before have found. */
  readonly cache?: FileCache
  readonly onRead?: (paths: readonly string[]) => void
}

async function runOnce({ paths, options, version, parts, cache: kept, onRead }: Given): Promise<ExitCode> {
  onRead?.(settingsFiles(options))
  const prepared = await prepare(options)
  if (!prepared.ok) return refuse(prepared.error, options)
  const { settings, baseline } = prepared.value
  const cache = options.cache === true ? openCache(options.cacheLocation) : kept
  const threads = new LintThreads(settings)
  const run = { options, version, threads, ...(cache === undefined ? {} : { cache }) }
  const linter = new Linter(RULES, {
    ...settings,
    ...(cache === undefined ? {} : { cache, version: `${version} ${cache.program}` }),
  })
  const unknown = linter.registry.unknown(settings.choice)
  if (unknown.length > 0) return refuse(unknownRule(linter, unknown[0]!), options)

  const { inputs, errors } = findInputs(paths, settings.config.exclude)
  onRead?.([
    ...inputs.flatMap(({ path, isNamed }) => (isNamed ? [path] : [])),
    ...(baseline === undefined ? [] : [baseline.source.name]),
  ])
  const unreadable = [...errors]
  const isFixing = options.fix === true || options.unsafeFixes === true || options.diff === true
  // What is in a cache needs no threads, and what is fixed first would keep them waiting.
  const expects = cache === undefined && !isFixing
  try {
    const sources = await readAll(inputs, options, unreadable, (source) => {
      if (expects) threads.expect(source)
    })
    if (isFixing) {
      const { fixFiles } = await parts.fix()
      const text = fixFiles(linter, sources, { ...options, color: paletteFor(terminalFacts(), options.color) })
      if (text.diff !== undefined) {
        await writeOut(text.diff)
        return ending(unreadable, text.diff === '' ? EXIT.ok : EXIT.denied)
      }
      // What is left is reported of the files as they are now.
      return await finish(linter, text.sources, baseline, settings.config, run, [...unreadable, ...text.errors])
    }
    return await finish(linter, sources, baseline, settings.config, run, unreadable)
  } finally {
    threads.end()
  }
}

interface Run {
  readonly cache?: FileCache
  readonly threads: LintThreads
  readonly options: LintOptions
  readonly version: string
}

interface Prepared {
  readonly settings: LintSettings
  readonly baseline: Baseline | undefined
}

async function prepare(options: LintOptions): Promise<Result<Prepared, string | readonly SourceError[]>> {
  const config = loadConfig(options.config)
  if (!config.ok) return config
  const kind = options.kind === undefined ? undefined : parsePolicyKind(options.kind)
  if (options.kind !== undefined && kind === undefined) {
    return {
      ok: false,
      error: `unknown kind of policy ${quote(options.kind)}; expected key, identity, boundary, session, scp, rcp, vpce, trust or resource`,
    }
  }
  const baseline = readBaselineFile(options, config.value)
  if (!baseline.ok) return baseline
  const before =
    options.against === undefined ? undefined : (await import('./lint-against.js')).filesAt(options.against)
  if (before?.ok === false) return before
  return {
    ok: true,
    value: { settings: settingsOf(config.value, kind, before?.value, options), baseline: baseline.value },
  }
}

function settingsOf(
  config: LintConfig,
  kind: PolicyKind | undefined,
  before: LintSettings['before'],
  { preset, select, extendSelect, ignore, account, organization, caller, param }: LintOptions,
): LintSettings {
  const choice: RuleChoice = {
    ...(preset === undefined ? {} : { preset }),
    ...(select === undefined ? {} : { select }),
    ...(extendSelect === undefined ? {} : { extend: extendSelect }),
    ...(ignore === undefined ? {} : { ignore }),
  }
  const project: ProjectFacts = {
    ...config.project,
    ...(account === undefined ? {} : { accounts: account }),
    ...(organization === undefined ? {} : { organization }),
    ...(caller === undefined ? {} : { caller }),
  }
  return {
    config: { ...config, project, parameters: { ...config.parameters, ...param } },
    choice,
    ...(kind === undefined ? {} : { kind }),
    today: new Date().toISOString().slice(0, 10),
    readers: EMBEDDED_READERS,
    ...(before === undefined ? {} : { before }),
  }
}

function readBaselineFile(
  { baseline, writeBaseline }: LintOptions,
  config: LintConfig,
): Result<Baseline | undefined, string | readonly SourceError[]> {
  const path = baseline ?? config.baseline
  if (path === undefined || writeBaseline !== undefined) return { ok: true, value: undefined }
  try {
    return readBaseline({ name: path, text: readFileSync(path, 'utf8') })
  } catch (error) {
    return {
      ok: false,
      error: `cannot read the baseline ${quote(path, 200)}: ${reasonOf(error)}`,
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : error.message
}

interface NamedSource {
  readonly source: SourceText
  readonly input: LintInput
}

async function readAll(
  inputs: readonly LintInput[],
  { stdinFilename }: LintOptions,
  unreadable: string[],
  onRead: (source: SourceText) => void,
): Promise<readonly NamedSource[]> {
  const sources: NamedSource[] = []
  for (const input of inputs) {
    const read = await readLintInput(input, stdinFilename)
    if (read.ok) {
      onRead(read.value)
      sources.push({ source: read.value, input })
    } else unreadable.push(read.error)
  }
  return sources
}

async function finish(
  linter: Linter,
  sources: readonly NamedSource[],
  baseline: Baseline | undefined,
  config: LintConfig,
  run: Run,
  unreadable: readonly string[],
): Promise<ExitCode> {
  const { options } = run
  const progress = progressOn('files', terminalFacts(process.stderr), writeError)
  const files = sources.map(({ source, input: { isNamed } }) => ({ source, isNamed }))
  const results = await run.threads.lint(linter, files, (done, part) => {
    progress.update(done, (done + part) / files.length)
  })
  progress.finish()
  for (const { source, isNamed, result } of results) {
    linter.take(source, isNamed, result)
    if (result.isEmpty && isNamed) writeError(`keyward: no policy was found in ${quote(source.name, 200)}\n`)
  }
  run.cache?.save()
  const result = linter.finish(baseline, options.pruneBaseline === true)
  if (options.writeBaseline !== undefined) {
    const failure = failureToWrite(options.writeBaseline, printBaseline(baselineOf(result.findings)))
    if (failure !== undefined) return ending([...unreadable, failure], EXIT.ok)
    writeError(`keyward: ${result.findings.length} findings written to ${quote(options.writeBaseline, 200)}\n`)
    return ending(unreadable, EXIT.ok)
  }
  const unwritten =
    options.pruneBaseline === true && baseline !== undefined
      ? failureToWrite(baseline.source.name, printBaseline(result.pruned))
      : undefined
  const report = reportOf(result, linter, config, run)
  await print(report, options)
  const failures = unwritten === undefined ? unreadable : [...unreadable, unwritten]
  return ending(failures, isFailure(report, config, options) ? EXIT.denied : EXIT.ok)
}

function reportOf(result: LintResult, linter: Linter, config: LintConfig, { options, version }: Run): LintReport {
  const failOn = options.failOn ?? config.failOn ?? 'security'
  const threshold = failOn === 'never' ? -1 : SEVERITIES.indexOf(failOn)
  const failsUnresolved = options.failOnUnresolved === true || config.failOnUnresolved
  const isFailing = ({ severity, rule }: Finding): boolean =>
    SEVERITIES.indexOf(severity) <= threshold || (failsUnresolved && rule.id === 'IAC001')
  const shown = options.quiet === true ? result.findings.filter(isFailing) : result.findings
  return {
    result,
    findings: shown.toSorted(byFile),
    rules: linter.registry.rules,
    version,
    isFailing,
    codes: options.codes ?? 'own',
  }
}

function byFile(a: Finding, b: Finding): number {
  if (a.source.name !== b.source.name) return a.source.name < b.source.name ? -1 : 1
  return a.span.start - b.span.start || a.span.end - b.span.end
}

function isFailure({ result, isFailing }: LintReport, config: LintConfig, options: LintOptions): boolean {
  const most = options.maxWarnings ?? config.maxWarnings
  const warnings = result.findings.filter(({ severity }) => severity === 'warning').length
  return result.findings.some(isFailing) || (most !== undefined && warnings > most)
}

async function print(report: LintReport, options: LintOptions): Promise<void> {
  const terminal = terminalFacts()
  const text = { width: widthFor(terminal, options.width), color: paletteFor(terminal, options.color) }
  const format = options.json === true ? 'json' : (options.format ?? 'pretty')
  if (options.statistics === true) await writeOut(formatStatistics(report))
  else await writeOut(formatReport(report, format, text))
}

/** @param failures - files that could not be read or written. */
function ending(failures: readonly string[], status: ExitCode): ExitCode {
  for (const message of failures) writeError(`keyward: ${escapeTerminal(message)}\n`)
  return failures.length > 0 ? EXIT.usage : status
}

function unknownRule(linter: Linter, name: string): string {
  const meant = linter.registry.suggestion(name)
  return `no rule is called ${quote(name)}${meant === undefined ? '' : `; did you mean \`${meant}\`?`}`
}

function refuse(failure: string | readonly SourceError[], { color: wanted, width }: LintOptions): ExitCode {
  if (typeof failure === 'string') {
    writeError(`keyward: ${escapeTerminal(failure)}\n`)
    return EXIT.usage
  }
  const stderr = terminalFacts(process.stderr)
  const color = paletteFor(stderr, wanted)
  for (const error of failure) writeError(`${describeError(error, { color, width: widthFor(stderr, width) })}\n`)
  return EXIT.usage
}
