/**
 * The reference grammar of a policy document and the reader that ships: what the reader takes, the grammar takes with the
 * same value, and what the grammar refuses, the reader refuses too. The reader alone also knows what each kind demands.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PolicyKind } from '../../src/policy/document.js'
import { parsePolicy } from '../../src/policy/parse.js'
import { readJson } from '../../src/text/json.js'
import { nodeToValue } from '../../src/text/syntax-tree.js'
import { policies } from '../reference/generate-policies.js'
import { keyScenes } from '../reference/generate-scenario.js'
import { parsePolicyReference } from './policy-reference.js'

const KINDS = ['key', 'identity', 'boundary', 'session', 'scp', 'vpce'] as const satisfies readonly PolicyKind[]

const texts = fc
  .constantFrom(...KINDS)
  .chain((kind) =>
    keyScenes.chain((scene) => policies(scene, kind, {}).map((policy) => ({ kind, text: JSON.stringify(policy) }))),
  )

/** One character taken out, doubled or replaced: most of it no policy any more, some of it still one. */
const damaged = fc
  .tuple(texts, fc.nat(), fc.constantFrom('', ',', '"', '}', ']', ':', 'x', '1', ' ', 'true', '\\'))
  .map(([{ kind, text }, place, put]) => {
    const at = place % (text.length + 1)
    return { kind, text: text.slice(0, at) + put + text.slice(at + 1) }
  })

function compare({ kind, text }: { readonly kind: PolicyKind; readonly text: string }): 'taken' | 'refused' {
  const reference = parsePolicyReference(text, kind === 'key' ? 'lenient' : 'complete')
  const policy = parsePolicy({ kind, source: { name: 'policy.json', text } }, { sizes: 'report' })
  if (!policy.ok) return 'refused'
  // What the reader takes, the grammar takes, with the same value.
  expect(reference).toMatchObject({ ok: true })
  const tree = readJson({ name: 'policy.json', text })
  if (tree.ok && reference.ok) expect(reference.value).toEqual(nodeToValue(tree.value))
  return 'taken'
}

describe('the grammar and the reader agree', () => {
  test('on policies of every kind', () => {
    const seen = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(texts, (given) => {
        seen[compare(given)]++
      }),
      { seed: 20261122, numRuns: 300 },
    )
    expect(seen.refused).toBe(0)
  })

  test('on damaged ones', () => {
    const seen = { taken: 0, refused: 0 }
    fc.assert(
      fc.property(damaged, (given) => {
        seen[compare(given)]++
      }),
      { seed: 20261122, numRuns: 600 },
    )
    expect(seen.taken).toBeGreaterThan(20)
    expect(seen.refused).toBeGreaterThan(200)
  })
})
