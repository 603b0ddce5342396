/**
 * Does the diagram of a call say what `decide` says, in its own context and in those of other calls?
 */
import { decide } from '../../src/decide/decide.js'
import type { Call } from '../../src/decide/call.js'
import type { DecisionOptions } from '../../src/decide/options.js'
import { CallDiagram } from '../../src/solve/call-diagram.js'
import { CallReader } from '../decide/read-calls.js'
import { describeDocument } from '../reference/describe.js'
import type { AuthorizeDocument } from '../reference/document.js'

/** Strings in one graph, beyond which the next documents begin a new one. */
const MAX_STRINGS = 200_000

export class DiagramAgreement {
  private reader = new CallReader()
  compared = 0

  constructor(private readonly options: Partial<DecisionOptions> = {}) {}

  /** Each document's diagram is asked the contexts of all of them. Undefined where every answer is the decision. */
  disagreement(documents: readonly AuthorizeDocument[]): string | undefined {
    if (this.reader.tables.strings.size > MAX_STRINGS) this.reader = new CallReader()
    const calls = documents.map((document) => this.reader.call(document, this.options))
    for (const [index, call] of calls.entries()) {
      const diagram = CallDiagram.of(call)
      for (const other of calls) {
        const asked = inContextOf(call, other)
        const wanted = JSON.stringify(decide(asked))
        const got = JSON.stringify(diagram.decide(asked.values, asked))
        this.compared += 1
        if (got === wanted) continue
        const context = JSON.stringify(
          Object.fromEntries(asked.values.map((value, slot) => [call.subject.tables.slotName(slot), value])),
        )
        return `decided ${wanted}, the diagram says ${got}, in the context ${context}\n${describeDocument(documents[index]!)}`
      }
    }
    return undefined
  }
}

/** Everything of a call but its context and what grants are compared with; the endpoint is part of the question. */
function inContextOf(call: Call, other: Call): Call {
  const { values, sourceArn, encryptionContext, grantTokens, grantId, createGrant } = other
  return { ...call, values, sourceArn, encryptionContext, grantTokens, grantId, createGrant }
}
