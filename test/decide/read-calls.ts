/** From a simulation document to the calls that it makes, through the readers of `src/source`. */
import type { Call } from '../../src/decide/call.js'
import { DEFAULT_OPTIONS, type DecisionOptions } from '../../src/decide/options.js'
import { GraphTables } from '../../src/graph/tables.js'
import { Reading } from '../../src/source/object-reader.js'
import { placesOf, SimulationReader } from '../../src/source/read-simulation.js'
import { callOf } from '../../src/source/simulation-call.js'
import { readJson } from '../../src/text/json.js'

/** Every document on one graph, as a stream of them is answered. */
export class CallReader {
  readonly tables = new GraphTables()
  private readonly reader = new SimulationReader(this.tables)

  /** One call for each check, in their order; what is wrong with the document, where it is refused. */
  read(document: object, options: Partial<DecisionOptions> = {}): readonly Call[] | string {
    const text = JSON.stringify(document)
    const tree = readJson({ name: 'document.json', text })
    if (!tree.ok || tree.value.kind !== 'object') return 'not a document'
    const reading = new Reading(text)
    const simulation = this.reader.read(reading, placesOf(tree.value))
    if (simulation === undefined || reading.errors.length > 0) {
      return reading.errors.map(({ message }) => message).join('; ')
    }
    const decided = { ...DEFAULT_OPTIONS, ...options }
    return simulation.checks.map((check) => callOf(simulation, check, this.tables, decided))
  }

  calls(document: object, options: Partial<DecisionOptions> = {}): readonly Call[] {
    const calls = this.read(document, options)
    if (typeof calls === 'string') throw new Error(`refused: ${calls}`)
    return calls
  }

  /** The only call of a document that makes one. */
  call(document: object, options: Partial<DecisionOptions> = {}): Call {
    const [call] = this.calls(document, options)
    if (call === undefined) throw new Error('the document makes no call')
    return call
  }
}
