/** Who can: a matrix of which only what is in view is decided, the statements behind a cell, the grants of a key. */
import { describe, expect, test } from 'vitest'
import type { Effect, Env } from '../../../src/tui/app/view.js'
import { whoCanDestination, whoCanDoor, whoCanRestorer } from '../../../src/tui/views/who-can/who-can-view.js'
import { Cells } from '../../../src/tui/views/who-can/cells.js'
import { reachabilityOf, type Reachability } from '../../../src/tui/views/who-can/reachability.js'
import { Answerer } from '../../../src/source/answer/answer-question.js'
import type { AskedWorld, WorldKey, WorldPrincipal } from '../../../src/source/world/world.js'
import { partsFor } from '../../../src/tui/explorer.js'
import { UNICODE } from '../../../src/tui/frame/glyphs.js'
import { Asking } from '../../../src/tui/world/asking.js'
import { acme, checkFrame, SIZES, started, type Driven } from '../frames.js'
import { answered, pressed, settle, WRONG_TENANT, hasControls } from './settle.js'

interface Room {
  readonly columns: number
  readonly rows: number
}

const envFor = (room: Room, asking = acme()): Env => ({ asking, ...room, glyphs: UNICODE, feed: {} as never })

function matrix(room: Room = SIZES[1], asking = acme()): Driven {
  return started(whoCanDestination.open(envFor(room, asking)), room, undefined, partsFor(asking, UNICODE))
}

describe('frames', () => {
  for (const room of SIZES) {
    const size = `${room.columns}x${room.rows}`
    test(`the matrix, ${size}`, async () => {
      checkFrame(`who-can-${size}`, (await pressed(matrix(room), 'l', 'l', 'l', 'j')).frame())
    })
    test(`dense, ${size}`, async () => {
      checkFrame(`who-can-dense-${size}`, (await pressed(matrix(room), 'z')).frame())
    })
    test(`statements, ${size}`, async () => {
      const driven = await pressed(matrix(room), '/', '"tenantservice"', 'tab', '"tenant-data"', 'enter', 'p', 'n')
      checkFrame(`statements-${size}`, driven.frame())
    })
    test(`grants, ${size}`, async () => {
      const driven = await pressed(matrix(room), '/', 'tab', '"tenant-data"', 'enter', 'n')
      checkFrame(`grants-${size}`, driven.frame())
    })
  }

  test('what is not decided yet is open', () => {
    expect(matrix(SIZES[0], new Asking('again', acme().world, new Answerer(acme().world))).frame()).toMatch(/❯…/)
  })
})

describe('keys', () => {
  const AT: readonly (readonly [name: string, keys: readonly string[], told: RegExp])[] = [
    ['Enter explains the cell', ['/', '"paymentsapi"', 'enter', 'enter'], /Decrypt by role\/PaymentsApi/],
    ['a filter of keys', ['/', 'tab', '"ledger"', 'enter'], /28 callers on 1 key,/],
    ['Esc takes the filter away', ['/', '"paymentsapi"', 'enter', 'esc'], /28 callers on 19 keys/],
    ['another action', ['a', '"GetKeyPolicy"', 'enter'], /Who can kms:GetKeyPolicy/],
    [
      'in the order of the verdicts',
      ['/', 'tab', '"alias/payments 1f0c"', 'enter', 's', 's'],
      /❯ role\/BreakGlass +❯✓ yes/,
    ],
    ['by account', ['s'], /by account/],
    ['nothing has these words', ['/', '"nothing here"'], /nothing has all of these words/],
  ]
  for (const [name, keys, told] of AT) {
    test(name, async () => expect((await pressed(matrix(), ...keys)).frame()).toMatch(told))
  }

  test('a click chooses a cell, another row of it too', async () => {
    const driven = await settle(matrix())
    driven.send({ kind: 'input', input: { kind: 'click', row: 10, column: 66 } })
    expect((await settle(driven)).frame()).toMatch(/❯ role\/BreakGlass +[^❯]+❯✓ yes/)
  })
})

test('each cell says what the verdict says', () => {
  const asking = acme()
  const cells = new Cells(asking)
  const keys = [...asking.world.keys.keys()]
  for (const caller of asking.world.principals.keys()) {
    for (const key of keys.slice(0, 8)) {
      const question = asking.query(`can "${caller}" do kms:Decrypt on "${key}"`)
      const answer = question.ok ? asking.answerer.answer(question.value) : undefined
      if (answer?.ok !== true) throw new Error('acme cannot answer this')
      const { explanation, eitherWay } = answer.value
      const words = { allow: 'yes', explicitDeny: 'denied', implicitDeny: 'no' } as const
      const expected = eitherWay.answer === 'depends' ? 'if' : words[explanation.verdict]
      expect(cells.decide('kms:Decrypt', caller, key)).toBe(expected)
    }
  }
})

