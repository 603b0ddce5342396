/**
 * A world that was stored: every thing is read when somebody asks for it, and nothing else.
 *
 * Its answers are those of the world that was stored. Where its file turns out to be damaged, that world is read anew
 * and goes on in its place.
 */
import { readFileSync, statSync } from 'node:fs'
import type { SourceText } from '../../text/source.js'
import { LazyMap } from './lazy-map.js'
import type { WorldPlace } from './places.js'
import { policyAgain, type PolicyOrigin, WrittenTrust } from './policy-text.js'
import type { EntryReader } from './stored-entries.js'
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
  type StoredPlace,
  type StoredPolicy,
  type StoredPrincipal,
  type StoredSession,
  type StoredTrust,
} from './stored-form.js'
import { stampOf, textOf, type FolderFile } from './world-folder.js'
import type { AskedWorld, PolicyLevel, WorldPolicy } from './world.js'

type Kind = 'accounts' | 'principals' | 'groups' | 'sessions' | 'managedPolicies' | 'keys' | 'endpoints'

export interface Stored {
  readonly entries: EntryReader
  readonly head: StoredHead
  /** The files of the folder in the order in which they were when it was stored. */
  readonly files: readonly FolderFile[]
  /** The same world from its files. */
  readonly readAnew: () => AskedWorld
}

