/**
 * What of a request can be changed, row by row: who, what, where, the condition keys that its policies ask for, and the
 * texts of the policies themselves.
 */
import { KMS_ACTIONS } from '../../../aws/actions.js'
import { conditionKeyInfo } from '../../../aws/condition-key.js'
import { LAYER_NAMES, placedPolicyName } from '../../../explain/names.js'
import type { PolicyTrace } from '../../../decide/trace.js'
import type { Layer } from '../../../graph/combine.js'
import type { ConditionTest, PolicyDocument } from '../../../policy/document.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import type { AskedWorld } from '../../../source/world/world.js'
import { KEY_POLICY_TEMPLATE, TEMPLATE, TemplateValue } from '../../../graph/template-value.js'
import { hasVariable, parseTemplate } from '../../../text/template.js'
import { namesIn } from '../ask/ask-view.js'
import { policyIdOf, type PolicyId } from './changed-world.js'
import { SERVICES, valueIn, type Edit, type Scenario } from './scenario.js'

export type RequestRow = {
  /** Of all rows of any scenario. */
  readonly id: string
  readonly label: string
  /** Undefined: the request has none. */
  readonly value: string | undefined
} & (
  | { readonly part: 'caller' | 'action' | 'key' | 'address' | 'endpoint' | 'service' | 'time' }
  | {
      readonly part: 'context' | 'condition'
      readonly name: string
      /** It follows from the caller, the key or the world, and the question does not list it. */
      readonly isDerived: boolean
    }
  /** Typed as `name = value`. */
  | { readonly part: 'newContext' | 'newCondition' }
  | { readonly part: 'policy'; readonly policyId: PolicyId | undefined; readonly document: PolicyDocument }
)

/** Of keys that the policies ask for and the request lacks. */
const MAX_WANTED = 12

const CONTEXT = 'kms:encryptioncontext:'
/** These have rows of their own. */
const OWN: ReadonlySet<string> = new Set([
  'aws:sourceip',
  'aws:vpcsourceip',
  'aws:sourcevpce',
  'kms:viaservice',
  'aws:currenttime',
  'aws:epochtime',
  'kms:encryptioncontextkeys',
])

export function requestRows(scenario: Scenario, last: Answer, told: number): readonly RequestRow[] {
  const check = scenario.question.checks[told] ?? scenario.question.checks[0]
  if (check === undefined) return []
  const answer = scenario.answer.ok ? scenario.answer.value : last
  const address = valueIn(check, 'aws:SourceIp') ?? valueIn(check, 'aws:VpcSourceIp')
  return [
    { id: 'caller', part: 'caller', label: 'caller', value: check.principal },
    { id: 'action', part: 'action', label: 'action', value: check.action },
    { id: 'key', part: 'key', label: 'key', value: check.resource },
    ...Object.entries(check.encryptionContext ?? {}).map(([name, value]): RequestRow => ({
      id: `context.${name}`,
      part: 'context',
      label: `context ${name}`,
      name,
      value,
      isDerived: false,
    })),
    ...wantedPairs(answer, check.encryptionContext ?? {}),
    { id: 'newContext', part: 'newContext', label: '+ context pair', value: undefined },
    { id: 'address', part: 'address', label: 'source IP', value: address },
    { id: 'endpoint', part: 'endpoint', label: 'VPC endpoint', value: valueIn(check, 'aws:SourceVpce') },
    { id: 'service', part: 'service', label: 'through service', value: check.via },
    { id: 'time', part: 'time', label: 'time', value: check.time },
    ...conditionRows(answer, check),
    { id: 'newCondition', part: 'newCondition', label: '+ condition key', value: undefined },
    ...policyRowsOf(answer, scenario),
  ]
}

/** Pairs that policies ask for and the request does not have. */
function wantedPairs(answer: Answer, own: Readonly<Record<string, string>>): readonly RequestRow[] {
  const known = new Set(Object.keys(own).map((name) => name.toLowerCase()))
  return keysAsked(answer)
    .filter((key) => key.toLowerCase().startsWith(CONTEXT))
    .map((key) => key.slice(CONTEXT.length))
    .filter((name) => !known.has(name.toLowerCase()))
    .slice(0, MAX_WANTED)
    .map((name) => ({
      id: `context.${name}`,
      part: 'context',
      label: `context ${name}`,
      name,
      value: undefined,
      isDerived: false,
    }))
}

