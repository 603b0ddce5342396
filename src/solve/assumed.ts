/**
 * Policies that stand for unknown ones: one that allows everything, and one that allows nothing of KMS.
 */
import { compilePolicy, type CompiledPolicy } from '../graph/policy.js'
import type { GraphTables } from '../graph/tables.js'
import { parsePolicyValue } from '../policy/parse.js'
import type { PolicyDocument } from '../policy/document.js'

export interface AssumedPolicies {
  readonly everything: CompiledPolicy
  readonly nothing: CompiledPolicy
}

const known = new WeakMap<GraphTables, AssumedPolicies>()

export function assumedPolicies(tables: GraphTables): AssumedPolicies {
  let policies = known.get(tables)
  if (policies === undefined) {
    policies = {
      everything: compilePolicy(tables, assumedDocument('everything')),
      nothing: compilePolicy(tables, assumedDocument('nothing')),
    }
    known.set(tables, policies)
  }
  return policies
}

const ACTIONS = { everything: '*', nothing: 'sts:GetCallerIdentity' } as const

/** As JSON, for whoever writes a witness down. */
export function assumedPolicyJson(kind: keyof typeof ACTIONS): object {
  return { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: ACTIONS[kind], Resource: '*' }] }
}

function assumedDocument(kind: keyof typeof ACTIONS): PolicyDocument {
  const parsed = parsePolicyValue(assumedPolicyJson(kind), 'identity')
  if (!parsed.ok) throw new Error(`the assumed policy is refused: ${parsed.error[0]?.message ?? ''}`)
  return parsed.value
}
