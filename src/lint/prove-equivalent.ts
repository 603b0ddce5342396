/**
 * Whether two policies decide every request alike, as far as a policy decides: what each allows, and what each denies
 * explicitly, which counts also where it allows nothing.
 *
 * Each is proved by the symbolic engine. What is denied is seen by adding, to both, a statement that allows everything:
 * whatever is not allowed then is denied. Key policies are compared for callers with any identity policies and for
 * callers without any, since a key policy may allow by itself or leave it to those.
 *
 * Source: IAM User Guide, "Policy evaluation logic".
 */
import type { ProveEquivalent } from './fix.js'
import type { PolicyDocument, PolicyKind, PrincipalElement, Statement } from '../policy/document.js'
import type { SolveOptions } from '../solve/access.js'
import { comparePolicies, type PolicyComparisonOptions } from '../solve/policies.js'

export function proverWith(options: SolveOptions): ProveEquivalent {
  return (before, after, kind) => {
    if (saysTheSame(before, after)) return 'equal'
    for (const question of questions(before, after, kind, options)) {
      const { verdict } = comparePolicies(question.before, question.after, kind, question.options)
      if (verdict === 'unknown') return 'unknown'
      if (verdict !== 'equivalent') return 'different'
    }
    return 'equal'
  }
}

/** Names of statements and of the policy decide nothing. */
function saysTheSame(before: PolicyDocument, after: PolicyDocument): boolean {
  return decisive(before) === decisive(after)
}

function decisive({ version, statements }: PolicyDocument): string {
  return JSON.stringify([version, statements.map(({ sid: _sid, ...rest }) => rest)])
}

interface Question {
  readonly before: PolicyDocument
  readonly after: PolicyDocument
  readonly options: PolicyComparisonOptions
}

function questions(
  before: PolicyDocument,
  after: PolicyDocument,
  kind: PolicyKind,
  options: SolveOptions,
): readonly Question[] {
  const denied = { before: allowingAll(before), after: allowingAll(after), options }
  if (kind !== 'key') return [{ before, after, options }, denied]
  return [
    { before, after, options: { ...options, scope: { unknownIdentity: 'none' } } },
    { before, after, options: { ...options, scope: { unknownIdentity: 'any' } } },
    denied,
  ]
}

const ANYBODY: PrincipalElement = { negated: false, entries: [{ kind: 'any', value: '*' }] }
const ALL = { negated: false, patterns: ['*'] } as const

function allowingAll(document: PolicyDocument): PolicyDocument {
  const { kind, statements } = document
  const takesPrincipal = kind === 'key' || kind === 'rcp' || kind === 'vpce' || kind === 'trust' || kind === 'resource'
  const everything: Statement = {
    index: statements.length,
    effect: 'Allow',
    ...(takesPrincipal ? { principal: ANYBODY } : {}),
    action: ALL,
    resource: ALL,
    conditions: [],
  }
  return { ...document, statements: [...statements, everything] }
}
