/**
 * The world of a server: whose policies count, read again while it runs. What cannot be read changes nothing.
 *
 * Where policies are enforced, a world of which something cannot be used is as good as none: it may be what denies.
 */
import { isDeepStrictEqual } from 'node:util'
import type { IdentityChanges } from '../kms/identity-world.js'
import type { Identities, Mode } from '../kms/services.js'
import { identitiesOfWorld } from '../kms/world-identities.js'
import { printPolicy } from '../policy/print.js'
import type { VpcEndpoint } from '../server/http/request-facts.js'
import { openWorld } from '../source/world/load-world.js'
import type { AskedWorld, GapCode } from '../source/world/world.js'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'

type Known = Required<Identities>

export interface ServedWorldOptions {
  readonly mode: Mode
  readonly warn: (message: string) => void
}

export class ServedWorld {
  private constructor(
    private readonly folder: string,
    private world: AskedWorld,
    private known: Known,
    private readonly options: ServedWorldOptions,
  ) {}

  static open(folder: string, options: ServedWorldOptions): Result<ServedWorld, string> {
    const read = readWorld(folder, options)
    if (!read.ok) return read
    return { ok: true, value: new ServedWorld(folder, read.value, identitiesOfWorld(read.value), options) }
  }

  get identities(): Known {
    return this.known
  }

  endpoint(id: string): VpcEndpoint | undefined {
    const endpoint = this.world.endpoints.get(id)
    if (endpoint === undefined) return undefined
    const { accountId, vpcId } = endpoint
    return { id, ...(accountId === undefined ? {} : { accountId }), ...(vpcId === undefined ? {} : { vpcId }) }
  }

  /** Its JSON. */
  managedPolicy(arn: string): string | undefined {
    const policy = this.world.managedPolicies.get(arn)?.policy
    return policy === undefined ? undefined : printPolicy(policy.document)
  }

  /** Reads the folder again. No request sees a part of the change: all of it happens at once. */
  reload(changes: IdentityChanges): Result<string, string> {
    const read = readWorld(this.folder, this.options)
    if (!read.ok) return read
    const after = identitiesOfWorld(read.value)
    const changed = change(changes, this.known, after)
    this.world = read.value
    this.known = after
    return { ok: true, value: `${this.summary()}; ${changed} changed` }
  }

  summary(): string {
    const { principals, accounts } = this.known
    const counts = `${counted(principals.length, 'principal')} in ${counted(accounts.length, 'account')}`
    return `${quote(this.folder, 200)}, ${counts}`
  }
}

function readWorld(folder: string, { mode, warn }: ServedWorldOptions): Result<AskedWorld, string> {
  const opened = openWorld(folder)
  if (!opened.ok) return opened
  const { world, unusable } = opened.value
  if (unusable > 0) {
    const shown = quote(folder, 200)
    const parts = `${unusable === 1 ? '1 part' : `${unusable} parts`} of ${shown} cannot be used`
    if (mode === 'enforce') {
      const reason = `${parts}, and what it denies would be allowed; \`keyward world ${folder}\` shows where`
      return { ok: false, error: reason }
    }
    warn(`${parts}; \`keyward world ${folder}\` shows where`)
  }
  const missing = world.gaps.filter(({ code }) => REFERRED_TO.has(code))
  if (missing[0] !== undefined) {
    const more = missing.length === 1 ? '' : `, and ${missing.length - 1} more such`
    warn(`${missing[0].message}${more}; \`keyward world ${folder}\` shows what is missing`)
  }
  return { ok: true, value: world }
}

/** What a world names and has not: it may be what would have limited somebody. */
const REFERRED_TO: ReadonlySet<GapCode> = new Set<GapCode>([
  'group-missing',
  'list-incomplete',
  'managed-policy-missing',
  'organization-policy-missing',
])

/** Answers how many entries are not as they were. */
function change(changes: IdentityChanges, before: Known, after: Known): number {
  return (
    changeEach(
      before.principals,
      after.principals,
      ({ arn }) => arn,
      (one) => changes.putPrincipal(one),
      (arn) => changes.removePrincipal(arn),
    ) +
    changeEach(
      before.accounts,
      after.accounts,
      ({ accountId }) => accountId,
      (one) => changes.putAccount(one),
      (id) => changes.removeAccount(id),
    ) +
    changeEach(
      before.endpoints,
      after.endpoints,
      ({ endpointId }) => endpointId,
      (one) => changes.putEndpoint(one),
      (id) => changes.removeEndpoint(id),
    )
  )
}

function changeEach<T>(
  before: readonly T[],
  after: readonly T[],
  nameOf: (one: T) => string,
  put: (one: T) => void,
  remove: (name: string) => void,
): number {
  const old = new Map(before.map((one) => [nameOf(one), one]))
  let count = 0
  for (const one of after) {
    const name = nameOf(one)
    if (!isDeepStrictEqual(old.get(name), one)) {
      put(one)
      count++
    }
    old.delete(name)
  }
  for (const name of old.keys()) remove(name)
  return count + old.size
}

function counted(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? '' : 's'}`
}
