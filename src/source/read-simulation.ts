/**
 * Reads a simulation document, member by member, into what a decision needs.
 *
 * Whole members that stood in an earlier document of the same text are not read again. Where members stand is found by whoever gives them, so that the quick way to
 * find them and the thorough one are read by the same rules.
 */
import { actionBit } from '../aws/action.js'
import type { RequestDetails, ResourceFacts } from '../decide/facts.js'
import type { PolicyLevels } from '../decide/call.js'
import { asksOfRole } from '../decide/resolve.js'
import type { CompiledPolicy } from '../graph/policy.js'
import { Subject } from '../graph/subject.js'
import type { GraphTables } from '../graph/tables.js'
import type { PolicyKind } from '../policy/document.js'
import { isAccountId } from '../text/arn.js'
import { detached } from '../text/detached.js'
import { quote } from '../text/escape.js'
import { DEFAULT_MAX_DEPTH, readJson } from '../text/json.js'
import type { SyntaxNode, SyntaxPath } from '../text/syntax-tree.js'
import { MemberMemory, type KnownMember } from './member-memory.js'
import { oneOf, Reading } from './object-reader.js'
import { PolicyCompiler } from './policy-compiler.js'
import { didYouMean } from '../text/suggest.js'
import { NO_GRANTS, readGrants, type ReadGrants } from './simulation-grants.js'
import { readPrincipal, type ReadPrincipal } from './simulation-principal.js'
import { readContext, readRequest, type ContextValues } from './simulation-request.js'
import {
  NO_RESOURCE,
  readAction,
  readResource,
  targetOf,
  type ReadAction,
  type ReadResource,
} from './simulation-resource.js'

export type SimulationKind = 'authorize' | 'multi' | 'lockout'

export interface Simulation {
  readonly kind: SimulationKind
  readonly principal: ReadPrincipal & { readonly subject: Subject }
  readonly boundary: CompiledPolicy | undefined
  readonly session: readonly CompiledPolicy[]
  readonly scps: LevelsByAccount
  readonly rcps: LevelsByAccount
  readonly managementAccounts: readonly string[]
  readonly endpointPolicy: CompiledPolicy | undefined
  readonly request: RequestDetails
  readonly derive: boolean
  readonly api: string | undefined
  /** One, save for `multi`. */
  readonly checks: readonly Check[]
}

export interface Check {
  readonly action: ReadAction
  /** Of the type that the action makes it. */
  readonly resource: ResourceFacts
  readonly awsManagedKey: boolean
  readonly keyPolicy: CompiledPolicy | undefined
  readonly identity: readonly CompiledPolicy[]
  readonly context: ContextValues
  readonly grants: ReadGrants
}

export type LevelsByAccount = ReadonlyMap<string, PolicyLevels>

/** Where a member stands in the text, its value from `start` to `end`. */
export interface MemberPlace {
  readonly start: number
  readonly end: number
  readonly keyStart: number
  readonly keyEnd: number
  /** Where the value has been read as JSON already. */
  readonly node: SyntaxNode | undefined
  /** Where a value of the same text has been read before. */
  readonly known: KnownMember | undefined
}

export type MemberPlaces = ReadonlyMap<string, MemberPlace>

const SHARED = [
  'id',
  'kind',
  'principal',
  'permissionsBoundary',
  'sessionPolicies',
  'scps',
  'rcps',
  'managementAccounts',
  'vpcEndpointPolicy',
  'request',
  'derive',
] as const

const CHECK = ['action', 'resource', 'keyPolicy', 'identityPolicies', 'context', 'grants'] as const

const CHECK_MEMBERS: ReadonlySet<string> = new Set(CHECK)

const MEMBERS: Readonly<Record<SimulationKind, ReadonlySet<string>>> = {
  authorize: new Set([...SHARED, ...CHECK]),
  multi: new Set([...SHARED, 'api', 'checks']),
  lockout: new Set([...SHARED, ...CHECK.filter((name) => name !== 'keyPolicy'), 'newKeyPolicy']),
}

/** Every member that a document of some kind has. */
export const SIMULATION_MEMBERS: ReadonlySet<string> = new Set(Object.values(MEMBERS).flatMap((names) => [...names]))

type ReadMember<T> = (reading: Reading, node: SyntaxNode, path: SyntaxPath) => T | undefined

