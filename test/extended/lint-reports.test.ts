/**
 * Reports of every corpus: SARIF is what its schema and GitHub take, the other forms are what their readers take, and
 * every safe fix keeps what it promises.
 */
import { describe, expect, test } from 'vitest'
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { formatReport } from '../../src/cli/lint-output.js'
import { defaultConfig } from '../../src/lint/config.js'
import { Linter } from '../../src/lint/lint.js'
import type { LintReport } from '../../src/lint/report/lint-report.js'
import { RULES } from '../../src/lint/rules/index.js'
import { plainPalette } from '../../src/text/palette.js'
import { checkFixes } from '../lint/check-fixes.js'
import { corpusFiles, isThere, type CorpusFile } from '../lint/corpora.js'
import { sarifErrors } from '../lint/sarif-schema.js'

const FILES = corpusFiles()
const FOLDERS = [...new Set(FILES.map(folderOf))]

function folderOf({ source }: CorpusFile): string {
  return source.name.split('/', 1)[0] ?? ''
}

/** A run over a corpus with every rule; policies of one kind together, as with `--kind`. */
function reportOf(folder: string): LintReport {
  const own = FILES.filter((file) => folderOf(file) === folder)
  const findings = [...new Set(own.map(({ kind }) => kind))].flatMap((kind) => {
    const linter = new Linter(RULES, {
      config: defaultConfig(),
      choice: { preset: 'strict' },
      ...(kind === undefined ? {} : { kind }),
      today: '2026-11-22',
      readers: EMBEDDED_READERS,
    })
    for (const file of own) if (file.kind === kind) linter.add(file.source, true)
    return linter.finish().findings
  })
  const files = own.map(({ source }) => source.name)
  const result = { files, policies: own.length, guessed: new Map(), findings, suppressed: [], known: [], pruned: [] }
  return { result, findings, rules: RULES, version: '0.0.0', isFailing: () => false, codes: 'aa' }
}

interface SarifRegion {
  readonly startLine: number
  readonly startColumn: number
  readonly endLine: number
  readonly endColumn: number
}

interface SarifLog {
  readonly runs: readonly {
    readonly tool: {
      readonly driver: {
        readonly rules: readonly {
          readonly id: string
          readonly shortDescription: { readonly text: string }
          readonly help: { readonly text: string }
          readonly properties: { readonly tags: readonly string[] }
        }[]
      }
    }
    readonly results: readonly {
      readonly ruleId: string
      readonly ruleIndex: number
      readonly message: { readonly text: string }
      readonly partialFingerprints: { readonly primaryLocationLineHash: string }
      readonly relatedLocations?: readonly unknown[]
      readonly locations: readonly {
        readonly physicalLocation: { readonly artifactLocation: { readonly uri: string }; readonly region: SarifRegion }
      }[]
    }[]
  }[]
}

test.skipIf(!isThere)('there are corpora', () => expect(FILES.length).toBeGreaterThan(1000))

const TEXT = { width: 100, color: plainPalette }

describe.skipIf(!isThere).each(FOLDERS)('%s', (folder) => {
  const report = reportOf(folder)

  test('SARIF is valid and within the limits of GitHub', () => {
    const written = formatReport(report, 'sarif', TEXT)
    const log = JSON.parse(written) as SarifLog
    expect(sarifErrors(log)).toEqual([])
    expect(Buffer.byteLength(written)).toBeLessThan(100 * 1024 * 1024)
    expect(log.runs).toHaveLength(1)
    const [run] = log.runs
    const { rules } = run!.tool.driver
    expect(run!.results.length).toBe(report.findings.length)
    expect(run!.results.length).toBeLessThanOrEqual(25_000)
    const prints = new Set<string>()
    for (const { ruleId, ruleIndex, message, locations, partialFingerprints, relatedLocations = [] } of run!.results) {
      expect(rules[ruleIndex]?.id).toBe(ruleId)
      expect(message.text).not.toBe('')
      expect(locations).toHaveLength(1)
      expect(relatedLocations.length).toBeLessThanOrEqual(100)
      const { artifactLocation, region } = locations[0]!.physicalLocation
      expect(artifactLocation.uri).toMatch(/^[\w./%~-]+$/)
      expect(region.startLine).toBeLessThanOrEqual(region.endLine)
      if (region.startLine === region.endLine) expect(region.startColumn).toBeLessThanOrEqual(region.endColumn)
      prints.add(`${artifactLocation.uri} ${ruleId} ${partialFingerprints.primaryLocationLineHash}`)
    }
    expect(prints.size).toBe(run!.results.length)
    for (const { shortDescription, help, properties } of rules) {
      expect(shortDescription.text).not.toBe('')
      expect(help.text).not.toBe('')
      expect(properties.tags.length).toBeLessThanOrEqual(20)
    }
  })

  test('each finding is a line, a case or an entry of every other form', () => {
    const count = report.findings.length
    const lines = (text: string): readonly string[] => text.trimEnd().split('\n')
    expect(lines(formatReport(report, 'jsonl', TEXT))).toHaveLength(count + 1)
    expect((JSON.parse(formatReport(report, 'json', TEXT)) as { findings: unknown[] }).findings).toHaveLength(count)
    expect(JSON.parse(formatReport(report, 'gitlab', TEXT))).toHaveLength(count)
    const github = formatReport(report, 'github', TEXT)
    expect(github === '' ? 0 : lines(github).length).toBe(count)
    expect([...formatReport(report, 'junit', TEXT).matchAll(/<(?:failure|system-out)\b/g)]).toHaveLength(count)
    expect(lines(formatReport(report, 'concise', TEXT))).toHaveLength(count + 1)
  })

  test('safe fixes change no decision, can be read, and are done with once they are made', () => {
    let [applied, open] = [0, 0]
    for (const file of FILES.filter((each) => folderOf(each) === folder)) {
      const checked = checkFixes(file)
      expect(checked.wrong).toEqual([])
      applied += checked.applied
      open += checked.open
    }
    expect(open).toBeLessThanOrEqual(Math.max(1, applied * 0.05))
  })
})
