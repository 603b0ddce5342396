/**
 * Deciding: the boolean algebra of `combine`, with each layer asked only when the decision hangs on it.
 *
 * Total: it returns for every call and never throws (invariant I3).
 */
import type { Outcome } from '../graph/combine.js'
import { LEAVES, layerSays, matchInput, type AskedLayer } from './answers.js'
import { requestKind, type Call } from './call.js'
import { outcomeOf, programFor } from './program.js'

export function decide(call: Call): Outcome {
  return outcomeOf(decideNumber(call))
}

function decideNumber(call: Call): number {
  const program = programFor(requestKind(call))
  const input = matchInput(call)
  const said: Partial<Record<AskedLayer, number>> = {}
  let node = program.start
  while (node >= 0) {
    const { layer, bits } = LEAVES[program.leaf[node]!]
    const answer = (said[layer] ??= layerSays(layer, call, input))
    node = (answer & bits) !== 0 ? program.yes[node]! : program.no[node]!
  }
  return ~node
}
