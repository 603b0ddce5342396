/**
 * Results of tests for people: a line for each test, what went wrong below it, counts and coverage at the end.
 *
 * Escapes whatever comes from tests and policies. Knows no terminal: width and colours are handed in.
 */
import { capital } from '../explain/names.js'
import { describeError } from '../text/code-frame.js'
import { escapeTerminal } from '../text/escape.js'
import type { Palette } from '../text/palette.js'
import { positionAt } from '../text/source.js'
import { wrap } from '../text/wrap.js'
import {
  countsOf,
  coverageCount,
  type FileResult,
  type ShownStatement,
  type TestReport,
  type TestResult,
  type WorldCoverage,
} from './result.js'

export interface TextPage {
  readonly width: number
  readonly color: Palette
}

export function formatTestText({ files, coverage }: TestReport, page: TextPage): string {
  const blocks = files.map((file) => fileLines(file, page).join('\n'))
  const covered = (coverage ?? []).map((each) => coverageLines(each, page).join('\n'))
  return `${[...blocks, ...covered, summaryLine(files, page)].join('\n\n')}\n`
}

function fileLines({ source, tests, errors }: FileResult, page: TextPage): readonly string[] {
  const { color } = page
  return [
    color.strong(escapeTerminal(source.name)),
    ...errors.map((error) => describeError(error, page)),
    ...tests.flatMap((test) => testLines(test, page)),
  ]
}

const LABELS = { pass: 'pass', fail: 'FAIL', unknown: 'UNKNOWN', error: 'ERROR' } as const
const DEEP = '          '

function testLines(test: TestResult, page: TextPage): readonly string[] {
  const { name, status, fails, error, source, span, wanted, got, details, statements } = test
  const { color } = page
  const paint = status === 'pass' ? color.hint : fails ? color.error : color.strong
  const label = paint(LABELS[status])
  const lines = [`  ${label.padEnd(7 + label.length - LABELS[status].length)} ${escapeTerminal(name)}`]
  if (status === 'pass') return lines
  const { line } = positionAt(source.text, span.start)
  const place = color.place(`${escapeTerminal(source.name)}:${line}`)
  if (error !== undefined) return [...lines, indented(describeError(error, page))]
  return [
    ...lines,
    ...wrap(`wanted ${wanted}, got ${got}`, DEEP, page),
    ...details.flatMap((detail) => wrap(stopped(detail), DEEP, page)),
    ...statements.flatMap((statement) => statementLines(statement, page)),
    `${DEEP}${color.faint('test at')} ${place}`,
  ]
}

function stopped(text: string): string {
  return text.endsWith('.') ? capital(text) : `${capital(text)}.`
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `${DEEP}${line}`)
    .join('\n')
}

function statementLines({ name, isNear, file, line }: ShownStatement, page: TextPage): readonly string[] {
  const at = file === undefined ? '' : ` (${file}:${line ?? 1})`
  return wrap(`${isNear === true ? 'closest:' : 'by'} ${name}${at}`, DEEP, page).map(page.color.faint)
}

function coverageLines({ name, policies }: WorldCoverage, page: TextPage): readonly string[] {
  const { color } = page
  const { statements, exercised, percent } = coverageCount(policies)
  const title = `Coverage of ${escapeTerminal(name)}: ${exercised} of ${statements} statements (${percent} %)`
  return [
    color.strong(title),
    ...policies.flatMap((policy) => {
      const count = coverageCount([policy])
      const missed = policy.statements.filter(({ isExercised }) => !isExercised)
      return [
        `  ${escapeTerminal(policy.name)}: ${count.exercised} of ${count.statements}`,
        ...missed.flatMap(({ name: statement, file, line }) =>
          wrap(`not ${statement}${file === undefined ? '' : ` (${file}:${line ?? 1})`}`, '    ', page).map(color.faint),
        ),
      ]
    }),
  ]
}

function summaryLine(files: readonly FileResult[], { color }: TextPage): string {
  const { total, pass, fail, unknown, error } = countsOf(files.flatMap(({ tests }) => tests))
  const broken = files.filter(({ errors }) => errors.length > 0).length
  const parts = [
    `${pass} passed`,
    ...(fail > 0 ? [color.error(`${fail} failed`)] : []),
    ...(unknown > 0 ? [color.error(`${unknown} unknown`)] : []),
    ...(error > 0 ? [color.error(`${error} not asked`)] : []),
    ...(broken > 0 ? [color.error(`${broken} ${broken === 1 ? 'file' : 'files'} refused`)] : []),
  ]
  return `${total} ${total === 1 ? 'test' : 'tests'}: ${parts.join(', ')}`
}
