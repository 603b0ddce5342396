/**
 * Every operation on a key, in every state that a key can be in.
 *
 * Source: KMS Developer Guide, "Key states of AWS KMS keys"; kms-behaviour 2.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_OPERATIONS, type OperationName } from '../../../src/aws/operations.js'
import type { KeyState } from '../../../src/kms/shapes.js'
import { ROOT } from '../../tooling/sources.js'
import { ADMIN, REGION } from '../test-kms.js'
import {
  CALLS_ALONE,
  CALLS_WITH_KEY,
  callOf,
  FOREVER,
  fresh,
  importMaterial,
  makeKey,
  MESSAGE,
  OTHER_REGION,
  type OperationCall,
} from './calls.js'
import { choices, IMPORTED, MADE_HERE, STATES, TABLE, type Cell, type Choice } from './key-state-table.js'
import { ELSEWHERE, openStage, stateOf, type Situation, type Stage } from './situations.js'

let stage: Stage

beforeAll(async () => {
  stage = await openStage()
}, 60_000)
afterAll(() => stage.close())

const ON_STORES = [
  'ConnectCustomKeyStore',
  'CreateCustomKeyStore',
  'DeleteCustomKeyStore',
  'DisconnectCustomKeyStore',
  'UpdateCustomKeyStore',
]

test('the table has a row for each of the 46 operations on keys, and there are no others', () => {
  const others = Object.keys(API_OPERATIONS).filter((name) => !Object.hasOwn(TABLE, name))
  expect(Object.keys(TABLE)).toHaveLength(46)
  expect(others.toSorted()).toEqual([...CALLS_ALONE.map(({ name }) => name), ...ON_STORES].toSorted())
  expect(CALLS_WITH_KEY.map(({ name }) => name).toSorted()).toEqual(Object.keys(TABLE).toSorted())
})

/** Prepares the call, lets the key enter its state, and makes the call. */
async function outcomeOf(name: OperationName, input: OperationCall['input'], situation: Situation): Promise<string> {
  const { t, arn, owner, donor, isThere, enter } = situation
  const preparation = { t, arn, owner, donor, caller: owner }
  const before = isThere ? await input(preparation) : undefined
  await enter()
  return answerOf(name, before ?? (await input(preparation)), situation)
}

async function answerOf(name: OperationName, input: object, { t, arn, owner }: Situation): Promise<string> {
  return (await t.fails(name, input, owner)).replaceAll(arn, '{arn}')
}

/** Every operation and state that was looked at. */
const met = new Set<string>()

function expectCell(answer: string, { outcome }: Cell): void {
  if (outcome === 'ok') expect(answer).toBe('succeeded')
  else if (outcome.endsWith('…')) expect(answer.slice(0, outcome.length - 1)).toBe(outcome.slice(0, -1))
  else expect(answer).toBe(outcome)
}

/** No grant can be made on a key in these states: its absence is all that is in the way. */
function ofNoGrant(name: OperationName, state: KeyState): OperationCall['input'] | undefined {
  const isGrant = name === 'RetireGrant' || name === 'RevokeGrant'
  if (!isGrant || (state !== 'PendingImport' && state !== 'Creating')) return undefined
  return ({ arn: KeyId }) => ({ KeyId, GrantId: 'a'.repeat(64) })
}

for (const { name, key, input } of CALLS_WITH_KEY) {
  if (key === undefined) throw new Error(`${name} has no key`)
  // Imported keys cost more and share theirs; what goes on between the Regions of a key has its own test.
  if (key === 'external' || name === 'UpdatePrimaryRegion') continue
  describe(name, () => {
    for (const state of STATES) {
      const cell = TABLE[name]?.[state] ?? { outcome: 'no row' }
      test(`${state}: ${cell.outcome}`, async () => {
        met.add(`${name} ${state}`)
        const situation = await stage.situate(state, key)
        if (situation === undefined || cell.outcome === 'never') {
          expect([situation, cell.outcome]).toEqual([undefined, 'never'])
          return
        }
        const absent = ofNoGrant(name, state)
        if (absent === undefined) return expectCell(await outcomeOf(name, input, situation), cell)
        // Of a grant that is not there nobody may retire anything, and that is asked before.
        const code = name === 'RetireGrant' ? 'AccessDeniedException' : 'NotFoundException'
        expect((await outcomeOf(name, absent, situation)).split(':')[0]).toBe(code)
      })
    }
  })
}

