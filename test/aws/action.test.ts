/**
 * Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
 */
import { describe, expect, test } from 'vitest'
import { actionBit, actionByName } from '../../src/aws/action.js'
import { KMS_ACTIONS, MULTI_RESOURCE_APIS } from '../../src/aws/actions.js'

describe('the table', () => {
  test('has the 58 permissions in alphabetical order', () => {
    const names = KMS_ACTIONS.map(({ name }) => name)
    expect(names).toHaveLength(58)
    expect(names).toEqual([...names].sort())
  })

  // authorization.md D6.3
  test('lists the actions that may reach a key of another account', () => {
    const usable = KMS_ACTIONS.filter(({ crossAccount, cryptographic }) => crossAccount === true && !cryptographic)
    expect(usable.map(({ name }) => name)).toEqual([
      'kms:CreateGrant',
      'kms:DescribeKey',
      'kms:GetKeyRotationStatus',
      'kms:GetPublicKey',
      'kms:ListGrants',
      'kms:RetireGrant',
      'kms:RevokeGrant',
    ])
    const notUsable = KMS_ACTIONS.filter(({ crossAccount, cryptographic }) => crossAccount !== true && cryptographic)
    expect(notUsable.map(({ name }) => name)).toEqual(['kms:GenerateRandom'])
  })

  // authorization.md D3
  test('lists the actions without a resource', () => {
    expect(KMS_ACTIONS.filter(({ resources }) => resources.length === 0).map(({ name }) => name)).toEqual([
      'kms:ConnectCustomKeyStore',
      'kms:CreateCustomKeyStore',
      'kms:CreateKey',
      'kms:DeleteCustomKeyStore',
      'kms:DescribeCustomKeyStores',
      'kms:DisconnectCustomKeyStore',
      'kms:GenerateRandom',
      'kms:ListAliases',
      'kms:ListKeys',
      'kms:ListRetirableGrants',
      'kms:UpdateCustomKeyStore',
    ])
  })

  // authorization.md D4
  test('names the checks of an API that needs several', () => {
    expect(MULTI_RESOURCE_APIS['UpdateAlias']?.map(({ resource, role }) => [resource, role])).toEqual([
      ['alias', 'alias'],
      ['key', 'current'],
      ['key', 'new'],
    ])
    expect(MULTI_RESOURCE_APIS['ReplicateKey']?.map(({ action, onlyWithTags }) => [action, onlyWithTags])).toEqual([
      ['kms:ReplicateKey', false],
      ['kms:CreateKey', false],
      ['kms:TagResource', true],
    ])
  })
})

describe('lookup', () => {
  // authorization.md A5
  test('is by name in any case', () => {
    expect(actionByName('KMS:decrypt')?.name).toBe('kms:Decrypt')
    expect(actionByName('kms:REENCRYPTFROM')?.operations).toEqual(['ReEncrypt'])
  })

  test('does not know what is no KMS permission', () => {
    for (const name of ['', 'Decrypt', 'kms:ReEncrypt', 'kms:Decrypt ', 'kms:*', 's3:GetObject', '__proto__']) {
      expect(actionByName(name)).toBeUndefined()
    }
  })

  test('gives each action its place as its bit', () => {
    KMS_ACTIONS.forEach(({ name }, bit) => expect(actionBit(name)).toBe(bit))
    expect(actionBit('kms:Nothing')).toBeUndefined()
  })
})
