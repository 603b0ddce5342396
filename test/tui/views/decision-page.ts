/** The HTML report of a query of acme, as the explorer exports it. */
import { drawDecision } from '../../../src/explain/drawing/decision-drawing.js'
import { svgOf } from '../../../src/explain/drawing/svg-format.js'
import { reportPage } from '../../../src/tui/views/graph/report-page.js'
import { acme } from '../frames.js'
import { answered, WRONG_TENANT } from './settle.js'

export async function decisionPage(query = WRONG_TENANT): Promise<string> {
  const answer = answered(query)
  return reportPage(answer, acme().world, await svgOf(drawDecision(answer.trace)))
}
