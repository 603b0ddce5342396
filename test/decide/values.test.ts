/**
 * Values of condition keys as a request gives them, and where they go: every key that a policy names, or a few alone.
 *
 * Source: authorization.md B4, B5 (two spellings of one key), A5.
 */
import { describe, expect, test } from 'vitest'
import { ContextReader, SlotReader, toSlotValue, type RequestContext } from '../../src/decide/values.js'
import { GraphTables } from '../../src/graph/tables.js'

const KEYS = ['aws:username', 'aws:PrincipalTag/team', 'kms:EncryptionContextKeys']

function graph(): { readonly tables: GraphTables; readonly slots: readonly number[] } {
  const tables = new GraphTables()
  return { tables, slots: KEYS.map((key) => tables.slot(key)) }
}

/** Of the three keys alone. */
function read(context: RequestContext): readonly unknown[] {
  const { tables, slots } = graph()
  const whole = new ContextReader(tables).read(context)
  const few = new SlotReader(new ContextReader(tables), slots).take(context)
  const values = slots.map((slot) => whole[slot])
  expect(slots.map((slot) => few[slot])).toEqual(values)
  expect(whole).toHaveLength(tables.slotCount)
  return values
}

const CASES: readonly (readonly [name: string, context: RequestContext, values: readonly unknown[]])[] = [
  ['nothing', {}, [undefined, undefined, undefined]],
  ['a text', { 'aws:username': 'Alice' }, ['Alice', undefined, undefined]],
  ['any case', { 'AWS:UserName': 'Alice', 'aws:principaltag/TEAM': 'a' }, ['Alice', 'a', undefined]],
  ['no value', { 'aws:username': null, 'aws:PrincipalTag/team': undefined }, [undefined, undefined, undefined]],
  ['a number and a flag', { 'aws:username': 7, 'aws:PrincipalTag/team': false }, ['7', 'false', undefined]],
  ['an empty text', { 'aws:username': '' }, ['', undefined, undefined]],
  ['an empty list', { 'aws:username': [] }, [undefined, undefined, undefined]],
  // B4: a list of one is that one, but a list of one empty text stays a list.
  ['a list of one', { 'aws:username': ['Alice'] }, ['Alice', undefined, undefined]],
  ['a list of one empty text', { 'aws:username': [''] }, [[''], undefined, undefined]],
  ['a list', { 'aws:username': ['a', 7, true] }, [['a', '7', 'true'], undefined, undefined]],
  ['keys that nobody names', { 'aws:userid': 'x', made: 'up', 'aws:username': 'a' }, ['a', undefined, undefined]],
  // B5: two spellings are one key with the values of both.
  [
    'two spellings',
    { 'aws:username': 'Alice', 'AWS:username': 'Bob', 'aws:userName': ['Carl', 'Dora'] },
    [['Alice', 'Bob', 'Carl', 'Dora'], undefined, undefined],
  ],
  [
    'two spellings, the first a list',
    { 'aws:username': ['a', 'b'], 'AWS:USERNAME': 'c' },
    [['a', 'b', 'c'], undefined, undefined],
  ],
  ['two spellings, one without a value', { 'aws:username': 'a', 'AWS:username': null }, ['a', undefined, undefined]],
  ['two spellings, the other without', { 'aws:username': null, 'AWS:username': 'a' }, ['a', undefined, undefined]],
  [
    'two spellings of two keys',
    { 'aws:username': 'a', 'aws:principaltag/team': 'x', 'AWS:username': 'b', 'AWS:PrincipalTag/team': 'y' },
    [['a', 'b'], ['x', 'y'], undefined],
  ],
]

