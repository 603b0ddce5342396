/**
 * Who wants to hear of changed rows. Names are gathered and told soon after, outside of the commit that changed them, so
 * that a listener can neither delay a commit nor make it fail.
 */
import type { RowVersion, StoreListener, StoreVersion } from '../kms/store.js'

export class Listeners {
  readonly #listeners = new Set<StoreListener>()
  #names: string[] = []
  #versions: (RowVersion | undefined)[] = []
  #version = ''
  #isWaiting = false

  get size(): number {
    return this.#listeners.size
  }

  add(listener: StoreListener): () => void {
    // One and the same function may listen twice.
    const own: StoreListener = (names, version, lost, versions) => listener(names, version, lost, versions)
    this.#listeners.add(own)
    return () => void this.#listeners.delete(own)
  }

  clear(): void {
    this.#listeners.clear()
  }

  /** @param rowVersion - of the row after its change; undefined where it is gone. */
  tell(name: string, version: StoreVersion, rowVersion: RowVersion | undefined): void {
    this.#names.push(name)
    this.#versions.push(rowVersion)
    this.#version = version
    if (this.#isWaiting) return
    this.#isWaiting = true
    queueMicrotask(() => {
      const names = this.#names
      const versions = this.#versions
      this.#names = []
      this.#versions = []
      this.#isWaiting = false
      this.tellAll(names, this.#version, false, versions)
    })
  }

  tellAll(
    names: readonly string[],
    version: StoreVersion,
    lost: boolean,
    versions?: readonly (RowVersion | undefined)[],
  ): void {
    for (const listener of this.#listeners) {
      try {
        listener(names, version, lost, versions)
      } catch (error) {
        // A bug of the listener's: it ends the process as any other uncaught one, after the others have heard.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
