/**
 * What if: a request that is changed in place, with everything that was before, to be undone.
 *
 * A pure reducer; `draw-what-if.ts` draws it. While something is typed the answer is that of what is typed.
 */
import type { Action, Env, Reply, Step } from '../../app/view.js'
import { Finder } from '../../frame/find.js'
import { AT_FIRST, listAt, moveInList, type ListRoom, type ListState } from '../../frame/list.js'
import { typeInto } from '../../frame/text-input.js'
import { isAllowed, type Answer } from '../../../source/answer/answer-question.js'
import { editableText, readEdited } from './changed-world.js'
import { choicesFor, editOf, requestRows, type Choice, type RequestRow } from './request-rows.js'
import { edited, scenarioOf, type Edit, type Scenario } from './scenario.js'
import { whatIfLayout } from './what-if-layout.js'
import { tagOf } from './without-tags.js'

export interface WhatIfState {
  /** What it is compared with. */
  readonly before: Scenario
  /** Of every step, the first first; the present is not among them. */
  readonly past: readonly Scenario[]
  readonly present: Scenario
  /** Undone, the next first. */
  readonly future: readonly Scenario[]
  /** The last that there was: what cannot be asked has none. */
  readonly last: Answer
  /** The check of the call that is told. */
  readonly told: number
  readonly rows: readonly RequestRow[]
  /** Of what it is compared with. */
  readonly rowsBefore: readonly RequestRow[]
  readonly list: ListState
  readonly typing: Typing | undefined
  /** Texts of policies that could not be read, by row: they are not lost. */
  readonly drafts: ReadonlyMap<string, { readonly text: string; readonly problem: string }>
}

export interface Typing {
  readonly row: RequestRow
  readonly text: string
  /** Nothing has been typed yet: the first letter takes the place of what stands there. */
  readonly isUntouched: boolean
  readonly choices: readonly Choice[]
  readonly finder: Finder
  readonly found: readonly number[]
  readonly list: ListState
  /** What comes of it; undefined while that is no request. */
  readonly preview: Scenario | undefined
  readonly problem: string | undefined
}

export function startWhatIf(answer: Answer): WhatIfState {
  const present = scenarioOf(answer)
  const { told } = answer
  const rows = requestRows(present, answer, told)
  return {
    before: present,
    past: [],
    present,
    future: [],
    last: answer,
    told,
    rows,
    rowsBefore: rows,
    list: AT_FIRST,
    typing: undefined,
    drafts: new Map(),
  }
}

/** What is shown now: while something is typed, that. */
export function shownScenario({ typing, present }: WhatIfState): Scenario {
  return typing?.preview ?? present
}

/** Lines above the choices: the row that is typed into, and what is wrong with it. */
export const TYPING_ROWS = 2

function roomOf({ rows, typing }: WhatIfState, env: Env): ListRoom {
  const area = whatIfLayout(env).request
  return typing === undefined
    ? { count: rows.length, rows: area.rows }
    : { count: countOf(typing), rows: Math.max(area.rows - TYPING_ROWS, 1) }
}

/** A text that stands for itself is the first of what can be chosen. */
export function isFree({ row }: Pick<Typing, 'row'>): boolean {
  return row.part !== 'caller' && row.part !== 'action' && row.part !== 'key'
}

export function countOf(typing: Typing): number {
  return typing.found.length + (isFree(typing) ? 1 : 0)
}

/** Undefined: the typed text itself. */
export function choiceAt({ choices, found, ...typing }: Typing, index: number): Choice | undefined {
  const place = isFree(typing) ? index - 1 : index
  return choices[found[place] ?? -1]
}

// ----------------------------------------------------------------------------------------------------------- reducer

const EDIT_TAG = 'edit.'

export function reduceWhatIf(state: WhatIfState, action: Action, env: Env): Step<WhatIfState> {
  if (action.kind === 'reply') return replied(state, action.reply, env)
  if (action.kind === 'resize') {
    const room = roomOf({ ...state, typing: undefined }, env)
    return { state: { ...state, list: listAt(state.list, state.list.cursor, room) } }
  }
  if (state.typing !== undefined) return typed(state, state.typing, action, env)
  const { request } = whatIfLayout(env)
  if (action.kind === 'click' && action.column >= request.columns) return { state }
  const inList = action.kind === 'click' ? { ...action, row: action.row - request.top } : action
  const list = moveInList(state.list, inList, roomOf(state, env))
  if (list !== undefined) return { state: { ...state, list } }
  return action.kind === 'command' ? commanded(state, action.command, env) : { state }
}

