/**
 * Who may assume a role: sts.md 3, decided by the graph that decides about keys.
 */
import { describe, expect, test } from 'vitest'
import type { AccountDefinition, PrincipalDefinition } from '../../../src/explain/authorizer.js'
import { A, allow, B, deny, policyOf, role, stsFixture, trusts, user, type Fixture } from './sts-fixture.js'

const TARGET = role('team/Target')
const ANN = user('Ann')
const BOB = user('Bob', B)
const ASSUME = 'sts:AssumeRole'

const MAY_ASSUME = policyOf('identity', allow('sts:*', TARGET))
const OTHER = policyOf('identity', allow('kms:*'))
const SILENT = policyOf('trust', trusts(user('Nobody')))

interface Case {
  readonly name: string
  readonly caller?: string
  readonly own?: Partial<PrincipalDefinition>
  readonly target?: Partial<PrincipalDefinition>
  readonly accounts?: readonly AccountDefinition[]
  readonly fields?: Readonly<Record<string, string>>
  /** The action that is refused, or undefined where the role may be assumed. */
  readonly refused?: string
}

async function fixtureOf({ caller = ANN, own, target, accounts = [] }: Case): Promise<Fixture> {
  return stsFixture({
    principals: [
      { arn: caller, policies: [], ...own },
      { arn: TARGET, trust: SILENT, uniqueId: 'AROATARGETTARGETTARG2', ...target },
    ],
    accounts,
  })
}

