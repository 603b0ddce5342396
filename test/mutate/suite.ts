/**
 * A small stand-in for `vitest`: collects the tests of a file and runs those that are asked for, in this process.
 *
 * It knows the parts of vitest that the tests of this repository use: `describe`, `test`, `test.each` over a list and
 * the four hooks; `expect` is vitest's own. Names are only told apart, not written as vitest writes them.
 *
 * Properties are cut short: of fast-check's runs only the first `maxRuns` are made, since a mutant that is noticed at
 * all is noticed by then as a rule. What a test asserts after such a property is about all of its runs, so the test
 * ends there.
 */
import { Script } from 'node:vm'
import fastCheck from 'fast-check'
import { expect } from 'vitest'

type Step = () => unknown

interface Group {
  readonly name: string
  readonly parent: Group | undefined
  readonly beforeAll: Step[]
  readonly afterAll: Step[]
  readonly beforeEach: Step[]
  readonly afterEach: Step[]
}

interface CollectedTest {
  /** The file, the names of its groups and its own; a number too where that is not enough to tell it apart. */
  readonly id: string
  readonly group: Group
  readonly step: Step
}

export interface TestRun {
  readonly id: string
  readonly timeSpentMs: number
  /** Undefined where it passed. */
  readonly failure: string | undefined
}

/** What `fc.assert` throws when it would have made more runs: nothing failed, and nothing more is to be learned. */
class CutShort extends Error {}

function cutShort(): never {
  throw new CutShort()
}

/** The tests of one file. */
export class Suite {
  readonly tests: CollectedTest[] = []
  private readonly file: string
  private readonly root = groupOf('', undefined)
  current = this.root
  private readonly ids = new Set<string>()

  constructor(file: string) {
    this.file = file
  }

  /**
   * Runs the tests in their order, the hooks of their groups around them.
   * @param options.stopAtFailure - ends with the first test that fails.
   * @param options.limitMs - how long a test may take before it waits for something; unlimited when left out.
   */
  async run({
    stopAtFailure,
    limitMs,
  }: {
    readonly stopAtFailure: boolean
    readonly limitMs?: (id: string) => number
  }): Promise<readonly TestRun[]> {
    const runs: TestRun[] = []
    const entered = new Set<Group>()
    for (const test of this.tests) {
      const groups = chainOf(test.group)
      const beganAt = performance.now()
      let failure: string | undefined
      try {
        for (const group of groups) {
          if (entered.has(group)) continue
          entered.add(group)
          for (const step of group.beforeAll) await step()
        }
        for (const group of groups) for (const step of group.beforeEach) await step()
        await (limitMs === undefined ? test.step() : withinLimit(test.step, limitMs(test.id)))
      } catch (error) {
        if (isOverLimit(error)) throw error
        if (!(error instanceof CutShort)) failure = messageOf(error)
      }
      try {
        for (const group of groups.toReversed()) for (const step of group.afterEach) await step()
      } catch (error) {
        failure ??= messageOf(error)
      }
      runs.push({ id: test.id, timeSpentMs: performance.now() - beganAt, failure })
      if (failure !== undefined && stopAtFailure) break
    }
    // What a mutant leaves behind is of no interest, but folders are put away.
    for (const group of [...entered].toReversed()) for (const step of group.afterAll) await step()
    return runs
  }

  describe(name: string, body: () => void): void {
    const outer = this.current
    this.current = groupOf(name, outer)
    try {
      body()
    } finally {
      this.current = outer
    }
  }

  add(name: string, step: Step): void {
    const base = [this.file, ...chainOf(this.current).map((group) => group.name), name].filter(Boolean).join(' > ')
    let id = base
    for (let count = 2; this.ids.has(id); count++) id = `${base} #${count}`
    this.ids.add(id)
    this.tests.push({ id, group: this.current, step })
  }
}

/**
 * What files get for `import ... from 'vitest'`. A file that several files of tests share is loaded once, so that each
 * call asks which of them is being loaded.
 */
export function vitestFor(suite: () => Suite): object {
  return {
    expect,
    describe: (name: string, body: () => void) => suite().describe(name, body),
    test: Object.assign((name: string, step: Step) => suite().add(name, step), {
      each: (rows: readonly unknown[]) => (name: string, step: (...values: readonly unknown[]) => unknown) => {
        for (const row of rows) suite().add(name, () => (Array.isArray(row) ? step(...(row as unknown[])) : step(row)))
      },
    }),
    beforeAll: (step: Step) => void suite().current.beforeAll.push(step),
    afterAll: (step: Step) => void suite().current.afterAll.push(step),
    beforeEach: (step: Step) => void suite().current.beforeEach.push(step),
    afterEach: (step: Step) => void suite().current.afterEach.push(step),
  }
}

/** What files get for `import fc from 'fast-check'`. */
export function fastCheckFor(maxRuns: number): object {
  return {
    ...fastCheck,
    assert: (property: fastCheck.IRawProperty<unknown>, given: fastCheck.Parameters<unknown> = {}) => {
      const wanted = given.numRuns ?? 100
      const isCut = wanted > maxRuns
      // One failing document is enough; a smaller one would take time.
      const parameters = { ...given, numRuns: isCut ? maxRuns : wanted, endOnFailure: true }
      const done = fastCheck.assert(property, parameters)
      if (done instanceof Promise) return isCut ? done.then(cutShort) : done
      return isCut ? cutShort() : undefined
    },
    // A long sample is a question to the generators, in which there are no mutants.
    sample: (generator: fastCheck.Arbitrary<unknown>, given: fastCheck.Parameters<unknown> = {}): unknown[] => {
      if ((given.numRuns ?? 0) > maxRuns) cutShort()
      return fastCheck.sample(generator, given)
    },
  }
}

// An endless loop can be stopped only from outside, by another process or as a script.
const CALL = new Script('globalThis.keywardStep()')

/** Calls what may loop for ever; throws where it takes longer than that. */
function withinLimit(step: Step, limitMs: number): unknown {
  Reflect.set(globalThis, 'keywardStep', step)
  return CALL.runInThisContext({ timeout: Math.ceil(limitMs) })
}

export function isOverLimit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
}

function groupOf(name: string, parent: Group | undefined): Group {
  return { name, parent, beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] }
}

/** From the outermost group to this one. */
function chainOf(group: Group): readonly Group[] {
  const chain: Group[] = []
  for (let each: Group | undefined = group; each !== undefined; each = each.parent) chain.unshift(each)
  return chain
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
