/**
 * An object that has one key twice.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language"; RFC 8259, section 4.
 */
import { findNodeAtOffset, parseTree, type Node } from 'jsonc-parser'
import type { Fix, SyntaxRule } from '../rule.js'
import type { SourceText, Span } from '../../text/source.js'

export const duplicateObjectKey: SyntaxRule = {
  on: 'syntax',
  id: 'SYN002',
  name: 'duplicate-object-key',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An object that has one key twice.',
    why: 'Most parsers silently keep the last of the two, so a restriction that stands in the first one disappears; AWS refuses the document.',
    bad: [
      {
        kind: 'identity',
        text: '{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "Condition": { "StringEquals": { "aws:RequestedRegion": "us-west-2" }, "StringEquals": { "aws:PrincipalTag/team": "core" } } }] }',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": "kms:DescribeKey", "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "Condition": { "StringEquals": { "aws:RequestedRegion": "us-west-2", "aws:PrincipalTag/team": "core" } } }] }',
      },
    ],
    fix: 'Merge the two values into one. `--unsafe-fixes` does so for two objects that have no key in common.',
    whenToIgnore: 'Never: which of the two counts is not defined.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'JSON_SYNTAX_ERROR' }],
    source: 'IAM User Guide, "Grammar of the IAM JSON policy language"; RFC 8259, section 4',
  },
  check({ source, format, errors }, report) {
    const faults = errors.filter(({ fault }) => fault === 'duplicateKey')
    for (const { span, message, hint, inString } of faults) {
      // Only of a text that is right but for this, and so of no depth that would matter.
      const fix =
        format === 'json' && errors.length === 1 && inString === undefined ? mergeFix(source, span) : undefined
      report({
        at: span,
        message,
        effect:
          'most programs keep only the last value, so what the first one restricts is gone; AWS refuses the policy',
        help: hint ?? 'merge the two values into one',
        ...(fix === undefined ? {} : { fix }),
      })
    }
  },
}

/** Two objects of one name, the members of the second put behind those of the first; unsafe, as one of them was unread. */
function mergeFix({ text }: SourceText, key: Span): Fix | undefined {
  const root = parseTree(text, [], { disallowComments: true })
  const second = root === undefined ? undefined : findNodeAtOffset(root, key.start)?.parent
  const properties = second?.parent?.children
  const first = properties?.find((property) => property !== second && keyOf(property) === keyOf(second))
  if (properties === undefined || second === undefined || first === undefined) return undefined
  const [into, from] = [first.children?.[1], second.children?.[1]]
  if (into?.type !== 'object' || from?.type !== 'object') return undefined
  const taken = new Set(into.children?.map(keyOf))
  const moved = from.children ?? []
  const last = into.children?.at(-1)
  const before = properties[properties.indexOf(second) - 1]
  if (last === undefined || before === undefined || moved.some((property) => taken.has(keyOf(property))))
    return undefined
  const at = last.offset + last.length
  const body = text.slice(from.offset + 1, from.offset + from.length - 1).trim()
  return {
    safety: 'unsafe',
    title: 'merge the two objects',
    repair: true,
    edits: [
      { start: at, end: at, text: `, ${body}` },
      { start: before.offset + before.length, end: second.offset + second.length, text: '' },
    ],
  }
}

function keyOf(property: Node | undefined): unknown {
  return property?.children?.[0]?.value
}
