/**
 * `keyward lint --fix` and `--diff`: fixes files, or says what fixing would change.
 */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import { fixFile, type RefusedFix } from '../lint/fix.js'
import type { Linter } from '../lint/lint.js'
import { proverWith } from '../lint/prove-equivalent.js'
import { escapeTerminal, quote } from '../text/escape.js'
import type { Palette } from '../text/palette.js'
import type { SourceText } from '../text/source.js'
import type { LintInput } from './lint-inputs.js'
import { failureToWrite } from './lint-write.js'
import { writeError } from './terminal.js'

/** For one question of one proof; a proof that takes longer is given up, and the fix is not made. */
const PROOF_MS = 5000

interface FixedSource {
  readonly source: SourceText
  readonly input: LintInput
}

interface FixOptions {
  readonly unsafeFixes?: boolean
  readonly fix?: boolean
  readonly diff?: boolean
  readonly color: Palette
}

interface FixedSources {
  /** As they are afterwards. */
  readonly sources: readonly FixedSource[]
  /** With `--diff`: what would change; nothing was written then. */
  readonly diff?: string
  /** What could not be written. */
  readonly errors: readonly string[]
}

export function fixFiles(linter: Linter, sources: readonly FixedSource[], options: FixOptions): FixedSources {
  const prove = proverWith({ nowMs: () => performance.now(), budget: { maxMs: PROOF_MS } })
  const fixed = sources.map(({ source, input }) => {
    const { name } = source
    const check = (text: string): ReturnType<Linter['check']> => linter.check({ name, text }, input.isNamed)
    const safety = options.unsafeFixes === true ? 'unsafe' : 'safe'
    const { text, applied, refused } = fixFile(source.text, { safety, prove, check })
    return { source, input, text, applied: applied.length, refused }
  })
  complain(fixed.flatMap(({ refused }) => refused))
  if (options.diff === true) {
    const diffs = fixed.flatMap(({ source, text }) => (text === source.text ? [] : [diffOf(source, text)]))
    return { sources, diff: painted(diffs.join(''), options.color), errors: [] }
  }
  let count = 0
  const errors: string[] = []
  const after = fixed.map(({ source, input, text, applied }) => {
    if (text === source.text) return { source, input }
    if (input.path === '-') {
      writeError('keyward: standard input is not written back to; --diff prints what fixing would change\n')
      return { source, input }
    }
    const failure = failureToWrite(input.path, text)
    if (failure !== undefined) {
      errors.push(failure)
      return { source, input }
    }
    count += applied
    return { source: { name: source.name, text }, input }
  })
  if (count > 0) writeError(`keyward: ${count} ${count === 1 ? 'finding' : 'findings'} fixed\n`)
  return { sources: after, errors }
}

function diffOf({ name, text: before }: SourceText, after: string): string {
  const shown = escapeTerminal(name).replace(/^\/+/, '')
  const options = { context: 3, headerOptions: FILE_HEADERS_ONLY }
  return createTwoFilesPatch(`a/${shown}`, `b/${shown}`, before, after, undefined, undefined, options)
}

function complain(refused: readonly RefusedFix[]): void {
  const byReason = new Map<string, RefusedFix[]>()
  for (const entry of refused) {
    const same = byReason.get(entry.reason)
    if (same === undefined) byReason.set(entry.reason, [entry])
    else same.push(entry)
  }
  for (const [reason, entries] of byReason) {
    const [first] = entries
    if (first === undefined) continue
    const more = entries.length > 1 ? ` and ${entries.length - 1} more` : ''
    const { rule, source } = first.finding
    writeError(`keyward: not fixed: ${rule.id} in ${quote(source.name, 200)}${more}: ${reason}\n`)
  }
}

function painted(diff: string, color: Palette): string {
  return diff
    .split('\n')
    .map((line) => {
      const safe = escapeTerminal(line, { multiline: true })
      if (line.startsWith('+')) return color.hint(safe)
      if (line.startsWith('-')) return color.error(safe)
      return line.startsWith('@@') ? color.faint(safe) : safe
    })
    .join('\n')
}
