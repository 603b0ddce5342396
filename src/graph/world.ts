/**
 * A world: keys, principals, accounts and endpoints with their compiled policies, as one immutable snapshot.
 *
 * A change makes a new snapshot and leaves the old one to whoever still reads it. Everything that a decision was made
 * from can be compared by identity: an entry that is the same object has not changed.
 */
import type { GrantSet } from './grant.js'
import { PersistentMap } from './persistent-map.js'
import type { CompiledPolicy } from './policy.js'
import type { GraphTables } from './tables.js'

export interface KeyEntry {
  readonly arn: string
  readonly accountId: string
  readonly policy: CompiledPolicy | undefined
  readonly grants: GrantSet
  /** What condition keys are derived from. */
  readonly properties: KeyProperties
}

export interface KeyProperties {
  /** `AWS` for the keys that services manage in the account (`alias/aws/...`). */
  readonly keyManager?: 'CUSTOMER' | 'AWS'
  readonly keySpec?: string
  readonly keyUsage?: string
  readonly origin?: string
  readonly multiRegion?: boolean
  readonly multiRegionKeyType?: 'PRIMARY' | 'REPLICA'
  /** Alias names, such as `alias/payments`. */
  readonly aliases?: readonly string[]
  readonly tags?: Readonly<Record<string, string>>
}

export interface PrincipalEntry {
  /** ARN of a user or a role, path included. */
  readonly arn: string
  readonly accountId: string
  readonly policies: readonly CompiledPolicy[]
  readonly boundary: CompiledPolicy | undefined
  readonly tags: Readonly<Record<string, string>>
  /** The unique id (`AIDA...`, `AROA...`), where known. */
  readonly uniqueId: string | undefined
  /** Roles: who may assume it; undefined where that is not known. Read when somebody asks. */
  readonly trust?: () => CompiledPolicy | undefined
  /** Roles: the longest session that may be asked for, in seconds. */
  readonly maxSessionSeconds?: number
}

export interface AccountEntry {
  readonly accountId: string
  readonly isManagement: boolean
  /** From the organization's root to the account; undefined where none are known to apply. */
  readonly scps: readonly (readonly CompiledPolicy[])[] | undefined
  readonly rcps: readonly (readonly CompiledPolicy[])[] | undefined
  readonly organizationId: string | undefined
  /** As in aws:PrincipalOrgPaths: `o-x/r-x/ou-x/`. */
  readonly organizationPath: string | undefined
}

export interface EndpointEntry {
  readonly endpointId: string
  readonly policy: CompiledPolicy | undefined
}

export class Snapshot {
  constructor(
    readonly tables: GraphTables,
    readonly keys: PersistentMap<KeyEntry>,
    readonly principals: PersistentMap<PrincipalEntry>,
    readonly accounts: PersistentMap<AccountEntry>,
    readonly endpoints: PersistentMap<EndpointEntry>,
    /** `account/name` of a role -> its ARN: a session's ARN has the name without the path. */
    readonly roleNames: PersistentMap<string>,
    /** Alias ARN -> key ARN. */
    readonly aliases: PersistentMap<string>,
  ) {}

  static empty(tables: GraphTables): Snapshot {
    return new Snapshot(
      tables,
      PersistentMap.empty(),
      PersistentMap.empty(),
      PersistentMap.empty(),
      PersistentMap.empty(),
      PersistentMap.empty(),
      PersistentMap.empty(),
    )
  }

  withKey(entry: KeyEntry): Snapshot {
    let aliases = this.withoutAliasesOf(entry.arn)
    for (const alias of entry.properties.aliases ?? []) aliases = aliases.with(aliasArn(entry.arn, alias), entry.arn)
    return this.changed({ keys: this.keys.with(entry.arn, entry), aliases })
  }

  withoutKey(arn: string): Snapshot {
    return this.changed({ keys: this.keys.without(arn), aliases: this.withoutAliasesOf(arn) })
  }

  withPrincipal(entry: PrincipalEntry): Snapshot {
    const name = roleName(entry.arn)
    return this.changed({
      principals: this.principals.with(entry.arn, entry),
      roleNames: name === undefined ? this.roleNames : this.roleNames.with(name, entry.arn),
    })
  }

  withoutPrincipal(arn: string): Snapshot {
    const name = roleName(arn)
    // A role of the same name and another path has taken the name over.
    const isNamed = name !== undefined && this.roleNames.get(name) === arn
    return this.changed({
      principals: this.principals.without(arn),
      roleNames: isNamed ? this.roleNames.without(name) : this.roleNames,
    })
  }

  withAccount(entry: AccountEntry): Snapshot {
    return this.changed({ accounts: this.accounts.with(entry.accountId, entry) })
  }

  withoutAccount(accountId: string): Snapshot {
    return this.changed({ accounts: this.accounts.without(accountId) })
  }

  withEndpoint(entry: EndpointEntry): Snapshot {
    return this.changed({ endpoints: this.endpoints.with(entry.endpointId, entry) })
  }

  withoutEndpoint(endpointId: string): Snapshot {
    return this.changed({ endpoints: this.endpoints.without(endpointId) })
  }

  private withoutAliasesOf(keyArn: string): PersistentMap<string> {
    let aliases = this.aliases
    for (const alias of this.keys.get(keyArn)?.properties.aliases ?? []) {
      // An alias that has moved to another key meanwhile stays with that key.
      const arn = aliasArn(keyArn, alias)
      if (aliases.get(arn) === keyArn) aliases = aliases.without(arn)
    }
    return aliases
  }

  private changed(
    change: Partial<Pick<Snapshot, 'keys' | 'principals' | 'accounts' | 'endpoints' | 'roleNames' | 'aliases'>>,
  ): Snapshot {
    return new Snapshot(
      this.tables,
      change.keys ?? this.keys,
      change.principals ?? this.principals,
      change.accounts ?? this.accounts,
      change.endpoints ?? this.endpoints,
      change.roleNames ?? this.roleNames,
      change.aliases ?? this.aliases,
    )
  }
}

/** `alias/x` in the account and Region of a key. */
function aliasArn(keyArn: string, alias: string): string {
  return keyArn.split(':', 5).join(':') + `:${alias}`
}

/** `account/name` of a role ARN; undefined for anything else. */
function roleName(arn: string): string | undefined {
  const match = /^arn:[^:]*:iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/.exec(arn)
  return match === null ? undefined : `${match[1]!}/${match[2]!}`
}
