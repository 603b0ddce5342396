/**
 * The reference reader of policy documents: `grammar/json.ne`, slow and easy to read, beside the reader that ships.
 *
 * Knows what every kind of policy shares and nothing of kinds, except that a key policy statement may lack its Action
 * or its Resource. Says yes with the plain value or no with the place of the token that cannot stand there.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language"; KMS Developer Guide, "Creating a key policy".
 */
import policyGrammar from '../../src/grammar/json.js'
import { grammarReader } from '../../src/text/grammar-reader.js'
import type { Result } from '../../src/text/source.js'

export interface ReferencePolicy {
  readonly Version?: string
  readonly Id?: string
  readonly Statement: ReferenceStatement | readonly ReferenceStatement[]
}

/** The values of elements are as written: a string is not yet a list of one. */
export interface ReferenceStatement {
  readonly [element: string]: unknown
}

const readPolicy = grammarReader<ReferencePolicy>(policyGrammar)

/**
 * @param statements - `lenient` where a statement without Action or without Resource is taken, as key policies have it.
 */
export function parsePolicyReference(
  text: string,
  statements: 'complete' | 'lenient' = 'complete',
): Result<ReferencePolicy, { readonly offset: number }> {
  const forbidden = [...text].findIndex((char) => !isAllowed(char))
  if (forbidden >= 0) return { ok: false, error: { offset: forbidden } }
  const read = readPolicy(text)
  if (!read.ok) return { ok: false, error: { offset: read.error.found.offset } }
  if (statements === 'complete' && !statementsOf(read.value).every(isComplete))
    return { ok: false, error: { offset: text.length } }
  return { ok: true, value: read.value }
}

/** U+0009, U+000A, U+000D and U+0020 to U+00FF. */
function isAllowed(char: string): boolean {
  return char === '\t' || char === '\n' || char === '\r' || (char >= ' ' && char <= 'ÿ')
}

function statementsOf({ Statement }: ReferencePolicy): readonly ReferenceStatement[] {
  return Array.isArray(Statement) ? (Statement as readonly ReferenceStatement[]) : [Statement as ReferenceStatement]
}

function isComplete(statement: ReferenceStatement): boolean {
  const has = (name: string): boolean => Object.hasOwn(statement, name)
  return (has('Action') || has('NotAction')) && (has('Resource') || has('NotResource'))
}