describe('a context with', () => {
  test.each(CASES)('%s', (_name, context, values) => {
    expect(read(context)).toEqual(values)
  })

  test('a list of the caller is not grown for it', () => {
    const given = ['a', 'b']
    expect(read({ 'aws:username': given, 'AWS:username': 'c' })[0]).toEqual(['a', 'b', 'c'])
    expect(given).toEqual(['a', 'b'])
  })

  test('only its own keys, and whatever it inherits is none', () => {
    const inherited = Object.assign(Object.create({ 'aws:username': 'Mallory' }) as Record<string, string>, {
      'aws:PrincipalTag/team': 'a',
    })
    expect(read(inherited)).toEqual([undefined, 'a', undefined])
    const bare = Object.assign(Object.create(null) as Record<string, string>, { 'aws:username': 'Alice' })
    expect(read(bare)).toEqual(['Alice', undefined, undefined])
  })

  test('what a program has put on every object is no key of the request', () => {
    const everywhere = Object.prototype as Record<string, unknown>
    Object.defineProperty(everywhere, 'aws:username', {
      value: 'Mallory',
      enumerable: true,
      configurable: true,
      writable: true,
    })
    try {
      expect(read({ 'aws:PrincipalTag/team': 'a' })).toEqual([undefined, 'a', undefined])
    } finally {
      delete everywhere['aws:username']
    }
  })
})

describe('a reader', () => {
  test('reads one context after another, alike or not', () => {
    const { tables, slots } = graph()
    const reader = new ContextReader(tables)
    const few = new SlotReader(reader, slots)
    const contexts: readonly RequestContext[] = [
      { 'aws:username': 'a', 'aws:PrincipalTag/team': 'x' },
      { 'aws:username': 'b', 'aws:PrincipalTag/team': 'y' },
      { 'aws:PrincipalTag/team': 'z', 'aws:username': 'c' },
      {},
      { 'aws:username': 'd' },
      { 'aws:userid': 'other', 'aws:username': 'e' },
    ]
    const expected = [['a', 'x'], ['b', 'y'], ['c', 'z'], [], ['d'], ['e']]
    for (const [index, context] of [...contexts, ...contexts].entries()) {
      const [name, team] = expected[index % contexts.length]!
      const values = reader.read(context)
      expect([values[slots[0]!], values[slots[1]!]]).toEqual([name, team])
      const taken = few.take(context)
      expect([taken[slots[0]!], taken[slots[1]!]]).toEqual([name, team])
      few.giveBack(taken)
    }
  })

  test('finds a key that a policy has come to name since', () => {
    const { tables, slots } = graph()
    const reader = new ContextReader(tables)
    const context = { 'aws:username': 'a', 'aws:userid': 'x' }
    expect(reader.read(context)[slots[0]!]).toBe('a')
    expect(reader.slotOf('aws:userid')).toBe(-1)
    const slot = tables.slot('aws:UserId')
    expect(reader.slotOf('aws:userid')).toBe(slot)
    expect(reader.read(context)[slot]).toBe('x')
    expect(reader.read({ 'AWS:USERID': 'y' })[slot]).toBe('y')
  })

  test('reads contexts with more keys than it remembers', () => {
    const { tables, slots } = graph()
    const reader = new ContextReader(tables)
    for (const round of ['a', 'b', 'c']) {
      const many = Object.fromEntries(Array.from({ length: 12_000 }, (_, index) => [`x:${round}${index}`, 'v']))
      expect(reader.read({ ...many, 'aws:username': round })[slots[0]!]).toBe(round)
      expect(new SlotReader(reader, slots).take({ ...many, 'aws:username': round })[slots[0]!]).toBe(round)
    }
  })
})

