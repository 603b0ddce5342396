/**
 * What is remembered of callers and resources: the same as long as everything it was made from is the same, and bounded.
 */
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import { Bindings, fits, followed, HotBinding } from '../../src/decide/bindings.js'
import { Gate } from '../../src/decide/gate.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import { bindCaller, bindResource, callOf, type Binding } from '../../src/decide/resolve.js'
import { TraceSketches } from '../../src/decide/trace.js'
import { ContextReader } from '../../src/decide/values.js'
import { GrantSet } from '../../src/graph/grant.js'
import { compilePolicy } from '../../src/graph/policy.js'
import { GraphTables, SLOT_SOURCE_VPCE } from '../../src/graph/tables.js'
import { Snapshot, type AccountEntry, type KeyEntry, type PrincipalEntry } from '../../src/graph/world.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { A, ALIAS, B, KEY, OTHER_KEY, allow, policy } from '../reference/example.js'

const tables = new GraphTables()
const parsed = parsePolicyValue(
  policy(allow('kms:*', { to: '*', when: { StringEquals: { 'aws:userid': 'x' } } })),
  'key',
)
if (!parsed.ok) throw new Error(parsed.error[0]?.message)
const POLICY = compilePolicy(tables, parsed.value)

const ALICE = `arn:aws:iam::${A}:user/Alice`
const BOB = `arn:aws:iam::${B}:user/Bob`
const FAY = `arn:aws:sts::${A}:federated-user/Fay`

const key: KeyEntry = {
  arn: KEY,
  accountId: A,
  policy: POLICY,
  grants: GrantSet.empty,
  properties: { aliases: ['alias/payments'] },
}

function principal(arn: string): PrincipalEntry {
  return { arn, accountId: A, policies: [], boundary: undefined, tags: {}, uniqueId: undefined }
}

function account(accountId: string): AccountEntry {
  return {
    accountId,
    isManagement: false,
    scps: undefined,
    rcps: undefined,
    organizationId: undefined,
    organizationPath: undefined,
  }
}

const world = Snapshot.empty(tables)
  .withKey(key)
  .withPrincipal(principal(ALICE))
  .withAccount(account(A))
  .withAccount(account(B))

function bindingOf(
  principalArn: string,
  resource: string | undefined,
  action = 'kms:Decrypt',
  snapshot = world,
): Binding {
  const caller = bindCaller(snapshot, principalArn)
  if (!caller.ok) throw new Error(caller.error.message)
  const binding = bindResource(caller.value, resource, action)
  if (!binding.ok) throw new Error(binding.error.message)
  return binding.value
}

describe('an entry goes along', () => {
  const CASES: readonly (readonly [
    name: string,
    change: (snapshot: Snapshot) => Snapshot,
    still: readonly string[],
  ])[] = [
    // Which of: Alice on the key, Alice on its alias, Bob on the key, Alice without a resource.
    ['nothing', (now) => now, ['key', 'alias', 'bob', 'none']],
    ['another key', (now) => now.withKey({ ...key, arn: OTHER_KEY, properties: {} }), ['key', 'bob', 'none', 'alias']],
    [
      'another key with an alias',
      (now) => now.withKey({ ...key, arn: OTHER_KEY, properties: { aliases: ['alias/x'] } }),
      ['key', 'bob', 'none'],
    ],
    ['the key', (now) => now.withKey({ ...key }), ['none']],
    ['the key is gone', (now) => now.withoutKey(KEY), ['none']],
    ['another principal', (now) => now.withPrincipal(principal(`${ALICE}2`)), ['key', 'alias', 'bob', 'none']],
    ['a role', (now) => now.withPrincipal(principal(`arn:aws:iam::${A}:role/App`)), []],
    ['the principal', (now) => now.withPrincipal(principal(ALICE)), ['bob']],
    ['an unknown principal becomes known', (now) => now.withPrincipal(principal(BOB)), ['key', 'alias', 'none']],
    ['the principal is gone', (now) => now.withoutPrincipal(ALICE), ['bob']],
    ['the account of the key', (now) => now.withAccount(account(A)), []],
    ['another account', (now) => now.withAccount(account('777788889999')), ['key', 'alias', 'bob', 'none']],
    ['the account of the caller', (now) => now.withAccount(account(B)), ['key', 'alias', 'none']],
    ['an endpoint', (now) => now.withEndpoint({ endpointId: 'vpce-1', policy: POLICY }), []],
    ['another graph', () => Snapshot.empty(new GraphTables()), []],
  ]
  const MADE = {
    key: () => bindingOf(ALICE, KEY),
    alias: () => bindingOf(ALICE, ALIAS),
    bob: () => bindingOf(BOB, KEY),
    none: () => bindingOf(ALICE, undefined, 'kms:ListKeys'),
  }
  test.each(CASES)('when %s changed', (_name, change, still) => {
    const later = change(world)
    for (const [name, made] of Object.entries(MADE)) {
      const hot = new HotBinding(made())
      const before = hot.binding
      expect(followed(hot, later), name).toBe(still.includes(name))
      if (still.includes(name)) expect(hot.binding).toEqual({ ...before, snapshot: later })
      else expect(hot.binding).toBe(before)
    }
  })

  test('and is for another action where its resource is the same to it', () => {
    expect(fits(bindingOf(ALICE, KEY), 'kms:Encrypt')).toBe(true)
    expect(fits(bindingOf(ALICE, ALIAS), 'kms:Decrypt')).toBe(true)
    // CreateAlias is about the alias, not about its key.
    expect(fits(bindingOf(ALICE, ALIAS), 'kms:CreateAlias')).toBe(false)
    expect(fits(bindingOf(ALICE, ALIAS, 'kms:CreateAlias'), 'kms:Decrypt')).toBe(false)
    expect(fits(bindingOf(ALICE, BOB, 'kms:ListRetirableGrants'), 's3:GetObject')).toBe(false)
  })
})

