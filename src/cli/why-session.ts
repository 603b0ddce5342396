/**
 * The session policies that the flags pass, as a person passes them to STS: documents in files, and ARNs of managed
 * policies. What the flags pass takes the place of what a world says of the session.
 *
 * Source: IAM User Guide, "Session policies".
 */
import type { Answerer } from '../source/answer/answer-question.js'
import { mayHaveSessionPolicies } from '../source/answer/known-sessions.js'
import type { Question } from '../source/asked/question.js'
import type { CompiledPolicy } from '../graph/policy.js'
import { parsePolicy } from '../policy/parse.js'
import { quote } from '../text/escape.js'
import { detectFormat } from '../text/read-syntax.js'
import type { Result, SourceError } from '../text/source.js'
import { readInput } from './input.js'
import type { AskOptions } from './why-options.js'

/** Undefined where no flag passes any. */
export type PassedPolicies = readonly CompiledPolicy[] | undefined

/** The error is one sentence, or has its place in the file of a policy. */
export async function readPassedPolicies(
  { sessionPolicy = [], sessionPolicyArn = [] }: AskOptions,
  answerer: Answerer,
): Promise<Result<PassedPolicies, string | SourceError>> {
  if (sessionPolicy.length === 0 && sessionPolicyArn.length === 0) return { ok: true, value: undefined }
  const policies: CompiledPolicy[] = []
  for (const path of sessionPolicy) {
    const source = await readInput(path)
    if (!source.ok) return source
    const format = detectFormat(source.value.name, source.value.text)
    const policy = parsePolicy({ source: source.value, format, kind: 'session' })
    if (!policy.ok) return { ok: false, error: policy.error[0] ?? `${quote(path, 200)} is no policy` }
    policies.push(answerer.compile(policy.value))
  }
  for (const arn of sessionPolicyArn) {
    const policy = answerer.managedPolicy(arn)
    if (policy === undefined) return { ok: false, error: `the world has no managed policy ${quote(arn, 200)}` }
    policies.push(answerer.compile(policy))
  }
  return { ok: true, value: policies }
}

/** The question of a session that these policies were passed for; a note where its caller takes none. */
export function withPassedPolicies(question: Question, policies: PassedPolicies): Question {
  if (policies === undefined) return question
  const caller = question.checks[0]?.principal
  if (caller !== undefined && !mayHaveSessionPolicies(caller)) {
    const note = `the session policies are not taken up: ${quote(caller, 160)} is neither a session of a role nor a federated user`
    return { ...question, notes: [...question.notes, note] }
  }
  return {
    ...question,
    checks: question.checks.map((check) => ({ ...check, sessionPolicies: policies })),
    unknown: question.unknown.filter(({ kind }) => kind !== 'sessionPolicies'),
  }
}