/** What the head says; undefined where it is of another form or of other files. */
export function storedHead(entries: EntryReader, key: string): StoredHead | undefined {
  const head = parsed(entries.head)
  if (typeof head !== 'object' || head === null || !('form' in head) || !('key' in head)) return undefined
  // A hash covers it, and the key is this program's: it is what `store-world.ts` writes.
  return head.form === STORED_FORM && head.key === key ? (head as StoredHead) : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

class Damaged extends Error {}

export class StoredWorld implements AskedWorld {
  readonly organization: AskedWorld['organization']
  readonly accounts: AskedWorld['accounts']
  readonly principals: AskedWorld['principals']
  readonly groups: AskedWorld['groups']
  readonly sessions: AskedWorld['sessions']
  readonly managedPolicies: AskedWorld['managedPolicies']
  readonly keys: AskedWorld['keys']
  readonly endpoints: AskedWorld['endpoints']
  private readonly policies = new Map<number, WorldPolicy>()
  private readonly texts = new Map<number, FileText>()
  private anew: AskedWorld | undefined
  private knownAliases: AskedWorld['aliases'] | undefined
  private knownGaps: AskedWorld['gaps'] | undefined

  constructor(private readonly stored: Stored) {
    const { head } = stored
    this.organization = organizationOf(head)
    this.accounts = this.map('accounts', (accountId, account: StoredAccount) => ({
      accountId,
      name: account.name ?? undefined,
      isManagement: account.isManagement,
      organizationId: account.organizationId ?? undefined,
      organizationPath: account.organizationPath ?? undefined,
      scps: this.levels(account.scps),
      rcps: this.levels(account.rcps),
    }))
    this.principals = this.map('principals', (arn, principal: StoredPrincipal) => ({
      ...principal,
      arn,
      uniqueId: principal.uniqueId ?? undefined,
      inline: this.policyList(principal.inline),
      attached: this.policyList(principal.attached),
      boundary: this.policy(principal.boundary),
      trust: principal.trust === null ? undefined : this.trust(principal.trust),
      maxSessionSeconds: principal.maxSessionSeconds ?? undefined,
      place: this.place(principal.place),
    }))
    this.groups = this.map('groups', (arn, group: StoredGroup) => ({
      arn,
      accountId: group.accountId,
      inline: this.policyList(group.inline),
      attached: this.policyList(group.attached),
      place: this.place(group.place),
    }))
    this.sessions = this.map('sessions', (arn, session: StoredSession) => ({
      arn,
      accountId: session.accountId,
      policies: this.policyList(session.policies),
      tags: session.tags,
      place: this.place(session.place),
    }))
    this.managedPolicies = this.map('managedPolicies', (arn, policy: StoredManagedPolicy) => ({
      arn,
      name: policy.name,
      ...(policy.defaultVersionId === null ? {} : { defaultVersionId: policy.defaultVersionId }),
      policy: this.policy(policy.policy),
    }))
    this.keys = this.map('keys', (arn, key: StoredKey) => ({
      ...key,
      arn,
      state: key.state ?? undefined,
      description: key.description ?? undefined,
      policy: this.policy(key.policy),
      place: this.place(key.place),
    }))
    this.endpoints = this.map('endpoints', (endpointId, endpoint: StoredEndpoint) => ({
      endpointId,
      accountId: endpoint.accountId ?? undefined,
      serviceName: endpoint.serviceName ?? undefined,
      vpcId: endpoint.vpcId ?? undefined,
      policy: this.policy(endpoint.policy),
      place: this.place(endpoint.place),
    }))
  }

  get aliases(): AskedWorld['aliases'] {
    this.knownAliases ??= this.orAnew(
      () => {
        const keys = [...this.keys.keys()]
        const written = this.value(this.stored.head.aliases) as readonly (readonly [name: string, key: number])[]
        return new Map(
          written.map(([name, number]) => {
            const arn = keys[number]
            if (arn === undefined) throw new Damaged()
            return [`${arn.slice(0, arn.lastIndexOf(':'))}:${name}`, arn]
          }),
        )
      },
      (world) => world.aliases,
    )
    return this.knownAliases
  }

  get gaps(): AskedWorld['gaps'] {
    this.knownGaps ??= this.orAnew(
      () => this.value(this.stored.head.gaps) as readonly StoredGap[],
      (world) => world.gaps,
    )
    return this.knownGaps
  }

  /** `Written` is how `store-world.ts` writes a thing of this kind. */
  private map<K extends Kind, Written>(
    kind: K,
    make: (name: string, written: Written) => MapValue<AskedWorld[K]>,
  ): ReadonlyMap<string, MapValue<AskedWorld[K]>> {
    const list: StoredList = this.stored.head[kind]
    let names: readonly string[] | undefined
    const namesOf = (): readonly string[] => {
      names ??= this.orAnew(
        () => this.value(list.names) as readonly string[],
        (world) => [...world[kind].keys()],
      )
      return names
    }
    return new LazyMap(list.count, namesOf, (name, index) =>
      this.orAnew(
        () => make(name, this.value(list.first + index) as Written),
        (world) => {
          const found = world[kind].get(name)
          if (found === undefined) throw new Error(`a stored world has ${name}, which its files do not have`)
          // The map of this kind holds things of this kind, which the compiler does not see through a name.
          return found as MapValue<AskedWorld[K]>
        },
      ),
    )
  }

  private orAnew<T>(read: () => T, fromWorld: (world: AskedWorld) => T): T {
    if (this.anew === undefined) {
      try {
        return read()
      } catch (error) {
        if (!(error instanceof Damaged)) throw error
        this.anew = this.stored.readAnew()
      }
    }
    return fromWorld(this.anew)
  }

  /** An entry, of which its hash says that it is what was written. */
  private value(entry: number): unknown {
    const text = this.stored.entries.read(entry)
    if (text === undefined) throw new Damaged()
    return JSON.parse(text) as unknown
  }

  private levels(levels: StoredLevels | null): readonly PolicyLevel[] | undefined {
    return levels?.map(([nodeId, policies]) => ({ nodeId, policies: this.policyList(policies) }))
  }

  private policyList(entries: readonly number[]): readonly WorldPolicy[] {
    return entries.map((entry) => this.policyAt(entry))
  }

  private policy(entry: number | null): WorldPolicy | undefined {
    return entry === null ? undefined : this.policyAt(entry)
  }

  /** One object for one policy: whoever looks for it compares objects. */
  private policyAt(entry: number): WorldPolicy {
    let policy = this.policies.get(entry)
    if (policy === undefined) {
      policy = this.readPolicy(this.value(entry) as StoredPolicy)
      this.policies.set(entry, policy)
    }
    return policy
  }

  private readPolicy(written: StoredPolicy): WorldPolicy {
    const { name, arn, kind, text, encoding, format, isOnlyValue, fileLength, position } = written
    const place = this.place(written.place)
    const { source } = place
    const origin: PolicyOrigin = {
      ...place,
      encoding,
      format,
      isOnlyValue,
      ...(source instanceof FileText
        ? { stored: { fileLength, position, isFileUnchanged: () => source.isUnchanged } }
        : {}),
    }
    const document = policyAgain(text, kind, origin)
    if (document === undefined) throw new Damaged()
    return { name, ...(arn === undefined ? {} : { arn }), document, origin }
  }

  private trust({ text, place, encoding, format, isOnlyValue }: StoredTrust): WrittenTrust {
    return new WrittenTrust(text, { ...this.place(place), encoding, format, isOnlyValue })
  }

  private place([source, start, end, pointer]: StoredPlace): WorldPlace {
    return { source: typeof source === 'number' ? this.file(source) : source, span: { start, end }, pointer }
  }

  private file(number: number): SourceText {
    let text = this.texts.get(number)
    if (text === undefined) {
      const file = this.stored.files[number]
      if (file === undefined) throw new Damaged()
      text = new FileText(file)
      this.texts.set(number, text)
    }
    return text
  }
}

type MapValue<M> = M extends ReadonlyMap<string, infer T> ? T : never

function organizationOf({ organization }: StoredHead): AskedWorld['organization'] {
  if (organization === null) return undefined
  const { id, managementAccountId, nodes } = organization
  return {
    id: id ?? undefined,
    managementAccountId: managementAccountId ?? undefined,
    nodes: new Map(
      nodes.map((node) => [node.id, { ...node, name: node.name ?? undefined, parentId: node.parentId ?? undefined }]),
    ),
  }
}

/** The text of a file of the folder, read when it is shown. */
class FileText implements SourceText {
  readonly name: string
  private known: string | undefined

  constructor(private readonly file: FolderFile) {
    this.name = file.name
  }

  get text(): string {
    this.read()
    return this.known ?? ''
  }

  /** Whether the file is still the one that was stored; once read it stays what it was. */
  get isUnchanged(): boolean {
    this.read()
    return this.known !== undefined
  }

  private read(): void {
    if (this.known !== undefined) return
    const { path, stamp } = this.file
    try {
      const text = textOf(readFileSync(path))
      // Looked at after reading: a change in between shows.
      if (stampOf(statSync(path, { bigint: true })) === stamp) this.known = text
    } catch {
      // A file that is gone has changed.
    }
  }
}
