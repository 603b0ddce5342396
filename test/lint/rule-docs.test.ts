/**
 * The pages of the rules: each is what its rule says, each bad example fires exactly its rule, each good one nothing.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as prettier from 'prettier'
import { describe, expect, test } from 'vitest'
import { ruleList, rulePage } from '../../src/lint/report/rule-page.js'
import type { LintRule, RuleExample } from '../../src/lint/rule.js'
import { RuleRegistry } from '../../src/lint/rule-set.js'
import { RULES } from '../../src/lint/rules/index.js'
import { lintExample } from './rule-cases.js'

const PAGES = new URL('../../docs/rules/', import.meta.url)
const SOURCES = new URL('../../src/lint/rules/', import.meta.url)

async function formatted(text: string, name: string): Promise<string> {
  const filepath = fileURLToPath(new URL(name, PAGES))
  return prettier.format(text, { ...(await prettier.resolveConfig(filepath)), filepath })
}

describe('pages', () => {
  test('there is one for each rule and none besides', () => {
    const pages = readdirSync(PAGES).filter((name) => name !== 'README.md')
    expect(pages.toSorted()).toEqual(RULES.map(({ id }) => `${id}.md`).toSorted())
  })
  test('the list names all rules', async () =>
    expect(readFileSync(new URL('README.md', PAGES), 'utf8')).toBe(await formatted(ruleList(RULES), 'README.md')))
  test.each(RULES.map((rule) => [rule.id, rule] as const))('%s is what its rule says', async (id, rule) => {
    const page = new URL(`${id}.md`, PAGES)
    expect(existsSync(page)).toBe(true)
    expect(readFileSync(page, 'utf8')).toBe(await formatted(rulePage(rule), `${id}.md`))
  })
})

describe('rules', () => {
  test('every file of a rule is listed', () => {
    const files = readdirSync(SOURCES).flatMap(
      (name) => /^([A-Z]{3}[0-9]{3})-(.+)\.ts$/.exec(name)?.slice(1, 3).join(' ') ?? [],
    )
    expect(RULES.map(({ id, name }) => `${id} ${name}`)).toEqual(files.toSorted())
  })
  test('ids, names and former names are known once', () => {
    const names = RULES.flatMap(({ id, name, aliases = [] }) => [id, name, ...aliases])
    expect(names.length).toBe(new Set(names).size)
    expect(new RuleRegistry(RULES).rules).toBe(RULES)
  })
  test.each(RULES.map((rule) => [rule.id, rule] as const))('%s says everything', (_id, { docs }) => {
    for (const text of [docs.what, docs.why, docs.fix, docs.whenToIgnore]) expect(text).toMatch(/^[A-Z`"'].*[.!?`]$/s)
    expect(docs.source).not.toBe('')
    expect(docs.bad.length).toBeGreaterThan(0)
    expect(docs.good.length).toBeGreaterThan(0)
  })
})

describe('examples', () => {
  const cases = RULES.flatMap((rule) => [
    ...rule.docs.bad.map((example, index) => [`${rule.id} bad ${index + 1}`, rule, example, [rule.id]] as const),
    ...rule.docs.good.map((example, index) => [`${rule.id} good ${index + 1}`, rule, example, []] as const),
  ])
  test.each(cases)('%s', (_name, rule: LintRule, example: RuleExample, expected) => {
    const found = lintExample(rule, example, RULES)
    expect(
      [...new Set(found.map((finding) => finding.rule.id))],
      found.map(({ message }) => message).join('\n'),
    ).toEqual(expected)
  })
})
