/**
 * A process that imports keys, works with them and writes down its heap: `node heap-program.js <folder> <root key file>`.
 * The keys come wrapped from its parent, so nobody but the service ever has them here in plain.
 */
import { once } from 'node:events'
import { join } from 'node:path'
import { writeHeapSnapshot } from 'node:v8'
import { createKms } from '../../../src/kms/engine.js'
import { SlowPool } from '../../../src/kms/crypto/slow.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import type { KmsInputs } from '../../../src/kms/shapes.js'
import { openSqliteStore } from '../../../src/store/sqlite.js'

const [folder = '', rootKeyFile = ''] = process.argv.slice(2)
const ADMIN = { principal: 'arn:aws:iam::111122223333:user/admin' }
const MESSAGE = Buffer.from('a message of a client')

const store = await openSqliteStore({ folder: join(folder, 'store') })
const keyring = await openKeyring({ store, rootKey: { kind: 'file', path: rootKeyFile } })
const slow = new SlowPool({ secrets: keyring.secrets })
const kms = createKms({ store, keyring, slow, mode: 'allowAll', onWarning: () => undefined })

const SPECS: readonly KmsInputs['CreateKey'][] = [
  {},
  { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
]

const ids: string[] = []
for (const spec of SPECS) {
  const { KeyMetadata } = await kms.call('CreateKey', { ...spec, Origin: 'EXTERNAL' }, ADMIN)
  const KeyId = KeyMetadata?.KeyId ?? ''
  ids.push(KeyId)
  const WrappingAlgorithm = 'RSAES_OAEP_SHA_256'
  const wanted = { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' } as const
  const { ImportToken, PublicKey } = await kms.call('GetParametersForImport', wanted, ADMIN)
  process.send?.(Buffer.from(PublicKey!).toString('base64'))
  const [wrapped] = (await once(process, 'message')) as [string]
  const EncryptedKeyMaterial = Buffer.from(wrapped, 'base64')
  const ExpirationModel = 'KEY_MATERIAL_DOES_NOT_EXPIRE'
  await kms.call(
    'ImportKeyMaterial',
    { KeyId, ImportToken: ImportToken!, EncryptedKeyMaterial, ExpirationModel },
    ADMIN,
  )
}

const [symmetric = '', mac = '', signing = ''] = ids
for (let round = 0; round < 20; round++) {
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: symmetric, Plaintext: MESSAGE }, ADMIN)
  await kms.call('Decrypt', { CiphertextBlob: CiphertextBlob! }, ADMIN)
  await kms.attempt('Decrypt', { CiphertextBlob, EncryptionContext: { another: 'context' } }, ADMIN)
  await kms.call('GenerateDataKey', { KeyId: symmetric, KeySpec: 'AES_256' }, ADMIN)
  const authenticated = { KeyId: mac, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' } as const
  const { Mac } = await kms.call('GenerateMac', authenticated, ADMIN)
  await kms.call('VerifyMac', { ...authenticated, Mac: Mac! }, ADMIN)
  const signed = { KeyId: signing, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' } as const
  const { Signature } = await kms.call('Sign', signed, ADMIN)
  await kms.call('Verify', { ...signed, Signature: Signature! }, ADMIN)
}

writeHeapSnapshot(join(folder, 'working.heapsnapshot'))
await kms.close()
await store.close()
writeHeapSnapshot(join(folder, 'closed.heapsnapshot'))
process.send?.('closed')
await once(process, 'message')
process.disconnect()
