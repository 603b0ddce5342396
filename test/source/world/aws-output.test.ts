/**
 * Each output of the AWS CLI is recognised by its shape and says what it says.
 *
 * Sources: IAM, KMS, Organizations, EC2 and STS API References; `docs/collect.md` for the names of files.
 */
import { describe, expect, test } from 'vitest'
import type { World } from '../../../src/source/world/world.js'
import { A, ALLOW_ALL, faultyWorld, KEY, KEY_ID, KEY_POLICY, worldOf, type Files } from './files.js'

const METADATA = {
  KeyMetadata: {
    AWSAccountId: A,
    KeyId: KEY_ID,
    Arn: KEY,
    KeyManager: 'CUSTOMER',
    KeySpec: 'SYMMETRIC_DEFAULT',
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: 'Disabled',
    Origin: 'AWS_KMS',
    MultiRegion: true,
    MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA' },
    MemberThatAwsAddsNextYear: true,
  },
}
const POLICY_OUTPUT = { PolicyName: 'default', Policy: JSON.stringify(KEY_POLICY) }
const GRANT = { KeyId: KEY, GrantId: 'g1', GranteePrincipal: `arn:aws:iam::${A}:role/R`, Operations: ['Decrypt'] }
const role = (name: string, more: object = {}): object => ({
  Path: '/',
  RoleName: name,
  RoleId: `AROA${name}`,
  Arn: `arn:aws:iam::${A}:role/${name}`,
  AssumeRolePolicyDocument: {},
  RolePolicyList: [],
  AttachedManagedPolicies: [],
  ...more,
})
const details = (roles: readonly object[], more: object = {}): object => ({
  UserDetailList: [],
  GroupDetailList: [],
  RoleDetailList: roles,
  Policies: [],
  ...more,
})

interface Case {
  readonly name: string
  readonly files: Files
  readonly takenAs: readonly string[]
  readonly says: (world: World) => unknown
  readonly expected: unknown
}