const CASES: readonly Case[] = [
  { name: '3.2 an identity policy alone is not enough', own: { policies: [MAY_ASSUME] }, refused: ASSUME },
  {
    name: '3.2 a role without a trust policy',
    own: { policies: [MAY_ASSUME] },
    target: { trust: { read: () => undefined } },
    refused: ASSUME,
  },
  { name: '3.3 direct: the user is named', target: { trust: policyOf('trust', trusts(ANN)) } },
  { name: '3.3 direct: everybody is named', target: { trust: policyOf('trust', trusts('*')) } },
  {
    name: '3.3 direct is above a boundary that is silent',
    own: { boundary: OTHER },
    target: { trust: policyOf('trust', trusts(ANN)) },
  },
  {
    name: '3.3 account: the identity policy is missing',
    target: { trust: policyOf('trust', trusts(A)) },
    refused: ASSUME,
  },
  {
    name: '3.3 account: with an identity policy',
    own: { policies: [MAY_ASSUME] },
    target: { trust: policyOf('trust', trusts(A)) },
  },
  {
    name: '3.3 account: the boundary is silent',
    own: { policies: [MAY_ASSUME], boundary: OTHER },
    target: { trust: policyOf('trust', trusts(A)) },
    refused: ASSUME,
  },
  {
    name: '3.4 across accounts: named, without an identity policy',
    caller: BOB,
    target: { trust: policyOf('trust', trusts(BOB)) },
    refused: ASSUME,
  },
  {
    name: '3.4 across accounts: named, with one',
    caller: BOB,
    own: { policies: [MAY_ASSUME] },
    target: { trust: policyOf('trust', trusts(BOB)) },
  },
  {
    name: '3.4 across accounts: the account, with one',
    caller: BOB,
    own: { policies: [MAY_ASSUME] },
    target: { trust: policyOf('trust', trusts(`arn:aws:iam::${B}:root`)) },
  },
  {
    name: '3.4 across accounts: the boundary is silent, though the user is named',
    caller: BOB,
    own: { policies: [MAY_ASSUME], boundary: OTHER },
    target: { trust: policyOf('trust', trusts(BOB)) },
    refused: ASSUME,
  },
  {
    name: '3.4 an explicit deny wins over a trust policy that names the caller',
    own: { policies: [policyOf('identity', deny('sts:AssumeRole', TARGET))] },
    target: { trust: policyOf('trust', trusts(ANN)) },
    refused: ASSUME,
  },
  {
    name: '3.4 an explicit deny in the trust policy',
    own: { policies: [MAY_ASSUME] },
    target: { trust: policyOf('trust', trusts(ANN), { ...trusts(A), Effect: 'Deny' }) },
    refused: ASSUME,
  },
  {
    name: '3.4 an SCP of the caller',
    target: { trust: policyOf('trust', trusts(ANN)) },
    accounts: [{ accountId: A, scps: [[policyOf('scp', allow('*'), deny('sts:AssumeRole'))]] }],
    refused: ASSUME,
  },
  {
    name: 'ORG RCPs: an RCP of the account of the role, to a stranger',
    caller: BOB,
    own: { policies: [MAY_ASSUME] },
    target: { trust: policyOf('trust', trusts(BOB)) },
    accounts: [
      {
        accountId: A,
        rcps: [
          [
            policyOf('rcp', {
              ...deny('sts:AssumeRole'),
              Principal: '*',
              Condition: { StringNotEqualsIfExists: { 'aws:PrincipalAccount': A } },
            }),
          ],
        ],
      },
    ],
    refused: ASSUME,
  },
  {
    name: 'sts:ExternalId is missing',
    target: {
      trust: policyOf('trust', trusts(ANN, ASSUME, { Condition: { StringEquals: { 'sts:ExternalId': 'x-1' } } })),
    },
    refused: ASSUME,
  },
  {
    name: 'sts:ExternalId fits',
    target: {
      trust: policyOf('trust', trusts(ANN, ASSUME, { Condition: { StringEquals: { 'sts:ExternalId': 'x-1' } } })),
    },
    fields: { ExternalId: 'x-1' },
  },
  {
    name: 'an ExternalId that nobody asks for',
    target: { trust: policyOf('trust', trusts(ANN)) },
    fields: { ExternalId: 'x-1' },
  },
  {
    name: 'sts:RoleSessionName and ${aws:username}',
    target: {
      trust: policyOf(
        'trust',
        trusts(ANN, ASSUME, { Condition: { StringEquals: { 'sts:RoleSessionName': '${aws:username}' } } }),
      ),
    },
    refused: ASSUME,
  },
  {
    name: 'the same with the right name',
    target: {
      trust: policyOf(
        'trust',
        trusts(ANN, ASSUME, { Condition: { StringEquals: { 'sts:RoleSessionName': '${aws:username}' } } }),
      ),
    },
    fields: { RoleSessionName: 'Ann' },
  },
  {
    name: '3.1 tags need sts:TagSession',
    target: { trust: policyOf('trust', trusts(ANN, ASSUME)) },
    fields: { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'x' },
    refused: 'sts:TagSession',
  },
  {
    name: '3.1 tags with sts:TagSession where the request tag is right',
    target: {
      trust: policyOf(
        'trust',
        trusts(ANN, ASSUME),
        trusts(ANN, 'sts:TagSession', {
          Condition: {
            StringEquals: { 'aws:RequestTag/TEAM': 'x' },
            'ForAllValues:StringEquals': { 'aws:TagKeys': ['team'], 'sts:TransitiveTagKeys': ['team'] },
          },
        }),
      ),
    },
    fields: { 'Tags.member.1.Key': 'team', 'Tags.member.1.Value': 'x', 'TransitiveTagKeys.member.1': 'team' },
  },
  {
    name: '3.1 a source identity needs sts:SetSourceIdentity',
    target: { trust: policyOf('trust', trusts(ANN, ASSUME)) },
    fields: { SourceIdentity: 'Ann' },
    refused: 'sts:SetSourceIdentity',
  },
  {
    name: '3.1 a source identity with it, and sts:SourceIdentity in the condition',
    target: {
      trust: policyOf(
        'trust',
        trusts(ANN, ['sts:AssumeRole', 'sts:SetSourceIdentity'], {
          Condition: { StringLike: { 'sts:SourceIdentity': '${aws:username}' } },
        }),
      ),
    },
    fields: { SourceIdentity: 'Ann' },
  },
  {
    name: 'aws:ResourceTag and iam:ResourceTag are tags of the role',
    own: {
      policies: [
        policyOf(
          'identity',
          allow('sts:AssumeRole', '*', {
            Condition: {
              StringEquals: { 'aws:ResourceTag/team': '${aws:PrincipalTag/team}', 'iam:ResourceTag/team': 'pay' },
            },
          }),
        ),
      ],
      tags: { team: 'pay' },
    },
    target: { trust: policyOf('trust', trusts(A)), tags: { Team: 'pay' } },
  },
  {
    name: 'aws:MultiFactorAuthPresent is absent for long-term keys',
    target: {
      trust: policyOf('trust', trusts(ANN, ASSUME, { Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } } })),
    },
    refused: ASSUME,
  },
  {
    name: 'aws:SourceIp is that of the request',
    target: {
      trust: policyOf('trust', trusts(ANN, ASSUME, { Condition: { IpAddress: { 'aws:SourceIp': '203.0.113.0/24' } } })),
    },
  },
]

