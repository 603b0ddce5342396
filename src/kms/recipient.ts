/**
 * Plaintext as an answer: to the client, or sealed to the recipient that its attestation document names.
 *
 * Source: KMS Developer Guide, "Cryptographic attestation"; facts attestation 2.
 */
import type { OperationName } from '../aws/operations.js'
import type { LoadedKey } from './loaded-key.js'
import type { Call, DoneAudit } from './operation.js'

/** The members of an output that hold a plaintext; the secret is released. */
export type Disclosed<M extends string> =
  { readonly [K in M]: Uint8Array } | { readonly CiphertextForRecipient: Uint8Array }

/** @param member - what the plaintext is called where it goes to the client. */
export function disclose<N extends OperationName, M extends string>(
  { recipient, services }: Call<N>,
  member: M,
  secret: Buffer,
): Disclosed<M> {
  if (recipient === undefined) {
    // An object of one member has the type of that member's record.
    return { [member]: services.materials.handOver(secret) } as { readonly [K in M]: Uint8Array }
  }
  const sealed = recipient.seal(secret)
  services.materials.secrets.release(secret)
  return { CiphertextForRecipient: sealed }
}

/** What the audit record tells of the material that was used, and of the recipient. */
export function materialAudit<N extends OperationName>(call: Call<N>, key: LoadedKey, materialId: string): DoneAudit {
  const used = key.usedMaterial(materialId)
  if (call.recipient === undefined) return used
  return { additionalEventData: { ...used.additionalEventData, ...recipientAudit(call) } }
}

/** What the audit record tells of the recipient. */
export function recipientAudit<N extends OperationName>({
  recipient,
}: Call<N>): { readonly recipient?: Readonly<Record<string, unknown>> } {
  return recipient === undefined ? {} : { recipient: recipient.audit }
}
