/** What is found in a text, and of which kind it is taken to be. */
import { describe, expect, test } from 'vitest'
import type { EmbeddedPolicyReader } from '../../src/lint/embedded-policies.js'
import { findPolicies } from '../../src/lint/find-policies.js'
import type { FileHints } from '../../src/lint/lint-file.js'

const found = (
  text: string,
  hints: Partial<FileHints> = {},
  name = 'x.json',
  readers: readonly EmbeddedPolicyReader[] = [],
) => findPolicies({ name, text }, { isNamed: true, ...hints }, readers)

const seen = (text: string, hints: Partial<FileHints> = {}, name = 'x.json') =>
  found(text, hints, name).policies.map(({ view }) => `${view.kind} ${view.kindOrigin} ${view.statements.length}`)

const statement = (rest: object): object => ({ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...rest })
const policy = (...statements: readonly object[]): object => ({ Version: '2012-10-17', Statement: statements })
const text = (value: unknown): string => JSON.stringify(value, null, 2)

const KEY = policy(statement({ Principal: { AWS: '111122223333' } }))
const IDENTITY = policy(statement({}))

describe('kinds', () => {
  test.each([
    ['no principal', IDENTITY, 'x.json', 'identity content 1'],
    ['a principal and KMS actions', KEY, 'x.json', 'key content 1'],
    [
      'a principal and others',
      policy(statement({ Principal: '*', Action: 's3:GetObject' })),
      'x.json',
      'resource content 1',
    ],
    [
      'a trust policy',
      policy(statement({ Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' })),
      'x.json',
      'trust content 1',
    ],
    ['an endpoint policy by the name of its file', KEY, 'vpc-endpoint.json', 'vpce content 1'],
    [
      'denials alone say nothing of a guardrail',
      policy(statement({ Effect: 'Deny' })),
      'scp.json',
      'identity content 1',
    ],
  ])('%s', (_name, value, name, expected) => expect(seen(text(value), {}, name)).toEqual([expected]))

  test('what is said wins', () => expect(seen(text(IDENTITY), { kind: 'scp' })).toEqual(['scp flag 1']))
  test('a guess is marked', () => expect(found(text(IDENTITY)).policies[0]?.view.kindIsGuessed).toBe(true))
})

describe('other forms', () => {
  test('YAML', () =>
    expect(seen('Version: 2012-10-17\nStatement:\n  - Effect: Allow\n', {}, 'x.yml')).toEqual(['identity content 1']))
  test('JSON with comments', () =>
    expect(seen('{ // a policy\n "Statement": [ { "Effect": "Allow", /* x */ }, ], }', {}, 'x.jsonc')).toEqual([
      'identity content 1',
    ]))
  test('JSON with comments in a file that is JSON is a fault', () =>
    expect(found('{ // a policy\n "Statement": [] }').faults.map(({ message }) => message)).toEqual([
      'comments are not allowed in JSON',
    ]))

  test.each([
    ['get-key-policy', { Policy: text(KEY), PolicyName: 'default' }, ['key world 1']],
    [
      'get-role',
      {
        Role: {
          RoleName: 'r',
          Arn: 'arn:aws:iam::111122223333:role/r',
          AssumeRolePolicyDocument: policy(statement({})),
        },
      },
      ['trust world 1'],
    ],
    [
      'get-role-policy, URL-encoded',
      { RoleName: 'r', PolicyName: 'p', PolicyDocument: encodeURIComponent(text(IDENTITY)) },
      ['identity world 1'],
    ],
    ['get-policy-version', { PolicyVersion: { Document: IDENTITY, VersionId: 'v1' } }, ['identity world 1']],
    [
      'describe-policy of a guardrail',
      { Policy: { PolicySummary: { Type: 'SERVICE_CONTROL_POLICY' }, Content: text(IDENTITY) } },
      ['scp world 1'],
    ],
    [
      'describe-vpc-endpoints',
      { VpcEndpoints: [{ VpcEndpointId: 'vpce-1', PolicyDocument: text(KEY) }] },
      ['vpce world 1'],
    ],
    [
      'get-account-authorization-details',
      {
        RoleDetailList: [
          {
            Arn: 'arn:aws:iam::111122223333:role/r',
            AssumeRolePolicyDocument: KEY,
            RolePolicyList: [{ PolicyName: 'p', PolicyDocument: IDENTITY }],
          },
        ],
        Policies: [{ PolicyVersionList: [{ VersionId: 'v1', Document: IDENTITY }] }],
      },
      ['trust world 1', 'identity world 1', 'identity world 1'],
    ],
    [
      'a simulation document',
      { action: 'kms:Decrypt', keyPolicy: KEY, identityPolicies: [IDENTITY], scps: { '111122223333': [[IDENTITY]] } },
      ['key world 1', 'identity world 1', 'scp world 1'],
    ],
    ['something else', { name: 'package', version: '1.0.0' }, []],
  ])('%s', (_name, value, expected) => expect(seen(text(value))).toEqual(expected))

  test('a file of a world', () => {
    const world =
      'keyward: world/1\nscps:\n  Guard:\n    Version: 2012-10-17\n    Statement: [{ Effect: Deny, Action: "*", Resource: "*" }]\naccounts:\n  "111122223333":\n    keys:\n      k:\n        policy:\n          Version: 2012-10-17\n          Statement: [{ Effect: Allow, Principal: "*", Action: "kms:*", Resource: "*" }]\n'
    expect(seen(world, {}, 'world.yaml')).toEqual(['scp world 1', 'key world 1'])
  })

  test('input of CreateGrant', () => {
    const { grants, policies } = found(
      text({ KeyId: 'k', GranteePrincipal: 'arn:aws:iam::111122223333:role/r', Operations: ['Decrypt'] }),
    )
    expect([grants.length, policies.length]).toEqual([1, 0])
  })

  test('a policy that a reader of templates finds', () => {
    const reader: EmbeddedPolicyReader = (source, format, root) => {
      const node = root?.kind === 'object' ? root.members.find(({ key }) => key === 'T')?.value : undefined
      if (node === undefined || format === 'other') return undefined
      const where = { source, format, pointer: '/T' }
      const resource = { type: 'AWS::KMS::Key', address: 'Resources/Key', properties: {} }
      const symbols = [{ expression: '${Account}', span: { start: 0, end: 1 } }]
      return {
        form: 'cloudFormation',
        policies: [{ root: node, where, kind: 'key', symbols, resource }],
        grants: [],
        resources: [],
        notes: [],
        faults: [],
      }
    }
    const value = { T: policy(statement({ Principal: { AWS: '\ue000' } })) }
    const [first] = found(text(value), { kind: 'scp' }, 'x.json', [reader]).policies
    expect(first?.view.kind).toBe('key')
    expect(first?.view.statements[0]?.principal?.entries[0]?.known).toBe(false)
    expect(first?.view.document).toBeUndefined()
  })
})

describe('texts that cannot be read', () => {
  const broken = '{ "Statement": [ { "Effect": "Allow" "Action": "*" } ] }'
  test('are faults when they look like a policy', () =>
    expect(found(broken, { isNamed: false }).faults).toHaveLength(1))
  test('are nothing when they do not', () =>
    expect(found('{ "compilerOptions": { // x\n } }', { isNamed: false }).faults).toEqual([]))
  test('are faults when they were named', () =>
    expect(found('{ "compilerOptions": { // x\n } }').faults).toHaveLength(1))
  test('are faults at their place when they stand in a string', () => {
    const file = JSON.stringify({ Policy: '{"Statement": [ {"Effect": "Allow" "Action": "*"} ]}' })
    const [fault] = found(file).faults
    expect(fault?.message).toBe('expected `,` or `}`, found `"Action"`')
    expect(file.slice(fault?.span.start, fault?.span.end)).toBe('\\"Action\\"')
  })
  test('tell duplicate keys from other faults', () =>
    expect(found('{ "Statement": [], "Statement": [] }').faults.map(({ fault }) => fault)).toEqual(['duplicateKey']))
})
