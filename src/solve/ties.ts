/**
 * What condition values of one request have to do with each other: which combinations no request has.
 *
 * A tie only rules out what cannot be, so it makes witnesses real and proofs no weaker. Where the documents leave it
 * open whether two keys go together, nothing is ruled out.
 *
 * Source: KMS Developer Guide, "kms:EncryptionContext:context-key", "kms:EncryptionContextKeys", "kms:ViaService",
 * "kms:GrantIsForAWSResource"; IAM User Guide, "aws:ViaAWSService", "aws:CalledVia", "aws:SourceVpce"; IAM API Reference,
 * "CreateUser".
 */
import { actionByName } from '../aws/action.js'
import { conditionKeyInfo } from '../aws/condition-key.js'
import { deriveContextKey } from '../decide/derive.js'
import { atomMode, type SlotValue } from '../graph/atom.js'
import type { GraphTables } from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import { NO, YES, type DiagramId } from './diagram.js'
import type { Pins } from './pins.js'
import type { OpaqueTests, TestId } from './question.js'
import type { Space } from './space.js'

const CONTEXT = 'kms:encryptioncontext:'
const CONTEXT_KEYS = 'kms:encryptioncontextkeys'
const USER_ID = 'aws:userid'
const USER_NAME = 'aws:username'

/** What a request is about, as far as its values hang on it. */
export interface TiedRequest {
  readonly action: string
  readonly resourceType: 'key' | 'alias' | 'none' | 'other'
  /** Alias names of the key, where they are known. */
  readonly aliases: readonly string[] | undefined
  readonly pins: Pins
  /** A user has a name, even where it may be any. */
  readonly isUser: boolean
  /** In small letters: names that policies ask for and other users of the account have. */
  readonly takenNames: readonly string[]
  /** With which aws:userid begins, where the id of the caller's role is known. */
  readonly userIdPrefix: string | undefined
}

/**
 * Atoms that the ties ask besides those of the policies: with them no region holds values that a tie tells apart.
 * @param slots - of the keys that policies ask about.
 * @param contextTests - tests of encryption contexts by grants.
 * @param userIdPrefixes - of known roles.
 * @param takenNames - of users, in small letters.
 */
export function tiedAtoms(
  tables: GraphTables,
  opaque: OpaqueTests,
  slots: ReadonlySet<number>,
  contextTests: readonly TestId[],
  userIdPrefixes: Iterable<string> = [],
  takenNames: Iterable<string> = [],
): readonly number[] {
  const found: number[] = []
  const ask = (
    slot: number,
    operator: 'StringEquals' | 'StringEqualsIgnoreCase' | 'StringLike',
    text: string,
  ): void => {
    found.push(tables.internAtom(atomMode('matches'), operator, slot, [tables.strings.intern(LITERAL + text)]))
  }
  const userId = tables.findSlot(USER_ID)
  if (slots.has(userId)) for (const prefix of userIdPrefixes) ask(userId, 'StringLike', `${prefix}*`)
  for (const name of takenNames) ask(tables.slot(USER_NAME), 'StringEqualsIgnoreCase', name)
  const names = new Set<string>()
  let asksForKeys = slots.has(tables.findSlot(CONTEXT_KEYS))
  for (const slot of slots) {
    const name = tables.slotName(slot)
    if (name.startsWith(CONTEXT)) names.add(name.slice(CONTEXT.length))
    if (FLAGS.includes(name)) ask(slot, 'StringEquals', 'true')
  }
  for (const test of contextTests) {
    const { about } = opaque.get(test)
    if (about.kind !== 'grantContext') continue
    for (const [name, text] of Object.entries(about.pairs)) {
      ask(tables.slot(CONTEXT + name), 'StringEquals', text)
      names.add(name.toLowerCase())
    }
    asksForKeys ||= about.exactly
  }
  if (asksForKeys) for (const name of names) ask(tables.slot(CONTEXT_KEYS), 'StringEqualsIgnoreCase', name)
  // Somebody may have asked for none by name.
  if (asksForKeys && names.size === 0) ask(tables.slot(CONTEXT_KEYS), 'StringEquals', '')
  return found
}

/** Flags that a tie reads. */
const FLAGS = ['aws:viaawsservice', 'kms:grantisforawsresource']

export class Ties {
  private readonly known = new Map<string, DiagramId>()

  constructor(
    private readonly space: Space,
    private readonly opaque: OpaqueTests,
    private readonly contextTests: readonly TestId[],
  ) {}

