/**
 * Sessions and how long they last: sts.md 2 (outputs), 4 and 5; then in use with the key service.
 */
import { describe, expect, test } from 'vitest'
import type { Keys } from 'aws4'
import {
  A,
  allow,
  B,
  deny,
  policyOf,
  policyText,
  role,
  START_MS,
  stsFixture,
  trusts,
  user,
  type Fixture,
} from './sts-fixture.js'

const ANN = user('team/Ann')
const ROOT = `arn:aws:iam::${A}:root`
const APP = role('service/App')
const NEXT = role('Next')
const LAST = role('Last')
const EVERYBODY = policyOf('trust', trusts('*'))
const ALL = policyOf('identity', allow('*'))

/** Ann and three roles, each of which may assume the next. */
async function chain(managedPolicy?: (arn: string) => string | undefined): Promise<Fixture> {
  return stsFixture({
    principals: [
      { arn: ANN, policies: [ALL], uniqueId: 'AIDAANNANNANNANNANN23', tags: { Team: 'ann', site: 'berlin' } },
      {
        arn: APP,
        policies: [ALL],
        trust: EVERYBODY,
        uniqueId: 'AROAAPPAPPAPPAPPAPP23',
        maxSessionSeconds: 7200,
        tags: { Team: 'own', site: 'zurich' },
      },
      { arn: NEXT, policies: [ALL], trust: EVERYBODY, tags: { TEAM: 'next', plan: 'b' } },
      { arn: LAST, policies: [ALL], trust: EVERYBODY },
    ],
    ...(managedPolicy === undefined ? {} : { managedPolicy }),
  })
}

