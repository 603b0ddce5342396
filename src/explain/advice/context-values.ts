/**
 * The values of condition keys that make a difference to one call: one for each region that its policies tell apart.
 */
import type { Trace } from '../../decide/trace.js'
import type { Call } from '../../decide/call.js'
import { ATOM_MODES, type SlotValue } from '../../graph/atom.js'
import { documentOf } from '../../graph/documents.js'
import type { LoweredTest } from '../../graph/lower.js'
import { LITERAL, TemplateValue } from '../../graph/template-value.js'
import type { GraphTables } from '../../graph/tables.js'
import { partition, type ValueDomain, type ValueTest } from '../../solve/region.js'
import { conditionKeyInfo, isMultiValuedKey } from '../../aws/condition-key.js'
import type { ConditionKeyType } from '../../aws/condition-keys.js'
import { canCarry, changeableKey, type ChangeableKey } from './context-changes.js'
import type { ContextChange } from './change.js'

/** More regions than this are not tried one by one. */
const MAX_REGIONS = 64
const BUDGET = { maxRegions: MAX_REGIONS, maxStates: 20_000 } as const

const NULL_TEST = 'Null'
const REQUEST_ALIAS = 'kms:requestalias'
const RESOURCE_ALIASES = 'kms:resourcealiases'
const UNCOMPARABLE: ReadonlySet<string> = new Set([
  'uncomparable',
  'differs',
  'allDiffer',
  'mayMatch',
  'anyDiffers',
  'presentNoneDiffers',
  'someNotDiffering',
])

/** A condition of some statement that could apply to the caller, the action and the resource of a call. */
interface AskedTest {
  readonly lowered: LoweredTest
  /** As written. */
  readonly key: string
}

export class ContextValues {
  private readonly bySlot = new Map<number, readonly ContextChange[]>()

  constructor(
    private readonly tables: GraphTables,
    /** Atoms of every condition that the call can meet, by slot. */
    private readonly atoms: ReadonlyMap<number, readonly number[]>,
    /** The keys as a policy spells them. */
    private readonly names: ReadonlyMap<number, string>,
    private readonly call: Call,
  ) {}

  static of(traced: Trace): ContextValues {
    const { tables } = traced.call.subject
    const atoms = new Map<number, number[]>()
    const names = new Map<number, string>()
    for (const { lowered, key } of testsOf(traced)) {
      const own = tables.findSlot(key)
      if (!names.has(own)) names.set(own, key)
      if (lowered === 'never') continue
      for (const literal of lowered) {
        const atom = literal >> 1
        const { slot } = tables.atom(atom)
        const known = atoms.get(slot)
        if (known === undefined) atoms.set(slot, [atom])
        else if (!known.includes(atom)) known.push(atom)
      }
    }
    return new ContextValues(tables, atoms, names, traced.call)
  }

  /** Every value of a key that some test tells from the others, each as a change; none for a key that cannot change. */
  changes(slot: number): readonly ContextChange[] {
    const known = this.bySlot.get(slot)
    if (known !== undefined) return known
    const made = this.make(slot)
    this.bySlot.set(slot, made)
    return made
  }

  /** Values that variables of other values come to in this call, which no region can know. */
  resolved(slot: number, call: Call): readonly ContextChange[] {
    const changeable = this.changeable(slot)
    if (changeable === undefined) return []
    const found: ContextChange[] = []
    for (const atom of this.atoms.get(slot) ?? []) {
      for (const marked of this.tables.atom(atom).marked) {
        if (marked.startsWith(LITERAL)) continue
        const text = new TemplateValue(marked, (name) => this.tables.findSlot(name)).resolveText(call.values)
        if (text !== undefined) found.push(contextChange(this.nameOf(slot), text, changeable.cost))
      }
    }
    return found
  }

