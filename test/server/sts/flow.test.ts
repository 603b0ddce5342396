/**
 * From a user's long-term credentials by way of a role to the key service, and what the audit keeps of it: sts.md 3, 4.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Keys } from 'aws4'
import { describe, expect, onTestFinished, test } from 'vitest'
import { identitiesOfWorld } from '../../../src/kms/world-identities.js'
import { openWorld } from '../../../src/source/world/load-world.js'
import {
  A,
  allow,
  B,
  deny,
  policyOf,
  policyText,
  role,
  stsFixture,
  trusts,
  user,
  type Fixture,
  type FixtureOptions,
} from './sts-fixture.js'

const ANN = user('Ann')
const BOB = user('Bob', B)
const APP = role('service/App')
const SESSION = `arn:aws:sts::${A}:assumed-role/App/deploy`
const ALL = policyOf('identity', allow('*'))

interface Flow extends Fixture {
  readonly ann: Keys
  readonly keyId: string
  readonly blob: Uint8Array
}

/** A key that is left to the account, and something that Ann has encrypted. */
async function flow(appPolicies = [ALL], options: Partial<FixtureOptions> = {}): Promise<Flow> {
  const fixture = await stsFixture({
    principals: [
      { arn: ANN, policies: [ALL], uniqueId: 'AIDAANNANNANNANNANN23' },
      { arn: BOB, policies: [ALL] },
      {
        arn: APP,
        policies: appPolicies,
        trust: policyOf('trust', trusts([A, BOB])),
        uniqueId: 'AROAAPPAPPAPPAPPAPP23',
      },
    ],
    ...options,
  })
  const ann = await fixture.keysOf(ANN)
  const { caller } = await fixture.signedIn(ann, 'kms')
  const made = await fixture.kms.call('CreateKey', {}, caller)
  const keyId = made.KeyMetadata?.KeyId ?? ''
  const { CiphertextBlob: blob } = await fixture.kms.call(
    'Encrypt',
    { KeyId: keyId, Plaintext: Buffer.from('x') },
    caller,
  )
  if (blob === undefined) throw new Error('no ciphertext')
  return { ...fixture, ann, keyId, blob }
}