const tags = (...pairs: readonly (readonly [string, string])[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    pairs.flatMap(([key, value], index) => [
      [`Tags.member.${index + 1}.Key`, key],
      [`Tags.member.${index + 1}.Value`, value],
    ]),
  )

describe('sts.md 2, what the answers hold', () => {
  test('AssumeRole', async () => {
    const fixture = await chain()
    const given = await fixture.call(await fixture.keysOf(ANN), 'AssumeRole', {
      RoleArn: APP,
      RoleSessionName: 'deploy',
      SourceIdentity: 'ann',
    })
    expect(given.get('Arn')).toBe(`arn:aws:sts::${A}:assumed-role/App/deploy`)
    expect(given.get('AssumedRoleId')).toBe('AROAAPPAPPAPPAPPAPP23:deploy')
    expect(given.get('AccessKeyId')).toMatch(/^ASIA[A-Z2-7]{16}$/)
    expect(given.get('SecretAccessKey')).toHaveLength(40)
    expect(given.get('Expiration')).toBe('2026-03-15T13:00:00Z')
    expect(given.get('SourceIdentity')).toBe('ann')
    expect(given.get('PackedPolicySize')).toBeUndefined()
  })

  test('GetCallerIdentity for every kind of caller', async () => {
    const fixture = await chain()
    const ann = await fixture.keysOf(ANN)
    const root = await fixture.keysOf(ROOT)
    const who = async (keys: Keys): Promise<readonly (string | undefined)[]> => {
      const given = await fixture.call(keys, 'GetCallerIdentity')
      return ['UserId', 'Arn', 'Account'].map((name) => given.get(name))
    }
    const session = async (keys: Keys, action: string, fields = {}): Promise<Keys> =>
      fixture.keysFrom(await fixture.call(keys, action, fields))
    const asAnn = ['AIDAANNANNANNANNANN23', ANN, A]
    expect(await who(ann)).toEqual(asAnn)
    expect(await who(await session(ann, 'GetSessionToken'))).toEqual(asAnn)
    expect(await who(root)).toEqual([A, ROOT, A])
    expect(await who(await session(root, 'GetSessionToken'))).toEqual([A, ROOT, A])
    expect(await who(await fixture.assume(ann, APP))).toEqual([
      'AROAAPPAPPAPPAPPAPP23:deploy',
      `arn:aws:sts::${A}:assumed-role/App/deploy`,
      A,
    ])
    expect(await who(await session(ann, 'GetFederationToken', { Name: 'fay' }))).toEqual([
      `${A}:fay`,
      `arn:aws:sts::${A}:federated-user/fay`,
      A,
    ])
  })

  test('GetCallerIdentity and GetSessionToken ask no policy, not even a Deny', async () => {
    const fixture = await stsFixture({
      principals: [{ arn: ANN, policies: [policyOf('identity', deny('*'))] }],
      accounts: [{ accountId: A, scps: [[policyOf('scp', deny('*'))]] }],
    })
    const keys = await fixture.keysOf(ANN)
    expect((await fixture.call(keys, 'GetCallerIdentity')).said).toBe('ok')
    expect((await fixture.call(keys, 'GetSessionToken')).said).toBe('ok')
  })

  test('GetFederationToken needs permission on the federated user, and for tags too', async () => {
    const fixture = await stsFixture({
      principals: [
        {
          arn: ANN,
          policies: [policyOf('identity', allow('sts:GetFederationToken', `arn:aws:sts::${A}:federated-user/f*`))],
        },
      ],
    })
    const keys = await fixture.keysOf(ANN)
    const fay = await fixture.call(keys, 'GetFederationToken', { Name: 'fay' })
    expect([fay.get('FederatedUserId'), fay.get('Arn'), fay.get('Expiration')]).toEqual([
      `${A}:fay`,
      `arn:aws:sts::${A}:federated-user/fay`,
      '2026-03-16T00:00:00Z',
    ])
    const denied = (action: string, name: string): string =>
      `AccessDenied: User: ${ANN} is not authorized to perform: ${action} on resource: arn:aws:sts::${A}:federated-user/${name}`
    expect((await fixture.call(keys, 'GetFederationToken', { Name: 'bob' })).said).toBe(
      denied('sts:GetFederationToken', 'bob'),
    )
    expect((await fixture.call(keys, 'GetFederationToken', { Name: 'fay', ...tags(['a', 'b']) })).said).toBe(
      denied('sts:TagSession', 'fay'),
    )
  })

  test('how large the token is, and how much of what it may be, comes with every session', async () => {
    const { call, keysOf } = await chain()
    const ann = await keysOf(ANN)
    const given = [
      await call(ann, 'AssumeRole', { RoleArn: APP, RoleSessionName: 'deploy' }),
      await call(ann, 'GetSessionToken'),
      await call(ann, 'GetFederationToken', { Name: 'fay', Policy: policyText(allow('*')) }),
    ]
    for (const one of given) {
      const length = one.get('SessionToken')?.length ?? 0
      expect(length).toBeGreaterThan(100)
      expect(one.get('SessionTokenSize')).toBe(String(length))
      expect(one.get('SessionTokenUtilization')).toBe(String(Math.ceil((length / 8192) * 100)))
    }
  })

  test('PackedPolicySize comes with policies and tags; above 100 percent is too much', async () => {
    const fixture = await chain()
    const keys = await fixture.keysOf(ANN)
    const sized = async (fields: Readonly<Record<string, string>>): Promise<string> => {
      const given = await fixture.call(keys, 'AssumeRole', { RoleArn: APP, RoleSessionName: 'deploy', ...fields })
      return given.get('PackedPolicySize') ?? given.said
    }
    const Policy = policyText(allow('kms:Decrypt'))
    expect(await sized({ Policy })).toBe('3')
    expect(await sized({ Policy: Policy.padEnd(1000) })).toBe('25')
    expect(await sized({ Policy: Policy.padEnd(1000), ...tags(['a', 'x'.repeat(24)]) })).toBe('26')
    expect(await sized(tags(['a', 'b']))).toBe('1')
    expect(await sized({ Policy: Policy.padEnd(2049) })).toMatch(/^PackedPolicyTooLarge: .* 101 percent /)
    const wide = Array.from({ length: 12 }, (_, index) => [`key${index}`, 'x'.repeat(252)] as const)
    expect(await sized({ Policy: Policy.padEnd(1500), ...tags(...wide) })).toMatch(
      /^PackedPolicyTooLarge: .* 112 percent /,
    )
  })

  test.each([
    ['no JSON', 'Allow everything'],
    [
      'a Principal',
      '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}',
    ],
    ['a short ARN', '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:kms"}]}'],
  ])('a session policy with %s is malformed', async (_, Policy) => {
    const fixture = await chain()
    const keys = await fixture.keysOf(ANN)
    for (const [action, fields] of [
      ['AssumeRole', { RoleArn: APP, RoleSessionName: 'deploy' }],
      ['GetFederationToken', { Name: 'fay' }],
    ] as const) {
      const given = await fixture.call(keys, action, { ...fields, Policy })
      expect([given.status, given.get('Code')]).toEqual([400, 'MalformedPolicyDocument'])
    }
  })

  test('managed session policies are those of AWS and of the account of the role', async () => {
    const READ = 'arn:aws:iam::aws:policy/Read'
    const OWN = `arn:aws:iam::${A}:policy/Own`
    const FOREIGN = `arn:aws:iam::${B}:policy/Foreign`
    const texts = new Map([READ, OWN, FOREIGN].map((arn) => [arn, policyText(allow('kms:DescribeKey'))]))
    const fixture = await chain((arn) => texts.get(arn))
    const keys = await fixture.keysOf(ANN)
    const said = async (arn: string): Promise<string> =>
      (
        await fixture.call(keys, 'AssumeRole', {
          RoleArn: APP,
          RoleSessionName: 'deploy',
          'PolicyArns.member.1.arn': arn,
        })
      ).said
    expect(await said(READ)).toBe('ok')
    expect(await said(OWN)).toBe('ok')
    expect(await said(FOREIGN)).toBe(`ValidationError: Policy ${FOREIGN} does not exist or is not attachable.`)
    expect(await said(`${OWN}er`)).toBe(`ValidationError: Policy ${OWN}er does not exist or is not attachable.`)
  })
})

describe('sts.md 5, how long sessions last', () => {
  const HOURS = { 3600: '2026-03-15T13:00:00Z', 7200: '2026-03-15T14:00:00Z', 900: '2026-03-15T12:15:00Z' }

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ['omitted, though the role allows more', {}, HOURS[3600]],
    ['as long as the role allows', { DurationSeconds: '7200' }, HOURS[7200]],
    ['the shortest', { DurationSeconds: '900' }, HOURS[900]],
    [
      'longer than the role allows',
      { DurationSeconds: '7201' },
      'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ],
  ])('AssumeRole, %s', async (_, fields, wanted) => {
    const fixture = await chain()
    const given = await fixture.call(await fixture.keysOf(ANN), 'AssumeRole', {
      RoleArn: APP,
      RoleSessionName: 'deploy',
      ...fields,
    })
    expect(given.get('Expiration') ?? given.said).toBe(wanted)
  })

  test('a role without a maximum allows one hour', async () => {
    const fixture = await chain()
    const given = await fixture.call(await fixture.keysOf(ANN), 'AssumeRole', {
      RoleArn: NEXT,
      RoleSessionName: 'deploy',
      DurationSeconds: '3601',
    })
    expect(given.said).toBe(
      'ValidationError: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    )
  })

  test('chained sessions last one hour at most, which may outlive the calling one', async () => {
    const fixture = await chain()
    const ann = await fixture.keysOf(ANN)
    const sessions = [
      await fixture.assume(ann, NEXT, { DurationSeconds: '900' }),
      fixture.keysFrom(await fixture.call(ann, 'GetSessionToken')),
    ]
    for (const keys of sessions) {
      const asked = async (seconds: string): Promise<string | undefined> => {
        const given = await fixture.call(keys, 'AssumeRole', {
          RoleArn: APP,
          RoleSessionName: 'deploy',
          DurationSeconds: seconds,
        })
        return given.get('Expiration') ?? given.said
      }
      expect(await asked('3600')).toBe(HOURS[3600])
      expect(await asked('3601')).toBe(
        'ValidationError: The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.',
      )
    }
  })

  test.each<[caller: string, action: string, seconds: string | undefined, hours: number]>([
    [ANN, 'GetSessionToken', undefined, 12],
    [ANN, 'GetSessionToken', '129600', 36],
    [ANN, 'GetFederationToken', undefined, 12],
    [ANN, 'GetFederationToken', '129600', 36],
    [ROOT, 'GetSessionToken', undefined, 1],
    [ROOT, 'GetSessionToken', '7200', 1],
    [ROOT, 'GetSessionToken', '900', 0.25],
    [ROOT, 'GetFederationToken', '7200', 1],
  ])('%s %s %s', async (caller, action, seconds, hours) => {
    const fixture = await chain()
    const given = await fixture.call(await fixture.keysOf(caller), action, {
      ...(action === 'GetFederationToken' ? { Name: 'fay' } : {}),
      ...(seconds === undefined ? {} : { DurationSeconds: seconds }),
    })
    expect(Date.parse(given.get('Expiration') ?? '')).toBe(START_MS + hours * 3_600_000)
  })

  test('credentials past their expiry are none', async () => {
    const fixture = await chain()
    const keys = await fixture.assume(await fixture.keysOf(ANN), APP, { DurationSeconds: '900' })
    fixture.clock.nowMs += 899_000
    expect((await fixture.call(keys, 'GetCallerIdentity')).said).toBe('ok')
    fixture.clock.nowMs += 1000
    await expect(fixture.call(keys, 'GetCallerIdentity')).rejects.toThrow('ExpiredToken')
  })
})

describe('sts.md 4, which sessions may call what', () => {
  test('long-term credentials alone get session and federation tokens', async () => {
    const fixture = await chain()
    const ann = await fixture.keysOf(ANN)
    const sessions = [
      fixture.keysFrom(await fixture.call(ann, 'GetSessionToken')),
      fixture.keysFrom(await fixture.call(ann, 'GetFederationToken', { Name: 'fay' })),
      await fixture.assume(ann, APP),
    ]
    for (const keys of sessions) {
      for (const action of ['GetSessionToken', 'GetFederationToken']) {
        expect((await fixture.call(keys, action, { Name: 'bob' })).said).toBe(
          `AccessDenied: Cannot call ${action} with session credentials`,
        )
      }
    }
  })

  test('a federated user assumes no role, whatever its policies say', async () => {
    const fixture = await chain()
    const fay = fixture.keysFrom(
      await fixture.call(await fixture.keysOf(ANN), 'GetFederationToken', {
        Name: 'fay',
        Policy: policyText(allow('*')),
      }),
    )
    expect((await fixture.call(fay, 'AssumeRole', { RoleArn: APP, RoleSessionName: 'deploy' })).said).toBe(
      `AccessDenied: User: arn:aws:sts::${A}:federated-user/fay is not authorized to perform: sts:AssumeRole on resource: ${APP}`,
    )
  })
})

describe('sts.md 3.8, 4: what a chain of roles hands on', () => {
  const SESSION = { RoleSessionName: 'deploy' }

  test('transitive tags go on and stay, other session tags and tags of roles do not', async () => {
    const fixture = await chain()
    const first = await fixture.assume(await fixture.keysOf(ANN), APP, {
      ...tags(['team', 'chain'], ['once', '1']),
      'TransitiveTagKeys.member.1': 'TEAM',
    })
    // The spelling is that of the role's own tag, which the session's replaces.
    expect((await fixture.signedIn(first)).session).toMatchObject({
      tags: { Team: 'chain', once: '1' },
      transitiveTagKeys: ['TEAM'],
    })
    const second = await fixture.assume(first, NEXT, tags(['plan', 'a']))
    expect((await fixture.signedIn(second)).session?.tags).toEqual({ TEAM: 'chain', plan: 'a' })
    const third = await fixture.assume(second, LAST)
    expect((await fixture.signedIn(third)).session?.tags).toEqual({ TEAM: 'chain' })
    expect((await fixture.call(second, 'AssumeRole', { RoleArn: LAST, ...SESSION, ...tags(['team', 'x']) })).said).toBe(
      'ValidationError: The tag key team cannot be passed because the calling session has it as a transitive tag.',
    )
  })

  test('an inherited tag takes the place of the tag of the role that is assumed, and needs sts:TagSession', async () => {
    const own = (value: string): ReturnType<typeof policyOf> =>
      policyOf('trust', {
        ...trusts('*'),
        Condition: { StringEquals: { 'aws:ResourceTag/team': value, 'sts:TransitiveTagKeys': 'team' } },
      })
    for (const [value, isTrusted] of [
      ['chain', true],
      ['own', false],
    ] as const) {
      const fixture = await stsFixture({
        principals: [
          { arn: ANN },
          { arn: APP, trust: EVERYBODY, policies: [ALL] },
          { arn: NEXT, trust: own(value), tags: { team: 'own' } },
          { arn: LAST, trust: policyOf('trust', trusts('*', 'sts:AssumeRole')) },
        ],
      })
      const keys = await fixture.assume(await fixture.keysOf(ANN), APP, {
        ...tags(['team', 'chain']),
        'TransitiveTagKeys.member.1': 'team',
      })
      expect((await fixture.call(keys, 'AssumeRole', { RoleArn: NEXT, ...SESSION })).said === 'ok').toBe(isTrusted)
      expect((await fixture.call(keys, 'AssumeRole', { RoleArn: LAST, ...SESSION })).said).toMatch(
        /perform: sts:TagSession on/,
      )
    }
  })

  test('a source identity stays as it was set', async () => {
    const fixture = await chain()
    const first = await fixture.assume(await fixture.keysOf(ANN), APP, { SourceIdentity: 'ann' })
    const inherited = await fixture.call(first, 'AssumeRole', { RoleArn: NEXT, ...SESSION })
    expect(inherited.get('SourceIdentity')).toBe('ann')
    expect((await fixture.call(first, 'AssumeRole', { RoleArn: NEXT, ...SESSION, SourceIdentity: 'ann' })).said).toBe(
      'ok',
    )
    const other = await fixture.call(fixture.keysFrom(inherited), 'AssumeRole', {
      RoleArn: LAST,
      ...SESSION,
      SourceIdentity: 'bob',
    })
    expect(other.said).toMatch(/^AccessDenied: .* perform: sts:SetSourceIdentity on resource: /)
  })

  test('an inherited source identity needs sts:SetSourceIdentity, and aws:SourceIdentity tells it', async () => {
    const condition = {
      Condition: { StringEquals: { 'aws:SourceIdentity': 'ann' }, Null: { 'sts:SourceIdentity': 'true' } },
    }
    const fixture = await stsFixture({
      principals: [
        { arn: ANN },
        { arn: APP, trust: EVERYBODY, policies: [ALL] },
        { arn: NEXT, trust: policyOf('trust', { ...trusts('*'), ...condition }) },
        { arn: LAST, trust: policyOf('trust', trusts('*', 'sts:AssumeRole')) },
      ],
    })
    const keys = await fixture.assume(await fixture.keysOf(ANN), APP, { SourceIdentity: 'ann' })
    expect((await fixture.call(keys, 'AssumeRole', { RoleArn: NEXT, ...SESSION })).said).toBe('ok')
    expect((await fixture.call(keys, 'AssumeRole', { RoleArn: LAST, ...SESSION })).said).toMatch(
      /perform: sts:SetSourceIdentity on/,
    )
  })
})