  private make(slot: number): readonly ContextChange[] {
    const key = this.tables.slotName(slot)
    const changeable = this.changeable(slot)
    if (changeable === undefined) return []
    const { cost } = changeable
    const aliases = this.knownAliases(key)
    if (aliases !== undefined)
      return [undefined, ...aliases].map((value) => contextChange(this.nameOf(slot), value, cost))
    const regions = partition(this.valueTests(slot), domainOf(key), BUDGET)
    const samples = regions.ok ? regions.value.map(({ sample }) => sample) : this.literals(slot)
    const isList = isMultiValuedKey(key)
    const values: SlotValue[] = samples.map((sample) => (isList ? [sample] : sample))
    return [undefined, ...values].map((value) => contextChange(this.nameOf(slot), value, cost))
  }

  /** Undefined for a key that no request of this caller for this action carries, too. */
  private changeable(slot: number): ChangeableKey | undefined {
    const key = this.tables.slotName(slot)
    const { action, subject } = this.call
    return canCarry(key, action, subject.caller.type) ? changeableKey(key) : undefined
  }

  /** The names that a key can be called by, where they are known: only a name that the key has leads to it. */
  private knownAliases(key: string): readonly SlotValue[] | undefined {
    if (key !== REQUEST_ALIAS) return undefined
    const slot = this.tables.findSlot(RESOURCE_ALIASES)
    const aliases = slot < 0 ? undefined : this.call.values[slot]
    return typeof aliases === 'string' ? [aliases] : aliases
  }

  private nameOf(slot: number): string {
    return this.names.get(slot) ?? this.tables.slotName(slot)
  }

  private valueTests(slot: number): readonly ValueTest[] {
    const tests: ValueTest[] = []
    for (const number of this.atoms.get(slot) ?? []) {
      const { operator, marked, mode } = this.tables.atom(number)
      if (operator === NULL_TEST || marked.some((value) => !value.startsWith(LITERAL))) continue
      tests.push({ kind: 'matches', operator, marked })
      if (UNCOMPARABLE.has(ATOM_MODES[mode] ?? '')) tests.push({ kind: 'uncomparable', operator, marked })
    }
    return tests
  }

  /** Where regions are too many: the values that the tests name. */
  private literals(slot: number): readonly string[] {
    const texts = (this.atoms.get(slot) ?? []).flatMap((number) =>
      this.tables
        .atom(number)
        .marked.filter((value) => value.startsWith(LITERAL))
        .map((value) => value.slice(LITERAL.length)),
    )
    return [...new Set(texts)].filter((text) => !text.includes('*') && !text.includes('?')).slice(0, MAX_REGIONS)
  }
}

export function contextChange(name: string, value: SlotValue, cost: number): ContextChange {
  const key = name.toLowerCase()
  return { kind: 'context', key, name, value, cost, id: `context ${key} ${JSON.stringify(value) ?? 'absent'}` }
}

/** The conditions of statements that caller, action and resource do not rule out. */
function testsOf(traced: Trace): readonly AskedTest[] {
  const found: AskedTest[] = []
  for (const { policies } of traced.layers) {
    for (const { compiled, statements } of policies) {
      const { parts } = documentOf(compiled)
      statements.forEach(({ statement, conditions }, index) => {
        const part = parts[index]
        if (part === undefined || conditions.length === 0) return
        const tests =
          traced.call.options.uncomparable === 'deny' && statement.effect === 'Deny' ? part.cautiousTests : part.tests
        tests.forEach((lowered, place) => {
          const key = statement.conditions[place]?.key
          if (key !== undefined) found.push({ lowered, key })
        })
      })
    }
  }
  return found
}

function domainOf(key: string): ValueDomain {
  const info = conditionKeyInfo(key)
  if (info?.values !== undefined && info.values !== null) return { kind: 'oneOf', values: info.values }
  switch (key) {
    case 'kms:viaservice':
      return { kind: 'viaService' }
    case 'kms:requestalias':
    case 'kms:resourcealiases':
      return { kind: 'aliasName' }
    default:
  }
  return DOMAINS[info?.types[0] ?? 'String']
}

const DOMAINS: Readonly<Record<ConditionKeyType, ValueDomain>> = {
  Bool: { kind: 'boolean' },
  Numeric: { kind: 'number', whole: true },
  Date: { kind: 'date' },
  IPAddress: { kind: 'address' },
  ARN: { kind: 'arn' },
  String: { kind: 'text' },
}
