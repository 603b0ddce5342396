/**
 * What kind of policy a document seems to be, from its content and the name of its file.
 *
 * A guess, for policies that nothing else tells the kind of: two kinds may hold the same text.
 *
 * Source: IAM User Guide, "Policies and permissions in IAM"; PrivateLink guide, "Endpoint policies".
 */
import type { PolicyKind } from '../policy/document.js'
import { textItems } from '../policy/reading.js'
import type { Member, SyntaxNode } from '../text/syntax-tree.js'

/** More statements than this say nothing new. */
const STATEMENTS_LOOKED_AT = 200

export function guessKind(root: SyntaxNode, fileName: string): PolicyKind {
  const statements = statementsOf(root).slice(0, STATEMENTS_LOOKED_AT)
  const hasPrincipal = statements.some((members) =>
    members.some(({ key }) => key === 'Principal' || key === 'NotPrincipal'),
  )
  if (!hasPrincipal) return 'identity'
  const actions = statements.flatMap((members) =>
    members.filter(({ key }) => key === 'Action' || key === 'NotAction').flatMap(({ value }) => textItems(value)),
  )
  const isOf = (service: string): boolean =>
    actions.length > 0 && actions.every(({ value }) => value.toLowerCase().startsWith(`${service}:`))
  if (isOf('sts')) return 'trust'
  if (/vpce|vpc-?endpoint|endpoint-?policy/i.test(fileName)) return 'vpce'
  return isOf('kms') ? 'key' : 'resource'
}

function statementsOf(root: SyntaxNode): readonly (readonly Member[])[] {
  if (root.kind !== 'object') return []
  const statement = root.members.find(({ key }) => key === 'Statement')?.value
  const items = statement?.kind === 'array' ? statement.items : statement === undefined ? [] : [statement]
  return items.flatMap((item) => (item.kind === 'object' ? [item.members] : []))
}
