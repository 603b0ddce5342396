/**
 * Long-term credentials as rows of a store: whose they are, their sealed secret, and whether they were revoked.
 *
 * Listing and revoking need no key: neither looks at a secret, and revoking forgets it for good. A revoked credential keeps
 * its row, so that its id is never given again and a list tells what became of it.
 */
import { parseRecord, put } from '../../kms/records.js'
import type { Row, Store } from '../../kms/store.js'
import { StoreTimeout } from '../../kms/store.js'

export const CREDENTIALS_PREFIX = 'credential/'

export interface CredentialRecord {
  readonly form: 1
  /** ARN of a user or of the root of an account. */
  readonly principal: string
  /** `AIDA…` */
  readonly principalId?: string
  readonly createdAtMs: number
  /** Bound to all of the above and to the id; gone once it is revoked. */
  readonly sealedSecret?: string
  readonly revokedAtMs?: number
}

/** What anybody may see of a credential. */
export interface CredentialInfo {
  readonly accessKeyId: string
  readonly principal: string
  readonly principalId?: string
  readonly createdAtMs: number
  readonly revokedAtMs?: number
}

/** `AKIA` and sixteen digits of base32: what else a request names was never made here. */
const ACCESS_KEY_ID = /^AKIA[A-Z2-7]{16}$/
const PAGE_ROWS = 500
const MAX_TRIES = 10

export function isLongTermId(text: string): boolean {
  return ACCESS_KEY_ID.test(text)
}

export function credentialRow(accessKeyId: string): string {
  return CREDENTIALS_PREFIX + accessKeyId
}

export function parseCredentialRow({ name, value }: Row): CredentialRecord {
  return parseRecord<CredentialRecord>(name, value)
}

/** All credentials, revoked ones too, in the order of their ids. */
export async function* listCredentials(store: Store): AsyncIterable<CredentialInfo> {
  for await (const { accessKeyId, record } of scanCredentials(store)) {
    const { form: _, sealedSecret: __, ...about } = record
    yield { accessKeyId, ...about }
  }
}

/** The same with everything that their rows say. */
export async function* scanCredentials(
  store: Store,
): AsyncIterable<{ readonly accessKeyId: string; readonly record: CredentialRecord }> {
  let cursor: string | undefined
  do {
    const page = await store.scan(CREDENTIALS_PREFIX, { limit: PAGE_ROWS, ...(cursor !== undefined && { cursor }) })
    for (const row of page.rows) {
      yield { accessKeyId: row.name.slice(CREDENTIALS_PREFIX.length), record: parseCredentialRow(row) }
    }
    cursor = page.cursor
  } while (cursor !== undefined)
}

export type Revoked = 'revoked' | 'revokedBefore' | 'unknown'

/** Refused from now on in this process, and in every other one as soon as it has heard of it. */
export async function revokeCredential(store: Store, accessKeyId: string, nowMs: number): Promise<Revoked> {
  if (!isLongTermId(accessKeyId)) return 'unknown'
  const name = credentialRow(accessKeyId)
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const row = await store.get(name)
    if (row === undefined) return 'unknown'
    const { sealedSecret: _, ...record } = parseCredentialRow(row)
    if (record.revokedAtMs !== undefined) return 'revokedBefore'
    const change = put(name, { ...record, revokedAtMs: nowMs }, { version: row.version })
    if ((await store.commit([change], [])).ok) return 'revoked'
  }
  throw new StoreTimeout(`the credential ${accessKeyId} was not revoked: its row changes all the time`)
}
