/**
 * The answer either way: what a decision comes to while condition keys of the request are not known, and on which
 * statements it hangs then.
 *
 * A decision takes an unknown key as absent. Where that makes no difference the answer is certain; where it does, the
 * conditions that ask about the keys are put in words. Claims nothing about which value is likely.
 */
import { possibilities, type OpenTest, type PossibleWay } from '../../decide/possible.js'
import { trace as traceCall, type ConditionTrace, type PolicyTrace, type Trace } from '../../decide/trace.js'
import { testWords } from '../../explain/condition-words.js'
import { listed, placedName, quoted, shortened } from '../../explain/names.js'
import { placeOf, type Place } from '../../explain/place.js'
import { layerTrace, statementsOf, type PlacedStatement } from '../../explain/reference.js'
import { grantName } from '../../explain/statement-words.js'
import { GrantSet, type Grant } from '../../graph/grant.js'
import type { Effect } from '../../policy/document.js'
import { shownSource } from '../world/policy-text.js'

export interface EitherWay {
  /** `depends`: allow and deny are both possible. */
  readonly answer: 'allow' | 'deny' | 'depends'
  /** The statements that could turn the answer; empty where it is certain. */
  readonly dependsOn: readonly OpenStatement[]
}

/** A statement or a grant that applies or not by what nobody knows. */
export interface OpenStatement {
  readonly name: string
  readonly effect: Effect
  /** A clause: `kms:ViaService is "s3.us-east-1.amazonaws.com"`. */
  readonly when: string
  readonly keys: readonly UnknownKey[]
  readonly place: Place | null
}

export interface UnknownKey {
  readonly key: string
  /** Why it is not known. */
  readonly why: string
}

/** Why something of a request is not known; undefined where it is. */
export interface Unknowns {
  readonly conditionKey: (key: string) => string | undefined
  readonly grantTokens: string | undefined
}

export function eitherWay(trace: Trace, unknowns: Unknowns): EitherWay {
  const byKeys = byConditionKeys(trace, unknowns.conditionKey)
  if (trace.outcome.decision !== 'implicitDeny') return byKeys
  const grants = openGrants(trace, unknowns)
  return grants.length === 0 ? byKeys : { answer: 'depends', dependsOn: [...byKeys.dependsOn, ...grants] }
}

function byConditionKeys(trace: Trace, whyUnknown: (key: string) => string | undefined): EitherWay {
  const { call, outcome } = trace
  const { tables } = call.subject
  const unknown: string[] = []
  for (let slot = 0; slot < tables.slotCount; slot++) {
    const key = tables.slotName(slot)
    if (call.values[slot] === undefined && whyUnknown(key) !== undefined) unknown.push(key)
  }
  const isAllowed = outcome.decision === 'allow'
  const answer = isAllowed ? 'allow' : 'deny'
  if (unknown.length === 0) return { answer, dependsOn: [] }
  const { ways, complete } = possibilities(call, unknown)
  const opposite = ways.filter((way) => (way.outcome.decision === 'allow') !== isAllowed)
  // Ways beyond those that are listed may lead anywhere.
  if (opposite.length === 0 && complete) return { answer, dependsOn: [] }
  const keys = keysThatTurn(opposite)
  const open = openStatements(trace, new Set(unknown), keys)
  return { answer: 'depends', dependsOn: open.map((each) => openStatement(trace, each, whyUnknown)) }
}

/** Of a call with several checks, all of which must allow. */
export function allOf(answers: readonly EitherWay[]): EitherWay {
  if (answers.some(({ answer }) => answer === 'deny')) return { answer: 'deny', dependsOn: [] }
  const dependsOn = answers.flatMap((each) => each.dependsOn)
  return { answer: answers.some(({ answer }) => answer === 'depends') ? 'depends' : 'allow', dependsOn }
}

/** A sentence for who reads no more than that; empty where the answer is certain. */
export function dependsSentence(isAllowed: boolean, { answer, dependsOn }: EitherWay): string {
  if (answer !== 'depends') return ''
  const turned = isAllowed ? 'denied' : 'allowed'
  const keys = [...new Set(dependsOn.flatMap((open) => open.keys.map(({ key }) => key)))]
  const on = keys.length === 0 ? 'the variables of a Resource' : listed(keys, 'and')
  return ` It could also be ${turned}: that hangs on what is not known, ${on}.`
}

// ----------------------------------------------------------------------------------------------- what turns the answer

