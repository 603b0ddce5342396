/** An attested recipient: its document, and the root under which that is to be believed. */
import { generateKeyPairSync } from 'node:crypto'
import type { RecipientInfo } from '../../../src/kms/shapes.js'
import { issue, signed } from '../attestation/authority.js'

export function attestation(nowMs: number): { readonly root: Buffer; readonly recipient: RecipientInfo } {
  const valid = { fromMs: nowMs - 86_400_000, toMs: nowMs + 86_400_000 }
  const root = issue({ name: 'root', isCa: true, ...valid })
  const leaf = issue({ name: 'leaf', issuer: root, ...valid })
  const enclave = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const document = new Map<string, unknown>([
    ['module_id', 'i-0-enc1'],
    ['digest', 'SHA384'],
    ['timestamp', nowMs],
    ['pcrs', new Map([[0, Buffer.alloc(48, 7)]])],
    ['certificate', leaf.der],
    ['cabundle', [root.der]],
    ['public_key', enclave.publicKey.export({ format: 'der', type: 'spki' })],
  ])
  return {
    root: root.der,
    recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: signed(document, leaf.key) },
  }
}