describe('a role in use', () => {
  test('sts.md 4: what a session may do is what both its role and its session policies allow', async () => {
    const { ann, assume, asksKms, keyId, blob } = await flow([
      policyOf('identity', allow(['kms:Decrypt', 'kms:DescribeKey'])),
    ])
    const decrypts = (keys: Keys): Promise<string> => asksKms(keys, 'Decrypt', { CiphertextBlob: blob })
    const describes = (keys: Keys): Promise<string> => asksKms(keys, 'DescribeKey', { KeyId: keyId })
    const whole = await assume(ann, APP)
    expect([await decrypts(whole), await describes(whole)]).toEqual(['ok', 'ok'])
    expect(await asksKms(whole, 'Encrypt', { KeyId: keyId, Plaintext: Buffer.from('x') })).toBe('AccessDeniedException')
    const narrow = await assume(ann, APP, { Policy: policyText(allow('kms:DescribeKey')) })
    expect([await decrypts(narrow), await describes(narrow)]).toEqual(['AccessDeniedException', 'ok'])
    const wide = await assume(ann, APP, { Policy: policyText(allow('kms:*')) })
    expect([await decrypts(wide), await asksKms(wide, 'DisableKey', { KeyId: keyId })]).toEqual([
      'ok',
      'AccessDeniedException',
    ])
  })

  test('managed session policies and the inline one add up', async () => {
    const READ = `arn:aws:iam::${A}:policy/Read`
    const options = {
      managedPolicy: (arn: string) => (arn === READ ? policyText(allow('kms:DescribeKey')) : undefined),
    }
    const { ann, assume, asksKms, keyId, blob } = await flow([ALL], options)
    const keys = await assume(ann, APP, { 'PolicyArns.member.1.arn': READ, Policy: policyText(allow('kms:Decrypt')) })
    expect(await asksKms(keys, 'DescribeKey', { KeyId: keyId })).toBe('ok')
    expect(await asksKms(keys, 'Decrypt', { CiphertextBlob: blob })).toBe('ok')
    expect(await asksKms(keys, 'DisableKey', { KeyId: keyId })).toBe('AccessDeniedException')
  })

  test('session tags, source identity, user id and MFA are true in the key service', async () => {
    const when = (Condition: unknown): unknown => policyOf('identity', allow('kms:Decrypt', '*', { Condition }))
    const conditions: readonly (readonly [unknown, string])[] = [
      [{ StringEquals: { 'aws:PrincipalTag/team': 'blue' } }, 'ok'],
      [{ StringEquals: { 'aws:PrincipalTag/team': 'red' } }, 'AccessDeniedException'],
      [{ StringEquals: { 'aws:SourceIdentity': 'ann' } }, 'ok'],
      [{ StringEquals: { 'aws:SourceIdentity': 'bob' } }, 'AccessDeniedException'],
      [{ StringEquals: { 'aws:userid': 'AROAAPPAPPAPPAPPAPP23:deploy' } }, 'ok'],
      [{ Bool: { 'aws:MultiFactorAuthPresent': 'false' } }, 'ok'],
      [{ Bool: { 'aws:MultiFactorAuthPresent': 'true' } }, 'AccessDeniedException'],
      [{ ArnEquals: { 'aws:PrincipalArn': APP } }, 'ok'],
      [{ DateEquals: { 'aws:TokenIssueTime': '2026-03-15T12:00:00Z' } }, 'ok'],
    ]
    for (const [condition, wanted] of conditions) {
      const { ann, assume, asksKms, blob } = await flow([when(condition) as typeof ALL])
      const fields = { 'Tags.member.1.Key': 'Team', 'Tags.member.1.Value': 'blue', SourceIdentity: 'ann' }
      const keys = await assume(ann, APP, fields)
      expect([condition, await asksKms(keys, 'Decrypt', { CiphertextBlob: blob })]).toEqual([condition, wanted])
    }
  })

  test('sessions from before a moment are revoked by aws:TokenIssueTime, those from after it are not', async () => {
    const revoked = deny('*', '*', { Condition: { DateLessThan: { 'aws:TokenIssueTime': '2026-03-15T12:30:00Z' } } })
    const { ann, assume, asksKms, blob, kms, clock } = await flow()
    const before = await assume(ann, APP)
    expect(await asksKms(before, 'Decrypt', { CiphertextBlob: blob })).toBe('ok')
    const trust = policyOf('trust', trusts(A))
    kms.identities.putPrincipal({ arn: APP, policies: [policyOf('identity', allow('*'), revoked)], trust })
    expect(await asksKms(before, 'Decrypt', { CiphertextBlob: blob })).toBe('AccessDeniedException')
    clock.nowMs += 1_800_000
    const after = await assume(ann, APP)
    expect(await asksKms(after, 'Decrypt', { CiphertextBlob: blob })).toBe('ok')
    expect(await asksKms(before, 'Decrypt', { CiphertextBlob: blob })).toBe('AccessDeniedException')
  })

  test('a GetSessionToken session is its user; without MFA the key says false', async () => {
    const { ann, call, keysFrom, asksKms, blob, kms } = await flow()
    const keys = keysFrom(await call(ann, 'GetSessionToken'))
    expect(await asksKms(keys, 'Decrypt', { CiphertextBlob: blob })).toBe('ok')
    const noMfa = deny('*', '*', { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } } })
    kms.identities.putPrincipal({ arn: ANN, policies: [policyOf('identity', allow('*'), noMfa)] })
    expect(await asksKms(keys, 'Decrypt', { CiphertextBlob: blob })).toBe('AccessDeniedException')
    // authorization.md B5.3: for long-term keys the key is absent.
    expect(await asksKms(ann, 'Decrypt', { CiphertextBlob: blob })).toBe('ok')
  })

  test('a federated user has what its user and its policies allow, and nothing without policies', async () => {
    const { ann, call, keysFrom, asksKms, keyId, blob } = await flow()
    const fay = async (fields: Readonly<Record<string, string>>): Promise<readonly string[]> => {
      const keys = keysFrom(await call(ann, 'GetFederationToken', { Name: 'fay', ...fields }))
      return [
        await asksKms(keys, 'Decrypt', { CiphertextBlob: blob }),
        await asksKms(keys, 'DescribeKey', { KeyId: keyId }),
      ]
    }
    expect(await fay({})).toEqual(['AccessDeniedException', 'AccessDeniedException'])
    expect(await fay({ Policy: policyText(allow('kms:Decrypt')) })).toEqual(['ok', 'AccessDeniedException'])
  })
})

