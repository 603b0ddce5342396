/**
 * KMS Developer Guide, "AWS KMS condition keys"; IAM User Guide, "AWS global condition context keys".
 */
import { describe, expect, test } from 'vitest'
import { actionByName } from '../../src/aws/action.js'
import { ALIAS_RESOURCE_CONDITION_KEYS, KEY_RESOURCE_CONDITION_KEYS, KMS_ACTIONS } from '../../src/aws/actions.js'
import { conditionKeyInfo, isMultiValuedKey } from '../../src/aws/condition-key.js'
import { CONDITION_KEYS, VIA_SERVICE_PREFIXES } from '../../src/aws/condition-keys.js'

describe('lookup', () => {
  const CASES: readonly (readonly [name: string, pattern: string | undefined])[] = [
    ['kms:ViaService', 'kms:ViaService'],
    ['KMS:viaservice', 'kms:ViaService'],
    ['kms:EncryptionContext:tenant', 'kms:EncryptionContext:{context-key}'],
    ['kms:encryptioncontext:aws:s3:arn', 'kms:EncryptionContext:{context-key}'],
    ['kms:EncryptionContext:', undefined],
    ['kms:EncryptionContext', undefined],
    ['kms:EncryptionContextKeys', 'kms:EncryptionContextKeys'],
    ['kms:EncryptionContext:{context-key}', 'kms:EncryptionContext:{context-key}'],
    ['aws:PrincipalTag/team', 'aws:PrincipalTag/{tag-key}'],
    ['AWS:ResourceTag/a/b', 'aws:ResourceTag/{tag-key}'],
    ['aws:PrincipalTag/', undefined],
    ['kms:RecipientAttestation:PCR0', 'kms:RecipientAttestation:PCR{0..31}'],
    ['kms:recipientattestation:pcr31', 'kms:RecipientAttestation:PCR{0..31}'],
    ['kms:RecipientAttestation:PCR32', undefined],
    ['kms:RecipientAttestation:PCR08', undefined],
    ['kms:RecipientAttestation:PCR1e1', undefined],
    ['kms:RecipientAttestation:PCR-0', undefined],
    ['kms:RecipientAttestation:NitroTPMPCR23', 'kms:RecipientAttestation:NitroTPMPCR{0..23}'],
    ['kms:RecipientAttestation:NitroTPMPCR24', undefined],
    ['aws:SourceIp', 'aws:SourceIp'],
    ['s3:prefix', undefined],
    ['', undefined],
  ]
  for (const [name, pattern] of CASES) {
    test(`${JSON.stringify(name)} is ${pattern ?? 'unknown'}`, () =>
      expect(conditionKeyInfo(name)?.pattern).toBe(pattern))
  }

  test('knows the keys that are sets', () => {
    expect(CONDITION_KEYS.filter(({ multi }) => multi).map(({ pattern }) => pattern)).toEqual([
      'kms:EncryptionContextKeys',
      'kms:GrantOperations',
      'kms:ResourceAliases',
      'aws:PrincipalOrgPaths',
      'aws:PrincipalServiceNamesList',
      'aws:VpceOrgPaths',
      'aws:ResourceOrgPaths',
      'aws:CalledVia',
      'aws:TagKeys',
      'aws:SourceOrgPaths',
    ])
    expect(isMultiValuedKey('AWS:calledvia')).toBe(true)
    expect(isMultiValuedKey('aws:CalledViaFirst')).toBe(false)
    expect(isMultiValuedKey('nobody:KnowsThis')).toBe(false)
  })
})

describe('the table', () => {
  test('says the same as the table of actions', () => {
    for (const { pattern, actions } of CONDITION_KEYS) {
      if (actions === null || conditionKeyInfo(pattern)?.group !== 'kms') continue
      for (const name of actions) {
        const action = actionByName(name)
        // Service-internal: no page lists its condition keys.
        if (action === undefined || name === 'kms:SynchronizeMultiRegionKey') continue
        const synonym = conditionKeyInfo(pattern)?.synonymOf ?? pattern
        const listed =
          action.conditionKeys.includes(synonym) ||
          (action.resources.includes('key') && KEY_RESOURCE_CONDITION_KEYS.includes(synonym)) ||
          (action.attestationKeys && pattern.startsWith('kms:RecipientAttestation:'))
        expect(listed, `${pattern} of ${name}`).toBe(true)
      }
    }
  })

  test('has every condition key an action lists', () => {
    const keys = [
      ...KMS_ACTIONS.flatMap(({ conditionKeys }) => conditionKeys),
      ...KEY_RESOURCE_CONDITION_KEYS,
      ...ALIAS_RESOURCE_CONDITION_KEYS,
    ]
    for (const key of keys) expect(conditionKeyInfo(key)?.pattern).toBe(key)
  })

  // authorization.md K-19
  test('keeps tags and aliases of a key out of key policies, and nothing else', () => {
    expect(CONDITION_KEYS.filter(({ inKeyPolicy }) => !inKeyPolicy).map(({ pattern }) => pattern)).toEqual([
      'kms:ResourceAliases',
      'aws:ResourceTag/{tag-key}',
    ])
  })

  // authorization.md E
  test('gives the value of a parameter that is left out', () => {
    expect(conditionKeyInfo('kms:KeySpec')?.default).toEqual({ value: 'SYMMETRIC_DEFAULT', createKeyOnly: true })
    expect(conditionKeyInfo('kms:CustomerMasterKeySpec')?.default?.value).toBe('SYMMETRIC_DEFAULT')
    expect(conditionKeyInfo('kms:MessageType')?.default).toEqual({ value: 'RAW', createKeyOnly: false })
    expect(conditionKeyInfo('kms:BypassPolicyLockoutSafetyCheck')?.default).toBeNull()
    expect(conditionKeyInfo('kms:ExpirationModel')?.default).toBeNull()
  })

  // authorization.md K-11
  test('types kms:ValidTo both ways', () => expect(conditionKeyInfo('kms:ValidTo')?.types).toEqual(['Date', 'Numeric']))

  test('names the services without their Region', () => {
    expect(VIA_SERVICE_PREFIXES).toContain('s3')
    expect(VIA_SERVICE_PREFIXES.every((prefix) => /^[a-z0-9-]+$/.test(prefix))).toBe(true)
  })
})
