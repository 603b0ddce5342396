/**
 * Who may do what, for every operation: by nothing, by the key policy alone, by delegation and IAM, by a grant, and from
 * another account; each with its audit records.
 *
 * Source: KMS Developer Guide, "Default key policy", "Allowing users in other accounts to use a KMS key", "Grants in AWS
 * KMS"; facts D1 to D6, F2, G4.
 */
import { describe, expect, test } from 'vitest'
import { ACCOUNT, ADMIN, lastRecord, NAMED, NOBODY, OTHER_ACCOUNT, policyOf, STRANGER, testKms } from '../test-kms.js'
import { makeKey, SAMPLES, type Sample } from './samples.js'

const ROOT = `arn:aws:iam::${ACCOUNT}:root`

/** The permissions that the operation asks for. */
function actionsOf({ name }: Sample): readonly string[] {
  return name === 'ReEncrypt' ? ['kms:ReEncryptFrom', 'kms:ReEncryptTo'] : [`kms:${name}`]
}

function keyPolicy(...statements: readonly object[]): string {
  const admin = { Effect: 'Allow', Principal: { AWS: ADMIN.principal }, Action: 'kms:*', Resource: '*' }
  return JSON.stringify({ Version: '2012-10-17', Statement: [admin, ...statements] })
}

function allow(principal: string, actions: readonly string[]): object {
  return { Effect: 'Allow', Principal: { AWS: principal }, Action: actions, Resource: '*' }
}

for (const sample of SAMPLES) {
  const { name } = sample
  const actions = actionsOf(sample)

  describe(name, () => {
    test('is refused without permission, and the record says why', async () => {
      const t = await testKms()
      const arn = await makeKey(t, sample.key)
      const input = await sample.input(t, arn)
      const answer = await t.fails(name, input, NOBODY)
      const [action] = actions
      expect(answer).toBe(
        `AccessDeniedException: User: ${NOBODY.principal} is not authorized to perform: ${action} on resource: ${arn} ` +
          `because no identity-based policy allows the ${action} action`,
      )
      const record = lastRecord(t)
      expect(record).toMatchObject({
        eventName: name,
        errorCode: 'AccessDenied',
        responseElements: null,
        recipientAccountId: ACCOUNT,
        resources: [{ ARN: arn }, ...(name === 'ReEncrypt' ? [{ ARN: arn }] : [])],
        keyward: { denied: { action, explanation: { verdict: 'implicitDeny', layer: 'identity' } } },
      })
      expect(t.denied.at(-1)).toMatchObject({ operation: name, action, resource: arn, isRefused: true })
      await t.kms.close()
    })

    test('is allowed by the key policy alone, for exactly what it names', async () => {
      const t = await testKms()
      const arn = await makeKey(t, sample.key, { Policy: keyPolicy(allow(NAMED.principal, actions)) })
      const input = await sample.input(t, arn)
      expect(await t.fails(name, input, NAMED)).toBe('succeeded')
      expect(lastRecord(t)).toMatchObject({ eventName: name, userIdentity: { arn: NAMED.principal } })
      const other = actions.includes('kms:DescribeKey') ? 'GetKeyPolicy' : 'DescribeKey'
      expect(await t.fails(other, { KeyId: arn }, NAMED)).toMatch(/^AccessDeniedException: .* no resource-based policy/)
      await t.kms.close()
    })

    test('is allowed by delegation together with IAM, and by neither alone', async () => {
      const t = await testKms()
      const delegating = await makeKey(t, sample.key, { Policy: keyPolicy(allow(ROOT, actions)) })
      const closed = await makeKey(t, sample.key, { Policy: keyPolicy() })
      const input = await sample.input(t, delegating)
      expect(await t.fails(name, input, NOBODY)).toMatch(/^AccessDeniedException: .* no identity-based policy/)
      const iam = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: delegating }] }
      t.kms.identities.putPrincipal({ arn: NOBODY.principal, policies: [policyOf('identity', iam)] })
      expect(await t.fails(name, input, NOBODY)).toBe('succeeded')
      const iamForAll = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }] }
      t.kms.identities.putPrincipal({ arn: NOBODY.principal, policies: [policyOf('identity', iamForAll)] })
      const closedInput = await sample.input(t, closed)
      expect(await t.fails(name, closedInput, NOBODY)).toMatch(/^AccessDeniedException: .* no resource-based policy/)
      await t.kms.close()
    })

    test(`${sample.crossAccount ? 'reaches' : 'does not reach'} a key of another account`, async () => {
      const t = await testKms()
      const policy = keyPolicy(allow(`arn:aws:iam::${OTHER_ACCOUNT}:root`, ['kms:*']))
      const arn = await makeKey(t, sample.key, { Policy: policy })
      const input = await sample.input(t, arn)
      const before = t.records.length
      const answer = await t.fails(name, input, STRANGER)
      const records = t.records.slice(before)
      if (!sample.crossAccount) {
        expect(answer).toMatch(/^AccessDeniedException/)
        expect(records.map(({ recipientAccountId }) => recipientAccountId)).toEqual([OTHER_ACCOUNT])
        await t.kms.close()
        return
      }
      expect(answer).toBe('succeeded')
      const [own, copy, ...more] = records
      expect(more).toEqual([])
      expect(own).toMatchObject({ recipientAccountId: OTHER_ACCOUNT, userIdentity: { arn: STRANGER.principal } })
      expect(copy).toMatchObject({
        eventName: name,
        recipientAccountId: ACCOUNT,
        sharedEventID: own?.sharedEventID,
        requestID: own?.requestID,
        userIdentity: { type: 'AWSAccount', accountId: OTHER_ACCOUNT },
      })
      expect(copy?.userIdentity.arn).toBeUndefined()
      expect(copy?.eventID).not.toBe(own?.eventID)
      await t.kms.close()
    })
  })
}

