/**
 * A request put together: who, what, on which key, each found by a few letters. What is pasted here, an access-denied
 * text or a query, is taken as the whole question.
 *
 * A question that lacks something, such as a message that names no caller, is completed here.
 */
import { viewOf, type Action, type Env, type Step, type View, type ViewKind } from '../../app/view.js'
import { Finder } from '../../frame/find.js'
import { AT_FIRST, drawList, listAt, LIST_KEYS, moveInList, type ListRoom, type ListState } from '../../frame/list.js'
import { NO_LINE, padLine, span, wrapText, type Line } from '../../frame/span.js'
import { drawInput, INPUT_KEYS, typeInto } from '../../frame/text-input.js'
import type { KeyEntry } from '../../keys/key-table.js'
import { aliasesOf, shortPrincipal } from '../../world/short-names.js'
import { KMS_ACTIONS } from '../../../aws/actions.js'
import { completeQuestion, type CheckPart, type Question } from '../../../source/asked/question.js'
import type { AskedWorld } from '../../../source/world/world.js'
import type { Result } from '../../../text/source.js'
import { openVerdict } from '../verdict/verdict-view.js'
import { questionOfPasted } from './pasted.js'

interface AskState {
  readonly fields: readonly Field[]
  /** Which of them is typed into. */
  readonly at: number
  readonly list: ListState
  /** What is completed; undefined for a new question. */
  readonly base: Question | undefined
}

interface Field {
  readonly part: CheckPart
  readonly text: string
  /** Chosen from the list; undefined while none is. */
  readonly value: string | undefined
}

interface Choice {
  /** As it is asked: an ARN, a permission. */
  readonly value: string
  readonly name: string
  readonly what: string
}

const LABELS: Readonly<Record<CheckPart, string>> = { principal: 'who', action: 'does what', resource: 'on which key' }
const PARTS: readonly CheckPart[] = ['principal', 'action', 'resource']

const KEYS: readonly KeyEntry[] = [
  {
    command: 'choose',
    keys: ['enter'],
    what: 'take it, and on to the next; after the last: ask',
    hint: 'take it',
    whileTyping: true,
  },
  { command: 'nextField', keys: ['tab'], what: 'to the next field', hint: 'next', whileTyping: true },
  { command: 'fieldBefore', keys: ['shift+tab'], what: 'to the field before', whileTyping: true },
  ...INPUT_KEYS,
  ...LIST_KEYS,
]

const askKind: ViewKind<AskState> = {
  id: 'ask',
  keys: KEYS,
  title: ({ base }) => (base === undefined ? 'new question' : 'what is missing'),
  isTyping: () => true,
  reduce,
  draw,
}

/** What is known of a request already. */
export interface Known {
  readonly principal?: string
  readonly action?: string
  readonly resource?: string
}

export function openAsk(env: Pick<Env, 'asking'>, known: Known = {}, base?: Question): View {
  const lacking = base?.incomplete[0]?.lacks.map(({ part }) => part)
  const parts = lacking === undefined || lacking.length === 0 ? PARTS : PARTS.filter((part) => lacking.includes(part))
  const fields = parts.map((part): Field => {
    const value = known[part]
    const name =
      value === undefined
        ? ''
        : (choicesOf(part, env.asking.world).choices.find((each) => each.value === value)?.name ?? value)
    return { part, text: name, value }
  })
  const at = Math.max(
    fields.findIndex(({ value }) => value === undefined),
    0,
  )
  return viewOf(askKind, { fields, at, list: AT_FIRST, base })
}

/** A view on what was pasted: the verdict, or the question of what it lacks. The error is one sentence. */
export function openPasted(text: string, env: Env): Result<View, string> {
  const question = questionOfPasted(text, env.asking)
  if (!question.ok) return question
  return openQuestion(question.value, env)
}

/** A question that lacks a part leads to the one who knows it. */
export function openQuestion(question: Question, env: Pick<Env, 'asking' | 'columns' | 'rows'>): Result<View, string> {
  const [first] = question.incomplete
  if (question.checks.length > 0 || first === undefined) return openVerdict(question, env)
  const { principal, action, resource } = first
  return {
    ok: true,
    value: openAsk(
      env,
      {
        ...(principal === undefined ? {} : { principal }),
        ...(action === undefined ? {} : { action }),
        ...(resource === undefined ? {} : { resource }),
      },
      question,
    ),
  }
}

// ----------------------------------------------------------------------------------------------------------- choices

