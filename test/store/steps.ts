/** Steps that the tests of all stores take. */
import { expect } from 'vitest'
import type { Change, CommitResult, Store } from '../../src/kms/store.js'
import { auditRecord } from './support.js'

type Committed = Extract<CommitResult, { readonly ok: true }>

export async function committed(store: Store, changes: readonly Change[], records = 0): Promise<Committed> {
  const result = await store.commit(
    changes,
    Array.from({ length: records }, (_, number) => auditRecord(number)),
  )
  if (!result.ok) throw new Error(`the commit met a conflict at ${JSON.stringify(result.conflict)}`)
  return result
}

export async function namesUnder(store: Store, prefix: string, limit: number): Promise<string[]> {
  const names: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.scan(prefix, { limit, ...(cursor !== undefined && { cursor }) })
    expect(page.rows.length).toBeLessThanOrEqual(limit)
    names.push(...page.rows.map((row) => row.name))
    cursor = page.cursor
  } while (cursor !== undefined)
  return names
}

export async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !holds(); turn++) {
    await new Promise((resolve) => {
      setTimeout(resolve, 5)
    })
  }
}

export function put(name: string, value: string, expectation: Change['expect'] = 'any'): Change {
  return { kind: 'put', name, value, expect: expectation }
}

export function remove(name: string, expectation: Change['expect'] = 'any'): Change {
  return { kind: 'delete', name, expect: expectation }
}
