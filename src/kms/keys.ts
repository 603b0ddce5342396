/**
 * The keys of a store that are in use: loaded on first touch, kept while there is room, and put into the decision graph
 * with their policies and grants for as long.
 *
 * What changes in the store, here or in another process, marks the rows that a loaded key was made from; they are read
 * again before the key is used again. Nothing here authorizes or decides.
 */
import { LRUCache } from 'lru-cache'
import type { Authorizer } from '../explain/authorizer.js'
import type { Grant } from '../graph/grant.js'
import { parsePolicyValue } from '../policy/parse.js'
import type { PolicyDocument } from '../policy/document.js'
import type { Result } from '../text/source.js'
import { after, firstOf, together } from './awaitable.js'
import type { Failure } from './failure.js'
import { graphConstraints } from './grant-request.js'
import { aliasNotFound, keyNotFound, parseIdentifier, type Home, type KeyIdentifier } from './identifier.js'
import type { KeyForms } from '../aws/operations.js'
import { propertiesOf } from './key-maker.js'
import { LoadedKey, type LoadedGrant } from './loaded-key.js'
import {
  parseRecord,
  type AliasRecord,
  type GrantRecord,
  type KeyRecord,
  type PolicyRecord,
  type UsageRecord,
} from './records.js'
import {
  aliasRow,
  decodedTail,
  grantsPrefix,
  keyAliasesPrefix,
  keyArn,
  keyRow,
  placeOfRow,
  policyRow,
  usageRow,
  type KeyPlace,
} from './row-names.js'
import { scanAll } from './scan.js'
import { StoreError, type Awaitable, type Change, type Row, type RowVersion, type Store } from './store.js'

interface Loading {
  /** Rows that changed while the key was read. */
  readonly noticed: Set<string>
  readonly promise: Promise<LoadedKey | undefined>
}

interface KnownAlias {
  readonly targetKeyId: string | undefined
}

export interface KeysOptions {
  readonly store: Store
  readonly authorizer: Authorizer
  readonly nowMs: () => number
  readonly grantPropagationMs: number
  readonly maxKeys: number
}

/** More changed rows than this of one key are not read one by one. */
const MAX_STALE = 1000
/** A store across a network takes its time for each; more at once would keep others from its connections. */
const READ_TOGETHER = 8
const MAX_ALIASES = 10_000
const MAX_POLICIES = 1000

export class Keys {
  /** Another number after every change of any alias. */
  aliasVersion = 0
  private readonly loaded: LRUCache<string, LoadedKey>
  private readonly loading = new Map<string, Loading>()
  private readonly refreshing = new Map<LoadedKey, Promise<LoadedKey | undefined>>()
  private readonly policies = new LRUCache<string, PolicyDocument>({ max: MAX_POLICIES })
  private readonly aliases = new LRUCache<string, KnownAlias>({ max: MAX_ALIASES })

  constructor(private readonly options: KeysOptions) {
    this.loaded = new LRUCache({
      max: options.maxKeys,
      dispose: (key) => {
        key.isLive = false
        options.authorizer.removeKey(key.arn)
      },
      // A key that is put again in place of itself stays in the graph.
      noDisposeOnSet: true,
    })
  }

  /** How many are loaded. */
  get size(): number {
    return this.loaded.size
  }

  /** The key that an identifier names. */
  find(text: string, forms: KeyForms, home: Home): Awaitable<Result<LoadedKey, Failure>> {
    const identifier = parseIdentifier(text, forms, home)
    return identifier.ok ? this.identified(identifier.value, text) : identifier
  }

  identified(identifier: KeyIdentifier, text: string): Awaitable<Result<LoadedKey, Failure>> {
    if (identifier.kind === 'key') {
      const { place } = identifier
      return after(this.at(place), (key) =>
        key === undefined ? keyNotFound(text.startsWith('arn:') ? text : keyArn(place)) : { ok: true, value: key },
      )
    }
    const { accountId, region, aliasName } = identifier
    return after(this.aliasTarget(accountId, region, aliasName), (keyId) => {
      if (keyId === undefined) return aliasNotFound(accountId, region, aliasName)
      return after(this.at({ accountId, region, keyId }), (key) =>
        key === undefined ? aliasNotFound(accountId, region, aliasName) : { ok: true, value: key },
      )
    })
  }