describe('audit records, CloudTrail `AssumeRole`', () => {
  test('of one account', async () => {
    const { ann, call, records } = await flow()
    const given = await call(ann, 'AssumeRole', {
      RoleArn: APP,
      RoleSessionName: 'deploy',
      ExternalId: 'x-1',
      DurationSeconds: '900',
      'Tags.member.1.Key': 'team',
      'Tags.member.1.Value': 'blue',
    })
    const record = records.at(-1)
    expect(record).toMatchObject({
      eventVersion: '1.11',
      eventSource: 'sts.amazonaws.com',
      eventName: 'AssumeRole',
      eventTime: '2026-03-15T12:00:00Z',
      awsRegion: 'us-east-1',
      sourceIPAddress: '203.0.113.9',
      userIdentity: { type: 'IAMUser', arn: ANN, principalId: 'AIDAANNANNANNANNANN23', accessKeyId: ann.accessKeyId },
      requestParameters: {
        roleArn: APP,
        roleSessionName: 'deploy',
        externalId: 'x-1',
        durationSeconds: 900,
        principalTags: { team: 'blue' },
      },
      responseElements: {
        credentials: { accessKeyId: given.get('AccessKeyId'), expiration: '2026-03-15T12:15:00Z' },
        assumedRoleUser: { assumedRoleId: 'AROAAPPAPPAPPAPPAPP23:deploy', arn: SESSION },
        packedPolicySize: 1,
      },
      requestID: given.requestId,
      readOnly: true,
      resources: [{ accountId: A, type: 'AWS::IAM::Role', ARN: APP }],
      recipientAccountId: A,
    })
    const text = JSON.stringify(records)
    expect(text).not.toContain(given.get('SecretAccessKey'))
    expect(text).not.toContain(given.get('SessionToken'))
  })

  test('of a role of another account: one in each, tied together', async () => {
    const fixture = await flow()
    await fixture.assume(await fixture.keysOf(BOB), APP)
    const [own, copy] = fixture.records.slice(-2)
    expect(own).toMatchObject({ recipientAccountId: B, userIdentity: { type: 'IAMUser', arn: BOB } })
    expect(copy).toMatchObject({ recipientAccountId: A, userIdentity: { type: 'AWSAccount', accountId: B } })
    expect(own?.sharedEventID).toBe(copy?.sharedEventID)
    expect(own?.eventID).not.toBe(copy?.eventID)
  })

  test('of a refusal: AccessDenied to the caller, the explanation for whoever runs the service', async () => {
    const { ann, call, records, denied } = await flow()
    const given = await call(ann, 'AssumeRole', { RoleArn: role('None'), RoleSessionName: 'deploy' })
    expect(given.get('Code')).toBe('AccessDenied')
    expect(records.at(-1)).toMatchObject({
      errorCode: 'AccessDenied',
      errorMessage: given.get('Message'),
      responseElements: null,
      keyward: { mode: 'enforce', action: 'sts:AssumeRole', resource: role('None') },
    })
    expect(records.at(-1)?.resources).toBeUndefined()
    expect(denied.at(-1)?.explanation).toMatchObject({ cause: { code: 'key-policy-absent' } })
  })

  test('of what the session does afterwards', async () => {
    const { ann, assume, asksKms, blob, records } = await flow()
    const keys = await assume(ann, APP)
    await asksKms(keys, 'Decrypt', { CiphertextBlob: blob })
    expect(records.at(-1)).toMatchObject({
      eventName: 'Decrypt',
      userIdentity: {
        type: 'AssumedRole',
        arn: SESSION,
        principalId: 'AROAAPPAPPAPPAPPAPP23:deploy',
        accessKeyId: keys.accessKeyId,
        sessionContext: {
          sessionIssuer: { type: 'Role', arn: APP, userName: 'App' },
          attributes: { creationDate: '2026-03-15T12:00:00Z', mfaAuthenticated: 'false' },
        },
      },
    })
  })
})

test('roles of a world folder have their trust policies and longest sessions, managed policies their texts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-sts-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const world = {
    keyward: 'world/1',
    accounts: {
      [A]: {
        users: { Ann: { policies: {} } },
        roles: {
          'service/App': {
            id: 'AROAAPPAPPAPPAPPAPP23',
            trust: { Version: '2012-10-17', Statement: [trusts(ANN)] },
            maxSessionSeconds: 7200,
          },
          Closed: { trust: { Version: '2012-10-17', Statement: [trusts(user('Other'))] } },
          Unreadable: { trust: { Version: '2012-10-17', Statement: [{ ...trusts(ANN), Resource: '*' }] } },
          Silent: {},
        },
        policies: { Read: { Version: '2012-10-17', Statement: [allow('kms:DescribeKey')] } },
      },
    },
  }
  writeFileSync(join(folder, 'world.json'), JSON.stringify(world))
  // The second time it is read from what was stored of it.
  const kept = { folder: join(tmpdir(), `${basename(folder)}-cache`), fromBytes: 0, fromFiles: 0, settledAfterMs: 0 }
  onTestFinished(() => rmSync(kept.folder, { recursive: true, force: true }))
  const kinds: string[] = []
  for (const cache of [undefined, kept, kept]) {
    const opened = openWorld(folder, cache)
    if (!opened.ok) throw new Error(opened.error)
    const { world: read, unusable } = opened.value
    expect(unusable).toBe(0)
    kinds.push(read.constructor.name)
    const { principals } = identitiesOfWorld(read)
    const managedPolicy = (arn: string): string | undefined =>
      read.managedPolicies.get(arn)?.policy?.document.source.source.text
    const fixture = await stsFixture({ principals, managedPolicy })
    const ann = await fixture.keysOf(ANN)
    const ask = async (name: string, fields = {}): Promise<string> => {
      const given = await fixture.call(ann, 'AssumeRole', { RoleArn: role(name), RoleSessionName: 'deploy', ...fields })
      return given.get('AssumedRoleId') ?? given.get('Code') ?? ''
    }
    expect(await ask('service/App', { DurationSeconds: '7200' })).toBe('AROAAPPAPPAPPAPPAPP23:deploy')
    expect(await ask('service/App', { DurationSeconds: '7201' })).toBe('ValidationError')
    expect(await ask('service/App', { 'PolicyArns.member.1.arn': `arn:aws:iam::${A}:policy/Read` })).not.toBe(
      'ValidationError',
    )
    for (const name of ['Closed', 'Unreadable', 'Silent', 'None']) expect(await ask(name)).toBe('AccessDenied')
  }
  expect(kinds).toEqual(['Object', 'Object', 'StoredWorld'])
})
