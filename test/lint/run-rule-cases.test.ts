/**
 * The cases of the rules about suppressions and settings, which the runner itself reports: whole files, as the command
 * would look at them with the rules of the default preset.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { readConfig } from '../../src/lint/config.js'
import type { Finding } from '../../src/lint/finding.js'
import { Linter } from '../../src/lint/lint.js'
import { RULES } from '../../src/lint/rules/index.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { positionAt } from '../../src/text/source.js'
import { fixedText } from './rule-cases.js'

interface RunCase {
  readonly name: string
  readonly text: string
  readonly format: 'json' | 'jsonc' | 'yaml' | 'tf'
  readonly kind?: PolicyKind
  readonly config?: string
  /** `at`: line and column. */
  readonly findings?: readonly { readonly at?: string; readonly message?: string; readonly fix?: string }[]
  /** The text after the fixes. */
  readonly fixed?: string
}

interface RunCases {
  readonly firing: readonly RunCase[]
  readonly quiet: readonly RunCase[]
}

function run({ text, format, kind, config = '{}' }: RunCase): readonly Finding[] {
  const read = readConfig({ name: 'keyward.config.yaml', text: config })
  if (!read.ok) throw new Error(read.error[0]?.message)
  const linter = new Linter(RULES, {
    config: read.value,
    choice: {},
    ...(kind === undefined ? {} : { kind }),
    today: '2026-11-22',
    readers: EMBEDDED_READERS,
  })
  linter.add({ name: `case.${format}`, text }, true)
  return linter.finish().findings
}

for (const rule of RULES.filter(({ on }) => on === 'run')) {
  describe(`${rule.id} ${rule.name}`, () => {
    const file = new URL(`rules/${rule.id}.json`, import.meta.url)
    const cases = JSON.parse(readFileSync(file, 'utf8')) as RunCases
    test.each(cases.firing.map((given) => [given.name, given] as const))('%s', (_name, given) => {
      const findings = run(given).filter((finding) => finding.rule === rule)
      expect(findings).toHaveLength(given.findings?.length ?? 1)
      for (const [index, { at, message, fix }] of (given.findings ?? []).entries()) {
        const { source, span, message: said, help } = findings[index]!
        const { line, column } = positionAt(source.text, span.start)
        if (at !== undefined) expect(`${line}:${column}`).toBe(at)
        if (fix !== undefined) expect(findings[index]!.fix?.safety ?? 'none').toBe(fix)
        if (message !== undefined) expect(`${said}; ${help ?? ''}`).toContain(message)
      }
      if (given.fixed !== undefined) expect(fixedText(given.text, findings)).toBe(given.fixed)
    })
    test.each(cases.quiet.map((given) => [given.name, given] as const))('quiet: %s', (_name, given) => {
      expect(run(given).filter((finding) => finding.rule === rule)).toEqual([])
    })
  })
}
