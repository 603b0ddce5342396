/**
 * What an AWS service offers to policies: actions, resource types and condition keys, looked up by service prefix.
 *
 * KMS comes from its own tables, every other service from the catalogue, which is read one service at a time. Knows
 * nothing of policies and their wildcards. The catalogue has a date: what is newer is not in it.
 *
 * Source: Service Authorization Reference; for KMS the pages `actions.ts` names.
 */
import { KMS_ACTIONS } from './actions.js'
import type { ConditionKeyType } from './condition-keys.js'
import { CONDITION_KEY_OWNERS, SERVICE_CATALOGUE } from './service-catalogue.js'

export interface Service {
  readonly prefix: string
  /** By name in lower case, without the prefix. */
  readonly actions: ReadonlyMap<string, ServiceAction>
  readonly resourceTypes: readonly ResourceType[]
}

export interface ServiceAction {
  /** In its documented spelling, without the prefix. */
  readonly name: string
  /** Empty: it has no resource, or none that a policy could name. */
  readonly resourceTypes: readonly ResourceType[]
  /** Condition keys that its page lists for it or for its resource types; always empty for KMS. */
  readonly keys: readonly ServiceKey[]
}

/** An ARN format, field by field; `*` stands for what is free, '' for a field that stays empty. */
export interface ResourceType {
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
  readonly keys: readonly ServiceKey[]
}

export interface ServiceKey {
  /** `*` stands for what is free. */
  readonly pattern: string
  readonly type: ConditionKeyType
  readonly multi: boolean
}

const KEY_TYPES: Readonly<Record<string, ConditionKeyType>> = {
  S: 'String',
  A: 'ARN',
  B: 'Bool',
  N: 'Numeric',
  D: 'Date',
  I: 'IPAddress',
}

const services = new Map<string, Service>()
const keysOfService = new Map<string, KeyIndex>()

/** The service of a prefix in lower case, or undefined when the catalogue has none. */
export function serviceByPrefix(prefix: string): Service | undefined {
  const known = services.get(prefix)
  if (known !== undefined) return known
  const service = prefix === 'kms' ? kmsService() : readCatalogue(prefix)?.service
  if (service !== undefined) services.set(prefix, service)
  return service
}

/** Every prefix, in alphabetical order but for `kms`, which is first. */
export function servicePrefixes(): readonly string[] {
  return ['kms', ...Object.keys(SERVICE_CATALOGUE)]
}

/**
 * A condition key of a service other than KMS, by the name a policy uses. Global keys and the keys of identity
 * providers are not asked for here.
 */
export function serviceKey(name: string): ServiceKey | undefined {
  const lower = name.toLowerCase()
  const prefix = lower.slice(0, Math.max(0, lower.indexOf(':')))
  for (const owner of [prefix, ...(ownersOf(prefix) ?? [])]) {
    const found = findKey(indexOf(owner), lower)
    if (found !== undefined) return found
  }
  return undefined
}

/** Every condition key under a prefix, for suggestions. */
export function serviceKeysUnder(prefix: string): readonly string[] {
  return [prefix, ...(ownersOf(prefix) ?? [])].flatMap((owner) => [...(indexOf(owner)?.all ?? [])])
}

/** Whether policies of some service have condition keys under this prefix at all. */
export function isKeyPrefix(prefix: string): boolean {
  return prefix === 'kms' || Object.hasOwn(SERVICE_CATALOGUE, prefix) || ownersOf(prefix) !== undefined
}

/** Actions that have their keys in common share one list, so each list is looked through once. */
const patternsOf = new WeakMap<readonly ServiceKey[], ReadonlySet<string>>()

/** Whether an action has a key, by the pattern of the key in lower case. */
export function hasKey(keys: readonly ServiceKey[], pattern: string): boolean {
  let patterns = patternsOf.get(keys)
  if (patterns === undefined) {
    patterns = new Set(keys.map((key) => key.pattern.toLowerCase()))
    patternsOf.set(keys, patterns)
  }
  return patterns.has(pattern)
}

function ownersOf(prefix: string): readonly string[] | undefined {
  return Object.hasOwn(CONDITION_KEY_OWNERS, prefix) ? CONDITION_KEY_OWNERS[prefix] : undefined
}

interface KeyIndex {
  readonly exact: ReadonlyMap<string, ServiceKey>
  readonly open: readonly { readonly lower: string; readonly key: ServiceKey }[]
  readonly all: readonly string[]
}

function indexOf(prefix: string): KeyIndex | undefined {
  const known = keysOfService.get(prefix)
  if (known !== undefined) return known
  const keys = readCatalogue(prefix)?.keys
  if (keys === undefined) return undefined
  const exact = new Map<string, ServiceKey>()
  const open: { lower: string; key: ServiceKey }[] = []
  for (const key of keys) {
    const lower = key.pattern.toLowerCase()
    if (lower.includes('*')) open.push({ lower, key })
    else exact.set(lower, key)
  }
  const index = { exact, open, all: keys.map(({ pattern }) => pattern) }
  keysOfService.set(prefix, index)
  return index
}

