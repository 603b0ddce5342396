/**
 * Which statements of a policy matter to a question about a few actions, and what they say of them. Cheap, and exact:
 * what is left out matters to no request that is asked about.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Action" and "Condition operators".
 */
import type { RequestContext } from '../../decide/values.js'
import type { ConditionTest, Statement } from '../../policy/document.js'
import { compileGlob } from '../../text/glob.js'

/**
 * The statements as far as they speak of these actions.
 * @param request - what every request has that is asked about; null for a key that none of them has.
 */
export function relevantTo(
  statements: readonly Statement[],
  actions: readonly string[],
  request: RequestContext = {},
): readonly Statement[] {
  const known = new Map(Object.entries(request).map(([key, value]) => [key.toLowerCase(), value]))
  return statements.flatMap((statement) => {
    if (statement.conditions.some((test) => isFailed(test, known))) return []
    const named = actions.filter((action) => speaksOf(statement, action))
    return named.length === 0 ? [] : [{ ...statement, action: { negated: false, patterns: named } }]
  })
}

export function speaksOf({ action }: Statement, name: string): boolean {
  // Without any entry a statement does nothing, negated or not.
  if (action === undefined || action.patterns.length === 0) return false
  return action.patterns.some((pattern) => isNamedBy(name, pattern)) !== action.negated
}

function isNamedBy(name: string, pattern: string): boolean {
  if (!/[*?]/.test(pattern)) return pattern.length === name.length && pattern.toLowerCase() === name.toLowerCase()
  return compileGlob(pattern, { ignoreCase: true }).matches(name)
}

/** Whether the test plainly fails. */
function isFailed(
  { key, base, set, ifExists, negated, values }: ConditionTest,
  known: ReadonlyMap<string, RequestContext[string]>,
): boolean {
  const value = known.get(key.toLowerCase())
  // Without its key a test fails that is neither negated nor for all values.
  if (value === null) return base !== 'Null' && !ifExists && (set === 'ForAnyValue' || (set === undefined && !negated))
  return (
    value === 'false' && base === 'Bool' && set === undefined && !negated && values.every((each) => each === 'true')
  )
}