describe('grants', () => {
  for (const sample of SAMPLES.filter(({ grants }) => grants.length > 0)) {
    test(`${sample.name} is allowed by a grant, in its own account and in another`, async () => {
      const t = await testKms()
      const arn = await makeKey(t, sample.key)
      const input = await sample.input(t, arn)
      for (const grantee of [NOBODY, STRANGER]) {
        expect(await t.fails(sample.name, input, grantee)).toMatch(/^AccessDeniedException/)
        await t.ok('CreateGrant', {
          KeyId: arn,
          GranteePrincipal: grantee.principal,
          Operations: sample.grants as readonly 'Decrypt'[],
        })
        expect(await t.fails(sample.name, input, grantee)).toBe('succeeded')
      }
      await t.kms.close()
    })
  }
  for (const sample of SAMPLES.filter(({ grants }) => grants.length === 0)) {
    test(`${sample.name} is not allowed by any grant`, async () => {
      const t = await testKms()
      const arn = await makeKey(t, 'symmetric')
      const all = ['Decrypt', 'Encrypt', 'DescribeKey', 'CreateGrant', 'RetireGrant', 'GenerateDataKey'] as const
      await t.ok('CreateGrant', { KeyId: arn, GranteePrincipal: NOBODY.principal, Operations: all })
      expect(await t.fails(sample.name, await sample.input(t, arn), NOBODY)).toMatch(/^AccessDeniedException/)
      await t.kms.close()
    })
  }
})

/** Operations on no key: the identity side alone decides. */
describe('operations without a key', () => {
  for (const [name, input] of [
    ['CreateKey', {}],
    ['ListKeys', {}],
    ['GenerateRandom', { NumberOfBytes: 8 }],
  ] as const) {
    test(`${name} is allowed by IAM alone`, async () => {
      const t = await testKms()
      expect(await t.fails(name, input, NOBODY)).toBe(
        `AccessDeniedException: User: ${NOBODY.principal} is not authorized to perform: kms:${name} on resource: * ` +
          `because no identity-based policy allows the kms:${name} action`,
      )
      const iam = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: `kms:${name}`, Resource: '*' }] }
      t.kms.identities.putPrincipal({ arn: NOBODY.principal, policies: [policyOf('identity', iam)] })
      expect(await t.fails(name, input, NOBODY)).toBe('succeeded')
      expect(lastRecord(t)).toMatchObject({ eventName: name, userIdentity: { userName: 'nobody' } })
      await t.kms.close()
    })
  }

  test('CreateKey with tags needs kms:TagResource too', async () => {
    const t = await testKms()
    const iam = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:CreateKey', Resource: '*' }] }
    t.kms.identities.putPrincipal({ arn: NOBODY.principal, policies: [policyOf('identity', iam)] })
    const input = { Tags: [{ TagKey: 'team', TagValue: 'blue' }] }
    expect(await t.fails('CreateKey', input, NOBODY)).toMatch(/not authorized to perform: kms:TagResource/)
    await t.kms.close()
  })
})
