/**
 * Which long-term credentials there may be, so that requests which name some that nobody has cost the store next to nothing.
 *
 * A few are answered by the store itself, so that a credential is good as soon as it was made, by whichever process. Where
 * more are asked for, the set of all that live answers. It is read once it is needed, and follows the change log from then
 * on, so it is no older than anything else that a process has in memory. It may name too many and never too few.
 */
import type { Awaitable, Store } from '../../kms/store.js'
import { scanCredentials } from './credential-rows.js'

/** How many ids that are not in the set the store is asked for in each window. */
const MOST_ASKED = 10
const WINDOW_MS = 100

export class LiveIds {
  readonly #store: Store
  /** Undefined as long as nobody has needed it, and after the change log was lost. */
  #ids: Set<string> | undefined
  /** The set that is being read, and who waits for it. */
  #draft: Set<string> | undefined
  #reading: Promise<void> | undefined
  #windowStartMs = 0
  #asked = 0

  constructor(store: Store) {
    this.#store = store
  }

  /** Whether the store is to be asked for its row; false where there was none as far as the change log was heard. */
  mayLive(id: string, nowMs: number): Awaitable<boolean> {
    if (this.#ids?.has(id) === true || this.#mayAsk(nowMs)) return true
    return this.#ids !== undefined ? false : this.#afterReading(id)
  }

  /** Its row was put by somebody, and may say anything. */
  changed(id: string): void {
    this.#ids?.add(id)
    this.#draft?.add(id)
  }

  /** Its row was read, no change was heard of meanwhile, and nobody can sign with it. */
  isNone(id: string): void {
    this.#ids?.delete(id)
  }

  /** Any row may have changed. */
  lost(): void {
    this.#ids = undefined
    this.#draft = undefined
  }

  #mayAsk(nowMs: number): boolean {
    const ageMs = nowMs - this.#windowStartMs
    // A clock may go back.
    if (ageMs < 0 || ageMs >= WINDOW_MS) {
      this.#windowStartMs = nowMs
      this.#asked = 0
    }
    if (this.#asked >= MOST_ASKED) return false
    this.#asked++
    return true
  }

  async #afterReading(id: string): Promise<boolean> {
    // What was lost while it was read is read again.
    while (this.#ids === undefined) {
      this.#reading ??= this.#read().finally(() => {
        this.#reading = undefined
      })
      await this.#reading
    }
    return this.#ids.has(id)
  }

  async #read(): Promise<void> {
    const ids = new Set<string>()
    this.#draft = ids
    for await (const { accessKeyId, record } of scanCredentials(this.#store)) {
      if (record.revokedAtMs === undefined) ids.add(accessKeyId)
    }
    if (this.#draft !== ids) return
    this.#ids = ids
    this.#draft = undefined
  }
}