interface Part {
  readonly reading: Reading
  readonly places: MemberPlaces
  readonly path: SyntaxPath
}

/** Reads documents for one graph; everything it remembers belongs to that graph. */
export class SimulationReader {
  readonly memory = new MemberMemory()
  private readonly compiler: PolicyCompiler

  constructor(private readonly tables: GraphTables) {
    this.compiler = new PolicyCompiler(tables)
  }

  /** Undefined when something is wrong, which is in `reading` then. */
  read(reading: Reading, places: MemberPlaces): Simulation | undefined {
    const part: Part = { reading, places, path: [] }
    const kind = this.readKind(part)
    this.refuseUnknown(part, MEMBERS[kind], 'a simulation document')
    const principal = this.member(part, 'principal', (own, node, path) => this.readCaller(own, node, path))
    if (principal === undefined) this.missing(part, 'principal', 'who calls')
    const sessions = this.policies(part, 'sessionPolicies', 'session')
    const read = {
      kind,
      boundary: this.policy(part, 'permissionsBoundary', 'boundary'),
      session: sessions,
      scps: this.levels(part, 'scps', 'scp'),
      rcps: this.levels(part, 'rcps', 'rcp'),
      managementAccounts: this.member(part, 'managementAccounts', readAccounts) ?? [],
      endpointPolicy: this.policy(part, 'vpcEndpointPolicy', 'vpce'),
      request: this.member(part, 'request', readRequest) ?? {},
      derive: this.member(part, 'derive', readFlag) ?? false,
      api: this.member(part, 'api', readText),
    }
    const checks = kind === 'multi' ? this.readChecks(part) : [this.readCheck(part, kind)]
    if (reading.errors.length > 0 || principal === undefined) return undefined
    return { ...read, principal, checks: checks.filter((check) => check !== undefined) }
  }

  /** The document's own name for itself, also of a document that is in error elsewhere. */
  readId(reading: Reading, places: MemberPlaces): string | number | undefined {
    return this.member({ reading, places, path: [] }, 'id', readIdentifier)
  }

  private readKind(part: Part): SimulationKind {
    const kind = this.member(part, 'kind', (own, node, path): SimulationKind | undefined => {
      const kinds = Object.keys(MEMBERS) as SimulationKind[]
      const found = node.kind === 'string' ? kinds.find((each) => each === node.value) : undefined
      if (found === undefined) own.wrongType(node, path, oneOf(kinds))
      return found
    })
    return kind ?? 'authorize'
  }

  private readChecks(part: Part): readonly (Check | undefined)[] {
    const list = part.places.get('checks')?.node
    if (list === undefined || list.kind === 'null') {
      part.reading.missing('the document lacks `checks`; expected a list of checks', part.path)
      return []
    }
    if (list.kind !== 'array') {
      part.reading.wrongType(list, ['checks'], 'a list of checks')
      return []
    }
    if (list.items.length === 0)
      part.reading.error('`checks` is empty; expected the checks that the API needs', ['checks'], list)
    return list.items.map((item, index) => {
      const path = ['checks', index]
      if (item.kind !== 'object') {
        part.reading.wrongType(item, path, 'an object')
        return undefined
      }
      const check = { reading: part.reading, places: placesOf(item), path }
      this.refuseUnknown(check, CHECK_MEMBERS, 'a check')
      return this.readCheck(check, 'authorize')
    })
  }

  private readCheck(part: Part, kind: 'authorize' | 'lockout'): Check | undefined {
    const { reading, path } = part
    const action = kind === 'lockout' ? this.lockoutAction(part) : this.member(part, 'action', readAction)
    if (action === undefined && !this.has(part, 'action'))
      this.missing(part, 'action', 'an action such as `kms:Decrypt`')
    const resource =
      this.member(part, 'resource', readResource) ?? (this.has(part, 'resource') ? undefined : NO_RESOURCE)
    const policyKind = ownPolicyKind(action, resource)
    const name = kind === 'lockout' ? 'newKeyPolicy' : 'keyPolicy'
    const keyPolicy = this.policy(part, name, policyKind)
    if (kind === 'lockout' && !this.has(part, name)) this.missing(part, name, 'the key policy to check')
    const rest = {
      identity: this.policies(part, 'identityPolicies', 'identity'),
      context: this.member(part, 'context', readContext) ?? NO_CONTEXT,
      grants: this.member(part, 'grants', readGrants) ?? NO_GRANTS,
    }
    if (action === undefined || resource === undefined) return undefined
    const target = targetOf(action, resource, path.length > 0)
    if ('message' in target) {
      const place = this.has(part, 'resource') ? ['resource'] : []
      const where = [...path, ...place, ...(target.member === undefined ? [] : [target.member])]
      if (this.has(part, 'resource')) reading.error(target.message, where)
      else reading.missing(target.message, where)
      return undefined
    }
    return { action, resource: target.facts, awsManagedKey: resource.awsManagedKey, keyPolicy, ...rest }
  }

