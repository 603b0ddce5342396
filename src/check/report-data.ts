/**
 * Results of tests for programs: JSON, JUnit XML, SARIF. Texts are escaped as each of them needs.
 *
 * Source: `docs/test.md`, "Output"; OASIS SARIF 2.1.0; GitHub documentation, "SARIF support for code scanning";
 * testmoapp/junitxml for the elements that readers of JUnit XML share.
 */
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
  return safeJson({
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

const NOT_PLAIN = /[^ -~\n]/g

/** In the JSON no character is hidden or moves others about. */
function safeJson(value: unknown): string {
  const text = JSON.stringify(value, undefined, 2).replace(NOT_PLAIN, (unit) =>
    escapeTerminal(unit) === unit ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return `${text}\n`
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
  const head = `  <testsuite name="${xml(source.name)}" ${countAttributes(counts)}>`
  return { text: `${head}\n${cases.join('')}  </testsuite>\n`, counts }
}

function junitCase(name: string, source: SourceText, span: Span, body: string): string {
  const { line } = positionAt(source.text, span.start)
  const file = xml(source.name)
  const head = `    <testcase name="${xml(name)}" classname="${file}" file="${file}" line="${line}"`
  return body === '' ? `${head}/>\n` : `${head}>\n${body}    </testcase>\n`
}

function junitBody(test: TestResult): string {
  const { status, fails, error } = test
  if (error !== undefined) return `      ${junitError(error)}\n`
  if (status === 'pass') return ''
  const message = xml(headline(test))
  const text = xml(messageOf(test))
  return fails
    ? `      <failure type="${status}" message="${message}">${text}</failure>\n`
    : `      <skipped message="${message}"/>\n`
}

function junitError({ message, source, span, hint }: SourceError): string {
  const { line, column } = positionAt(source.text, span.start)
  const text = xml(`${source.name}:${line}:${column}: ${message}${hint === undefined ? '' : `; ${hint}`}`)
  return `<error type="error" message="${xml(message)}">${text}</error>`
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

/** Everything that XML 1.0 cannot hold has been written out before. */
function xml(text: string): string {
  return escapeTerminal(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;')
}

// -------------------------------------------------------------------------------------------------------------- SARIF

const SCHEMA = 'https://json.schemastore.org/sarif-2.1.0.json'
/** Of GitHub. */
const MAX_RESULTS = 25_000
const MAX_RELATED = 100
const MAX_MESSAGE = 4_000

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
  return safeJson({
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
    message: { text: plain(`${name}: ${messageOf(test)}`) },
    locations: [{ physicalLocation: physicalLocation(source, span) }],
    partialFingerprints: fingerprints(source, name),
    ...(related.length === 0
      ? {}
      : {
          relatedLocations: related.slice(0, MAX_RELATED).map((statement, index) => ({
            id: index + 1,
            message: { text: plain(statement.name) },
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
    message: { text: plain(`${name}: ${message}${hint === undefined ? '' : `; ${hint}`}`) },
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

function uriOf(name: string): string {
  const parts = name.replaceAll('\\', '/').split('/').map(encodePart)
  return name.startsWith('/') ? `file://${parts.join('/')}` : parts.join('/')
}

function encodePart(part: string): string {
  return encodeURIComponent(escapeTerminal(part)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

/** Message text in which nothing is a link or a placeholder; never longer than is shown. */
function plain(text: string): string {
  const safe = escapeTerminal(text)
  const cut = safe.length > MAX_MESSAGE ? `${safe.slice(0, MAX_MESSAGE)}…` : safe
  return cut.replaceAll(/[\\[\]]/g, (character) => `\\${character}`).replaceAll(/\{(\d+)\}/g, '{{$1}}')
}
