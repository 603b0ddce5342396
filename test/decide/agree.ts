/**
 * Do the program and the slow interpreter say the same about a simulation document? (invariant I4)
 *
 * Compared are decision, layer, the statements that decided and the verdict of every layer, from the trace and in the
 * answer, the short answer, and for every check `decide`, a gate built for it, and `trace`.
 */
import type { Call } from '../../src/decide/call.js'
import { decide } from '../../src/decide/decide.js'
import { Gate } from '../../src/decide/gate.js'
import type { DecisionOptions } from '../../src/decide/options.js'
import { trace, type Trace } from '../../src/decide/trace.js'
import { decisiveStatements } from '../../src/explain/decisive.js'
import { Simulator, type Answer } from '../../src/source/simulate.js'
import { describeDocument } from '../reference/describe.js'
import type { LockoutDocument, SimulationDocument } from '../reference/document.js'
import {
  interpret,
  interpretLockout,
  interpretMulti,
  type Interpretation,
  type Options,
} from '../reference/interpret.js'
import { CallReader } from './read-calls.js'

/** What is compared of an answer; lists in one order. */
interface Said {
  readonly decision: string
  readonly layer: string
  readonly by: readonly string[]
  readonly layers: readonly string[]
}

type Verdict = Said & { readonly failingCheck: number | null }

interface AgreementSettings {
  readonly options?: Partial<DecisionOptions>
  /** The same readings in the interpreter's words. */
  readonly reference?: Options
  /** Of this many documents one is also answered whole and answered shortly, which takes most of the time. */
  readonly answersOneIn?: number
}

/** Strings in one graph, beyond which the next document begins a new one. */
const MAX_STRINGS = 200_000

/** Compares document after document, all on one graph. */
export class Agreement {
  private readonly options: Partial<DecisionOptions>
  private readonly reference: Options
  private readonly answersOneIn: number
  private readonly whole: Simulator
  private readonly short: Simulator
  private reader = new CallReader()
  private seen = 0

  constructor({ options = {}, reference = {}, answersOneIn = 1 }: AgreementSettings = {}) {
    this.options = options
    this.reference = reference
    this.answersOneIn = answersOneIn
    this.whole = new Simulator({ decision: options })
    this.short = new Simulator({ decision: options, only: 'decision' })
  }

  /** Undefined where all agree; else what they say, and the document. */
  disagreement(document: SimulationDocument): string | undefined {
    const found = this.difference(document)
    return found === undefined ? undefined : `${found}\n${describeDocument(document)}`
  }

  private difference(document: SimulationDocument): string | undefined {
    if (this.reader.tables.strings.size > MAX_STRINGS) this.reader = new CallReader()
    const calls = this.reader.calls(document, this.options)
    const traces = calls.map(trace)
    for (const [index, call] of calls.entries()) {
      const parted = waysDiffer(call, traces[index])
      if (parted !== undefined) return parted
    }
    const answers = this.seen++ % this.answersOneIn === 0
    return document.kind === 'lockout'
      ? this.lockoutDifference(document, traces, answers)
      : this.decisionDifference(document, traces, answers)
  }

  private decisionDifference(
    document: Exclude<SimulationDocument, LockoutDocument>,
    traces: readonly Trace[],
    answers: boolean,
  ): string | undefined {
    const interpreted =
      document.kind === 'multi'
        ? interpretMulti(document, this.reference)
        : { ...interpret(document, this.reference), failingCheck: null }
    const wanted = JSON.stringify({ ...said(interpreted), failingCheck: interpreted.failingCheck } satisfies Verdict)
    const got = JSON.stringify(verdictOf(traces, document.kind === 'multi'))
    if (got !== wanted) return `the interpreter says ${wanted}\nthe program says     ${got}`
    if (!answers) return undefined
    const [whole, short] = this.answers(document)
    if (whole === undefined || !('by' in whole)) return `not answered: ${JSON.stringify(whole)}`
    const answered = JSON.stringify({ ...said(whole), failingCheck: whole.failingCheck ?? null } satisfies Verdict)
    if (answered !== wanted) return `the interpreter says ${wanted}\nthe answer is        ${answered}`
    const decision = short !== undefined && 'decision' in short ? short.decision : undefined
    return decision === whole.decision ? undefined : `the short answer to ${wanted} is ${JSON.stringify(short)}`
  }

  private lockoutDifference(document: LockoutDocument, traces: readonly Trace[], answers: boolean): string | undefined {
    const wanted = interpretLockout(document, this.reference)
    const isBypassed = document.request?.bypassPolicyLockoutSafetyCheck === true
    const decided = isBypassed || traces.every(({ outcome }) => outcome.decision === 'allow') ? 'pass' : 'fail'
    const given = answers ? this.answers(document) : []
    const got = [decided, ...given.map((answer) => answer !== undefined && 'lockout' in answer && answer.lockout)]
    return got.every((each) => each === wanted)
      ? undefined
      : `the interpreter says ${wanted}, the program ${got.join(', ')}`
  }

  private answers(document: SimulationDocument): readonly [Answer | undefined, Answer | undefined] {
    const text = JSON.stringify(document)
    return [this.whole.answer(text, 1)[0], this.short.answer(text, 1)[0]]
  }
}

/** The first check that fails speaks; when all allow, the last. */
function verdictOf(traces: readonly Trace[], isMulti: boolean): Verdict {
  const failing = traces.findIndex(({ outcome }) => outcome.decision !== 'allow')
  const traced = traces.at(failing)
  if (traced === undefined) throw new Error('a document without checks')
  return {
    ...said({
      ...traced.outcome,
      by: decisiveStatements(traced),
      layers: Object.fromEntries(traced.layers.map(({ layer, verdict }) => [layer, verdict])),
    }),
    failingCheck: isMulti && failing >= 0 ? failing : null,
  }
}

/** Undefined where `decide`, a gate and `trace` say the same. */
export function waysDiffer(call: Call, { outcome: traced }: Trace = trace(call)): string | undefined {
  const decided = decide(call)
  const gated = Gate.build(call).decide(call.values, call)
  // Outcomes are shared, so that equal ones are the same object.
  if (decided === gated && decided === traced) return undefined
  return `decide says ${JSON.stringify(decided)}, the gate ${JSON.stringify(gated)}, trace ${JSON.stringify(traced)}`
}

function said({ decision, layer, by, layers }: Pick<Interpretation, 'decision' | 'layer' | 'by' | 'layers'>): Said {
  return {
    decision,
    layer,
    by: by.map(inOrder).sort(),
    layers: Object.entries(layers)
      // What grants say on their own is told only where the decision is theirs.
      .filter(([name]) => name !== 'grant' || layer === 'grant')
      .map(([name, verdict]) => `${name} ${verdict}`)
      .sort(),
  }
}

function inOrder(reference: object): string {
  return JSON.stringify(
    Object.fromEntries(Object.entries(reference).sort(([left], [right]) => (left < right ? -1 : 1))),
  )
}