describe('sts.md 3', () => {
  for (const each of CASES) {
    const { name, caller = ANN, fields = {}, refused } = each
    test(name, async () => {
      const fixture = await fixtureOf(each)
      const given = await fixture.call(await fixture.keysOf(caller), 'AssumeRole', {
        RoleArn: TARGET,
        RoleSessionName: 'deploy',
        ...fields,
      })
      if (refused === undefined) {
        expect(given.said).toBe('ok')
        expect(given.get('Arn')).toBe(`arn:aws:sts::${A}:assumed-role/Target/${fields['RoleSessionName'] ?? 'deploy'}`)
        expect(fixture.denied).toEqual([])
        return
      }
      expect({ said: given.said, status: given.status }).toEqual({
        said: `AccessDenied: User: ${caller} is not authorized to perform: ${refused} on resource: ${TARGET}`,
        status: 403,
      })
      expect(fixture.denied).toMatchObject([{ action: refused, resource: TARGET, isRefused: true }])
    })
  }

  test('the answer tells nothing of whether the role exists', async () => {
    const said = async (each: Omit<Case, 'name'>, arn = TARGET): Promise<string> => {
      const fixture = await fixtureOf({ name: '', ...each })
      const fields = { RoleArn: arn, RoleSessionName: 'deploy', DurationSeconds: '43200', Policy: 'no policy' }
      return (await fixture.call(await fixture.keysOf(ANN), 'AssumeRole', fields)).said.replaceAll(arn, 'ROLE')
    }
    const untrusted = await said({ own: { policies: [MAY_ASSUME] } })
    expect(await said({ own: { policies: [MAY_ASSUME] } }, role('None'))).toBe(untrusted)
    expect(await said({ target: { trust: policyOf('trust', trusts(A)) } })).toBe(untrusted)
    // Names of roles have a case, and a path is part of the ARN.
    expect(await said({ target: { trust: policyOf('trust', trusts('*')) } }, role('team/target'))).toBe(untrusted)
    expect(await said({ target: { trust: policyOf('trust', trusts('*')) } }, role('Target'))).toBe(untrusted)
    expect(untrusted).toBe(`AccessDenied: User: ${ANN} is not authorized to perform: sts:AssumeRole on resource: ROLE`)
  })

  test('3.5 root users assume no role, and the graph says so too', async () => {
    const fixture = await fixtureOf({ name: '', target: { trust: policyOf('trust', trusts(A), trusts('*')) } })
    const given = await fixture.call(await fixture.keysOf(`arn:aws:iam::${A}:root`), 'AssumeRole', {
      RoleArn: TARGET,
      RoleSessionName: 'deploy',
    })
    expect(given.said).toBe('AccessDenied: Roles may not be assumed by root accounts.')
  })

  test('3.6 a role has no right to itself', async () => {
    const own = { policies: [MAY_ASSUME] }
    const trusting = (who: unknown): Case => ({
      name: '',
      target: { ...own, trust: policyOf('trust', trusts(ANN), trusts(who)) },
    })
    const again = async (each: Case): Promise<string> => {
      const fixture = await fixtureOf(each)
      const keys = await fixture.assume(await fixture.keysOf(ANN), TARGET)
      return (await fixture.call(keys, 'AssumeRole', { RoleArn: TARGET, RoleSessionName: 'again' })).said
    }
    expect(await again(trusting(user('Other')))).toBe(
      `AccessDenied: User: arn:aws:sts::${A}:assumed-role/Target/deploy is not authorized to perform: sts:AssumeRole on resource: ${TARGET}`,
    )
    expect(await again(trusting(TARGET))).toBe('ok')
    expect(await again(trusting(A))).toBe('ok')
    expect(await again(trusting(`arn:aws:sts::${A}:assumed-role/Target/deploy`))).toBe('ok')
  })

  test('3.3 viaRole: the session policy of the caller has to allow it too', async () => {
    const first = role('First')
    const fixture = await stsFixture({
      principals: [
        { arn: ANN },
        { arn: first, trust: policyOf('trust', trusts(ANN)) },
        { arn: TARGET, trust: policyOf('trust', trusts(first)) },
      ],
    })
    const ann = await fixture.keysOf(ANN)
    const policy = (action: string): { readonly Policy: string } => ({
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: action, Resource: '*' }],
      }),
    })
    const wish = { RoleArn: TARGET, RoleSessionName: 'second' }
    expect((await fixture.call(await fixture.assume(ann, first), 'AssumeRole', wish)).said).toBe('ok')
    expect((await fixture.call(await fixture.assume(ann, first, policy('sts:*')), 'AssumeRole', wish)).said).toBe('ok')
    expect((await fixture.call(await fixture.assume(ann, first, policy('kms:*')), 'AssumeRole', wish)).said).toMatch(
      /^AccessDenied: User: arn:aws:sts::111122223333:assumed-role\/First\/deploy is not/,
    )
  })

  test.each([
    [
      { SerialNumber: 'arn:aws:iam::111122223333:mfa/Ann' },
      'must provide both MFA serial number and one time pass code.',
    ],
    [{ TokenCode: '123456' }, 'must provide both MFA serial number and one time pass code.'],
    [
      { SerialNumber: 'arn:aws:iam::111122223333:mfa/Ann', TokenCode: '123456' },
      'unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.',
    ],
  ])('MFA is refused where no devices are known: %j', async (fields, reason) => {
    const fixture = await fixtureOf({ name: '', target: { trust: policyOf('trust', trusts(ANN)) } })
    const keys = await fixture.keysOf(ANN)
    const given = await fixture.call(keys, 'AssumeRole', { RoleArn: TARGET, RoleSessionName: 'deploy', ...fields })
    expect(given.said).toBe(`AccessDenied: MultiFactorAuthentication failed, ${reason}`)
    expect((await fixture.call(keys, 'GetSessionToken', fields)).said).toBe(given.said)
  })
})

describe('modes other than `enforce`', () => {
  test('`audit` lets through, tells and records what it would have refused', async () => {
    const fixture = await stsFixture({ mode: 'audit', principals: [{ arn: ANN }, { arn: TARGET, trust: SILENT }] })
    const keys = await fixture.keysOf(ANN)
    const given = await fixture.call(keys, 'AssumeRole', { RoleArn: TARGET, RoleSessionName: 'deploy' })
    expect(given.said).toBe('ok')
    expect(fixture.denied).toMatchObject([{ action: ASSUME, isRefused: false }])
    expect(fixture.records.at(-1)?.keyward).toMatchObject({ mode: 'audit', wouldBeDenied: [{ action: ASSUME }] })
  })

  test('`allowAll` asks nobody, also for roles that it does not know', async () => {
    const fixture = await stsFixture({ mode: 'allowAll' })
    const given = await fixture.call(await fixture.keysOf(ANN), 'AssumeRole', {
      RoleArn: role('Any'),
      RoleSessionName: 'deploy',
    })
    expect(given.get('Arn')).toBe(`arn:aws:sts::${A}:assumed-role/Any/deploy`)
    expect(given.get('AssumedRoleId')).toMatch(/^AROA[A-Z2-7]{17}:deploy$/)
  })
})
