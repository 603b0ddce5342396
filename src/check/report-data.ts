/**
 * Results of tests for programs: JSON, JUnit XML, SARIF. Texts are escaped as each of them needs.
 *
 * Source: `docs/test.md`, "Output"; OASIS SARIF 2.1.0; GitHub documentation, "SARIF support for code scanning";
 * testmoapp/junitxml for the elements that readers of JUnit XML share.
 */
import { safeJson, sarifText, uriOf, xmlText } from '../lint/report/safe-text.js'
import { escapeTerminal } from '../text/escape.js'
import { positionAt, type SourceError, type SourceText, type Span } from '../text/source.js'
import { replayDocument } from '../source/answer/replay.js'
import {
  countsOf,
  coverageCount,
  type FileResult,
  type ShownStatement,
  type TestReport,
  type TestResult,
  type WorldCoverage,
} from './result.js'

// --------------------------------------------------------------------------------------------------------------- JSON

export function formatTestJson({ files, coverage }: TestReport): string {
  const tests = files.flatMap((file) => file.tests)
  return asJson({
    version: 1,
    summary: countsOf(tests),
    files: files.map(({ source, tests: own, errors }) => ({
      file: source.name,
      errors: errors.map(errorJson),
      tests: own.map(testJson),
    })),
    coverage: coverage === undefined ? null : coverage.map(coverageJson),
  })
}

function asJson(value: unknown): string {
  return `${safeJson(value, 2)}\n`
}

function testJson({ name, source, span, status, fails, ...rest }: TestResult): unknown {
  const { wanted, got, details, statements, witnesses, error } = rest
  return {
    name,
    status,
    fails,
    ...positionAt(source.text, span.start),
    wanted,
    got,
    details,
    statements: statements.map(statementJson),
    witnesses: witnesses.map((call) => replayDocument(call)),
    error: error === undefined ? null : errorJson(error),
  }
}

function errorJson({ message, source, span, hint }: SourceError): unknown {
  return { message, hint: hint ?? null, file: source.name, ...positionAt(source.text, span.start) }
}

function statementJson({
  name,
  effect,
  isNear = false,
  file,
  line,
  column,
}: ShownStatement): Readonly<Record<string, unknown>> {
  return { name, effect, applies: !isNear, file: file ?? null, line: line ?? null, column: column ?? null }
}

function coverageJson({ name, policies }: WorldCoverage): unknown {
  return {
    name,
    ...coverageCount(policies),
    policies: policies.map((policy) => ({
      name: policy.name,
      ...coverageCount([policy]),
      statements: policy.statements.map(({ name: called, effect, file, line, column, isExercised }) => ({
        name: called,
        effect,
        isExercised,
        file: file ?? null,
        line: line ?? null,
        column: column ?? null,
      })),
    })),
  }
}

// -------------------------------------------------------------------------------------------------------------- JUnit

