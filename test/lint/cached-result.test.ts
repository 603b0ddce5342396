/** A result that was kept says the same as one that was found just now, and never for another text or other settings. */
import { describe, expect, test } from 'vitest'
import { readConfig } from '../../src/lint/config.js'
import { Linter } from '../../src/lint/lint.js'
import { formatJson } from '../../src/lint/report/json.js'
import { formatSarif } from '../../src/lint/report/sarif.js'
import { RULES } from '../../src/lint/rules/index.js'

const TEXT = `Version: 2012-10-17
Statement:
  # keyward-ignore SYN010 the same on purpose
  - Sid: A
    Effect: allow
    Action: [kms:Decrypt, "kms:*", kms:Nothing]
    Resource: "*"
  - Sid: A
    Effect: Allow
    Action: kms:ListKeys
    Resource: "*"
  - Effect: Allow # keyward-ignore ALL all of it
    Action: "*"
    Resource: "*"
`

class Memory {
  readonly kept = new Map<string, string>()
  readonly hits: string[] = []
  get(key: string): string | undefined {
    const text = this.kept.get(key)
    if (text !== undefined) this.hits.push(key)
    return text
  }
  set(key: string, text: string): void {
    this.kept.set(key, text)
  }
}

function lint(cache: Memory | undefined, text = TEXT, config = '{}', today = '2026-11-22'): string {
  const read = readConfig({ name: 'keyward.config.json', text: config })
  if (!read.ok) throw new Error(read.error[0]?.message)
  const linter = new Linter(RULES, {
    config: read.value,
    choice: {},
    today,
    readers: [],
    ...(cache === undefined ? {} : { cache, version: '1' }),
  })
  linter.add({ name: 'x.yaml', text }, true)
  const result = linter.finish()
  const report = {
    result,
    findings: result.findings,
    rules: RULES,
    version: '1',
    isFailing: () => true,
    codes: 'own',
  } as const
  return formatJson(report) + formatSarif(report)
}

describe('a kept result', () => {
  test('says the same', () => {
    const cache = new Memory()
    const first = lint(cache)
    expect(first).toContain('"SYN006"')
    expect(cache.hits).toHaveLength(0)
    expect(lint(cache)).toBe(first)
    expect(cache.hits).toHaveLength(1)
    expect(lint(undefined)).toBe(first)
  })
  test.each<[string, string, string, string]>([
    ['another text', `${TEXT}\n`, '{}', '2026-11-22'],
    ['other settings', TEXT, '{"preset": "strict"}', '2026-11-22'],
    ['another account', TEXT, '{"accounts": ["111122223333"]}', '2026-11-22'],
    ['another day, where something may expire', TEXT, '{}', '2026-11-23'],
  ])('is not taken for %s', (_name, text, config, today) => {
    const cache = new Memory()
    lint(cache)
    lint(cache, text, config, today)
    expect(cache.hits).toHaveLength(0)
  })
  test('that is damaged is found again', () => {
    const cache = new Memory()
    const first = lint(cache)
    for (const key of cache.kept.keys())
      cache.kept.set(key, '{"findings": [{"rule": "GONE"}], "suppressed": [], "policies": 1}')
    expect(lint(cache)).toBe(first)
    for (const key of cache.kept.keys()) cache.kept.set(key, '{')
    expect(lint(cache)).toBe(first)
  })
})