function findKey(index: KeyIndex | undefined, lower: string): ServiceKey | undefined {
  if (index === undefined) return undefined
  return index.exact.get(lower) ?? index.open.find((open) => matchesOpen(open.lower, lower))?.key
}

/** Each `*` of a pattern stands for one character or more. */
function matchesOpen(pattern: string, text: string): boolean {
  if (!pattern.includes('*')) return pattern === text
  const parts = pattern.split('*')
  const first = parts[0] ?? ''
  const last = parts.at(-1) ?? ''
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at + 1)
    if (found < 0) return false
    at = found + part.length
  }
  return text.length - last.length > at && text.endsWith(last)
}

interface CatalogueEntry {
  readonly service: Service
  readonly keys: readonly ServiceKey[]
}

function readCatalogue(prefix: string): CatalogueEntry | undefined {
  const text = Object.hasOwn(SERVICE_CATALOGUE, prefix) ? SERVICE_CATALOGUE[prefix] : undefined
  if (text === undefined) return undefined
  const keys: ServiceKey[] = []
  const resourceTypes: ResourceType[] = []
  const actions = new Map<string, ServiceAction>()
  for (const line of text.split('\n')) {
    const rest = line.slice(2)
    if (line.startsWith('k ')) keys.push(readKey(rest))
    else if (line.startsWith('r ')) resourceTypes.push(readResourceType(rest, keys))
    else readActions(rest, resourceTypes, keys, actions)
  }
  return { service: { prefix, actions, resourceTypes }, keys }
}

function readKey(line: string): ServiceKey {
  const [type = '', pattern = ''] = line.split(' ')
  return { pattern, type: KEY_TYPES[type.charAt(0)] ?? 'String', multi: type.endsWith('+') }
}

function readResourceType(line: string, keys: readonly ServiceKey[]): ResourceType {
  const [arn = '', numbers = ''] = line.split('|')
  const [service = '', region = '', account = '', ...resource] = arn.split(':')
  return new ListedType(service, region, account, resource.join(':'), () => pick(keys, numbers))
}

/** Condition keys of types and actions are listed when they are asked for: few policies of a service have conditions. */
class ListedType implements ResourceType {
  private listed: readonly ServiceKey[] | undefined

  constructor(
    readonly service: string,
    readonly region: string,
    readonly account: string,
    readonly resource: string,
    private readonly list: () => readonly ServiceKey[],
  ) {}

  get keys(): readonly ServiceKey[] {
    return (this.listed ??= this.list())
  }
}

function readActions(
  line: string,
  resourceTypes: readonly ResourceType[],
  keys: readonly ServiceKey[],
  actions: Map<string, ServiceAction>,
): void {
  const [types = '', own = '', names = ''] = line.split('|')
  const traits = new ActionTraits(pick(resourceTypes, types), () => pick(keys, own))
  for (const name of names.split(' ')) actions.set(name.toLowerCase(), new ListedAction(name, traits))
}

/** What the actions of one line of the catalogue have in common. */
class ActionTraits {
  private listed: readonly ServiceKey[] | undefined

  constructor(
    readonly resourceTypes: readonly ResourceType[],
    private readonly own: () => readonly ServiceKey[],
  ) {}

  get keys(): readonly ServiceKey[] {
    return (this.listed ??= [...new Set([...this.own(), ...this.resourceTypes.flatMap((type) => type.keys)])])
  }
}

class ListedAction implements ServiceAction {
  constructor(
    readonly name: string,
    private readonly traits: ActionTraits,
  ) {}

  get resourceTypes(): readonly ResourceType[] {
    return this.traits.resourceTypes
  }

  get keys(): readonly ServiceKey[] {
    return this.traits.keys
  }
}

function pick<T>(list: readonly T[], numbers: string): readonly T[] {
  if (numbers === '') return []
  return numbers.split(',').flatMap((number) => list[Number(number)] ?? [])
}

function kmsService(): Service {
  const types = { key: kmsResource('key'), alias: kmsResource('alias') }
  const actions = KMS_ACTIONS.map(({ name, resources }): [string, ServiceAction] => {
    const own = name.slice('kms:'.length)
    return [own.toLowerCase(), { name: own, resourceTypes: resources.map((type) => types[type]), keys: [] }]
  })
  return { prefix: 'kms', actions: new Map(actions), resourceTypes: Object.values(types) }
}

function kmsResource(type: 'key' | 'alias'): ResourceType {
  return { service: 'kms', region: '*', account: '*', resource: `${type}/*`, keys: [] }
}
