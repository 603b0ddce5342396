/**
 * Audit records: what stands in one, what never does, and that the decision can be made again from it.
 *
 * Source: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail"; facts G4; kms-behaviour 15.
 */
import { describe, expect, test } from 'vitest'
import { createAuthorizer } from '../../src/explain/authorizer.js'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import type { KmsCaller } from '../../src/kms/caller.js'
import { questionOfRecord } from '../../src/source/asked/cloudtrail.js'
import { SAMPLES, makeKey } from './operations/samples.js'
import {
  ACCOUNT,
  ADMIN,
  keyId,
  lastRecord,
  matching,
  NOBODY,
  policyOf,
  STRANGER,
  testKms,
  type TestKms,
} from './test-kms.js'

const PLACE = { name: 'audit', line: 1 }

describe('who called, and from where', () => {
  const ROLE = `arn:aws:iam::${ACCOUNT}:role/service/App`
  const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/App/job-1`
  const everything = policyOf('identity', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }],
  })

  const CALLERS: readonly { readonly name: string; readonly caller: KmsCaller; readonly record: object }[] = [
    {
      name: 'a user',
      caller: { ...ADMIN, accessKeyId: 'AKIAEXAMPLE', userAgent: 'aws-cli/2' },
      record: {
        userIdentity: {
          type: 'IAMUser',
          principalId: 'AIDAADMINADMINADMIN1',
          arn: ADMIN.principal,
          accountId: ACCOUNT,
          accessKeyId: 'AKIAEXAMPLE',
          userName: 'admin',
        },
        sourceIPAddress: '203.0.113.9',
        userAgent: 'aws-cli/2',
      },
    },
    {
      name: 'the root user',
      caller: { principal: `arn:aws:iam::${ACCOUNT}:root` },
      record: {
        userIdentity: { type: 'Root', principalId: ACCOUNT, accountId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root` },
      },
    },
    {
      name: 'a session of a role with a path',
      caller: { principal: SESSION, sessionStartedAtMs: Date.UTC(2026, 0, 15, 9), mfaAuthenticated: true },
      record: {
        userIdentity: {
          type: 'AssumedRole',
          principalId: 'AROAAPPAPPAPPAPPAPP1:job-1',
          arn: SESSION,
          accountId: ACCOUNT,
          sessionContext: {
            sessionIssuer: {
              type: 'Role',
              principalId: 'AROAAPPAPPAPPAPPAPP1',
              arn: ROLE,
              accountId: ACCOUNT,
              userName: 'App',
            },
            attributes: { creationDate: '2026-01-15T09:00:00Z', mfaAuthenticated: 'true' },
          },
        },
      },
    },
    {
      name: 'a call through a service',
      caller: { principal: SESSION, via: 's3.us-east-1.amazonaws.com' },
      record: {
        userIdentity: { invokedBy: 's3.amazonaws.com' },
        sourceIPAddress: 's3.amazonaws.com',
        userAgent: 's3.amazonaws.com',
      },
    },
    {
      name: 'a call through a VPC endpoint',
      caller: { ...ADMIN, sourceIp: '10.0.0.7', vpcEndpointId: 'vpce-1', vpcEndpointAccountId: ACCOUNT },
      record: { sourceIPAddress: '10.0.0.7', vpcEndpointId: 'vpce-1', vpcEndpointAccountId: ACCOUNT },
    },
    {
      name: 'a call over TLS',
      caller: { ...ADMIN, tls: { version: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256', host: 'kms.example' } },
      record: {
        tlsDetails: {
          tlsVersion: 'TLSv1.3',
          cipherSuite: 'TLS_AES_128_GCM_SHA256',
          clientProvidedHostHeader: 'kms.example',
        },
      },
    },
  ]
  for (const { name, caller, record } of CALLERS) {
    test(name, async () => {
      const t = await testKms()
      t.kms.identities.putPrincipal({ arn: ROLE, policies: [everything], uniqueId: 'AROAAPPAPPAPPAPPAPP1' })
      const KeyId = await makeKey(t, 'symmetric')
      await t.ok('DescribeKey', { KeyId }, caller)
      expect(lastRecord(t)).toMatchObject(record)
      expect(lastRecord(t)).toMatchObject({
        eventVersion: '1.11',
        eventTime: '2026-01-15T10:00:00Z',
        eventSource: 'kms.amazonaws.com',
        eventName: 'DescribeKey',
        awsRegion: 'us-east-1',
        requestParameters: { keyId: KeyId },
        responseElements: null,
        readOnly: true,
        eventType: 'AwsApiCall',
        managementEvent: true,
        recipientAccountId: ACCOUNT,
        eventCategory: 'Management',
        resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: KeyId }],
      })
      await t.kms.close()
    })
  }
})

