/**
 * The errors found while one text is read: at most so many, in the order of their places.
 *
 * Knows nothing of formats.
 */
import type { SourceError, SourceText, Span } from './source.js'

/** Beyond this many a reader only repeats itself. */
const MAX_ERRORS = 20

export interface ErrorList {
  add(span: Span, message: string, details?: { readonly hint?: string; readonly pointer?: string }): void
  isEmpty(): boolean
  isFull(): boolean
  sorted(): readonly SourceError[]
}

export function createErrorList(source: SourceText): ErrorList {
  const errors: SourceError[] = []
  return {
    add(span, message, details = {}) {
      if (errors.length < MAX_ERRORS) errors.push({ message, source, span, ...details })
    },
    isEmpty: () => errors.length === 0,
    isFull: () => errors.length >= MAX_ERRORS,
    sorted: () => errors.toSorted((left, right) => left.span.start - right.span.start),
  }
}
