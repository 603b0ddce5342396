/**
 * Who can do something with which keys: a matrix of callers and keys, each cell with a verdict.
 */
import { viewOf, type Destination, type Door, type Env, type View, type ViewKind } from '../../app/view.js'
import { LIST_KEYS } from '../../frame/list.js'
import { INPUT_KEYS } from '../../frame/text-input.js'
import type { KeyEntry } from '../../keys/key-table.js'
import { actionByName } from '../../../aws/action.js'
import { callerEntryArn } from '../../../decide/resolve.js'
import { drawMatrix } from './draw-matrix.js'
import { escapeMatrix, reduceMatrix, startMatrix, type MatrixStart, type MatrixState } from './matrix-state.js'

const KEYS: readonly KeyEntry[] = [
  { command: 'explain', keys: ['enter'], what: 'why? the verdict on this cell', hint: 'why?', whileTyping: true },
  { command: 'filter', keys: ['/'], what: 'filter the callers; Tab: the keys', hint: 'filter' },
  { command: 'action', keys: ['a'], what: 'ask about another action', hint: 'action' },
  { command: 'sort', keys: ['s'], what: 'by name, by account, by the verdict on this key', hint: 'sort' },
  { command: 'dense', keys: ['z'], what: 'more keys side by side, or their names and words', hint: 'dense' },
  {
    command: 'statements',
    keys: ['p'],
    what: 'the statements that bear on this cell, and which change nothing',
    hint: 'statements',
  },
  { command: 'grants', keys: ['n'], what: 'the grants of this key', hint: 'grants' },
  { command: 'right', keys: ['right', 'l'], what: 'to the next key' },
  { command: 'left', keys: ['left', 'h'], what: 'to the key before' },
  { command: 'pageRight', keys: ['L', 'shift+right'], what: 'a page of keys to the right' },
  { command: 'pageLeft', keys: ['H', 'shift+left'], what: 'a page of keys to the left' },
  {
    command: 'otherFilter',
    keys: ['tab'],
    what: 'filter the keys, or the callers again',
    hint: 'the other',
    whileTyping: true,
  },
  { command: 'copy', keys: ['y'], what: 'copy caller, action and key' },
  ...INPUT_KEYS,
  ...LIST_KEYS,
]

const WHILE_FILTERING: ReadonlySet<string> = new Set(['otherFilter', ...INPUT_KEYS.map(({ command }) => command)])

const whoCanKind: ViewKind<MatrixState> = {
  id: 'whoCan',
  keys: KEYS,
  title: ({ action }) => `who can ${action.replace(/^kms:/, '')}`,
  isTyping: ({ filtering }) => filtering !== undefined,
  can: ({ filtering }, command) => filtering !== undefined || !WHILE_FILTERING.has(command),
  reduce: reduceMatrix,
  draw: drawMatrix,
  escape: escapeMatrix,
  save: ({ action, list, across, callers, keys }) => ({
    action,
    caller: callers[list.cursor] ?? null,
    key: keys[across.cursor] ?? null,
  }),
}

function openWhoCan(start: MatrixStart, env: Env): View {
  return viewOf(whoCanKind, startMatrix(start, env))
}

export const whoCanDestination: Destination = {
  label: 'view',
  name: 'who can',
  what: 'callers and keys, each cell with a verdict',
  open: (env) => openWhoCan({}, env),
}

export const whoCanDoor: Door = {
  entry: { command: 'whoCan', keys: ['c'], what: 'who else can do this, and with which keys', hint: 'who can' },
  open: ({ trace: { call } }, env) => {
    const { arn } = call.resource
    const start = { action: call.action, caller: callerEntryArn(call.subject.caller) }
    return openWhoCan(arn === undefined ? start : { ...start, key: arn }, env)
  },
}

/** Of a session file, of which nothing is trusted. */
export const whoCanRestorer = {
  id: 'whoCan',
  restore(saved: unknown, env: Env): View | undefined {
    if (typeof saved !== 'object' || saved === null) return undefined
    const text = (name: string): string | undefined => {
      const value: unknown = Reflect.get(saved, name)
      return typeof value === 'string' ? value : undefined
    }
    const [action, caller, key] = [text('action'), text('caller'), text('key')]
    if (action !== undefined && actionByName(action)?.name !== action) return undefined
    return openWhoCan(
      {
        ...(action === undefined ? {} : { action }),
        ...(caller === undefined ? {} : { caller }),
        ...(key === undefined ? {} : { key }),
      },
      env,
    )
  },
}
