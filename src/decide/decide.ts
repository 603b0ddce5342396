/**
 * Deciding: the boolean algebra of `combine`, with each layer asked only when the decision hangs on it.
 *
 * Total: it returns for every call and never throws (invariant I3).
 */
import type { Outcome } from '../graph/combine.js'
import { ASKED_LAYERS, layerSays, matchInput } from './answers.js'
import { requestKind, type Call } from './call.js'
import { outcomeOf, programFor } from './program.js'

const UNASKED = -1

/** What each layer said to the call at hand; one array for all, since nothing that a decision asks decides in turn. */
const said = new Int8Array(ASKED_LAYERS.length)

export function decide(call: Call): Outcome {
  const program = programFor(requestKind(call))
  const input = matchInput(call)
  said.fill(UNASKED)
  let node = program.start
  while (node >= 0) {
    const layer = program.layer[node]!
    let answer = said[layer]!
    if (answer === UNASKED) {
      answer = layerSays(ASKED_LAYERS[layer]!, call, input)
      said[layer] = answer
    }
    node = (answer & program.bits[node]!) !== 0 ? program.yes[node]! : program.no[node]!
  }
  return outcomeOf(~node)
}
