/**
 * A request changed in place, and what becomes of the verdict.
 */
import { viewOf, type Door, type Env, type Restorer, type View, type ViewKind } from '../../app/view.js'
import { LIST_KEYS } from '../../frame/list.js'
import { INPUT_KEYS } from '../../frame/text-input.js'
import type { KeyEntry } from '../../keys/key-table.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import { scenarioOf, type Scenario } from './scenario.js'
import { restoredAnswer, savedAnswer } from '../../session/saved-answer.js'
import { drawWhatIf } from './draw-what-if.js'
import { changedTo, leaveTyping, reduceWhatIf, startWhatIf, type WhatIfState } from './what-if-state.js'

const KEYS: readonly KeyEntry[] = [
  {
    command: 'change',
    keys: ['enter'],
    what: 'change this part of the request, a policy in the editor; while typing: take it',
    hint: 'change',
    whileTyping: true,
  },
  { command: 'undo', keys: ['u'], what: 'take the last change back', hint: 'undo' },
  { command: 'redo', keys: ['r', 'ctrl+r'], what: 'make it again', hint: 'redo' },
  { command: 'remove', keys: ['x'], what: 'without this part; a policy as its file has it', hint: 'without' },
  { command: 'reset', keys: ['R'], what: 'the request as it was at first', hint: 'reset' },
  { command: 'rebase', keys: ['B'], what: 'compare with the request as it is now' },
  ...INPUT_KEYS,
  ...LIST_KEYS,
]

const TYPING: ReadonlySet<string> = new Set(INPUT_KEYS.map(({ command }) => command))

const whatIfKind: ViewKind<WhatIfState> = {
  id: 'whatIf',
  keys: KEYS,
  title: () => 'what if',
  isTyping: ({ typing }) => typing !== undefined,
  can: ({ typing, past, future, present, before, rows, list }, command) => {
    if (command === 'remove') return rows[list.cursor]?.value !== undefined
    if (TYPING.has(command)) return typing !== undefined
    if (command === 'undo') return past.length > 0
    if (command === 'redo') return future.length > 0
    return command !== 'reset' && command !== 'rebase' ? true : present !== before
  },
  reduce: reduceWhatIf,
  draw: drawWhatIf,
  subject: ({ last }) => last,
  escape: leaveTyping,
  save: saved,
}

/** Changed policies and tags are changes of the world, which a session file does not hold: then what it began with. */
function saved({ before, present }: WhatIfState): unknown {
  if (!before.answer.ok || before.changed !== undefined) return undefined
  const from = savedAnswer(before.answer.value)
  const isKept = present.answer.ok && present.changed === undefined && present !== before
  return { before: from, ...(isKept ? { present: savedAnswer(present.answer.value) } : {}) }
}

/** Of a session file, of which nothing is trusted. */
export const whatIfRestorer: Restorer = {
  id: 'whatIf',
  restore(state, env) {
    if (typeof state !== 'object' || state === null) return undefined
    const before = restoredAnswer(Reflect.get(state, 'before'), env.asking)
    if (before === undefined) return undefined
    const present = restoredAnswer(Reflect.get(state, 'present'), env.asking)
    return present === undefined
      ? viewOf(whatIfKind, startWhatIf(before))
      : whatIfView(before, scenarioOf(present), env)
  },
}

/** The view with a change made already, to be undone. */
export function whatIfView(answer: Answer, scenario: Scenario, env: Env): View {
  const state = startWhatIf(answer)
  return viewOf(
    whatIfKind,
    scenario.changed === undefined && scenario.question === answer.question ? state : changedTo(state, scenario, env),
  )
}

export const whatIfDoor: Door = {
  entry: {
    command: 'whatIf',
    keys: ['w'],
    what: 'change the request, see what becomes of the verdict',
    hint: 'what if',
  },
  open: (subject) => viewOf(whatIfKind, startWhatIf(subject)),
}
