/**
 * The scripts of `docs/collect.md`, run against a stand-in for the AWS CLI: it knows the commands and options that the
 * scripts may use, as the AWS CLI Command Reference documents them, and answers with what the real one would print. The
 * folder that comes out is a world without a gap.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadWorld } from '../../../src/source/world/load-world.js'
import { toAuthorizer } from '../../../src/source/world/to-authorizer.js'
import type { World } from '../../../src/source/world/world.js'

const DOCUMENTATION = readFileSync(new URL('../../../docs/collect.md', import.meta.url), 'utf8')
const SCRIPTS = [...DOCUMENTATION.matchAll(/```bash\n(#!\/usr\/bin\/env bash\n# Usage: (\S+)[\s\S]*?)```/g)].map(
  ([, text = '', name = '']) => ({ name, text }),
)

const MANAGEMENT = '111122223333'
const MEMBER = '444455556666'
const KEY = '1234abcd-12ab-34cd-56ef-1234567890ab'
const AWS_KEY = '80d3f6ca-b7b4-4f60-9c93-f47bafc0eb08'
const ENDPOINT = 'vpce-0a1b2c3d4e5f60718'
const arnOf = (key: string): string => `arn:aws:kms:us-east-1:${MEMBER}:key/${key}`

const allow = (more: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*', ...more }] })

const PAGE = { NextToken: null }

function policySummary(id: string, Type: string): object {
  return { Id: id, Name: id.slice(2), Type, Arn: `arn:aws:organizations::aws:policy/${Type.toLowerCase()}/${id}` }
}

function metadata(key: string, KeyManager: string): object {
  return {
    KeyMetadata: {
      AWSAccountId: MEMBER,
      KeyId: key,
      Arn: arnOf(key),
      CreationDate: '2026-01-01T00:00:00+00:00',
      Enabled: true,
      KeyUsage: 'ENCRYPT_DECRYPT',
      KeyState: 'Enabled',
      Origin: 'AWS_KMS',
      KeyManager,
      KeySpec: 'SYMMETRIC_DEFAULT',
      EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
      MultiRegion: false,
    },
  }
}

const ROOT = { Principal: { AWS: `arn:aws:iam::${MEMBER}:root` } }

/**
 * What the commands print, by their arguments without the Region, which the environment tells. Options that are not
 * here do not exist: AWS CLI Command Reference, `organizations`, `iam`, `kms`, `sts`, `ec2`.
 */
