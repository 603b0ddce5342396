/**
 * The characters a policy may contain: U+0009, U+000A, U+000D and U+0020 to U+00FF, in every string and key.
 *
 * An escape counts as the character it stands for. What stands outside of strings, such as a YAML comment, is not part
 * of the policy.
 *
 * Source: authorization.md A1, restated from IAM User Guide, "IAM and AWS STS quotas"; KMS Developer Guide, "Creating
 * a key policy".
 */
import type { PolicySource } from './document.js'
import type { Path } from './findings.js'
import type { Reading } from './reading.js'
import { spanInString } from './string-place.js'
import { quote } from '../text/escape.js'
import type { Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

const FORBIDDEN = /[^\t\n\r\u0020-\u00ff]/

/** Reports the first character of each string that may not be there. */
export function checkCharacters(root: SyntaxNode, where: PolicySource, reading: Reading): void {
  const { text } = where.source
  const part = root.start === 0 && root.end === text.length ? text : text.slice(root.start, root.end)
  // Without escapes the text shows every character of every string.
  const mayHide = where.format === 'yaml' || part.includes('\\')
  if (!mayHide && !FORBIDDEN.test(part)) return

  const waiting: { node: SyntaxNode; path: Path }[] = [{ node: root, path: [] }]
  for (let next = waiting.pop(); next !== undefined && !reading.findings.isFull(); next = waiting.pop()) {
    const { node, path } = next
    if (node.kind === 'string') checkString(node.value, node, path, reading)
    else if (node.kind === 'array') {
      for (let index = node.items.length - 1; index >= 0; index--) {
        const item = node.items[index]
        if (item !== undefined) waiting.push({ node: item, path: [...path, index] })
      }
    } else if (node.kind === 'object') {
      for (const { key, keyStart, keyEnd, value } of node.members.toReversed()) {
        checkString(key, { start: keyStart, end: keyEnd }, [...path, key], reading)
        waiting.push({ node: value, path: [...path, key] })
      }
    }
  }
}

function checkString(value: string, span: Span, path: Path, { text, findings }: Reading): void {
  const at = value.search(FORBIDDEN)
  if (at < 0) return
  const char = String.fromCodePoint(value.codePointAt(at) ?? 0)
  findings.error(
    `character ${quote(char)} (${codeName(char)}) is not allowed in a policy`,
    spanInString(text, span, value, at, at + char.length),
    path,
    'expected U+0009, U+000A, U+000D or U+0020 to U+00FF',
  )
}

function codeName(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
