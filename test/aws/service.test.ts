/** The catalogue of services as look-ups see it (Service Authorization Reference). */
import { describe, expect, test } from 'vitest'
import { CATALOGUE_DATE, SERVICE_CATALOGUE } from '../../src/aws/service-catalogue.js'
import { hasKey, serviceByPrefix, serviceKey, servicePrefixes } from '../../src/aws/service.js'
import { RENAMED_OPERATIONS } from '../../src/aws/api-names.js'
import { ENUMS } from '../../src/aws/operations.js'
import { valuesOfKey } from '../../src/aws/key-values.js'
import { RETIRED_SERVICES } from '../../src/aws/retired-services.js'

describe('services', () => {
  test('KMS comes from its own tables', () => {
    const kms = serviceByPrefix('kms')
    expect(kms?.actions.get('reencryptfrom')?.name).toBe('ReEncryptFrom')
    expect(kms?.actions.get('createalias')?.resourceTypes.map(({ resource }) => resource)).toEqual(['alias/*', 'key/*'])
    expect(kms?.actions.get('listkeys')?.resourceTypes).toEqual([])
    expect(Object.keys(SERVICE_CATALOGUE)).not.toContain('kms')
  })

  test('an action has its resource types', () => {
    const get = serviceByPrefix('s3')?.actions.get('getobject')
    expect(get?.name).toBe('GetObject')
    expect(get?.resourceTypes).toContainEqual(
      expect.objectContaining({ service: 's3', region: '', account: '', resource: '*/*' }),
    )
  })

  test('a prefix that nobody has', () => {
    expect(serviceByPrefix('kmss')).toBeUndefined()
    expect(serviceByPrefix('__proto__')).toBeUndefined()
    expect(serviceByPrefix('constructor')).toBeUndefined()
  })

  test('every entry of the catalogue can be read, and every action has a name', () => {
    const prefixes = servicePrefixes()
    expect(prefixes.length).toBeGreaterThan(400)
    for (const prefix of prefixes) {
      const actions = [...(serviceByPrefix(prefix)?.actions ?? [])]
      expect(actions.every(([lower, { name }]) => name !== '' && name.toLowerCase() === lower)).toBe(true)
    }
    expect(CATALOGUE_DATE).toMatch(/^20\d\d-\d\d-\d\d$/)
  })
})

describe('condition keys of services', () => {
  test.each([
    ['s3:prefix', 's3:prefix', false],
    ['S3:Prefix', 's3:prefix', false],
    ['s3:ExistingObjectTag/team', 's3:ExistingObjectTag/*', false],
    ['secretsmanager:ResourceTag/a', 'secretsmanager:ResourceTag/*', false],
    ['dynamodb:LeadingKeys', 'dynamodb:LeadingKeys', true],
    ['saml:aud', 'saml:aud', false],
  ])('%s is %s', (name, pattern, multi) => {
    expect(serviceKey(name)).toMatchObject({ pattern, multi })
  })

  test.each(['s3:prefixes', 's3:ExistingObjectTag/', 'foo:bar', 'nothing'])('%s is none', (name) => {
    expect(serviceKey(name)).toBeUndefined()
  })

  test('an action has the keys of its resource types as well', () => {
    const actions = serviceByPrefix('s3')?.actions
    expect(hasKey(actions?.get('listbucket')?.keys ?? [], 's3:prefix')).toBe(true)
    expect(hasKey(actions?.get('putobject')?.keys ?? [], 's3:prefix')).toBe(false)
  })
})

describe('tables beside the catalogue', () => {
  test('no renamed operation is an action, and each of its permissions is one', () => {
    for (const { operation, permissions } of RENAMED_OPERATIONS.values()) {
      const known = [operation, ...permissions].map((name) => {
        const [prefix = '', action = ''] = name.toLowerCase().split(':')
        return serviceByPrefix(prefix)?.actions.has(action)
      })
      expect([operation, ...known]).toEqual([operation, false, ...permissions.map(() => true)])
    }
  })

  test('no retired service is in the catalogue', () => {
    const known = [...RETIRED_SERVICES.keys()].filter((prefix) => serviceByPrefix(prefix) !== undefined)
    expect(known).toEqual([])
  })

  test('KMS keys with a closed list of values', () => {
    expect(valuesOfKey('KMS:KeySpec')).toBe(ENUMS.KeySpec)
    expect(valuesOfKey('kms:ViaService')).toBeUndefined()
  })
})
