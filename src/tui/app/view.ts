/**
 * What a view is: a state, a pure reducer, a pure drawing and a table of keys.
 *
 * Everything that reaches the outside world is an effect, described as data and done by the shell (`shell.ts`), which
 * hands back a reply. Asking the world is no effect: a world never changes, so its answers are a function of the question.
 */
import type { Answer } from '../../source/answer/answer-question.js'
import type { GroupedQuestions } from '../../source/answer/grouped-questions.js'
import type { WorldProgress } from '../../source/world/world-progress.js'
import type { Glyphs } from '../frame/glyphs.js'
import type { Line } from '../frame/span.js'
import type { KeyEntry } from '../keys/key-table.js'
import type { Asking } from '../world/asking.js'

/** What a view may know beside its state. */
export interface Env {
  readonly asking: Asking
  /** Room for the view's own lines: the frame around it is not its business. */
  readonly columns: number
  readonly rows: number
  readonly glyphs: Glyphs
  readonly feed: Feed
  /** How far the files of the world have been read, while they are. */
  readonly reading?: WorldProgress
}

/** The events that have been read. */
export interface Feed {
  readonly grouped: GroupedQuestions | undefined
  /** Records read, of which not all are questions. */
  readonly read: number
  /** Part of the files that has been read, from 0 to 1; undefined where nobody knows the end. */
  readonly done?: number
  readonly state: 'none' | 'reading' | 'read' | 'following'
  /** File or address. */
  readonly name: string
  /** Why reading has ended before the end, one sentence. */
  readonly failure?: string
}

export type Action =
  /** A key of the view's own table. */
  | { readonly kind: 'command'; readonly command: string }
  /** Typed or pasted while `isTyping`. Line breaks of what was pasted are in it. */
  | { readonly kind: 'text'; readonly text: string }
  /** Row and column of the view's own lines, from 0. */
  | { readonly kind: 'click'; readonly row: number; readonly column: number }
  /** Rows, downwards positive. */
  | { readonly kind: 'wheel'; readonly by: number; readonly row: number; readonly column: number }
  /** The room is another: whatever depends on `env.columns` and `env.rows`. */
  | { readonly kind: 'resize' }
  /** More events have been read; to every view, also those that are not on top. */
  | { readonly kind: 'feed' }
  | { readonly kind: 'reply'; readonly reply: Reply }

/** What a view wants done outside; `tag` comes back with the reply. */
export type Effect =
  /** Onto the clipboard. `what` names it for the status line: `the ARN`. */
  | { readonly kind: 'copy'; readonly text: string; readonly what: string }
  /** Never over a file that is there, unless it `replaces`. */
  | {
      readonly kind: 'write'
      readonly tag: string
      readonly path: string
      readonly text: string
      readonly replaces: boolean
    }
  /** In $VISUAL or $EDITOR; `name` is that of the temporary file. */
  | { readonly kind: 'edit'; readonly tag: string; readonly name: string; readonly text: string }
  /** Long work in slices: each `yield` gives keys and frames their turn. */
  | { readonly kind: 'work'; readonly tag: string; readonly work: () => Generator<void, unknown> }

export type Reply =
  | { readonly kind: 'written'; readonly tag: string; readonly path: string }
  | { readonly kind: 'edited'; readonly tag: string; readonly text: string }
  /** What the work returned. */
  | { readonly kind: 'done'; readonly tag: string; readonly value: unknown }
  /** One sentence. */
  | { readonly kind: 'failed'; readonly tag: string; readonly message: string }

export interface Step<S> {
  readonly state: S
  readonly go?: Go
  readonly effects?: readonly Effect[]
  /** For the status line, until the next key. */
  readonly say?: string
  /** Asks; on yes the view gets `command`. */
  readonly confirm?: { readonly question: string; readonly command: string }
}

export type Go =
  | { readonly to: 'back' }
  | { readonly to: 'view'; readonly view: View }
  /** In the place of this one. */
  | { readonly to: 'instead'; readonly view: View }
  /** To a view below, by its place in the breadcrumbs from 0. */
  | { readonly to: 'level'; readonly level: number }
  /** Back, and there the command: of the program, of a door or of the view. */
  | { readonly to: 'command'; readonly command: string }
  | { readonly to: 'quit' }

/** A view written as functions over its state. `S` is plain data. */
export interface ViewKind<S> {
  /** Of all kinds: `verdict`. */
  readonly id: string
  /** Few words for the breadcrumbs. */
  title(state: S): string
  /** In the order of the hints. */
  readonly keys: readonly KeyEntry[]
  reduce(state: S, action: Action, env: Env): Step<S>
  /** At most `env.rows` lines of at most `env.columns`; what is more is cut off. */
  draw(state: S, env: Env): readonly Line[]
  /** True while letters are text and no commands. */
  isTyping?(state: S): boolean
  /** False for a command that has no meaning now: it is not hinted at and its key does nothing. */
  can?(state: S, command: string, env: Env): boolean
  /** What Esc does before it leaves the view, such as ending a filter; undefined where it leaves. */
  escape?(state: S, env: Env): Step<S> | undefined
  /** What the view is about: opens the doors (`doors.ts`), and is printed when the program ends. */
  subject?(state: S): Answer | undefined
  /** Places inside the view for `:`. */
  spots?(state: S, env: Env): readonly Spot[]
  /** For a session file, as JSON; `restore` of its `Restorer` gets it back. */
  save?(state: S): unknown
}

/** Somewhere to jump to inside a view; it gets the command. */
export interface Spot {
  readonly name: string
  readonly what: string
  readonly command: string
}

/** A kind with a state, whatever its type. */
export interface View {
  readonly id: string
  readonly title: string
  readonly keys: readonly KeyEntry[]
  readonly isTyping: boolean
  readonly subject: Answer | undefined
  reduce(action: Action, env: Env): Outcome
  draw(env: Env): readonly Line[]
  can(command: string, env: Env): boolean
  escape(env: Env): Outcome | undefined
  spots(env: Env): readonly Spot[]
  save(): unknown
}

/** A step with the view that it leads to. */
export interface Outcome extends Omit<Step<unknown>, 'state'> {
  readonly view: View
}

export function viewOf<S>(kind: ViewKind<S>, state: S): View {
  const outcome = ({ state: next, ...rest }: Step<S>): Outcome => ({
    ...rest,
    view: next === state ? self : viewOf(kind, next),
  })
  const self: View = {
    id: kind.id,
    keys: kind.keys,
    get title() {
      return kind.title(state)
    },
    get isTyping() {
      return kind.isTyping?.(state) ?? false
    },
    get subject() {
      return kind.subject?.(state)
    },
    reduce: (action, env) => outcome(kind.reduce(state, action, env)),
    draw: (env) => kind.draw(state, env),
    can: (command, env) => kind.can?.(state, command, env) ?? true,
    escape: (env) => {
      const step = kind.escape?.(state, env)
      return step === undefined ? undefined : outcome(step)
    },
    spots: (env) => kind.spots?.(state, env) ?? [],
    save: () => kind.save?.(state),
  }
  return self
}

/** Opens from any view that has a subject, by its own key. */
export interface Door {
  readonly entry: KeyEntry
  open(subject: Answer, env: Env): View
}

/** Somewhere to go from anywhere, by `:` and its name. */
export interface Destination {
  /** What it is, in a word: `view`, `key`, `role`. */
  readonly label: string
  readonly name: string
  readonly what: string
  open(env: Env): View
}

/** Views of a session file; undefined where what was saved cannot be used. Nothing in it is trusted. */
export interface Restorer {
  readonly id: string
  restore(saved: unknown, env: Env): View | undefined
}
