/**
 * Short names of principals and keys, looked up among those that are known: `role/App`, `alias/payments`, `key/1234`,
 * each with or without its account.
 *
 * A name that fits several is handed back with all of them: nothing is chosen for the reader. A whole ARN stands for
 * itself, known or not.
 */
import { splitArn } from '../../text/arn.js'
import { compileArnGlob } from '../../text/arn-glob.js'
import { compileGlob } from '../../text/glob.js'
import { parsePrincipalArn, type PrincipalArn } from '../../text/principal-arn.js'
import type { QueryPrincipal, QueryResource } from '../../text/query-term.js'
import type { KeyNames } from './operation-checks.js'

export interface NameResolver extends KeyNames {
  /** ARNs, or a service name; none where nobody fits. */
  principals(term: QueryPrincipal): readonly string[]
  /** ARNs of keys; of aliases where the term is an alias. None where nothing fits. */
  resources(term: QueryResource): readonly string[]
  /** Names that can be written, for suggestions. */
  principalNames(): Iterable<string>
  resourceNames(): Iterable<string>
}

/** Everything that has a name. */
export interface Named {
  /** ARNs of users and roles. */
  readonly principals: Iterable<string>
  readonly keys: Iterable<NamedKey>
  /** Ids of accounts, for `root` and federated users; those of the principals and keys are known already. */
  readonly accounts?: Iterable<string>
}

export interface NamedKey {
  readonly arn: string
  /** Alias names, such as `alias/payments`. */
  readonly aliases?: readonly string[]
}

export function nameResolver(named: Named): NameResolver {
  return new ListedNames(named)
}

interface KnownPrincipal {
  readonly arn: string
  readonly parsed: PrincipalArn
}

/** Made ready part by part when it is asked: most questions name one caller and one key. */
class ListedNames implements NameResolver {
  /** `role/name`, without the path -> ARNs. */
  private principalsByName: Map<string, string[]> | undefined
  private knownKeys: KnownKeys | undefined

  constructor(private readonly listed: Named) {}

  private get byName(): ReadonlyMap<string, readonly string[]> {
    if (this.principalsByName === undefined) {
      this.principalsByName = new Map()
      for (const arn of this.listed.principals) {
        const kind = arn.includes(':role/') ? 'role' : arn.includes(':user/') ? 'user' : undefined
        if (kind !== undefined) append(this.principalsByName, `${kind}/${arn.slice(arn.lastIndexOf('/') + 1)}`, arn)
      }
    }
    return this.principalsByName
  }

  private get byKeyId(): KnownKeys['byId'] {
    this.knownKeys ??= knownKeysOf(this.listed.keys)
    return this.knownKeys.byId
  }

  private get keyOfAliasArn(): KnownKeys['ofAlias'] {
    this.knownKeys ??= knownKeysOf(this.listed.keys)
    return this.knownKeys.ofAlias
  }

  /** Of the accounts, then of the principals and the keys. */
  private get accounts(): ReadonlySet<string> {
    const accounts = new Set(this.listed.accounts)
    for (const arn of this.allArns()) accounts.add(splitArn(arn)?.account ?? '')
    return accounts
  }

  private get partition(): string {
    let partition = 'aws'
    for (const arn of this.allArns()) partition = splitArn(arn)?.partition ?? partition
    return partition
  }

  private *allArns(): Generator<string> {
    for (const arns of this.byName.values()) yield* arns
    for (const arns of this.byKeyId.values()) yield* arns
  }

  keyOfAlias(aliasArn: string): string | undefined {
    return this.keyOfAliasArn.get(aliasArn)
  }

  keysOfId(keyId: string): readonly string[] {
    return this.byKeyId.get(keyId) ?? []
  }

  principals(term: QueryPrincipal): readonly string[] {
    switch (term.kind) {
      case 'anyone':
        return []
      case 'service':
        return [term.service]
      case 'principal':
        return this.named(term)
    }
  }

