/**
 * Collects what is wrong (errors) and what looks wrong (diagnostics) while one policy is read.
 *
 * Knows nothing of policies: it turns a message, a span and a path into a `SourceError` and keeps the numbers in bounds.
 */
import type { PolicySource } from './document.js'
import type { SourceError, Span } from '../text/source.js'
import { toPointer } from '../text/syntax-tree.js'

/** From the policy document down: `['Statement', 3, 'Action', 0]`. */
export type Path = readonly (string | number)[]

export interface Findings {
  error(message: string, span: Span, path: Path, hint?: string): void
  /** A hint that costs something to find is given as a function, and not asked for when nobody will see it. */
  diagnostic(message: string, span: Span, path: Path, hint?: string | (() => string | undefined)): void
  /** True once no further error would be kept: reading on is of no use. */
  isFull(): boolean
  hasErrors(): boolean
  /** In source order. */
  errors(): readonly SourceError[]
  /** In source order; the last one counts those that were not kept, so nothing goes unsaid. */
  diagnostics(): readonly SourceError[]
}

/** A person mends the first few and tries again; more would only cost memory on hostile input. */
const MAX_ERRORS = 50
const MAX_DIAGNOSTICS = 1000

export function createFindings(where: PolicySource): Findings {
  const errors: SourceError[] = []
  const diagnostics: SourceError[] = []
  let unkept = 0
  let firstUnkept: Span | undefined

  const finding = (message: string, span: Span, path: Path, hint: string | undefined): SourceError => ({
    message,
    source: where.source,
    span: { start: span.start, end: span.end },
    pointer: where.pointer + toPointer(path),
    ...(hint === undefined ? {} : { hint }),
  })

  return {
    error(message, span, path, hint) {
      if (errors.length < MAX_ERRORS) errors.push(finding(message, span, path, hint))
    },
    diagnostic(message, span, path, hint) {
      if (diagnostics.length < MAX_DIAGNOSTICS) {
        diagnostics.push(finding(message, span, path, typeof hint === 'function' ? hint() : hint))
      } else {
        unkept++
        firstUnkept ??= span
      }
    },
    isFull: () => errors.length >= MAX_ERRORS,
    hasErrors: () => errors.length > 0,
    errors: () => errors.sort(bySpan),
    diagnostics() {
      if (diagnostics.length > 1) diagnostics.sort(bySpan)
      if (firstUnkept === undefined) return diagnostics
      return [
        ...diagnostics,
        finding(`${unkept} more diagnostics of this policy are not listed`, firstUnkept, [], undefined),
      ]
    },
  }
}

function bySpan(a: SourceError, b: SourceError): number {
  return a.span.start - b.span.start || a.span.end - b.span.end
}
