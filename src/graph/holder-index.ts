/**
 * Things found by who holds them. Never changes: `with` and `without` answer a new index that shares most of it.
 *
 * One holder may have tens of thousands. Those are filed by the ways to use them as well: a way is a text that a thing
 * and a request for it have in common, so whoever asks may be shown too many things and never too few.
 *
 * Knows nothing of what the things are.
 */
import { PersistentArray } from './persistent-array.js'
import { PersistentMap } from './persistent-map.js'

/** How things are filed; always the same for the same thing. */
export interface Filing<T> {
  readonly idOf: (item: T) => string
  /** Undefined for what nobody can hold. */
  readonly holderOf: (item: T) => string | undefined
  readonly waysOf: (item: T) => readonly string[]
}

/** A thing with its place among all, by when it came. */
interface Entry<T> {
  readonly item: T
  readonly place: number
}

/** Up to this many things of a holder are looked through one by one. */
const FEW = 8

/** Few entries as a list, many by place. */
type Bag<T> = readonly Entry<T>[] | PersistentArray<Entry<T>>

/** What one holder has and, where it is much, by the ways to use it. */
interface Holding<T> {
  readonly all: Bag<T>
  readonly ways: PersistentMap<Bag<T>> | undefined
}

/** Places and keys of things that are gone are let go of when they outnumber the things there are by so many. */
const MAX_GONE = 1024

export class HolderIndex<T> {
  private constructor(
    private readonly filing: Filing<T>,
    private readonly entries: PersistentArray<Entry<T>>,
    private readonly byId: PersistentMap<Entry<T>>,
    private readonly byHolder: PersistentMap<Holding<T>>,
    private readonly nextPlace: number,
  ) {}

  static of<T>(items: Iterable<T>, filing: Filing<T>): HolderIndex<T> {
    let index = new HolderIndex(
      filing,
      PersistentArray.empty<Entry<T>>(),
      PersistentMap.empty<Entry<T>>(),
      PersistentMap.empty<Holding<T>>(),
      0,
    )
    for (const item of items) index = index.with(item)
    return index
  }

  get size(): number {
    return this.entries.size
  }

  find(id: string): T | undefined {
    return this.byId.get(id)?.item
  }

  /** In the order in which they came. */
  items(): readonly T[] {
    return Array.from(this.entries.values(), ({ item }) => item)
  }

  /** Whether some thing of the holder passes; of a holder of many, some thing that can be used in one of these ways. */
  some(holder: string, ways: Iterable<string>, passes: (item: T) => boolean): boolean {
    const holding = this.byHolder.get(holder)
    if (holding === undefined) return false
    const { ways: filed } = holding
    if (filed === undefined) return somePasses(holding.all, passes)
    for (const way of ways) if (somePasses(filed.get(way) ?? [], passes)) return true
    return false
  }

  /** As the last one, in place of the one of its id if there is one. */
  with(item: T): HolderIndex<T> {
    const id = this.filing.idOf(item)
    const { filing, entries, byId, byHolder, nextPlace } = this.without(id)
    const entry = { item, place: nextPlace }
    const holder = filing.holderOf(item)
    return new HolderIndex(
      filing,
      entries.with(entry.place, entry),
      byId.with(id, entry),
      holder === undefined ? byHolder : byHolder.with(holder, this.filed(byHolder.get(holder), entry)),
      nextPlace + 1,
    )
  }

  without(id: string): HolderIndex<T> {
    const entry = this.byId.get(id)
    if (entry === undefined) return this
    const entries = this.entries.with(entry.place, undefined)
    if (this.nextPlace > 2 * entries.size + MAX_GONE) {
      return HolderIndex.of(
        Array.from(entries.values(), ({ item }) => item),
        this.filing,
      )
    }
    const holder = this.filing.holderOf(entry.item)
    return new HolderIndex(
      this.filing,
      entries,
      this.byId.without(id),
      holder === undefined ? this.byHolder : this.unfiled(holder, entry),
      this.nextPlace,
    )
  }

  private filed(holding: Holding<T> | undefined, entry: Entry<T>): Holding<T> {
    const all = added(holding?.all ?? [], entry)
    if (holding?.ways !== undefined) return { all, ways: this.filedByWay(holding.ways, entry) }
    if (isFew(all)) return { all, ways: undefined }
    let ways = PersistentMap.empty<Bag<T>>()
    for (const each of all.values()) ways = this.filedByWay(ways, each)
    return { all, ways }
  }

  private filedByWay(ways: PersistentMap<Bag<T>>, entry: Entry<T>): PersistentMap<Bag<T>> {
    let filed = ways
    for (const way of this.filing.waysOf(entry.item)) filed = filed.with(way, added(filed.get(way) ?? [], entry))
    return filed
  }

  private unfiled(holder: string, entry: Entry<T>): PersistentMap<Holding<T>> {
    const holding = this.byHolder.get(holder)
    if (holding === undefined) return this.byHolder
    const all = taken(holding.all, entry)
    if (sizeOf(all) === 0) return this.byHolder.without(holder)
    let { ways } = holding
    if (ways !== undefined) {
      for (const way of this.filing.waysOf(entry.item)) {
        const left: Bag<T> = taken(ways.get(way) ?? [], entry)
        ways = sizeOf(left) === 0 ? ways.without(way) : ways.with(way, left)
      }
    }
    return this.byHolder.with(holder, { all, ways })
  }
}

function isFew<T>(bag: Bag<T>): bag is readonly Entry<T>[] {
  return Array.isArray(bag)
}

function sizeOf<T>(bag: Bag<T>): number {
  return isFew(bag) ? bag.length : bag.size
}

function somePasses<T>(bag: Bag<T>, passes: (item: T) => boolean): boolean {
  return isFew(bag) ? bag.some(({ item }) => passes(item)) : bag.some(({ item }) => passes(item))
}

function added<T>(bag: Bag<T>, entry: Entry<T>): Bag<T> {
  if (!isFew(bag)) return bag.with(entry.place, entry)
  if (bag.length < FEW) return [...bag, entry]
  let many = PersistentArray.empty<Entry<T>>()
  for (const each of [...bag, entry]) many = many.with(each.place, each)
  return many
}

function taken<T>(bag: Bag<T>, entry: Entry<T>): Bag<T> {
  return isFew(bag) ? bag.filter((each) => each !== entry) : bag.with(entry.place, undefined)
}
