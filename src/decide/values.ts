/**
 * Reading a request context into slots: one place for every condition key that some policy names.
 *
 * Keys compare without case. Requests of one program tend to list the same keys in the same order, so the reader
 * expects the sequence it saw last and looks a key up only where it differs.
 */
import type { SlotValue } from '../graph/atom.js'
import type { GraphTables } from '../graph/tables.js'

export type ContextScalar = string | number | boolean

/** A value of a condition key; a list is a multi-valued key, null is as absent as a key that is not there. */
export type RequestContextValue = ContextScalar | readonly ContextScalar[] | null | undefined

export type RequestContext = Readonly<Record<string, RequestContextValue>>

/** Callers choose the spellings; what is remembered of them is bounded. */
const MAX_SPELLINGS = 10_000

export class ContextReader {
  private readonly spellings = new Map<string, number>()
  private lastKeys: string[] = []
  private lastSlots: number[] = []
  private slotCount = -1
  private blank: SlotValue[] = []

  constructor(private readonly tables: GraphTables) {}

  read(context: RequestContext): SlotValue[] {
    const { slotCount } = this.tables
    // A new slot may be that of a key that was ignored until now.
    if (slotCount !== this.slotCount) this.forget(slotCount)
    const values = this.blank.slice()
    // Only a context that inherits from something unusual has to be asked key by key what is its own.
    const prototype: unknown = Object.getPrototypeOf(context)
    const plain = prototype === null || (prototype === Object.prototype && !hasEnumerableKeys(Object.prototype))
    const { lastKeys, lastSlots } = this
    let joined: Map<number, string[]> | undefined
    let position = 0
    for (const key in context) {
      const slot = lastKeys[position] === key ? lastSlots[position]! : this.learn(key, position)
      position++
      if (slot < 0 || (!plain && !Object.hasOwn(context, key))) continue
      const given = context[key]
      const value = typeof given === 'string' ? given : toSlotValue(given)
      if (values[slot] === undefined) values[slot] = value
      else if (value !== undefined) joinTo((joined ??= new Map<number, string[]>()), values, slot, value)
    }
    return values
  }

  private learn(key: string, position: number): number {
    let slot = this.spellings.get(key)
    if (slot === undefined) {
      slot = this.tables.findSlot(key)
      if (this.spellings.size >= MAX_SPELLINGS) this.spellings.clear()
      this.spellings.set(key, slot)
    }
    if (position < MAX_SPELLINGS) {
      this.lastKeys[position] = key
      this.lastSlots[position] = slot
    }
    return slot
  }

  private forget(slotCount: number): void {
    this.slotCount = slotCount
    this.blank = Array.from({ length: slotCount }, () => undefined)
    this.spellings.clear()
    this.lastKeys = []
    this.lastSlots = []
  }
}

/** A program that has put something enumerable on every object does not thereby put it into every request. */
function hasEnumerableKeys(object: object): boolean {
  for (const key in object) return key !== undefined
  return false
}

/** In text form; a list of one text is that text, but a list of one empty text stays a list (facts B4). */
export function toSlotValue(value: RequestContextValue): SlotValue {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) return String(value)
  const texts = value.map(String)
  if (texts.length === 0) return undefined
  return texts.length === 1 && texts[0] !== '' ? texts[0] : texts
}

/**
 * Two spellings of one key are one key with two values (facts B5, after the table). `lists` are those made here, which
 * may grow: a caller may send very many spellings.
 */
function joinTo(
  lists: Map<number, string[]>,
  values: SlotValue[],
  slot: number,
  more: string | readonly string[],
): void {
  let list = lists.get(slot)
  if (list === undefined) {
    list = [values[slot] ?? []].flat()
    lists.set(slot, list)
    values[slot] = list
  }
  for (const text of typeof more === 'string' ? [more] : more) list.push(text)
}