describe('what was found', () => {
  test('is found again', () => {
    const bindings = new Bindings()
    const find = (
      snapshot: Snapshot,
      arn: string,
      resource: string | undefined,
      action: string,
      userArn?: string,
    ): HotBinding => {
      const found = bindings.find(snapshot, arn, resource, action, userArn)
      if (!found.ok) throw new Error(found.error.message)
      return found.value
    }
    const one = find(world, ALICE, KEY, 'kms:Decrypt')
    expect(find(world, ALICE, KEY, 'kms:Encrypt')).toBe(one)
    expect(find(world, BOB, KEY, 'kms:Decrypt')).not.toBe(one)
    const alias = find(world, ALICE, ALIAS, 'kms:Decrypt')
    expect([alias.binding.alias, alias.binding.resource.arn]).toEqual([ALIAS, KEY])
    expect(find(world, ALICE, ALIAS, 'kms:CreateAlias').binding.resource.type).toBe('alias')
    expect(find(world, ALICE, undefined, 'kms:ListKeys').binding.resource.type).toBe('none')
    expect(find(world, ALICE, KEY, 'kms:Decrypt')).toBe(one)
    // A change elsewhere keeps it, one of its own does not.
    const elsewhere = world.withKey({ ...key, arn: OTHER_KEY, properties: {} })
    expect(find(elsewhere, ALICE, KEY, 'kms:Decrypt')).toBe(one)
    expect(one.binding.snapshot).toBe(elsewhere)
    const changed = elsewhere.withKey({ ...key, policy: undefined })
    expect(find(changed, ALICE, KEY, 'kms:Decrypt').binding.key?.policy).toBeUndefined()
    // A resource that is new to the caller is looked for in the newest snapshot.
    const moved = changed.withPrincipal(principal(ALICE))
    const other = find(moved, ALICE, OTHER_KEY, 'kms:Decrypt').binding
    expect([other.snapshot, other.principal]).toEqual([moved, moved.principals.get(ALICE)])
  })

  test('for a session of one user is not for that of another', () => {
    const bindings = new Bindings()
    const user = (userArn?: string): string | undefined => {
      const found = bindings.find(world, FAY, KEY, 'kms:Decrypt', userArn)
      return found.ok ? found.value.binding.subject.caller.userArn : found.error.message
    }
    expect([user(ALICE), user(`${ALICE}2`), user(), user(ALICE)]).toEqual([ALICE, `${ALICE}2`, undefined, ALICE])
  })

  test('of one caller is kept for 10,000 resources', () => {
    const bindings = new Bindings()
    const find = (number: number): unknown => {
      const found = bindings.find(world, ALICE, `arn:aws:s3:::bucket-${number}`, 's3:GetObject')
      return found.ok ? found.value : undefined
    }
    const first = find(0)
    for (let number = 1; number < 10_000; number++) find(number)
    expect(find(0)).toBe(first)
    find(10_000)
    expect(find(0)).not.toBe(first)
  })

  test('and what could not be is told each time', () => {
    const bindings = new Bindings()
    for (const _round of [1, 2]) {
      expect(bindings.find(world, 'nobody', KEY, 'kms:Decrypt')).toMatchObject({ ok: false })
      expect(bindings.find(world, ALICE, 'nothing', 'kms:Decrypt')).toMatchObject({ ok: false })
    }
  })
})

