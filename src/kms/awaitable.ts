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

/** What is answered of every item, in their order: once one answer has to be waited for, the others are asked for as well. */
export function together<T, U>(items: readonly T[], ask: (item: T) => Awaitable<U>): Awaitable<readonly U[]> {
  const answers: U[] = []
  for (const item of items) {
    const answer = ask(item)
    if (answer instanceof Promise) {
      const rest = items.slice(answers.length + 1)
      const others = Promise.all([answer, ...rest.map(async (other) => ask(other))])
      return others.then((later) => [...answers, ...later])
    }
    answers.push(answer)
  }
  return answers
}
