/**
 * What members of simulation documents were read to be, by their text.
 *
 * A stream of documents mostly repeats its policies, callers and keys. What came last is found by comparing, without
 * even looking for its end; what came longer ago by its text. Knows nothing of what a member means.
 */
import { LRUCache } from 'lru-cache'

/** One member's text and what it was read to be, which belongs to whoever remembered it. */
export interface KnownMember {
  readonly text: string
  /** Sets apart members of one name that are read in more than one way. */
  readonly variant: string
  readonly value: unknown
}

/** In characters of the texts of one name. Longer members are read each time. */
const MAX_CACHED = 8 * 1024 * 1024
const MAX_CACHED_MEMBER = 1024 * 1024

/** Of one name: more would make documents slower that never repeat anything. */
const MAX_RECENT = 4

/** Members that mostly differ from document to document: remembering them would cost more than reading. */
const EVER_NEW: ReadonlySet<string> = new Set(['id', 'context', 'request', 'checks'])

export class MemberMemory {
  /** The last first. */
  private readonly recent = new Map<string, KnownMember[]>()
  private readonly caches = new Map<string, LRUCache<string, KnownMember>>()

  /** Whether members of this name are worth it. */
  remembers(name: string): boolean {
    return !EVER_NEW.has(name)
  }

  /** The member whose text stands at `start`, if it came lately. */
  findAt(name: string, text: string, start: number): KnownMember | undefined {
    const recent = this.recent.get(name)
    if (recent === undefined) return undefined
    for (const [index, known] of recent.entries()) {
      if (text.slice(start, start + known.text.length) !== known.text) continue
      if (index > 0) {
        recent.splice(index, 1)
        recent.unshift(known)
      }
      return known
    }
    return undefined
  }

  find(name: string, variant: string, text: string): KnownMember | undefined {
    const known = this.caches.get(name + variant)?.get(text)
    if (known !== undefined) this.putFirst(name, known)
    return known
  }

  /** @param text - of its own: a part of a longer text would keep that. */
  put(name: string, known: KnownMember): void {
    if (known.text.length > MAX_CACHED_MEMBER) return
    this.cacheOf(name + known.variant).set(known.text, known)
    this.putFirst(name, known)
  }

  private putFirst(name: string, known: KnownMember): void {
    // Where a bare word ends the next character says: `1` begins `12`.
    if (!/^["[{]/.test(known.text)) return
    const recent = this.recent.get(name)
    if (recent === undefined) {
      this.recent.set(name, [known])
      return
    }
    recent.unshift(known)
    if (recent.length > MAX_RECENT) recent.pop()
  }

  private cacheOf(key: string): LRUCache<string, KnownMember> {
    const known = this.caches.get(key)
    if (known !== undefined) return known
    const cache = new LRUCache<string, KnownMember>({
      maxSize: MAX_CACHED,
      sizeCalculation: ({ text }) => text.length + 1,
    })
    this.caches.set(key, cache)
    return cache
  }
}