test('the door begins at the caller and the key of the request', async () => {
  const driven = await settle(started(whoCanDoor.open(answered(WRONG_TENANT), envFor(SIZES[1])), SIZES[1]))
  expect(driven.frame()).toMatch(/❯ role\/TenantService .*❯○ if/)
})

describe('a session file', () => {
  const env = envFor(SIZES[0])
  const SAVED: readonly (readonly [saved: unknown, title: string | undefined])[] = [
    [{ action: 'kms:Encrypt', caller: 'x', key: 7 }, 'who can Encrypt'],
    [{}, 'who can Decrypt'],
    [{ action: 'kms:Nothing' }, undefined],
    [null, undefined],
  ]
  for (const [saved, title] of SAVED) {
    test(JSON.stringify(saved), () => expect(whoCanRestorer.restore(saved, env)?.title).toBe(title))
  }
})

// ------------------------------------------------------------------------------------------------------------- large

/** As many as a large organization has, all made from one of acme. */
function largeAsking(principals: number, keys: number): { readonly asking: Asking; readonly decided: () => number } {
  const { world } = acme()
  const principal = [...world.principals.values()].find(({ name }) => name === 'PaymentsApi')!
  const key = [...world.keys.values()].find(({ properties }) => properties.aliases?.includes('alias/payments'))!
  const many = <T>(count: number, make: (index: number) => readonly [string, T]): ReadonlyMap<string, T> =>
    new Map(Array.from({ length: count }, (_, index) => make(index)))
  const large: AskedWorld = {
    ...world,
    principals: many<WorldPrincipal>(principals, (index) => {
      const arn = `arn:aws:iam::444455556666:role/Role-${String(index).padStart(4, '0')}`
      return [arn, { ...principal, arn, path: '/', name: arn.slice(arn.lastIndexOf('/') + 1) }]
    }),
    keys: many<WorldKey>(keys, (index) => {
      const keyId = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
      const arn = `arn:aws:kms:us-east-1:444455556666:key/${keyId}`
      return [arn, { ...key, arn, keyId }]
    }),
    aliases: new Map(),
  }
  const answerer = new Answerer(large)
  let count = 0
  const weigh = answerer.weigh.bind(answerer)
  answerer.weigh = (question) => {
    count++
    return weigh(question)
  }
  return { asking: new Asking('large', large, answerer), decided: () => count }
}

describe('5,000 callers and 2,000 keys', () => {
  test('only what is in view is decided', async () => {
    const { asking, decided } = largeAsking(5000, 2000)
    const driven = await settle(matrix(SIZES[1], asking))
    expect(driven.frame()).toContain('5,000 callers on 2,000 keys')
    expect(driven.frame().split('\n').slice(6, 30).join('\n')).not.toContain('…')
    const inView = decided()
    expect(inView).toBeLessThanOrEqual(40 * 8)
    await pressed(driven, 'G', 'L')
    expect(decided()).toBeLessThanOrEqual(3 * inView)
    await pressed(driven, '/', '"0042"', 'enter')
    expect(driven.frame()).toContain('1 caller on 2,000 keys')
  })

  test('a slice is one cell', () => {
    const { asking, decided } = largeAsking(50, 50)
    const driven = matrix(SIZES[1], asking)
    const work = (driven.effects[0] as Extract<Effect, { readonly kind: 'work' }>).work()
    for (let step = 1; step <= 10; step++) {
      work.next()
      expect(decided()).toBe(step)
    }
  })
})

describe('reachability', () => {
  function reach(caller: string, alias: string): Reachability {
    const { world } = acme()
    const arn = [...world.principals.keys()].find((each) => each.endsWith(`/${caller}`))!
    const key = [...world.keys.values()].find(({ properties }) => properties.aliases?.includes(alias))!
    const work = reachabilityOf(world, arn, key.arn)
    for (;;) {
      const step = work.next()
      if (step.done === true) return step.value
    }
  }

  test('a guard that nothing needs yet is told from what is needed', () => {
    expect(reach('TenantService', 'alias/tenant-data').keyPolicy).toEqual({
      reaches: ['needed', 'needed', 'idle', 'needed'],
    })
  })

  test('identity policies are decided one by one, others than those of KMS are none of it', () => {
    const { identity, isNarrow } = reach('PaymentsApi', 'alias/payments')
    expect(isNarrow).toBe(false)
    expect(identity.length).toBeGreaterThan(0)
    for (const { reaches } of identity) expect(reaches?.length).toBeGreaterThan(0)
  })
})

test('hostile names move no cursor', async () => {
  const { world } = acme()
  const [principal] = world.principals.values()
  const arn = 'arn:aws:iam::444455556666:role/\u001b[2J\u202eevil'
  const hostile: AskedWorld = { ...world, principals: new Map([[arn, { ...principal!, arn, name: 'evil' }]]) }
  const driven = await settle(matrix(SIZES[0], new Asking('hostile', hostile, new Answerer(hostile))))
  expect(hasControls(driven.frame())).toBe(false)
  expect(driven.frame()).toContain('\\u{1b}')
})
