/** Names of policy kinds as people type them. */
import { expect, test } from 'vitest'
import { parsePolicyKind, POLICY_KINDS } from '../../src/policy/kind.js'

test('every kind is its own name, in any case', () => {
  for (const kind of POLICY_KINDS)
    expect([parsePolicyKind(kind), parsePolicyKind(kind.toUpperCase())]).toEqual([kind, kind])
})

test('longer names that other tools use', () => {
  expect(
    ['key-policy', 'service-control-policy', 'trust-policy', 'vpc-endpoint', 'permissions-boundary'].map(
      parsePolicyKind,
    ),
  ).toEqual(['key', 'scp', 'trust', 'vpce', 'boundary'])
})

test('anything else is none', () => {
  for (const name of ['', 'keys', '__proto__', 'constructor']) expect(parsePolicyKind(name)).toBeUndefined()
})