describe('a reader of few keys', () => {
  test('reads those and no others', () => {
    const { tables, slots } = graph()
    const [name, team] = [slots[0]!, slots[1]!]
    const reader = new SlotReader(new ContextReader(tables), [team])
    const values = reader.take({ 'aws:username': 'Alice', 'aws:PrincipalTag/team': 'a' })
    expect([values[name], values[team]]).toEqual([undefined, 'a'])
  })

  // B5. The short way for keys in the order of the last request is not for these.
  test.each(['aws:SourceVpce', 'aws:username'])('reads two spellings of %s as both of them, again and again', (key) => {
    const { tables } = graph()
    const slot = tables.slot(key)
    const reader = new SlotReader(new ContextReader(tables), [slot])
    const twice = { [key]: 'a', [key.toUpperCase()]: 'b' }
    const thrice = { 'aws:userid': 'x', [key.replace('aws', 'Aws')]: 'a', ...twice }
    const rounds: readonly (readonly [context: RequestContext, value: unknown])[] = [
      [twice, ['a', 'b']],
      [twice, ['a', 'b']],
      [thrice, ['a', 'a', 'b']],
      [thrice, ['a', 'a', 'b']],
      [{ [key]: 'c' }, 'c'],
      [twice, ['a', 'b']],
      [{ [key]: 'd', 'aws:userid': 'x' }, 'd'],
      [{ [key]: 'e', 'aws:userid': 'x' }, 'e'],
      [twice, ['a', 'b']],
      [twice, ['a', 'b']],
    ]
    for (const [context, value] of rounds) {
      const values = reader.take(context)
      expect(values[slot]).toEqual(value)
      reader.giveBack(values)
    }
  })

  test('reads two spellings where there were three', () => {
    const { tables, slots } = graph()
    const reader = new SlotReader(new ContextReader(tables), slots)
    const two = { 'AWS:username': 'b', 'AWS:USERNAME': 'c' }
    const fewer = { made: 'up', ...two }
    const values = [{ 'aws:username': 'a', ...two }, fewer, fewer].map((each) => reader.take(each)[slots[0]!])
    expect(values).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c'],
      ['b', 'c'],
    ])
  })

  test('reads two spellings where another key stood before', () => {
    const { tables, slots } = graph()
    const [name, team] = [slots[0]!, slots[1]!]
    const reader = new SlotReader(new ContextReader(tables), slots)
    const both = { 'aws:username': 'a', 'AWS:username': 'b' }
    const other = { 'aws:PrincipalTag/team': 't' }
    for (const context of [other, both, both, { made: 'up' }, other, both, both]) {
      const values = reader.take(context)
      expect([values[name], values[team]]).toEqual(
        context === both ? [['a', 'b'], undefined] : [undefined, context === other ? 't' : undefined],
      )
      reader.giveBack(values)
    }
  })

  test('of the first slot reads it in the short way as well', () => {
    const { tables } = graph()
    expect(tables.slot('aws:SourceVpce')).toBe(0)
    const reader = new SlotReader(new ContextReader(tables), [0])
    for (const value of ['vpce-1', 'vpce-2', 'vpce-3']) expect(reader.take({ 'aws:SourceVpce': value })[0]).toBe(value)
  })

  test('takes no inherited value where it expects the key', () => {
    const { tables, slots } = graph()
    const reader = new SlotReader(new ContextReader(tables), slots)
    const inherited = Object.create({ 'aws:username': 'Mallory' }) as RequestContext
    const values = [{ 'aws:username': 'Alice' }, inherited, inherited].map((each) => reader.take(each)[slots[0]!])
    expect(values).toEqual(['Alice', undefined, undefined])
  })

  test('hands over an array that nobody else has, and empties it when it comes back', () => {
    const { tables, slots } = graph()
    const reader = new SlotReader(new ContextReader(tables), slots)
    const one = reader.take({ 'aws:username': 'Alice' })
    const two = reader.take({ 'aws:PrincipalTag/team': 'a' })
    expect(two).not.toBe(one)
    expect([one[slots[0]!], one[slots[1]!], two[slots[0]!], two[slots[1]!]]).toEqual([
      'Alice',
      undefined,
      undefined,
      'a',
    ])
    reader.giveBack(one)
    const again = reader.take({})
    expect(slots.map((slot) => again[slot])).toEqual([undefined, undefined, undefined])
  })

  test('of no key at all reads nothing', () => {
    const reader = new SlotReader(new ContextReader(graph().tables), [])
    expect(reader.take({ 'aws:username': 'Alice' }).filter((value) => value !== undefined)).toEqual([])
  })
})

test('a value in text form', () => {
  expect([true, 0, 'a', null, undefined, ['a'], [''], [], [1, 2]].map(toSlotValue)).toEqual([
    'true',
    '0',
    'a',
    undefined,
    undefined,
    'a',
    [''],
    undefined,
    ['1', '2'],
  ])
})