interface Choices {
  readonly choices: readonly Choice[]
  readonly finder: Finder
}

const known = new WeakMap<AskedWorld, Partial<Record<CheckPart, Choices>>>()

function choicesOf(part: CheckPart, world: AskedWorld): Choices {
  let ofWorld = known.get(world)
  if (ofWorld === undefined) {
    ofWorld = {}
    known.set(world, ofWorld)
  }
  const found = ofWorld[part]
  if (found !== undefined) return found
  const choices = part === 'principal' ? principals(world) : part === 'action' ? actions() : keys(world)
  const made = { choices, finder: new Finder(choices.map(({ name, what }) => `${name} ${what}`)) }
  ofWorld[part] = made
  return made
}

function principals({ principals: all, sessions }: AskedWorld): readonly Choice[] {
  const entries = [...all.keys(), ...[...sessions.keys()].filter((arn) => !arn.includes('*'))]
  return entries.map((arn) => ({ value: arn, name: shortPrincipal(arn), what: arn }))
}

function actions(): readonly Choice[] {
  return KMS_ACTIONS.map(({ name, access }) => ({ value: name, name, what: String(access).toLowerCase() }))
}

function keys(world: AskedWorld): readonly Choice[] {
  return [...world.keys.keys()].map((arn) => {
    const aliases = aliasesOf(arn, world)
    return {
      value: arn,
      name: aliases[0] ?? arn.slice(arn.lastIndexOf(':') + 1),
      what: [...aliases.slice(1), arn].join(' '),
    }
  })
}

/** Names of what a world has, as `:` finds them. */
export function namesIn(world: AskedWorld): readonly (Choice & { readonly part: CheckPart })[] {
  return [
    ...choicesOf('principal', world).choices.map((choice) => ({ ...choice, part: 'principal' as const })),
    ...choicesOf('resource', world).choices.map((choice) => ({ ...choice, part: 'resource' as const })),
  ]
}

// ----------------------------------------------------------------------------------------------------------- reducer

/** Title, fields, a line that says what is missing, an empty one. */
function headRows({ fields, base }: AskState): number {
  return fields.length + 3 + (base === undefined ? 0 : 1)
}

function roomOf(state: AskState, env: Env): ListRoom {
  return { count: foundIn(state, env).length, rows: Math.max(env.rows - headRows(state), 3) }
}

function foundIn({ fields, at }: AskState, { asking }: Env): readonly Choice[] {
  const field = fields[at]
  if (field === undefined) return []
  const { choices, finder } = choicesOf(field.part, asking.world)
  // What has been taken is no search any more.
  return finder.find(field.value === undefined ? field.text : '').map((index) => choices[index]!)
}

/** Longer than any name: what is pasted is a whole question. */
const PASTED_FROM = 24

function reduce(state: AskState, action: Action, env: Env): Step<AskState> {
  if (action.kind === 'text' && action.text.length >= PASTED_FROM) {
    const pasted = openPasted(action.text, env)
    if (pasted.ok) return { state, go: { to: 'instead', view: pasted.value } }
    if (/\s/.test(action.text.trim())) return { state, say: pasted.error }
  }
  const field = state.fields[state.at]
  if (field === undefined) return { state }
  const text = typeInto(field.value === undefined ? field.text : '', action)
  if (text !== undefined)
    return { state: { ...withField(state, { ...field, text, value: undefined }), list: AT_FIRST } }
  const room = roomOf(state, env)
  if (action.kind === 'resize') return { state: { ...state, list: listAt(state.list, state.list.cursor, room) } }
  const inList = action.kind === 'click' ? { ...action, row: action.row - headRows(state) } : action
  const list = moveInList(state.list, inList, room)
  if (list !== undefined) return { state: { ...state, list } }
  if (action.kind !== 'command') return { state }
  switch (action.command) {
    case 'choose':
      return choose(state, field, env)
    case 'nextField':
      return { state: atField(state, (state.at + 1) % state.fields.length) }
    case 'fieldBefore':
      return { state: atField(state, (state.at + state.fields.length - 1) % state.fields.length) }
    default:
      return { state }
  }
}

function withField(state: AskState, field: Field): AskState {
  return { ...state, fields: state.fields.map((each, index) => (index === state.at ? field : each)) }
}

function atField(state: AskState, at: number): AskState {
  return { ...state, at, list: AT_FIRST }
}

