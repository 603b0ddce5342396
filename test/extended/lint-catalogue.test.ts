/** The rules are those of the catalogue of facts: names, severities, when they run and what their fixes are. */
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { RULES } from '../../src/lint/rules/index.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FILE = path.resolve(ROOT, process.env['KEYWARD_SHARED'] ?? '../shared', 'facts/lint-rules.json')

interface Catalogued {
  readonly id: string
  readonly name: string
  readonly severity: string
  readonly precision: string
  readonly default: string
  readonly fix: string
}

/** Of a text that may name several, the first word. */
const first = (text: string): string => /^[a-z]+/.exec(text)?.[0] ?? ''

/** The catalogue has a fix, and the rule none: there is no text to write that is likely to be the one meant. */
const WITHOUT_FIX: ReadonlySet<string> = new Set([])

describe.skipIf(!existsSync(FILE))('the catalogue', () => {
  const rules = existsSync(FILE)
    ? (JSON.parse(readFileSync(FILE, 'utf8')) as { readonly rules: readonly Catalogued[] }).rules
    : []
  const byId = new Map(RULES.map((rule) => [rule.id, rule]))

  test('has these rules', () =>
    expect(RULES.map(({ id, name }) => `${id} ${name}`).toSorted()).toEqual(
      rules.map(({ id, name }) => `${id} ${name}`).toSorted(),
    ))
  test.each(rules.map((entry) => [entry.id, entry] as const))('%s', (id, entry) => {
    const rule = byId.get(id)
    expect(rule).toMatchObject({
      severity: first(entry.severity),
      precision: first(entry.precision),
      default: first(entry.default),
    })
    if (!WITHOUT_FIX.has(id)) expect(rule?.fix).toBe(first(entry.fix))
  })
})
