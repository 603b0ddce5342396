/**
 * Says that a store takes no changes, and why, when it begins and now and then while it lasts; and when it is over.
 *
 * Whoever asked for the change learns only that it failed: the reason (a full disk, a database that is away) is for whoever
 * runs the server. The store itself stays as it is.
 */
import { StoreError, type Store } from '../../kms/store.js'

export interface CommitFailureOptions {
  readonly onNotice: (message: string) => void
  /** Never goes back. */
  readonly nowMs?: () => number
}

const AGAIN_MS = 60_000

export function tellFailedCommits(
  store: Store,
  { onNotice, nowMs = () => performance.now() }: CommitFailureOptions,
): void {
  const commit = store.commit.bind(store)
  let toldAtMs: number | undefined
  const failed = (error: unknown): void => {
    if (!(error instanceof StoreError)) return
    const atMs = nowMs()
    if (toldAtMs !== undefined && atMs - toldAtMs < AGAIN_MS) return
    toldAtMs = atMs
    onNotice(`the store takes no changes, so requests fail: ${error.message}`)
  }
  const succeeded = (): void => {
    if (toldAtMs === undefined) return
    toldAtMs = undefined
    onNotice('the store takes changes again')
  }
  store.commit = (changes, audit) => {
    try {
      const result = commit(changes, audit)
      if (result instanceof Promise) result.then(succeeded, failed)
      else succeeded()
      return result
    } catch (error) {
      failed(error)
      throw error
    }
  }
}
