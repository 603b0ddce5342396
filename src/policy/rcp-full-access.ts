/**
 * The one resource control policy that allows: RCPFullAWSAccess, or a document equal to it but for its Sid.
 *
 * Source: Organizations User Guide, "RCP syntax" and "Enabling and disabling policy types"; authorization.md A2.
 */
import { ELEMENT_RULES, type ElementRules } from './element-rules.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

/** What such a document is held to, which lifts what it alone may contain. */
export const RCP_FULL_ACCESS_RULES: ElementRules = {
  ...ELEMENT_RULES.rcp,
  effects: 'Allow and Deny',
  anyAction: 'allowed',
}

const DOCUMENT_SIZE = 2
const STATEMENT_SIZE = 4

export function isRcpFullAccess(root: SyntaxNode): boolean {
  if (root.kind !== 'object' || root.members.length !== DOCUMENT_SIZE) return false
  const list = memberValue(root, 'Statement')
  const statement = list?.kind === 'array' && list.items.length === 1 ? list.items[0] : list
  if (statement?.kind !== 'object') return false
  const sid = memberValue(statement, 'Sid')
  if (statement.members.length !== STATEMENT_SIZE + (sid === undefined ? 0 : 1)) return false
  return (
    isText(memberValue(root, 'Version'), '2012-10-17') &&
    isText(memberValue(statement, 'Effect'), 'Allow') &&
    isText(memberValue(statement, 'Principal'), '*') &&
    isOneText(memberValue(statement, 'Action'), '*') &&
    isOneText(memberValue(statement, 'Resource'), '*')
  )
}

function memberValue(node: SyntaxNode, key: string): SyntaxNode | undefined {
  return node.kind === 'object' ? node.members.find((member) => member.key === key)?.value : undefined
}

function isText(node: SyntaxNode | undefined, text: string): boolean {
  return node?.kind === 'string' && node.value === text
}

function isOneText(node: SyntaxNode | undefined, text: string): boolean {
  return isText(node, text) || (node?.kind === 'array' && node.items.length === 1 && isText(node.items[0], text))
}
