/**
 * Condition tests that are legal and still look wrong: values that can never compare, unknown KMS keys, set operators
 * where they do not belong. Diagnostics only.
 *
 * Source: authorization.md A4, B2 to B4, K-6, K-12, K-18, K-19, K-28, K-32, restated from IAM User Guide, "IAM JSON
 * policy elements: Condition operators" and "Single-valued vs. multivalued context keys".
 */
import type { BaseOperator, ConditionTest } from './document.js'
import type { Path } from './findings.js'
import type { Reading } from './reading.js'
import { conditionKeyInfo } from '../aws/condition-key.js'
import { CONDITION_KEYS, UNDOCUMENTED_CONDITION_KEYS } from '../aws/condition-keys.js'
import { decodeBase64 } from '../text/base64.js'
import { parseBool } from '../text/bool.js'
import { parseDate } from '../text/date.js'
import { quote } from '../text/escape.js'
import { parseIpRange } from '../text/ip.js'
import { parseDecimal } from '../text/number.js'
import type { Span } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'
import type { SyntaxNode } from '../text/syntax-tree.js'
import { hasVariable } from '../text/template.js'

const UNDOCUMENTED: ReadonlySet<string> = new Set(UNDOCUMENTED_CONDITION_KEYS.map((key) => key.toLowerCase()))
const FIELDS_OF_ARN = 6

export function doubtCondition(
  test: ConditionTest,
  keySpan: Span,
  values: SyntaxNode,
  path: Path,
  reading: Reading,
): void {
  doubtKey(test, keySpan, path, reading)
  const { findings } = reading
  if (test.set === 'ForAnyValue' && test.ifExists) {
    findings.diagnostic(
      `${quote(test.operator)}: \`ForAnyValue\` says an absent key does not match, \`IfExists\` says it does`,
      keySpan,
      path,
      'taken as true for an absent key; write what is meant',
    )
  }
  if (values.kind === 'array' && values.items.length === 0) {
    findings.diagnostic(`condition key ${quote(test.key)} has no values`, values, path, emptyListMeaning(test))
  }
  const items = values.kind === 'array' ? values.items : [values]
  for (const [index, value] of test.values.entries()) {
    const item = items[index]
    if (item !== undefined) doubtValue(test, value, item, values.kind === 'array' ? [...path, index] : path, reading)
  }
}

function emptyListMeaning({ set, ifExists, negated }: ConditionTest): string | undefined {
  if (negated) return undefined
  const acceptsAbsence = ifExists || set === 'ForAllValues'
  return acceptsAbsence ? 'the test is true only when the key is absent' : 'the test is never true'
}

function doubtKey({ key, set, base }: ConditionTest, span: Span, path: Path, { kind, findings }: Reading): void {
  const info = conditionKeyInfo(key)
  if (info === undefined) {
    if (!key.toLowerCase().startsWith('kms:') || UNDOCUMENTED.has(key.toLowerCase())) return
    findings.diagnostic(`unknown KMS condition key ${quote(key)}`, span, path, () => {
      const best = didYouMean(
        key,
        CONDITION_KEYS.map(({ pattern }) => pattern),
      )
      return best === undefined ? undefined : `did you mean \`${best}\`?`
    })
    return
  }
  if (kind === 'key' && !info.inKeyPolicy) {
    findings.diagnostic(`condition key ${quote(key)} is always absent in a key policy`, span, path)
  }
  if (base === 'Null') return
  if (info.multi && set === undefined) {
    findings.diagnostic(
      `condition key ${quote(key)} can have several values, and the test is false when it does`,
      span,
      path,
      'expected `ForAnyValue:` or `ForAllValues:` before the operator',
    )
  } else if (!info.multi && set !== undefined) {
    const meaning = set === 'ForAllValues' ? '; `ForAllValues` is true when the key is absent' : ''
    findings.diagnostic(`condition key ${quote(key)} has one value and needs no \`${set}\`${meaning}`, span, path)
  }
}

function doubtValue(
  { base, operator }: ConditionTest,
  value: string,
  span: Span,
  path: Path,
  { version, findings }: Reading,
): void {
  if (hasVariable(value)) {
    if (version === '2008-10-17') {
      findings.diagnostic(
        `\`\${…}\` in ${quote(value)} is literal text under version \`2008-10-17\``,
        span,
        path,
        'policy variables need `"Version": "2012-10-17"`',
      )
    } else if (base === 'Bool') {
      findings.diagnostic(
        `the documentation disagrees on variables in values of \`Bool\`; ${quote(value)} is read as one`,
        span,
        path,
      )
      return
    } else if (takesVariables(base)) return
  }
  const wanted = neededToCompare(base, value)
  if (wanted === undefined) return
  findings.diagnostic(`${quote(value)} is not a value that ${quote(operator)} can compare`, span, path, wanted)
}

function takesVariables(base: BaseOperator): boolean {
  return base === 'StringEquals' || base === 'StringEqualsIgnoreCase' || base === 'StringLike' || base === 'ArnLike'
}

/** What would be right for a value that its operator can never compare; undefined when it can be compared. */
function neededToCompare(base: BaseOperator, value: string): string | undefined {
  switch (base) {
    case 'StringEquals':
    case 'StringEqualsIgnoreCase':
    case 'StringLike':
      return undefined
    case 'NumericEquals':
    case 'NumericLessThan':
    case 'NumericLessThanEquals':
    case 'NumericGreaterThan':
    case 'NumericGreaterThanEquals':
      return parseDecimal(value) === undefined ? 'expected a number, as in `21` or `-0.5`' : undefined
    case 'DateEquals':
    case 'DateLessThan':
    case 'DateLessThanEquals':
    case 'DateGreaterThan':
    case 'DateGreaterThanEquals':
      return parseDate(value) === undefined
        ? 'expected a date, as in `2026-03-15T12:00:00Z`, or seconds since 1970'
        : undefined
    case 'Bool':
    case 'Null':
      return parseBool(value) !== undefined ? undefined : 'expected `true` or `false`'
    case 'BinaryEquals':
      return decodeBase64(value) === undefined ? 'expected base64' : undefined
    case 'IpAddress':
      return parseIpRange(value) === undefined ? 'expected an address or a range, as in `203.0.113.0/24`' : undefined
    case 'ArnLike':
      return value.split(':', FIELDS_OF_ARN).length < FIELDS_OF_ARN
        ? 'expected an ARN of six fields, as in `arn:aws:iam::111122223333:role/*`'
        : undefined
  }
}
