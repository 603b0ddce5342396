/**
 * A world in which something is missing says so to every answer that it could change, and to no other.
 */
import { describe, expect, test } from 'vitest'
import { GapFinder, gapsFor, type GapQuestion } from '../../../src/source/world/gaps.js'
import { A, ALLOW_ALL, KEY, KEY_ID, KEY_POLICY, worldOf, type Files } from './files.js'

const B = '444455556666'
const ROLE = `arn:aws:iam::${A}:role/R`

/** Nothing is missing here. */
const WHOLE: Files = {
  'org.yaml': `keyward: world/1
organization:
  id: o-abc
  managementAccount: '999988887777'
  root: { id: r-ab12, scps: [FullAWSAccess], rcps: [], accounts: ['${A}', '999988887777'] }
accounts:
  '${A}':
    scps: [FullAWSAccess]
    rcps: []
    roles: { R: {} }
  '999988887777': { scps: [FullAWSAccess], rcps: [], roles: {} }
`,
  'key.json': {
    keyward: 'world/1',
    accounts: {
      [A]: {
        keys: { [`us-west-2/${KEY_ID}`]: { policy: KEY_POLICY, aliases: ['alias/app'] } },
        endpoints: { 'vpce-1': {} },
      },
    },
  },
}

const ASK: GapQuestion = { principal: ROLE, resource: KEY }
const SESSION: GapQuestion = { ...ASK, principal: `arn:aws:sts::${A}:assumed-role/R/s` }

function codes(files: Files, question: GapQuestion): readonly string[] {
  return gapsFor(worldOf(files), question).map(({ code }) => code)
}

interface Case {
  readonly name: string
  readonly files?: Files
  readonly question?: GapQuestion
  readonly expected: readonly string[]
}

const details = (role: object): object => ({ RoleDetailList: [{ Arn: ROLE, RoleId: 'AROAR', ...role }] })

const CASES: readonly Case[] = [
  { name: 'a complete world', expected: [] },
  { name: 'a session of a known role', question: SESSION, expected: [] },
  {
    name: 'an alias of a known key',
    question: { ...ASK, resource: `arn:aws:kms:us-west-2:${A}:alias/app` },
    expected: [],
  },
  { name: 'a service', question: { ...ASK, principal: 'logs.us-west-2.amazonaws.com' }, expected: [] },
  { name: 'the root user', question: { ...ASK, principal: `arn:aws:iam::${A}:root` }, expected: [] },
  { name: 'a known endpoint', question: { ...ASK, endpointId: 'vpce-1' }, expected: [] },
  { name: 'a role that no file has', question: { ...ASK, principal: `${ROLE}2` }, expected: ['principal-missing'] },
  { name: 'a key that no file has', question: { ...ASK, resource: `${KEY}0` }, expected: ['key-missing'] },
  { name: 'an endpoint that no file has', question: { ...ASK, endpointId: 'vpce-9' }, expected: ['endpoint-missing'] },
  {
    name: 'a caller of another account',
    question: { ...ASK, principal: `arn:aws:iam::${B}:role/X` },
    expected: ['account-not-in-organization', 'identities-missing'],
  },
  {
    name: 'a key of another account',
    question: { ...ASK, resource: KEY.replace(A, B) },
    expected: ['account-not-in-organization', 'key-missing'],
  },
  {
    name: 'no organization',
    files: { 'd.json': details({}), 'key.json': WHOLE['key.json'] },
    expected: ['organization-missing', 'scps-missing', 'rcps-missing'],
  },
  {
    name: 'an AWS managed policy that is not in the dump',
    files: {
      ...WHOLE,
      'org.yaml': String(WHOLE['org.yaml']).replace('R: {}', 'R: { attached: ["arn:aws:iam::aws:policy/X"] }'),
    },
    expected: ['managed-policy-missing'],
  },
  {
    name: 'the same, asked by somebody else',
    files: {
      ...WHOLE,
      'org.yaml': String(WHOLE['org.yaml']).replace('R: {}', 'S: {}, R: { attached: ["arn:aws:iam::aws:policy/X"] }'),
    },
    question: { ...ASK, principal: `arn:aws:iam::${A}:role/S` },
    expected: [],
  },
  {
    name: 'a key of which only DescribeKey was run',
    files: { ...WHOLE, 'key.json': { KeyMetadata: { Arn: KEY, KeySpec: 'SYMMETRIC_DEFAULT' } } },
    expected: ['key-policy-missing', 'grants-missing', 'aliases-missing', 'key-tags-missing'],
  },
  {
    name: 'a key that is only named',
    files: { ...WHOLE, 'key.json': { Keys: [{ KeyArn: KEY }] } },
    expected: ['key-policy-missing', 'key-metadata-missing', 'grants-missing', 'aliases-missing', 'key-tags-missing'],
  },
  {
    name: 'a dump that ends in the middle',
    files: {
      ...WHOLE,
      'org.yaml': String(WHOLE['org.yaml']).replace('roles: { R: {} }', ''),
      'd.json': { ...details({}), IsTruncated: true, Marker: 'm' },
    },
    expected: ['list-incomplete'],
  },
  {
    name: 'a role that two dumps describe differently',
    files: {
      ...WHOLE,
      'org.yaml': String(WHOLE['org.yaml']).replace('roles: { R: {} }', ''),
      'd.json': details({ Tags: [{ Key: 'team', Value: 'a' }] }),
      'e.json': details({ Tags: [{ Key: 'team', Value: 'b' }] }),
    },
    expected: ['contradicted'],
  },
  {
    name: 'another role that two dumps describe differently',
    files: {
      ...WHOLE,
      'd.json': { RoleDetailList: [{ Arn: `${ROLE}2`, RoleId: 'AROAS' }] },
      'e.json': { RoleDetailList: [{ Arn: `${ROLE}2`, RoleId: 'AROAS', Tags: [{ Key: 'team', Value: 'b' }] }] },
    },
    expected: [],
  },
  {
    name: 'a group that is not in the dump',
    files: { ...WHOLE, 'd.json': { UserDetailList: [{ Arn: `arn:aws:iam::${A}:user/u`, GroupList: ['g'] }] } },
    question: { ...ASK, principal: `arn:aws:iam::${A}:user/u` },
    expected: ['group-missing'],
  },
]

describe('the gaps of an answer', () => {
  test.each(CASES)('$name', ({ files = WHOLE, question = ASK, expected }) => {
    expect(codes(files, question)).toEqual(expected)
  })

  test('of what two files say differently a message says which is taken', () => {
    const other = { Policy: JSON.stringify(KEY_POLICY).replace('kms:*', 'kms:Get*'), PolicyName: 'default' }
    const world = worldOf({ ...WHOLE, [`old/get-key-policy.${KEY_ID}.json`]: other })
    expect(gapsFor(world, ASK)).toMatchObject([
      {
        code: 'contradicted',
        message: `two files say different things of the key policy of ${KEY}: key.json:7 is taken, old/get-key-policy.${KEY_ID}.json:2 is not`,
      },
    ])
    expect(gapsFor(world, { principal: ROLE })).toEqual([])
  })

  test('a message says how the missing thing is taken', () => {
    const world = worldOf({
      'd.json': { RoleDetailList: [{ Arn: ROLE, RolePolicyList: [{ PolicyName: 'p', PolicyDocument: ALLOW_ALL }] }] },
    })
    const messages = new GapFinder(world).gapsFor(ASK).map(({ message }) => message)
    expect(messages).toContain('no SCPs were given: taken as not limiting')
    expect(messages).toContain(`${KEY} is in no file: taken as a key without policy, grants and tags`)
  })
})
