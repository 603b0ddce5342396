/** Work that a view asks for, done at once, as the shell does it in slices. */
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Effect, Reply } from '../../../src/tui/app/view.js'
import type { Answer } from '../../../src/source/answer/answer-question.js'
import { acme, type Driven } from '../frames.js'

const done = new WeakMap<Driven, number>()

/** Every piece of work so far and what follows from it; the replies go to the view on top. */
export async function settle(driven: Driven): Promise<Driven> {
  for (let index = done.get(driven) ?? 0; index < driven.effects.length; index++) {
    done.set(driven, index + 1)
    // The program puts nothing else there.
    const effect = driven.effects[index] as Effect
    if (effect.kind !== 'work') continue
    const work = effect.work()
    let step = work.next()
    while (step.done !== true) {
      await nextTurn()
      step = work.next()
    }
    reply(driven, { kind: 'done', tag: effect.tag, value: step.value })
  }
  return driven
}

export function reply(driven: Driven, answer: Reply): Driven {
  return driven.send({ kind: 'reply', to: driven.app.stack.at(-1)!.id, reply: answer })
}

export async function pressed(driven: Driven, ...keys: readonly string[]): Promise<Driven> {
  await settle(driven)
  for (const key of keys) {
    driven.press(key)
    await settle(driven)
  }
  return driven
}

/** A query of acme, answered. */
export function answered(query: string): Answer {
  const question = acme().query(query)
  if (!question.ok) throw new Error(question.error.message)
  const answer = acme().answer(question.value)
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value
}

/** Denied, since the tenant in the encryption context is another. */
export const WRONG_TENANT =
  'can role/TenantService do kms:Decrypt on alias/tenant-data when kms:EncryptionContext:tenant = "green"'

/** What could move the cursor, hide text or turn its direction. */
export function hasControls(text: string): boolean {
  return ['\u001b', '\u0007', '\u202e'].some((character) => text.includes(character))
}
