/**
 * Wraps everything again that a store holds under one root key, row by row, while the store is in use.
 *
 * Each row is its own commit against the version that was read. Where somebody else was quicker, the row is looked at again
 * in the next pass; passes go on until one finds nothing, so being interrupted anywhere loses nothing.
 */
import type { Row, Store } from '../store.js'
import { wrappedPrefix } from './wrapped-text.js'

export interface RewrapOutcome {
  /** How many rows were changed. */
  readonly rows: number
  /** Names of rows with a secret that does not open: the old root key is still wanted for them. */
  readonly damaged: readonly string[]
}

/** Rows that hold wrapped secrets, and the fields in which they do: a client's own text is never taken for one. */
const WRAPPED_FIELD = /^wrapped/
const PREFIXES = ['material/', 'custom-key-store/']
const PAGE_ROWS = 100

/** @param rewrap - undefined for a text that does not open. */
export async function rewrapRows(
  store: Store,
  rootKeyId: string,
  rewrap: (text: string) => string | undefined,
): Promise<RewrapOutcome> {
  const damaged = new Set<string>()
  const others = new Set<string>()
  let rows = 0
  for (;;) {
    let found = 0
    for await (const page of pages(store)) {
      const old = page.filter(
        ({ name, value }) => value.includes(wrappedPrefix(rootKeyId)) && !damaged.has(name) && !others.has(name),
      )
      found += old.length
      const results = await Promise.all(old.map((row) => rewrapRow(store, row, rootKeyId, rewrap)))
      rows += results.filter((result) => result === 'done').length
      old.forEach(({ name }, index) => {
        if (results[index] === 'damaged') damaged.add(name)
        if (results[index] === 'nothing') others.add(name)
      })
    }
    if (found === 0) return { rows, damaged: [...damaged] }
  }
}

async function* pages(store: Store): AsyncIterable<readonly Row[]> {
  for (const prefix of PREFIXES) {
    let cursor: string | undefined
    do {
      const page = await store.scan(prefix, { limit: PAGE_ROWS, ...(cursor !== undefined && { cursor }) })
      yield page.rows
      cursor = page.cursor
    } while (cursor !== undefined)
  }
}

async function rewrapRow(
  store: Store,
  { name, value, version }: Row,
  rootKeyId: string,
  rewrap: (text: string) => string | undefined,
): Promise<'done' | 'conflict' | 'damaged' | 'nothing'> {
  let isDamaged = false
  let isFound = false
  const changed: unknown = JSON.parse(value, (field, part: unknown) => {
    if (typeof part !== 'string' || !WRAPPED_FIELD.test(field) || !part.startsWith(wrappedPrefix(rootKeyId)))
      return part
    isFound = true
    const rewrapped = rewrap(part)
    isDamaged ||= rewrapped === undefined
    return rewrapped ?? part
  })
  if (isDamaged) return 'damaged'
  if (!isFound) return 'nothing'
  const change = { kind: 'put', name, value: JSON.stringify(changed), expect: { version } } as const
  return (await store.commit([change], [])).ok ? 'done' : 'conflict'
}
