/** The tables of a graph answer for what was put into them, and for nothing else. */
import { expect, test } from 'vitest'
import { ContextReader } from '../../src/decide/values.js'
import { atomMode } from '../../src/graph/atom.js'
import { GraphTables, SLOT_SOURCE_ARN, SLOT_SOURCE_VPCE } from '../../src/graph/tables.js'

test('a condition key has one slot, in any case, and those that a decision reads have theirs from the start', () => {
  const tables = new GraphTables()
  expect([tables.findSlot('aws:SourceVpce'), tables.findSlot('AWS:SOURCEARN')]).toEqual([
    SLOT_SOURCE_VPCE,
    SLOT_SOURCE_ARN,
  ])
  expect(tables.slotCount).toBe(2)
  const slot = tables.slot('aws:UserName')
  expect([tables.slot('AWS:username'), tables.findSlot('aws:USERNAME'), tables.slotCount]).toEqual([slot, slot, 3])
  expect(tables.slotName(slot)).toBe('aws:username')
})

test('a condition key that no policy names has no slot, least of all that of another', () => {
  const tables = new GraphTables()
  expect(tables.findSlot('aws:username')).toBe(-1)
  expect(new ContextReader(tables).read({ 'aws:username': 'Alice', 'aws:x': ['a', 'b'] })).toEqual([
    undefined,
    undefined,
  ])
  expect(() => tables.slotName(2)).toThrow('no condition key has slot 2')
})

test('an atom is what was interned', () => {
  const tables = new GraphTables()
  const slot = tables.slot('aws:username')
  const id = tables.internAtom(atomMode('anyMatches'), 'StringLike', slot, [tables.strings.intern('=A*')])
  expect(tables.internAtom(atomMode('anyMatches'), 'StringLike', slot, [tables.strings.intern('=A*')])).toBe(id)
  expect(tables.atom(id)).toMatchObject({ mode: atomMode('anyMatches'), operator: 'StringLike', slot, marked: ['=A*'] })
  expect(tables.atom(id).holds([undefined, undefined, ['Bob', 'Alice']])).toBe(true)
  expect(() => tables.atom(id + 1)).toThrow(RangeError)
  expect(() => tables.atom(id + 1)).toThrow(`no atom ${id + 1}`)
})
