/** CiphertextForRecipient. Facts: attestation 2. */
import { execFileSync, spawnSync } from 'node:child_process'
import { createDecipheriv, createHash, generateKeyPairSync, privateDecrypt, randomBytes, constants } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sealForRecipient } from '../../../src/kms/attestation/seal.js'
import type { Attestation } from '../../../src/kms/attestation/verify.js'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0

function attested(modulusLength: number) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength })
  const publicKeyDer = publicKey.export({ format: 'der', type: 'spki' })
  // Sealing looks at the key alone.
  const attestation: Pick<Attestation, 'publicKey' | 'publicKeyDer'> = { publicKey, publicKeyDer }
  return { attestation: attestation as Attestation, privateKey, publicKeyDer }
}

test('the layers are those of real answers, byte for byte where nothing is random', () => {
  const { attestation, privateKey, publicKeyDer } = attested(2048)
  const secret = Buffer.from('thirty-two bytes of key material')
  const sealed = sealForRecipient(secret, attestation, randomBytes)
  const text = sealed.toString('hex')
  const encryptedKey = text.slice(text.indexOf('04820100') + 8).slice(0, 512)
  const expected = new RegExp(
    '^' +
      '3080' + // ContentInfo, indefinite
      '06092a864886f70d010703' +
      'a080' +
      '3080' + // EnvelopedData, indefinite
      '020102' +
      '3182016b30820167' +
      '020102' +
      `8020${createHash('sha256').update(publicKeyDer).digest('hex')}` +
      '303c06092a864886f70d010107302fa00f300d06096086480165030402010500' +
      'a11c301a06092a864886f70d010108300d06096086480165030402010500' +
      `04820100${encryptedKey}` +
      '3080' + // EncryptedContentInfo, indefinite
      '06092a864886f70d010701' +
      '301d060960864801650304012a0410([0-9a-f]{32})' +
      'a0800430([0-9a-f]{96})' +
      '0000'.repeat(5) +
      '$',
  )
  const match = expected.exec(text)
  expect(match).not.toBeNull()
  const key = privateDecrypt(
    { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    Buffer.from(encryptedKey, 'hex'),
  )
  const decipher = createDecipheriv('aes-256-cbc', key, Buffer.from(match![1]!, 'hex'))
  expect(Buffer.concat([decipher.update(match![2]!, 'hex'), decipher.final()])).toEqual(secret)
})

test('the key that seals is zeroed', () => {
  const given: Buffer[] = []
  sealForRecipient(Buffer.from('x'), attested(2048).attestation, (size) => {
    const bytes = randomBytes(size)
    given.push(bytes)
    return bytes
  })
  expect(given.find(({ length }) => length === 32)).toEqual(Buffer.alloc(32))
})

test.skipIf(!hasOpenssl)('openssl cms opens it, for every size of key and of plaintext', () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-cms-'))
  try {
    for (const [bits, size] of [
      [2048, 1],
      [3072, 1024],
      [4096, 2374],
    ] as const) {
      const { attestation, privateKey } = attested(bits)
      const secret = randomBytes(size)
      writeFileSync(join(folder, 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
      writeFileSync(join(folder, 'sealed.der'), sealForRecipient(secret, attestation, randomBytes))
      const opened = execFileSync(
        'openssl',
        ['cms', '-decrypt', '-inform', 'DER', '-in', 'sealed.der', '-inkey', 'key.pem', '-binary'],
        { cwd: folder },
      )
      expect(opened).toEqual(secret)
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
})
