/**
 * Writes CloudTrail events by the hundred thousand: those of an example organization again and again, each from one of
 * many sessions, at another time, with another id, from another address and, where it has one, with another encryption
 * context.
 */
import { closeSync, openSync, writeSync } from 'node:fs'

const SESSIONS = 500

/** JSON Lines into the file, `denied` and `allowed` in turn; answers how many bytes. */
export function writeManyEvents(path, { denied, allowed }, count) {
  const file = openSync(path, 'w')
  let bytes = 0
  let lines = []
  for (let number = 0; number < count; number++) {
    const templates = number % 2 === 0 ? denied : allowed
    lines.push(JSON.stringify(anotherOf(templates[(number >> 1) % templates.length], number)))
    if (lines.length < 1000 && number + 1 < count) continue
    bytes += writeSync(file, `${lines.join('\n')}\n`)
    lines = []
  }
  closeSync(file)
  return bytes
}

function anotherOf(event, number) {
  const session = `i-${String((number >> 1) % SESSIONS).padStart(8, '0')}`
  const message = event.errorMessage?.replace(/(assumed-role\/[^/ ]+)\/story/, `$1/${session}`)
  return {
    ...event,
    userIdentity: withSession(event.userIdentity, session),
    eventTime: new Date(Date.UTC(2026, 2, 15) + number * 250).toISOString().replace(/\.\d+Z$/, 'Z'),
    ...(event.sourceIPAddress === undefined ? {} : { sourceIPAddress: addressOf(event.sourceIPAddress, number) }),
    ...(message === undefined ? {} : { errorMessage: message }),
    requestParameters: withContext(event.requestParameters, number),
    requestID: id('5b0c7a10', number),
    eventID: id('9e1d4c20', number),
  }
}

/** Sessions whose names decide keep them. */
function withSession(identity, session) {
  if (identity?.type !== 'AssumedRole') return identity
  const renamed = (text) => text?.replace(/([/:])story$/, `$1${session}`)
  return { ...identity, principalId: renamed(identity.principalId), arn: renamed(identity.arn) }
}

function withContext(parameters, number) {
  if (parameters?.encryptionContext === undefined) return parameters
  return { ...parameters, encryptionContext: { ...parameters.encryptionContext, object: `object-${number}` } }
}

/** Only addresses; services stand there by their names. */
function addressOf(address, number) {
  return address.startsWith('203.0.113.') ? `203.0.113.${1 + (number % 250)}` : address
}

function id(start, number) {
  return `${start}-0000-4000-8000-${String(number).padStart(12, '0')}`
}
