/**
 * Values that a condition key can never have, or that its operator cannot compare.
 *
 * Knows the formats and nothing of which accounts or endpoints exist. Values with variables are not asked for.
 *
 * Source: authorization.md B4, K-32, restated from IAM User Guide, "Condition operators"; KMS Developer Guide, "AWS KMS
 * condition keys"; Organizations and VPC API References, identifiers.
 */
import { valuesOfKey } from '../../aws/key-values.js'
import type { ParsedOperator } from '../../policy/operator.js'
import { decodeBase64 } from '../../text/base64.js'
import { parseBool } from '../../text/bool.js'
import { parseDate } from '../../text/date.js'
import { compileGlob } from '../../text/glob.js'
import { parseIpRange } from '../../text/ip.js'
import { parseDecimal } from '../../text/number.js'
import { didYouMean } from '../../text/suggest.js'
import { overlaps } from './pattern-overlap.js'

export interface ValueFault {
  /** What would be right, for "write ...". */
  readonly wanted: string
  /** Neither polarity of the operator holds. */
  readonly isIncomparable: boolean
  /** The constant that was probably meant. */
  readonly better?: string
}

export function faultOfValue(key: string, operator: ParsedOperator, value: string): ValueFault | undefined {
  const wanted = incomparable(operator, value)
  if (wanted !== undefined) return { wanted, isIncomparable: true }
  if (!operator.base.startsWith('String')) return undefined
  const isPattern = operator.base === 'StringLike' && /[*?]/.test(value)
  const constants = valuesOfKey(key)
  if (constants !== undefined) return constantFault(constants, operator, value, isPattern)
  const form = FORMS.get(key.toLowerCase())
  // A wildcard where none works is told as such.
  if (form === undefined || /[*?]/.test(value)) {
    return form === undefined || !isPattern || form.sample === undefined || overlaps(value, form.sample)
      ? undefined
      : { wanted: form.wanted, isIncomparable: false }
  }
  return form.test.test(value) ? undefined : { wanted: form.wanted, isIncomparable: false }
}

function constantFault(
  constants: readonly string[],
  { base }: ParsedOperator,
  value: string,
  isPattern: boolean,
): ValueFault | undefined {
  const ignoreCase = base === 'StringEqualsIgnoreCase'
  const glob = isPattern || ignoreCase ? compileGlob(value, { ignoreCase }) : undefined
  const isThere = glob === undefined ? constants.includes(value) : constants.some((constant) => glob.matches(constant))
  // A wildcard that is taken literally has a rule of its own.
  if (isThere || (!isPattern && /[*?]/.test(value))) return undefined
  const better = didYouMean(value, constants, 3)
  const wanted = `one of ${constants.slice(0, 6).join(', ')}${constants.length > 6 ? ' ...' : ''}`
  return { wanted, isIncomparable: false, ...(better === undefined ? {} : { better }) }
}

interface Form {
  readonly test: RegExp
  readonly wanted: string
  /** As a pattern, what every value matches. */
  readonly sample?: string
}

const ACCOUNT: Form = { test: /^(?:[0-9]{12}|anonymous)$/, wanted: 'an account of twelve digits' }
const ORGANIZATION: Form = {
  test: /^o-[a-z0-9]{10,32}$/,
  wanted: 'an organization, as in `o-exampleorg1`',
  sample: 'o-*',
}
const PATHS: Form = {
  test: /^o-[a-z0-9]+\//,
  wanted: 'a path, as in `o-exampleorg1/r-ab12/ou-ab12-11111111/`',
  sample: 'o-*',
}

const FORMS: ReadonlyMap<string, Form> = new Map([
  ['kms:calleraccount', ACCOUNT],
  ['aws:principalaccount', ACCOUNT],
  ['aws:resourceaccount', ACCOUNT],
  ['aws:sourceaccount', ACCOUNT],
  ['aws:vpceaccount', ACCOUNT],
  ['aws:principalorgid', ORGANIZATION],
  ['aws:resourceorgid', ORGANIZATION],
  ['aws:sourceorgid', ORGANIZATION],
  ['aws:vpceorgid', ORGANIZATION],
  ['aws:principalorgpaths', PATHS],
  ['aws:resourceorgpaths', PATHS],
  ['aws:sourceorgpaths', PATHS],
  ['aws:vpceorgpaths', PATHS],
  ['aws:sourcevpc', { test: /^vpc-[0-9a-z]+$/, wanted: 'a VPC, as in `vpc-0123456789abcdef0`', sample: 'vpc-*' }],
  [
    'aws:sourcevpce',
    { test: /^vpce-[0-9a-z]+$/, wanted: 'an endpoint, as in `vpce-0123456789abcdef0`', sample: 'vpce-*' },
  ],
])

const FIELDS_OF_ARN = 6

/** What would be right for a value that the operator can never compare. */
function incomparable({ base }: ParsedOperator, value: string): string | undefined {
  switch (base) {
    case 'StringEquals':
    case 'StringEqualsIgnoreCase':
    case 'StringLike':
    case 'Null':
      return undefined
    case 'NumericEquals':
    case 'NumericLessThan':
    case 'NumericLessThanEquals':
    case 'NumericGreaterThan':
    case 'NumericGreaterThanEquals':
      return parseDecimal(value) === undefined ? 'a number, as in `21`' : undefined
    case 'DateEquals':
    case 'DateLessThan':
    case 'DateLessThanEquals':
    case 'DateGreaterThan':
    case 'DateGreaterThanEquals':
      return parseDate(value) === undefined ? 'a date, as in `2026-03-15T12:00:00Z`' : undefined
    case 'Bool':
      return parseBool(value) === undefined ? '`true` or `false`' : undefined
    case 'BinaryEquals':
      return decodeBase64(value) === undefined ? 'base64' : undefined
    case 'IpAddress':
      return parseIpRange(value) === undefined ? 'an address or a range, as in `203.0.113.0/24`' : undefined
    case 'ArnLike':
      return value.split(':', FIELDS_OF_ARN).length < FIELDS_OF_ARN ? 'an ARN of six fields' : undefined
  }
}