const OUTPUTS: Readonly<Record<string, unknown>> = {
  'organizations describe-organization': {
    Organization: { Id: 'o-a1b2c3d4e5', FeatureSet: 'ALL', MasterAccountId: MANAGEMENT },
  },
  'organizations list-roots': {
    Roots: [
      {
        Id: 'r-a1b2',
        Name: 'Root',
        PolicyTypes: ['SERVICE', 'RESOURCE'].map((type) => ({ Type: `${type}_CONTROL_POLICY`, Status: 'ENABLED' })),
      },
    ],
  },
  'organizations list-roots --query Roots[].Id': 'r-a1b2',
  'organizations list-accounts': {
    Accounts: [
      { Id: MANAGEMENT, Name: 'management', Status: 'ACTIVE' },
      { Id: MEMBER, Name: 'payments', Status: 'ACTIVE' },
    ],
  },
  'organizations list-accounts-for-parent --parent-id r-a1b2': { Accounts: [{ Id: MANAGEMENT, Name: 'management' }] },
  'organizations list-accounts-for-parent --parent-id ou-a1b2-11111111': { Accounts: [{ Id: MEMBER }], ...PAGE },
  'organizations list-organizational-units-for-parent --parent-id r-a1b2': {
    OrganizationalUnits: [{ Id: 'ou-a1b2-11111111', Name: 'Prod' }],
  },
  'organizations list-organizational-units-for-parent --parent-id r-a1b2 --query OrganizationalUnits[].Id':
    'ou-a1b2-11111111',
  'organizations list-organizational-units-for-parent --parent-id ou-a1b2-11111111': { OrganizationalUnits: [] },
  'organizations list-organizational-units-for-parent --parent-id ou-a1b2-11111111 --query OrganizationalUnits[].Id':
    '',
  'organizations list-policies --filter SERVICE_CONTROL_POLICY --query Policies[].Id': 'p-FullAWSAccess\tp-1a2b3c4d',
  'organizations list-policies --filter RESOURCE_CONTROL_POLICY --query Policies[].Id': 'p-RCPFullAWSAccess',
  'organizations describe-policy --policy-id p-FullAWSAccess': {
    Policy: { PolicySummary: policySummary('p-FullAWSAccess', 'SERVICE_CONTROL_POLICY'), Content: allow({}) },
  },
  'organizations describe-policy --policy-id p-1a2b3c4d': {
    Policy: {
      PolicySummary: policySummary('p-1a2b3c4d', 'SERVICE_CONTROL_POLICY'),
      Content: allow({ Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion' }),
    },
  },
  'organizations describe-policy --policy-id p-RCPFullAWSAccess': {
    Policy: {
      PolicySummary: policySummary('p-RCPFullAWSAccess', 'RESOURCE_CONTROL_POLICY'),
      Content: allow({ Principal: '*' }),
    },
  },
  ...Object.fromEntries(
    ['p-FullAWSAccess', 'p-RCPFullAWSAccess'].map((id): [string, unknown] => [
      `organizations list-targets-for-policy --policy-id ${id}`,
      {
        Targets: ['r-a1b2', 'ou-a1b2-11111111', MANAGEMENT, MEMBER].map((TargetId) => ({ TargetId, Name: 'x' })),
      },
    ]),
  ),
  'organizations list-targets-for-policy --policy-id p-1a2b3c4d': {
    Targets: [{ TargetId: 'ou-a1b2-11111111', Type: 'ORGANIZATIONAL_UNIT' }],
  },
  'sts get-caller-identity': {
    UserId: 'AROAEXAMPLE:me',
    Account: MEMBER,
    Arn: `arn:aws:sts::${MEMBER}:assumed-role/A/me`,
  },
  'sts get-caller-identity --query Account': MEMBER,
  'iam get-account-authorization-details': {
    UserDetailList: [],
    GroupDetailList: [],
    RoleDetailList: [
      {
        Path: '/',
        RoleName: 'App',
        RoleId: 'AROAEXAMPLEAPP000001',
        Arn: `arn:aws:iam::${MEMBER}:role/App`,
        AssumeRolePolicyDocument: {},
        InstanceProfileList: [],
        RolePolicyList: [{ PolicyName: 'All', PolicyDocument: JSON.parse(allow({})) as unknown }],
        AttachedManagedPolicies: [],
        Tags: [],
      },
    ],
    Policies: [],
  },
  'kms list-keys': { Keys: [KEY, AWS_KEY].map((KeyId) => ({ KeyId, KeyArn: arnOf(KeyId) })) },
  'kms list-keys --query Keys[].KeyId': `${KEY}\t${AWS_KEY}`,
  'kms list-aliases': {
    Aliases: [
      { AliasName: 'alias/app', AliasArn: `arn:aws:kms:us-east-1:${MEMBER}:alias/app`, TargetKeyId: KEY },
      // Predefined, with no key yet.
      { AliasName: 'alias/aws/s3', AliasArn: `arn:aws:kms:us-east-1:${MEMBER}:alias/aws/s3` },
    ],
  },
  'ec2 describe-vpc-endpoints': {
    VpcEndpoints: [
      {
        VpcEndpointId: ENDPOINT,
        VpcId: 'vpc-1',
        OwnerId: MEMBER,
        ServiceName: 'com.amazonaws.us-east-1.kms',
        PolicyDocument: allow({ Principal: '*' }),
      },
    ],
  },
  [`kms describe-key --key-id ${KEY}`]: metadata(KEY, 'CUSTOMER'),
  [`kms describe-key --key-id ${AWS_KEY}`]: metadata(AWS_KEY, 'AWS'),
  ...Object.fromEntries(
    [KEY, AWS_KEY].flatMap((key): [string, unknown][] => [
      [
        `kms get-key-policy --key-id ${key} --policy-name default`,
        { Policy: allow({ ...ROOT, Action: 'kms:*' }), PolicyName: 'default' },
      ],
      [`kms list-grants --key-id ${key}`, { Grants: [], Truncated: false }],
    ]),
  ),
  // Of an AWS managed key it is refused.
  [`kms list-resource-tags --key-id ${KEY}`]: { Tags: [{ TagKey: 'team', TagValue: 'a' }], Truncated: false },
}

/** The name of the file in which the stand-in keeps an output. */
const nameOf = (command: string): string => command.replaceAll(/[^A-Za-z0-9-]+/g, '_')

const STAND_IN = `#!/bin/sh
# Reads only what it was given: everything else is a command or an option that does not exist, or is refused.
case " $* " in *" --output "*) ;; *) echo "no output format: $*" >&2; exit 252;; esac
name=$(printf '%s' "$*" | sed -e 's/ --output json//' -e 's/ --output text//' | sed -E 's/[^A-Za-z0-9-]+/_/g')
[ -f "$ANSWERS/$name" ] || { echo "aws: error: $*" >&2; exit 254; }
echo "$*" >> "$ANSWERS/.asked"
cat "$ANSWERS/$name"
`

let folder = ''
let asked: readonly string[] = []
let world: World

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-collect-'))
  const [bin, answers, out] = ['bin', 'answers', 'world'].map((name) => join(folder, name)) as [string, string, string]
  for (const path of [bin, answers, out]) mkdirSync(path)
  writeFileSync(join(bin, 'aws'), STAND_IN)
  chmodSync(join(bin, 'aws'), 0o755)
  for (const [command, output] of Object.entries(OUTPUTS)) {
    const text = typeof output === 'string' ? `${output}\n` : `${JSON.stringify(output, null, 4)}\n`
    writeFileSync(join(answers, nameOf(command)), text)
  }
  const environment = { PATH: `${bin}${delimiter}${process.env['PATH'] ?? ''}`, ANSWERS: answers }
  for (const { name, text } of SCRIPTS) {
    const path = join(folder, name)
    writeFileSync(path, text)
    const args = name === 'collect-account.sh' ? [path, out, 'us-east-1'] : [path, out]
    execFileSync('bash', args, { env: environment, stdio: ['ignore', 'ignore', 'pipe'] })
  }
  asked = readFileSync(join(answers, '.asked'), 'utf8').trim().split('\n')
  // The management account is collected by somebody else.
  writeFileSync(
    join(out, 'management.yaml'),
    `keyward: world/1\naccounts: { '${MANAGEMENT}': { roles: { Admin: {} } } }\n`,
  )
  const loaded = loadWorld(out)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error.kind === 'folder' ? loaded.error : loaded.error.errors))
  world = loaded.value
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('the scripts of docs/collect.md', () => {
  test('are two', () => {
    expect(SCRIPTS.map(({ name }) => name)).toEqual(['collect-organization.sh', 'collect-account.sh'])
  })

  test('ask for everything that there is to ask, and for nothing else', () => {
    const commands = asked.map((each) => each.replace(/ --output (?:json|text)/, ''))
    expect(new Set(commands)).toEqual(new Set(Object.keys(OUTPUTS)))
  })

  test('only read', () => {
    const verbs = [...DOCUMENTATION.matchAll(/\baws [a-z0-9]+ ([a-z]+)-/g)].map(([, verb]) => verb)
    expect(verbs.length).toBeGreaterThan(15)
    expect(verbs.filter((verb) => !['get', 'list', 'describe'].includes(verb ?? ''))).toEqual([])
  })

  test('write files that are recognised for what they are', () => {
    for (const { name, takenAs } of world.files) {
      if (!name.endsWith('.json')) continue
      const command = name.slice(name.lastIndexOf('/') + 1).split('.', 1)[0] ?? ''
      expect({ name, takenAs }).toEqual({
        name,
        takenAs: [expect.stringMatching(new RegExp(`^aws [a-z0-9]+ ${command}$`))],
      })
    }
    expect(world.files.length).toBeGreaterThan(20)
  })

  test('leave no file for what was refused', () => {
    const files = readdirSync(join(folder, 'world', MEMBER, 'us-east-1'))
    expect(files).toContain(`list-resource-tags.${KEY}.json`)
    expect(files).not.toContain(`list-resource-tags.${AWS_KEY}.json`)
  })

  test('make a world without a gap', () => {
    expect(world.gaps).toEqual([])
    expect(world.contradictions).toEqual([])
    expect(world.keys.get(arnOf(KEY))?.properties).toMatchObject({ aliases: ['alias/app'], tags: { team: 'a' } })
    expect(world.endpoints.get(ENDPOINT)?.accountId).toBe(MEMBER)
  })

  test('that decides', () => {
    const authorizer = toAuthorizer(world)
    const ask = (action: string): unknown =>
      authorizer.authorize({ principal: `arn:aws:iam::${MEMBER}:role/App`, action, resource: arnOf(KEY) })
    expect(ask('kms:Decrypt')).toEqual({ decision: 'allow', layer: 'identity' })
    expect(ask('kms:ScheduleKeyDeletion')).toEqual({ decision: 'explicitDeny', layer: 'scp' })
  })
})
