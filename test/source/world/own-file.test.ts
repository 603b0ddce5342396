/**
 * World files of our own form: what they say, and what is refused with its place (`docs/world.md`).
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { positionAt } from '../../../src/text/source.js'
import { A, errorsOf, faultyWorld, KEY_ID, worldOf } from './files.js'

/** The example of the documentation is what is tested, so it cannot go stale. */
const DOCUMENTATION = readFileSync(new URL('../../../docs/world.md', import.meta.url), 'utf8')
const EXAMPLE = /```yaml\n(keyward: world\/1\n[\s\S]*?)```/.exec(DOCUMENTATION)?.[1] ?? ''

describe('the example of docs/world.md', () => {
  const world = worldOf({ 'example.yaml': EXAMPLE })

  test('is complete', () => {
    expect(world.gaps).toEqual([])
    expect(world.contradictions).toEqual([])
  })

  test('has an organization with levels', () => {
    const levels = world.accounts.get('444455556666')?.scps
    expect(levels?.map(({ nodeId, policies }) => [nodeId, policies.map(({ name }) => name)])).toEqual([
      ['r-a1b2', ['FullAWSAccess']],
      ['ou-a1b2-11111111', ['FullAWSAccess', 'KeepKeys']],
      ['444455556666', ['FullAWSAccess']],
    ])
    expect(world.accounts.get('111122223333')?.isManagement).toBe(true)
  })

  test('has principals with paths, groups and boundaries', () => {
    const role = world.principals.get('arn:aws:iam::444455556666:role/service/PaymentsApi')
    expect(role).toMatchObject({
      path: '/service/',
      name: 'PaymentsApi',
      uniqueId: 'AROAEXAMPLEPAYMENTS01',
      tags: { team: 'payments' },
    })
    expect(role?.boundary?.arn).toBe('arn:aws:iam::444455556666:policy/boundaries/Workload')
    expect(world.principals.get('arn:aws:iam::444455556666:user/alice')?.groups).toEqual([
      'arn:aws:iam::444455556666:group/engineers',
    ])
  })

  test('has keys with all that belongs to them', () => {
    const key = world.keys.get('arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab')
    expect(key?.properties).toEqual({
      keyManager: 'CUSTOMER',
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      origin: 'AWS_KMS',
      multiRegion: false,
      aliases: ['alias/payments'],
      tags: { team: 'payments' },
    })
    expect(key?.grants.map(({ operations }) => operations)).toEqual([['Decrypt', 'DescribeKey']])
    expect(world.endpoints.get('vpce-0a1b2c3d4e5f60718')?.policy?.document.kind).toBe('vpce')
  })
})

const own = (body: string): string => `keyward: world/1\n${body}`
const account = (body: string): string => own(`accounts:\n  '${A}':\n${body.replace(/^/gm, '    ')}\n`)

interface Refusal {
  readonly name: string
  readonly text: string
  readonly message: RegExp
  /** Line and column. */
  readonly at: readonly [number, number]
}

const REFUSED: readonly Refusal[] = [
  { name: 'another version', text: 'keyward: world/9\n', message: /unknown form/, at: [1, 10] },
  {
    name: 'an unknown member',
    text: own('acounts: {}\n'),
    message: /unknown member `acounts` of a world file/,
    at: [2, 10],
  },
  {
    name: 'an unknown member of a role',
    text: account('roles:\n  R:\n    atached: []'),
    message: /unknown member `atached` of a role/,
    at: [6, 9],
  },
  {
    name: 'an account id that is none',
    text: own('accounts:\n  "12": { name: x }\n'),
    message: /`12` is no account id/,
    at: [3, 9],
  },
  {
    name: 'a policy that is not there',
    text: account('roles:\n  R:\n    attached: [Nowhere]'),
    message: /has no policy `Nowhere`/,
    at: [6, 20],
  },
  {
    name: 'a key without a Region',
    text: account(`keys:\n  ${KEY_ID}: { tags: {} }`),
    message: /has no Region/,
    at: [5, 45],
  },
  {
    name: 'an alias without its prefix',
    text: account(`region: us-east-1\nkeys:\n  ${KEY_ID}:\n    aliases: [app]`),
    message: /`app` is no alias/,
    at: [7, 19],
  },
  {
    name: 'a wrong multiRegion',
    text: account(`region: us-east-1\nkeys:\n  ${KEY_ID}:\n    multiRegion: yes`),
    message: /`multiRegion` is unknown/,
    at: [7, 22],
  },
  {
    name: 'an unknown member of a grant',
    text: account(
      `region: us-east-1\nkeys:\n  ${KEY_ID}:\n    grants: [{ GrantId: a, GranteePrincipal: b, Operation: [] }]`,
    ),
    message: /unknown member `Operation` of a grant/,
    at: [7, 53],
  },
  {
    name: 'a tag that is no string',
    text: account('roles:\n  R: { tags: { a: 1 } }'),
    message: /wrong type/,
    at: [5, 23],
  },
  {
    name: 'a unit without an id',
    text: own('organization: { root: { id: r-ab12, units: [{ name: x }] } }\n'),
    message: /a unit has no `id`/,
    at: [2, 45],
  },
  {
    name: 'a policy with a mistake, at the very word',
    text: account(
      'roles:\n  R:\n    policies:\n      P:\n        Version: "2012-10-17"\n        Statement:\n          - Effect: Alow\n            Action: kms:Decrypt\n            Resource: "*"',
    ),
    message: /Alow/,
    at: [10, 25],
  },
]

