/**
 * Regions in words, for people: "any other role in account 111122223333", "an address outside 10.0.0.0/8".
 *
 * What is said holds for every value of the region; "other" stands for whatever some test names and the region has
 * not. Knows no policies, and nothing of absent or several values.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */
import type { BaseOperator } from '../policy/document.js'
import { parseDate } from '../text/date.js'
import { isInRange, parseIpRange } from '../text/ip.js'
import { parseDecimal } from '../text/number.js'
import { closedValues, type PrincipalForm, type ValueDomain } from './region-domain.js'
import { compileTest, type CompiledTest, type ConditionValueTest, type ValueTest } from './region-test.js'

/** How many values are named one by one. */
const MAX_NAMED = 3
const MAX_PATTERNS = 2

/** `passed` are the places of the tests in `tests` that the region's values pass. */
export function regionWords(
  sample: string,
  passed: ReadonlySet<number>,
  tests: readonly ValueTest[],
  domain: ValueDomain,
): string {
  const compiled = compiledOf(tests)
  const isOfRegion = (value: string): boolean =>
    compiled.every(({ answers }, index) => answers(value) === passed.has(index))
  const listed = closedValues(domain) ?? listedBy(compiled, tests, passed)
  if (listed !== undefined) {
    const values = [...new Set(listed)].filter(isOfRegion)
    return list(values.length > 0 ? values : [sample], 'or')
  }
  if (tests.some((test) => isScale(test))) return scaleWords(sample, passed, tests, domain)
  return patternWords(sample, passed, tests, compiled, domain)
}

// A region is told for many regions of the same tests.
const compiledTests = new WeakMap<readonly ValueTest[], readonly CompiledTest[]>()

function compiledOf(tests: readonly ValueTest[]): readonly CompiledTest[] {
  const known = compiledTests.get(tests)
  if (known?.length === tests.length) return known
  const compiled = tests.map((test) => {
    const made = compileTest(test, { isFieldwise: false, isLowerCase: false })
    if (!made.ok) throw new Error('a test with variables has no regions')
    return made.value
  })
  compiledTests.set(tests, compiled)
  return compiled
}

/** All texts of a test that the region passes and that names its texts one by one. */
function listedBy(
  compiled: readonly CompiledTest[],
  tests: readonly ValueTest[],
  passed: ReadonlySet<number>,
): readonly string[] | undefined {
  for (const index of passed) {
    const { texts, scale, isPlain, languages } = compiled[index]!
    const isCaseless = tests[index]!.kind === 'action' || operatorOf(tests[index]!) === 'StringEqualsIgnoreCase'
    // Where a pattern is `*`, its texts are not all that passes.
    const isComplete = texts?.length === languages[0]?.length
    if (isPlain && scale === undefined && !isCaseless && isComplete) return texts
  }
  return undefined
}

function operatorOf(test: ValueTest): BaseOperator | undefined {
  return test.kind === 'matches' || test.kind === 'uncomparable' ? test.operator : undefined
}

function valuesOf(test: ValueTest): readonly string[] {
  return test.kind === 'action' ? test.patterns : test.marked.map((marked) => marked.slice(1))
}

