/**
 * STS and the key service side by side on one store and one decision graph, with real credentials: requests are signed by
 * `aws4`, verified, and answered as on the wire.
 */
import aws4, { type Keys } from 'aws4'
import { onTestFinished } from 'vitest'
import { createAuthorizer, type AccountDefinition, type PrincipalDefinition } from '../../../src/explain/authorizer.js'
import type { OperationName } from '../../../src/aws/operations.js'
import type { AuditRecord } from '../../../src/kms/audit-record.js'
import { createKms, type Kms } from '../../../src/kms/engine.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import type { Mode } from '../../../src/kms/services.js'
import type { PolicyDocument, PolicyKind } from '../../../src/policy/document.js'
import { parsePolicyValue } from '../../../src/policy/parse.js'
import { createAuthenticate } from '../../../src/server/auth/authenticate.js'
import { openCredentials } from '../../../src/server/auth/credentials.js'
import type { Authenticate, Authenticated } from '../../../src/server/authenticator.js'
import type { HttpService, ServiceAnswer } from '../../../src/server/http/http-service.js'
import type { StsDenied } from '../../../src/server/sts/services.js'
import { createSts } from '../../../src/server/sts/sts.js'
import { createMemoryStore } from '../../../src/store/memory.js'

export const A = '111122223333'
export const B = '444455556666'
export const REGION = 'us-east-1'
export const START_MS = Date.UTC(2026, 2, 15, 12, 0, 0)

export const user = (name: string, account = A): string => `arn:aws:iam::${account}:user/${name}`
export const role = (name: string, account = A): string => `arn:aws:iam::${account}:role/${name}`

type Statement = Readonly<Record<string, unknown>>

export function policyText(...statements: readonly Statement[]): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: statements })
}

export function policyOf(kind: PolicyKind, ...statements: readonly Statement[]): PolicyDocument {
  const parsed = parsePolicyValue(policyText(...statements), kind)
  if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('; '))
  return parsed.value
}

export const allow = (Action: unknown, Resource: unknown = '*', more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
})
export const deny = (Action: unknown, Resource: unknown = '*', more: Statement = {}): Statement => ({
  Effect: 'Deny',
  Action,
  Resource,
  ...more,
})

/** A statement of a trust policy. */
export const trusts = (
  AWS: unknown,
  Action: unknown = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
  more: Statement = {},
): Statement => ({ Effect: 'Allow', Principal: AWS === '*' ? '*' : { AWS }, Action, ...more })

export interface Answered {
  readonly status: number
  readonly xml: string
  readonly requestId: string
  /** The text of the first element of that name. */
  readonly get: (element: string) => string | undefined
  /** `Code: Message` of an error, `ok` of anything else. */
  readonly said: string
}

export interface Fixture {
  readonly kms: Kms
  readonly authenticate: Authenticate
  readonly sts: HttpService
  readonly records: AuditRecord[]
  readonly denied: StsDenied[]
  readonly clock: { nowMs: number }
  /** Long-term credentials. */
  readonly keysOf: (principal: string) => Promise<Keys>
  readonly signedIn: (keys: Keys, service?: 'kms' | 'sts') => Promise<Authenticated>
  readonly call: (keys: Keys, action: string, fields?: Readonly<Record<string, string>>) => Promise<Answered>
  /** Credentials in an answer that must be one. */
  readonly keysFrom: (answered: Answered) => Keys
  /** Assumes a role, which must succeed. */
  readonly assume: (keys: Keys, roleArn: string, fields?: Readonly<Record<string, string>>) => Promise<Keys>
  /** `ok`, or the code with which the key service refuses. */
  readonly asksKms: (keys: Keys, operation: OperationName, input: unknown) => Promise<string>
}

export interface FixtureOptions {
  readonly principals?: readonly PrincipalDefinition[]
  readonly accounts?: readonly AccountDefinition[]
  readonly mode?: Mode
  readonly managedPolicy?: (arn: string) => string | undefined
}

