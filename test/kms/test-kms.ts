/**
 * A key service in memory for tests: two accounts, a few principals, a clock that stands still until it is moved.
 */
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import type { Denied } from '../../src/kms/authorize.js'
import type { KmsCaller } from '../../src/kms/caller.js'
import type { SecretPool } from '../../src/kms/crypto/secret.js'
import { createKms, type Kms, type KmsOptions } from '../../src/kms/engine.js'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import type { KmsInputs, KmsOutputs } from '../../src/kms/shapes.js'
import type { Store } from '../../src/kms/store.js'
import type { OperationName } from '../../src/aws/operations.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { createMemoryStore } from '../../src/store/memory.js'

export const ACCOUNT = '111122223333'
export const OTHER_ACCOUNT = '444455556666'
export const REGION = 'us-east-1'
export const START_MS = Date.UTC(2026, 0, 15, 10, 0, 0)

/** May do everything in its own account. */
export const ADMIN: KmsCaller = { principal: `arn:aws:iam::${ACCOUNT}:user/admin`, sourceIp: '203.0.113.9' }
/** Has no policy. */
export const NOBODY: KmsCaller = { principal: `arn:aws:iam::${ACCOUNT}:user/nobody`, sourceIp: '203.0.113.10' }
/** Has no policy and is named by key policies. */
export const NAMED: KmsCaller = { principal: `arn:aws:iam::${ACCOUNT}:user/named`, sourceIp: '203.0.113.11' }
/** Of the other account, where it may do everything. */
export const STRANGER: KmsCaller = {
  principal: `arn:aws:iam::${OTHER_ACCOUNT}:user/stranger`,
  sourceIp: '203.0.113.12',
}

const EVERYTHING = policyOf('identity', {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }],
})

export function policyOf(kind: PolicyKind, value: unknown): PolicyDocument {
  const parsed = parsePolicyValue(value, kind)
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error.map(({ message }) => message)))
  return parsed.value
}

export interface TestKms {
  readonly kms: Kms
  readonly store: Store
  readonly secrets: SecretPool
  readonly records: AuditRecord[]
  readonly denied: Denied[]
  readonly clock: { nowMs: number }
  /** The answer of an operation that must succeed. */
  readonly ok: <N extends OperationName>(name: N, input: KmsInputs[N], caller?: KmsCaller) => Promise<KmsOutputs[N]>
  /** `code: message` of an operation that must fail. */
  readonly fails: <N extends OperationName>(name: N, input: unknown, caller?: KmsCaller) => Promise<string>
}

export async function testKms(options: Partial<KmsOptions> = {}): Promise<TestKms> {
  const records: AuditRecord[] = []
  const denied: Denied[] = []
  const clock = { nowMs: START_MS }
  const store = options.store ?? createMemoryStore({ onAudit: (record) => void records.push(record) })
  const keyring = options.keyring ?? (await openKeyring({ store, rootKey: { kind: 'bytes', bytes: randomBytes(32) } }))
  const { secrets } = keyring
  const kms = createKms({
    mode: 'enforce',
    region: REGION,
    nowMs: () => clock.nowMs,
    onDenied: (one) => void denied.push(one),
    onWarning: () => undefined,
    identities: {
      principals: [
        { arn: ADMIN.principal, policies: [EVERYTHING], uniqueId: 'AIDAADMINADMINADMIN1' },
        { arn: NOBODY.principal, policies: [], uniqueId: 'AIDANOBODYNOBODYNOB1' },
        { arn: NAMED.principal, policies: [], uniqueId: 'AIDANAMEDNAMEDNAMED1' },
        { arn: STRANGER.principal, policies: [EVERYTHING], uniqueId: 'AIDASTRANGERSTRANGE1' },
      ],
    },
    ...options,
    store,
    keyring,
  })
  return {
    kms,
    store,
    secrets,
    records,
    denied,
    clock,
    ok: (name, input, caller = ADMIN) => kms.call(name, input, caller),
    fails: async (name, input, caller = ADMIN) => {
      const answer = await kms.attempt(name, input, caller)
      if (answer.ok) return 'succeeded'
      const { code, message } = answer.error
      return message === undefined ? code : `${code}: ${message}`
    },
  }
}

/** Stands for any text of this form. */
export function matching(form: RegExp): unknown {
  return expect.stringMatching(form)
}

/** The record of the last request. */
export function lastRecord({ records }: TestKms): AuditRecord {
  const record = records.at(-1)
  if (record === undefined) throw new Error('nothing was recorded')
  return record
}

/** The message of an error, without what changes from run to run. */
export function keyId(output: KmsOutputs['CreateKey']): string {
  const id = output.KeyMetadata?.KeyId
  if (id === undefined) throw new Error('no key was made')
  return id
}

export function keyArnOf(output: KmsOutputs['CreateKey']): string {
  const arn = output.KeyMetadata?.Arn
  if (arn === undefined) throw new Error('no key was made')
  return arn
}
