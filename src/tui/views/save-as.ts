/**
 * A text that is to be written to a file: the name is asked for, the text is shown, and nothing is written before the
 * user has said yes. A file that is there already is replaced only when the user says so as well.
 *
 * Knows nothing of what it writes. What takes long is made in slices when it is asked for.
 */
import {
  viewOf,
  type Action,
  type Effect,
  type Env,
  type Reply,
  type Step,
  type View,
  type ViewKind,
} from '../app/view.js'
import { cutLine, NO_LINE, span, wrapText, type Line } from '../frame/span.js'
import { drawInput, INPUT_KEYS, typeInto } from '../frame/text-input.js'
import type { KeyEntry } from '../keys/key-table.js'

export interface ToSave {
  /** What it is, in a few words: `the decision graph as SVG`. */
  readonly what: string
  /** The name that is offered. */
  readonly path: string
  /** The text, which may hang on where it will stand; or the work that makes it. */
  readonly make: (path: string) => { readonly text: string } | { readonly work: () => Generator<void, string> }
}

interface SaveState {
  readonly what: string
  readonly make: ToSave['make']
  readonly path: string
  /** While something is made or written, nothing is typed. */
  readonly phase: 'asking' | 'making' | 'writing'
  /** Made for this path. */
  readonly made: { readonly path: string; readonly text: string } | undefined
  /** Why it could not be written. */
  readonly problem: string | undefined
}

const KEYS: readonly KeyEntry[] = [
  { command: 'save', keys: ['enter'], what: 'write it to this file', hint: 'write', whileTyping: true },
  {
    command: 'replace',
    keys: ['ctrl+r'],
    what: 'write over the file that is there',
    hint: 'replace',
    whileTyping: true,
  },
  ...INPUT_KEYS,
]

const TAG = 'save'
const WRITE = 'save.write'
const OVERWRITE = 'save.overwrite'

const saveKind: ViewKind<SaveState> = {
  id: 'save',
  keys: KEYS,
  title: () => 'save',
  isTyping: ({ phase }) => phase === 'asking',
  can: ({ problem }, command) => command !== 'replace' || problem !== undefined,
  reduce,
  draw,
}

export function saveAsView({ what, path, make }: ToSave): View {
  return viewOf(saveKind, { what, make, path, phase: 'asking', made: undefined, problem: undefined })
}

function reduce(state: SaveState, action: Action): Step<SaveState> {
  if (action.kind === 'reply') return replied(state, action.reply)
  if (state.phase !== 'asking') return { state }
  const path = typeInto(state.path, action)
  if (path !== undefined) return { state: { ...state, path, problem: undefined } }
  if (action.kind !== 'command') return { state }
  const name = state.path.trim()
  switch (action.command) {
    case 'save':
      return name === ''
        ? { state, say: 'a file needs a name' }
        : { state, confirm: { question: `write ${state.what} to ${name}?`, command: WRITE } }
    case 'replace':
      return { state, confirm: { question: `replace ${name}?`, command: OVERWRITE } }
    case WRITE:
      return begin(state, name, false)
    case OVERWRITE:
      return begin(state, name, true)
    default:
      return { state }
  }
}

function begin(state: SaveState, path: string, replaces: boolean): Step<SaveState> {
  const known = state.made?.path === path ? { text: state.made.text } : state.make(path)
  if ('text' in known) return written(state, path, known.text, replaces)
  // What it was asked for comes back with the reply: a tag for each.
  const effect: Effect = { kind: 'work', tag: replaces ? `${TAG}.replacing` : TAG, work: known.work }
  return { state: { ...state, phase: 'making' }, effects: [effect], say: `making ${state.what}` }
}

function written(state: SaveState, path: string, text: string, replaces: boolean): Step<SaveState> {
  return {
    state: { ...state, phase: 'writing', made: { path, text } },
    effects: [{ kind: 'write', tag: TAG, path, text, replaces }],
  }
}

function replied(state: SaveState, reply: Reply): Step<SaveState> {
  switch (reply.kind) {
    case 'written':
      return { state, go: { to: 'back' }, say: `wrote ${reply.path}` }
    case 'failed':
      return { state: { ...state, phase: 'asking', problem: reply.message } }
    case 'done':
      return typeof reply.value === 'string' && state.phase === 'making'
        ? written(state, state.path.trim(), reply.value, reply.tag !== TAG)
        : { state }
    case 'edited':
      return { state }
  }
}

function draw(state: SaveState, { columns, rows, glyphs }: Env): readonly Line[] {
  const { what, path, phase, problem } = state
  const known = state.made?.path === path.trim() ? { text: state.made.text } : state.make(path.trim())
  const head: Line[] = [
    [span(` Write ${what}`, 'strong')],
    NO_LINE,
    [span(' to file ', 'faint'), ...drawInput(path, { columns: columns - 10, isFocused: phase === 'asking' })],
    NO_LINE,
  ]
  if (problem !== undefined)
    head.push(...wrapText(`${problem}; Ctrl-R replaces a file that is there`, columns - 2, 'warn', ' '), NO_LINE)
  if (!('text' in known)) return [...head, [span(` it is made when it is written`, 'faint')]]
  const lines = known.text.replace(/\n$/, '').split('\n')
  const room = Math.max(rows - head.length - 2, 1)
  const shown = lines
    .slice(0, room)
    .map((line): Line =>
      cutLine([span(` ${glyphs.vertical} `, 'faint'), span(line, roleOf(line))], columns, glyphs.ellipsis),
    )
  const more = lines.length - shown.length
  return [...head, ...shown, ...(more > 0 ? [[span(`   and ${more} more lines`, 'faint')]] : [])]
}

/** Diffs are what is saved most. */
function roleOf(line: string): 'good' | 'bad' | 'plain' {
  if (line.startsWith('+')) return 'good'
  return line.startsWith('-') ? 'bad' : 'plain'
}