  /** Always kms:PutKeyPolicy, whether the document says so or not. */
  private lockoutAction(part: Part): ReadAction {
    const bit = actionBit('kms:PutKeyPolicy')
    if (bit === undefined) throw new Error('the table of actions lacks kms:PutKeyPolicy')
    const given = this.member(part, 'action', readAction)
    if (given !== undefined && given.bit !== bit) {
      part.reading.error(`the lockout check is about \`kms:PutKeyPolicy\`, not ${quote(given.name)}`, [
        ...part.path,
        'action',
      ])
    }
    return { name: 'kms:PutKeyPolicy', bit }
  }

  private readCaller(
    reading: Reading,
    node: SyntaxNode,
    path: SyntaxPath,
  ): (ReadPrincipal & { subject: Subject }) | undefined {
    const principal = readPrincipal(reading, node, path)
    return principal === undefined ? undefined : { ...principal, subject: new Subject(this.tables, principal.caller) }
  }

  // --------------------------------------------------------------------------------------------------------- policies

  private policy(part: Part, name: string, kind: PolicyKind): CompiledPolicy | undefined {
    return this.member(part, name, (reading, node, path) => this.compiler.read(reading, node, path, kind), kind)
  }

  private policies(part: Part, name: string, kind: PolicyKind): readonly CompiledPolicy[] {
    return this.member(part, name, (reading, node, path) => this.policyList(reading, node, path, kind)) ?? []
  }

  private policyList(
    reading: Reading,
    node: SyntaxNode,
    path: SyntaxPath,
    kind: PolicyKind,
  ): readonly CompiledPolicy[] {
    if (node.kind !== 'array') {
      reading.wrongType(node, path, 'a list of policies')
      return []
    }
    const policies: CompiledPolicy[] = []
    for (const [index, item] of node.items.entries()) {
      if (reading.isFull) break
      const policy = this.compiler.read(reading, item, [...path, index], kind)
      if (policy !== undefined) policies.push(policy)
    }
    return policies
  }

  private levels(part: Part, name: string, kind: 'scp' | 'rcp'): LevelsByAccount {
    const read: ReadMember<LevelsByAccount> = (reading, node, path) => {
      const levels = new Map<string, PolicyLevels>()
      if (node.kind !== 'object') {
        reading.wrongType(node, path, 'an object of accounts')
        return undefined
      }
      for (const { key, value, keyStart, keyEnd } of node.members) {
        const here = [...path, key]
        if (reading.isFull) break
        if (!isAccountId(key)) {
          reading.error(`${quote(key)} is not an account; expected 12 digits`, here, { start: keyStart, end: keyEnd })
        } else if (value.kind === 'null') {
          continue
        } else if (value.kind !== 'array') {
          reading.wrongType(value, here, 'a list of levels, each a list of policies')
        } else {
          levels.set(
            key,
            value.items.map((level, index) => this.policyList(reading, level, [...here, index], kind)),
          )
        }
      }
      return levels
    }
    return this.member(part, name, read) ?? NO_LEVELS
  }

  // ---------------------------------------------------------------------------------------------------------- members

  /** A member that is null is not there. */
  private has({ reading, places }: Part, name: string): boolean {
    const place = places.get(name)
    return place !== undefined && (place.known !== undefined || reading.text.slice(place.start, place.end) !== 'null')
  }

  private missing(part: Part, name: string, expected: string): void {
    // A member that is there and wrong has been reported.
    if (this.has(part, name)) return
    const owner = part.path.length === 0 ? 'the document' : 'the check'
    part.reading.missing(`${owner} lacks ${quote(name)}; expected ${expected}`, part.path)
  }

