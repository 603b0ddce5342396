/** Sizes: `authorization.md` A3, IUG quotas, ORG Quotas, KDG Creating a key policy. */
import { describe, expect, test } from 'vitest'
import type { PolicyKind } from '../../src/policy/document.js'
import { parsePolicyNode } from '../../src/policy/parse.js'
import { readJson } from '../../src/text/json.js'
import { accept, policyText, refuse } from './policies.js'

/** A policy of exactly `size` characters without white space, most of them in condition values. */
function policyOf(kind: PolicyKind, size: number, fill = 'x'): string {
  const compact = (padding: string): string =>
    JSON.stringify(JSON.parse(policyText(kind, { Condition: { StringEquals: { 'aws:username': padding } } })))
  return compact(fill.repeat(Math.floor((size - compact('').length) / fill.length)))
}

const DEFINITE: readonly (readonly [PolicyKind, number, string])[] = [
  ['scp', 10_240, 'characters'],
  ['rcp', 5_120, 'characters'],
  ['vpce', 20_480, 'characters'],
  ['key', 32_768, 'bytes'],
]

describe('A3: a definite limit', () => {
  for (const [kind, limit, unit] of DEFINITE) {
    test(`${kind}: ${limit} ${unit}`, () => {
      expect(policyOf(kind, limit).length).toBe(limit)
      accept(kind, policyOf(kind, limit))
      const long = policyOf(kind, limit + 1)
      expect(refuse(kind, long).map(({ message, span }) => [message, span])).toEqual([
        [
          expect.stringContaining(`of ${limit + 1} ${unit} without white space is longer than ${limit}`),
          { start: 0, end: 1 },
        ],
      ])
      expect(accept(kind, long, { sizes: 'report' }).diagnostics.map(({ message }) => message)).toEqual([
        expect.stringContaining(`is longer than ${limit}`),
      ])
    })
  }
})

test('a key policy counts bytes: one character above U+007F is two', () => {
  const text = policyOf('key', 20_000, 'é')
  expect(text.length).toBeLessThan(32_768)
  expect(refuse('key', text)[0]?.message).toMatch(/a key policy of [0-9]+ bytes without white space/)
  accept('scp', policyOf('scp', 10_000, 'é'))
})

test('a key policy counts its white space when it is the whole text, and not inside another', () => {
  const padded = `${policyOf('key', 32_000)}${' '.repeat(1_000)}`
  expect(refuse('key', padded)).toMatchObject([
    { message: 'a key policy of 33000 bytes with its white space is longer than 32768' },
  ])
  const source = { name: 'plan.json', text: `{"policy":${padded}}` }
  const plan = readJson(source)
  const node = plan.ok && plan.value.kind === 'object' ? plan.value.members[0]?.value : undefined
  if (node === undefined) throw new Error('no node')
  expect(parsePolicyNode(node, { source, format: 'json', pointer: '/policy' }, 'key').ok).toBe(true)
})

test('white space of a service control policy may still be stripped: a diagnostic', () => {
  const padded = `${policyOf('scp', 10_000)}${' '.repeat(500)}`
  expect(accept('scp', padded).diagnostics).toMatchObject([{ hint: 'without white space it is 10000' }])
})

describe('A3: where the limit depends on the attachment, a diagnostic', () => {
  for (const [kind, limit] of [
    ['identity', 6_144],
    ['boundary', 6_144],
    ['session', 2_048],
  ] as const) {
    test(`${kind}`, () => {
      expect(accept(kind, policyOf(kind, limit)).diagnostics).toEqual([])
      const [diagnostic, ...more] = accept(kind, policyOf(kind, limit + 1)).diagnostics
      expect(diagnostic?.message).toContain(`${limit + 1} characters`)
      expect(more).toEqual([])
    })
  }
})
