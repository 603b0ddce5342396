/**
 * A question: what somebody wants explained, whatever form it came in.
 *
 * One API call is one question, with every check that it makes; all of them must allow. What the form does not tell is
 * said, never made up: a check that lacks its caller or its resource stands apart until somebody supplies them. Texts
 * from events and messages stand here as they are: who shows them escapes them.
 *
 * Source: facts D4 (APIs that need several checks).
 */
import type { AuthorizationRequest } from '../../decide/resolve.js'
import type { Span } from '../../text/source.js'
import type { AwsAnswer } from './aws-answer.js'

export interface Question {
  readonly origin: QuestionOrigin
  /** The API operation, such as `ReEncrypt`; absent where only a permission is known. */
  readonly operation?: string
  /** The checks that can be asked as they are. */
  readonly checks: readonly AuthorizationRequest[]
  /** The checks that lack something. */
  readonly incomplete: readonly IncompleteCheck[]
  readonly caller?: CallerDetails
  /** Absent where nobody has asked AWS. */
  readonly said?: AwsAnswer
  /** What could change the answer and cannot be known from this form. */
  readonly unknown: readonly UnknownInput[]
  readonly notes: readonly string[]
}

export interface QuestionOrigin {
  readonly form: 'cloudtrail' | 'message' | 'query' | 'operation'
  /** File, as given, or `<stdin>`, `<query>`. */
  readonly name: string
  /** Where it begins in the file, from 1. */
  readonly line?: number
  /** Where it stands in the text that was read. */
  readonly span?: Span
  readonly eventId?: string
  readonly requestId?: string
}

export type CheckPart = 'principal' | 'action' | 'resource'

/** A check that cannot be asked yet, with what is known of it. */
export interface IncompleteCheck extends Omit<AuthorizationRequest, 'principal' | 'action'> {
  readonly principal?: string
  readonly action?: string
  readonly lacks: readonly Lack[]
}

export interface Lack {
  readonly part: CheckPart
  /** In a few words, as a clause: "the ciphertext named the key, not the caller". */
  readonly why: string
}

/** What an event tells of its caller besides the ARN. */
export interface CallerDetails {
  readonly accountId?: string
  /** `AIDA…` of a user, `AROA…` of the role of a session. */
  readonly uniqueId?: string
  /** The role of a session, with its path. */
  readonly roleArn?: string
  /** The user that called GetFederationToken. */
  readonly userArn?: string
}

/** Something that could change the answer: the value of a condition key, or policies and tokens that leave no trace. */
export interface UnknownInput {
  readonly kind: 'conditionKey' | 'sessionPolicies' | 'grantTokens' | 'parameters'
  /** The key, or a family of keys such as `aws:PrincipalTag/{tag-key}`; what it is, for the other kinds. */
  readonly name: string
  readonly why: string
}

/** What of a question somebody else supplies, such as the flags of a command. */
export interface Supplied {
  readonly principal?: string
  readonly action?: string
  readonly resource?: string
  /** Condition keys of every check; they win over those of the question. */
  readonly context?: AuthorizationRequest['context']
}

/** The same question with what is supplied in the place of what is lacking; what is known stays. */
export function completeQuestion(question: Question, supplied: Supplied): Question {
  const checks = question.checks.map((check) => withContext(check, supplied))
  const incomplete: IncompleteCheck[] = []
  for (const check of question.incomplete) {
    const lacks = check.lacks.filter(({ part }) => supplied[part] === undefined)
    const parts = pick(supplied, check)
    const filled = withContext({ ...check, ...parts, lacks }, supplied)
    const { principal, action } = filled
    if (lacks.length > 0 || principal === undefined || action === undefined) {
      incomplete.push(filled)
    } else {
      const { lacks: _none, ...rest } = filled
      checks.push({ ...rest, principal, action })
    }
  }
  return { ...question, checks, incomplete }
}

function pick(supplied: Supplied, { lacks }: IncompleteCheck): Partial<Record<CheckPart, string>> {
  const parts: Partial<Record<CheckPart, string>> = {}
  for (const { part } of lacks) {
    const value = supplied[part]
    if (value !== undefined) parts[part] = value
  }
  return parts
}

function withContext<T extends Pick<AuthorizationRequest, 'context'>>(check: T, { context }: Supplied): T {
  return context === undefined ? check : { ...check, context: { ...check.context, ...context } }
}

/** A check while it is being put together. */
export interface DraftCheck {
  readonly request: DraftRequest
  readonly lacks: Lack[]
}

export type DraftRequest = { -readonly [Member in keyof AuthorizationRequest]?: AuthorizationRequest[Member] }

/** Puts each check where it belongs. */
export function sortChecks(drafts: readonly DraftCheck[]): Pick<Question, 'checks' | 'incomplete'> {
  const checks: AuthorizationRequest[] = []
  const incomplete: IncompleteCheck[] = []
  for (const { request, lacks } of drafts) {
    if (lacks.length === 0 && isComplete(request)) checks.push(request)
    else incomplete.push({ ...request, lacks })
  }
  return { checks, incomplete }
}

function isComplete(request: DraftRequest): request is DraftRequest & AuthorizationRequest {
  return request.principal !== undefined && request.action !== undefined
}

/** Why the value of a condition key is not known, or undefined where the question does not say that it is not. */
export function whyUnknown(unknown: readonly UnknownInput[], conditionKey: string): string | undefined {
  const wanted = conditionKey.toLowerCase()
  return unknown.find(({ kind, name }) => kind === 'conditionKey' && covers(name.toLowerCase(), wanted))?.why
}

function covers(name: string, wanted: string): boolean {
  const brace = name.indexOf('{')
  return brace < 0 ? name === wanted : wanted.length > brace && wanted.startsWith(name.slice(0, brace))
}