/** The keys of the simplest ways to the opposite answer: of two ways of which one asks for more, only the other. */
function keysThatTurn(ways: readonly PossibleWay[]): ReadonlySet<string> {
  const turns = ways.map(({ when }) => when.filter(isTurn))
  const names = turns.map((tests) => new Set(tests.map(nameOf)))
  const simplest = turns.filter((_, index) => {
    const own = names[index]!
    return !names.some(
      (other, at) => at !== index && other.size < own.size && [...other].every((name) => own.has(name)),
    )
  })
  return new Set(simplest.flat().flatMap(({ key }) => (key === undefined ? [] : [key])))
}

/** An absent key makes every test false save the one for absence, so this is what a key that is there would change. */
function isTurn({ operator, holds }: OpenTest): boolean {
  return operator === 'Null' ? !holds : holds
}

function nameOf({ key, operator, values }: OpenTest): string {
  return JSON.stringify([key ?? null, operator ?? null, values])
}

interface Open {
  readonly placed: PlacedStatement
  readonly tests: readonly ConditionTrace[]
}

/** The statements that hang on nothing but unknown keys, one of which can turn the answer. */
function openStatements(trace: Trace, unknown: ReadonlySet<string>, keys: ReadonlySet<string>): readonly Open[] {
  return trace.layers.flatMap((layer) =>
    statementsOf(layer).flatMap((placed): readonly Open[] => {
      const { failed, conditions } = placed.traced
      const tests = conditions.filter(({ test }) => unknown.has(test.key.toLowerCase()))
      const turns = tests.some(({ test }) => keys.has(test.key.toLowerCase()))
      const hangs =
        failed.every((part) => part === 'condition') && conditions.every((each) => each.holds || tests.includes(each))
      return turns && hangs ? [{ placed, tests }] : []
    }),
  )
}

/** Grants that would allow with a token, or with an encryption context, that nobody has told of. */
function openGrants(trace: Trace, { conditionKey, grantTokens }: Unknowns): readonly OpenStatement[] {
  const { call } = trace
  const whyContext = call.encryptionContext === undefined ? conditionKey('kms:EncryptionContextKeys') : undefined
  const open = (layerTrace(trace, 'grant')?.grants ?? []).flatMap(({ grant, miss }): readonly OpenStatement[] => {
    const statement = { name: grantName(grant), effect: 'Allow', place: null } as const
    if (miss === 'notPropagated' && grantTokens !== undefined) {
      const keys = [{ key: 'the grant tokens', why: grantTokens }]
      return turns(trace, grant) ? [{ ...statement, when: 'the request carries its grant token', keys }] : []
    }
    const { encryptionContextEquals, encryptionContextSubset } = grant.constraints ?? {}
    const pairs = encryptionContextEquals ?? encryptionContextSubset
    if (miss !== 'constraint' || whyContext === undefined || pairs === undefined) return []
    const words = listed(
      Object.entries(pairs).map(([key, value]) => `${shortened(key)}=${quoted(value)}`),
      'and',
    )
    const when = `the encryption context ${encryptionContextEquals === undefined ? 'has' : 'is exactly'} ${words}`
    return turns(trace, grant)
      ? [{ ...statement, when, keys: [{ key: 'the encryption context', why: whyContext }] }]
      : []
  })
  return open
}

/** Whether the grant would make the answer an allow if it asked for nothing. */
function turns({ call }: Trace, { constraints: _constraints, ...grant }: Grant): boolean {
  const grants = new GrantSet([{ ...grant, propagated: true }])
  return traceCall({ ...call, grants }).outcome.decision === 'allow'
}

function openStatement(
  trace: Trace,
  { placed: { policy, traced }, tests }: Open,
  whyUnknown: (key: string) => string | undefined,
): OpenStatement {
  const { statement } = traced
  const wanted = tests.map((test) => testWords(test, policy, trace.call.values).wanted)
  const keys = new Map(tests.map(({ test }) => [test.key.toLowerCase(), test.key]))
  return {
    name: placedName(trace, policy, statement),
    effect: statement.effect,
    when: listed(wanted, 'and'),
    keys: [...keys.values()].map((key) => ({ key, why: whyUnknown(key) ?? 'nobody has told it' })),
    place: placeOf(documentShown(policy), { part: 'statement', statement: statement.index }),
  }
}

function documentShown(policy: PolicyTrace): PolicyTrace['document'] {
  const source = shownSource(policy)
  return source === undefined ? policy.document : { ...policy.document, source }
}