describe('UpdatePrimaryRegion', () => {
  const row = TABLE.UpdatePrimaryRegion!

  for (const state of ['Enabled', 'Disabled', 'PendingReplicaDeletion', 'Updating'] as const) {
    test(`a primary that is ${state}: ${row[state].outcome}`, async () => {
      met.add(`UpdatePrimaryRegion ${state}`)
      const situation = (await stage.situate(state, 'multiRegion'))!
      const { t, arn: KeyId, owner } = situation
      const isMoving = state === 'Updating'
      if (!isMoving) await t.ok('ReplicateKey', { KeyId, ReplicaRegion: OTHER_REGION }, owner)
      const input = { KeyId, PrimaryRegion: isMoving ? REGION : OTHER_REGION }
      expectCell(await outcomeOf('UpdatePrimaryRegion', () => input, situation), row[state])
    })
  }

  /** The replica has to be usable as well: it is the one that the message names. */
  const REPLICA: readonly (readonly [KeyState, (s: Situation, arn: string) => Promise<unknown>])[] = [
    ['Disabled', ({ t }, KeyId) => t.ok('DisableKey', { KeyId }, ELSEWHERE)],
    ['PendingDeletion', ({ t }, KeyId) => t.ok('ScheduleKeyDeletion', { KeyId }, ELSEWHERE)],
  ]
  for (const [state, enter] of REPLICA) {
    test(`a replica that is ${state}: ${row[state].outcome}`, async () => {
      met.add(`UpdatePrimaryRegion ${state}`)
      const situation = (await stage.situate('Enabled', 'multiRegion'))!
      const { t, arn: KeyId, owner } = situation
      await t.ok('ReplicateKey', { KeyId, ReplicaRegion: OTHER_REGION }, owner)
      const replica = KeyId.replace(REGION, OTHER_REGION)
      await enter(situation, replica)
      const answer = await t.fails('UpdatePrimaryRegion', { KeyId, PrimaryRegion: OTHER_REGION }, owner)
      expectCell(answer.replaceAll(replica, '{arn}'), row[state])
    })
  }

  test(`a replica that is Creating: ${row.Creating.outcome}`, async () => {
    met.add('UpdatePrimaryRegion Creating')
    const situation = (await stage.situate('Creating', 'multiRegion'))!
    await situation.enter()
    const input = { KeyId: situation.donor, PrimaryRegion: OTHER_REGION }
    expectCell(await answerOf('UpdatePrimaryRegion', input, { ...situation, owner: ADMIN }), row.Creating)
  })

  test(`a replica that is PendingImport: ${row.PendingImport.outcome}`, async () => {
    met.add('UpdatePrimaryRegion PendingImport')
    const { t, arn: KeyId } = (await stage.situate('Enabled', 'external'))!
    expect(await t.fails('UpdatePrimaryRegion', { KeyId, PrimaryRegion: OTHER_REGION })).toMatch(/^UnsupportedOp/)
    const shared = await makeKey(t, 'external', { MultiRegion: true })
    await importMaterial(t, shared)
    await t.ok('ReplicateKey', { KeyId: shared, ReplicaRegion: OTHER_REGION })
    const answer = await t.fails('UpdatePrimaryRegion', { KeyId: shared, PrimaryRegion: OTHER_REGION })
    expectCell(answer.replaceAll(shared.replace(REGION, OTHER_REGION), '{arn}'), row.PendingImport)
  })

  test('keys in custom key stores are of one Region', async () => {
    met.add('UpdatePrimaryRegion Unavailable')
    expect(await stage.situate('Unavailable', 'multiRegion')).toBeUndefined()
    const t = (await stage.situate('Enabled', 'symmetric'))!.t
    const inStore = { Origin: 'EXTERNAL_KEY_STORE', CustomKeyStoreId: 'cks-0', XksKeyId: 'one' } as const
    for (const more of [{ MultiRegion: true }, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' }] as const) {
      expect(await t.fails('CreateKey', { ...inStore, ...more })).toMatch(/^UnsupportedOperationException/)
    }
  })
})

describe('keys with imported material', () => {
  const SOME_IMPORT = { ImportToken: MESSAGE, EncryptedKeyMaterial: MESSAGE, ...FOREVER }

  const IMPORTS = ['GetParametersForImport', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial'] as const

  for (const state of STATES) {
    if (state === 'Unavailable') continue
    test(state, async () => {
      for (const name of IMPORTS) met.add(`${name} ${state}`)
      const situation = (await stage.situate(state, 'external'))!
      const { t, arn, owner, donor, isThere, enter } = situation
      const preparation = { t, arn, owner, donor, caller: owner }
      const another = isThere ? await callOf('ImportKeyMaterial').input(preparation) : { ...SOME_IMPORT, KeyId: arn }
      await enter()
      expect(await stateOf(situation)).toBe(state)
      for (const [name, row] of Object.entries(IMPORTED) as [OperationName, Readonly<Record<KeyState, Cell>>][]) {
        expectCell(await answerOf(name, { KeyId: arn }, situation), row[state])
      }
      const parameters = await callOf('GetParametersForImport').input(preparation)
      expectCell(await answerOf('GetParametersForImport', parameters, situation), TABLE.GetParametersForImport![state])
      expectCell(await answerOf('ImportKeyMaterial', another, situation), TABLE.ImportKeyMaterial![state])
      const gone = { KeyId: arn }
      const cell = TABLE.DeleteImportedKeyMaterial![state]
      expectCell(await answerOf('DeleteImportedKeyMaterial', gone, situation), cell)
      const after = state.endsWith('Deletion') || cell.outcome !== 'ok' ? state : 'PendingImport'
      expect(await stateOf(situation)).toBe(after)
    })
  }

  test('are in no custom key store', async () => {
    expect(await stage.situate('Unavailable', 'external')).toBeUndefined()
    for (const name of IMPORTS) {
      expect(TABLE[name]?.Unavailable.outcome).toBe('never')
      met.add(`${name} Unavailable`)
    }
  })

  test('grants are retired and revoked while the key waits for its material again', async () => {
    const { t, arn: KeyId } = (await stage.situate('Enabled', 'external'))!
    for (const name of ['RetireGrant', 'RevokeGrant'] as const) {
      const input = await callOf(name).input({ t, arn: KeyId, owner: ADMIN, donor: KeyId, caller: ADMIN })
      await t.ok('DeleteImportedKeyMaterial', { KeyId })
      expect(await t.fails(name, input)).toBe('succeeded')
      await importMaterial(t, KeyId)
    }
  })
})

describe('keys whose material KMS has made are none to import to', () => {
  for (const [name, row] of Object.entries(MADE_HERE) as [OperationName, Readonly<Record<KeyState, Cell>>][]) {
    for (const state of STATES) {
      const cell = row[state]
      if (cell.outcome === 'never') continue
      test(`${name} ${state}: ${cell.outcome}`, async () => {
        const situation = (await stage.situate(state, 'symmetric'))!
        const wrapped = { ImportToken: MESSAGE, EncryptedKeyMaterial: MESSAGE, ...FOREVER }
        const wrapping = { WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' }
        const more = name === 'ImportKeyMaterial' ? wrapped : name === 'GetParametersForImport' ? wrapping : {}
        const input: OperationCall['input'] = ({ arn: KeyId }) => ({ KeyId, ...more })
        expectCell(await outcomeOf(name, input, situation), cell)
      })
    }
  }
})

describe('what the footnotes say', () => {
  test('2/3: a key that was disabled before it was scheduled is pending deletion, not disabled', async () => {
    const { t, arn: KeyId } = (await stage.situate('Enabled', 'symmetric'))!
    await t.ok('DisableKey', { KeyId })
    await t.ok('ScheduleKeyDeletion', { KeyId })
    expect(await t.fails('Encrypt', { KeyId, Plaintext: MESSAGE })).toBe(
      `KMSInvalidStateException: ${KeyId} is pending deletion.`,
    )
  })

  test('10: an alias of a key that is pending deletion may get another target', async () => {
    const { t, arn: TargetKeyId } = (await stage.situate('Enabled', 'symmetric'))!
    const AliasName = fresh('alias/states')
    await t.ok('CreateAlias', { AliasName, TargetKeyId })
    await t.ok('ScheduleKeyDeletion', { KeyId: TargetKeyId })
    await t.ok('UpdateAlias', { AliasName, TargetKeyId: await makeKey(t, 'symmetric') })
  })

  test('12: enabling and disabling show once the store is connected again', async () => {
    const situation = (await stage.situate('Unavailable', 'symmetric'))!
    const { t, arn: KeyId, enter } = situation
    await enter()
    await t.ok('DisableKey', { KeyId })
    expect(await stateOf(situation)).toBe('Unavailable')
    await stage.connect()
    expect(await stateOf(situation)).toBe('Disabled')
    await enter()
    await t.ok('EnableKey', { KeyId })
    expect(await stateOf(situation)).toBe('Unavailable')
    await stage.connect()
    expect(await stateOf(situation)).toBe('Enabled')
  })

  test('13: a key that is pending deletion stays so when its store is disconnected', async () => {
    const situation = (await stage.situate('Unavailable', 'symmetric'))!
    const { t, arn: KeyId, enter } = situation
    await t.ok('ScheduleKeyDeletion', { KeyId })
    await enter()
    expect(await stateOf(situation)).toBe('PendingDeletion')
    await t.ok('CancelKeyDeletion', { KeyId })
    expect(await stateOf(situation)).toBe('Unavailable')
    await stage.connect()
    expect(await stateOf(situation)).toBe('Disabled')
  })

  test('a deletion that is cancelled leaves the key disabled, from whatever state it came', async () => {
    for (const state of ['Enabled', 'Disabled', 'PendingImport', 'Creating'] as const) {
      const situation = (await stage.situate(state, 'symmetric'))!
      await situation.enter()
      const { t, arn: KeyId, owner } = situation
      await t.ok('ScheduleKeyDeletion', { KeyId }, owner)
      await t.ok('CancelKeyDeletion', { KeyId }, owner)
      expect(await stateOf(situation)).toBe('Disabled')
    }
  })

  test('a key without its material is not enabled again', async () => {
    const situation = (await stage.situate('PendingImport', 'symmetric'))!
    const { t, arn: KeyId } = situation
    await t.ok('ScheduleKeyDeletion', { KeyId })
    await t.ok('CancelKeyDeletion', { KeyId })
    expect(await t.fails('EnableKey', { KeyId })).toBe(`KMSInvalidStateException: ${KeyId} is pending import.`)
    expect(await stateOf(situation)).toBe('Disabled')
  })
})

describe('all of it', () => {
  test('each of the operations on keys was looked at in each of the states', () => {
    const all = Object.keys(TABLE).flatMap((name) => STATES.map((state) => `${name} ${state}`))
    expect(all).toHaveLength(46 * 8)
    expect(all.filter((each) => !met.has(each))).toEqual([])
  })

  test('what the documents leave open is recorded in docs/decisions.md, and nothing else is', () => {
    const lines = (found: readonly Choice[]): readonly string[] =>
      found.map(({ name, state, answer, why }) => `${name} ${state}: ${answer}, ${why}`).toSorted()
    expect(lines(recordedChoices())).toEqual(lines(choices()))
  })
})

/** `- Operation, Operation in State, State: answer; why.` */
function recordedChoices(): readonly Choice[] {
  const page = readFileSync(join(ROOT, 'docs/decisions.md'), 'utf8')
  const [, section = ''] = page.split('### Where the table of key states is open\n')
  const [own = ''] = section.split(/\n#/, 1)
  const items = own.split(/^- /m).slice(1)
  return items.flatMap((item) => {
    const text = item.trim().replace(/\s+/g, ' ')
    const parts = /^([A-Za-z, ]+) in ([A-Za-z, ]+): ([A-Za-z]+); (.+)\.$/.exec(text)
    if (parts === null) throw new Error(`not a choice: ${text}`)
    const [, names = '', states = '', answer = '', why = ''] = parts
    return names
      .split(', ')
      .flatMap((name) => states.split(', ').map((state) => ({ name, state: state as KeyState, answer, why })))
  })
}
