/**
 * The recipient of an answer, from its attestation document: what `verifyRecipient` of an engine is made of.
 *
 * Source: KMS Developer Guide, "Cryptographic attestation"; facts attestation 2 to 4.
 */
import { randomBytes as nodeRandomBytes } from 'node:crypto'
import { fail } from '../failure.js'
import type { VerifyRecipient } from '../services.js'
import { AWS_NITRO_ROOT } from './root.js'
import { sealForRecipient } from './seal.js'
import { attestationAudit, attestationConditionKeys, verifyAttestation } from './verify.js'

export interface AttestationOptions {
  /** DER of the roots that are trusted, in place of AWS's own. */
  readonly anchors?: readonly Uint8Array[]
  /** How far the time of a document may lie from now, either way; five minutes when left out. */
  readonly maxAgeMs?: number
  readonly randomBytes?: (size: number) => Buffer
  /** Told why a document is refused; its sender is not. */
  readonly onRefused?: (reason: string) => void
}

const FIVE_MINUTES_MS = 300_000

/** Accepts attestation documents of Nitro Enclaves and NitroTPM. */
export function attestedRecipients(options: AttestationOptions = {}): VerifyRecipient {
  const { anchors = [AWS_NITRO_ROOT], maxAgeMs = FIVE_MINUTES_MS, randomBytes = nodeRandomBytes } = options
  return (document, nowMs) => {
    const verified = verifyAttestation(document, { anchors, maxAgeMs }, nowMs)
    if (!verified.ok) {
      options.onRefused?.(verified.error)
      return fail('ValidationException', 'The attestation document is not valid.')
    }
    return {
      ok: true,
      value: {
        context: attestationConditionKeys(verified.value),
        audit: attestationAudit(verified.value),
        seal: (plaintext) => sealForRecipient(plaintext, verified.value, randomBytes),
      },
    }
  }
}
