/**
 * The view that says why: one request, decided, layer by layer.
 */
import { viewOf, type Env, type View, type ViewKind } from '../../app/view.js'
import { LIST_KEYS } from '../../frame/list.js'
import type { KeyEntry } from '../../keys/key-table.js'
import { savedQuestion } from '../../session/saved-question.js'
import { shortPrincipal } from '../../world/short-names.js'
import type { Question } from '../../../source/asked/question.js'
import type { Result } from '../../../text/source.js'
import { drawVerdict } from './draw-verdict.js'
import { ladderOf } from './ladder.js'
import { reduceVerdict, RUNG, startVerdict, type VerdictState } from './verdict-state.js'

const KEYS: readonly KeyEntry[] = [
  { command: 'open', keys: ['enter', 'right', 'l'], what: 'open a layer, or the policy of a statement', hint: 'open' },
  { command: 'close', keys: ['left', 'h'], what: 'close the layer' },
  { command: 'nextPane', keys: ['tab'], what: 'to the next pane: layers, policy, notes', hint: 'pane' },
  { command: 'paneBefore', keys: ['shift+tab'], what: 'to the pane before' },
  { command: 'zoom', keys: ['z'], what: 'the policy or the notes on the whole screen, and back' },
  { command: 'decisive', keys: ['d'], what: 'back to what decided' },
  { command: 'openAll', keys: ['a'], what: 'open every layer, or close them all' },
  { command: 'copy', keys: ['y'], what: 'copy the statement, or the summary' },
  ...LIST_KEYS,
]

const verdictKind: ViewKind<VerdictState> = {
  id: 'verdict',
  keys: KEYS,
  title: ({ answer: { explanation } }) =>
    `${explanation.action.replace(/^kms:/, '')} by ${shortPrincipal(explanation.caller)}`,
  reduce: reduceVerdict,
  draw: drawVerdict,
  subject: ({ answer }) => answer,
  escape: (state) =>
    state.isZoomed || state.focus !== 'ladder'
      ? { state: { ...state, isZoomed: false, focus: 'ladder', scroll: 0 } }
      : undefined,
  spots: ({ answer }, { asking }) =>
    ladderOf(answer, asking.world).map(({ id, title, why }) => ({ name: title, what: why, command: `${RUNG}${id}` })),
  save: ({ question }) => savedQuestion(question),
}

/** The error is one sentence. */
export function openVerdict(question: Question, env: Pick<Env, 'asking' | 'columns' | 'rows'>): Result<View, string> {
  const { asking } = env
  const answer = asking.answer(question)
  if (!answer.ok) return { ok: false, error: answer.error.message }
  return { ok: true, value: viewOf(verdictKind, startVerdict(question, answer.value, env)) }
}
