/**
 * CloudTrail records as questions: what was asked of KMS, and what AWS said.
 *
 * Takes one record, a list, JSON Lines, a `Records` file and what `record-wrapping.ts` names, whole or in pieces;
 * unpacking `.gz` is the business of whoever opens the file. A record is data: nothing in it is trusted, and
 * what cannot be understood is handed back with the reason. Attestation measurements are not read: their format in
 * events is not settled.
 *
 * Source: CloudTrail User Guide, "CloudTrail record contents"; KMS Developer Guide, "Logging AWS KMS API calls with AWS
 * CloudTrail"; facts G4; kms-behaviour section 15.
 */
import { OPERATION_PARAMETERS } from '../../aws/operation-parameters.js'
import { parseDate } from '../../text/date.js'
import { quote } from '../../text/escape.js'
import type { Result } from '../../text/source.js'
import { answerOfError, type AwsAnswer } from './aws-answer.js'
import { callerOfEvent, type EventCaller } from './event-caller.js'
import { questionForwarded } from './forwarded-refusal.js'
import { parametersOfEvent, resourcesOfEvent, unknownOfEvent } from './event-parameters.js'
import { asObject, objectIn, textIn, type Members } from './member.js'
import { checksOfCall, isOperation, NO_KEY_NAMES, unknownOfCall, type KeyNames } from './operation-checks.js'
import { sortChecks, type DraftCheck, type Question } from './question.js'
import { RecordSplitter, type RecordPart } from './record-splitter.js'
import { recordsIn } from './record-wrapping.js'

/** A record that is no question, and why. */
export interface NotUnderstood {
  /** `notARequest`: KMS did something by itself, which nobody had to be allowed. */
  readonly kind: 'notJson' | 'notAnEvent' | 'otherService' | 'notARequest'
  /** Quotes what stands in the record, escaped. */
  readonly message: string
  readonly name: string
  readonly line: number
  readonly eventId?: string
}

export type CloudTrailItem = Result<Question, NotUnderstood>

export interface CloudTrailOptions {
  /** What is known of keys by their other names; without it an alias stays an alias. */
  readonly names?: KeyNames
}

/** The records of a whole text, in its order. */
export function* readCloudTrail(
  name: string,
  text: string,
  options: CloudTrailOptions = {},
): Generator<CloudTrailItem, void> {
  const splitter = new RecordSplitter(parsed)
  // In pieces, so that a large file does not become a large list of texts.
  for (let start = 0; start < text.length; start += PIECE_LENGTH) {
    for (const part of splitter.push(text.slice(start, start + PIECE_LENGTH))) yield* itemsOf(part, name, options)
  }
  for (const part of splitter.end()) yield* itemsOf(part, name, options)
}

const PIECE_LENGTH = 1 << 20

/** The records of a text that comes in pieces, wherever it is cut; a list for every piece that completes some. */
export async function* readCloudTrailStream(
  name: string,
  chunks: AsyncIterable<string>,
  options: CloudTrailOptions = {},
): AsyncGenerator<readonly CloudTrailItem[], void> {
  const splitter = new RecordSplitter(parsed)
  const items = (parts: readonly RecordPart[]): readonly CloudTrailItem[] =>
    parts.flatMap((part) => itemsOf(part, name, options))
  for await (const chunk of chunks) {
    const found = items(splitter.push(chunk))
    if (found.length > 0) yield found
  }
  const rest = items(splitter.end())
  if (rest.length > 0) yield rest
}

function itemsOf(part: RecordPart, name: string, options: CloudTrailOptions): readonly CloudTrailItem[] {
  const { line } = part
  const place = { name, line }
  if ('fault' in part) return [{ ok: false, error: { kind: 'notJson', message: part.fault, ...place } }]
  const value = part.value ?? parsed(part.text)
  if (value === undefined) return [{ ok: false, error: { kind: 'notJson', message: 'a record is not JSON', ...place } }]
  return recordsIn(value).map((record) => questionOfRecord(record, place, options))
}

