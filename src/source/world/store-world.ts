/**
 * Writes a world down in the form of `stored-form.ts`, to be answered from without its files.
 */
import { positionAt, type Position, type SourceText } from '../../text/source.js'
import type { WorldPlace } from './places.js'
import type { WrittenTrust } from './policy-text.js'
import type { EntryWriter } from './stored-entries.js'
import {
  STORED_FORM,
  type StoredAccount,
  type StoredEndpoint,
  type StoredGap,
  type StoredGroup,
  type StoredHead,
  type StoredKey,
  type StoredLevels,
  type StoredList,
  type StoredManagedPolicy,
  type StoredNode,
  type StoredPlace,
  type StoredPolicy,
  type StoredPrincipal,
  type StoredSession,
  type StoredTrust,
} from './stored-form.js'
import type { Steps } from './world-progress.js'
import type { PolicyLevel, World, WorldPolicy } from './world.js'

export interface Storing {
  readonly world: World
  /** Names of the files of the folder, in their order. */
  readonly fileNames: readonly string[]
  /** What the world was made from. */
  readonly key: string
  readonly unusable: number
}

/** In steps, which tell the part of the work that is done, from 0 to 1. */
export function storeWorld(writer: EntryWriter, storing: Storing): Steps<number, void> {
  return new WorldWriter(writer, storing).write()
}

class WorldWriter {
  private readonly world: World
  private readonly numberOfFile: ReadonlyMap<string, number>
  private readonly numberOfPolicy = new Map<WorldPolicy, number>()
  private readonly lines = new LineCounter()
  private readonly things: number
  private written = 0

  constructor(
    private readonly writer: EntryWriter,
    private readonly storing: Storing,
  ) {
    this.world = storing.world
    const { managedPolicies, accounts, principals, groups, sessions, keys, endpoints } = this.world
    const all = [managedPolicies, accounts, principals, groups, sessions, keys, endpoints]
    this.things = all.reduce((sum, { size }) => sum + size, 0)
    this.numberOfFile = new Map(storing.fileNames.map((name, index) => [name, index]))
  }

  *write(): Steps<number, void> {
    const { world } = this
    // Policies first: in the order of the world, which is nearly that of the files.
    const lists = {
      managedPolicies: yield* this.list(world.managedPolicies, (policy): StoredManagedPolicy => ({
        name: policy.name,
        defaultVersionId: policy.defaultVersionId ?? null,
        policy: this.optional(policy.policy),
      })),
      accounts: yield* this.list(world.accounts, (account): StoredAccount => ({
        name: account.name ?? null,
        isManagement: account.isManagement,
        organizationId: account.organizationId ?? null,
        organizationPath: account.organizationPath ?? null,
        scps: this.levels(account.scps),
        rcps: this.levels(account.rcps),
      })),
      principals: yield* this.list(world.principals, (principal): StoredPrincipal => ({
        kind: principal.kind,
        accountId: principal.accountId,
        path: principal.path,
        name: principal.name,
        uniqueId: principal.uniqueId ?? null,
        tags: principal.tags,
        inline: this.policies(principal.inline),
        attached: this.policies(principal.attached),
        groups: principal.groups,
        boundary: this.optional(principal.boundary),
        trust: principal.trust === undefined ? null : this.trust(principal.trust),
        maxSessionSeconds: principal.maxSessionSeconds ?? null,
        place: this.place(principal.place),
      })),
      groups: yield* this.list(world.groups, (group): StoredGroup => ({
        accountId: group.accountId,
        inline: this.policies(group.inline),
        attached: this.policies(group.attached),
        place: this.place(group.place),
      })),
      sessions: yield* this.list(world.sessions, (session): StoredSession => ({
        accountId: session.accountId,
        policies: this.policies(session.policies),
        tags: session.tags,
        place: this.place(session.place),
      })),
      keys: yield* this.list(world.keys, (key): StoredKey => ({
        accountId: key.accountId,
        region: key.region,
        keyId: key.keyId,
        properties: key.properties,
        state: key.state ?? null,
        description: key.description ?? null,
        policy: this.optional(key.policy),
        grants: key.grants,
        place: this.place(key.place),
      })),
      endpoints: yield* this.list(world.endpoints, (endpoint): StoredEndpoint => ({
        accountId: endpoint.accountId ?? null,
        serviceName: endpoint.serviceName ?? null,
        vpcId: endpoint.vpcId ?? null,
        policy: this.optional(endpoint.policy),
        place: this.place(endpoint.place),
      })),
    }
    const head: StoredHead = {
      form: STORED_FORM,
      key: this.storing.key,
      unusable: this.storing.unusable,
      contradictions: world.contradictions.length,
      organization: this.organization(),
      ...lists,
      aliases: this.add(this.aliases()),
      gaps: this.add(world.gaps.map(({ place: _place, ...gap }): StoredGap => gap)),
    }
    this.writer.finish(JSON.stringify(head))
  }

