/** What people and programs see of tests that fail in every way, kept as text; hostile texts in every format. */
import { describe, expect, test } from 'vitest'
import { Exercised } from '../../src/check/coverage.js'
import { formatTestJson, formatTestJunit, formatTestSarif } from '../../src/check/report-data.js'
import { formatTestText } from '../../src/check/report-text.js'
import { coverageCount, outcomeOf, type TestReport } from '../../src/check/result.js'
import { runTest } from '../../src/check/run-test.js'
import { readTestFile } from '../../src/check/test-file.js'
import { plainPalette } from '../../src/text/palette.js'
import { sarifErrors } from '../lint/sarif-schema.js'
import { ROOT, subjectOf } from './subjects.js'

const ESCAPE = '\u001b[31m'
/** What a policy may hold. */
const PRINTABLE = `]]>&<b>"'{0}[x](y)\u00ad`
const HOSTILE = `${ESCAPE}${PRINTABLE}\u202e\u0000`

/** A denial by a statement with a hostile name, asked by a test with a hostile name. */
function report(): TestReport {
  const subject = subjectOf('key', ROOT, {
    Sid: PRINTABLE,
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { StringNotEquals: { 'kms:EncryptionContext:tenant': PRINTABLE } },
  })
  const text = JSON.stringify({
    policy: 'policy.json',
    tests: [
      { name: HOSTILE, query: 'can root do kms:Decrypt on alias/this', expect: 'allow' },
      { name: `${HOSTILE} 2`, query: `can "role/${HOSTILE}" do kms:Decrypt on alias/this`, expect: 'allow' },
    ],
  })
  const file = readTestFile({ name: `t${ESCAPE}].keyward-test.json`, text })
  if (!file.ok) throw new Error(file.error[0]?.message)
  const tests = file.value.tests.map((each) =>
    runTest(file.value, each, subject, {
      event: () => ({ ok: false, error: 'there is none' }),
      exercised: new Exercised(),
    }),
  )
  expect(tests.map(({ status }) => status)).toEqual(['fail', 'error'])
  return { files: [{ source: file.value.source, tests, errors: [] }], coverage: undefined, version: '1.2.3' }
}

describe('hostile texts', () => {
  const page = { width: 80, color: plainPalette }
  test.each([
    ['pretty', (all: TestReport) => formatTestText(all, page)],
    ['json', formatTestJson],
    ['junit', formatTestJunit],
    ['sarif', formatTestSarif],
  ] as const)('%s has no control character and none that hides', (_name, format) => {
    // oxlint-disable-next-line no-control-regex -- these are what is looked for
    expect(format(report())).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/)
  })

  test('XML keeps its shape', () => {
    const xml = formatTestJunit(report())
    const inner = xml.replaceAll(/<\/?(?:testsuites?|testcase|failure|error|skipped)(?: [a-z]+="[^"<>]*")*\/?>/g, '')
    expect(inner.replace('<?xml version="1.0" encoding="UTF-8"?>', '')).not.toMatch(/[<>]/)
  })

  test('SARIF is valid, and its messages hold no link and no placeholder', () => {
    const sarif: unknown = JSON.parse(formatTestSarif(report()))
    expect(sarifErrors(sarif)).toEqual([])
    const messages = [...JSON.stringify(sarif).matchAll(/"message":\{"text":"((?:[^"\\]|\\.)*)"/g)]
    expect(messages.length).toBe(3)
    for (const [, text] of messages) expect(text).not.toMatch(/(?<!\\)[[\]]|(?<!\{)\{0\}/)
  })

  test('JSON gives texts back as they are', () => {
    const json = JSON.parse(formatTestJson(report())) as { files: { tests: { name: string }[] }[] }
    expect(json.files[0]?.tests[0]?.name).toBe(HOSTILE)
  })
})

describe('outcomes', () => {
  test('what cannot be asked outweighs what fails', () => {
    const all = report()
    const [file] = all.files
    expect(outcomeOf(all, undefined)).toBe('error')
    const only = (count: number): TestReport => ({ ...all, files: [{ ...file!, tests: file!.tests.slice(0, count) }] })
    expect(outcomeOf(only(1), undefined)).toBe('fail')
    expect(outcomeOf(only(0), undefined)).toBe('pass')
  })

  test('coverage is rounded down, and nothing is all', () => {
    const policy = (exercised: number, all: number) => ({
      name: 'p',
      statements: Array.from({ length: all }, (_, index) => ({
        name: `s${index}`,
        effect: 'Allow' as const,
        isExercised: index < exercised,
      })),
    })
    expect(coverageCount([policy(2, 3)]).percent).toBe(66.6)
    expect(coverageCount([policy(999, 1000), policy(999, 1000)]).percent).toBe(99.9)
    expect(coverageCount([])).toEqual({ statements: 0, exercised: 0, percent: 100 })
  })
})