test('every request leaves one record with ids of its own, refused input included', async () => {
  const t = await testKms()
  const KeyId = await makeKey(t, 'symmetric')
  await t.fails('Encrypt', { KeyId, Plaintext: Buffer.alloc(0) })
  await t.fails('Encrypt', { KeyId: 7 })
  await t.fails('DescribeKey', { KeyId }, NOBODY)
  await t.ok('ListKeys', {})
  expect(t.records.map(({ eventName, errorCode }) => [eventName, errorCode])).toEqual([
    ['CreateKey', undefined],
    ['Encrypt', 'ValidationException'],
    ['Encrypt', 'SerializationException'],
    ['DescribeKey', 'AccessDenied'],
    ['ListKeys', undefined],
  ])
  // Nothing of what was not understood is kept.
  expect(t.records[1]).toMatchObject({ requestParameters: null })
  const ids = t.records.flatMap(({ eventID, requestID }) => [eventID, requestID])
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  await t.kms.close()
})

test('the records are those of the store, in their order', async () => {
  const t = await testKms()
  await t.ok('CreateKey', {})
  await t.ok('ListKeys', {})
  const { records } = await t.store.auditRecords()
  expect(records).toEqual(t.records)
  await t.kms.close()
})

test('records that are kept share what they tell of a material, and never that of another one', async () => {
  const t = await testKms()
  const KeyId = keyId(await t.ok('CreateKey', {}))
  const used = async (): Promise<AuditRecord['additionalEventData']> => {
    await t.ok('Encrypt', { KeyId, Plaintext: new Uint8Array(3) })
    return lastRecord(t).additionalEventData
  }
  const first = await used()
  const second = await used()
  await t.ok('RotateKeyOnDemand', { KeyId })
  const rotated = await used()
  expect(first).toEqual({ keyMaterialId: matching(/^[0-9a-f]{64}$/) })
  expect(second).toBe(first)
  expect(rotated).toEqual({ keyMaterialId: matching(/^[0-9a-f]{64}$/) })
  expect(rotated).not.toEqual(first)
  await t.kms.close()
})

test('without audit there are no records', async () => {
  const t = await testKms({ audit: false })
  const KeyId = await makeKey(t, 'symmetric')
  await t.fails('DescribeKey', { KeyId }, NOBODY)
  expect(t.records).toEqual([])
  await t.kms.close()
})

/** Everything that a client sent or got and that no record may have. */
function secretsOf(values: readonly unknown[]): readonly string[] {
  const found: string[] = []
  const visit = (value: unknown, name: string): void => {
    if (value instanceof Uint8Array) {
      const bytes = Buffer.from(value)
      if (bytes.length >= 8) found.push(bytes.toString('base64'), bytes.toString('hex'), bytes.toString('latin1'))
    } else if (name === 'GrantToken' || name === 'GrantTokens') found.push(...[value].flat().map(String))
    else if (typeof value === 'object' && value !== null && !(value instanceof Date)) {
      for (const [member, inner] of Object.entries(value)) visit(inner, Array.isArray(value) ? name : member)
    }
  }
  for (const value of values) visit(value, '')
  return found
}

