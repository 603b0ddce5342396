/**
 * Who wants to hear of changed rows. Names are gathered and told soon after, outside of the commit that changed them, so
 * that a listener can neither delay a commit nor make it fail.
 */
import type { StoreListener } from '../kms/store.js'

export class Listeners {
  readonly #listeners = new Set<StoreListener>()
  #names: string[] = []
  #version = ''
  #isWaiting = false

  get size(): number {
    return this.#listeners.size
  }

  add(listener: StoreListener): () => void {
    // One and the same function may listen twice.
    const own: StoreListener = (names, version, lost) => listener(names, version, lost)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  clear(): void {
    this.#listeners.clear()
  }

  tell(name: string, version: string): void {
    this.#names.push(name)
    this.#version = version
    if (this.#isWaiting) return
    this.#isWaiting = true
    queueMicrotask(() => {
      const names = this.#names
      this.#names = []
      this.#isWaiting = false
      this.tellAll(names, this.#version, false)
    })
  }

  tellAll(names: readonly string[], version: string, lost: boolean): void {
    for (const listener of this.#listeners) {
      try {
        listener(names, version, lost)
      } catch (error) {
        // A bug of the listener's: it ends the process as any other uncaught one, after the others have heard.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
