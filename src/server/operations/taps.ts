/**
 * Where the inside of a server is watched: its store, its root key, its denials. Each stands in place of what it
 * watches and changes nothing of it.
 */
import type { Explanation } from '../../explain/story.js'
import type { AuditRecord } from '../../kms/audit-record.js'
import { KeyringError } from '../../kms/keyring/keyring-error.js'
import type { MaterialBinding, MaterialKeyring } from '../../kms/materials.js'
import type {
  AuditPage,
  Awaitable,
  Change,
  ChangePage,
  CommitResult,
  Row,
  RowPage,
  ScanOptions,
  SnapshotItem,
  Store,
  StoreListener,
} from '../../kms/store.js'

/** A denial of KMS or of STS. */
export interface AnyDenied {
  readonly requestId: string
  readonly explanation: Explanation | undefined
  readonly isRefused: boolean
}

export type CommitOutcome = 'done' | 'conflict' | 'failed'

/** What is told of the inside. Must be fast, and must not throw. */
export interface Watch {
  /** @param durationMs - undefined where the store answered at once: then there was nothing to wait for. */
  readonly committed: (records: readonly AuditRecord[], outcome: CommitOutcome, durationMs: number | undefined) => void
  readonly rootKeyFailed: () => void
  readonly denied: (denied: AnyDenied) => void
  /** How many keys are in the graph. */
  readonly loadedKeys: (count: () => number) => void
  /** How many plain secrets are in memory. */
  readonly secrets: (count: () => number) => void
}

/** Times commits, and shows their audit records. */
export function watchStore(store: Store, committed: Watch['committed']): Store {
  return new WatchedStore(store, committed)
}

class WatchedStore implements Store {
  constructor(
    private readonly store: Store,
    private readonly committed: Watch['committed'],
  ) {}

  get id(): string {
    return this.store.id
  }

  commit(changes: readonly Change[], audit: readonly AuditRecord[]): Awaitable<CommitResult> {
    const startedMs = performance.now()
    let result: Awaitable<CommitResult>
    try {
      result = this.store.commit(changes, audit)
    } catch (error) {
      this.committed(audit, 'failed', undefined)
      throw error
    }
    if (!(result instanceof Promise)) {
      this.committed(audit, outcomeOf(result), undefined)
      return result
    }
    return this.acknowledged(result, audit, startedMs)
  }

  private async acknowledged(
    result: Promise<CommitResult>,
    audit: readonly AuditRecord[],
    startedMs: number,
  ): Promise<CommitResult> {
    let outcome: CommitOutcome = 'failed'
    try {
      const done = await result
      outcome = outcomeOf(done)
      return done
    } finally {
      this.committed(audit, outcome, performance.now() - startedMs)
    }
  }

  get(name: string): Awaitable<Row | undefined> {
    return this.store.get(name)
  }

  scan(prefix: string, options?: ScanOptions): Awaitable<RowPage> {
    return this.store.scan(prefix, options)
  }

  changesSince(version: string, limit?: number): Awaitable<ChangePage> {
    return this.store.changesSince(version, limit)
  }

  version(): Awaitable<string> {
    return this.store.version()
  }

  subscribe(listener: StoreListener): () => void {
    return this.store.subscribe(listener)
  }

  auditRecords(options?: ScanOptions): Awaitable<AuditPage> {
    return this.store.auditRecords(options)
  }

  snapshot(): AsyncIterable<readonly SnapshotItem[]> {
    return this.store.snapshot()
  }

  close(): Promise<void> {
    return this.store.close()
  }
}

function outcomeOf({ ok }: CommitResult): CommitOutcome {
  return ok ? 'done' : 'conflict'
}

/** Tells when the root key does not do what it should. */
export function watchKeyring(keyring: MaterialKeyring, failed: Watch['rootKeyFailed']): MaterialKeyring {
  const watched = <T>(binding: MaterialBinding, work: () => T): T => {
    try {
      return work()
    } catch (error) {
      // What is wrapped in an import token comes from a client, who may send anything.
      if (error instanceof KeyringError && binding.purpose !== 'import token') failed()
      throw error
    }
  }
  return {
    secrets: keyring.secrets,
    wrap: (material, binding) => watched(binding, () => keyring.wrap(material, binding)),
    unwrap: (wrapped, binding) => watched(binding, () => keyring.unwrap(wrapped, binding)),
    guard: () => keyring.guard(),
    refresh: async () => {
      try {
        await keyring.refresh()
      } catch (error) {
        if (error instanceof KeyringError) failed()
        throw error
      }
    },
    close: () => keyring.close(),
  }
}