const CASES: readonly Case[] = [
  {
    name: 'kms describe-key',
    files: { 'x.json': METADATA },
    takenAs: ['aws kms describe-key'],
    says: ({ keys }) => [keys.get(KEY)?.state, keys.get(KEY)?.properties.multiRegionKeyType],
    expected: ['Disabled', 'REPLICA'],
  },
  {
    name: 'kms get-key-policy, its key named by the file and known from another',
    files: { [`get-key-policy.${KEY_ID}.json`]: POLICY_OUTPUT, 'x.json': METADATA },
    takenAs: ['aws kms get-key-policy', 'aws kms describe-key'],
    says: ({ keys }) => keys.get(KEY)?.policy?.document.statements.map(({ sid }) => sid),
    expected: ['Root'],
  },
  {
    name: 'kms get-key-policy, its key told by folders alone',
    files: { [`${A}-main/us-west-2/${KEY_ID}/get-key-policy.json`]: POLICY_OUTPUT },
    takenAs: ['aws kms get-key-policy'],
    says: ({ keys }) => [...keys.keys()],
    expected: [KEY],
  },
  {
    name: 'kms get-key-policy --output text',
    files: { [`${A}/us-west-2/get-key-policy.${KEY_ID}.json`]: KEY_POLICY },
    takenAs: ['aws kms get-key-policy --output text'],
    says: ({ keys }) => keys.get(KEY)?.policy?.document.statements.length,
    expected: 1,
  },
  {
    name: 'an output collected with whom it is about',
    files: {
      'all.jsonl': `${JSON.stringify({ about: KEY, output: POLICY_OUTPUT })}\n${JSON.stringify({ about: KEY, output: { Grants: [] } })}\n`,
    },
    takenAs: ['aws kms get-key-policy', 'aws kms list-grants'],
    says: ({ keys }) => [keys.get(KEY)?.policy?.name, keys.get(KEY)?.grants],
    expected: ['key policy', []],
  },
  {
    name: 'kms list-grants, pages concatenated',
    files: {
      'g.json': `${JSON.stringify({ Grants: [GRANT], Truncated: true, NextMarker: 'x' })}\n${JSON.stringify({ Grants: [{ ...GRANT, GrantId: 'g2' }], Truncated: false })}`,
    },
    takenAs: ['aws kms list-grants'],
    says: ({ keys, gaps }) => [
      keys.get(KEY)?.grants.map(({ grantId }) => grantId),
      gaps.filter(({ code }) => code === 'list-incomplete'),
    ],
    expected: [['g1', 'g2'], []],
  },
  {
    name: 'kms list-grants, made by a service long ago, issued by the root ARN',
    files: {
      'g.json': {
        Grants: [
          {
            ...GRANT,
            GranteePrincipal: 'rds.amazonaws.com',
            IssuingAccount: `arn:aws:iam::${A}:root`,
            CreationDate: '2024-05-21T06:10:33.5+02:00',
          },
        ],
      },
    },
    takenAs: ['aws kms list-grants'],
    says: ({ keys }) => keys.get(KEY)?.grants[0],
    expected: {
      grantId: 'g1',
      keyArn: KEY,
      granteePrincipal: 'rds.amazonaws.com',
      operations: ['Decrypt'],
      issuingAccount: A,
      propagated: true,
      createdAtMs: Date.UTC(2024, 4, 21, 4, 10, 33, 500),
    },
  },
  {
    name: 'kms list-aliases, with one of AWS that has no key',
    files: {
      'a.json': {
        Aliases: [
          { AliasArn: `arn:aws:kms:us-west-2:${A}:alias/app`, TargetKeyId: KEY_ID },
          { AliasArn: `arn:aws:kms:us-west-2:${A}:alias/aws/s3` },
        ],
      },
    },
    takenAs: ['aws kms list-aliases'],
    says: ({ keys }) => keys.get(KEY)?.properties.aliases,
    expected: ['alias/app'],
  },
  {
    name: 'kms list-resource-tags',
    files: {
      [`list-resource-tags.${KEY_ID}.json`]: { Tags: [{ TagKey: 'team', TagValue: 'a' }], Truncated: false },
      'k.json': { Keys: [{ KeyId: KEY_ID, KeyArn: KEY }] },
    },
    takenAs: ['aws kms list-keys', 'aws kms list-resource-tags'],
    says: ({ keys }) => keys.get(KEY)?.properties.tags,
    expected: { team: 'a' },
  },
  {
    name: 'iam get-account-authorization-details, objects and URL-encoded policies',
    files: {
      'd.json': details([
        role('R', {
          RolePolicyList: [
            { PolicyName: 'object', PolicyDocument: ALLOW_ALL },
            { PolicyName: 'encoded', PolicyDocument: encodeURIComponent(JSON.stringify(ALLOW_ALL)) },
          ],
          Tags: [{ Key: 'team', Value: 'a' }],
        }),
      ]),
    },
    takenAs: ['aws iam get-account-authorization-details'],
    says: ({ principals }) => {
      const found = principals.get(`arn:aws:iam::${A}:role/R`)
      return [found?.inline.map(({ name, origin }) => [name, origin.encoding]), found?.tags, found?.uniqueId]
    },
    expected: [
      [
        ['object', 'document'],
        ['encoded', 'urlEncoded'],
      ],
      { team: 'a' },
      'AROAR',
    ],
  },
  {
    name: 'iam get-account-authorization-details: the default version of a managed policy counts, as boundary too',
    files: {
      'd.json': details(
        [
          role('R', {
            AttachedManagedPolicies: [{ PolicyArn: `arn:aws:iam::${A}:policy/M` }],
            PermissionsBoundary: { PermissionsBoundaryArn: `arn:aws:iam::${A}:policy/M` },
          }),
        ],
        {
          Policies: [
            {
              Arn: `arn:aws:iam::${A}:policy/M`,
              PolicyName: 'M',
              DefaultVersionId: 'v1',
              PolicyVersionList: [
                { VersionId: 'v2', IsDefaultVersion: false, Document: { Version: '2012-10-17', Statement: [] } },
                { VersionId: 'v1', IsDefaultVersion: true, Document: ALLOW_ALL },
              ],
            },
          ],
        },
      ),
    },
    takenAs: ['aws iam get-account-authorization-details'],
    says: ({ principals }) => {
      const found = principals.get(`arn:aws:iam::${A}:role/R`)
      return [
        found?.attached[0]?.document.kind,
        found?.boundary?.document.kind,
        found?.boundary?.document.statements.length,
      ]
    },
    expected: ['identity', 'boundary', 1],
  },
  {
    name: 'iam get-account-authorization-details: groups by name and path',
    files: {
      'd.json': {
        UserDetailList: [{ Arn: `arn:aws:iam::${A}:user/a/u`, UserId: 'AIDAU', GroupList: ['g'] }],
        GroupDetailList: [
          { Arn: `arn:aws:iam::${A}:group/x/g`, GroupPolicyList: [{ PolicyName: 'p', PolicyDocument: ALLOW_ALL }] },
        ],
        RoleDetailList: [],
        Policies: [],
      },
    },
    takenAs: ['aws iam get-account-authorization-details'],
    says: ({ principals, groups }) => [
      principals.get(`arn:aws:iam::${A}:user/a/u`)?.groups,
      groups.get(`arn:aws:iam::${A}:group/x/g`)?.inline.length,
    ],
    expected: [[`arn:aws:iam::${A}:group/x/g`], 1],
  },
  {
    name: 'ec2 describe-vpc-endpoints: those of KMS only',
    files: {
      'e.json': {
        VpcEndpoints: [
          {
            VpcEndpointId: 'vpce-1',
            ServiceName: 'com.amazonaws.us-west-2.kms',
            PolicyDocument: JSON.stringify({
              Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }],
            }),
          },
          { VpcEndpointId: 'vpce-2', ServiceName: 'com.amazonaws.us-west-2.s3', PolicyDocument: '{}' },
        ],
      },
    },
    takenAs: ['aws ec2 describe-vpc-endpoints'],
    says: ({ endpoints }) => [...endpoints.values()].map(({ endpointId, policy }) => [endpointId, policy?.name]),
    expected: [['vpce-1', 'endpoint policy']],
  },
  {
    name: 'sts get-caller-identity tells the account of its folder',
    files: {
      'prod/get-caller-identity.json': { UserId: 'AROAX:s', Account: A, Arn: `arn:aws:sts::${A}:assumed-role/X/s` },
      [`prod/us-west-2/get-key-policy.${KEY_ID}.json`]: POLICY_OUTPUT,
    },
    takenAs: ['aws sts get-caller-identity', 'aws kms get-key-policy'],
    says: ({ keys }) => [...keys.keys()],
    expected: [KEY],
  },
  {
    name: 'CloudTrail events are no part of a world, and no error',
    files: { 't.json': { Records: [{ eventSource: 'kms.amazonaws.com', eventVersion: '1.11' }] } },
    takenAs: ['CloudTrail events (no part of a world)'],
    says: ({ keys }) => keys.size,
    expected: 0,
  },
]

