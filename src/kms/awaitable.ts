/**
 * Steps that go on at once when the answer is there and wait when it is not: what is in memory pays for no promise.
 */
import type { Awaitable } from './store.js'

/** The step with the value, now or later. */
export function after<T, U>(value: Awaitable<T>, step: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(step) : step(value)
}

/** `next` of every item in order, one after the other, until one answers something else than undefined. */
export function firstOf<T, U>(
  items: readonly T[],
  next: (item: T, index: number) => Awaitable<U | undefined>,
  from = 0,
): Awaitable<U | undefined> {
  for (let index = from; index < items.length; index++) {
    const answer = next(items[index]!, index)
    if (answer instanceof Promise) {
      return answer.then((found) => (found === undefined ? firstOf(items, next, index + 1) : found))
    }
    if (answer !== undefined) return answer
  }
  return undefined
}
