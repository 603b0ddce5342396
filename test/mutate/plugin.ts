/**
 * A test runner for Stryker that runs the tests in its own process and switches mutants by Stryker's global.
 *
 * Each mutant gets a fresh load of sources and tests (`realm.ts`), then the files of tests that reach it, the likeliest
 * to fail first, until one fails. To Stryker a file is one test: what a file interns once is not interned again for its
 * later tests, so that which of them a mutant can disturb cannot be told. A mutant that loops for ever is stopped by
 * Stryker's count of its rounds, or after some seconds.
 *
 * Source: Stryker's `TestRunner` (`@stryker-mutator/api/test-runner`).
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { InstrumenterContext, MutantCoverage } from '@stryker-mutator/api/core'
import {
  determineHitLimitReached,
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  toMutantRunResult,
  type DryRunResult,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
  type TestRunnerCapabilities,
} from '@stryker-mutator/api/test-runner'
import { openRealms, type Realm } from './realm.js'
import { isOverLimit, type TestRun } from './suite.js'

/** In a second look at the mutants that were alive there is time for more. */
const IS_SECOND_LOOK = process.env['KEYWARD_MUTATE'] === 'second-look'
/** How often a property of fast-check is tried. */
const MAX_RUNS = IS_SECOND_LOOK ? 60 : 6

/** Where the instrumented sources look. */
const context: InstrumenterContext = ((globalThis as { __stryker__?: InstrumenterContext }).__stryker__ ??= {})

/** Milliseconds by test. */
type Times = Readonly<Record<string, number>>

class InProcessRunner implements TestRunner {
  private readonly folder = process.cwd()
  private open: (() => Realm) | undefined
  private times: Readonly<Record<string, Times>> = {}
  /** How many mutants each file has noticed. */
  private readonly noticed = new Map<string, number>()

  capabilities(): TestRunnerCapabilities {
    return { reloadEnvironment: true }
  }

  async init(): Promise<void> {
    this.open = await openRealms(this.folder, MAX_RUNS, IS_SECOND_LOOK)
  }

  /** Each file on a load of its own, so that all it reaches is told. */
  async dryRun(): Promise<DryRunResult> {
    const coverage: MutantCoverage = { static: {}, perTest: {} }
    const tests: TestResult[] = []
    const times: Record<string, Times> = {}
    for (const file of this.load().files) {
      context.mutantCoverage = coverage
      context.activeMutant = ''
      delete context.currentTestId
      const realm = this.load()
      context.currentTestId = file
      const suite = await realm.suite(file)
      const runs = await suite.run({ stopAtFailure: false })
      const spent = runs.map(({ id, timeSpentMs }) => [id, timeSpentMs] as const)
      times[file] = Object.fromEntries(spent)
      const failed = runs.filter(({ failure }) => failure !== undefined)
      const test = { id: file, name: file, timeSpentMs: sum(spent.map(([, each]) => each)) }
      tests.push(
        failed.length === 0
          ? { ...test, status: TestStatus.Success }
          : { ...test, status: TestStatus.Failed, failureMessage: failed.map(told).join('\n') },
      )
    }
    delete context.currentTestId
    // For the workers that start later.
    writeFileSync(this.timesPath(), JSON.stringify(times))
    return { status: DryRunStatus.Complete, tests, mutantCoverage: coverage }
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { activeMutant, mutantActivation, testFilter, hitLimit } = options
    context.mutantCoverage = { static: {}, perTest: {} }
    context.activeMutant = mutantActivation === 'static' ? activeMutant.id : ''
    if (hitLimit === undefined) delete context.hitLimit
    else context.hitLimit = hitLimit
    context.hitCount = 0
    const results: TestResult[] = []
    try {
      const realm = this.load()
      context.activeMutant = activeMutant.id
      for (const file of this.likeliestFirst(testFilter ?? realm.files)) {
        // Endless changes are stopped by counting how often they are reached; time alone would stop harmless ones too.
        const limitMs = (id: string): number => 90_000 + 10 * (this.times[file]?.[id] ?? 0)
        const suite = await realm.suite(file)
        const runs = await suite.run({ stopAtFailure: true, limitMs })
        const failed = runs.find(({ failure }) => failure !== undefined)
        const test = { id: file, name: file, timeSpentMs: sum(runs.map(({ timeSpentMs }) => timeSpentMs)) }
        if (failed === undefined) results.push({ ...test, status: TestStatus.Success })
        else {
          this.noticed.set(file, (this.noticed.get(file) ?? 0) + 1)
          results.push({ ...test, status: TestStatus.Failed, failureMessage: told(failed) })
          break
        }
      }
    } catch (error) {
      if (isOverLimit(error)) return { status: MutantRunStatus.Timeout }
      // Not even loaded: noticed by whoever loads it.
      const failureMessage = error instanceof Error ? error.message : String(error)
      results.push({ id: 'load', name: 'load', timeSpentMs: 0, status: TestStatus.Failed, failureMessage })
    }
    const tooMany = determineHitLimitReached(context.hitCount, hitLimit)
    context.activeMutant = ''
    return toMutantRunResult(tooMany ?? { status: DryRunStatus.Complete, tests: results }, false)
  }

  private load(): Realm {
    if (this.open === undefined) throw new Error('the runner was not started')
    return this.open()
  }

  private timesPath(): string {
    return join(this.folder, '.mutate', 'times.json')
  }

  /** By the time that they took without a mutant, and the sooner the more mutants they noticed. */
  private likeliestFirst(files: readonly string[]): readonly string[] {
    if (Object.keys(this.times).length === 0) {
      this.times = JSON.parse(readFileSync(this.timesPath(), 'utf8')) as Record<string, Times>
    }
    const cost = (file: string): number =>
      (1 + sum(Object.values(this.times[file] ?? {}))) / (0.1 + (this.noticed.get(file) ?? 0))
    return files.toSorted((left, right) => cost(left) - cost(right))
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

function told({ id, failure }: TestRun): string {
  return `${id}: ${failure ?? ''}`
}

/** What Stryker looks for in a plugin. @public */
export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', injectableClass: InProcessRunner }]
