/**
 * The text of an AWS refusal, taken out of whatever log, terminal or JSON it stands in.
 *
 * Knows no request and no policy: it says what the text says. The sentence is looked for by words that every form of it
 * has and only then parsed, so the time is bounded by the length of the text.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages", "Troubleshoot access denied error messages with
 * authorization ID"; KMS API Reference, errors of "Decrypt" and "PutKeyPolicy".
 */
import deniedGrammar, { lexer } from '../grammar/denied.js'
import { prefixReader, type TextError } from './grammar-reader.js'
import { plainText, type PastedText } from './pasted-text.js'
import type { Result, Span } from './source.js'

/** The policy that refused. `keyPolicy` is what AWS calls resource-based; `trust` is told by STS alone. */
export type DeniedLayer = 'scp' | 'rcp' | 'vpce' | 'keyPolicy' | 'identity' | 'boundary' | 'session' | 'trust'

/** Nothing of it is there in the old short form, and no layer where AWS keeps it back. */
export interface DenialReason {
  readonly isExplicit?: boolean
  readonly layer?: DeniedLayer
  /** Of an explicit deny by a managed policy, told only inside the account or organization. */
  readonly policyArn?: string
}

export type DeniedSentence =
  | ({
      readonly kind: 'denied'
      /** An ARN; for a role that of its session. */
      readonly caller: string
      readonly action: string
      readonly resource?: string
      /** For Access Troubleshooter. */
      readonly authorizationId?: string
    } & DenialReason)
  /** The key behind a ciphertext is missing, elsewhere, or not for this caller; AWS does not say which. */
  | { readonly kind: 'ciphertext' }
  /** The ARN of a key or an alias. */
  | { readonly kind: 'notFound'; readonly resource: string }
  | {
      readonly kind: 'keyState'
      readonly key: string
      readonly state: 'disabled' | 'pendingDeletion' | 'pendingImport' | 'unavailable'
    }
  /** The new key policy would shut out its own writer. */
  | { readonly kind: 'lockout' }
  | { readonly kind: 'invalidPrincipals' }

/** What the AWS CLI, an SDK or CloudTrail tells beside the sentence. */
export interface Wrapping {
  readonly errorCode?: string
  readonly operation?: string
  /** As an SDK names it: `S3`, `Secrets Manager`. */
  readonly service?: string
  readonly requestId?: string
}

/** `span` is the sentence in the text given. */
export type DeniedMessage = DeniedSentence & Wrapping & { readonly span: Span }

const MAX_LENGTH = 65_536
/** Longest sentence: four ARNs of at most 2,048 characters and a console address. */
const MAX_SENTENCE = 9_216
/** How far around the sentence a wrapping may stand. */
const NEIGHBOURHOOD = 2_048
/** How many places are tried in one text; a grammar takes a fifth of a millisecond for each. */
const MAX_TRIES = 1024
const MAX_SENTENCES = 512

/** Words in the middle of a sentence, and the text that it begins with (nothing when `words` begin it). */
const MARKS: readonly { readonly words: string; readonly begins: string }[] = [
  { words: 'is not authorized to perform', begins: 'User:' },
  { words: 'The ciphertext refers to', begins: '' },
  { words: 'does not exist', begins: 'Key ' },
  { words: 'is not found', begins: 'Alias ' },
  { words: 'is disabled', begins: 'arn:' },
  { words: 'is pending', begins: 'arn:' },
  { words: 'is unavailable', begins: 'arn:' },
  { words: 'The new key policy will not', begins: '' },
  { words: 'Policy contains a statement', begins: '' },
]

const OPERATION_BEGINS = ['An error occurred (', 'operation error '] as const
const DETAILS_BEGIN = '(Service:'

const CODE_NAMES = ['errorCode', '__type', 'Error Code', 'code', 'Code', 'name'] as const
const REQUEST_ID_NAMES = [
  'requestID',
  'RequestID',
  'requestId',
  'RequestId',
  'Request ID',
  'request id',
  'request_id',
] as const
const OPERATION_NAMES = ['eventName'] as const

