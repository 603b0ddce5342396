/**
 * What would let a request in, cheapest first: searched for while the view is open already, and for each piece what else
 * it would open.
 *
 * A pure reducer; `draw-fix.ts` draws it.
 */
import type { Action, Effect, Env, Reply, Step } from '../../app/view.js'
import { AT_FIRST, listAt, moveInList, type ListState } from '../../frame/list.js'
import { shortKey, shortPrincipal } from '../../world/short-names.js'
import type { Advice, Advised } from '../../../explain/advice/advise.js'
import { OPENS_BUDGET, type Opened } from '../../../explain/advice/opens.js'
import { adviseOnAnswer } from '../../../source/answer/advise-in-world.js'
import { isAllowed, type Answer } from '../../../source/answer/answer-question.js'
import { fileStem } from '../graph/exports.js'
import { saveAsView } from '../save-as.js'
import { edited, scenarioOf, type Edit, type Scenario } from '../what-if/scenario.js'
import { whatIfView } from '../what-if/what-if-view.js'
import { adviceLines, type KnownOpened } from './advice-lines.js'
import { expectationText } from './expectation.js'
import { fixLayout } from './fix-layout.js'
import { hasPatch, patchText } from './patch-text.js'

export interface FixState {
  readonly answer: Answer
  /** `failed`: one sentence. */
  readonly search:
    | { readonly phase: 'waiting' | 'searching' | 'none' }
    | { readonly phase: 'failed'; readonly why: string }
    | { readonly phase: 'found'; readonly advised: Advised }
  /** By place; what is not there is not known yet. */
  readonly opened: ReadonlyMap<number, KnownOpened>
  readonly list: ListState
  /** The piece itself has the keys, and is moved by lines. */
  readonly isReading: boolean
  readonly scroll: number
}

export function startFix(answer: Answer): FixState {
  const phase = isAllowed(answer) ? 'none' : 'waiting'
  return { answer, search: { phase }, opened: new Map(), list: AT_FIRST, isReading: false, scroll: 0 }
}

export function adviceOf({ search }: Pick<FixState, 'search'>): readonly Advice[] {
  return search.phase === 'found' ? search.advised.advice : []
}

// ----------------------------------------------------------------------------------------------------------- reducer

const ADVISE = 'advise'
const OPENS = 'opens.'

export function reduceFix(state: FixState, action: Action, env: Env): Step<FixState> {
  if (action.kind === 'reply') return replied(state, action.reply, env)
  if (action.kind === 'resize') {
    if (state.search.phase !== 'waiting')
      return { state: { ...state, list: moved(state, state.list.cursor, env), scroll: 0 } }
    const { answer } = state
    return { state: { ...state, search: { phase: 'searching' } }, effects: [searching(answer)] }
  }
  const layout = fixLayout(env, adviceOf(state).length)
  const isInList =
    action.kind !== 'click' || (action.row < layout.list.top + layout.list.rows && action.column < layout.list.columns)
  if (!state.isReading || action.kind === 'click') {
    const inList = action.kind === 'click' ? { ...action, row: action.row - layout.list.top } : action
    const room = { count: adviceOf(state).length, rows: layout.list.rows }
    const list = isInList ? moveInList(state.list, inList, room) : undefined
    if (list !== undefined) return { state: { ...state, list, scroll: 0, isReading: false } }
  } else {
    const scroll = scrolled(state, action, env)
    if (scroll !== undefined) return { state: { ...state, scroll } }
  }
  return action.kind === 'command' ? commanded(state, action.command, env) : { state }
}

function moved({ list, search }: FixState, cursor: number, env: Env): ListState {
  const { length } = adviceOf({ search })
  return listAt(list, cursor, { count: length, rows: fixLayout(env, length).list.rows })
}

function scrolled(state: FixState, action: Action, env: Env): number | undefined {
  const { detail } = fixLayout(env, adviceOf(state).length)
  const { cursor } = state.list
  const advice = adviceOf(state)[cursor]
  if (advice === undefined) return undefined
  const count = adviceLines(advice, state.opened.get(cursor), detail.columns, env.glyphs).length
  // The same moves as in a list of which the last line in view is selected.
  const room = { count: Math.max(count - detail.rows, 0) + 1, rows: 1 }
  return moveInList({ cursor: state.scroll, top: state.scroll }, action, room)?.cursor
}

function commanded(state: FixState, command: string, env: Env): Step<FixState> {
  const advice = adviceOf(state)[state.list.cursor]
  if (advice === undefined) return { state }
  switch (command) {
    case 'read':
      return { state: { ...state, isReading: !state.isReading, scroll: 0 } }
    case 'copy':
      return copied(state, advice)
    case 'write': {
      const toSave = { what: 'the patch', path: `${stem(state, env)}.patch`, make: () => ({ text: patchText(advice) }) }
      return { state, go: { to: 'view', view: saveAsView(toSave) } }
    }
    case 'expect':
      return saved(state, advice, env)
    case 'try':
      return tried(state, advice, env)
    default:
      return { state }
  }
}

