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
const MAX_POSITIONS = 256

const NOT_READ = -1

/** The keys of the last context in the order in which they came, each with its slot, or NOT_READ. */
class KeySequence {
  readonly keys: string[] = []
  readonly slots: number[] = []
  /** How many of the keys have each slot, and how many share theirs with one before. */
  private readonly shares: number[] = []
  private shared = 0

  constructor(private readonly slotOf: (key: string) => number) {}

  /** Whether no two of the keys are spellings of one. */
  get isWithoutRepeats(): boolean {
    return this.shared === 0
  }

  /** Notes that this key stands here, and answers its slot. */
  learn(key: string, position: number): number {
    const slot = this.slotOf(key)
    if (position < MAX_POSITIONS) {
      this.leave(this.slots[position])
      this.keys[position] = key
      this.slots[position] = slot
      this.join(slot)
    }
    return slot
  }

  private join(slot: number): void {
    if (slot < 0) return
    const others = this.shares[slot] ?? 0
    if (others > 0) this.shared++
    this.shares[slot] = others + 1
  }

  private leave(slot: number | undefined): void {
    if (slot === undefined || slot < 0) return
    const others = (this.shares[slot] ?? 1) - 1
    if (others > 0) this.shared--
    this.shares[slot] = others
  }
}

/** Reads every key that some policy names. */
export class ContextReader {
  private readonly spellings = new Map<string, number>()
  private sequence: KeySequence
  private slotCount = -1
  private blank: SlotValue[] = []

  constructor(private readonly tables: GraphTables) {
    this.sequence = new KeySequence((key) => this.slotOf(key))
  }

  read(context: RequestContext): SlotValue[] {
    this.refresh()
    const values = this.blank.slice()
    readInto(values, context, this.sequence)
    return values
  }

  /** The slot of a key in any case, or a negative number where no policy names it. */
  slotOf(key: string): number {
    this.refresh()
    let slot = this.spellings.get(key)
    if (slot === undefined) {
      slot = this.tables.findSlot(key)
      if (this.spellings.size >= MAX_SPELLINGS) this.spellings.clear()
      this.spellings.set(key, slot)
    }
    return slot
  }

  private refresh(): void {
    const { slotCount } = this.tables
    // A new slot may be that of a key that was ignored until now.
    if (slotCount === this.slotCount) return
    this.slotCount = slotCount
    this.blank = Array.from({ length: slotCount }, () => undefined)
    this.spellings.clear()
    this.sequence = new KeySequence((key) => this.slotOf(key))
  }
}

/** A short array is made sooner than emptied. */
const SHORT = 128

/** Reads a few keys alone. */
export class SlotReader {
  private readonly sequence: KeySequence
  private readonly blank: readonly SlotValue[]
  private spare: SlotValue[] | undefined

  constructor(
    reader: ContextReader,
    private readonly slots: readonly number[],
  ) {
    const width = slots.reduce((most, slot) => Math.max(most, slot + 1), 0)
    this.blank = Array.from({ length: width }, () => undefined)
    this.sequence = new KeySequence((key) => {
      const slot = reader.slotOf(key)
      return slots.includes(slot) ? slot : NOT_READ
    })
  }

  /**
   * The values by slot. Whoever has done with them gives them back: until then nobody else gets this array, for a
   * request's members may be getters that ask in turn.
   */
  take(context: RequestContext): SlotValue[] {
    const values = this.spare ?? this.blank.slice()
    this.spare = undefined
    if (!this.readExpected(values, context)) {
      this.empty(values)
      readInto(values, context, this.sequence)
    }
    return values
  }

  giveBack(values: SlotValue[]): void {
    if (this.blank.length <= SHORT) return
    this.empty(values)
    this.spare = values
  }

  private empty(values: SlotValue[]): void {
    const { slots } = this
    for (let index = 0; index < slots.length; index++) values[slots[index]!] = undefined
  }

  /** The short way for a context with the keys that the last one had. Answers false where it has others. */
  private readExpected(values: SlotValue[], context: RequestContext): boolean {
    if (!this.sequence.isWithoutRepeats) return false
    const { keys, slots } = this.sequence
    let position = 0
    for (const key in context) {
      // In this form the compiler knows the answer for an object that has its own keys alone; Object.hasOwn is called.
      if (keys[position] !== key || !Object.prototype.hasOwnProperty.call(context, key)) return false
      const slot = slots[position++]!
      if (slot < 0) continue
      const given = context[key]
      values[slot] = typeof given === 'string' ? given : toSlotValue(given)
    }
    return true
  }
}

/** Fills the slots of `values`, which are empty, with what the context has for them. */
function readInto(values: SlotValue[], context: RequestContext, sequence: KeySequence): void {
  const plain = hasOwnKeysOnly(context)
  const { keys, slots } = sequence
  let joined: Map<number, string[]> | undefined
  let position = 0
  for (const key in context) {
    const slot = keys[position] === key ? slots[position]! : sequence.learn(key, position)
    position++
    if (slot < 0 || (!plain && !Object.hasOwn(context, key))) continue
    const given = context[key]
    const value = typeof given === 'string' ? given : toSlotValue(given)
    if (values[slot] === undefined) values[slot] = value
    else if (value !== undefined) joinTo((joined ??= new Map<number, string[]>()), values, slot, value)
  }
}

/** Only a context that inherits from something unusual has to be asked key by key what is its own. */
function hasOwnKeysOnly(context: RequestContext): boolean {
  const prototype: unknown = Object.getPrototypeOf(context)
  return prototype === null || (prototype === Object.prototype && !hasEnumerableKeys(Object.prototype))
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