  /** The key at a place, as the store has it now; undefined where there is none. */
  at(place: KeyPlace): Awaitable<LoadedKey | undefined> {
    const arn = keyArn(place)
    const key = this.loaded.get(arn)
    if (key === undefined) return this.load(arn, place)
    if (key.stale !== undefined) return this.refresh(key)
    // No commit tells that a grant has come into effect, so whoever asks next looks.
    if (key.nextPropagationMs !== Infinity) this.propagate(key, this.options.nowMs())
    return key
  }

  /** Tells that a key was used without being looked up here. */
  touch(key: LoadedKey): void {
    this.loaded.get(key.arn)
  }

  /** Whether what was found before is still what the store has. */
  isCurrent(key: LoadedKey, nowMs: number): boolean {
    if (!key.isLive || key.stale !== undefined) return false
    this.propagate(key, nowMs)
    return true
  }

  private propagate(key: LoadedKey, nowMs: number): void {
    if (nowMs >= key.nextPropagationMs) this.putIntoGraph(key)
  }

  aliasTarget(accountId: string, region: string, aliasName: string): Awaitable<string | undefined> {
    const name = aliasRow(accountId, region, aliasName)
    const known = this.aliases.get(name)
    if (known !== undefined) return known.targetKeyId
    const version = this.aliasVersion
    return after(this.options.store.get(name), (row) => {
      const targetKeyId = row === undefined ? undefined : parseRecord<AliasRecord>(name, row.value).targetKeyId
      // What was read before a change must not be remembered after it; what does not exist is not remembered at all.
      if (version === this.aliasVersion && targetKeyId !== undefined) this.aliases.set(name, { targetKeyId })
      return targetKeyId
    })
  }

  /**
   * Rows that have changed in the store, by whoever.
   * @param versions - of each row after its change, where the store knows: what is known already is not read again.
   */
  noticed(names: readonly string[], lost: boolean, versions?: readonly (RowVersion | undefined)[]): void {
    if (lost) {
      this.forgetAll()
      return
    }
    for (const [index, name] of names.entries()) {
      if (name.startsWith('alias/')) this.forgetAlias(name)
      else this.noticeRow(name, versions?.[index])
    }
  }

  /**
   * A commit of this engine has been acknowledged. The grants that it gave to the key are known from the commit itself,
   * unless anything else of the key has changed since `noticedBefore`: then they are read like everything else.
   */
  committed(
    changes: readonly Change[],
    versions: readonly (RowVersion | undefined)[],
    key: LoadedKey | undefined,
    noticedBefore: number,
  ): void {
    const isUnchanged = key?.isLive === true && key.stale === undefined && key.noticed === noticedBefore
    for (const [index, change] of changes.entries()) {
      const { kind, name } = change
      const version = versions[index]
      if (kind === 'check') continue
      if (isUnchanged && kind === 'put' && version !== undefined && name.startsWith(grantsPrefix(key.place))) {
        this.addGrant(key, putGrant(key.grants, { name, value: change.value, version }))
      } else this.noticed([name], false)
    }
  }

  private noticeRow(name: string, version: RowVersion | undefined): void {
    const place = placeOfRow(name)
    if (place === undefined || name.startsWith('material/')) return
    const arn = keyArn(place)
    this.loading.get(arn)?.noticed.add(name)
    const key = this.loaded.peek(arn)
    if (key === undefined || (version !== undefined && version === versionOf(key, name))) return
    key.noticed++
    key.stale ??= new Set()
    key.stale.add(name)
    if (key.stale.size > MAX_STALE) this.loaded.delete(arn)
  }

  private forgetAlias(name: string): void {
    this.aliases.delete(name)
    this.aliasVersion++
  }

  private forgetAll(): void {
    this.loaded.clear()
    this.aliases.clear()
    this.aliasVersion++
    // What is being read may have been read before the change.
    for (const { noticed } of this.loading.values()) noticed.add('')
  }

  clear(): void {
    this.forgetAll()
  }

  // ----------------------------------------------------------------------------------------------------------- loading

  private load(arn: string, place: KeyPlace): Awaitable<LoadedKey | undefined> {
    const under = this.loading.get(arn)
    if (under !== undefined) return under.promise
    const noticed = new Set<string>()
    const read = this.read(arn, place)
    if (!(read instanceof Promise)) return this.keep(read, noticed)
    const promise = read.then(
      (key) => {
        this.loading.delete(arn)
        return this.keep(key, noticed)
      },
      (error: unknown) => {
        this.loading.delete(arn)
        throw error
      },
    )
    this.loading.set(arn, { noticed, promise })
    return promise
  }