function commanded(state: WhatIfState, command: string, env: Env): Step<WhatIfState> {
  const row = state.rows[state.list.cursor]
  switch (command) {
    case 'change':
      return row === undefined ? { state } : changing(state, row, env)
    case 'remove':
      return row === undefined ? { state } : removed(state, row, env)
    case 'undo': {
      const before = state.past.at(-1)
      if (before === undefined) return { state, say: 'there is nothing to undo' }
      const past = state.past.slice(0, -1)
      return { state: at({ ...state, past, future: [state.present, ...state.future] }, before, env) }
    }
    case 'redo': {
      const [next, ...future] = state.future
      if (next === undefined) return { state, say: 'there is nothing to redo' }
      return { state: at({ ...state, past: [...state.past, state.present], future }, next, env) }
    }
    case 'reset':
      return state.present === state.before ? { state } : { state: changedTo(state, state.before, env) }
    case 'rebase':
      return {
        state: { ...state, before: state.present, rowsBefore: state.rows },
        say: 'compared with this from now on',
      }
    default:
      return { state }
  }
}

/** Enough to go back an afternoon. */
const MAX_PAST = 200

export function changedTo(state: WhatIfState, next: Scenario, env: Env): WhatIfState {
  const past = [...state.past, state.present].slice(-MAX_PAST)
  return at({ ...state, past, future: [], typing: undefined }, next, env)
}

/** The scenario takes the place of the present one; the cursor stays on its row. */
function at(state: WhatIfState, present: Scenario, env: Env): WhatIfState {
  const last = present.answer.ok ? present.answer.value : state.last
  const told = Math.min(state.told, Math.max(present.question.checks.length - 1, 0))
  const rows = requestRows(present, last, told)
  const id = state.rows[state.list.cursor]?.id
  const same = rows.findIndex((row) => row.id === id)
  const next = { ...state, present, last, told, rows, typing: undefined }
  return { ...next, list: listAt(state.list, same < 0 ? state.list.cursor : same, roomOf(next, env)) }
}

function apply(state: WhatIfState, edit: Edit, env: Env): Step<WhatIfState> {
  const next = edited(state.present, edit, state.told, env.asking)
  if (!next.ok) return { state, say: next.error }
  if (!next.value.answer.ok) return { state, say: next.value.answer.error }
  return { state: changedTo(state, next.value, env) }
}

function removed(state: WhatIfState, row: RequestRow, env: Env): Step<WhatIfState> {
  if (row.part === 'policy') return unchangedPolicy(state, row, env)
  if (row.part === 'condition' && row.isDerived && tagOf(row.name) !== undefined) {
    return apply(state, { part: 'tag', name: row.name }, env)
  }
  if (row.part === 'condition' && row.isDerived) {
    return { state, say: 'this follows from the caller, the key or the world; another value can be given' }
  }
  if (row.value === undefined) return { state, say: 'the request does not have it' }
  const edit = editOf(row, '')
  return typeof edit === 'string' ? { state, say: edit } : apply(state, edit, env)
}

/** Back to the text of the file. */
function unchangedPolicy(
  state: WhatIfState,
  { id, policyId }: Extract<RequestRow, { readonly part: 'policy' }>,
  env: Env,
): Step<WhatIfState> {
  const next = withoutDraft(state, id)
  if (policyId !== undefined && state.present.policies.has(policyId)) {
    return apply(next, { part: 'policy', id: policyId, document: undefined }, env)
  }
  return next === state ? { state, say: 'its text is that of the file' } : { state: next, say: 'the draft is gone' }
}

// ------------------------------------------------------------------------------------------------------------- typing

const finders = new WeakMap<readonly Choice[], Finder>()

function finderOf(choices: readonly Choice[]): Finder {
  let finder = finders.get(choices)
  if (finder === undefined) {
    finder = new Finder(choices.map(({ name, what }) => `${name} ${what}`))
    finders.set(choices, finder)
  }
  return finder
}

