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
  const found: number[] = []
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!.toLowerCase()
    if (words.every((word) => name.includes(word))) found.push(index)
  }
  return found
}

/** More are not looked at by anybody. */
const MAX_FOUND = 500
/** What is less alike is found by chance. */
const LEAST_ALIKE = 0.35

/** Names made ready to be searched again and again. */
export class Finder {
  private prepared:
    readonly { readonly index: number; readonly target: ReturnType<typeof fuzzysort.prepare> }[] | undefined
  private lastText: string | undefined
  private lastFound: readonly number[] = []

  constructor(readonly names: readonly string[]) {}

  /** Places of the names that are most like the text, best first; all of them for an empty text. */
  find(text: string): readonly number[] {
    if (text === this.lastText) return this.lastFound
    this.lastText = text
    this.lastFound = text.trim() === '' ? this.names.map((_, index) => index) : this.search(text.trim())
    return this.lastFound
  }

  private search(text: string): readonly number[] {
    this.prepared ??= this.names.map((name, index) => ({ index, target: fuzzysort.prepare(name) }))
    const found = fuzzysort.go(text, this.prepared, { key: 'target', limit: MAX_FOUND, threshold: LEAST_ALIKE })
    return found.map(({ obj }) => obj.index)
  }
}
