/** The document behind a compiled policy: read again from its source, whatever its size, and remembered for a while. */
import { describe, expect, test } from 'vitest'
import { documentOf } from '../../src/graph/documents.js'
import { CompiledPolicy, compilePolicy } from '../../src/graph/policy.js'
import { GraphTables } from '../../src/graph/tables.js'
import type { PolicyKind, PolicySource } from '../../src/policy/document.js'
import { parsePolicy } from '../../src/policy/parse.js'
import { allow, policy } from '../reference/example.js'

const tables = new GraphTables()

function compiled(text: string, kind: PolicyKind = 'identity'): CompiledPolicy {
  const parsed = parsePolicy({ kind, source: { name: 'policy.json', text } }, { sizes: 'report' })
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return compilePolicy(tables, parsed.value)
}

const ONE = JSON.stringify(policy(allow('kms:Decrypt')))

test('a document asked for twice is read once', () => {
  const one = compiled(ONE)
  expect(documentOf(one)).toBe(documentOf(one))
  // Equal statements from another text are another document.
  expect(documentOf(compiled(ONE))).not.toBe(documentOf(one))
})

test('sizes were judged when the policy was taken in', () => {
  const resources = Array.from({ length: 2000 }, (_, index) => `arn:aws:s3:::bucket-${index}`)
  const text = JSON.stringify(policy(allow('s3:*', { on: resources, to: '*' })))
  expect(parsePolicy({ kind: 'key', source: { name: 'policy.json', text } }).ok).toBe(false)
  const { document, parts } = documentOf(compiled(text, 'key'))
  expect(document.statements[0]?.resource?.patterns).toEqual(resources)
  expect(parts).toHaveLength(1)
})

/** A bug of ours, and never an answer made from the wrong text. */
describe('a source that is not the one it was compiled from', () => {
  const { id, source } = compiled(ONE)
  const CASES: readonly (readonly [name: string, other: Partial<PolicySource>])[] = [
    ['is no JSON', { source: { name: 'policy.json', text: '{' } }],
    ['has no such part', { pointer: '/Policy' }],
    ['is no pointer', { pointer: 'Policy' }],
    ['is no policy', { source: { name: 'policy.json', text: '{}' } }],
  ]
  test.each(CASES)('because it %s', (_name, other) => {
    const changed = new CompiledPolicy(tables, 'identity', id, { ...source, ...other })
    expect(() => documentOf(changed)).toThrow(
      `the source of a compiled policy has changed: policy.json${other.pointer ?? ''}`,
    )
  })
})
