/**
 * The Condition element: operator blocks read into a list of tests.
 *
 * Knows nothing of requests. What is legal and looks wrong is asked in `condition-doubt.ts`.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition"; authorization.md A1, A7, B3, G2.
 */
import { doubtCondition } from './condition-doubt.js'
import type { BaseOperator, ConditionTest } from './document.js'
import type { Path } from './findings.js'
import { parseOperator, type ParsedOperator } from './operator.js'
import { headOf, type Reading } from './reading.js'
import { spanInString } from './string-place.js'
import { quote } from '../text/escape.js'
import { scalarText, type Member, type SyntaxNode } from '../text/syntax-tree.js'
import { hasVariable, parseTemplate } from '../text/template.js'

/** The operators whose values may hold policy variables. */
const TEMPLATED: ReadonlySet<BaseOperator> = new Set<BaseOperator>([
  'StringEquals',
  'StringEqualsIgnoreCase',
  'StringLike',
  'ArnLike',
])

/** Keys that only some requests carry, and that KMS therefore does not let `ForAllValues` test in a key policy. */
const OVERLY_PERMISSIVE_PREFIXES = ['kms:encryptioncontext:', 'aws:requesttag/']

export function readConditions(node: SyntaxNode, path: Path, reading: Reading): readonly ConditionTest[] {
  if (node.kind !== 'object') return []
  if (node.members.length === 0) {
    reading.findings.diagnostic('the Condition is empty and restricts nothing', headOf(node, reading.text), path)
  }
  const tests: ConditionTest[] = []
  for (const member of node.members) {
    const operator = parseOperator(member.key)
    if (!operator.ok) {
      const { message, hint } = operator.error
      reading.findings.error(message, { start: member.keyStart, end: member.keyEnd }, [...path, member.key], hint)
    } else if (member.value.kind === 'object') {
      readBlock(operator.value, member.value.members, [...path, member.key], reading, tests)
      if (member.value.members.length === 0) {
        const message = `the block of operator ${quote(member.key)} is empty and restricts nothing`
        reading.findings.diagnostic(message, headOf(member.value, reading.text), [...path, member.key])
      }
    }
  }
  return tests
}

function readBlock(
  operator: ParsedOperator,
  members: readonly Member[],
  path: Path,
  reading: Reading,
  tests: ConditionTest[],
): void {
  if (members.length > 1) refuseKeysEqualButForCase(members, path, reading)
  for (const { key, keyStart, keyEnd, value } of members) {
    const keyPath = [...path, key]
    const values = readValues(operator, value, keyPath, reading)
    // Written out: a spread here took a sixth of all the time that reading a policy takes.
    const { operator: name, set, base, negated, ifExists } = operator
    const test: ConditionTest = { operator: name, set, base, negated, ifExists, key, values }
    if (reading.kind === 'key' && set === 'ForAllValues' && isOverlyPermissive(key)) {
      reading.findings.error(
        `OverlyPermissiveCondition: \`ForAllValues\` with condition key ${quote(key)} is true for requests without the key`,
        { start: keyStart, end: keyEnd },
        keyPath,
        'expected `ForAnyValue` or no set operator',
      )
    } else doubtCondition(test, { start: keyStart, end: keyEnd }, value, keyPath, reading)
    tests.push(test)
  }
}

function isOverlyPermissive(key: string): boolean {
  const lower = key.toLowerCase()
  return OVERLY_PERMISSIVE_PREFIXES.some((prefix) => lower.startsWith(prefix))
}

function refuseKeysEqualButForCase(members: readonly Member[], path: Path, reading: Reading): void {
  const seen = new Map<string, string>()
  for (const { key, keyStart, keyEnd } of members) {
    const lower = key.toLowerCase()
    const earlier = seen.get(lower)
    if (earlier === undefined) seen.set(lower, key)
    // Keys that are equal to the letter are duplicate keys, which no text is read with.
    else if (earlier !== key) {
      reading.findings.error(
        `condition key ${quote(key)} occurs twice in one operator block`,
        { start: keyStart, end: keyEnd },
        [...path, key],
        `condition keys compare without case, and ${quote(earlier)} is there already`,
      )
    }
  }
}

function readValues(operator: ParsedOperator, node: SyntaxNode, path: Path, reading: Reading): readonly string[] {
  const isTemplated = reading.version === '2012-10-17' && TEMPLATED.has(operator.base)
  const values: string[] = []
  const items = node.kind === 'array' ? node.items : [node]
  for (const [index, item] of items.entries()) {
    const text = scalarText(item)
    if (text === undefined) continue
    values.push(text)
    if (isTemplated && hasVariable(text)) {
      const template = parseTemplate(text)
      if (template.ok) continue
      const { message, start, end, hint } = template.error
      const span = spanInString(reading.text, item, text, start, end)
      reading.findings.error(
        `value ${quote(text)}: ${message}`,
        span,
        node.kind === 'array' ? [...path, index] : path,
        hint,
      )
    }
  }
  return values
}
