/**
 * Do the Action/NotAction and Resource/NotResource elements of one statement cover this request?
 *
 * Knows nothing of principals, conditions or layers.
 *
 * Source: IAM User Guide, "Resource", "NotAction", "Grammar"; authorization.md A5, A6, A7, A8, D3, K-13.
 */
import { listOf, type Context, type StatementJson } from './document.js'
import { arnFields, globMatches, globTokens, rawChars, type Char, type GlobToken } from './values.js'
import { expand } from './variables.js'
import type { Observe } from './conditions.js'

/** `service:Name`, both without case; wildcards in the name only. */
function actionPatternMatches(pattern: string, action: string): boolean {
  if (pattern === '*') return true
  const [service = '', ...name] = pattern.toLowerCase().split(':')
  const [wantedService = '', ...wantedName] = action.toLowerCase().split(':')
  return service === wantedService && globMatches(globTokens(rawChars(name.join(':'))), wantedName.join(':'))
}

export function actionCovered(statement: StatementJson, action: string, observe: Observe): boolean {
  const { Action, NotAction } = statement
  if (Action !== undefined) return listOf(Action).some((pattern) => actionPatternMatches(pattern, action))
  // No element at all (key policies), or an empty list: the statement does nothing (A2, A8).
  if (listOf(NotAction).length === 0) {
    observe('statement without an action')
    return false
  }
  observe('statement with NotAction')
  return !listOf(NotAction).some((pattern) => actionPatternMatches(pattern, action))
}

/** The text up to and with the fifth colon, and the rest: only there are variables filled in. */
function atFifthColon(pattern: string): readonly [string, string] {
  let end = -1
  for (let count = 0; count < 5; count++) {
    end = pattern.indexOf(':', end + 1)
    if (end < 0) return [pattern, '']
  }
  return [pattern.slice(0, end + 1), pattern.slice(end + 1)]
}

/**
 * Field by field, except that a `*` ending a field may run on across colons (K-13). That one exception is written as a
 * property of the star, so one glob over the whole text says it all.
 */
function arnPatternTokens(chars: readonly Char[]): readonly GlobToken[] {
  const fields = [...arnFields(chars)]
  while (fields.length < 6) fields.push(rawChars('*'))
  return fields.flatMap((field, index) => {
    if (index === 5) return globTokens(field)
    const inside = globTokens(field, false)
    const last = inside.at(-1)
    const tokens = last?.kind === 'star' ? [...inside.slice(0, -1), { ...last, crossesColon: true }] : inside
    return [...tokens, { kind: 'char' as const, char: ':', crossesColon: false }]
  })
}

function resourcePatternMatches(
  pattern: string,
  version: string,
  arn: string | undefined,
  context: Context,
  observe: Observe,
): boolean {
  if (pattern === '*') return true
  // Nothing but "*" covers an action that has no resource (D3).
  if (arn === undefined) return false
  const [head, tail] = atFifthColon(pattern)
  const filled = expand(tail, version, context)
  if (filled === undefined) {
    observe('resource variable without a value')
    return false
  }
  if (filled.some(({ literal }) => literal)) observe('resource variable with a value')
  return globMatches(arnPatternTokens([...rawChars(head), ...filled]), arn)
}

export function resourceCovered(
  statement: StatementJson,
  version: string,
  arn: string | undefined,
  context: Context,
  observe: Observe,
): boolean {
  const { Resource, NotResource } = statement
  const matches = (pattern: string): boolean => resourcePatternMatches(pattern, version, arn, context, observe)
  if (Resource !== undefined) return listOf(Resource).some(matches)
  if (listOf(NotResource).length === 0) {
    observe('statement without a resource')
    return false
  }
  observe('statement with NotResource')
  return !listOf(NotResource).some(matches)
}
