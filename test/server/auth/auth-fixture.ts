/** Credentials in a store of their own at a fixed time, and requests signed by `aws4` as they would come over a wire. */
import aws4, { type Keys, type Signable } from 'aws4'
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import type { Store } from '../../../src/kms/store.js'
import { createAuthenticate } from '../../../src/server/auth/authenticate.js'
import { openCredentials, type Credentials, type NewCredential } from '../../../src/server/auth/credentials.js'
import type { SessionFacts } from '../../../src/server/auth/session.js'
import type { Authenticate, Authenticated, SignedRequest } from '../../../src/server/authenticator.js'
import { createMemoryStore } from '../../../src/store/memory.js'

export const NOW_MS = Date.UTC(2026, 2, 15, 12, 0, 0)
const NOW = '20260315T120000Z'
export const ANN = 'arn:aws:iam::111122223333:user/team/Ann'
export const ROOT = 'arn:aws:iam::111122223333:root'
export const HOST = 'kms.eu-west-1.amazonaws.com'

export interface Fixture {
  readonly store: Store
  readonly secrets: SecretPool
  readonly credentials: Credentials
  readonly ann: NewCredential
  readonly authenticate: Authenticate
  /** In milliseconds since the epoch; may be set. */
  clock: { nowMs: number }
  close(): void
}

export async function authFixture(store: Store = createMemoryStore()): Promise<Fixture> {
  const clock = { nowMs: NOW_MS }
  const nowMs = (): number => clock.nowMs
  const secrets = new SecretPool()
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes: Buffer.alloc(32, 7) }, secrets })
  const credentials = await openCredentials({ store, keyring, nowMs })
  return {
    store,
    secrets,
    credentials,
    ann: await added(credentials, ANN),
    authenticate: createAuthenticate({ credentials, nowMs }),
    clock,
    close: () => {
      credentials.close()
      keyring.close()
    },
  }
}

export async function added(credentials: Credentials, principal: string): Promise<NewCredential> {
  const made = await credentials.add({ principal, principalId: 'AIDAEXAMPLEEXAMPLE234' })
  if (!made.ok) throw new Error(made.error)
  return made.value
}

export function sessionOf(parentAccessKeyId: string, facts: Partial<SessionFacts> = {}): SessionFacts {
  return {
    kind: 'assumedRole',
    principal: 'arn:aws:sts::111122223333:assumed-role/App/deploy',
    principalId: 'AROAEXAMPLEEXAMPLE234:deploy',
    roleArn: 'arn:aws:iam::111122223333:role/service/App',
    parentAccessKeyId,
    issuedAtMs: NOW_MS - 60_000,
    expiresAtMs: NOW_MS + 3_600_000,
    ...facts,
  }
}

export interface Asked extends Partial<Signable> {
  readonly sessionToken?: string
}

/** A request to KMS at `NOW`, signed by `aws4`, as node:http hands it on. */
export function signedBy(keys: Keys, { headers, ...asked }: Asked = {}): SignedRequest {
  const request = aws4.sign(
    {
      service: 'kms',
      region: 'eu-west-1',
      method: 'POST',
      host: HOST,
      path: asked.signQuery === true ? withDate(asked.path ?? '/') : '/',
      body: '{"KeyId":"alias/a"}',
      headers: {
        'Content-Type': 'application/x-amz-json-1.1',
        'X-Amz-Target': 'TrentService.DescribeKey',
        ...(asked.signQuery !== true && { 'X-Amz-Date': NOW }),
        ...headers,
      },
      ...asked,
      ...(asked.signQuery === true && { path: withDate(asked.path ?? '/') }),
    },
    { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey, ...tokenOf(keys) },
  )
  return wire(request)
}

function tokenOf({ sessionToken }: Keys): Partial<Keys> {
  return sessionToken === undefined ? {} : { sessionToken }
}

function withDate(path: string): string {
  return path.includes('X-Amz-Date') ? path : `${path}${path.includes('?') ? '&' : '?'}X-Amz-Date=${NOW}`
}

function wire({ method = 'GET', path = '/', headers = {}, body = '' }: Signable): SignedRequest {
  return {
    method,
    target: bytesAsText(path),
    headers: Object.entries(headers).flatMap(([name, value]) =>
      (Array.isArray(value) ? (value as readonly string[]) : [String(value)]).map(
        (one) => [name, bytesAsText(one)] as const,
      ),
    ),
    body: Buffer.from(body),
  }
}

/** A text as its bytes in UTF-8, one character each: so node:http hands on what it reads. */
export function bytesAsText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** The code of a failure with its message, or the principal. */
export async function told(authenticate: Authenticate, request: SignedRequest): Promise<string> {
  const answer = await authenticate(request)
  return answer.ok ? answer.value.caller.principal : `${answer.error.code}: ${answer.error.message}`
}

export async function accepted(authenticate: Authenticate, request: SignedRequest): Promise<Authenticated> {
  const answer = await authenticate(request)
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`)
  return answer.value
}

/** The request with one of its headers another one; undefined takes it away. */
export function withHeader(request: SignedRequest, name: string, value: string | undefined): SignedRequest {
  const rest = request.headers.filter(([known]) => known.toLowerCase() !== name.toLowerCase())
  return { ...request, headers: value === undefined ? rest : [...rest, [name, value]] }
}

export function headerOf(request: SignedRequest, name: string): string {
  const found = request.headers.find(([known]) => known.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw new Error(`the request has no header ${name}`)
  return found[1]
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** An access key id that nobody was given: those that are given are made at random. */
export function unknownId(number: number): string {
  let rest = number
  let digits = ''
  while (digits.length < 16) {
    digits += DIGITS[rest % 32]!
    rest = Math.floor(rest / 32)
  }
  return `AKIA${digits}`
}