  private keep(key: LoadedKey | undefined, noticed: ReadonlySet<string>): Awaitable<LoadedKey | undefined> {
    if (key === undefined) return undefined
    if (noticed.has('') || noticed.size > MAX_STALE) return this.load(key.arn, key.place)
    if (noticed.size > 0) key.stale = new Set(noticed)
    this.loaded.set(key.arn, key)
    this.putIntoGraph(key)
    return key.stale === undefined ? key : this.refresh(key)
  }

  private read(arn: string, place: KeyPlace): Awaitable<LoadedKey | undefined> {
    const { store } = this.options
    const rows: (Row | undefined)[] = []
    const grants = new Map<string, LoadedGrant>()
    const aliases: string[] = []
    const steps: readonly (() => Awaitable<void>)[] = [
      ...[keyRow(place), policyRow(place), usageRow(place)].map(
        (name) => () => after(store.get(name), (row) => void rows.push(row)),
      ),
      () => scanAll(store, grantsPrefix(place), (row) => void putGrant(grants, row)),
      () => scanAll(store, keyAliasesPrefix(place), ({ name }) => void aliases.push(decodedTail(name))),
    ]
    return after(
      firstOf(steps, (step) => step()),
      () => {
        const [row, policy, use] = rows
        // A key that is being deleted while it is read may lack a part; it is as good as gone.
        if (row === undefined || policy === undefined) return undefined
        return new LoadedKey(arn, place, {
          record: parseRecord<KeyRecord>(row.name, row.value),
          version: row.version,
          policy: parseRecord<PolicyRecord>(policy.name, policy.value).policy,
          policyVersion: policy.version,
          grants,
          aliases,
          use: use === undefined ? undefined : parseRecord<UsageRecord>(use.name, use.value),
        })
      },
    )
  }

  /**
   * Reads the rows again that have changed. Until that is done the key stays marked: whoever asks meanwhile waits for the
   * same reading, and nobody gets what is known to be old.
   */
  private refresh(key: LoadedKey): Awaitable<LoadedKey | undefined> {
    const under = this.refreshing.get(key)
    if (under !== undefined) return under
    try {
      const refreshed = this.readAgain(key)
      if (!(refreshed instanceof Promise)) return refreshed
      const promise = refreshed.finally(() => {
        this.refreshing.delete(key)
      })
      this.refreshing.set(key, promise)
      return promise
    } catch (error) {
      // Half renewed is worth nothing.
      this.loaded.delete(key.arn)
      throw error
    }
  }

  private readAgain(key: LoadedKey): Awaitable<LoadedKey | undefined> {
    const names = [...(key.stale ?? [])]
    // Still marked, and empty for what changes while these are read.
    key.stale = new Set()
    const next = (start: number, wasChanged: boolean): Awaitable<LoadedKey | undefined> => {
      if (start >= names.length) {
        // Too much has changed meanwhile, and the cache has dropped it.
        if (!key.isLive) return this.load(key.arn, key.place)
        if (wasChanged) this.putIntoGraph(key)
        if (key.stale !== undefined && key.stale.size > 0) return this.readAgain(key)
        key.stale = undefined
        return key
      }
      const some = names.slice(start, start + READ_TOGETHER)
      const read = (name: string): Awaitable<Row | undefined> =>
        name.startsWith('key-alias/') ? undefined : this.options.store.get(name)
      return after(together(some, read), (rows) => {
        let isChanged = wasChanged
        for (const [index, name] of some.entries()) {
          const outcome = this.renew(key, name, rows[index])
          if (outcome === 'anew') {
            this.loaded.delete(key.arn)
            return this.load(key.arn, key.place)
          }
          isChanged ||= outcome === 'changed'
        }
        return next(start + some.length, isChanged)
      })
    }
    const read = next(0, false)
    if (!(read instanceof Promise)) return read
    return read.catch((error: unknown) => {
      this.loaded.delete(key.arn)
      throw error
    })
  }

