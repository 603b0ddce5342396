/**
 * The values that a condition key can have, where that list is closed. Data only.
 *
 * Source: KMS Developer Guide, "AWS KMS condition keys"; KMS API Reference, the parameters they are taken from.
 */
import { conditionKeyInfo } from './condition-key.js'
import { ENUMS } from './operations.js'

const ENUM_OF_KEY: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['kms:keyspec', ENUMS.KeySpec],
  ['kms:customermasterkeyspec', ENUMS.KeySpec],
  ['kms:keyusage', ENUMS.KeyUsageType],
  ['kms:customermasterkeyusage', ENUMS.KeyUsageType],
  ['kms:keyorigin', ENUMS.OriginType],
  ['kms:datakeypairspec', ENUMS.DataKeyPairSpec],
  ['kms:encryptionalgorithm', ENUMS.EncryptionAlgorithmSpec],
  ['kms:macalgorithm', ENUMS.MacAlgorithmSpec],
  ['kms:signingalgorithm', ENUMS.SigningAlgorithmSpec],
  ['kms:keyagreementalgorithm', ENUMS.KeyAgreementAlgorithmSpec],
  ['kms:grantoperations', ENUMS.GrantOperation],
  ['kms:messagetype', ENUMS.MessageType],
  ['kms:expirationmodel', ENUMS.ExpirationModelType],
  ['kms:multiregionkeytype', ENUMS.MultiRegionKeyType],
  ['kms:wrappingalgorithm', ENUMS.AlgorithmSpec],
  ['kms:wrappingkeyspec', ENUMS.WrappingKeySpec],
])

/** Undefined when any value may come. */
export function valuesOfKey(name: string): readonly string[] | undefined {
  return ENUM_OF_KEY.get(name.toLowerCase()) ?? conditionKeyInfo(name)?.values ?? undefined
}
