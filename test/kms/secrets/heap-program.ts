/**
 * A process that imports keys, works with them and writes down its heap: `node heap-program.js <folder> <root key file>`.
 * The keys come wrapped from its parent, so nobody but the service ever has them here in plain. One more secret comes in
 * plain and is kept in every form: what is looked for in this process must find it.
 */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
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

const SPECS: readonly KmsInputs['CreateKey'][] = [
  {},
  { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
]

/** What the parent says next. */
const said: string[] = []
process.on('message', (text: string) => void said.push(text))
async function next(): Promise<string> {
  while (said.length === 0) await once(process, 'message')
  return said.shift() ?? ''
}

const bytes = Buffer.from(await next(), 'hex')
const kept = { bytes, hex: bytes.toString('hex'), base64: bytes.toString('base64'), latin1: bytes.toString('latin1') }

const store = await openSqliteStore({ folder: join(folder, 'store') })
const keyring = await openKeyring({ store, rootKey: { kind: 'file', path: rootKeyFile } })
const slow = new SlowPool({ secrets: keyring.secrets })
const kms = createKms({
  store,
  keyring,
  slow,
  mode: 'allowAll',
  onWarning: (message) => void writeSync(2, `${message}\n`),
})

async function importKey(spec: KmsInputs['CreateKey']): Promise<string> {
  const { KeyMetadata } = await kms.call('CreateKey', { ...spec, Origin: 'EXTERNAL' }, ADMIN)
  const KeyId = KeyMetadata?.KeyId ?? ''
  const wanted = { KeyId, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
  const { ImportToken, PublicKey } = await kms.call('GetParametersForImport', wanted, ADMIN)
  process.send?.(Buffer.from(PublicKey!).toString('base64'))
  const EncryptedKeyMaterial = Buffer.from(await next(), 'base64')
  const input = { KeyId, ImportToken: ImportToken!, EncryptedKeyMaterial }
  await kms.call('ImportKeyMaterial', { ...input, ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' }, ADMIN)
  return KeyId
}

async function work([symmetric = '', mac = '', signing = '']: readonly string[]): Promise<void> {
  const { CiphertextBlob } = await kms.call('Encrypt', { KeyId: symmetric, Plaintext: MESSAGE }, ADMIN)
  await kms.call('Decrypt', { CiphertextBlob: CiphertextBlob! }, ADMIN)
  const refused = { CiphertextBlob, EncryptionContext: { another: 'context' } }
  const failed = await kms.attempt('Decrypt', refused, ADMIN)
  writeSync(1, `${JSON.stringify(failed)}\n`)
  await kms.call('GenerateDataKey', { KeyId: symmetric, KeySpec: 'AES_256' }, ADMIN)
  const authenticated = { KeyId: mac, Message: MESSAGE, MacAlgorithm: 'HMAC_SHA_256' } as const
  const { Mac } = await kms.call('GenerateMac', authenticated, ADMIN)
  await kms.call('VerifyMac', { ...authenticated, Mac: Mac! }, ADMIN)
  const signed = { KeyId: signing, Message: MESSAGE, SigningAlgorithm: 'ECDSA_SHA_256' } as const
  const { Signature } = await kms.call('Sign', signed, ADMIN)
  await kms.call('Verify', { ...signed, Signature: Signature! }, ADMIN)
}

const ids: string[] = []
for (const spec of SPECS) ids.push(await importKey(spec))
for (let round = 0; round < 20; round++) await work(ids)
writeHeapSnapshot(join(folder, 'working.heapsnapshot'))
process.send?.('working')
await next()
await kms.close()
await slow.close()
await store.close()
writeHeapSnapshot(join(folder, 'closed.heapsnapshot'))
process.send?.('closed')
await next()
writeSync(1, `${Object.values(kept).length} forms were kept\n`)
process.disconnect()
