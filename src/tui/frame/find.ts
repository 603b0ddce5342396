/**
 * Finding names by a few letters: by words in the order of the list, or by likeness, best first.
 */
import fuzzysort from 'fuzzysort'

/** Places of the names that have all of these words, in their order; in any case of letters. */
export function withWords(names: readonly string[], text: string): readonly number[] {
  const words = text
    .toLowerCase()
    .split(' ')
    .filter((word) => word !== '')
  const lowered = loweredOf(names)
  const found: number[] = []
  for (let index = 0; index < lowered.length; index++) {
    const name = lowered[index]!
    if (words.every((word) => name.includes(word))) found.push(index)
  }
  return found
}

const known = new WeakMap<readonly string[], readonly string[]>()

/** A list is searched again for each letter that is typed. */
function loweredOf(names: readonly string[]): readonly string[] {
  let lowered = known.get(names)
  if (lowered === undefined) {
    lowered = names.map((name) => name.toLowerCase())
    known.set(names, lowered)
  }
  return lowered
}

/** More are not looked at by anybody. */
const MAX_FOUND = 500
/** What is less alike is found by chance. */
const LEAST_ALIKE = 0.35

interface Found {
  readonly index: number
  readonly score: number
}

/**
 * Names made ready to be searched again and again. From when they are first shown they are made ready in slices, whenever
 * there is nothing else to do; a search that comes before makes ready what is left.
 */
export class Finder {
  private prepared: ReturnType<typeof snapshotOf> | undefined
  private lastText: string | undefined
  private lastFound: readonly number[] = []

  /** @param rest - names behind these, in a finder that several share: their places are counted on. */
  constructor(
    readonly names: readonly string[],
    private readonly rest?: Finder,
  ) {}

  /** Places of the names that are most like the text, best first; all of them for an empty text. */
  find(text: string): readonly number[] {
    this.prepare()
    if (text === this.lastText) return this.lastFound
    this.lastText = text
    const searched = text.trim()
    this.lastFound =
      searched === ''
        ? Array.from({ length: this.count }, (_, index) => index)
        : this.search(searched).map(({ index }) => index)
    return this.lastFound
  }

  private get count(): number {
    return this.names.length + (this.rest?.count ?? 0)
  }

  private prepare(): ReturnType<typeof snapshotOf> {
    this.rest?.prepare()
    this.prepared ??= snapshotOf(this.names)
    return this.prepared
  }

  private search(text: string): readonly Found[] {
    const found = fuzzysort
      .go(text, this.prepare(), { limit: MAX_FOUND, threshold: LEAST_ALIKE })
      .map(({ obj, score }): Found => ({ index: obj.index, score }))
    if (this.rest === undefined) return found
    const behind = this.rest.search(text).map(({ index, score }) => ({ index: index + this.names.length, score }))
    return [...found, ...behind].sort((left, right) => right.score - left.score).slice(0, MAX_FOUND)
  }
}

function snapshotOf(names: readonly string[]) {
  return fuzzysort.snapshot(
    names.map((name, index) => ({ name, index })),
    { key: 'name' },
  )
}