/** What follows the name of a field, in JSON, in a printed object or in a log line. */
const FIELD_VALUE = /\\?["']?\s?[:=]\s?(?:Some\()?\\?["']?([A-Za-z0-9.#_/-]+)/y
/** `AccessDeniedException: `, maybe with a module before it, as most SDKs print an error. */
const CODE_BEFORE = /([A-Za-z]+)\\?["']?:? ?\\?["']?$/
const ERROR_CODE = /^[A-Z][A-Za-z]*(?:Exception|Denied|Error)$/
/** Classes that stand for any error of KMS. */
const GENERIC_CODES: ReadonlySet<string> = new Set([
  'KmsException',
  'AWSKMSException',
  'KMSServiceException',
  'ClientError',
  'Error',
])

const readSentence = prefixReader<DeniedSentence>(deniedGrammar, lexer, 'sentence')
const readOperation = prefixReader<Wrapping>(deniedGrammar, lexer, 'operation')
const readDetails = prefixReader<Wrapping>(deniedGrammar, lexer, 'details')

/** The first refusal in a text. Errors: none there, or a text too long to be looked through. */
export function parseDeniedMessage(text: string): Result<DeniedMessage, TextError> {
  const found = parseDeniedMessages(text, 1)
  if (!found.ok) return found
  const [first] = found.value
  return { ok: true, value: first }
}

/** The refusals in a text, in its order; one that stands there twice comes twice. */
export function parseDeniedMessages(
  text: string,
  limit = MAX_SENTENCES,
): Result<readonly [DeniedMessage, ...DeniedMessage[]], TextError> {
  const whole = { start: 0, end: text.length }
  if (text.length > MAX_LENGTH) {
    const message = `a text of ${text.length} characters is too long to look for one message`
    return { ok: false, error: { message, ...whole, hint: `expected at most ${MAX_LENGTH} characters` } }
  }
  const { plain, sentences } = sentencesIn(text, limit)
  const [first, ...others] = sentences.map((sentence, index) => {
    const { start, end } = sentence
    const span = { start: plain.offsetOf(start), end: plain.offsetOf(end - 1) + 1 }
    const between = { after: sentences[index - 1]?.end ?? 0, before: sentences[index + 1]?.start ?? plain.text.length }
    return { ...wrappingOf(plain.text, start, end, between), ...sentence.sentence, span }
  })
  if (first === undefined) return { ok: false, error: { ...noRefusal(plain.text), ...whole } }
  return { ok: true, value: [first, ...others] }
}

/** Texts that tell of a refusal, and neither of whom nor of what. */
const VAGUE = [
  'Access to KMS is not allowed',
  'Access Denied',
  'AccessDenied',
  'You are not authorized',
  'KMS access was',
]

function noRefusal(text: string): { readonly message: string; readonly hint: string } {
  const message = 'there is no AWS refusal in this text'
  if (text.includes('Encoded authorization failure message')) {
    return { message, hint: 'decode the message with `sts:DecodeAuthorizationMessage` first' }
  }
  if (!text.includes('User:') && VAGUE.some((words) => text.includes(words))) {
    return {
      message: 'this text tells neither whom AWS refused nor what',
      hint: 'the event of `kms.amazonaws.com` in CloudTrail at that time tells both, and can be given instead',
    }
  }
  return { message, hint: 'expected a text such as `User: … is not authorized to perform: kms:Decrypt …`' }
}

interface FoundSentence {
  readonly sentence: DeniedSentence
  readonly start: number
  readonly end: number
}

interface Found {
  readonly plain: PastedText
  readonly sentences: readonly FoundSentence[]
}

/** As the lines are; where that tells less than all, as a terminal may have cut them. */
function sentencesIn(text: string, limit: number): Found {
  const found = findSentences(plainText(text), limit)
  if (!text.includes('\n') || (found.sentences.length > 0 && found.sentences.every(isWhole))) return found
  const joined = findSentences(plainText(text, true), limit)
  return toldBy(joined) > toldBy(found) ? joined : found
}

function isWhole({ sentence }: FoundSentence): boolean {
  return sentence.kind !== 'denied' || (sentence.resource !== undefined && sentence.isExplicit !== undefined)
}

function toldBy({ sentences }: Found): number {
  return sentences.reduce((told, sentence) => told + (isWhole(sentence) ? 2 : 1), 0)
}

function findSentences(plain: PastedText, limit: number): Found {
  const { text } = plain
  const sentences: FoundSentence[] = []
  const marks = MARKS.map((mark) => ({ ...mark, at: text.indexOf(mark.words) }))
  let end = 0
  for (let tries = 0; tries < MAX_TRIES && sentences.length < limit; tries++) {
    const next = marks.reduce((first, mark) => (mark.at >= 0 && (first.at < 0 || mark.at < first.at) ? mark : first))
    if (next.at < 0) break
    const { at, words, begins } = next
    const start = begins === '' ? at : text.lastIndexOf(begins, at)
    const read =
      start < end || at - start > MAX_SENTENCE ? undefined : readSentence(text.slice(start, start + MAX_SENTENCE))
    if (read !== undefined) {
      end = start + read.end
      sentences.push({ sentence: read.value, start, end })
    }
    const from = Math.max(end, at + words.length)
    for (const mark of marks) if (mark.at >= 0 && mark.at < from) mark.at = text.indexOf(mark.words, from)
  }
  return { plain, sentences }
}

/** Where the sentences around one end and begin: what is beyond tells of those. */
interface Between {
  readonly after: number
  readonly before: number
}

/** What is said by a whole wrapping counts before what a single field says. */
function wrappingOf(text: string, start: number, end: number, between: Between): Wrapping {
  const before = text.slice(Math.max(between.after, start - NEIGHBOURHOOD), start)
  const after = text.slice(end, Math.min(between.before, end + NEIGHBOURHOOD))
  const details = after.indexOf(DETAILS_BEGIN)
  const errorCode = codeBefore(before) ?? fieldNear(before, after, CODE_NAMES, (value) => ERROR_CODE.test(value))
  const operation = fieldNear(before, after, OPERATION_NAMES, () => true)
  const requestId = fieldNear(before, after, REQUEST_ID_NAMES, (value) => value.includes('-'))
  return {
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(operation === undefined ? {} : { operation }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(details < 0 ? {} : readDetails(after.slice(details))?.value),
    ...operationBefore(before),
  }
}

function operationBefore(before: string): Wrapping | undefined {
  for (const begins of OPERATION_BEGINS) {
    const at = before.lastIndexOf(begins)
    const read = at < 0 ? undefined : readOperation(before.slice(at))
    if (read !== undefined) return read.value
  }
  return undefined
}

function codeBefore(before: string): string | undefined {
  const code = CODE_BEFORE.exec(before.slice(-128))?.[1]
  return code !== undefined && ERROR_CODE.test(code) && !GENERIC_CODES.has(code) ? code : undefined
}

/** The nearest field of one of these names: the last before the sentence, else the first after it. */
function fieldNear(
  before: string,
  after: string,
  names: readonly string[],
  isGood: (value: string) => boolean,
): string | undefined {
  for (const name of names) {
    const value = fieldAt(before, before.lastIndexOf(name), name) ?? fieldAt(after, after.indexOf(name), name)
    if (value !== undefined && isGood(value)) return value
  }
  return undefined
}

function fieldAt(text: string, at: number, name: string): string | undefined {
  if (at < 0) return undefined
  FIELD_VALUE.lastIndex = at + name.length
  const value = FIELD_VALUE.exec(text)?.[1]
  // `com.amazonaws.kms#AccessDeniedException`: only the last part is the code.
  return value === undefined ? undefined : value.slice(value.lastIndexOf('#') + 1)
}
