/**
 * The work of `keyward who-can` and `keyward what-can`: ask, and print rows, a matrix, JSON, CSV or a page.
 */
import { writeFile } from 'node:fs/promises'
import { groundsOf, type AccessGround } from '../explain/access-grounds.js'
import { whoCanIn } from '../explain/symbolic.js'
import { matrixPage, whoCanPage } from '../explain/who-can-page.js'
import {
  matrixCsv,
  matrixOf,
  REASONS,
  rowActions,
  whoCanCsv,
  whoCanRows,
  type AccessReason,
  type Matrix,
  type WhoCanGround,
  type WhoCanRow,
} from '../explain/who-can-report.js'
import { capital } from '../explain/names.js'
import { restsOn } from '../source/answer/changed-statements.js'
import type { Snapshot } from '../graph/world.js'
import type { Access, AccessList } from '../solve/access.js'
import type { CallerClass } from '../solve/callers.js'
import { snapshotOf } from '../solve/world.js'
import { escapeTerminal, quote } from '../text/escape.js'
import type { Palette } from '../text/palette.js'
import type { Result, SourceError } from '../text/source.js'
import { wrap } from '../text/wrap.js'
import { definitionOf, resourceNames, scopeOf, watched, type SymbolicOptions } from './ask-symbolic.js'
import { readSide } from './compare-input.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import type { WHO_FORMATS } from './who-can.js'
import { refuse } from './why-run.js'

export interface WhoCanOptions extends SymbolicOptions {
  readonly world: string
  readonly matrix?: boolean
  readonly format: (typeof WHO_FORMATS)[number]
  readonly output?: string
}

export function runWhoCan(action: string, key: string | undefined, options: WhoCanOptions): Promise<ExitCode> {
  const keys = key === undefined ? options.keys : [key, ...(options.keys ?? [])]
  const scoped = { ...options, actions: [action, ...(options.actions ?? [])], ...(keys === undefined ? {} : { keys }) }
  return run(`Who can ${action}${key === undefined ? '' : ` on ${key}`}`, scoped)
}

export function runWhatCan(principal: string, options: WhoCanOptions): Promise<ExitCode> {
  return run(`What ${principal} can do`, { ...options, principals: [principal] })
}

async function run(title: string, options: WhoCanOptions): Promise<ExitCode> {
  const asked = await ask(options)
  if (!asked.ok) return refuse(asked.error, options)
  const { list, rows, keys } = asked.value
  if (list.answer === 'unknown') {
    writeError(`keyward: this could not be answered: ${escapeTerminal(list.reason)}\n`)
    return EXIT.denied
  }
  const notes = list.answer === 'partial' ? [`Not all is told: ${list.reason ?? 'the budget is spent'}.`] : []
  const matrix = options.matrix === true ? matrixOf(rows, keys) : undefined
  const text = formatted(title, rows, matrix, notes, options)
  if (options.output === undefined) await writeOut(text)
  else {
    try {
      await writeFile(options.output, text)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      return refuse(`cannot write ${quote(options.output, 200)}: ${reason}`, options)
    }
  }
  return list.answer === 'complete' || options.allowUnknown === true ? EXIT.ok : EXIT.denied
}

interface Answered {
  readonly list: AccessList
  readonly rows: readonly WhoCanRow[]
  /** Those that are asked about. */
  readonly keys: Matrix['keys']
}

async function ask(options: WhoCanOptions): Promise<Result<Answered, string | SourceError>> {
  const warn = (message: string): void => writeError(`keyward: ${escapeTerminal(message)}\n`)
  const side = await readSide(options.world, { warn, kind: 'key' })
  if (!side.ok) return side
  const scope = scopeOf([side.value], options)
  if (!scope.ok) return scope
  const definition = definitionOf(side.value, options)
  const { options: control, progress } = watched(options)
  const snapshot = snapshotOf(definition)
  const list = whoCanIn(snapshot, scope.value, { ...control, maxListed: Number.MAX_SAFE_INTEGER })
  progress.finish()
  const nameOf = resourceNames([side.value])
  const access = list.answer === 'unknown' ? [] : list.access
  // Of a matrix nobody reads what an access rests on.
  const rows = whoCanRows(
    access,
    nameOf,
    options.matrix === true ? () => () => [] : (each) => reasonsIn(snapshot, each),
  )
  const arns = scope.value.resources ?? (definition.keys ?? []).map(({ arn }) => arn)
  return { ok: true, value: { list, rows, keys: arns.map((arn) => ({ arn, what: nameOf({ type: 'key', arn }) })) } }
}

