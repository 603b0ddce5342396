/**
 * The entries of Action or NotAction, taken apart once and shared by every rule that asks.
 *
 * Knows the catalogue of services and nothing of effects, conditions or resources.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Action"; Service Authorization Reference.
 */
import type { PatternsView, TextValue } from '../policy-view.js'
import { serviceByPrefix, type Service, type ServiceAction } from '../../aws/service.js'
import { compileGlob } from '../../text/glob.js'

export interface ActionEntry {
  readonly item: TextValue
  /**
   * `any`: `*` alone; `literal`: one action; `pattern`: wildcards in the name; `malformed`: not of the form
   * `service:Name`; `unknown`: a part has no value before deployment.
   */
  readonly form: 'any' | 'literal' | 'pattern' | 'malformed' | 'unknown'
  /** The whole entry in lower case: actions compare without case. */
  readonly folded: string
  /** In lower case; '' where the form has none. */
  readonly prefix: string
  readonly name: string
  /** Undefined when the catalogue does not know the prefix. */
  readonly service: Service | undefined
  /** What a literal or pattern stands for, of a service that the catalogue knows. */
  readonly actions: readonly ServiceAction[]
}

const PREFIX = /^[a-z0-9-]+$/
const BLANK_OR_COLON = /[\s:]/

function isWellFormed(prefix: string, name: string): boolean {
  return name !== '' && PREFIX.test(prefix) && !BLANK_OR_COLON.test(name)
}

const entriesOf = new WeakMap<PatternsView, readonly ActionEntry[]>()

export function actionEntries(patterns: PatternsView): readonly ActionEntry[] {
  const known = entriesOf.get(patterns)
  if (known !== undefined) return known
  const entries = patterns.items.map(readEntry)
  entriesOf.set(patterns, entries)
  return entries
}

const NONE: readonly ServiceAction[] = []

/** An entry without its place. */
type ReadAction = Omit<ActionEntry, 'item'>

/** By text: policies of one run repeat the same actions. */
const remembered = new Map<string, ReadAction>()
/** Texts, and actions that they stand for, of which so many are remembered; then it starts again. */
const MAX_TEXTS = 20_000
const MAX_ACTIONS = 200_000
let actionsRemembered = 0

// Written out: policies name actions by the ten thousands, and spreads took most of the time here.
function readEntry(item: TextValue): ActionEntry {
  if (!item.known) {
    const folded = item.value.toLowerCase()
    return { item, form: 'unknown', folded, prefix: '', name: '', service: undefined, actions: NONE }
  }
  const { form, folded, prefix, name, service, actions } = remembered.get(item.value) ?? remember(item.value)
  return { item, form, folded, prefix, name, service, actions }
}

function remember(value: string): ReadAction {
  const read = readAction(value)
  if (remembered.size >= MAX_TEXTS || actionsRemembered >= MAX_ACTIONS) {
    remembered.clear()
    actionsRemembered = 0
  }
  remembered.set(value, read)
  actionsRemembered += read.actions.length
  return read
}

function readAction(value: string): ReadAction {
  const folded = value.toLowerCase()
  const colon = folded.indexOf(':')
  const prefix = folded.slice(0, Math.max(0, colon))
  const name = folded.slice(colon + 1)
  if (folded === '*' || !isWellFormed(prefix, name)) {
    const form = folded === '*' ? 'any' : 'malformed'
    return { form, folded, prefix: '', name: '', service: undefined, actions: NONE }
  }
  const isPattern = name.includes('*') || name.includes('?')
  const service = serviceByPrefix(prefix)
  const actions = service === undefined ? NONE : matching(service, name, isPattern)
  return { form: isPattern ? 'pattern' : 'literal', folded, prefix, name, service, actions }
}

function matching(service: Service, name: string, isPattern: boolean): readonly ServiceAction[] {
  if (!isPattern) {
    const action = service.actions.get(name)
    return action === undefined ? NONE : [action]
  }
  const glob = compileGlob(name)
  const found: ServiceAction[] = []
  for (const [lower, action] of service.actions) if (glob.matches(lower)) found.push(action)
  return found
}