function list(values: readonly string[], word: 'or' | 'and'): string {
  const named = values.slice(0, MAX_NAMED)
  const more = values.length - named.length
  const parts = more > 0 ? [...named, `${more} more`] : named
  return parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} ${word} ${parts.at(-1) ?? ''}`
}

// ----------------------------------------------------------------------------------------------------------- nouns

const FORMS: Readonly<Record<PrincipalForm, string>> = {
  role: 'role',
  user: 'user',
  session: 'role session',
  federatedUser: 'federated user',
  root: 'root user',
  service: 'service',
}

function nounOf(domain: ValueDomain): string {
  switch (domain.kind) {
    case 'principal':
      return domain.forms.length === 1 ? FORMS[domain.forms[0]!] : 'principal'
    case 'keyArn':
      return 'key'
    case 'aliasArn':
    case 'aliasName':
      return 'alias'
    case 'arn':
      return 'resource'
    case 'region':
      return 'Region'
    case 'servicePrincipal':
    case 'viaService':
      return 'service'
    case 'action':
    case 'account':
    case 'organization':
    case 'number':
    case 'date':
    case 'address':
      return domain.kind
    case 'text':
    case 'oneOf':
    case 'boolean':
      return 'value'
  }
}

function withArticle(noun: string): string {
  return `${'aeio'.includes(noun.charAt(0).toLowerCase()) ? 'an' : 'a'} ${noun}`
}

// --------------------------------------------------------------------------------------------------------- patterns

function patternWords(
  sample: string,
  passed: ReadonlySet<number>,
  tests: readonly ValueTest[],
  compiled: readonly CompiledTest[],
  domain: ValueDomain,
): string {
  const noun = nounOf(domain)
  const accounts = new Set<string>()
  const patterns = new Set<string>()
  let isUncomparable = false
  tests.forEach((test, index) => {
    if (!passed.has(index)) return
    if (test.kind === 'uncomparable') isUncomparable = true
    for (const value of test.kind === 'uncomparable' ? [] : valuesOf(test)) {
      if (value === '*' || !passesAlone(test, value, sample)) continue
      const account = test.kind === 'matches' && test.of === 'account' ? value : accountOf(value, domain)
      if (account === undefined) patterns.add(withCase(test, value))
      else accounts.add(account)
    }
  })
  const kept = [...patterns].toSorted((left, right) => right.length - left.length).slice(0, MAX_PATTERNS)
  const others = tests.flatMap((test, index) => (passed.has(index) || test.kind === 'uncomparable' ? [] : [index]))
  const isRest = others.some((index) => mayShare(tests, passed, compiled[index]!, valuesOf(tests[index]!)))
  const words = [
    ...(accounts.size > 0 ? [`in account ${list([...accounts], 'and')}`] : []),
    ...(kept.length > 0 ? [`matching ${list(kept, 'and')}`] : []),
    ...(isUncomparable ? ['that cannot be compared'] : []),
  ]
  return [isRest ? 'any other' : 'any', noun, ...words].join(' ')
}

/** Whether this one value of a test is what lets the sample pass. */
function passesAlone(test: ValueTest, value: string, sample: string): boolean {
  const alone: ValueTest =
    test.kind === 'action'
      ? { ...test, patterns: [value] }
      : { ...test, marked: test.marked.filter((marked) => marked.slice(1) === value) }
  const made = compileTest(alone, { isFieldwise: false, isLowerCase: false })
  return made.ok && made.value.answers(sample)
}

function withCase(test: ValueTest, value: string): string {
  return operatorOf(test) === 'StringEqualsIgnoreCase' ? `${value} in any case` : value
}

/** The account, when a pattern of principals names nothing but an account. */
function accountOf(pattern: string, domain: ValueDomain): string | undefined {
  if (domain.kind !== 'principal') return undefined
  const [scheme, partition, service, region, account = '', resource, ...more] = pattern.split(':')
  const isOpen = scheme === 'arn' && (partition === 'aws' || partition === '*') && (region === '' || region === '*')
  // Roles, users and root users are all of `iam`.
  const isOfIam = domain.forms.every((form) => form === 'role' || form === 'user' || form === 'root')
  const names = (service === '*' || (service === 'iam' && isOfIam)) && resource === '*' && more.length === 0
  return isOpen && names && !account.includes('*') && !account.includes('?') ? account : undefined
}

/** Whether a test that the region fails may have something in common with all that it passes. */
function mayShare(
  tests: readonly ValueTest[],
  passed: ReadonlySet<number>,
  failed: CompiledTest,
  values: readonly string[],
): boolean {
  const heads = [...passed].flatMap((index) => {
    const test = tests[index]!
    return test.kind === 'uncomparable' || (test.kind === 'matches' && test.of === 'account') ? [] : [valuesOf(test)]
  })
  const compiled = compiledOf(tests)
  if (failed.texts !== undefined && failed.texts.length > 0) {
    return failed.texts.some((text) => [...passed].every((index) => compiled[index]!.answers(text)))
  }
  return values.some((value) => heads.every((of) => of.some((head) => beginAlike(head, value))))
}

function beginAlike(left: string, right: string): boolean {
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const [one, other] = [left.charAt(index), right.charAt(index)]
    if (one === '*' || one === '?' || other === '*' || other === '?') return true
    if (one !== other) return false
  }
  return left.length === right.length || left.endsWith('*') || right.endsWith('*')
}

// ----------------------------------------------------------------------------------------------------------- scales

function isScale(test: ValueTest): test is ConditionValueTest {
  const operator = operatorOf(test)
  if (operator === undefined) return false
  return operator === 'IpAddress' || operator === 'BinaryEquals' || isOrder(operator)
}

function isOrder(operator: BaseOperator): boolean {
  return operator.startsWith('Numeric') || operator.startsWith('Date')
}

function scaleWords(
  sample: string,
  passed: ReadonlySet<number>,
  tests: readonly ValueTest[],
  domain: ValueDomain,
): string {
  const scales = tests.flatMap((test, index) => (isScale(test) ? [{ test, isPassed: passed.has(index) }] : []))
  const operators = scales.map(({ test }) => test.operator)
  const family = operators.some((operator) => operator === 'IpAddress')
    ? 'address'
    : operators.some((operator) => operator.startsWith('Date'))
      ? 'date'
      : operators.some((operator) => operator === 'BinaryEquals')
        ? 'value'
        : 'number'
  const uncomparable = scales.some(({ test, isPassed }) => test.kind === 'uncomparable' && isPassed)
  if (uncomparable) return `a value that is no ${family}, such as ${sample === '' ? 'an empty text' : sample}`
  const asked = scales.filter(({ test }) => test.kind === 'matches')
  if (family === 'value') return asked.some(({ isPassed }) => isPassed) ? sample : 'any other value'
  if (family === 'address') return addressWords(asked)
  if (asked.some(({ test, isPassed }) => isPassed && test.operator.endsWith('Equals') && isPoint(test))) return sample
  const noun = domain.kind === 'text' ? family : nounOf(domain)
  const limits = asked.flatMap(({ test, isPassed }) => orderWords(test, isPassed, family === 'date'))
  const distinct = [...new Set(limits)]
  return distinct.length === 0
    ? `any other ${noun}`
    : `${withArticle(noun)} ${list(distinct, 'and')}, such as ${sample}`
}

function isPoint({ operator }: ConditionValueTest): boolean {
  return operator === 'NumericEquals' || operator === 'DateEquals'
}

interface Asked {
  readonly test: ConditionValueTest
  readonly isPassed: boolean
}

function addressWords(asked: readonly Asked[]): string {
  const ranges = (isPassed: boolean): readonly string[] => [
    ...new Set(asked.filter((one) => one.isPassed === isPassed).flatMap(({ test }) => valuesOf(test))),
  ]
  // Of a test with several ranges the address is in one; which, the others tell.
  const inside = asked.filter(({ isPassed }) => isPassed).map(({ test }) => list(valuesOf(test), 'or'))
  const insideRanges = ranges(true)
  const outside = ranges(false).filter(
    (range) => insideRanges.length === 0 || insideRanges.some((other) => overlap(range, other)),
  )
  const parts = [
    ...(inside.length > 0 ? [`in ${list([...new Set(inside)], 'and')}`] : []),
    ...(outside.length > 0 ? [`outside ${list(outside, 'and')}`] : []),
  ]
  return parts.length === 0 ? 'any address' : `an address ${parts.join(' and ')}`
}

function overlap(left: string, right: string): boolean {
  const [one, other] = [parseIpRange(left), parseIpRange(right)]
  if (one === undefined || other === undefined) return false
  return (
    isInRange({ family: one.family, value: one.first }, other) ||
    isInRange({ family: other.family, value: other.first }, one)
  )
}

/** What a test with one value says of numbers or dates; nothing of one with several. */
function orderWords(test: ConditionValueTest, isPassed: boolean, isDate: boolean): readonly string[] {
  const [value, ...more] = valuesOf(test)
  if (value === undefined || more.length > 0) return []
  if ((isDate ? parseDate(value) : parseDecimal(value)) === undefined) return []
  const [below, atMost, above, atLeast] = isDate
    ? ['before', 'not after', 'after', 'not before']
    : ['below', 'of at most', 'above', 'of at least']
  if (test.operator.endsWith('LessThan')) return [`${isPassed ? below : atLeast} ${value}`]
  if (test.operator.endsWith('LessThanEquals')) return [`${isPassed ? atMost : above} ${value}`]
  if (test.operator.endsWith('GreaterThan')) return [`${isPassed ? above : atMost} ${value}`]
  if (test.operator.endsWith('GreaterThanEquals')) return [`${isPassed ? atLeast : below} ${value}`]
  return [`other than ${value}`]
}