function copied(state: FixState, advice: Advice): Step<FixState> {
  const isPatch = hasPatch(advice)
  const [only] = advice.steps
  const isCommand = only?.edit?.kind === 'command' && advice.steps.length === 1
  const text = isCommand && only.edit.kind === 'command' ? only.edit.command : patchText(advice)
  const what = isPatch ? 'the patch' : isCommand ? 'the command' : 'what is to be done'
  return { state, effects: [{ kind: 'copy', text, what }] }
}

function stem({ answer }: FixState, { asking }: Env): string {
  return `fix-${fileStem(answer, asking.world)}`.replace('fix-denied-', 'fix-')
}

function saved(state: FixState, advice: Advice, env: Env): Step<FixState> {
  const { asking } = env
  const scenario = withRequestSteps(state.answer, advice, env)
  const check = scenario.question.checks[state.answer.told]
  if (check === undefined) return { state, say: 'this request cannot be said in a test' }
  const { principal, action, resource = null } = check
  const name = `${shortPrincipal(principal)} may ${action} on ${shortKey(resource, asking.world)}`
  const steps = advice.steps.map(({ sentence }) => sentence)
  const view = saveAsView({
    what: 'the expectation',
    path: `${stem(state, env)}.keyward-test.yaml`,
    make: (path) => ({ text: expectationText({ name, check, steps }, asking.name, path) }),
  })
  return { state, go: { to: 'view', view } }
}

function tried(state: FixState, advice: Advice, env: Env): Step<FixState> {
  const edits = advice.steps.filter(({ condition }) => condition !== null)
  const scenario = withRequestSteps(state.answer, advice, env)
  const view = whatIfView(state.answer, scenario, env)
  const isPart = edits.length < advice.steps.length
  return {
    state,
    go: { to: 'view', view },
    ...(isPart ? { say: 'only the changes of the request are made here' } : {}),
  }
}

/** The request with the values that the advice gives it; its edits of policies are not made. */
function withRequestSteps(answer: Answer, { steps }: Pick<Advice, 'steps'>, { asking }: Pick<Env, 'asking'>): Scenario {
  let scenario = scenarioOf(answer)
  for (const { condition } of steps) {
    const edit = requestEdit(condition)
    const made = edit === undefined ? undefined : edited(scenario, edit, answer.told, asking)
    if (made?.ok === true) scenario = made.value
  }
  return scenario
}

const CONTEXT = 'kms:encryptioncontext:'
const OWN: Readonly<Record<string, 'endpoint' | 'service' | 'time' | 'address'>> = {
  'aws:sourcevpce': 'endpoint',
  'kms:viaservice': 'service',
  'aws:currenttime': 'time',
  'aws:sourceip': 'address',
}

function requestEdit(condition: Advice['steps'][number]['condition']): Edit | undefined {
  if (condition === null) return undefined
  const { key: name, value: given } = condition
  const value = given === null ? undefined : typeof given === 'string' ? given : given.join(',')
  if (name.toLowerCase().startsWith(CONTEXT)) return { part: 'context', name: name.slice(CONTEXT.length), value }
  const own = OWN[name.toLowerCase()]
  return own === undefined ? { part: 'condition', name, value } : { part: own, value }
}

// --------------------------------------------------------------------------------------------------------------- work

function searching(answer: Answer): Effect {
  return {
    kind: 'work',
    tag: ADVISE,
    *work() {
      // The frame that says so comes first.
      yield
      return adviseOnAnswer(answer)
    },
  }
}

function opening(advice: Advice, index: number): Effect {
  return {
    kind: 'work',
    tag: `${OPENS}${index}`,
    *work() {
      yield
      return advice.opens({ budget: OPENS_BUDGET }) ?? 'nothing'
    },
  }
}

function replied(state: FixState, reply: Reply, env: Env): Step<FixState> {
  if (reply.kind === 'failed' || reply.kind === 'done') {
    if (reply.tag === ADVISE) {
      if (reply.kind === 'failed') return { state: { ...state, search: { phase: 'failed', why: reply.message } } }
      // It is what the work of this tag returns.
      const advised = reply.value as Advised
      const next: FixState = { ...state, search: { phase: 'found', advised } }
      return { state: { ...next, list: moved(next, 0, env) }, effects: nextOpening(next) }
    }
    if (reply.tag.startsWith(OPENS)) {
      const index = Number(reply.tag.slice(OPENS.length))
      // As above.
      const value = reply.kind === 'failed' ? 'failed' : (reply.value as Opened | 'nothing')
      const next = { ...state, opened: new Map(state.opened).set(index, value) }
      return { state: next, effects: nextOpening(next) }
    }
  }
  return { state }
}

/** One after the other, in their order. */
function nextOpening(state: FixState): readonly Effect[] {
  const all = adviceOf(state)
  const index = all.findIndex((_, place) => !state.opened.has(place))
  const advice = all[index]
  return advice === undefined ? [] : [opening(advice, index)]
}