  private refuseUnknown({ reading, places, path }: Part, known: ReadonlySet<string>, owner: string): void {
    for (const [name, { keyStart, keyEnd }] of places) {
      if (known.has(name)) continue
      if (reading.isFull) return
      const meant = didYouMean(name, [...known], 3)
      const hint = meant === undefined ? `${owner} has ${oneOf([...known])}` : `did you mean ${quote(meant)}?`
      reading.error(`unknown member ${quote(name)}; ${hint}`, [...path, name], { start: keyStart, end: keyEnd })
    }
  }

  /**
   * The value of one member, read now or earlier; undefined where it is not there or wrong.
   * @param variant - sets apart members of one name that are read in more than one way.
   */
  private member<T>(part: Part, name: string, read: ReadMember<T>, variant = ''): T | undefined {
    const place = part.places.get(name)
    if (place === undefined) return undefined
    const { known, node } = place
    // What is remembered under one name and variant comes from one reader of one type.
    if (known?.variant === variant) return known.value as T
    const text = part.reading.text.slice(place.start, place.end)
    if (text === 'null') return undefined
    if (!this.memory.remembers(name)) return readValue(part, name, node, text, read)
    const found = this.memory.find(name, variant, text)
    if (found !== undefined) return found.value as T
    const own = detached(text)
    const value = readValue(part, name, node, own, read)
    if (value !== undefined) this.memory.put(name, { text: own, variant, value })
    return value
  }
}

const NO_LEVELS: LevelsByAccount = new Map()
const NO_CONTEXT: ContextValues = new Map()

export function placesOf(node: SyntaxNode & { readonly kind: 'object' }): MemberPlaces {
  return new Map(
    node.members.map(({ key, keyStart, keyEnd, value }) => [
      key,
      { start: value.start, end: value.end, keyStart, keyEnd, node: value, known: undefined },
    ]),
  )
}

function readValue<T>(
  { reading, path }: Part,
  name: string,
  node: SyntaxNode | undefined,
  text: string,
  read: ReadMember<T>,
): T | undefined {
  const here = [...path, name]
  if (node === undefined) return readAlone(reading, text, here, read)
  const before = reading.errors.length
  const value = read(reading, node, here)
  return reading.errors.length > before ? undefined : value
}

/** A member whose text has not been read as JSON. Places in it are its own, which nobody will ask for. */
function readAlone<T>(reading: Reading, text: string, path: SyntaxPath, read: ReadMember<T>): T | undefined {
  // One level less than a whole document, as a member is one level down.
  const tree = readJson({ name: '<member>', text }, { maxDepth: DEFAULT_MAX_DEPTH - 1 })
  if (!tree.ok) {
    reading.error(tree.error[0]?.message ?? 'not JSON', path)
    return undefined
  }
  const own = new Reading(text)
  const value = read(own, tree.value, path)
  for (const { message } of own.errors) reading.error(message, path)
  return own.errors.length > 0 ? undefined : value
}

function readText(reading: Reading, node: SyntaxNode, path: SyntaxPath): string | undefined {
  if (node.kind === 'string') return node.value
  reading.wrongType(node, path, 'a string')
  return undefined
}

/** Of the policy that hangs on the resource itself. */
function ownPolicyKind(action: ReadAction | undefined, resource: ReadResource | undefined): PolicyKind {
  if (action === undefined || action.bit >= 0) return 'key'
  return asksOfRole(action.name, resource?.facts.arn ?? '') ? 'trust' : 'resource'
}

function readFlag(reading: Reading, node: SyntaxNode, path: SyntaxPath): boolean | undefined {
  if (node.kind === 'boolean') return node.value
  reading.wrongType(node, path, '`true` or `false`')
  return undefined
}

function readIdentifier(reading: Reading, node: SyntaxNode, path: SyntaxPath): string | number | undefined {
  if (node.kind === 'string' || node.kind === 'number') return node.value
  reading.wrongType(node, path, 'a string or number')
  return undefined
}

function readAccounts(reading: Reading, node: SyntaxNode, path: SyntaxPath): readonly string[] | undefined {
  if (node.kind !== 'array') {
    reading.wrongType(node, path, 'a list of accounts')
    return undefined
  }
  return node.items.flatMap((item, index) => {
    if (item.kind === 'string' && isAccountId(item.value)) return [item.value]
    reading.wrongType(item, [...path, index], 'an account of 12 digits')
    return []
  })
}
