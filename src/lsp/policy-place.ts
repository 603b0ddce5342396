/**
 * What a place in a text is to a policy: the elements of a statement, an action, the values of a condition and so on.
 *
 * Told by the names on the way there, as the text may be half written: `Statement` is what everything is counted from.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import type { TypedPlace } from './typed-place.js'
import type { SyntaxPath } from '../text/syntax-tree.js'

export type PolicyPlace =
  | { readonly is: 'documentElement' | 'statementElement' | 'principalType' | 'operator' }
  | { readonly is: 'version' | 'effect' | 'action' | 'principal' | 'resource' }
  | { readonly is: 'conditionKey'; readonly operator: string }
  | { readonly is: 'conditionValue'; readonly operator: string; readonly key: string }

export function policyPlaceOf({ path, as }: TypedPlace): PolicyPlace | undefined {
  const at = path.lastIndexOf('Statement')
  if (at < 0) return outside(path, as)
  const rest = path.slice(at + 1)
  const names = (typeof rest[0] === 'number' ? rest.slice(1) : rest).map(String)
  return (as === 'value' ? undefined : keyPlace(names)) ?? (as === 'key' ? undefined : valuePlace(names))
}

/** Under which a policy stands in a template. */
const POLICY_MEMBERS: ReadonlySet<unknown> = new Set(['PolicyDocument', 'KeyPolicy', 'AssumeRolePolicyDocument'])

function outside(path: SyntaxPath, as: TypedPlace['as']): PolicyPlace | undefined {
  const isDocument = path.length === 0 || POLICY_MEMBERS.has(path.at(-1))
  if (as !== 'value' && isDocument) return { is: 'documentElement' }
  const isInDocument = path.length === 1 || POLICY_MEMBERS.has(path.at(-2))
  return as !== 'key' && isInDocument && path.at(-1) === 'Version' ? { is: 'version' } : undefined
}

function keyPlace(names: readonly string[]): PolicyPlace | undefined {
  const [element, operator] = names
  if (element === undefined) return { is: 'statementElement' }
  if (names.length === 1 && element === 'Condition') return { is: 'operator' }
  if (names.length === 1 && isPrincipal(element)) return { is: 'principalType' }
  return names.length === 2 && element === 'Condition' && operator !== undefined
    ? { is: 'conditionKey', operator }
    : undefined
}

function valuePlace(names: readonly string[]): PolicyPlace | undefined {
  const [element, second, third] = names
  if (element === 'Effect') return { is: 'effect' }
  if (element === 'Action' || element === 'NotAction') return { is: 'action' }
  if (element === 'Resource' || element === 'NotResource') return { is: 'resource' }
  if (element !== undefined && isPrincipal(element)) {
    return second === undefined || second === 'AWS' ? { is: 'principal' } : undefined
  }
  return element === 'Condition' && second !== undefined && third !== undefined
    ? { is: 'conditionValue', operator: second, key: third }
    : undefined
}

function isPrincipal(element: string): boolean {
  return element === 'Principal' || element === 'NotPrincipal'
}