  private renew(key: LoadedKey, name: string, row: Row | undefined): 'anew' | 'changed' | 'same' {
    const kind = name.slice(0, name.indexOf('/'))
    switch (kind) {
      case 'key':
        if (row === undefined) return 'anew'
        if (row.version === key.version) return 'same'
        key.record = parseRecord<KeyRecord>(name, row.value)
        key.version = row.version
        return 'changed'
      case 'policy':
        if (row === undefined) return 'anew'
        if (row.version === key.policyVersion) return 'same'
        key.policy = parseRecord<PolicyRecord>(name, row.value).policy
        key.policyVersion = row.version
        return 'changed'
      case 'grant': {
        const grantId = decodedTail(name)
        if (key.grants.get(grantId)?.version === row?.version) return 'same'
        if (row === undefined) this.dropGrant(key, grantId)
        else this.addGrant(key, putGrant(key.grants, row))
        return 'same'
      }
      case 'usage':
        key.use = row === undefined ? undefined : parseRecord<UsageRecord>(name, row.value)
        return 'same'
      case 'key-alias':
        // Few keys have many aliases, and none of them change often.
        return 'anew'
      default:
        return 'same'
    }
  }

  // ------------------------------------------------------------------------------------------------------------- graph

  /** A key may have tens of thousands of grants: one more is put beside them. */
  private addGrant(key: LoadedKey, record: GrantRecord): void {
    key.changes++
    if (key.isLive) this.options.authorizer.putGrant(this.grantAt(key, record, this.options.nowMs()))
  }

  private dropGrant(key: LoadedKey, grantId: string): void {
    key.changes++
    key.grants.delete(grantId)
    if (key.isLive) this.options.authorizer.removeGrant(key.arn, grantId)
  }

  private grantAt(key: LoadedKey, record: GrantRecord, nowMs: number): Grant {
    const propagatesAtMs = record.createdAtMs + this.options.grantPropagationMs
    const isPropagated = nowMs >= propagatesAtMs
    if (!isPropagated) key.nextPropagationMs = Math.min(key.nextPropagationMs, propagatesAtMs)
    return grantOf(key.arn, record, isPropagated)
  }

  /** Policies are read before they are stored; one that cannot be read is not ours. Many keys have the same one. */
  private policyDocument({ arn, policy }: LoadedKey): PolicyDocument {
    const known = this.policies.get(policy)
    if (known !== undefined) return known
    const parsed = parsePolicyValue(policy, 'key', 'the key policy')
    if (!parsed.ok) throw new StoreError(`the policy of ${arn} in the store cannot be read`)
    this.policies.set(policy, parsed.value)
    return parsed.value
  }

  private putIntoGraph(key: LoadedKey): void {
    const nowMs = this.options.nowMs()
    const grants: Grant[] = []
    key.nextPropagationMs = Infinity
    key.changes++
    for (const { record } of key.grants.values()) grants.push(this.grantAt(key, record, nowMs))
    this.options.authorizer.putKey({
      arn: key.arn,
      policy: this.policyDocument(key),
      grants,
      ...propertiesOf(key.record, key.place.region),
      aliases: key.aliases,
    })
  }
}

/** As it was read, or written; undefined where it is not known. */
function versionOf(key: LoadedKey, name: string): RowVersion | undefined {
  if (name.startsWith('grant/')) return key.grants.get(decodedTail(name))?.version
  if (name.startsWith('key/')) return key.version
  return name.startsWith('policy/') ? key.policyVersion : undefined
}

function putGrant(grants: Map<string, LoadedGrant>, { name, value, version }: Row): GrantRecord {
  const record = parseRecord<GrantRecord>(name, value)
  grants.set(record.grantId, { record, version })
  return record
}

function grantOf(arn: string, record: GrantRecord, isPropagated: boolean): Grant {
  const { grantId, granteePrincipal, granteeServicePrincipal, retiringPrincipal, retiringServicePrincipal } = record
  const { operations, issuingAccount, constraints } = record
  return {
    grantId,
    keyArn: arn,
    operations,
    issuingAccount,
    propagated: isPropagated,
    ...(granteePrincipal === undefined ? {} : { granteePrincipal }),
    ...(granteeServicePrincipal === undefined ? {} : { granteeServicePrincipal }),
    ...(retiringPrincipal === undefined ? {} : { retiringPrincipal }),
    ...(retiringServicePrincipal === undefined ? {} : { retiringServicePrincipal }),
    ...(constraints === undefined ? {} : { constraints: graphConstraints(constraints) }),
  }
}
