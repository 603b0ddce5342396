/**
 * The log of a server: one JSON line for each request, and one for whatever else is worth telling.
 *
 * A line is made of members named here and of nothing else: never a body, a header of authentication, plaintext, ciphertext
 * or a secret. Should a member with the name of one ever come along, it is blotted out. What a client sends (its user
 * agent, names in its requests) is text in JSON, so it cannot end a line or begin another.
 *
 * Lines that nobody takes, as when a pipe is full, are kept up to a limit and counted beyond it. `pino` is loaded when a log is wanted.
 *
 * Source: npm `pino`, "Redaction"; RFC 8259, section 7.
 */
import { closeSync, openSync } from 'node:fs'
import { quote } from '../../text/escape.js'
import type { RequestDone } from '../http/hooks.js'
import { ServerError } from '../http/server-error.js'
import type { RequestNote } from './request-notes.js'

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export interface LogOptions {
  /** `info` when left out, which tells of every request; `warn` only of those that were refused or failed. */
  readonly level?: LogLevel
  /** Standard output when left out. */
  readonly file?: string
}

export interface RequestLog {
  request(done: RequestDone, note: RequestNote | undefined): void
  event(level: LogLevel, message: string): void
  /** How many lines were lost. */
  readonly dropped: number
  /** Goes on in a new file of the same name, after the old one was moved away. */
  reopen(): void
  /** Resolves once everything is written, as far as somebody takes it. */
  close(): Promise<void>
}

const STANDARD_OUTPUT = 1
/** Bytes that wait to be written. */
const MAX_WAITING = 16 * 1024 * 1024
const LAST_LINES_MS = 2000
const LONGEST_USER_AGENT = 300

/** No line has any of these. */
const SECRETS = [
  'plaintext',
  'Plaintext',
  'ciphertextBlob',
  'CiphertextBlob',
  'CiphertextForRecipient',
  'PrivateKeyPlaintext',
  'PrivateKeyCiphertextBlob',
  'SharedSecret',
  'Message',
  'Mac',
  'Signature',
  'ImportToken',
  'EncryptedKeyMaterial',
  'KeyStorePassword',
  'GrantToken',
  'GrantTokens',
  'secretAccessKey',
  'SecretAccessKey',
  'sessionToken',
  'SessionToken',
  'authorization',
  'Authorization',
  '["x-amz-security-token"]',
  '["X-Amz-Security-Token"]',
  'TokenCode',
  'body',
  'password',
  'passphrase',
  'rootKey',
  'pin',
]

/** @throws ServerError where the file cannot be written. */
export async function openRequestLog({ level = 'info', file }: LogOptions): Promise<RequestLog> {
  const { default: pino } = await import('pino')
  if (file !== undefined) mustBeWritable(file)
  const destination = pino.destination({
    dest: file ?? STANDARD_OUTPUT,
    mode: 0o640,
    append: true,
    sync: false,
    maxLength: MAX_WAITING,
  })
  let dropped = 0
  let closed: Promise<void> | undefined
  destination.on('drop', () => dropped++)
  // Whoever read it may have gone; the service goes on.
  destination.on('error', () => dropped++)
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      messageKey: 'message',
      // Lines are flat: nothing stands deeper but what is written below.
      redact: { paths: SECRETS, censor: '[redacted]' },
    },
    destination,
  )
  return {
    request: (done, note) => {
      const named = levelOf(done, note)
      if (logger.isLevelEnabled(named)) logger[named](lineOf(done, note), 'request')
    },
    event: (named, message) => logger[named](message),
    get dropped() {
      return dropped
    },
    reopen: () => {
      if (file !== undefined) destination.reopen()
    },
    close: () => {
      closed ??= new Promise((resolve) => {
        destination.once('close', resolve)
        destination.once('error', () => resolve())
        // A reader that takes nothing any more is not waited for.
        setTimeout(resolve, LAST_LINES_MS).unref()
        destination.end()
      })
      return closed
    },
  }
}

function mustBeWritable(path: string): void {
  try {
    closeSync(openSync(path, 'a', 0o640))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerError(`the log cannot be written to ${quote(path, 200)}: ${reason}`, { cause: error })
  }
}

/** What a person should look at is a warning; what is no fault of the client's is an error. */
function levelOf({ status, outcome, code }: RequestDone, note: RequestNote | undefined): LogLevel {
  if (status >= 500 && code !== 'ServiceUnavailable') return 'error'
  if (status >= 500 || note?.denial !== undefined) return 'warn'
  return outcome === 'refused' ? 'warn' : 'info'
}

function lineOf(done: RequestDone, note: RequestNote | undefined): Readonly<Record<string, unknown>> {
  const { requestId, service, operation, principal, accessKeyId, region, status, code, outcome } = done
  const { durationMs, bytesIn, bytesOut, sourceIp, userAgent } = done
  const { keyArns, denial } = note ?? {}
  return {
    requestId,
    service,
    operation,
    principal,
    accessKeyId,
    region,
    keyArn: keyArns?.[0],
    otherKeyArns: keyArns === undefined || keyArns.length < 2 ? undefined : keyArns.slice(1),
    status,
    code,
    outcome,
    denied: denial === undefined ? undefined : { layer: denial.layer, cause: denial.cause, refused: denial.isRefused },
    durationMs: Math.round(durationMs * 1000) / 1000,
    bytesIn,
    bytesOut,
    sourceIp,
    userAgent: userAgent?.slice(0, LONGEST_USER_AGENT),
  }
}