export async function stsFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const { principals = [], accounts = [], mode = 'enforce', managedPolicy } = options
  const clock = { nowMs: START_MS }
  const nowMs = (): number => clock.nowMs
  const records: AuditRecord[] = []
  const denied: StsDenied[] = []
  const store = createMemoryStore({ onAudit: (record) => void records.push(record) })
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes: Buffer.alloc(32, 7) } })
  const credentials = await openCredentials({ store, keyring, nowMs })
  const authorizer = createAuthorizer({ uncomparable: 'deny' })
  const identities = { principals, accounts }
  const kms = createKms({ store, keyring, mode, authorizer, identities, nowMs, onWarning: () => undefined })
  const sts = createSts({
    authorizer,
    credentials,
    store,
    mode,
    nowMs,
    onDenied: (one) => void denied.push(one),
    ...(managedPolicy === undefined ? {} : { managedPolicy }),
  })
  onTestFinished(async () => {
    await kms.close()
    credentials.close()
    keyring.close()
  })
  const authenticate = createAuthenticate({ credentials, nowMs })

  const signedIn: Fixture['signedIn'] = async (keys, service = 'sts') => {
    const host = `${service}.${REGION}.amazonaws.com`
    const date = new Date(clock.nowMs).toISOString().replace(/[-:]|\.\d{3}/g, '')
    const signed = aws4.sign(
      { service, region: REGION, method: 'POST', host, path: '/', body: '', headers: { 'X-Amz-Date': date } },
      keys,
    )
    const headers = Object.entries(signed.headers ?? {}).map(([name, value]) => [name, String(value)] as const)
    const answer = await authenticate({ method: 'POST', target: '/', headers, body: Buffer.alloc(0) })
    if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`)
    return answer.value
  }

  const call: Fixture['call'] = async (keys, action, fields = {}) => {
    const { caller, session } = await signedIn(keys)
    const body = new URLSearchParams({ Action: action, Version: '2011-06-15', ...fields }).toString()
    const request = {
      method: 'POST',
      target: '/',
      contentType: 'application/x-www-form-urlencoded',
      amzTarget: undefined,
      body: Buffer.from(body),
    }
    return answered(await sts.answer(request, { ...caller, sourceIp: '203.0.113.9' }, session))
  }

  const keysFrom: Fixture['keysFrom'] = (given) => {
    const [accessKeyId, secretAccessKey, sessionToken] = ['AccessKeyId', 'SecretAccessKey', 'SessionToken'].map(
      (name) => given.get(name),
    )
    if (accessKeyId === undefined || secretAccessKey === undefined || sessionToken === undefined) {
      throw new Error(`no credentials: ${given.xml}`)
    }
    return { accessKeyId, secretAccessKey, sessionToken }
  }

  return {
    kms,
    authenticate,
    sts,
    records,
    denied,
    clock,
    signedIn,
    call,
    keysFrom,
    keysOf: async (principal) => {
      const made = await credentials.add({ principal })
      if (!made.ok) throw new Error(made.error)
      return made.value
    },
    assume: async (keys, roleArn, fields = {}) =>
      keysFrom(await call(keys, 'AssumeRole', { RoleArn: roleArn, RoleSessionName: 'deploy', ...fields })),
    asksKms: async (keys, operation, input) => {
      const { caller } = await signedIn(keys, 'kms')
      const answer = await kms.attempt(operation, input, caller)
      return answer.ok ? 'ok' : answer.error.code
    },
  }
}

export function answered({ status, body, requestId }: ServiceAnswer): Answered {
  const get = (element: string): string | undefined =>
    new RegExp(`<${element}>([^<]*)</${element}>`).exec(body)?.[1]?.replaceAll('&#39;', "'").replaceAll('&amp;', '&')
  const code = get('Code')
  return { status, xml: body, requestId, get, said: code === undefined ? 'ok' : `${code}: ${get('Message') ?? ''}` }
}
