/** Hash-consing: equal things are equal ids, however many there are and however badly they hash. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StringTable, TupleTable } from '../../src/graph/intern.js'
import { compilePolicy } from '../../src/graph/policy.js'
import { GraphTables } from '../../src/graph/tables.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { allow, deny, policy } from '../reference/example.js'

describe('tuples', () => {
  test('100,000 of them keep their ids and their integers', () => {
    const table = new TupleTable()
    const tupleOf = (number: number): readonly number[] =>
      Array.from({ length: number % 7 }, (_, index) => (index % 2 === 0 ? number : -number) + index)
    const ids = new Map<string, number>()
    let wrong = 0
    for (let number = 0; number < 100_000; number++) {
      const tuple = tupleOf(number)
      const id = table.intern(tuple)
      if (id !== (ids.get(tuple.join()) ?? ids.size)) wrong++
      ids.set(tuple.join(), id)
    }
    for (let number = 0; number < 100_000; number++) {
      const tuple = tupleOf(number)
      const id = table.intern(tuple)
      if (id !== ids.get(tuple.join()) || table.tuple(id).join() !== tuple.join()) wrong++
    }
    expect(wrong).toBe(0)
    // A seventh of them is the empty tuple.
    expect(table.size).toBe(85_715)
    expect(table.size).toBe(ids.size)
  })

  test('a tuple is no other of another length, and none is its beginning', () => {
    const table = new TupleTable()
    const tuples = [[], [0], [0, 0], [1], [1, 2], [2, 1], [1, 2, 3], [-1], [0x7fffffff], [-0x80000000]]
    const ids = tuples.map((tuple) => table.intern(tuple))
    expect(new Set(ids).size).toBe(tuples.length)
    expect(ids.map((id) => table.tuple(id))).toEqual(tuples)
    expect(tuples.map((tuple) => table.intern(tuple))).toEqual(ids)
  })

  test('equal hashes are told apart', () => {
    // Two words hash alike when the second undoes what the first changed: the steps of the hash can be run backwards.
    const fold = (word: number): number => word ^ (word >>> 15)
    const unfold = (word: number): number => word ^ (word >>> 15) ^ (word >>> 30)
    const afterFirst = (first: number): number => Math.imul(0x811c9dc5 ^ fold(first), 0x01000193)
    const target = afterFirst(0) ^ fold(0)
    const table = new TupleTable()
    const tuples = Array.from({ length: 3000 }, (_, first) => [first, unfold(target ^ afterFirst(first)) | 0])
    const ids = tuples.map((tuple) => table.intern(tuple))
    expect(new Set(ids).size).toBe(tuples.length)
    expect(tuples.map((tuple) => table.intern(tuple))).toEqual(ids)
    expect(ids.map((id) => table.tuple(id))).toEqual(tuples)
  })

  test('any sequence of them answers as a Map of their texts does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { maxLength: 4 }), { maxLength: 300 }),
        (tuples) => {
          const table = new TupleTable()
          const model = new Map<string, number>()
          for (const tuple of tuples) {
            const known = model.get(tuple.join())
            const id = table.intern(tuple)
            expect(id).toBe(known ?? model.size)
            model.set(tuple.join(), id)
          }
          expect(table.size).toBe(model.size)
        },
      ),
      { numRuns: 100, seed: 1 },
    )
  })
})

describe('strings', () => {
  test('names that objects inherit are strings like any other', () => {
    const table = new StringTable()
    const texts = ['__proto__', 'constructor', 'toString', '', '\ud800', '\u0000']
    expect(texts.map((text) => table.find(text))).toEqual(texts.map(() => -1))
    const ids = texts.map((text) => table.intern(text))
    expect(ids).toEqual([0, 1, 2, 3, 4, 5])
    expect(texts.map((text) => table.intern(text))).toEqual(ids)
    expect(ids.map((id) => table.text(id))).toEqual(texts)
    expect(() => table.text(6)).toThrow(new RangeError('string 6 was never interned'))
  })
})

describe('policies', () => {
  const tables = new GraphTables()
  const idOf = (value: unknown, kind: 'identity' | 'key' = 'identity'): number => {
    const parsed = parsePolicyValue(value, kind)
    if (!parsed.ok) throw new Error(parsed.error[0]?.message)
    return compilePolicy(tables, parsed.value).id
  }
  const one = policy(
    allow(['kms:Decrypt', 's3:*'], { when: { StringEquals: { 'aws:username': ['a', 'b'] } } }),
    deny('kms:*'),
  )

  test('that say the same in another spelling are one', () => {
    const same = [
      one,
      { ...one, Id: undefined },
      policy(
        allow(['s3:*', 'KMS:decrypt'], { on: ['*'], when: { StringEquals: { 'AWS:UserName': ['b', 'a', 'a'] } } }),
        deny(['kms:*']),
      ),
      policy(
        { ...allow(['kms:Decrypt', 's3:*'], { when: { StringEquals: { 'aws:username': ['a', 'b'] } } }), Sid: 'Named' },
        deny('kms:*'),
      ),
    ]
    expect(new Set(same.map((value) => idOf(JSON.parse(JSON.stringify(value))))).size).toBe(1)
  })

  test.each([
    [
      'another order',
      policy(deny('kms:*'), allow(['kms:Decrypt', 's3:*'], { when: { StringEquals: { 'aws:username': ['a', 'b'] } } })),
    ],
    [
      'another value',
      policy(allow(['kms:Decrypt', 's3:*'], { when: { StringEquals: { 'aws:username': ['a', 'c'] } } }), deny('kms:*')),
    ],
    [
      'the negated operator',
      policy(
        allow(['kms:Decrypt', 's3:*'], { when: { StringNotEquals: { 'aws:username': ['a', 'b'] } } }),
        deny('kms:*'),
      ),
    ],
    [
      'another operator',
      policy(allow(['kms:Decrypt', 's3:*'], { when: { StringLike: { 'aws:username': ['a', 'b'] } } }), deny('kms:*')),
    ],
    [
      'another resource',
      policy(
        allow(['kms:Decrypt', 's3:*'], {
          on: 'arn:aws:s3:::b',
          when: { StringEquals: { 'aws:username': ['a', 'b'] } },
        }),
        deny('kms:*'),
      ),
    ],
    ['no condition', policy(allow(['kms:Decrypt', 's3:*']), deny('kms:*'))],
    [
      'another pattern for other services',
      policy(
        allow(['kms:Decrypt', 's3:Get*'], { when: { StringEquals: { 'aws:username': ['a', 'b'] } } }),
        deny('kms:*'),
      ),
    ],
  ])('of %s are two', (_name, other) => {
    expect(idOf(other)).not.toBe(idOf(one))
  })

  // A4: the same text is a variable under one version and literal under the other.
  test('of another version are two where a variable stands in them', () => {
    const variable = policy(allow('kms:*', { when: { StringEquals: { 'aws:username': '${aws:userid}' } } }))
    expect(idOf({ ...variable, Version: '2008-10-17' })).not.toBe(idOf(variable))
    expect(idOf({ ...one, Version: '2008-10-17' })).toBe(idOf(one))
  })

  // K-19: a key policy does not see the key's tags.
  test('of another kind are two where key policies cannot see a key', () => {
    const tagged = policy(
      allow('kms:*', { to: '*', when: { StringEquals: { 'aws:PrincipalTag/team': '${aws:ResourceTag/team}' } } }),
    )
    const parsed = parsePolicyValue(tagged, 'resource')
    if (!parsed.ok) throw new Error(parsed.error[0]?.message)
    expect(compilePolicy(tables, parsed.value).id).not.toBe(idOf(tagged, 'key'))
  })
})
