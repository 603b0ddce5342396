/**
 * What AWS said to a request: let in, denied, or refused for another reason, and by which layer.
 *
 * Says what the code and the text say. Authorization comes before the state of the key is looked at, so a refusal for
 * the key's state means that the request was let in.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages"; KMS API Reference, errors; facts G1, G2.
 */
import type { MessageForm } from '../../explain/message.js'
import { parseDeniedMessage, type DeniedLayer, type DeniedSentence } from '../../text/denied-message.js'
import { readDeniedLine } from './denied-line.js'

export interface AwsAnswer {
  /** `undecided`: refused before or apart from authorization, so it tells nothing of it. */
  readonly decision: 'allow' | 'deny' | 'undecided'
  readonly errorCode?: string
  readonly message?: string
  /** What denied; absent in the short forms, and where AWS keeps it back. */
  readonly layer?: DeniedLayer
  readonly isExplicit?: boolean
  /** ARN of the policy that denies, told of managed policies inside an account or organization. */
  readonly policyArn?: string
  /** For Access Troubleshooter. */
  readonly authorizationId?: string
  /** How much of the denial the text tells, where that is not what most texts do. */
  readonly form?: MessageForm
  /** The denial that does not say whether the key exists. */
  readonly isOpaque?: true
  /** The request was let in, and the key could not be used. */
  readonly keyState?: 'disabled' | 'pendingDeletion' | 'pendingImport' | 'unavailable' | 'other'
  /** AWS did not find this key or alias. */
  readonly notFound?: string
  /** The new key policy would have shut out its own writer. */
  readonly isLockout?: true
  /** The caller, action and resource that AWS named. */
  readonly caller?: string
  readonly action?: string
  readonly resource?: string
}

const DENIED_CODES: ReadonlySet<string> = new Set(['AccessDenied', 'AccessDeniedException', 'VpceAccessDenied'])

/** Codes that are returned only when the request was let in. */
const LET_IN_CODES: ReadonlySet<string> = new Set(['DryRunOperationException'])
const STATE_CODES: ReadonlySet<string> = new Set(['DisabledException', 'KMSInvalidStateException'])

/** An answer is made member by member: a hundred thousand of them are, and spreading costs more than all the rest. */
type Draft = { -readonly [Member in keyof AwsAnswer]: AwsAnswer[Member] }

/** No code is a success. */
export function answerOfError(errorCode: string | undefined, message: string | undefined): AwsAnswer {
  if (errorCode === undefined) return { decision: 'allow' }
  const sentence = message === undefined || LET_IN_CODES.has(errorCode) ? undefined : readSentence(message)
  const answer: Draft = sentence === undefined ? { decision: 'undecided' } : ofSentence(sentence)
  answer.errorCode = errorCode
  if (message !== undefined) answer.message = message
  answer.decision = decisionOf(errorCode)
  if (errorCode === 'VpceAccessDenied') answer.layer ??= 'vpce'
  if (STATE_CODES.has(errorCode)) answer.keyState ??= 'other'
  return answer
}

function decisionOf(errorCode: string): AwsAnswer['decision'] {
  if (DENIED_CODES.has(errorCode)) return 'deny'
  return LET_IN_CODES.has(errorCode) || STATE_CODES.has(errorCode) ? 'allow' : 'undecided'
}

/** What a sentence alone says. */
export function answerOfSentence(sentence: DeniedSentence, errorCode: string | undefined): AwsAnswer {
  return { ...(errorCode === undefined ? {} : { errorCode }), ...ofSentence(sentence) }
}

function readSentence(message: string): DeniedSentence | undefined {
  const quick = readDeniedLine(message)
  if (quick !== undefined) return quick
  const known = otherSentences.get(message)
  if (known !== undefined) return known ?? undefined
  const read = parseDeniedMessage(message)
  const sentence = read.ok ? read.value : null
  if (message.length <= MAX_KNOWN_LENGTH) {
    if (otherSentences.size >= MAX_KNOWN) otherSentences.clear()
    otherSentences.set(message, sentence)
  }
  return sentence ?? undefined
}

/** The other texts mostly name nobody and come again and again; null: no sentence that is known. */
const otherSentences = new Map<string, DeniedSentence | null>()
const MAX_KNOWN = 1000
const MAX_KNOWN_LENGTH = 1024

function formOf({
  resource,
  layer,
  isExplicit,
  policyArn,
  authorizationId,
}: Extract<DeniedSentence, { readonly kind: 'denied' }>): MessageForm {
  const reason = layer !== undefined ? 'layer' : isExplicit === undefined ? 'none' : 'effect'
  return {
    reason,
    resource: resource !== undefined,
    policyArn: policyArn !== undefined,
    ...(authorizationId === undefined ? {} : { authorizationId }),
  }
}

function ofSentence(sentence: DeniedSentence): Draft {
  switch (sentence.kind) {
    case 'denied': {
      const { caller, action, resource, layer, isExplicit, policyArn, authorizationId } = sentence
      const answer: Draft = { decision: 'deny', caller, action }
      if (resource !== undefined && resource !== '*') answer.resource = resource
      if (layer !== undefined) answer.layer = layer
      if (isExplicit !== undefined) answer.isExplicit = isExplicit
      if (policyArn !== undefined) answer.policyArn = policyArn
      if (authorizationId !== undefined) answer.authorizationId = authorizationId
      const isUsual = resource !== undefined && layer !== undefined && policyArn === undefined
      if (!isUsual || authorizationId !== undefined) answer.form = formOf(sentence)
      return answer
    }
    case 'ciphertext':
      return { decision: 'deny', isOpaque: true }
    case 'notFound':
      return { decision: 'undecided', notFound: sentence.resource }
    case 'keyState':
      return { decision: 'allow', keyState: sentence.state, resource: sentence.key }
    case 'lockout':
      return { decision: 'undecided', isLockout: true }
    case 'invalidPrincipals':
      return { decision: 'undecided' }
  }
}