  /** Where the values of such a request go together. */
  of(request: TiedRequest): DiagramId {
    const { values, fixed } = request.pins
    const key = JSON.stringify([
      request.action,
      request.resourceType,
      request.aliases ?? null,
      request.isUser,
      request.takenNames,
      request.userIdPrefix ?? null,
      fixedPart(values, fixed),
    ])
    let node = this.known.get(key)
    if (node === undefined) {
      node = new RequestTies(this.space, this.opaque, this.contextTests, request).all()
      this.known.set(key, node)
    }
    return node
  }
}

function fixedPart(values: readonly SlotValue[], fixed: Uint8Array): readonly unknown[] {
  const part: unknown[] = []
  for (let slot = 0; slot < fixed.length; slot++) if (fixed[slot] === 1) part.push(slot, values[slot] ?? null)
  return part
}

/** The keys that a request has though nobody says them: parameters with a default, and flags. */
export function givenSlots(
  tables: GraphTables,
  action: string,
  resourceType: TiedRequest['resourceType'],
): readonly number[] {
  const facts = { action, principal: NOBODY, resource: { type: resourceType }, request: {} } as const
  const found: number[] = []
  for (let slot = 0; slot < tables.slotCount; slot++) {
    const name = tables.slotName(slot)
    if (!SAID_BY_REQUEST.has(conditionKeyInfo(name)?.group ?? '')) continue
    if (deriveContextKey(name, facts) !== undefined) found.push(slot)
  }
  return found
}

class RequestTies {
  constructor(
    private readonly space: Space,
    private readonly opaque: OpaqueTests,
    private readonly contextTests: readonly TestId[],
    private readonly request: TiedRequest,
  ) {}

  all(): DiagramId {
    return this.space.diagrams.all([
      ...this.lists(),
      ...this.alwaysThere(),
      ...this.encryptionContext(),
      ...this.calledByService(),
      ...this.aliasOfKey(),
      ...this.idOfCaller(),
      ...this.nameOfCaller(),
    ])
  }

  /** A list of several values has some. */
  private *lists(): IterableIterator<DiagramId> {
    for (const variable of this.space.variables) {
      if (variable.several < 0) continue
      yield this.space.where(
        variable.slot,
        () => true,
        this.space.someElement(variable, () => true),
      )
    }
  }

  private *alwaysThere(): IterableIterator<DiagramId> {
    const { tables } = this.space
    const named = this.request.isUser ? [tables.findSlot(USER_NAME)] : []
    for (const slot of [...givenSlots(tables, this.request.action, this.request.resourceType), ...named]) {
      if (slot < 0 || !this.isFree(slot) || this.space.variable(slot) === undefined) continue
      yield this.space.where(slot, (value) => value !== undefined, YES)
    }
  }

  /** kms:EncryptionContextKeys lists the names of which kms:EncryptionContext:name has the values. */
  private *encryptionContext(): IterableIterator<DiagramId> {
    const { diagrams, tables } = this.space
    const keys = tables.findSlot(CONTEXT_KEYS)
    for (const { slot } of this.space.variables) {
      const name = tables.slotName(slot)
      if (!name.startsWith(CONTEXT) || !this.isFree(slot)) continue
      const listed = this.contains(keys, (text) => text.toLowerCase() === name.slice(CONTEXT.length))
      if (listed !== undefined) yield iff(diagrams, this.isThere(slot), listed)
    }
    const carried = actionByName(this.request.action)?.encryptionContext
    for (const test of this.contextTests) {
      if (carried === 'request') yield iff(diagrams, this.space.node(test), this.contextTest(test))
      // Signing and the like take no encryption context.
      else if (carried === null) yield diagrams.not(this.space.node(test))
    }
  }

  /** A grant's constraint on the encryption context, in terms of the condition keys that tell of it. */
  private contextTest(test: TestId): DiagramId {
    const { about } = this.opaque.get(test)
    if (about.kind !== 'grantContext') throw new Error('no test of an encryption context')
    const { diagrams, tables } = this.space
    const names = Object.keys(about.pairs).map((name) => name.toLowerCase())
    const pairs = Object.entries(about.pairs).map(([name, text]) =>
      this.holds(tables.findSlot(CONTEXT + name), (value) => value === text),
    )
    if (!about.exactly) return diagrams.all(pairs)
    const others = this.contains(tables.findSlot(CONTEXT_KEYS), (text) => !names.includes(text.toLowerCase())) ?? NO
    return diagrams.all([...pairs, diagrams.not(others)])
  }

