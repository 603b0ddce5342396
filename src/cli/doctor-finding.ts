/**
 * What `keyward doctor` has to say of one thing, and how all of it is laid out.
 */
import type { Palette } from '../text/palette.js'
import { escapeTerminal } from '../text/escape.js'

export type FindingLevel = 'ok' | 'warning' | 'problem'

export interface Finding {
  /** What was looked at: `store`, `root key`, `clock`. */
  readonly check: string
  readonly level: FindingLevel
  readonly message: string
  /** What to do. */
  readonly advice?: string
}

export function ok(check: string, message: string): Finding {
  return { check, level: 'ok', message }
}

export function warning(check: string, message: string, advice: string): Finding {
  return { check, level: 'warning', message, advice }
}

export function problem(check: string, message: string, advice: string): Finding {
  return { check, level: 'problem', message, advice }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The worst of them. */
export function worstOf(findings: readonly Finding[]): FindingLevel {
  if (findings.some(({ level }) => level === 'problem')) return 'problem'
  return findings.some(({ level }) => level === 'warning') ? 'warning' : 'ok'
}

const INDENT = ' '.repeat(9)

export function findingsText(findings: readonly Finding[], palette: Palette): string {
  const paint = { ok: palette.hint, warning: palette.strong, problem: palette.error }
  const lines = findings.flatMap(({ check, level, message, advice }) => [
    `${paint[level](level)}${' '.repeat(INDENT.length - level.length)}${indented(`${check}: ${message}`)}`,
    ...(advice === undefined ? [] : [`${INDENT}${indented(advice)}`]),
  ])
  return `${[...lines, '', summaryOf(findings)].join('\n')}\n`
}

/** Errors in a file come with the lines around them. */
function indented(text: string): string {
  return escapeTerminal(text, { multiline: true }).replaceAll('\n', `\n${INDENT}`)
}

function summaryOf(findings: readonly Finding[]): string {
  const count = (level: FindingLevel): number => findings.filter((each) => each.level === level).length
  const problems = count('problem')
  const warnings = count('warning')
  if (problems + warnings === 0) return `all ${findings.length} checks are well`
  return `${problems === 1 ? '1 problem' : `${problems} problems`}, ${warnings === 1 ? '1 warning' : `${warnings} warnings`}, ${count('ok')} well`
}