describe('refused with a place', () => {
  test.each(REFUSED)('$name', ({ text, message, at }) => {
    const [error] = errorsOf({ 'w.yaml': text })
    expect(error?.message).toMatch(message)
    const { line, column } = positionAt(text, error?.span.start ?? 0)
    expect([line, column]).toEqual(at)
  })
})

describe('the same as JSON', () => {
  test('is read alike', () => {
    const world = worldOf({
      'w.json': { keyward: 'world/1', accounts: { [A]: { roles: { 'p/R': { tags: { a: 'b' } } } } } },
    })
    expect(world.principals.get(`arn:aws:iam::${A}:role/p/R`)?.tags).toEqual({ a: 'b' })
  })
})

describe('several files', () => {
  test('add up', () => {
    const world = worldOf({
      'org.yaml': own(
        `organization: { id: o-abc, managementAccount: 999988887777, root: { id: r-ab12, accounts: ['${A}'] } }\n`,
      ),
      'app.yaml': account('name: app\nroles: { R: {} }'),
    })
    expect(world.accounts.get(A)).toMatchObject({ name: 'app', organizationPath: 'o-abc/r-ab12/' })
    expect(world.organization?.managementAccountId).toBe('999988887777')
  })

  test('an empty list of SCPs is an empty level, none at all is not', () => {
    const org = (scps: string): string =>
      own(
        `organization: { id: o-a, managementAccount: '999988887777', root: { id: r-ab12, scps: [FullAWSAccess], units: [{ id: ou-ab12-11111111, ${scps}accounts: ['${A}'] }] } }\n`,
      )
    const unit = (text: string): number | undefined =>
      worldOf({ 'o.yaml': text }).accounts.get(A)?.scps?.[1]?.policies.length
    expect(unit(org('scps: [], '))).toBe(0)
    expect(unit(org(''))).toBe(1)
  })

  test('an SCP that no file has leaves a gap for the accounts below it', () => {
    const text = own(`organization: { id: o-a, root: { id: r-ab12, scps: [Nowhere], accounts: ['${A}'] } }\n`)
    expect(worldOf({ 'o.yaml': text }).gaps.filter(({ code }) => code === 'organization-policy-missing')).toMatchObject(
      [
        {
          message: 'SCP Nowhere, which is attached to r-ab12, is in no file: taken as not there',
          scope: { kind: 'callers', accountIds: [A] },
        },
      ],
    )
  })

  test('a file that contradicts AWS output is not believed over one before it', () => {
    const { world } = faultyWorld({
      'a.yaml': account(`region: us-west-2\nkeys:\n  ${KEY_ID}: { tags: { team: a } }`),
      [`b/${A}/us-west-2/list-resource-tags.${KEY_ID}.json`]: { Tags: [{ TagKey: 'team', TagValue: 'b' }] },
    })
    expect(world.contradictions).toHaveLength(1)
    expect([...world.keys.values()][0]?.properties.tags).toEqual({ team: 'a' })
  })
})

test('every code of what is missing stands in docs/world.md, and no other', () => {
  const text = readFileSync(new URL('../../../src/source/world/world.ts', import.meta.url), 'utf8')
  const type = /export type GapCode =\n([\s\S]*?)\n\n/.exec(text)?.[1] ?? ''
  const codes = [...type.matchAll(/'([a-z-]+)'/g)].map(([, code]) => code)
  const table = /\| code +\|[\s\S]*?\n\n/.exec(DOCUMENTATION)?.[0] ?? ''
  const documented = table.split('\n').flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([a-z-]+)`/g)])
  expect(new Set(documented.map(([, code]) => code))).toEqual(new Set(codes))
  expect(documented).toHaveLength(codes.length)
})
