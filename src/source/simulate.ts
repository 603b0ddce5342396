/**
 * Answers simulation documents: text in, one answer for each document out.
 *
 * A stream of documents shares one decision graph, which grows with what their policies name; when it has grown large a
 * new one takes its place. No answer depends on the documents before it.
 */
import { decide } from '../decide/decide.js'
import { DEFAULT_OPTIONS, type DecisionOptions } from '../decide/options.js'
import { trace, type Trace } from '../decide/trace.js'
import { causeOf } from '../explain/cause.js'
import { decisiveStatements } from '../explain/decisive.js'
import { diagnosticsOf } from '../explain/diagnostics.js'
import { accessDeniedMessage } from '../explain/message.js'
import { nearMisses } from '../explain/near-miss.js'
import type { DecisionKind, Layer } from '../graph/combine.js'
import { GraphTables } from '../graph/tables.js'
import { readJson } from '../text/json.js'
import { positionAt } from '../text/source.js'
import { nodeAt, toPointer, type ObjectNode, type SyntaxNode } from '../text/syntax-tree.js'
import { findMembers } from './member-places.js'
import { Reading, type ReadError } from './object-reader.js'
import { placesOf, SimulationReader, type Check, type Simulation } from './read-simulation.js'
import { callOf, checksDiffer, ignoredMembers } from './simulation-call.js'
import type {
  DecisionAnswer,
  ErrorAnswer,
  LockoutAnswer,
  SimulationAnswer,
  SimulationDocument,
} from './simulation-document.js'
import { traceJson } from './trace-json.js'

export interface SimulateOptions {
  /** Put the whole trace into every answer. */
  readonly explain?: boolean
  /** Answers have their `id` and the decision alone; much faster. */
  readonly only?: 'decision'
  /** The readings of what AWS leaves open; the recommended ones when left out. */
  readonly decision?: Partial<DecisionOptions>
}

/** With `only: 'decision'`. */
export interface ShortAnswer {
  readonly id: string | number
  readonly decision: DecisionKind
}

export interface ShortLockoutAnswer {
  readonly id: string | number
  readonly lockout: 'pass' | 'fail'
}

export type Answer = SimulationAnswer | ShortAnswer | ShortLockoutAnswer

/** Strings in the tables of one graph, beyond which a new one is begun. */
const MAX_STRINGS = 500_000
/** Condition keys likewise: the values of every request have a place for each of them. */
const MAX_SLOTS = 4096

/** KMS Developer Guide, "Troubleshooting"; the wording of MalformedPolicyDocumentException. */
const LOCKOUT_MESSAGE = 'The new key policy will not allow you to update the key policy in the future.'

/**
 * Answers one document.
 * @param document - the document, or its JSON text; of a text that holds several the first is answered.
 */
export function simulate(document: SimulationDocument | string, options: SimulateOptions = {}): SimulationAnswer {
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const [answer] = new Simulator({ ...options, only: undefined }).answer(text, 1)
  if (answer === undefined || !('error' in answer || 'layer' in answer || 'message' in answer)) {
    return errorAnswer(1, { message: 'the text holds no document', path: [] }, text, undefined, 1)
  }
  return answer
}

type SimulatorOptions = Omit<SimulateOptions, 'only'> & { readonly only?: 'decision' | undefined }

export class Simulator {
  private tables = new GraphTables()
  private reader = new SimulationReader(this.tables)
  private readonly decisionOptions: DecisionOptions

  constructor(private readonly options: SimulatorOptions = {}) {
    this.decisionOptions = { ...DEFAULT_OPTIONS, ...options.decision }
  }

  /**
   * The answers to a text that holds one document or a list of documents.
   * @param line - of the input, at which the text begins, from 1.
   */
  answer(text: string, line: number): readonly Answer[] {
    if (this.tables.strings.size > MAX_STRINGS || this.tables.slotCount > MAX_SLOTS) {
      this.tables = new GraphTables()
      this.reader = new SimulationReader(this.tables)
    }
    const quick = this.answerQuickly(text, line)
    return quick === undefined ? this.answerThoroughly(text, line) : [quick]
  }

  /** Undefined where anything at all is out of the ordinary. */
  private answerQuickly(text: string, line: number): Answer | undefined {
    const places = findMembers(text, this.reader.memory)
    if (places === undefined) return undefined
    const reading = new Reading(text)
    const id = this.reader.readId(reading, places)
    const simulation = this.reader.read(reading, places)
    return simulation === undefined || reading.errors.length > 0 ? undefined : this.answerTo(simulation, id ?? line)
  }

  /** Reads the text as JSON, so that whatever is wrong has its place. Same answers, where nothing is. */
  answerThoroughly(text: string, line: number): readonly Answer[] {
    const tree = readJson({ name: '<document>', text })
    if (!tree.ok) {
      const [first] = tree.error
      const { message = 'not JSON', hint, span, pointer } = first ?? {}
      const told = [message, hint].filter((part) => part !== undefined).map((part) => inInput(part, line))
      const error = { message: told.join('; '), path: [], ...(span === undefined ? {} : { span }) }
      return [errorAnswer(line, error, text, undefined, line, pointer)]
    }
    const nodes = tree.value.kind === 'array' ? tree.value.items : [tree.value]
    return nodes.map((node) => this.answerNode(text, node, line))
  }