  private named({ name, account, partition }: Extract<QueryPrincipal, { kind: 'principal' }>): readonly string[] {
    switch (name.kind) {
      case 'root':
        return this.inAccounts(account).map((id) => `arn:${partition ?? this.partition}:iam::${id}:root`)
      case 'federatedUser':
        return this.inAccounts(account).map(
          (id) => `arn:${partition ?? this.partition}:sts::${id}:federated-user/${name.name}`,
        )
      case 'session': {
        if (account !== undefined && partition !== undefined) {
          return [`arn:${partition}:sts::${account}:assumed-role/${name.role}/${name.session}`]
        }
        return this.known('role', name.role, account).map(
          ({ parsed }) => `arn:${parsed.partition}:sts::${parsed.account}:assumed-role/${name.role}/${name.session}`,
        )
      }
      case 'user':
      case 'role': {
        if (account !== undefined && partition !== undefined) {
          return [`arn:${partition}:iam::${account}:${name.kind}${name.path}${name.name}`]
        }
        const all = this.known(name.kind, name.name, account)
        const exact = all.filter(({ parsed }) => 'path' in parsed && parsed.path === name.path)
        // Without a path a name stands for whatever path its role has; with one, for that alone.
        return (exact.length > 0 || name.path !== '/' ? exact : all).map(({ arn }) => arn)
      }
    }
  }

  private known(kind: 'user' | 'role', name: string, account: string | undefined): readonly KnownPrincipal[] {
    const all = (this.byName.get(`${kind}/${name}`) ?? []).flatMap((arn): readonly KnownPrincipal[] => {
      const parsed = parsePrincipalArn(arn)
      return parsed.ok && parsed.value.kind === kind ? [{ arn, parsed: parsed.value }] : []
    })
    return account === undefined ? all : all.filter(({ parsed }) => parsed.account === account)
  }

  private inAccounts(account: string | undefined): readonly string[] {
    return account === undefined ? [...this.accounts] : [account]
  }

  resources(term: QueryResource): readonly string[] {
    switch (term.kind) {
      case 'any':
        return []
      case 'key':
        return this.keys(term.keyId).filter((arn) => isOf(arn, term.account))
      case 'alias': {
        if (!isPattern(term.alias)) {
          return this.aliases().filter((arn) => arn.endsWith(`:${term.alias}`) && isOf(arn, term.account))
        }
        const glob = compileGlob(term.alias)
        return this.aliases().filter((arn) => glob.matches(splitArn(arn)?.resource ?? '') && isOf(arn, term.account))
      }
      case 'arn': {
        if (!isPattern(term.arn)) return [term.arn]
        const glob = compileArnGlob(term.arn, 'arn-like')
        return [...[...this.byKeyId.values()].flat(), ...this.aliases()].filter((arn) => glob.matches(arn))
      }
    }
  }

  private keys(keyId: string): readonly string[] {
    if (!isPattern(keyId)) return this.keysOfId(keyId)
    const glob = compileGlob(keyId)
    return [...this.byKeyId].flatMap(([id, arns]) => (glob.matches(id) ? arns : []))
  }

  private aliases(): readonly string[] {
    return [...this.keyOfAliasArn.keys()]
  }

  principalNames(): Iterable<string> {
    return this.byName.keys()
  }

  *resourceNames(): Iterable<string> {
    for (const arn of this.keyOfAliasArn.keys()) yield splitArn(arn)?.resource ?? arn
    for (const id of this.byKeyId.keys()) yield `key/${id}`
  }
}

interface KnownKeys {
  readonly byId: ReadonlyMap<string, readonly string[]>
  /** Alias ARN -> key ARN. */
  readonly ofAlias: ReadonlyMap<string, string>
}

function knownKeysOf(keys: Iterable<NamedKey>): KnownKeys {
  const byId = new Map<string, string[]>()
  const ofAlias = new Map<string, string>()
  for (const { arn, aliases = [] } of keys) {
    const at = arn.lastIndexOf(':key/')
    if (at < 0) continue
    append(byId, arn.slice(at + ':key/'.length), arn)
    for (const alias of aliases) ofAlias.set(`${arn.slice(0, at)}:${alias}`, arn)
  }
  return { byId, ofAlias }
}

export function isPattern(text: string): boolean {
  return text.includes('*') || text.includes('?')
}

function isOf(arn: string, account: string | undefined): boolean {
  return account === undefined || splitArn(arn)?.account === account
}

function append<T>(lists: Map<string, T[]>, name: string, item: T): void {
  const list = lists.get(name)
  if (list === undefined) lists.set(name, [item])
  else list.push(item)
}
