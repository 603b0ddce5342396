/**
 * A policy that is longer than its kind may be, or nearly so, or that has characters outside tab, line feed, carriage return and U+0020 to U+00FF.
 *
 * Source: IAM User Guide, "IAM and AWS STS quotas"; KMS Developer Guide, "Creating a key policy"; Organizations User Guide, "Quotas".
 */
import type { PolicyView } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { ELEMENT_RULES, type SizeRule } from '../../policy/element-rules.js'
import { headOf } from '../../policy/reading.js'
import { spanInString } from '../../policy/string-place.js'
import { quote } from '../../text/escape.js'
import type { Span } from '../../text/source.js'
import { nodeToValue, type SyntaxNode } from '../../text/syntax-tree.js'

export const sizeOrCharacters: PolicyRule = {
  on: 'policy',
  id: 'SYN012',
  name: 'size-or-characters',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'A policy that is longer than its kind may be, or nearly so, or that has characters outside tab, line feed, carriage return and U+0020 to U+00FF.',
    why: 'AWS refuses the policy. Curly quotes and long dashes come from text processors and are easily overlooked.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:EncryptionContext:team": "\\u201ccore\\u201d"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "StringEquals": {\n          "kms:EncryptionContext:team": "core"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Shorten or split the policy; write plain quotes and hyphens.',
    whenToIgnore: 'Near the limit, when the policy is generated and no longer grows.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA' },
      { tool: 'IAM Access Analyzer', code: 'POLICY_SIZE_EXCEEDS_SCP_QUOTA' },
    ],
    source:
      'IAM User Guide, "IAM and AWS STS quotas"; KMS Developer Guide, "Creating a key policy"; Organizations User Guide, "Quotas"',
  },
  check({ policy }, report) {
    checkCharacters(policy, report)
    checkSize(policy, report)
  },
}

const FORBIDDEN = /[^\t\n\r\u0020-\u00ff]/
/** In a template, characters of the private use area stand for values that are not known yet. */
const FORBIDDEN_BESIDE_SYMBOLS = /[^\t\n\r\u0020-\u00ff\ue000-\uf8ff]/

function checkCharacters(policy: PolicyView, report: Report): void {
  const { root, where } = policy
  const forbidden = policy.symbols.length === 0 ? FORBIDDEN : FORBIDDEN_BESIDE_SYMBOLS
  const text = where.source.text.slice(root.start, root.end)
  if (where.format === 'json' && where.pointer === '' && !text.includes('\\') && !FORBIDDEN.test(text)) return
  const found: { readonly at: Span; readonly char: string }[] = []
  const look = (value: string, span: Span): void => {
    const at = value.search(forbidden)
    if (at < 0) return
    const char = String.fromCodePoint(value.codePointAt(at) ?? 0)
    found.push({ at: spanInString(where.source.text, span, value, at, at + char.length), char })
  }
  const waiting: SyntaxNode[] = [root]
  for (let node = waiting.pop(); node !== undefined && found.length < 100; node = waiting.pop()) {
    if (node.kind === 'string') look(node.value, node)
    else if (node.kind === 'array') waiting.push(...node.items.toReversed())
    else if (node.kind === 'object') {
      for (const { key, keyStart, keyEnd, value } of node.members.toReversed()) {
        look(key, { start: keyStart, end: keyEnd })
        waiting.push(value)
      }
    }
  }
  const [first, ...others] = found.sort((a, b) => a.at.start - b.at.start)
  if (first === undefined) return
  report({
    at: first.at,
    message: `${quote(first.char)} (${codeName(first.char)}) is not a character that a policy may have`,
    effect: 'AWS refuses the policy',
    help: 'write plain quotes, hyphens and letters, up to U+00FF',
    related: others.map(({ at, char }) => ({ message: `${quote(char)} as well`, at })),
  })
}

function codeName(char: string): string {
  return `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}

const NEARLY = 0.9

function checkSize(policy: PolicyView, report: Report): void {
  const { size: rule, called } = ELEMENT_RULES[policy.kind]
  const { root, where, symbols } = policy
  if (rule === undefined || symbols.length > 0) return
  // No policy is longer without white space than its text, two bytes for each character at most.
  if ((root.end - root.start) * 2 <= rule.limit * NEARLY) return
  const minified = sizeOf(JSON.stringify(nodeToValue(root)), rule.unit)
  const isWhole = where.format === 'json' && where.pointer === ''
  const size = isWhole && rule.whiteSpaceCounts ? sizeOf(where.source.text, rule.unit) : minified
  const nearly = Math.floor(rule.limit * NEARLY)
  const isOver = size > rule.limit
  // Where the limit depends on how the policy is attached, nothing can be said of what is near it.
  if (size <= (rule.definite ? nearly : rule.limit)) return
  report({
    at: headOf(root, where.source.text),
    message: `${called} of ${size} ${rule.unit}${isOver ? ' is longer than' : ', near the limit of'} ${rule.limit}`,
    effect: isOver
      ? rule.definite
        ? 'AWS refuses the policy'
        : 'AWS refuses it wherever that limit holds'
      : 'with a little more in it AWS refuses it',
    help: helpOf(rule, size, minified),
    severity: isOver && rule.definite ? 'error' : 'warning',
    dependsOnKind: true,
    ...(rule.definite || size > MOST_OF_ANY_ROLE ? {} : { precision: 'medium' }),
  })
}

/** What the inline policies of a role may hold together, the most any identity policy can have. */
const MOST_OF_ANY_ROLE = 10_240

function helpOf({ note }: SizeRule, size: number, minified: number): string {
  const split = 'split the policy, or name actions by pattern'
  if (note !== undefined) return `${note}; ${split}`
  return minified < size ? `without white space it has ${minified}; ${split}` : split
}

/** Characters are code points; bytes are those of UTF-8. */
function sizeOf(text: string, unit: SizeRule['unit']): number {
  let size = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0
    size += unit === 'characters' || code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
    if (code > 0xffff) at++
  }
  return size
}