  private add(value: unknown): number {
    return this.writer.add(JSON.stringify(value))
  }

  /** The things of one kind one after the other, whatever else they need before them. */
  private *list<T>(things: ReadonlyMap<string, T>, stored: (thing: T) => unknown): Steps<number, StoredList> {
    const values: unknown[] = []
    for (const thing of things.values()) {
      values.push(stored(thing))
      this.written++
      yield this.written / this.things
    }
    const names = this.add([...things.keys()])
    for (const value of values) this.add(value)
    return { names, first: names + 1, count: values.length }
  }

  private organization(): StoredHead['organization'] {
    const { organization } = this.world
    if (organization === undefined) return null
    const nodes = [...organization.nodes.values()].map(({ id, kind, name, parentId }): StoredNode => ({
      id,
      kind,
      name: name ?? null,
      parentId: parentId ?? null,
    }))
    return { id: organization.id ?? null, managementAccountId: organization.managementAccountId ?? null, nodes }
  }

  private aliases(): readonly (readonly [name: string, key: number])[] {
    const numbers = new Map([...this.world.keys.keys()].map((arn, index) => [arn, index]))
    return [...this.world.aliases].map(([aliasArn, keyArn]) => {
      const key = numbers.get(keyArn)
      if (key === undefined) throw new Error(`an alias of a world leads to no key: ${aliasArn}`)
      return [aliasArn.slice(aliasArn.lastIndexOf(':') + 1), key]
    })
  }

  private levels(levels: readonly PolicyLevel[] | undefined): StoredLevels | null {
    return levels?.map(({ nodeId, policies }) => [nodeId, this.policies(policies)] as const) ?? null
  }

  private policies(policies: readonly WorldPolicy[]): readonly number[] {
    return policies.map((policy) => this.policy(policy))
  }

  private optional(policy: WorldPolicy | undefined): number | null {
    return policy === undefined ? null : this.policy(policy)
  }

  private policy(policy: WorldPolicy): number {
    const known = this.numberOfPolicy.get(policy)
    if (known !== undefined) return known
    const { name, arn, document, origin } = policy
    const { source, encoding, format, isOnlyValue } = origin
    const stored: StoredPolicy = {
      name,
      ...(arn === undefined ? {} : { arn }),
      kind: document.kind,
      text: document.source.source.text,
      place: this.place(origin),
      encoding,
      format,
      isOnlyValue,
      fileLength: source.text.length,
      position: this.lines.positionOf(source, origin.span.start),
    }
    const number = this.add(stored)
    this.numberOfPolicy.set(policy, number)
    return number
  }

  private trust({ text, origin }: WrittenTrust): StoredTrust {
    const { encoding, format, isOnlyValue } = origin
    return { text, place: this.place(origin), encoding, format, isOnlyValue }
  }

  private place({ source, span, pointer }: WorldPlace): StoredPlace {
    const { name, text } = source
    return [this.numberOfFile.get(name) ?? { name, text }, span.start, span.end, pointer]
  }
}

/** Positions in large texts, asked for mostly in their order. */
class LineCounter {
  private source: SourceText | undefined
  private hasReturns = false
  private offset = 0
  private line = 1
  private lineStart = 0

  positionOf(source: SourceText, offset: number): Position {
    const { text } = source
    if (source !== this.source || offset < this.offset) {
      this.source = source
      this.offset = 0
      this.line = 1
      this.lineStart = 0
      this.hasReturns = text.includes('\r')
    }
    // A carriage return may end a line by itself, which is nothing that the AWS CLI writes.
    if (this.hasReturns) return positionAt(text, offset)
    for (let at = text.indexOf('\n', this.offset); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) {
      this.line++
      this.lineStart = at + 1
    }
    this.offset = offset
    return { line: this.line, column: offset - this.lineStart + 1 }
  }
}
