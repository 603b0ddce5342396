/**
 * How long a policy is, with and without white space, against what its kind may be.
 *
 * Source: authorization.md A3, restated from IAM User Guide, "IAM and AWS STS quotas"; Organizations User Guide,
 * "Quotas"; KMS Developer Guide, "Creating a key policy".
 */
import type { PolicySource } from './document.js'
import type { SizeRule } from './element-rules.js'
import type { Reading } from './reading.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

/**
 * Reports a policy that is too long. What is sure to be refused is an error, or a diagnostic when `isEnforced` is
 * false; what depends on where the policy is put, or on white space that a caller may still strip, is a diagnostic.
 */
export function checkSize(root: SyntaxNode, where: PolicySource, isEnforced: boolean, reading: Reading): void {
  const rule = reading.rules.size
  if (rule === undefined) return
  const { text } = where.source
  const isWholeJson = where.format === 'json' && where.pointer === ''
  // A JSON text only gets shorter; an upper bound in bytes is enough to leave most policies unmeasured.
  if (isWholeJson && text.length * 2 <= rule.limit) return

  const span = { start: root.start, end: Math.min(root.start + 1, root.end) }
  const { called } = reading.rules
  const minified = minifiedSize(root, where, rule.unit)
  if (minified > rule.limit) {
    const message = `${called} of ${minified} ${rule.unit} without white space is longer than ${rule.limit}`
    if (rule.definite && isEnforced) reading.findings.error(message, span, [])
    else reading.findings.diagnostic(message, span, [], rule.note)
    return
  }
  const asGiven = isWholeJson && rule.whiteSpaceCounts ? sizeOf(text, 0, text.length, rule.unit) : 0
  if (asGiven <= rule.limit) return
  const message = `${called} of ${asGiven} ${rule.unit} with its white space is longer than ${rule.limit}`
  if (reading.kind === 'key' && isEnforced)
    reading.findings.error(message, span, [], `without white space it is ${minified}`)
  else reading.findings.diagnostic(message, span, [], `without white space it is ${minified}`)
}

type Unit = SizeRule['unit']

/** The size of the document as JSON without white space between its tokens. */
function minifiedSize(node: SyntaxNode, where: PolicySource, unit: Unit): number {
  switch (node.kind) {
    case 'object': {
      let size = 2 + Math.max(0, node.members.length - 1)
      for (const { key, keyStart, keyEnd, value } of node.members) {
        size += tokenSize(key, keyStart, keyEnd, where, unit) + 1 + minifiedSize(value, where, unit)
      }
      return size
    }
    case 'array': {
      let size = 2 + Math.max(0, node.items.length - 1)
      for (const item of node.items) size += minifiedSize(item, where, unit)
      return size
    }
    case 'string':
      return tokenSize(node.value, node.start, node.end, where, unit)
    case 'number':
      return node.text.length
    case 'boolean':
      return node.value ? 4 : 5
    case 'null':
      return 4
  }
}

function tokenSize(value: string, start: number, end: number, where: PolicySource, unit: Unit): number {
  if (where.format === 'json') return sizeOf(where.source.text, start, end, unit)
  const token = JSON.stringify(value)
  return sizeOf(token, 0, token.length, unit)
}

/** Characters are code points; bytes are those of UTF-8. */
function sizeOf(text: string, start: number, end: number, unit: Unit): number {
  let size = end - start
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x80) continue
    const isPair = code >= 0xd800 && code <= 0xdbff && at + 1 < end
    if (unit === 'bytes') size += code < 0x800 ? 1 : 2
    else if (isPair) size -= 1
    if (isPair) at++
  }
  return size
}