/** What each caller has an access by, in names; the same grounds are named once. */
function reasonsIn(snapshot: Snapshot, access: Access): (caller: CallerClass) => readonly WhoCanGround[] {
  const grounds = groundsOf(snapshot, access)
  const named = new Map<readonly AccessGround[], readonly WhoCanGround[]>()
  for (const each of new Set(grounds.values()))
    named.set(
      each,
      each.map(({ actions, layer, parts }) => ({ actions, layer, because: restsOn(parts).map(({ name }) => name) })),
    )
  return (caller) => named.get(grounds.get(caller) ?? []) ?? []
}

// ------------------------------------------------------------------------------------------------------------- formats

function formatted(
  title: string,
  rows: readonly WhoCanRow[],
  matrix: Matrix | undefined,
  notes: readonly string[],
  { format, color, output }: WhoCanOptions,
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify({ version: 1, title, notes, ...(matrix === undefined ? { rows: rows.map(rowJson) } : { matrix }) }, null, 2)}\n`
    case 'csv':
      return matrix === undefined ? whoCanCsv(rows) : matrixCsv(matrix)
    case 'html':
      return matrix === undefined ? whoCanPage(title, rows, notes) : matrixPage(title, matrix, notes)
    case 'table': {
      const terminal = terminalFacts()
      const page = {
        width: widthFor(terminal, undefined),
        color: paletteFor(terminal, color && output === undefined),
      }
      return matrix === undefined ? tableText(title, rows, notes, page) : matrixText(title, matrix, notes, page)
    }
  }
}

function rowJson({ caller, who, actions, resource, reason, conditions, because }: WhoCanRow): unknown {
  const { kind, principal, accountId, standing } = caller
  return {
    who,
    kind,
    principal,
    accountId: accountId ?? null,
    standing,
    actions,
    resource,
    reason,
    conditions,
    because,
  }
}

interface Page {
  readonly width: number
  readonly color: Palette
}

const ORDER: readonly AccessReason[] = ['keyPolicy', 'identity', 'grant']

function tableText(title: string, rows: readonly WhoCanRow[], notes: readonly string[], page: Page): string {
  const { color } = page
  const lines = [color.strong(escapeTerminal(title)), ...notes.flatMap((note) => wrap(note, '', page))]
  if (rows.length === 0) lines.push('', 'Nobody.')
  for (const reason of ORDER) {
    const some = rows.filter((row) => row.reason === reason)
    if (some.length === 0) continue
    lines.push('', color.strong(REASONS[reason]))
    for (const row of some) lines.push(...rowLines(row, page))
  }
  return `${lines.join('\n')}\n`
}

function rowLines(row: WhoCanRow, page: Page): readonly string[] {
  const { who, what, conditions, because } = row
  const [first = '', ...rest] = wrap(`${capital(who)} may ${rowActions(row)} on ${what}`, '    ', page)
  return [
    `  - ${first.trimStart()}`,
    ...rest,
    ...(conditions === null ? [] : wrap(conditions, '      ', page)),
    ...(because.length === 0 ? [] : wrap(`by ${because.join('; ')}`, '      ', page).map(page.color.faint)),
  ]
}

const MARKS = { yes: 'yes', if: 'if', no: '·' } as const
const MAX_NAME = 28

function matrixText(title: string, { principals, keys, cells }: Matrix, notes: readonly string[], page: Page): string {
  const { color } = page
  const short = (text: string): string => {
    const safe = escapeTerminal(text)
    return safe.length > MAX_NAME ? `…${safe.slice(1 - MAX_NAME)}` : safe
  }
  const heads = keys.map(({ what }, index) => `${index + 1}  ${short(what)}`)
  const width = Math.max(...principals.map(({ who }) => escapeTerminal(who).length), 3)
  const columns = keys.map((_, index) => String(index + 1).padStart(4))
  const lines = principals.map(({ who }, row) => {
    const marks = cells[row]!.map((cell) => MARKS[cell].padStart(4)).join('')
    return `${escapeTerminal(who).padEnd(width)} ${marks}`
  })
  return `${[
    color.strong(escapeTerminal(title)),
    ...notes.flatMap((note) => wrap(note, '', page)),
    '',
    ...heads,
    '',
    `${' '.repeat(width)} ${columns.join('')}`,
    ...(lines.length === 0 ? ['Nobody.'] : lines),
  ].join('\n')}\n`
}