test('no record has plaintext, ciphertext, messages, MACs, signatures, key material or tokens', async () => {
  const t = await testKms()
  const seen: unknown[] = []
  for (const sample of SAMPLES) {
    const arn = await makeKey(t, sample.key)
    const token =
      sample.grants.length === 0
        ? {}
        : await t.ok('CreateGrant', { KeyId: arn, GranteePrincipal: NOBODY.principal, Operations: ['DescribeKey'] })
    const input = await sample.input(t, arn)
    const tokens = 'GrantToken' in token ? { GrantTokens: [token.GrantToken!] } : {}
    seen.push(token, input, await t.ok(sample.name, { ...input, ...tokens }))
  }
  const trail = JSON.stringify(t.records)
  const secrets = secretsOf(seen)
  expect(secrets.length).toBeGreaterThan(100)
  for (const secret of secrets)
    expect(trail.includes(secret) || trail.includes(JSON.stringify(secret).slice(1, -1))).toBe(false)
  await t.kms.close()
})

describe('a record tells enough to decide again', () => {
  /** The decisions that the checks of a record come to, in the world of the engine. */
  function decisions(authorizer: ReturnType<typeof createAuthorizer>, record: AuditRecord): readonly string[] {
    const asked = questionOfRecord(JSON.parse(JSON.stringify(record)), PLACE)
    if (!asked.ok) throw new Error(asked.error.message)
    expect(asked.value.incomplete, record.eventName).toEqual([])
    return asked.value.checks.map((check) => authorizer.authorize(check).decision)
  }

  async function world(): Promise<{ readonly t: TestKms; readonly authorizer: ReturnType<typeof createAuthorizer> }> {
    const authorizer = createAuthorizer({ uncomparable: 'deny' })
    const t = await testKms({ authorizer })
    return { t, authorizer }
  }

  for (const sample of SAMPLES) {
    test(sample.name, async () => {
      const { t, authorizer } = await world()
      const Policy = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: ADMIN.principal }, Action: 'kms:*', Resource: '*' },
          {
            Effect: 'Deny',
            Principal: { AWS: NOBODY.principal },
            Action: 'kms:*',
            Resource: '*',
            Condition: { IpAddress: { 'aws:SourceIp': '198.51.100.0/24' } },
          },
          { Effect: 'Allow', Principal: { AWS: NOBODY.principal }, Action: 'kms:*', Resource: '*' },
        ],
      })
      const arn = await makeKey(t, sample.key, { Policy })
      const input = await sample.input(t, arn)
      for (const caller of [ADMIN, NOBODY, { ...NOBODY, sourceIp: '198.51.100.7' }, STRANGER]) {
        const answer = await t.fails(sample.name, input, caller)
        const said = answer === 'succeeded' ? 'allow' : 'deny'
        const again = decisions(authorizer, lastRecord(t))
        expect(again.every((decision) => decision === 'allow') ? 'allow' : 'deny', caller.principal).toBe(said)
      }
      await t.kms.close()
    })
  }

  test('also by encryption context, service and session', async () => {
    const { t, authorizer } = await world()
    const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/App/job-1`
    t.kms.identities.putPrincipal({ arn: `arn:aws:iam::${ACCOUNT}:role/App`, policies: [] })
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: ADMIN.principal }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/App` },
          Action: 'kms:GenerateDataKey',
          Resource: '*',
          Condition: {
            StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com', 'kms:EncryptionContext:bucket': 'logs' },
          },
        },
      ],
    })
    const KeyId = await makeKey(t, 'symmetric', { Policy })
    const via = 's3.us-east-1.amazonaws.com'
    for (const [caller, bucket, said] of [
      [{ principal: SESSION, via }, 'logs', 'allow'],
      [{ principal: SESSION, via }, 'other', 'implicitDeny'],
      [{ principal: SESSION }, 'logs', 'implicitDeny'],
    ] as const) {
      const answer = await t.fails(
        'GenerateDataKey',
        { KeyId, KeySpec: 'AES_256', EncryptionContext: { bucket } },
        caller,
      )
      expect(answer === 'succeeded').toBe(said === 'allow')
      expect(decisions(authorizer, lastRecord(t))).toEqual([said])
    }
    await t.kms.close()
  })
})
