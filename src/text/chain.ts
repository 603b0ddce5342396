/**
 * A list that grows at its end without copying: what a left-recursive grammar rule hands on.
 *
 * A parser runs the same rule over many beginnings of a text, so a rule must not change what it was given, and copying
 * an array for every element makes a long list quadratic.
 */
export interface Chain<T> {
  readonly before: Chain<T> | undefined
  readonly last: T
}

/** The elements, first one first. */
export function fromChain<T>(chain: Chain<T> | undefined): T[] {
  const elements: T[] = []
  for (let link = chain; link !== undefined; link = link.before) elements.push(link.last)
  return elements.reverse()
}
