/**
 * Input that means harm, or is merely odd, ends in an answer or a clear error (invariant I10).
 */
import { describe, expect, test } from 'vitest'
import { gapsFor } from '../../../src/source/world/gaps.js'
import { readWorld } from '../../../src/source/world/read-world.js'
import { renderSummary, summarizeWorld } from '../../../src/source/world/summary.js'
import { toAuthorizer } from '../../../src/source/world/to-authorizer.js'
import { escapeTerminal } from '../../../src/text/escape.js'
import { plainPalette } from '../../../src/text/palette.js'
import { A, ALLOW_ALL, faultyWorld, KEY, worldOf, type Files } from './files.js'

const ESCAPES = '\u001b[2J\u202eevil\u0007'

function shown(files: Files): string {
  const read = readWorld(
    Object.entries(files).map(([name, value]) => ({
      name,
      text: typeof value === 'string' ? value : JSON.stringify(value),
    })),
  )
  const { world, errors } = read.ok ? { world: read.value, errors: [] } : read.error
  return renderSummary(`dir${ESCAPES}`, summarizeWorld(world, errors), errors, { color: plainPalette, width: 100 })
}

const tree = (parents: Readonly<Record<string, string>>): Files => ({
  'org.json': { Organization: { Id: 'o-abc', MasterAccountId: '999988887777' } },
  ...Object.fromEntries(
    Object.entries(parents).map(([child, parent]) => [
      `list-organizational-units-for-parent.${parent}.json`,
      { OrganizationalUnits: [{ Id: child }] },
    ]),
  ),
  'list-accounts-for-parent.ou-ab12-11111111.json': { Accounts: [{ Id: A }] },
})

describe('hostile input', () => {
  test('no control or bidirectional character reaches a terminal', () => {
    const text = shown({
      [`${ESCAPES}.json`]: { [ESCAPES]: 1 },
      'a.json': { Organization: { Id: ESCAPES, MasterAccountId: ESCAPES } },
      'b.json': { Accounts: [{ Id: A, Name: ESCAPES }] },
      'c.json': {
        RoleDetailList: [{ Arn: `arn:aws:iam::${A}:role/R`, AttachedManagedPolicies: [{ PolicyArn: ESCAPES }] }],
      },
      'd.json': { Grants: [{ KeyId: KEY, GrantId: ESCAPES, Operations: [ESCAPES] }] },
    })
    expect(text).toContain('\\u{202e}evil')
    expect([...text].filter((character) => character !== '\n' && escapeTerminal(character) !== character)).toEqual([])
  })

  test('units that are their own ancestors', () => {
    const world = worldOf(tree({ 'ou-ab12-11111111': 'ou-ab12-22222222', 'ou-ab12-22222222': 'ou-ab12-11111111' }))
    expect(world.accounts.get(A)?.organizationPath).toBeUndefined()
    expect(world.gaps.map(({ code }) => code)).toContain('account-place-unknown')
  })

  test('an account as its own parent', () => {
    const world = worldOf({
      ...tree({}),
      [`list-accounts-for-parent.ou-ab12-11111111.json`]: { Accounts: [{ Id: A }] },
      'x.json': { Roots: [{ Id: 'r-ab12' }] },
    })
    expect(() => toAuthorizer(world)).not.toThrow()
  })

  test('a group in itself, and a user in a group twice', () => {
    const world = worldOf({
      'd.json': {
        UserDetailList: [{ Arn: `arn:aws:iam::${A}:user/u`, GroupList: ['g', 'g'] }],
        GroupDetailList: [
          {
            Arn: `arn:aws:iam::${A}:group/g`,
            GroupList: ['g'],
            GroupPolicyList: [{ PolicyName: 'p', PolicyDocument: ALLOW_ALL }],
          },
        ],
      },
    })
    expect(
      toAuthorizer(world).authorize({ principal: `arn:aws:iam::${A}:user/u`, action: 'kms:CreateKey' }).decision,
    ).toBe('allow')
  })

  test('names such as __proto__ and constructor are names', () => {
    const world = worldOf({
      'w.json': `{"keyward": "world/1", "accounts": {"${A}": {"roles": {"__proto__": {"tags": {"__proto__": "x", "constructor": "y"}}}}}}`,
    })
    const tags = Object.entries(world.principals.get(`arn:aws:iam::${A}:role/__proto__`)?.tags ?? {})
    expect(new Map(tags)).toEqual(
      new Map([
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ]),
    )
  })

  test('a name of a hundred thousand characters', () => {
    const name = 'x'.repeat(100_000)
    const { world, messages } = faultyWorld({
      [`${name}.json`]: { foo: 1 },
      'r.json': { RoleDetailList: [{ Arn: `arn:aws:iam::${A}:role/${name}` }] },
    })
    expect(messages).toHaveLength(2)
    expect(gapsFor(world, { principal: `arn:aws:iam::${A}:role/${name}`, resource: KEY }).length).toBeGreaterThan(0)
  })

  test('brackets a hundred thousand deep', () => {
    const { messages } = faultyWorld({ 'x.json': `{"Grants": ${'['.repeat(100_000)}${']'.repeat(100_000)}}` })
    expect(messages.join()).toMatch(/nested deeper than 128 levels/)
  })

  test('a list that is not a list, members that are not objects', () => {
    const odd = { RoleDetailList: 7, UserDetailList: [1, 'a', null, []], GroupDetailList: {}, Policies: [null, {}] }
    expect(faultyWorld({ 'd.json': odd }).messages.length).toBeGreaterThan(2)
  })

  test('a large dump that breaks off', () => {
    const role = (index: number): object => ({
      Arn: `arn:aws:iam::${A}:role/R${index}`,
      RolePolicyList: [{ PolicyName: 'p', PolicyDocument: ALLOW_ALL }],
    })
    const text = JSON.stringify({ RoleDetailList: Array.from({ length: 20_000 }, (_, index) => role(index)) })
    expect(text.length).toBeGreaterThan(2 * 1024 * 1024)
    expect(faultyWorld({ 'd.json': text.slice(0, -2) }).messages.join()).toMatch(/the text ends inside/)
    expect(worldOf({ 'd.json': text }).principals.size).toBe(20_000)
  })

  test('a broken item in a large dump is reported at its place, the others are read', () => {
    const filler = Array.from({ length: 30_000 }, (_, index) =>
      JSON.stringify({ Arn: `arn:aws:iam::${A}:role/R${index}`, Tags: [{ Key: 'a', Value: 'b' }] }),
    )
    const text = `{"RoleDetailList": [\n${[...filler, '{"Arn": tru}'].join(',\n')}]}`
    const { world, messages } = faultyWorld({ 'd.json': text })
    expect(messages.join()).toMatch(/`tru`/)
    expect(world.principals.size).toBe(30_000)
  })

  test('a key written twice in a large dump is refused', () => {
    const filler = Array.from({ length: 40_000 }, (_, index) =>
      JSON.stringify({ Arn: `arn:aws:iam::${A}:role/R${index}`, Tags: [] }),
    )
    const text = `{"RoleDetailList": [${filler.join(',')}], "RoleDetailList": []}`
    expect(faultyWorld({ 'd.json': text }).messages.join()).toMatch(/duplicate key/)
  })
})