describe('outputs of the AWS CLI', () => {
  test.each(CASES)('$name', ({ files, takenAs, says, expected }) => {
    const world = worldOf(files)
    expect([...new Set(world.files.flatMap((file) => file.takenAs))].toSorted()).toEqual([...takenAs].toSorted())
    expect(says(world)).toEqual(expected)
  })
})

const TREE: Files = {
  'o/describe-organization.json': { Organization: { Id: 'o-abc', MasterAccountId: '999988887777', FeatureSet: 'ALL' } },
  'o/list-roots.json': {
    Roots: [{ Id: 'r-ab12', Name: 'Root', PolicyTypes: [{ Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' }] }],
  },
  'o/list-organizational-units-for-parent.r-ab12.json': {
    OrganizationalUnits: [{ Id: 'ou-ab12-11111111', Name: 'Prod' }],
  },
  'o/list-accounts-for-parent.ou-ab12-11111111.json': { Accounts: [{ Id: A, Name: 'app' }] },
}
const SCP = (id: string, policy: object = ALLOW_ALL): object => ({
  Policy: {
    PolicySummary: { Id: id, Name: `name of ${id}`, Type: 'SERVICE_CONTROL_POLICY' },
    Content: JSON.stringify(policy),
  },
})
const targets = (...ids: readonly string[]): object => ({ Targets: ids.map((TargetId) => ({ TargetId })) })
const levels = (world: World): unknown =>
  world.accounts.get(A)?.scps?.map(({ policies }) => policies.map(({ name }) => name))

describe('the organization', () => {
  test('a tree of parents gives the path of an account', () => {
    expect(worldOf(TREE).accounts.get(A)?.organizationPath).toBe('o-abc/r-ab12/ou-ab12-11111111/')
  })

  test('policies stand at the levels of their targets', () => {
    const world = worldOf({
      ...TREE,
      'o/describe-policy.p-1.json': SCP('p-1'),
      'o/list-targets-for-policy.p-1.json': targets('r-ab12', A),
      'o/list-targets-for-policy.p-FullAWSAccess.json': targets('r-ab12'),
    })
    expect(levels(world)).toEqual([['name of p-1', 'FullAWSAccess'], [], ['name of p-1']])
  })

  test('where nobody lists the targets of FullAWSAccess, it is taken as attached, and a gap says so', () => {
    const world = worldOf({ ...TREE, 'o/p.json': SCP('p-1'), 'o/list-targets-for-policy.p-1.json': targets(A) })
    expect(levels(world)).toEqual([['FullAWSAccess'], ['FullAWSAccess'], ['name of p-1', 'FullAWSAccess']])
    expect(world.gaps.map(({ code }) => code)).toContain('scp-targets-missing')
  })

  test('a kind of policy that is switched off at the root limits nothing, and nothing is missing', () => {
    const world = worldOf(TREE)
    const codes = world.gaps.map(({ code }) => code)
    expect(codes).toContain('scps-missing')
    expect(codes).not.toContain('rcps-missing')
    expect(world.accounts.get(A)?.rcps?.length).toBe(3)
  })

  test('the management account has no levels: it is exempt', () => {
    expect(worldOf(TREE).accounts.get('999988887777')).toMatchObject({ isManagement: true, scps: undefined })
  })

  test('list-policies-for-target says everything of its target', () => {
    const world = worldOf({
      ...TREE,
      'o/p.json': SCP('p-1'),
      [`o/list-policies-for-target.${A}.json`]: {
        Policies: [{ Id: 'p-1', Name: 'n', Type: 'SERVICE_CONTROL_POLICY' }],
      },
    })
    expect((levels(world) as string[][])[2]).toEqual(['name of p-1'])
  })
})

const REFUSED: readonly (readonly [name: string, files: Files, message: RegExp])[] = [
  [
    'a key policy of nobody knows which key',
    { 'policy.json': POLICY_OUTPUT },
    /nothing tells of which key this key policy is/,
  ],
  [
    'a key that is in no other file and no folder',
    { [`get-key-policy.${KEY_ID}.json`]: POLICY_OUTPUT },
    /cannot tell where key .* it is in no other file/,
  ],
  [
    'a multi-Region key in two Regions',
    {
      'k.json': {
        Keys: ['us-west-2', 'eu-west-1'].map((region) => ({
          KeyArn: `arn:aws:kms:${region}:${A}:key/mrk-${'a'.repeat(32)}`,
        })),
      },
      [`get-key-policy.mrk-${'a'.repeat(32)}.json`]: POLICY_OUTPUT,
    },
    /it is in 2 places/,
  ],
  ['targets of an unknown policy', { 't.json': targets(A) }, /nothing tells which policy has these targets/],
  [
    'units of an unknown parent',
    { 'u.json': { OrganizationalUnits: [{ Id: 'ou-ab12-11111111' }] } },
    /nothing tells which parent/,
  ],
  ['a policy of nobody', { 'p.json': ALLOW_ALL }, /looks like a policy document that does not say whose it is/],
  ['something else', { 'x.json': { foo: 1, bar: 2 } }, /looks like an object of `foo`, `bar`/],
  ['a number', { 'x.json': '42' }, /looks like no object/],
  ['the output of a command as text', { 'x.json': 'KEYMETADATA\t111122223333\n' }, /^x\.json: this is text, not JSON$/],
  [
    'an error of the AWS CLI',
    { 'x.json': '\nAn error occurred (AccessDenied) when calling the GetKeyPolicy operation: no\n' },
    /^x\.json: this is an error of the AWS CLI, not an output$/,
  ],
  [
    'the output of a command about one role',
    { 'x.json': { RoleName: 'R', PolicyName: 'p', PolicyDocument: {} } },
    /looks like the output of `aws iam get-role-policy`/,
  ],
  ['the output of a command about one policy', { 'x.json': { PolicyVersion: {} } }, /`aws iam get-policy-version`/],
  ['broken JSON', { 'x.json': '{"Grants": [' }, /the text ends inside the array/],
  ['an empty file', { 'x.json': '' }, /the text is empty/],
  [
    'a grant with an unknown constraint',
    { 'g.json': { Grants: [{ ...GRANT, Constraints: { Nothing: {} } }] } },
    /unknown grant constraint `Nothing`/,
  ],
  [
    'a grant of an operation that none can allow',
    { 'g.json': { Grants: [{ ...GRANT, Operations: ['PutKeyPolicy'] }] } },
    /a grant cannot allow `PutKeyPolicy`/,
  ],
  [
    'a policy that AWS would refuse',
    {
      'd.json': details([
        role('R', {
          RolePolicyList: [
            { PolicyName: 'p', PolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'allow' }] } },
          ],
        }),
      ]),
    },
    /Effect/i,
  ],
  [
    'a key twice in one policy',
    {
      [`${A}/us-west-2/get-key-policy.${KEY_ID}.json`]: {
        Policy: '{"Version":"2012-10-17","Version":"2008-10-17","Statement":[]}',
      },
    },
    /duplicate key `Version`/,
  ],
]

describe('what cannot be used is reported', () => {
  test.each(REFUSED)('%s', (_name, files, message) => {
    expect(faultyWorld(files).messages.join('\n')).toMatch(message)
  })

  test('the rest of the world is still there', () => {
    expect(faultyWorld({ 'x.json': METADATA, 'y.json': '{' }).world.keys.size).toBe(1)
  })

  test('a policy that cannot be read leaves a gap for its principal alone', () => {
    const { world } = faultyWorld({
      'd.json': details([
        role('Bad', { RolePolicyList: [{ PolicyName: 'p', PolicyDocument: { Statement: 7 } }] }),
        role('Good'),
      ]),
    })
    expect(world.gaps.filter(({ code }) => code === 'policy-unreadable')).toMatchObject([
      { scope: { kind: 'principals', arns: [`arn:aws:iam::${A}:role/Bad`] } },
    ])
  })
})

describe('two files that disagree', () => {
  test('the first by name is taken, and both places are named', () => {
    const world = worldOf({
      'a.json': METADATA,
      'b.json': { KeyMetadata: { ...METADATA.KeyMetadata, KeyState: 'Enabled' } },
    })
    expect(world.keys.get(KEY)?.state).toBe('Disabled')
    expect(world.contradictions).toMatchObject([
      {
        about: `state of ${KEY}`,
        first: { source: { name: 'a.json' }, pointer: '/KeyMetadata/KeyState' },
        second: { source: { name: 'b.json' } },
      },
    ])
  })

  test('the same said twice, in another layout, is no contradiction', () => {
    const folder = `${A}/us-west-2/`
    const world = worldOf({
      [`${folder}get-key-policy.${KEY_ID}.json`]: POLICY_OUTPUT,
      [`${folder}text/get-key-policy.${KEY_ID}.json`]: KEY_POLICY,
    })
    expect(world.contradictions).toEqual([])
  })

  test('two dumps of one role that differ by a tag', () => {
    const dump = (Value: string): object => details([role('R', { Tags: [{ Key: 'team', Value }] })])
    const world = worldOf({ 'a.json': dump('x'), 'b.json': dump('y') })
    expect(world.contradictions.map(({ about }) => about)).toEqual([`role arn:aws:iam::${A}:role/R`])
    expect(world.principals.get(`arn:aws:iam::${A}:role/R`)?.tags).toEqual({ team: 'x' })
  })
})
