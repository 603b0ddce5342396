/**
 * Policy variables: the text of a policy value with `${key}`, `${key, 'default'}`, `${*}`, `${?}` and `${$}` filled in.
 *
 * Knows nothing of operators or of where variables are allowed; its callers ask only where they are.
 *
 * Source: IAM User Guide, "Policy variables"; authorization.md A4, A7, K-27.
 */
import { listOf, type Context } from './document.js'
import { literalChars, rawChars, type Char } from './values.js'

export interface ContextValues {
  readonly values: readonly string[]
  /** A list in the context, or several context keys that differ by case only. */
  readonly isMultivalued: boolean
}

/** Condition key names ignore case (A5), so two tags that differ by case are one key with two values (B5). */
export function contextValues(context: Context, key: string): ContextValues {
  const found = Object.entries(context).filter(
    ([name, value]) => name.toLowerCase() === key.toLowerCase() && value !== null && listOf(value).length > 0,
  )
  return {
    values: found.flatMap(([, value]) => listOf(value).map(String)),
    isMultivalued: found.length > 1 || found.some(([, value]) => typeof value === 'object'),
  }
}

/** `undefined`: a variable in it has no value, so the whole text stands for nothing. */
export function expand(text: string, version: string, context: Context): readonly Char[] | undefined {
  if (version !== '2012-10-17') return rawChars(text)
  const chars: Char[] = []
  let rest = text
  while (rest !== '') {
    const end = rest.startsWith('${') ? rest.indexOf('}') : -1
    const filled = end < 0 ? 'text' : variable(rest.slice(2, end), context)
    if (filled === 'text') {
      const [first = ''] = [...rest]
      chars.push(...rawChars(first))
      rest = rest.slice(first.length)
    } else {
      if (filled === undefined) return undefined
      chars.push(...literalChars(filled.value))
      rest = rest.slice(end + 1)
    }
  }
  return chars
}

const VARIABLE = /^([^\s,'{}]+)(?:, '([^']*)')?$/

function variable(inside: string, context: Context): { readonly value: string } | undefined | 'text' {
  if (inside === '*' || inside === '?' || inside === '$') return { value: inside }
  const found = VARIABLE.exec(inside)
  if (!found) return 'text'
  const [, key = '', otherwise] = found
  const { values } = contextValues(context, key)
  const [only] = values
  // Only single-valued keys may be used, and an empty text is no value (K-27).
  if (values.length === 1 && only !== undefined && only !== '') return { value: only }
  return otherwise === undefined ? undefined : { value: otherwise }
}