/** What the question lists, then what policies ask for: tags among them. */
function conditionRows(answer: Answer, check: Scenario['question']['checks'][number]): readonly RequestRow[] {
  const listed = Object.keys(check.context ?? {})
  const known = new Set(listed.map((name) => name.toLowerCase()))
  const asked = keysAsked(answer).filter((key) => !known.has(key.toLowerCase()))
  const { tables } = answer.trace.call.subject
  const derived = (key: string): string | undefined => {
    const slot = tables.findSlot(key.toLowerCase())
    const value = slot < 0 ? undefined : answer.trace.call.values[slot]
    return value === undefined ? undefined : typeof value === 'string' ? value : value.join(', ')
  }
  return [...listed, ...asked.slice(0, MAX_WANTED)]
    .filter((name) => !OWN.has(name.toLowerCase()) && !name.toLowerCase().startsWith(CONTEXT))
    .map((name) => {
      const isListed = known.has(name.toLowerCase())
      const value = isListed ? valueIn(check, name) : derived(name)
      return {
        id: `condition.${name.toLowerCase()}`,
        part: 'condition',
        label: name,
        name,
        value,
        isDerived: !isListed && value !== undefined,
      }
    })
}

/** Keys that statements ask for which are about this caller, action and key; those that fail now first. */
function keysAsked(answer: Answer): readonly string[] {
  const failing: string[] = []
  const others: string[] = []
  for (const { test, fails, variables } of testsOf(answer)) (fails ? failing : others).push(test.key, ...variables)
  const byName = new Map<string, string>()
  for (const key of [...failing, ...others]) {
    const info = conditionKeyInfo(key)
    if (info === undefined || byName.has(key.toLowerCase())) continue
    byName.set(key.toLowerCase(), info.pattern.includes('{') ? key : info.pattern)
  }
  return [...byName.values()]
}

interface AskedTest {
  readonly test: ConditionTest
  readonly fails: boolean
  /** With what variables come to in this request. */
  readonly values: readonly string[]
  /** Condition keys that stand in the values: `aws:PrincipalTag/team`. */
  readonly variables: readonly string[]
}

function* testsOf({ trace }: Answer): Generator<AskedTest> {
  for (const { policies } of trace.layers) {
    for (const policy of policies) {
      for (const { statement, failed, conditions } of policy.statements) {
        if (failed.some((part) => part !== 'condition')) continue
        for (const [index, { holds }] of conditions.entries()) {
          const test = statement.conditions[index]
          if (test !== undefined)
            yield {
              test,
              fails: !holds,
              values: valuesOf(test, policy, trace),
              variables: variablesOf(test, policy),
            }
        }
      }
    }
  }
}

function variablesOf({ values }: ConditionTest, { document }: PolicyTrace): readonly string[] {
  if (document.version !== '2012-10-17') return []
  return values.flatMap((value) => {
    const parsed = hasVariable(value) ? parseTemplate(value) : undefined
    return parsed?.ok === true ? parsed.value.flatMap((part) => (part.kind === 'variable' ? [part.key] : [])) : []
  })
}

function valuesOf(
  { values }: ConditionTest,
  { compiled, document }: PolicyTrace,
  { call }: Answer['trace'],
): readonly string[] {
  return values.flatMap((value) => {
    if (document.version !== '2012-10-17' || !hasVariable(value)) return [value]
    const mark = document.kind === 'key' ? KEY_POLICY_TEMPLATE : TEMPLATE
    const template = new TemplateValue(mark + value, (key) => compiled.tables.findSlot(key))
    return template.resolveText(call.values) ?? []
  })
}

/** What people change most stands first. */
const NEAREST: readonly Layer[] = [
  'keyPolicy',
  'identity',
  'session',
  'boundary',
  'vpce',
  'scp',
  'rcp',
  'grant',
  'operation',
]
const SHORT: Readonly<Partial<Record<Layer, string>>> = { scp: 'SCP', rcp: 'RCP' }

function policyLabel({ trace }: Answer, placed: PolicyTrace): string {
  const name = placedPolicyName(trace, placed)
  const short = SHORT[placed.layer]
  return short === undefined ? name : name.replace(LAYER_NAMES[placed.layer].one, short)
}

function policyRowsOf(answer: Answer, { policies }: Scenario): readonly RequestRow[] {
  const rows = new Map<string, RequestRow>()
  const byLayer = answer.trace.layers.toSorted(
    (left, right) => NEAREST.indexOf(left.layer) - NEAREST.indexOf(right.layer),
  )
  for (const { policies: traced } of byLayer) {
    for (const placed of traced) {
      const policyId = policyIdOf(placed.compiled.source, policies)
      const id = `policy.${policyId ?? `${placed.layer}.${placed.level ?? 0}.${placed.policy}`}`
      if (rows.has(id)) continue
      const { length } = placed.document.statements
      rows.set(id, {
        id,
        part: 'policy',
        label: policyLabel(answer, placed),
        value: `${length} statement${length === 1 ? '' : 's'}${policyId !== undefined && policies.has(policyId) ? ', changed' : ''}`,
        policyId,
        document: placed.document,
      })
    }
  }
  return [...rows.values()]
}

