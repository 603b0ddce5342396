/**
 * What an editor says of the place under the pointer: an action, a condition key, or else the statement around it in
 * words.
 *
 * Source: Language Server Protocol 3.17, "Hover Request".
 */
import type { Hover, MarkupKind } from 'vscode-languageserver/node'
import { describeAction } from './action-words.js'
import type { CheckedDocument } from './checked-document.js'
import { describeConditionKey } from './condition-key-words.js'
import { markupOf, type Description } from './description.js'
import { rangeIn } from './diagnostics.js'
import { describeStatement, describeTest } from './statement-words.js'
import type { LintPolicy } from '../lint/lint-file.js'
import type { ConditionView, PolicyView, StatementView } from '../lint/policy-view.js'
import { keySpan } from '../lint/spans.js'
import type { Span } from '../text/source.js'

interface Found {
  readonly span: Span
  readonly descriptions: readonly Description[]
}

export function hoverAt({ document, file }: CheckedDocument, offset: number, kind: MarkupKind): Hover | undefined {
  for (const policy of file.policies) {
    const found = inPolicy(policy, offset)
    if (found !== undefined) {
      return { contents: markupOf(found.descriptions, kind), range: rangeIn(document, found.span) }
    }
  }
  return undefined
}

function inPolicy({ view, places }: LintPolicy, offset: number): Found | undefined {
  const isAt = (span: Span): boolean => covers(places.span(span), offset)
  if (!isAt(view.root)) return undefined
  const statement = view.statements.find(({ node }) => isAt(node))
  if (statement === undefined) return undefined
  // Where nothing leads from the text back into the file, every place is the whole token.
  const token = places.span(view.root)
  const around = places.span(statement.node)
  const isTold = around.start !== token.start || around.end !== token.end
  if (!isTold && view.statements.length > 1) return undefined
  const inside = isTold ? inStatement(view, statement, isAt) : undefined
  if (inside !== undefined) return { span: places.span(inside.span), descriptions: inside.descriptions }
  return { span: around, descriptions: [describeStatement(view, statement)] }
}

function inStatement(
  view: PolicyView,
  { action, conditions }: StatementView,
  isAt: (span: Span) => boolean,
): Found | undefined {
  const item = action?.items.find((each) => each.known && isAt(each))
  if (item !== undefined) {
    const described = describeAction(item.value)
    return described && { span: item, descriptions: [described] }
  }
  const test = conditions.find(({ key }) => isAt(keySpan(key)))
  return test === undefined ? undefined : inCondition(view, test)
}

function inCondition(view: PolicyView, test: ConditionView): Found | undefined {
  const described = describeConditionKey(test.key.key)
  const descriptions = [...(described === undefined ? [] : [described]), describeTest(view, test)]
  return { span: keySpan(test.key), descriptions }
}

function covers({ start, end }: Span, offset: number): boolean {
  return start <= offset && offset <= end
}
