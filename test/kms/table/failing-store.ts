/** A store that can be told to fail at everything: as one whose disk is full, or as one that others hold on to. */
import { StoreError, StoreTimeout, type Store } from '../../../src/kms/store.js'
import { changedStore } from '../../store/changed-store.js'

export interface FailingStore {
  readonly store: Store
  isBroken: boolean
  isHeld: boolean
}

export function failingStore(inner: Store): FailingStore {
  const made: { store: Store; isBroken: boolean; isHeld: boolean } = { store: inner, isBroken: false, isHeld: false }
  const unlessBroken = <A extends readonly unknown[], R>(work: (...given: A) => R): ((...given: A) => R) => {
    return (...given) => {
      if (made.isBroken) throw new StoreError('the disk is full')
      if (made.isHeld) throw new StoreTimeout('the database is locked')
      return work(...given)
    }
  }
  made.store = changedStore(inner, {
    get: unlessBroken((name) => inner.get(name)),
    scan: unlessBroken((prefix, options) => inner.scan(prefix, options)),
    commit: unlessBroken((changes, audit) => inner.commit(changes, audit)),
  })
  return made
}
