/**
 * An answer sealed to the public key of an attestation document: `CiphertextForRecipient`, CMS enveloped data.
 *
 * The outer layers have indefinite lengths, which readers of AWS's own answers insist on.
 *
 * Source: RFC 5652, section 6; RFC 4055, section 4.1; facts attestation 2, "CiphertextForRecipient".
 */
import { constants, createCipheriv, createHash, publicEncrypt } from 'node:crypto'
import { derOf, DER_INTEGER, DER_OCTET_STRING, DER_SEQUENCE } from '../crypto/der.js'
import { indefinite, NULL, oid, SET } from './der.js'
import type { Attestation } from './verify.js'

const ENVELOPED_DATA = '2a864886f70d010703'
const DATA = '2a864886f70d010701'
const RSAES_OAEP = '2a864886f70d010107'
const MGF1 = '2a864886f70d010108'
const SHA_256 = '608648016503040201'
const AES_256_CBC = '60864801650304012a'

const KEY_BYTES = 32
const IV_BYTES = 16
const VERSION_2 = Buffer.of(2)

/** `randomBytes` answers fresh random bytes; the key among them is zeroed before this returns. */
export function sealForRecipient(
  plaintext: Uint8Array,
  { publicKey, publicKeyDer }: Attestation,
  randomBytes: (size: number) => Buffer,
): Buffer {
  const key = randomBytes(KEY_BYTES)
  const iv = randomBytes(IV_BYTES)
  const encryptedKey = publicEncrypt(
    { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
    key,
  )
  const cipher = createCipheriv('aes-256-cbc', key, iv)
  key.fill(0)
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()])

  const sha256 = derOf(DER_SEQUENCE, oid(SHA_256), derOf(NULL))
  const oaep = derOf(
    DER_SEQUENCE,
    oid(RSAES_OAEP),
    derOf(DER_SEQUENCE, derOf(0xa0, sha256), derOf(0xa1, derOf(DER_SEQUENCE, oid(MGF1), sha256))),
  )
  const recipient = derOf(
    DER_SEQUENCE,
    derOf(DER_INTEGER, VERSION_2),
    // subjectKeyIdentifier: AWS does not say of what it makes its own; recipients have one key and do not look.
    derOf(0x80, createHash('sha256').update(publicKeyDer).digest()),
    oaep,
    derOf(DER_OCTET_STRING, encryptedKey),
  )
  const encryptedContent = indefinite(
    DER_SEQUENCE,
    oid(DATA),
    derOf(DER_SEQUENCE, oid(AES_256_CBC), derOf(DER_OCTET_STRING, iv)),
    indefinite(0xa0, derOf(DER_OCTET_STRING, content)),
  )
  const envelope = indefinite(DER_SEQUENCE, derOf(DER_INTEGER, VERSION_2), derOf(SET, recipient), encryptedContent)
  return indefinite(DER_SEQUENCE, oid(ENVELOPED_DATA), indefinite(0xa0, envelope))
}
