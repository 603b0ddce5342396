/**
 * A simulation document on few lines, for the message of a failing property: one line a statement, nothing that is
 * absent or empty.
 *
 * Prints only; knows nothing of evaluation.
 */
import type {
  CheckMembers,
  LeveledPolicies,
  PolicyJson,
  SharedMembers,
  SimulationDocument,
  StatementJson,
} from './document.js'

function statementLine(statement: StatementJson, index: number): string {
  const { Sid, Effect, Condition, ...elements } = statement
  const parts = Object.entries(elements).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  const condition = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`
  return `  ${index}${Sid === undefined ? '' : ` (${Sid})`} ${Effect} ${parts.join(' ')}${condition}`
}

function policyLines(title: string, policy: PolicyJson | null | undefined): readonly string[] {
  if (policy === undefined) return []
  if (policy === null) return [`${title}: null`]
  const statements = 'Effect' in policy.Statement ? [policy.Statement] : policy.Statement
  return [`${title}, version ${policy.Version ?? 'absent'}`, ...statements.map(statementLine)]
}

function listLines(title: string, policies: readonly PolicyJson[] | null | undefined): readonly string[] {
  if (policies === undefined || policies === null) return []
  if (policies.length === 0) return [`${title}: []`]
  return policies.flatMap((policy, index) => policyLines(`${title} ${index}`, policy))
}

function leveledLines(title: string, all: LeveledPolicies | null | undefined): readonly string[] {
  return Object.entries(all ?? {}).flatMap(([account, levels]) =>
    levels.flatMap((policies, level) => listLines(`${title} ${account} level ${level} policy`, policies)),
  )
}

function valueLine(title: string, value: unknown): readonly string[] {
  if (value === undefined || value === null) return []
  return [`${title} ${JSON.stringify(value)}`]
}

function checkLines(check: Partial<CheckMembers>): readonly string[] {
  return [
    `${check.action ?? 'kms:PutKeyPolicy'} on ${JSON.stringify(check.resource ?? null)}`,
    ...valueLine('context', check.context),
    ...policyLines('keyPolicy', check.keyPolicy),
    ...listLines('identityPolicies', check.identityPolicies),
    ...(check.grants ?? []).flatMap((grant) => valueLine('grant', grant)),
  ]
}

function sharedLines(shared: SharedMembers): readonly string[] {
  return [
    ...valueLine('request', shared.request),
    ...policyLines('permissionsBoundary', shared.permissionsBoundary ?? undefined),
    ...listLines('sessionPolicies', shared.sessionPolicies),
    ...leveledLines('scps', shared.scps),
    ...leveledLines('rcps', shared.rcps),
    ...valueLine('managementAccounts', shared.managementAccounts),
    ...policyLines('vpcEndpointPolicy', shared.vpcEndpointPolicy ?? undefined),
  ]
}

export function describeDocument(document: SimulationDocument): string {
  const { principal } = document
  const head = `${document.kind ?? 'authorize'}: ${JSON.stringify(principal)}`
  if (document.kind === 'multi') {
    const checks = document.checks.flatMap((check, index) => [`check ${index}`, ...checkLines(check)])
    return [head, document.api, ...sharedLines(document), ...checks].join('\n')
  }
  if (document.kind === 'lockout') {
    const { newKeyPolicy, kind: _kind, ...rest } = document
    return [head, ...checkLines({ ...rest, keyPolicy: newKeyPolicy }), ...sharedLines(document)].join('\n')
  }
  return [head, ...checkLines(document), ...sharedLines(document)].join('\n')
}