function changing(state: WhatIfState, row: RequestRow, env: Env): Step<WhatIfState> {
  if (row.part === 'policy') return opened(state, row)
  const choices = choicesFor(row, state.last, env.asking.world)
  const finder = finderOf(choices)
  const text = row.value ?? ''
  const found = finder.find('')
  const cursor = isFree({ row }) ? 0 : choices.findIndex(({ value }) => value === row.value)
  const typing: Typing = {
    row,
    text,
    isUntouched: true,
    choices,
    finder,
    found,
    list: { cursor: Math.max(cursor, 0), top: 0 },
    preview: undefined,
    problem: undefined,
  }
  const next = { ...state, typing }
  return { state: { ...next, typing: { ...typing, list: listAt(typing.list, typing.list.cursor, roomOf(next, env)) } } }
}

function typed(state: WhatIfState, typing: Typing, action: Action, env: Env): Step<WhatIfState> {
  // What stands there is no search, and nobody types behind an ARN.
  const isSearch = typing.isUntouched && (!isFree(typing) || action.kind === 'text')
  const text = typeInto(isSearch ? '' : typing.text, action)
  if (text !== undefined) {
    const found = typing.finder.find(text)
    return { state: previewed(state, { ...typing, text, isUntouched: false, found, list: AT_FIRST }, env) }
  }
  const area = whatIfLayout(env).request
  const inList = action.kind === 'click' ? { ...action, row: action.row - area.top - TYPING_ROWS } : action
  const list = moveInList(typing.list, inList, roomOf(state, env))
  if (list !== undefined) return { state: previewed(state, { ...typing, list }, env) }
  if (action.kind !== 'command' || action.command !== 'change') return { state }
  const now = previewed(state, typing, env)
  const { preview, problem } = now.typing ?? typing
  if (preview === undefined) return { state: now, say: problem ?? 'nothing here has this name' }
  if (!preview.answer.ok) return { state: now, say: preview.answer.error }
  return { state: changedTo(now, preview, env) }
}

function previewed(state: WhatIfState, typing: Typing, { asking }: Env): WhatIfState {
  const choice = choiceAt(typing, typing.list.cursor)
  const isOwn = choice === undefined && (isFree(typing) || typing.text.startsWith('arn:'))
  const text = choice?.value ?? (isOwn ? typing.text : undefined)
  if (text === undefined) return { ...state, typing: { ...typing, preview: undefined, problem: undefined } }
  const edit = editOf(typing.row, text)
  const made =
    typeof edit === 'string' ? { ok: false as const, error: edit } : edited(state.present, edit, state.told, asking)
  const next = made.ok ? { preview: made.value, problem: undefined } : { preview: undefined, problem: made.error }
  return { ...state, typing: { ...typing, ...next } }
}

export function leaveTyping(state: WhatIfState): Step<WhatIfState> | undefined {
  return state.typing === undefined ? undefined : { state: { ...state, typing: undefined } }
}

// ------------------------------------------------------------------------------------------------------------- policies

function opened(state: WhatIfState, row: Extract<RequestRow, { readonly part: 'policy' }>): Step<WhatIfState> {
  if (row.policyId === undefined) {
    return { state, say: 'this policy stands in no file of the world, so its text cannot be changed here' }
  }
  const text = state.drafts.get(row.id)?.text ?? editableText(row.document)
  const name = `${row.label.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 60)}.json`
  return { state, effects: [{ kind: 'edit', tag: `${EDIT_TAG}${row.id}`, name, text }] }
}

function replied(state: WhatIfState, reply: Reply, env: Env): Step<WhatIfState> {
  if (reply.kind === 'failed') return { state, say: reply.message }
  if (reply.kind !== 'edited') return { state }
  const row = state.rows.find(({ id }) => `${EDIT_TAG}${id}` === reply.tag)
  if (row?.part !== 'policy' || row.policyId === undefined) return { state }
  if (reply.text === editableText(row.document))
    return { state: withoutDraft(state, row.id), say: 'the text is as it was' }
  const read = readEdited(reply.text, row.document)
  if (!read.ok) {
    const drafts = new Map(state.drafts).set(row.id, { text: reply.text, problem: read.error })
    return { state: { ...state, drafts }, say: `not taken, ${read.error}; Enter goes on with this text` }
  }
  const step = apply(withoutDraft(state, row.id), { part: 'policy', id: row.policyId, document: read.value }, env)
  return { ...step, say: step.say ?? 'the verdict is that of the new text; no file was changed' }
}

function withoutDraft(state: WhatIfState, id: string): WhatIfState {
  if (!state.drafts.has(id)) return state
  const drafts = new Map(state.drafts)
  drafts.delete(id)
  return { ...state, drafts }
}

export function isGiven({ answer }: Scenario): boolean {
  return answer.ok && isAllowed(answer.value)
}
