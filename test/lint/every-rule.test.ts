/**
 * Counts what every rule has: cases that fire, cases that do not, the same as YAML, a page with examples of both. The
 * cases themselves are run by `rule-cases`, `template-rule-cases` and `run-rule-cases`, the examples by `rule-docs`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { RULES } from '../../src/lint/rules/index.js'
import { writings, type CaseFile } from './rule-cases.js'

/** Their cases are about the text itself, or about a form that is never YAML. */
const ABOUT_TEXTS = ['SYN001', 'SYN002', 'SYN012', 'IAC004', 'SUP001', 'SUP002', 'SUP003'] as const

function casesOf(id: string): CaseFile {
  return JSON.parse(readFileSync(new URL(`rules/${id}.json`, import.meta.url), 'utf8')) as CaseFile
}

test('there are 110', () => expect(RULES).toHaveLength(110))

describe.each(RULES.map((rule) => [rule.id, rule] as const))('%s', (id, { docs }) => {
  const { firing, quiet } = casesOf(id)
  test('has three cases that fire, each with what is found, and five that do not', () => {
    expect(firing.length).toBeGreaterThanOrEqual(3)
    expect(quiet.length).toBeGreaterThanOrEqual(5)
    expect(firing.filter(({ findings }) => findings === undefined || findings.length === 0)).toEqual([])
    expect(new Set(firing.map(({ name }) => name)).size).toBe(firing.length)
    expect(new Set(quiet.map(({ name }) => name)).size).toBe(quiet.length)
  })
  test('has its cases as JSON and as YAML', () => {
    const alone = [...firing, ...quiet].filter((given) => writings(given).length < 2)
    if (!ABOUT_TEXTS.some((each) => each === id)) expect(alone.map(({ name }) => name)).toEqual([])
  })
  test('has a page with an example of each', () => {
    expect(existsSync(new URL(`../../docs/rules/${id}.md`, import.meta.url))).toBe(true)
    expect(docs.bad.length).toBeGreaterThanOrEqual(1)
    expect(docs.good.length).toBeGreaterThanOrEqual(1)
  })
})
