/**
 * What would let a denied request in: the advice with its edits, to be copied, written, tried or kept as a test.
 */
import { viewOf, type Door, type ViewKind } from '../../app/view.js'
import { LIST_KEYS } from '../../frame/list.js'
import type { KeyEntry } from '../../keys/key-table.js'
import { savedAnswer } from '../../session/saved-answer.js'
import { drawFix } from './draw-fix.js'
import { hasPatch } from './patch-text.js'
import { adviceOf, reduceFix, startFix, type FixState } from './fix-state.js'

const KEYS: readonly KeyEntry[] = [
  {
    command: 'read',
    keys: ['tab', 'enter'],
    what: 'move the piece itself by lines, or back to the list',
    hint: 'read',
  },
  { command: 'copy', keys: ['y'], what: 'copy it as a patch', hint: 'copy' },
  { command: 'write', keys: ['p'], what: 'write the patch to a file; it asks before', hint: 'write patch' },
  { command: 'expect', keys: ['s'], what: 'save what it is for as a test of `keyward test`', hint: 'save as test' },
  { command: 'try', keys: ['t'], what: 'try its changes of the request in what if', hint: 'try' },
  ...LIST_KEYS,
]

const OF_ADVICE: ReadonlySet<string> = new Set(['read', 'copy', 'write', 'expect', 'try'])

const fixKind: ViewKind<FixState> = {
  id: 'fix',
  keys: KEYS,
  title: () => 'fix',
  can: (state, command) => {
    const advice = adviceOf(state)[state.list.cursor]
    if (!OF_ADVICE.has(command)) return true
    if (advice === undefined) return false
    if (command === 'write') return hasPatch(advice)
    return command !== 'try' || advice.steps.some(({ condition }) => condition !== null)
  },
  reduce: reduceFix,
  draw: drawFix,
  subject: ({ answer }) => answer,
  save: ({ answer }) => savedAnswer(answer),
  escape: (state) => (state.isReading ? { state: { ...state, isReading: false, scroll: 0 } } : undefined),
}

export const fixDoor: Door = {
  entry: { command: 'fix', keys: ['f'], what: 'what would let this request in, cheapest first', hint: 'fix' },
  open: (subject) => viewOf(fixKind, startFix(subject)),
}
