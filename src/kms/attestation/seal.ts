/**
 * An answer sealed to the public key of an attestation document: `CiphertextForRecipient`, CMS enveloped data.
 *
 * The outer layers have indefinite lengths, which readers of AWS's own answers insist on.
 *
 * Source: RFC 5652, section 6; RFC 4055, section 4.1; facts attestation 2, "CiphertextForRecipient".
 */
import { constants, createCipheriv, createHash, publicEncrypt } from 'node:crypto'
import { der, indefinite, INTEGER, NULL, OCTET_STRING, oid, SEQUENCE, SET } from './der.js'
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

  const sha256 = der(SEQUENCE, oid(SHA_256), der(NULL))
  const oaep = der(
    SEQUENCE,
    oid(RSAES_OAEP),
    der(SEQUENCE, der(0xa0, sha256), der(0xa1, der(SEQUENCE, oid(MGF1), sha256))),
  )
  const recipient = der(
    SEQUENCE,
    der(INTEGER, VERSION_2),
    // subjectKeyIdentifier: AWS does not say of what it makes its own; recipients have one key and do not look.
    der(0x80, createHash('sha256').update(publicKeyDer).digest()),
    oaep,
    der(OCTET_STRING, encryptedKey),
  )
  const encryptedContent = indefinite(
    SEQUENCE,
    oid(DATA),
    der(SEQUENCE, oid(AES_256_CBC), der(OCTET_STRING, iv)),
    indefinite(0xa0, der(OCTET_STRING, content)),
  )
  const envelope = indefinite(SEQUENCE, der(INTEGER, VERSION_2), der(SET, recipient), encryptedContent)
  return indefinite(SEQUENCE, oid(ENVELOPED_DATA), indefinite(0xa0, envelope))
}
