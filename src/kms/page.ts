/**
 * Lists in pages: what a marker stands for, and where the next page starts.
 *
 * Source: KMS API Reference, `Limit`, `Marker` and `NextMarker` of every list; facts kms-behaviour 14.
 */
import type { Result } from '../text/source.js'
import { after } from './awaitable.js'
import { fail, type Failure } from './failure.js'
import type { Services } from './services.js'
import type { Awaitable, Row } from './store.js'

export interface PageLimits {
  readonly max: number
  /** Where the request has no limit. */
  readonly usual: number
}

export const LONG_PAGES: PageLimits = { max: 1000, usual: 100 }
export const SHORT_PAGES: PageLimits = { max: 100, usual: 50 }

export interface PageRequest {
  readonly Limit?: number | undefined
  readonly Marker?: string | undefined
}

export interface Page<E> {
  readonly entries: readonly E[]
  /** The members that every list answers. */
  readonly more: { readonly Truncated: boolean; readonly NextMarker?: string }
}

/** Where a page starts and how long it is; a marker of another list is none. */
interface PageStart {
  readonly limit: number
  readonly position: string | undefined
}

function startOf(
  { Limit, Marker }: PageRequest,
  limits: PageLimits,
  scope: string,
  { tokens }: Services,
): Result<PageStart, Failure> {
  if (Limit !== undefined && (Limit < 1 || Limit > limits.max)) {
    return fail('ValidationException', `Limit must be between 1 and ${limits.max}.`)
  }
  const limit = Limit ?? limits.usual
  if (Marker === undefined) return { ok: true, value: { limit, position: undefined } }
  const position = tokens.readMarker(scope, Marker)
  return position === undefined
    ? fail('InvalidMarkerException', 'The marker is not valid.')
    : { ok: true, value: { limit, position } }
}

/** A page of the rows under a prefix, of those that `entryOf` makes an entry of. */
export function pageOfRows<E>(
  request: PageRequest,
  limits: PageLimits,
  prefix: string,
  services: Services,
  entryOf: (row: Row) => Awaitable<E | undefined>,
): Awaitable<Result<Page<E>, Failure>> {
  const start = startOf(request, limits, prefix, services)
  if (!start.ok) return start
  const { limit } = start.value
  const entries: E[] = []
  const next = (position: string | undefined): Awaitable<Result<Page<E>, Failure>> => {
    const options = { limit: limit - entries.length, ...(position === undefined ? {} : { cursor: position }) }
    return after(services.store.scan(prefix, options), ({ rows, cursor }) =>
      after(collect(rows, 0, entries, entryOf), () => {
        if (cursor === undefined) return { ok: true, value: { entries, more: { Truncated: false } } }
        if (entries.length < limit) return next(cursor)
        const NextMarker = services.tokens.marker(prefix, cursor)
        return { ok: true, value: { entries, more: { Truncated: true, NextMarker } } }
      }),
    )
  }
  return next(start.value.position)
}

function collect<E>(
  rows: readonly Row[],
  from: number,
  entries: E[],
  entryOf: (row: Row) => Awaitable<E | undefined>,
): Awaitable<void> {
  for (let index = from; index < rows.length; index++) {
    const entry = entryOf(rows[index]!)
    if (entry instanceof Promise) {
      return entry.then((later) => {
        if (later !== undefined) entries.push(later)
        return collect(rows, index + 1, entries, entryOf)
      })
    }
    if (entry !== undefined) entries.push(entry)
  }
  return undefined
}

/** A page of a list that is in memory; `scope` tells its markers from those of others. */
export function pageOfList<E>(
  request: PageRequest,
  limits: PageLimits,
  scope: string,
  services: Services,
  list: readonly E[],
): Result<Page<E>, Failure> {
  const start = startOf(request, limits, scope, services)
  if (!start.ok) return start
  const { limit, position } = start.value
  const from = position === undefined ? 0 : Number(position)
  const end = from + limit
  const entries = list.slice(from, end)
  if (end >= list.length) return { ok: true, value: { entries, more: { Truncated: false } } }
  const NextMarker = services.tokens.marker(scope, String(end))
  return { ok: true, value: { entries, more: { Truncated: true, NextMarker } } }
}
