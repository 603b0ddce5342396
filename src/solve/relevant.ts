/**
 * What the policies and grants of a scope name: principals, accounts, endpoints and tests of condition keys.
 *
 * Says which callers can be told apart at all; what the statements mean is not read here.
 */
import type { Grant } from '../graph/grant.js'
import { ANY_PRINCIPAL } from '../graph/lower.js'
import type { CompiledPolicy } from '../graph/policy.js'
import {
  NO_PRINCIPAL,
  NO_ROW,
  ROW_CAUTIOUS_GUARD,
  ROW_GUARD,
  ROW_PRINCIPAL,
  SPEC_FIRST,
  type GraphTables,
} from '../graph/tables.js'
import type { Snapshot } from '../graph/world.js'

export interface Mentioned {
  /** ARNs of users, roles, sessions and federated users. */
  readonly arns: ReadonlySet<string>
  readonly accounts: ReadonlySet<string>
  readonly services: ReadonlySet<string>
  /** Atoms of every statement, by slot. */
  readonly atoms: ReadonlyMap<number, ReadonlySet<number>>
}

/** The policies that can bear on callers who are not in the world: of keys, endpoints and accounts. */
export function sharedPolicies(snapshot: Snapshot, keys: readonly string[]): readonly CompiledPolicy[] {
  const found = new Set(keyPoliciesOf(snapshot, keys))
  for (const [, account] of snapshot.accounts.entries()) {
    for (const policy of [...(account.scps ?? []), ...(account.rcps ?? [])].flat()) found.add(policy)
  }
  for (const [, { policy }] of snapshot.endpoints.entries()) if (policy !== undefined) found.add(policy)
  return [...found]
}

export function keyPoliciesOf(snapshot: Snapshot, keys: readonly string[]): readonly CompiledPolicy[] {
  return keys.flatMap((arn) => snapshot.keys.get(arn)?.policy ?? [])
}

/** The policies of the principals of a world. */
export function ownPolicies(snapshot: Snapshot): readonly CompiledPolicy[] {
  const found = new Set<CompiledPolicy>()
  for (const [, { policies, boundary }] of snapshot.principals.entries()) {
    for (const policy of policies) found.add(policy)
    if (boundary !== undefined) found.add(boundary)
  }
  return [...found]
}

export function grantsOf(snapshot: Snapshot, keys: readonly string[]): readonly Grant[] {
  return keys.flatMap((arn) => snapshot.keys.get(arn)?.grants.grants ?? [])
}

export function mentionedBy(
  tables: GraphTables,
  policies: Iterable<CompiledPolicy>,
  grants: Iterable<Grant>,
): Mentioned {
  const found = new Mentions(tables)
  const ids = new Set<number>()
  for (const policy of policies) {
    if (ids.has(policy.id)) continue
    ids.add(policy.id)
    for (let statement = 0; statement < policy.length; statement++) found.addRow(policy.row(statement))
  }
  for (const grant of grants) {
    found.addPrincipal(grant.granteePrincipal)
    found.addPrincipal(grant.retiringPrincipal)
    found.addService(grant.granteeServicePrincipal)
    found.addService(grant.retiringServicePrincipal)
    if (grant.issuingAccount !== undefined) found.accounts.add(grant.issuingAccount)
  }
  return found
}

class Mentions implements Mentioned {
  readonly arns = new Set<string>()
  readonly accounts = new Set<string>()
  readonly services = new Set<string>()
  readonly atoms = new Map<number, Set<number>>()
  private readonly specs = new Set<number>()
  private readonly guards = new Set<number>()

  constructor(private readonly tables: GraphTables) {}

  addRow(row: number): void {
    if (row === NO_ROW) return
    const { rows } = this.tables
    const start = rows.start(row)
    this.addSpec(rows.data[start + ROW_PRINCIPAL]!)
    this.addGuard(rows.data[start + ROW_GUARD]!)
    this.addGuard(rows.data[start + ROW_CAUTIOUS_GUARD]!)
  }

  addPrincipal(arn: string | undefined): void {
    if (arn === undefined) return
    if (!arn.startsWith('arn:')) return this.addService(arn)
    const account = /^arn:[^:]*:(?:iam|sts)::(\d{12}):/.exec(arn)?.[1]
    if (account !== undefined) this.accounts.add(account)
    if (!arn.endsWith(':root')) this.arns.add(arn)
  }

  addService(name: string | undefined): void {
    if (name !== undefined) this.services.add(name)
  }

  private addSpec(spec: number): void {
    if (spec === NO_PRINCIPAL || this.specs.has(spec)) return
    this.specs.add(spec)
    for (const token of this.tables.principals.tuple(spec).slice(SPEC_FIRST)) {
      const text = this.tables.strings.text(token)
      if (text === ANY_PRINCIPAL) continue
      if (text.startsWith(ACCOUNT)) this.accounts.add(text.slice(ACCOUNT.length))
      else if (text.startsWith(SERVICE)) this.services.add(text.slice(SERVICE.length))
      else this.addPrincipal(text)
    }
  }

  private addGuard(guard: number): void {
    if (this.guards.has(guard)) return
    this.guards.add(guard)
    for (const literal of this.tables.guards.tuple(guard)) {
      const atom = literal >> 1
      const { slot } = this.tables.atom(atom)
      const atoms = this.atoms.get(slot)
      if (atoms === undefined) this.atoms.set(slot, new Set([atom]))
      else atoms.add(atom)
    }
  }
}

const ACCOUNT = 'account '
const SERVICE = 'service '
