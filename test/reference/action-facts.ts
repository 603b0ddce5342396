/**
 * What each KMS action is authorised on, written out by hand from the published tables.
 *
 * Knows nothing of policies. Kept apart from the generated tables of `src/aws` so that an error there shows.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS KMS"; KMS API Reference;
 * KMS Developer Guide, "Grants in AWS KMS".
 */

const WITHOUT_RESOURCE = [
  'ConnectCustomKeyStore',
  'CreateCustomKeyStore',
  'CreateKey',
  'DeleteCustomKeyStore',
  'DescribeCustomKeyStores',
  'DisconnectCustomKeyStore',
  'GenerateRandom',
  'ListAliases',
  'ListKeys',
  'ListRetirableGrants',
  'UpdateCustomKeyStore',
] as const

const ON_ALIASES = ['CreateAlias', 'DeleteAlias', 'UpdateAlias'] as const

/** The encryption context of these comes from the request, so grant constraints are compared with it (F3). */
const WITH_ENCRYPTION_CONTEXT = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
] as const

const OTHER_CROSS_ACCOUNT = [
  'CreateGrant',
  'Decapsulate',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encapsulate',
  'GenerateMac',
  'GetKeyRotationStatus',
  'GetPublicKey',
  'ListGrants',
  'RetireGrant',
  'RevokeGrant',
  'Sign',
  'Verify',
  'VerifyMac',
] as const

function includes(names: readonly string[], action: string): boolean {
  const [, name = ''] = action.split(':')
  return names.some((each) => each.toLowerCase() === name.toLowerCase())
}

export function isKmsAction(action: string): boolean {
  return action.toLowerCase().startsWith('kms:')
}

export function isKmsActionNamed(action: string, name: string): boolean {
  return isKmsAction(action) && includes([name], action)
}

/** Is the action authorised on a role, whose trust policy must allow it? (sts.md 3) */
export function isRoleAction(action: string): boolean {
  const [service = ''] = action.split(':')
  return (
    service.toLowerCase() === 'sts' && includes(['AssumeRole', 'TagSession', 'SetSourceIdentity', 'SetContext'], action)
  )
}

export function takesNoResource(action: string): boolean {
  return isKmsAction(action) && includes(WITHOUT_RESOURCE, action)
}

/** Is the action authorised on an alias too? Every other is authorised on the key behind it (D5). */
export function isAuthorisedOnAliases(action: string): boolean {
  return includes(ON_ALIASES, action)
}

/** May the action reach a key of another account? (D6.3) */
export function worksAcrossAccounts(action: string): boolean {
  return includes(WITH_ENCRYPTION_CONTEXT, action) || includes(OTHER_CROSS_ACCOUNT, action)
}

export function comparesEncryptionContext(action: string): boolean {
  return includes(WITH_ENCRYPTION_CONTEXT, action)
}