  private answerNode(text: string, node: SyntaxNode, line: number): Answer {
    const at = line + positionAt(text, node.start).line - 1
    const reading = new Reading(text)
    if (node.kind !== 'object') {
      reading.wrongType(node, [], 'a simulation document, an object')
      return errorAnswer(at, reading.errors[0]!, text, undefined, line)
    }
    const places = placesOf(node)
    const id = this.reader.readId(reading, places) ?? at
    const simulation = this.reader.read(reading, places)
    const [error] = inOrder(reading.errors, node)
    if (simulation !== undefined && error === undefined) return this.answerTo(simulation, id)
    return errorAnswer(id, error ?? { message: 'the document cannot be read', path: [] }, text, node, line)
  }

  // ---------------------------------------------------------------------------------------------------------- answers

  private answerTo(simulation: Simulation, id: string | number): Answer {
    if (this.options.only === 'decision') return this.shortAnswer(simulation, id)
    if (simulation.kind === 'lockout') return this.lockoutAnswer(simulation, id)
    const { traced, failingCheck } = this.traceChecks(simulation)
    return {
      id,
      ...this.decisionOf(simulation, traced),
      ...(simulation.kind === 'multi' ? { failingCheck } : {}),
      ...(this.options.explain === true ? { trace: traceJson(traced) } : {}),
    }
  }

  private shortAnswer(simulation: Simulation, id: string | number): ShortAnswer | ShortLockoutAnswer {
    let decision: DecisionKind = 'allow'
    for (const check of simulation.checks) {
      if (simulation.kind === 'lockout' && bypasses(simulation)) break
      decision = decide(this.call(simulation, check)).decision
      if (decision !== 'allow') break
    }
    return simulation.kind === 'lockout' ? { id, lockout: decision === 'allow' ? 'pass' : 'fail' } : { id, decision }
  }

  /** The first check that fails speaks; when all allow, the last. */
  private traceChecks(simulation: Simulation): { readonly traced: Trace; readonly failingCheck: number | null } {
    let traced: Trace | undefined
    for (const [index, check] of simulation.checks.entries()) {
      traced = trace(this.call(simulation, check))
      if (traced.outcome.decision !== 'allow') return { traced, failingCheck: index }
    }
    if (traced === undefined) throw new Error('a simulation without checks was let through')
    return { traced, failingCheck: null }
  }

  private decisionOf(simulation: Simulation, traced: Trace): Omit<DecisionAnswer, 'id'> {
    const layers: Partial<Record<Layer, DecisionKind>> = {}
    for (const { layer, verdict } of traced.layers) layers[layer] = verdict
    return {
      decision: traced.outcome.decision,
      layer: traced.outcome.layer,
      cause: causeOf(traced),
      by: decisiveStatements(traced),
      nearest: nearMisses(traced),
      message: accessDeniedMessage(traced),
      layers,
      diagnostics: [...diagnosticsOf(traced), ...ignoredMembers(simulation, traced.call), ...checksDiffer(simulation)],
    }
  }

  private lockoutAnswer(simulation: Simulation, id: string | number): LockoutAnswer {
    const { traced, failingCheck } = this.traceChecks(simulation)
    const passes = failingCheck === null || bypasses(simulation)
    return {
      id,
      lockout: passes ? 'pass' : 'fail',
      message: passes ? null : LOCKOUT_MESSAGE,
      ...(this.options.explain === true ? { trace: traceJson(traced) } : {}),
    }
  }

  private call(simulation: Simulation, check: Check): ReturnType<typeof callOf> {
    return callOf(simulation, check, this.tables, this.decisionOptions)
  }
}

function bypasses({ request }: Simulation): boolean {
  return request.bypassPolicyLockoutSafetyCheck === true
}

// ---------------------------------------------------------------------------------------------------------------- errors

/** The JSON reader names a second place by its line in the text that it was given. */
function inInput(message: string, firstLine: number): string {
  return message.replace(
    /(it stands at|that begins at) ([0-9]+)(:[0-9]+(?: already)?)$/,
    (_whole, before: string, line: string, after: string) => `${before} ${Number(line) + firstLine - 1}${after}`,
  )
}

/** By their places, so that the first is the first that a reader meets; what is missing comes last. */
function inOrder(errors: readonly ReadError[], node: ObjectNode): readonly ReadError[] {
  return errors
    .map((error) => ({ ...error, span: error.span ?? nodeAt(node, error.path) ?? node }))
    .toSorted(
      (left, right) =>
        Number(left.isMissing ?? false) - Number(right.isMissing ?? false) || left.span.start - right.span.start,
    )
}

function errorAnswer(
  id: string | number,
  { message, path, span }: ReadError,
  text: string,
  node: ObjectNode | undefined,
  firstLine: number,
  pointer = toPointer(path),
): ErrorAnswer {
  const start = (span ?? (node === undefined ? undefined : nodeAt(node, path)) ?? node)?.start ?? 0
  const { line, column } = positionAt(text, start)
  return { id, error: { message, pointer, line: firstLine + line - 1, column } }
}

/** For a text that is not even looked into, because it is too long or cannot be read. */
export function unreadableAnswer(line: number, message: string): ErrorAnswer {
  return { id: line, error: { message, pointer: '', line, column: 1 } }
}