/** Undefined where a text is not JSON. */
function parsed(text: string): unknown {
  try {
    // `unknown` is what it is; each member is looked at before it is used.
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

/** One record that is parsed already. */
export function questionOfRecord(
  record: unknown,
  place: { readonly name: string; readonly line: number },
  { names = NO_KEY_NAMES }: CloudTrailOptions = {},
): CloudTrailItem {
  const event = asObject(recordsIn(record)[0])
  const eventId = textIn(event, 'eventID')
  const refuse = (kind: NotUnderstood['kind'], message: string): CloudTrailItem => ({
    ok: false,
    error: { kind, message, ...place, ...(eventId === undefined ? {} : { eventId }) },
  })
  const source = textIn(event, 'eventSource')
  const operation = textIn(event, 'eventName')
  if (event === undefined || source === undefined || operation === undefined) {
    return refuse('notAnEvent', whatElse(event))
  }
  if (source !== 'kms.amazonaws.com') {
    const question = questionForwarded(event, source, place)
    if (question !== undefined) return { ok: true, value: question }
    return refuse('otherService', `an event of ${quote(source)}, not of KMS`)
  }
  if (textIn(event, 'eventType') === 'AwsServiceEvent') {
    return refuse('notARequest', `${quote(operation)} is what KMS did by itself, not a request`)
  }
  if (!isOperation(operation)) return refuse('notARequest', `${quote(operation)} is no operation of the KMS API`)
  return { ok: true, value: questionOf(event, operation, place, names) }
}

/** What people have beside records, and take for some. */
function whatElse(event: Members | undefined): string {
  if (objectIn(event, 'insightDetails') !== undefined)
    return 'an Insights event, which tells of many calls and of none in full'
  if (textIn(event, 'digestS3Bucket') !== undefined) return 'a digest file, which names log files and holds no records'
  return 'no CloudTrail record: `eventSource` and `eventName` are not both there'
}

function questionOf(
  event: Members,
  operation: string,
  place: { readonly name: string; readonly line: number },
  names: KeyNames,
): Question {
  const said = answerOfError(textIn(event, 'errorCode'), textIn(event, 'errorMessage'))
  const caller = callerOfEvent(event)
  const parameters = parametersOfEvent(event)
  const region = textIn(event, 'awsRegion')
  const { accountId } = caller.details
  const checks = checksOfCall({
    operation,
    parameters,
    home: {
      ...(region === undefined ? {} : { region }),
      ...(accountId === undefined ? {} : { accountId }),
    },
    names,
    known: resourcesOfEvent(event, operation, parameters, said),
  })
  const time = textIn(event, 'eventTime')
  for (const check of checks) putCaller(check, caller, isTime(time) ? time : undefined)
  const eventId = textIn(event, 'eventID')
  const requestId = textIn(event, 'requestID')
  const takesTokens = OPERATION_PARAMETERS[operation]?.members.includes('GrantTokens') === true
  return {
    origin: {
      form: 'cloudtrail',
      ...place,
      ...(eventId === undefined ? {} : { eventId }),
      ...(requestId === undefined ? {} : { requestId }),
    },
    operation,
    ...sortChecks(checks),
    caller: caller.details,
    said,
    unknown: [...caller.unknown, ...unknownOfEvent(event, parameters, takesTokens), ...unknownOfCall(operation)],
    notes: notesOf(event, operation, said, caller),
  }
}

/** What every event has, and so often that the grammar of dates is too slow for it. */
const PLAIN_TIME = /^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z$/

function isTime(time: string | undefined): boolean {
  return time !== undefined && (PLAIN_TIME.test(time) || parseDate(time) !== undefined)
}

function putCaller({ request, lacks }: DraftCheck, caller: EventCaller, time: string | undefined): void {
  const { principal, why = 'the event does not name its caller', via, context } = caller
  if (principal === undefined) lacks.push({ part: 'principal', why })
  else request.principal = principal
  if (via !== undefined) request.via = via
  if (time !== undefined) request.time = time
  // What the call says of itself, such as the Region of a replica, goes before what the event says.
  request.context = request.context === undefined ? context : { ...context, ...request.context }
}

function notesOf(event: Members, operation: string, said: AwsAnswer, { details }: EventCaller): readonly string[] {
  const notes: string[] = []
  if (said.action !== undefined && said.decision === 'deny' && operation === 'ReEncrypt') {
    notes.push(`AWS denied ${quote(said.action)}, one of the two checks of ReEncrypt`)
  }
  const recipient = textIn(event, 'recipientAccountId')
  if (recipient !== undefined && details.accountId !== undefined && recipient !== details.accountId) {
    notes.push(`the event is the copy of account ${quote(recipient)}; the caller is of ${quote(details.accountId)}`)
  }
  return notes
}