describe('gates', () => {
  const reader = new ContextReader(tables)
  const binding = bindingOf(ALICE, KEY)
  const note = (hot: HotBinding, action: string, endpoint?: string, fromUse?: number): void => {
    const call = callOf(binding, { action }, reader, DEFAULT_OPTIONS)
    expect(call.actionBit).toBe(actionBit(action) ?? -1)
    hot.note(action, endpoint, call, reader, fromUse)
  }

  test('are made from the third use on, or when asked to, each for its action and endpoint', () => {
    const hot = new HotBinding(binding)
    const made = (action: string, endpoint?: string): boolean => hot.gate(action, endpoint) !== undefined
    for (const expected of [false, false, true]) {
      expect(made('kms:Decrypt')).toBe(false)
      note(hot, 'kms:Decrypt')
      expect(made('kms:Decrypt')).toBe(expected)
    }
    expect([made('kms:Encrypt'), made('kms:Decrypt', 'vpce-1'), made('kms:Decrypt')]).toEqual([false, false, true])
    note(hot, 'kms:Encrypt', undefined, 1)
    expect([made('kms:Encrypt'), made('kms:Decrypt'), made('kms:Encrypt')]).toEqual([true, true, true])
    note(hot, 'kms:Decrypt', 'vpce-1', 1)
    expect([made('kms:Decrypt', 'vpce-1'), made('kms:Decrypt', 'vpce-2'), made('kms:Encrypt', 'vpce-1')]).toEqual([
      true,
      false,
      false,
    ])
  })

  test('through an endpoint are made from the third use on as well', () => {
    const hot = new HotBinding(binding)
    note(hot, 'kms:Decrypt')
    expect(hot.hasEndpoints).toBe(false)
    for (const expected of [false, false, true]) {
      note(hot, 'kms:Decrypt', 'vpce-1')
      expect(hot.hasEndpoints).toBe(true)
      expect(hot.gate('kms:Decrypt', 'vpce-1') !== undefined).toBe(expected)
    }
  })

  test('read their own keys and the endpoint', () => {
    const hot = new HotBinding(binding)
    note(hot, 'kms:Decrypt', undefined, 1)
    const { gate, reader: few } = hot.gate('kms:Decrypt', undefined)!
    expect(gate).toBeInstanceOf(Gate)
    const slot = tables.findSlot('aws:userid')
    expect(gate.slots).toEqual([slot])
    const values = few.take({ 'aws:userid': 'x', 'aws:SourceVpce': 'vpce-1' })
    expect([values[slot], values[SLOT_SOURCE_VPCE]]).toEqual(['x', 'vpce-1'])
  })

  // Callers choose actions and endpoints: what is kept of them has an end.
  test('are kept for 256 actions and 16 endpoints', () => {
    const hot = new HotBinding(binding)
    const actions = Array.from({ length: 256 }, (_, index) => `s3:Action${index}`)
    for (const action of actions) note(hot, action, undefined, 1)
    expect(actions.every((action) => hot.gate(action, undefined) !== undefined)).toBe(true)
    note(hot, 's3:OneMore', undefined, 1)
    expect(actions.some((action) => hot.gate(action, undefined) !== undefined)).toBe(false)
    expect(hot.gate('s3:OneMore', undefined)).toBeDefined()
    const endpoints = Array.from({ length: 16 }, (_, index) => `vpce-${index}`)
    for (const endpoint of endpoints) note(hot, 'kms:Decrypt', endpoint, 1)
    expect(endpoints.every((endpoint) => hot.gate('kms:Decrypt', endpoint) !== undefined)).toBe(true)
    note(hot, 'kms:Decrypt', 'vpce-16', 1)
    expect(endpoints.some((endpoint) => hot.gate('kms:Decrypt', endpoint) !== undefined)).toBe(false)
    expect(hot.gate('kms:Decrypt', 'vpce-16')).toBeDefined()
    // The last action is no longer the one that was looked for before.
    expect(hot.gate('s3:Action0', undefined)).toBeUndefined()
    note(hot, 's3:Action0', undefined, 1)
    expect(hot.gate('s3:Action0', undefined)).toBeDefined()
  })
})

describe('sketches of traces', () => {
  test('are kept from the second trace of an action on, until another action is traced', () => {
    const hot = new HotBinding(bindingOf(ALICE, KEY))
    expect(hot.sketches('kms:Decrypt')).toBeUndefined()
    const kept = hot.sketches('kms:Decrypt')
    expect(kept).toBeInstanceOf(TraceSketches)
    expect(hot.sketches('kms:Decrypt')).toBe(kept)
    // What an action can do is part of them.
    expect(hot.sketches('kms:Encrypt')).toBeUndefined()
    const others = hot.sketches('kms:Encrypt')
    expect(others).toBeInstanceOf(TraceSketches)
    expect(others).not.toBe(kept)
    expect(hot.sketches('kms:Decrypt')).toBeUndefined()
    expect(hot.sketches('kms:Decrypt')).not.toBe(kept)
  })
})