// ----------------------------------------------------------------------------------------------------------- choices

export interface Choice {
  readonly value: string
  readonly name: string
  readonly what: string
}

interface WorldChoices {
  readonly callers: readonly Choice[]
  readonly keys: readonly Choice[]
}

const ofWorld = new WeakMap<AskedWorld, WorldChoices>()

/** Always the same lists, so that what was made ready to be searched is not made again. */
function worldChoices(world: AskedWorld): WorldChoices {
  let choices = ofWorld.get(world)
  if (choices === undefined) {
    const all = namesIn(world)
    choices = {
      callers: all.filter(({ part }) => part === 'principal'),
      keys: all.filter(({ part }) => part === 'resource'),
    }
    ofWorld.set(world, choices)
  }
  return choices
}

/** Values that somebody might want there. */
export function choicesFor(row: RequestRow, answer: Answer, world: AskedWorld): readonly Choice[] {
  switch (row.part) {
    case 'caller':
      return worldChoices(world).callers
    case 'key':
      return worldChoices(world).keys
    case 'action':
      return KMS_ACTIONS.map(({ name, access }) => ({ value: name, name, what: String(access).toLowerCase() }))
    case 'endpoint':
      return [...world.endpoints.keys()].map((id) => ({ value: id, name: id, what: 'of this world' }))
    case 'service':
      return SERVICES.map((name) => ({ value: name, name, what: 'calls KMS for a principal' }))
    case 'context':
      return valuesAsked(answer, `${CONTEXT}${row.name}`)
    case 'condition':
      return [...valuesAsked(answer, row.name), ...closedValues(row.name)]
    case 'address':
      return [...valuesAsked(answer, 'aws:SourceIp'), ...valuesAsked(answer, 'aws:VpcSourceIp')].filter(
        ({ value }) => !value.includes('/'),
      )
    case 'time':
      return valuesAsked(answer, 'aws:CurrentTime')
    case 'newContext':
      return pairsAsked(answer, (key) =>
        key.toLowerCase().startsWith(CONTEXT) ? key.slice(CONTEXT.length) : undefined,
      )
    case 'newCondition':
      return pairsAsked(answer, (key) => (key.toLowerCase().startsWith(CONTEXT) ? undefined : key))
    case 'policy':
      return []
  }
}

const ASKED = 'a policy asks for it'

function valuesAsked(answer: Answer, key: string): readonly Choice[] {
  const values = new Set<string>()
  for (const { test, values: asked } of testsOf(answer)) {
    if (test.base === 'Null' || test.key.toLowerCase() !== key.toLowerCase()) continue
    for (const value of asked) values.add(value)
  }
  return [...values].map((value) => ({ value, name: value, what: ASKED }))
}

function closedValues(key: string): readonly Choice[] {
  const info = conditionKeyInfo(key)
  const values = info?.values ?? (info?.types.includes('Bool') === true ? ['true', 'false'] : [])
  return values.map((value) => ({ value, name: value, what: '' }))
}

function pairsAsked(answer: Answer, nameOf: (key: string) => string | undefined): readonly Choice[] {
  const pairs = new Set<string>()
  for (const { test, values } of testsOf(answer)) {
    const name = nameOf(test.key)
    if (name === undefined || test.base === 'Null' || OWN.has(test.key.toLowerCase())) continue
    for (const value of values) pairs.add(`${name} = ${value}`)
  }
  return [...pairs].map((value) => ({ value, name: value, what: ASKED }))
}

/** The change that a typed or chosen text makes of a row; a sentence where it makes none. */
export function editOf(row: RequestRow, text: string): Edit | string {
  const value = text.trim()
  switch (row.part) {
    case 'caller':
    case 'action':
    case 'key':
      return value === '' ? `a request has a ${row.label}` : { part: row.part, value }
    case 'address':
    case 'endpoint':
    case 'service':
    case 'time':
      return { part: row.part, value: value === '' ? undefined : value }
    case 'context':
    case 'condition':
      return { part: row.part, name: row.name, value: value === '' ? undefined : value }
    case 'newContext':
    case 'newCondition': {
      const equals = value.indexOf('=')
      if (equals < 1) return 'expected `name = value`'
      const name = value.slice(0, equals).trim()
      const part = row.part === 'newContext' ? 'context' : 'condition'
      return { part, name, value: value.slice(equals + 1).trim() }
    }
    case 'policy':
      return 'a policy is changed in the editor'
  }
}
