/** Policies of the size that generators write: 10 MB load, and what is wrong at their end is found there. */
import { expect, test } from 'vitest'
import { locate } from '../../src/policy/locate.js'
import { parsePolicy } from '../../src/policy/parse.js'

const COUNT = 100_000

function largePolicy(lastAction: string): string {
  const statements = Array.from({ length: COUNT }, (_, index) => {
    const action = index === COUNT - 1 ? lastAction : 'kms:Decrypt'
    return `{"Sid":"S${index}","Effect":"Allow","Action":["${action}"],"Resource":"arn:aws:kms:*:*:key/${index}"}`
  })
  return `{"Version":"2012-10-17","Statement":[${statements.join(',')}]}`
}

test('100,000 statements load', () => {
  const text = largePolicy('kms:Sign')
  expect(text.length).toBeGreaterThan(9_000_000)
  const parsed = parsePolicy({ source: { name: 'large.json', text }, kind: 'identity' })
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  expect(parsed.value.statements.length).toBe(COUNT)
  const found = locate(parsed.value, { part: 'action', statement: COUNT - 1, pattern: 0 })
  expect(text.slice(found?.span.start, found?.span.end)).toBe('"kms:Sign"')
})

test('an error in the last of them is found at its place', () => {
  const text = largePolicy('kms')
  const parsed = parsePolicy({ source: { name: 'large.json', text }, kind: 'identity' })
  expect(parsed.ok ? [] : parsed.error.map(({ message, pointer }) => [message, pointer])).toEqual([
    ['`kms` is not an action', `/Statement/${COUNT - 1}/Action/0`],
  ])
})
