/**
 * Policies as formulas for z3, straight from their JSON: what one policy allows as a formula over the values of one
 * request. Written beside the pages and not beside `src`, from which it takes nothing.
 *
 * Knows the operators that the generated policies use; wildcards of an ARN stand in its last field alone, where they
 * mean what they mean in any text.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators", "Policy evaluation logic"; SMT-LIB, theory of
 * Unicode strings.
 */
import { listOf, type ConditionJson, type PolicyJson, type StatementJson } from '../reference/document.js'
import { statementsOf } from '../solve/aimed.js'

/** A request as variables of a formula; `declare` says all that were used. */
export class Formula {
  private readonly declared = new Map<string, string>()
  private readonly limits: string[] = []

  /** @param values - the sort of a key's value, where it is not a text, and what its values are limited to. */
  constructor(private readonly limitOf: (key: string, value: string) => string | undefined) {}

  declarations(): string {
    return [...this.declared.values(), ...this.limits].join('\n')
  }

  /** The value of a condition key, and whether the request has it. */
  key(name: string, sort: 'String' | 'Real' | 'Bool'): { readonly value: string; readonly present: string } {
    const value = `|${name}|`
    const present = `|has ${name}|`
    this.variable(value, sort)
    this.variable(present, 'Bool')
    return { value, present }
  }

  variable(name: string, sort: string): string {
    if (this.declared.has(name)) return name
    this.declared.set(name, `(declare-const ${name} ${sort})`)
    const limit = this.limitOf(name.replaceAll('|', ''), name)
    if (limit !== undefined) this.limits.push(`(assert ${limit})`)
    return name
  }

  // -------------------------------------------------------------------------------------------------------- statements

  applies({ Action, NotAction, Resource, NotResource, Condition }: StatementJson): string {
    const action = this.variable('action', 'String')
    const actions = any(listOf(Action ?? NotAction).map((pattern) => glob(action, pattern)))
    const resources = any(listOf(Resource ?? NotResource).map((pattern) => this.covers(pattern)))
    return all([
      Action === undefined ? not(actions) : actions,
      Resource === undefined ? not(resources) : resources,
      ...this.conditions(Condition),
    ])
  }

  /** Only `*` covers an action that takes no resource. */
  private covers(pattern: string): string {
    if (pattern === '*') return 'true'
    return all([this.variable('takesResource', 'Bool'), glob(this.variable('resource', 'String'), pattern)])
  }

  private conditions(condition: ConditionJson = {}): readonly string[] {
    return Object.entries(condition).flatMap(([operator, block]) =>
      Object.entries(block).map(([key, values]) => this.condition(operator, key, listOf(values).map(String))),
    )
  }

  private condition(operator: string, key: string, wanted: readonly string[]): string {
    if (operator === 'Null') {
      const { present } = this.key(key, sortOf(key))
      return any(wanted.map((value) => (value === 'true' ? not(present) : present)))
    }
    const ifExists = operator.endsWith('IfExists')
    const base = ifExists ? operator.slice(0, -'IfExists'.length) : operator
    const negated = base.includes('Not')
    const { value, present } = this.key(key, sortOf(key))
    const matches = any(wanted.map((each) => compared(base.replace('Not', ''), value, each)))
    // A negated operator holds where the key is not there at all.
    if (negated) return any([not(present), not(matches)])
    return ifExists ? any([not(present), matches]) : all([present, matches])
  }
}

function compared(operator: string, value: string, wanted: string): string {
  switch (operator) {
    case 'StringEquals':
    case 'ArnEquals':
    case 'StringLike':
    case 'ArnLike':
      return operator === 'StringEquals' ? `(= ${value} ${text(wanted)})` : glob(value, wanted)
    case 'Bool':
      return `(= ${value} ${wanted})`
    case 'NumericEquals':
      return `(= ${value} ${wanted})`
    case 'NumericLessThan':
      return `(< ${value} ${wanted})`
    case 'NumericLessThanEquals':
      return `(<= ${value} ${wanted})`
    case 'NumericGreaterThan':
      return `(> ${value} ${wanted})`
    case 'NumericGreaterThanEquals':
      return `(>= ${value} ${wanted})`
    default:
      throw new Error(`no formula for ${operator}`)
  }
}

