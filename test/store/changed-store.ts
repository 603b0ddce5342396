/** A store that does some things otherwise than the one it stands before. */
import type { Store } from '../../src/kms/store.js'

export function changedStore(inner: Store, how: Partial<Store>): Store {
  return {
    id: inner.id,
    get: (name) => inner.get(name),
    scan: (prefix, options) => inner.scan(prefix, options),
    commit: (changes, audit) => inner.commit(changes, audit),
    changesSince: (version, limit) => inner.changesSince(version, limit),
    version: () => inner.version(),
    subscribe: (listener) => inner.subscribe(listener),
    auditRecords: (options) => inner.auditRecords(options),
    snapshot: () => inner.snapshot(),
    close: () => inner.close(),
    ...how,
  }
}