/** A suite for each file, a case for each test; a file that cannot be read is one case with an error. */
export function formatTestJunit({ files }: TestReport): string {
  const suites = files.map((file) => junitSuite(file))
  const sum = (of: (counts: SuiteCounts) => number): number =>
    suites.reduce((total, { counts }) => total + of(counts), 0)
  const attributes = countAttributes({
    tests: sum(({ tests }) => tests),
    failures: sum(({ failures }) => failures),
    errors: sum(({ errors }) => errors),
    skipped: sum(({ skipped }) => skipped),
  })
  const body = suites.map(({ text }) => text).join('')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="keyward test" ${attributes}>\n${body}</testsuites>\n`
}

interface SuiteCounts {
  readonly tests: number
  readonly failures: number
  readonly errors: number
  readonly skipped: number
}

function countAttributes({ tests, failures, errors, skipped }: SuiteCounts): string {
  return `tests="${tests}" failures="${failures}" errors="${errors}" skipped="${skipped}"`
}

function junitSuite({ source, tests, errors }: FileResult): { readonly text: string; readonly counts: SuiteCounts } {
  const counts = {
    tests: tests.length + errors.length,
    failures: tests.filter(({ status, fails }) => fails && status !== 'error').length,
    errors: errors.length + tests.filter(({ status }) => status === 'error').length,
    skipped: tests.filter(({ status, fails }) => status === 'unknown' && !fails).length,
  }
  const cases = [
    ...errors.map((error) => junitCase('test file', source, error.span, `      ${junitError(error)}\n`)),
    ...tests.map((test) => junitCase(test.name, source, test.span, junitBody(test))),
  ]
  const head = `  <testsuite name="${xmlText(source.name)}" ${countAttributes(counts)}>`
  return { text: `${head}\n${cases.join('')}  </testsuite>\n`, counts }
}

function junitCase(name: string, source: SourceText, span: Span, body: string): string {
  const { line } = positionAt(source.text, span.start)
  const file = xmlText(source.name)
  const head = `    <testcase name="${xmlText(name)}" classname="${file}" file="${file}" line="${line}"`
  return body === '' ? `${head}/>\n` : `${head}>\n${body}    </testcase>\n`
}

function junitBody(test: TestResult): string {
  const { status, fails, error } = test
  if (error !== undefined) return `      ${junitError(error)}\n`
  if (status === 'pass') return ''
  const message = xmlText(headline(test))
  const text = xmlText(messageOf(test))
  return fails
    ? `      <failure type="${status}" message="${message}">${text}</failure>\n`
    : `      <skipped message="${message}"/>\n`
}

function junitError({ message, source, span, hint }: SourceError): string {
  const { line, column } = positionAt(source.text, span.start)
  const text = xmlText(`${source.name}:${line}:${column}: ${message}${hint === undefined ? '' : `; ${hint}`}`)
  return `<error type="error" message="${xmlText(message)}">${text}</error>`
}

function headline({ status, wanted, got }: TestResult): string {
  return status === 'unknown' ? `wanted ${wanted}, could not be told` : `wanted ${wanted}, got ${got}`
}

function messageOf(test: TestResult): string {
  const statements = test.statements.map(({ name, isNear, file, line }) => {
    const at = file === undefined ? '' : ` (${file}:${line ?? 1})`
    return `${isNear === true ? 'closest:' : 'by'} ${name}${at}`
  })
  const details = test.details.map((detail) => (detail.endsWith('.') ? detail.slice(0, -1) : detail))
  return [headline(test), ...details, ...statements].join('; ')
}

// -------------------------------------------------------------------------------------------------------------- SARIF

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
/** Of GitHub. */
const MAX_RESULTS = 25_000
const MAX_RELATED = 100

const RULES = [
  { id: 'policy-test', text: 'A policy test fails.' },
  { id: 'policy-test-unknown', text: 'A policy test can be neither proved nor refuted.' },
  { id: 'policy-test-error', text: 'A policy test cannot be asked.' },
] as const

/** Only what does not pass is a result. */
export function formatTestSarif({ files, version }: TestReport): string {
  const results = files.flatMap(({ source, tests, errors }) => [
    ...errors.map((error) => sarifError('test file', source, error)),
    ...tests.filter(({ status }) => status !== 'pass').map(sarifResult),
  ])
  return asJson({
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'keyward',
            version,
            semanticVersion: version,
            rules: RULES.map(({ id, text }) => ({
              id,
              shortDescription: { text },
              defaultConfiguration: { level: 'error' },
              properties: { tags: ['policy', 'test'] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        automationDetails: { id: 'keyward/test/' },
        results: results.slice(0, MAX_RESULTS),
      },
    ],
  })
}

function sarifResult(test: TestResult): object {
  const { name, source, span, status, fails, statements, error } = test
  if (error !== undefined) return sarifError(name, source, error)
  const related = statements.filter(({ file }) => file !== undefined)
  return {
    ruleId: status === 'unknown' ? 'policy-test-unknown' : 'policy-test',
    ruleIndex: status === 'unknown' ? 1 : 0,
    level: fails ? 'error' : 'note',
    message: { text: sarifText(escapeTerminal(`${name}: ${messageOf(test)}`)) },
    locations: [{ physicalLocation: physicalLocation(source, span) }],
    partialFingerprints: fingerprints(source, name),
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.slice(0, MAX_RELATED).map((statement, index) => ({
            id: index + 1,
            message: { text: sarifText(escapeTerminal(statement.name)) },
            physicalLocation: locationOf(statement),
          })),
        }),
  }
}

/** A decoded text has lines of its own, which the file has not. */
function locationOf({ file = '', line = 1, column = 1 }: ShownStatement): object {
  const pointer = file.indexOf('#/')
  if (pointer >= 0) return { artifactLocation: { uri: uriOf(file.slice(0, pointer)) } }
  return { artifactLocation: { uri: uriOf(file) }, region: { startLine: line, startColumn: column } }
}

function sarifError(name: string, source: SourceText, { message, hint, span, source: at }: SourceError): object {
  return {
    ruleId: 'policy-test-error',
    ruleIndex: 2,
    level: 'error',
    message: { text: sarifText(escapeTerminal(`${name}: ${message}${hint === undefined ? '' : `; ${hint}`}`)) },
    locations: [{ physicalLocation: physicalLocation(at, span) }],
    partialFingerprints: fingerprints(source, name),
  }
}

/** A test is known by its file and name, wherever it moves. */
function fingerprints(source: SourceText, name: string): object {
  return { 'keyward/test/v1': escapeTerminal(`${source.name} ${name}`) }
}

function physicalLocation(source: SourceText, { start, end }: Span): object {
  const from = positionAt(source.text, start)
  const to = positionAt(source.text, end)
  const region = { startLine: from.line, startColumn: from.column, endLine: to.line, endColumn: to.column }
  return { artifactLocation: { uri: uriOf(source.name) }, region }
}
