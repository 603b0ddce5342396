/**
 * Many keys for benchmarks, written into a store as the service writes them, without a request for each.
 */
import { randomBytes } from 'node:crypto'
import { newKeyRows } from '../src/kms/key-maker.js'
import { openKeyring, type KeyringOptions } from '../src/kms/keyring/keyring.js'
import { Materials } from '../src/kms/materials.js'
import { put, putName, type AliasRecord, type GrantRecord } from '../src/kms/records.js'
import { aliasRow, grantRow, keyAliasRow } from '../src/kms/row-names.js'
import type { Change, Store } from '../src/kms/store.js'

interface KeysToFill {
  readonly rootKey: KeyringOptions['rootKey']
  readonly account: string
  readonly region: string
  readonly count: number
}

/** Keys with a policy, an alias and 10 grants each, written as the service writes them. */
export async function fillKeys(
  store: Store,
  { rootKey, account, region, count }: KeysToFill,
): Promise<readonly string[]> {
  const keyring = await openKeyring({ store, rootKey })
  const materials = new Materials(store, { keyring }, randomBytes)
  const policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'kms:*', Resource: '*' },
    ],
  })
  const ids: string[] = []
  let changes: Change[] = []
  const nowMs = Date.now()
  for (let index = 0; index < count; index++) {
    const keyId = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
    const place = { accountId: account, region, keyId }
    const material = materials.generate(place, 'SYMMETRIC_DEFAULT')
    if (material instanceof Promise || !material.ok) throw new Error('material is made at once')
    const key = newKeyRows(
      place,
      {
        keySpec: 'SYMMETRIC_DEFAULT',
        keyUsage: 'ENCRYPT_DECRYPT',
        origin: 'AWS_KMS',
        keyManager: 'CUSTOMER',
        state: 'Enabled',
        description: '',
        tags: [],
      },
      policy,
      material.value,
      nowMs,
    )
    const aliasName = `alias/k${index}`
    const alias: AliasRecord = { form: 1, aliasName, targetKeyId: keyId, createdAtMs: nowMs, updatedAtMs: nowMs }
    changes.push(
      ...key.changes,
      put(aliasRow(account, region, aliasName), alias, 'absent'),
      putName(keyAliasRow(place, aliasName)),
    )
    for (let grant = 0; grant < 10; grant++) {
      const grantId = String(grant).padStart(64, '0')
      const record: GrantRecord = {
        form: 1,
        grantId,
        granteePrincipal: `arn:aws:iam::${account}:role/r${grant}`,
        operations: ['Decrypt'],
        issuingAccount: account,
        createdAtMs: nowMs,
      }
      changes.push(put(grantRow(place, grantId), record, 'absent'))
    }
    ids.push(key.record.arn)
    if (changes.length >= 5000 || index === count - 1) {
      const result = await store.commit(changes, [])
      if (!result.ok) throw new Error(`${result.conflict} is there already`)
      changes = []
    }
  }
  keyring.close()
  return ids
}
