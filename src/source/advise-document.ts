/**
 * Advice on one simulation document, with its edits in the document's own text.
 */
import type { DecisionOptions } from '../decide/options.js'
import { adviseOn, type Advised } from '../explain/advice/advise.js'
import type { Result, SourceError } from '../text/source.js'
import { explain } from './explain-document.js'
import type { SimulationDocument } from './simulation-document.js'

/**
 * The cheapest changes that would let a denied request in, each as a ready edit, judged by deciding again.
 * @param document - the document, or its JSON text, in which the edits then are.
 * @param limit - pieces of advice at most; 5 when left out.
 */
export function advise(
  document: SimulationDocument | string,
  options: Partial<DecisionOptions> = {},
  limit = 5,
): Result<Advised, SourceError> {
  const found = explain(document, options)
  if (!found.ok) return found
  const { trace, sourceOf, callerContext } = found.value
  return { ok: true, value: adviseOn(trace, { sourceOf, callerContext, limit }) }
}