  /** What a service does for somebody is told by several keys at once. */
  private *calledByService(): IterableIterator<DiagramId> {
    const { diagrams, tables } = this.space
    const slot = (name: string): number => tables.findSlot(name)
    const via = slot('kms:viaservice')
    const isVia = this.known(slot('aws:viaawsservice'), (value) => value === 'true')
    const carriesVia = actionByName(this.request.action)?.conditionKeys.includes('kms:ViaService') === true
    const hasService = carriesVia ? this.known(via, (value) => value !== undefined) : undefined
    if (isVia !== undefined && hasService !== undefined) yield iff(diagrams, isVia, hasService)
    const made = hasService ?? isVia
    if (made === undefined) return
    for (const name of ['aws:calledvia', 'aws:calledviafirst', 'aws:calledvialast']) {
      const called = this.known(slot(name), (value) => value !== undefined)
      if (called !== undefined) yield implies(diagrams, called, made)
    }
    const forResource = this.known(slot('kms:grantisforawsresource'), (value) => value === 'true')
    if (forResource !== undefined) yield implies(diagrams, forResource, made)
    // A call that a service makes does not pass through the caller's endpoint.
    for (const name of ['aws:sourcevpc', 'aws:sourcevpce', 'aws:vpcsourceip']) {
      const endpoint = this.known(slot(name), (value) => value !== undefined)
      if (endpoint !== undefined) yield implies(diagrams, endpoint, diagrams.not(made))
    }
  }

  /** A request names its key by one of the key's own aliases, if by any. */
  private *aliasOfKey(): IterableIterator<DiagramId> {
    const { aliases } = this.request
    const slot = this.space.tables.findSlot('kms:requestalias')
    if (aliases === undefined || slot < 0 || !this.isFree(slot)) return
    const variable = this.space.variable(slot)
    if (variable === undefined) return
    // A region without one of them has no value that the request could name.
    const regions = new Set(aliases.map((alias) => this.space.findRegion(slot, alias)))
    yield this.space.where(
      slot,
      (value) => value === undefined || (typeof value === 'string' && regions.has(this.space.findRegion(slot, value))),
    )
  }

  /** The id of a role's session begins with the id of the role. */
  private *idOfCaller(): IterableIterator<DiagramId> {
    const { userIdPrefix: prefix } = this.request
    const slot = this.space.tables.findSlot(USER_ID)
    if (prefix === undefined || slot < 0 || !this.isFree(slot) || this.space.variable(slot) === undefined) return
    yield this.space.where(slot, (value) => typeof value === 'string' && value.startsWith(prefix))
  }

  /** A user of whom nothing is known has none of the names that others have. */
  private *nameOfCaller(): IterableIterator<DiagramId> {
    const { takenNames } = this.request
    const slot = this.space.tables.findSlot(USER_NAME)
    if (takenNames.length === 0 || !this.isFree(slot) || this.space.variable(slot) === undefined) return
    yield this.space.where(slot, (value) => typeof value !== 'string' || !takenNames.includes(value.toLowerCase()))
  }

  private isFree(slot: number): boolean {
    return this.request.pins.fixed[slot] !== 1
  }

  private isThere(slot: number): DiagramId {
    return this.holds(slot, (value) => value !== undefined)
  }

  /** Where the key's value, known or free, is such; of a key that nobody asks about, never. */
  private holds(slot: number, test: (value: SlotValue) => boolean): DiagramId {
    return this.known(slot, test) ?? NO
  }

  /** The same; undefined where nobody asks about the key. */
  private known(slot: number, test: (value: SlotValue) => boolean): DiagramId | undefined {
    if (slot < 0) return undefined
    if (!this.isFree(slot)) return test(this.request.pins.values[slot]) ? YES : NO
    return this.space.variable(slot) === undefined ? undefined : this.space.where(slot, test, test(SEVERAL) ? YES : NO)
  }

  /** Where some value of the key, one of several or the only one, is such. */
  private contains(slot: number, test: (text: string) => boolean): DiagramId | undefined {
    if (slot < 0) return undefined
    const { values } = this.request.pins
    if (!this.isFree(slot)) return [values[slot] ?? []].flat().some(test) ? YES : NO
    const variable = this.space.variable(slot)
    if (variable === undefined) return undefined
    return this.space.where(slot, (value) => [value ?? []].flat().some(test), this.space.someElement(variable, test))
  }
}

const NOBODY = { type: 'user', arn: 'arn:aws:iam::000000000000:user/nobody' } as const
/** Groups of keys that the call itself says. */
const SAID_BY_REQUEST: ReadonlySet<string> = new Set(['kms', 'request'])
/** Stands for any list of several values. */
const SEVERAL: SlotValue = ['', '']

type Operations = Pick<Space['diagrams'], 'and' | 'or' | 'not' | 'ite'>

function iff(diagrams: Operations, left: DiagramId, right: DiagramId): DiagramId {
  return diagrams.ite(left, right, diagrams.not(right))
}

function implies(diagrams: Operations, left: DiagramId, right: DiagramId): DiagramId {
  return diagrams.ite(left, right, YES)
}