const SORTS: Readonly<Record<string, 'Real' | 'Bool'>> = {
  'aws:MultiFactorAuthAge': 'Real',
  'aws:MultiFactorAuthPresent': 'Bool',
}

function sortOf(key: string): 'String' | 'Real' | 'Bool' {
  return SORTS[key] ?? 'String'
}

/** What somebody may do who has this policy and no other. */
export function allowedAlone(formula: Formula, policy: PolicyJson): string {
  const of = (effect: 'Allow' | 'Deny'): string =>
    any(statementsOf(policy).flatMap((each) => (each.Effect === effect ? [formula.applies(each)] : [])))
  return all([of('Allow'), not(of('Deny'))])
}

export interface AskedCaller {
  readonly arn: string
  readonly account: string
}

/**
 * What one of these callers, whose identity policies may be any, may do with a key of `account` under its key policy.
 * In the key's account an Allow to the caller is enough, one to its account needs an identity policy that allows too,
 * as every Allow does for a caller of another account.
 */
export function allowedByKeyPolicy(
  formula: Formula,
  policy: PolicyJson,
  callers: readonly AskedCaller[],
  account: string,
): string {
  const caller = formula.variable('caller', 'Int')
  const identity = formula.variable('identityAllows', 'Bool')
  const statements = statementsOf(policy)
  const ways = callers.map((each, number) => {
    const some = (effect: 'Allow' | 'Deny', classes: readonly PrincipalClass[]): string =>
      any(
        statements.flatMap((statement) =>
          statement.Effect === effect && classes.includes(classOf(statement, each)) ? [formula.applies(statement)] : [],
        ),
      )
    const denied = some('Deny', ['direct', 'account'])
    const direct = some('Allow', ['direct'])
    const account_ = some('Allow', ['account'])
    const allowed =
      each.account === account ? any([direct, all([account_, identity])]) : all([any([direct, account_]), identity])
    const arn = formula.key('aws:PrincipalArn', 'String')
    const isThey = all([`(= ${caller} ${number})`, arn.present, `(= ${arn.value} ${text(each.arn)})`])
    return all([isThey, allowed, not(denied)])
  })
  return any(ways)
}

type PrincipalClass = 'direct' | 'account' | 'none'

function classOf({ Principal }: StatementJson, { arn, account }: AskedCaller): PrincipalClass {
  const entries = Principal === undefined ? [] : Principal === '*' ? ['*'] : listOf(Principal.AWS)
  if (entries.includes('*') || entries.includes(arn)) return 'direct'
  return entries.includes(`arn:aws:iam::${account}:root`) || entries.includes(account) ? 'account' : 'none'
}

// --------------------------------------------------------------------------------------------------------------- terms

export function all(terms: readonly string[]): string {
  return joined('and', terms, 'true')
}

export function any(terms: readonly string[]): string {
  return joined('or', terms, 'false')
}

function joined(word: string, terms: readonly string[], none: string): string {
  const [first] = terms
  if (first === undefined) return none
  return terms.length === 1 ? first : `(${word} ${terms.join(' ')})`
}

export const not = (term: string): string => `(not ${term})`

/** Plain visible ASCII in the policies made here: nothing of it is written otherwise. */
export function text(plain: string): string {
  if (!/^[!#-[\]-~ ]*$/.test(plain)) throw new Error(`no text for a formula: ${plain}`)
  return `"${plain}"`
}

function glob(value: string, pattern: string): string {
  const parts = pattern.split(/([*?])/).flatMap((part) => {
    if (part === '*') return ['(re.* re.allchar)']
    if (part === '?') return ['re.allchar']
    return part === '' ? [] : [`(str.to_re ${text(part)})`]
  })
  if (!/[*?]/.test(pattern)) return `(= ${value} ${text(pattern)})`
  return `(str.in_re ${value} ${parts.length === 1 ? parts[0]! : `(re.++ ${parts.join(' ')})`})`
}
