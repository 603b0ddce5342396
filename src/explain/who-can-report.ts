/**
 * Who can do what, as rows for a table, CSV or a page: one row for each caller with what it may do and why.
 *
 * Source: KMS Developer Guide, "Determining access to AWS KMS keys".
 */
import type { Layer } from '../graph/combine.js'
import type { Access } from '../solve/access.js'
import type { CallerClass } from '../solve/callers.js'
import { actionsInWords, callerName, conditionsInWords, type ResourceName } from './access-words.js'

/** What completes the permission of a caller, by which rows are grouped. */
export type AccessReason = 'keyPolicy' | 'identity' | 'grant'

export const REASONS: Readonly<Record<AccessReason, string>> = {
  keyPolicy: 'Named by the key policy',
  identity: 'By IAM policies, to which the key policy leaves it',
  grant: 'By a grant',
}

export interface WhoCanRow {
  readonly caller: CallerClass
  /** As people say it. */
  readonly who: string
  readonly actions: readonly string[]
  readonly resource: string | null
  /** What the resource is called. */
  readonly what: string
  readonly reason: AccessReason
  /** What a request must have besides; null: nothing. */
  readonly conditions: string | null
  /** Names of the statements and grants it rests on. */
  readonly because: readonly string[]
}

/** What a caller has some of the actions of an access by. */
export interface WhoCanGround {
  readonly actions: readonly string[]
  readonly layer: Layer | undefined
  /** Names of the statements and grants. */
  readonly because: readonly string[]
}

/** @param groundsOf - what each caller has an access by: a row for each ground, one row where there is none. */
export function whoCanRows(
  access: readonly Access[],
  nameOf: ResourceName,
  groundsOf: (access: Access) => (caller: CallerClass) => readonly WhoCanGround[],
): readonly WhoCanRow[] {
  const names = new Map<CallerClass, string>()
  const whoIs = (caller: CallerClass): string => {
    const known = names.get(caller)
    if (known !== undefined) return known
    const made = callerName(caller)
    names.set(caller, made)
    return made
  }
  return access.flatMap((each) => {
    const { callers, actions, resource, cubes, complete, witness } = each
    const conditions = conditionsInWords(cubes, complete) ?? null
    const shown = witness?.outcomes[0]?.layer
    const grounds = groundsOf(each)
    const noGround: readonly WhoCanGround[] = [{ actions, layer: shown, because: [] }]
    const what = nameOf(resource)
    return callers.flatMap((caller) => {
      const own = grounds(caller)
      return (own.length === 0 ? noGround : own).map((ground) => ({
        caller,
        who: whoIs(caller),
        actions: ground.actions,
        resource: resource.arn ?? null,
        what,
        reason: reasonOf(ground.layer ?? shown),
        conditions,
        because: ground.because,
      }))
    })
  })
}

function reasonOf(layer: string | undefined): AccessReason {
  return layer === 'keyPolicy' || layer === 'grant' ? layer : 'identity'
}

const CSV_COLUMNS = [
  'who',
  'principal',
  'standing',
  'account',
  'actions',
  'resource',
  'reason',
  'conditions',
  'because',
] as const

/** RFC 4180; a cell that a spreadsheet would take for a formula begins with an apostrophe. Ends in a line feed. */
export function whoCanCsv(rows: readonly WhoCanRow[]): string {
  const lines = rows.map(({ caller, who, actions, resource, reason, conditions, because }) =>
    [
      who,
      caller.principal,
      caller.standing,
      caller.accountId ?? '',
      actions.join(' '),
      resource ?? '',
      reason,
      conditions ?? '',
      because.join('; '),
    ].map(csvCell),
  )
  return `${[CSV_COLUMNS, ...lines].map((cells) => cells.join(',')).join('\n')}\n`
}

const FORMULA = new Set(['=', '+', '-', '@', '\t', '\r'])

export function csvCell(text: string): string {
  const safe = FORMULA.has(text.charAt(0)) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A principal of a matrix on one key: `yes`, `if` a request has something besides, or `no`. */
export type MatrixCell = 'yes' | 'if' | 'no'

export interface Matrix {
  readonly principals: readonly { readonly who: string; readonly principal: string }[]
  readonly keys: readonly { readonly what: string; readonly arn: string }[]
  /** By principal, then by key. */
  readonly cells: readonly (readonly MatrixCell[])[]
}

/** Rows of whoever can do something with some key; columns of every key that is asked about. */
export function matrixOf(
  rows: readonly WhoCanRow[],
  keys: readonly { readonly what: string; readonly arn: string }[],
): Matrix {
  const places = new Map(keys.map(({ arn }, index) => [arn, index]))
  const principals = new Map<
    string,
    { readonly who: string; readonly principal: string; readonly cells: MatrixCell[] }
  >()
  for (const { caller, who, resource, conditions } of rows) {
    const place = places.get(resource ?? '')
    if (place === undefined) continue
    const id = `${caller.principal} ${caller.userArn ?? ''} ${caller.standing}`
    let row = principals.get(id)
    if (row === undefined) {
      row = { who, principal: caller.principal, cells: keys.map((): MatrixCell => 'no') }
      principals.set(id, row)
    }
    if (conditions === null) row.cells[place] = 'yes'
    else if (row.cells[place] === 'no') row.cells[place] = 'if'
  }
  const all = [...principals.values()]
  return {
    principals: all.map(({ who, principal }) => ({ who, principal })),
    keys,
    cells: all.map(({ cells }) => cells),
  }
}

export function matrixCsv({ principals, keys, cells }: Matrix): string {
  const head = ['principal', ...keys.map(({ what }) => what)].map(csvCell)
  const lines = principals.map(({ principal }, row) => [csvCell(principal), ...cells[row]!])
  return `${[head, ...lines].map((line) => line.join(',')).join('\n')}\n`
}

/** `kms:Decrypt and kms:Encrypt`, for a line. */
export function rowActions({ actions }: WhoCanRow): string {
  return actionsInWords(actions)
}