function choose(state: AskState, field: Field, env: Env): Step<AskState> {
  const choice = foundIn(state, env)[state.list.cursor]
  // A whole ARN stands for itself, known or not.
  const value = field.value ?? choice?.value ?? (field.text.startsWith('arn:') ? field.text.trim() : undefined)
  if (value === undefined) return { state, say: `nothing here has this name; a whole ARN can be given as well` }
  const name = field.value === undefined && choice !== undefined ? choice.name : field.text
  const next = withField(state, { ...field, text: name, value })
  const open = next.fields.findIndex((each) => each.value === undefined)
  if (open >= 0) return { state: atField(next, open) }
  return ask(next, env)
}

function ask(state: AskState, env: Env): Step<AskState> {
  const question = state.base === undefined ? newQuestion(state, env) : completed(state, state.base)
  if (!question.ok) return { state, say: question.error }
  const view = openVerdict(question.value, env)
  return view.ok ? { state, go: { to: 'view', view: view.value } } : { state, say: view.error }
}

function valueOf({ fields }: AskState, part: CheckPart): string | undefined {
  return fields.find((field) => field.part === part)?.value
}

function completed(state: AskState, base: Question): Result<Question, string> {
  const supplied = Object.fromEntries(state.fields.map(({ part, value }) => [part, value]))
  return { ok: true, value: completeQuestion(base, supplied) }
}

function newQuestion(state: AskState, { asking }: Env): Result<Question, string> {
  const principal = valueOf(state, 'principal') ?? ''
  const action = valueOf(state, 'action') ?? ''
  const takesKey = (KMS_ACTIONS.find(({ name }) => name === action)?.resources.length ?? 1) > 0
  const on = takesKey ? ` on ${valueOf(state, 'resource') ?? ''}` : ''
  const question = asking.query(`can ${principal} do ${action}${on}`)
  return question.ok ? question : { ok: false, error: question.error.message }
}

// -------------------------------------------------------------------------------------------------------------- draw

const LABEL_COLUMNS = 15

function draw(state: AskState, env: Env): readonly Line[] {
  const { columns, glyphs, asking } = env
  const { fields, at, base } = state
  const title: Line = [
    span(base === undefined ? ' May somebody do something with a key?' : ' This lacks something', 'strong'),
    span('   or paste an access-denied text', 'faint'),
  ]
  const lacks = base?.incomplete[0]?.lacks.map(({ why }) => why).join('; ')
  const why: readonly Line[] = lacks === undefined ? [] : [wrapText(lacks, columns - 2, 'warn', ' ')[0] ?? NO_LINE]
  const found = foundIn(state, env)
  const items = drawList(state.list, { ...roomOf(state, env), columns }, (index) => {
    const choice = found[index]
    return choice === undefined ? [] : [drawChoice(choice, columns)]
  })
  const none: readonly Line[] =
    found.length === 0 ? [[span(`   ${noneWords(fields[at]?.part ?? 'principal', asking.world)}`, 'faint')]] : []
  return [
    title,
    ...why,
    NO_LINE,
    ...fields.map((field, index) => drawField(field, index === at, columns, glyphs.cursor, glyphs.allow)),
    NO_LINE,
    ...items,
    ...none,
  ]
}

/** A world that has none of them is told from a name that none of them has. */
function noneWords(part: CheckPart, world: AskedWorld): string {
  const isEmpty = choicesOf(part, world).choices.length === 0
  if (!isEmpty || part === 'action') return 'nothing here has this name; a whole ARN can be typed'
  return `this world has no ${part === 'principal' ? 'callers' : 'keys'}; a whole ARN can be typed`
}

function drawField(
  { part, text, value }: Field,
  isFocused: boolean,
  columns: number,
  cursor: string,
  done: string,
): Line {
  const label = span(` ${LABELS[part]}`.padEnd(LABEL_COLUMNS), isFocused ? 'title' : 'faint')
  const sign = isFocused ? span(`${cursor} `, 'key') : value === undefined ? span('  ') : span(`${done} `, 'good')
  const room = columns - LABEL_COLUMNS - 3
  return [
    label,
    sign,
    ...drawInput(text, { columns: room, isFocused, placeholder: isFocused ? 'type a few letters' : '' }),
  ]
}

function drawChoice({ name, what }: Choice, columns: number): Line {
  const nameColumns = Math.min(Math.floor(columns * 0.42), 48)
  return [span('   '), ...padLine([span(name)], nameColumns), span(' '), span(what, 'faint')]
}
