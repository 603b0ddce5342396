/**
 * Is advice minimal? The search against trying every set of changes, on random documents.
 *
 * `test/explain/advice.test.ts` does it for a few, `test/extended/advice.test.ts` for a thousand.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import { conditionKeyInfo } from '../../src/aws/condition-key.js'
import { trace, type Trace } from '../../src/decide/trace.js'
import { editCandidates } from '../../src/explain/advice/candidates.js'
import type { Change } from '../../src/explain/advice/change.js'
import { ChangedCalls } from '../../src/explain/advice/changed-call.js'
import { contextChange, ContextValues } from '../../src/explain/advice/context-values.js'
import { searchChanges } from '../../src/explain/advice/search.js'
import { explainDocument, type ExplainedDocument } from '../../src/source/explain-document.js'
import { authorizeDocuments } from '../reference/generate.js'

export function explained(document: unknown): ExplainedDocument {
  const found = explainDocument({ name: 'document.json', text: JSON.stringify(document, null, 2) })
  if (!found.ok) throw new Error(found.error.message)
  return found.value
}

/** Every set of candidates that is enough, by trying all of them; up to three changes and a cost. */
function exhaustive(traced: Trace, maxCost: number): readonly string[] {
  const calls = new ChangedCalls(traced.call)
  const values = ContextValues.of(calls.traceOf(calls.call))
  const slots = Array.from({ length: calls.tables.slotCount }, (_, slot) => slot)
  const plain = slots.flatMap((slot) => values.changes(slot))
  // A variable has another value in a request that has been changed.
  const resolved = [calls.call, ...plain.map((change) => calls.withValue(calls.call, change))].flatMap((call) =>
    slots.flatMap((slot) => values.resolved(slot, call)),
  )
  const context = [...plain, ...resolved]
  // Only the operations that a grant permits are held against its pairs.
  const operation = traced.call.action.replace(/^kms:/, '')
  const grants = traced.call.grants.grants.filter(({ operations }) => operations.includes(operation))
  const pairs = grants.flatMap(({ constraints = {} }) => {
    const { encryptionContextEquals: equals, encryptionContextSubset: subset } = constraints
    const wanted = Object.entries(equals ?? subset ?? {})
    const extra =
      equals === undefined ? [] : Object.keys(traced.call.encryptionContext ?? {}).filter((key) => !(key in equals))
    return [...wanted, ...extra.map((key) => [key, undefined] as const)].map(([key, value]) =>
      contextChange(`kms:EncryptionContext:${key}`, value, 1),
    )
  })
  const takesContext = conditionKeyInfo('kms:EncryptionContextKeys')?.actions?.includes(traced.call.action) ?? false
  const fewer = Object.keys(takesContext ? (traced.call.encryptionContext ?? {}) : {}).map((key) =>
    contextChange(`kms:EncryptionContext:${key}`, undefined, 1),
  )
  const all = [
    ...new Map(
      [...editCandidates(traced, () => true), ...context, ...pairs, ...fewer].map((each) => [each.id, each]),
    ).values(),
  ]
  const enough: { readonly cost: number; readonly ids: readonly string[] }[] = []
  const isPart = (some: readonly string[], ids: readonly string[]): boolean => some.every((id) => ids.includes(id))
  const sets = [...subsets(all, maxCost)].toSorted((left, right) => left.length - right.length)
  for (const set of sets) {
    const ids = set.map(({ id }) => id)
    if (enough.some((known) => isPart(known.ids, ids))) continue
    const keys = set.flatMap((each) => (each.kind === 'context' ? [each.key] : []))
    if (new Set(keys).size < keys.length) continue
    const call = calls.with(set)
    if (call !== undefined && trace(call).outcome.decision === 'allow') {
      enough.push({ ids, cost: set.reduce((sum, { cost }) => sum + cost, 0) })
    }
  }
  return enough
    .filter(({ cost }) => cost < maxCost)
    .map(({ ids }) => ids.toSorted().join('\n'))
    .toSorted()
}

function* subsets(
  all: readonly Change[],
  maxCost: number,
  from = 0,
  set: readonly Change[] = [],
): Generator<readonly Change[]> {
  if (set.length > 0) yield set
  if (set.length === 3) return
  const spent = set.reduce((sum, { cost }) => sum + cost, 0)
  for (let index = from; index < all.length; index++) {
    const next = all[index]!
    if (spent + next.cost <= maxCost) yield* subsets(all, maxCost, index + 1, [...set, next])
  }
}

/**
 * Compares on as many random documents as there are runs, allowed ones and those that are cut short left out.
 * @returns how many were compared.
 */
export function compareExhaustively({ runs, seed }: { readonly runs: number; readonly seed: number }): number {
  let compared = 0
  fc.assert(
    fc.property(authorizeDocuments(), (document) => {
      if (isMinimal(explained(document).trace)) compared++
    }),
    { numRuns: runs, seed },
  )
  return compared
}

/** False where there is nothing to compare. */
function isMinimal(traced: Trace): boolean {
  if (traced.outcome.decision === 'allow') return false
  const { found, isComplete } = searchChanges(traced, { isEditable: () => true, limit: 3, maxTried: 3000 })
  if (!isComplete) return false
  // Below the dearest that was found every set is known.
  const maxCost = found.length < 3 ? 40 : found.at(-1)!.cost
  const listed = found
    .filter(({ cost, changes }) => cost < maxCost && changes.length <= 3)
    .map(({ changes }) =>
      changes
        .map(({ id }) => id)
        .toSorted()
        .join('\n'),
    )
  const all = exhaustive(traced, maxCost)
  // Of two keys that need only be equal, it does not matter which value is advised.
  if (comparesKeys(traced)) expect(withoutValues(listed)).toEqual(withoutValues(all))
  else expect(listed.toSorted()).toEqual(all)
  return true
}

function comparesKeys({ call }: Trace): boolean {
  const { tables } = call.subject
  for (let guard = 0; guard < tables.guards.size; guard++) {
    if (tables.guards.tuple(guard).some((literal) => tables.atom(literal >> 1).slots.length > 1)) return true
  }
  return false
}

function withoutValues(sets: readonly string[]): readonly string[] {
  const named = sets.map((ids) =>
    ids
      .split('\n')
      .map((id) => /^context \S+/.exec(id)?.[0] ?? id)
      .join('\n'),
  )
  return [...new Set(named)].toSorted()
}
