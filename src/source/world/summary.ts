/**
 * What is in a world, what is missing, what contradicts: plain data for programs, and a text for people.
 *
 * Source texts appear in it as they are in the data, and escaped in the text.
 */
import { describeError } from '../../text/code-frame.js'
import { escapeTerminal } from '../../text/escape.js'
import type { Palette } from '../../text/palette.js'
import { positionAt, type SourceError } from '../../text/source.js'
import type { WorldPlace } from './places.js'
import type { Gap, World, WorldAccount } from './world.js'

/** What `keyward world --json` prints. */
export interface WorldSummary {
  readonly version: 1
  readonly organization: {
    readonly id: string | null
    readonly managementAccountId: string | null
    readonly units: number
  } | null
  readonly accounts: readonly AccountSummary[]
  readonly files: World['files']
  /** Files that were not read, as their names end in something else. */
  readonly leftAlone: readonly string[]
  readonly missing: readonly {
    readonly code: Gap['code']
    readonly message: string
    readonly place: PlaceSummary | null
  }[]
  readonly contradictions: readonly {
    readonly about: string
    readonly taken: PlaceSummary
    readonly other: PlaceSummary
  }[]
  readonly errors: readonly { readonly message: string; readonly hint: string | null; readonly place: PlaceSummary }[]
}

interface AccountSummary {
  readonly accountId: string
  readonly name: string | null
  readonly isManagement: boolean
  /** Names from the root to the account's unit; null where the account has no known place. */
  readonly place: readonly string[] | null
  readonly users: number
  readonly groups: number
  readonly roles: number
  /** Sessions, or patterns of them, of which the files say what was passed. */
  readonly sessions: number
  readonly keys: number
  readonly grants: number
  readonly endpoints: number
  /** Policies on all levels together; null where none are known. */
  readonly scps: number | null
  readonly rcps: number | null
}

interface PlaceSummary {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly pointer: string
}

export function summarizeWorld(
  world: World,
  errors: readonly SourceError[],
  leftAlone: readonly string[] = [],
): WorldSummary {
  const { organization } = world
  return {
    version: 1,
    organization:
      organization === undefined
        ? null
        : {
            id: organization.id ?? null,
            managementAccountId: organization.managementAccountId ?? null,
            units: [...organization.nodes.values()].filter(({ kind }) => kind === 'unit').length,
          },
    accounts: accountSummaries(world),
    files: world.files,
    leftAlone,
    // Contradictions stand below.
    missing: world.gaps
      .filter(({ code }) => code !== 'contradicted')
      .map(({ code, message, place }) => ({
        code,
        message,
        place: place === undefined ? null : placeSummary(place),
      })),
    contradictions: world.contradictions.map(({ about, first, second }) => ({
      about,
      taken: placeSummary(first),
      other: placeSummary(second),
    })),
    errors: errors.map((error) => ({
      message: error.message,
      hint: error.hint ?? null,
      place: placeSummary({ source: error.source, span: error.span, pointer: error.pointer ?? '' }),
    })),
  }
}

function placeSummary({ source, span, pointer }: WorldPlace): PlaceSummary {
  return { file: source.name, ...positionAt(source.text, span.start), pointer }
}

type Counts = Record<'users' | 'groups' | 'roles' | 'sessions' | 'keys' | 'grants' | 'endpoints', number>

function accountSummaries(world: World): readonly AccountSummary[] {
  const counts = new Map<string, Counts>()
  const of = (accountId: string): Counts => {
    let known = counts.get(accountId)
    if (known === undefined) {
      known = { users: 0, groups: 0, roles: 0, sessions: 0, keys: 0, grants: 0, endpoints: 0 }
      counts.set(accountId, known)
    }
    return known
  }
  for (const { kind, accountId } of world.principals.values()) of(accountId)[kind === 'user' ? 'users' : 'roles']++
  for (const { accountId } of world.groups.values()) of(accountId).groups++
  for (const { accountId } of world.sessions.values()) of(accountId).sessions++
  for (const { accountId, grants } of world.keys.values()) {
    of(accountId).keys++
    of(accountId).grants += grants.length
  }
  for (const { accountId } of world.endpoints.values()) if (accountId !== undefined) of(accountId).endpoints++
  return [...world.accounts.values()].map((account) => ({
    accountId: account.accountId,
    name: account.name ?? null,
    isManagement: account.isManagement,
    place: placeNames(world, account),
    ...of(account.accountId),
    scps: countPolicies(account.scps),
    rcps: countPolicies(account.rcps),
  }))
}

function countPolicies(levels: WorldAccount['scps']): number | null {
  return levels === undefined ? null : levels.reduce((sum, { policies }) => sum + policies.length, 0)
}

function placeNames({ organization }: World, { organizationPath }: WorldAccount): readonly string[] | null {
  if (organizationPath === undefined) return null
  const ids = organizationPath.split('/').slice(1, -1)
  return ids.map((id) => organization?.nodes.get(id)?.name ?? id)
}

// -------------------------------------------------------------------------------------------------------------- text

export interface SummaryOptions {
  readonly color: Palette
  readonly width: number
}

/** Of gaps that say the same of many things, this many are listed. */
const MAX_OF_A_KIND = 5
const MAX_ERRORS = 20
const MAX_CONTRADICTIONS = 20

/** @param name - what the world is called: the folder as given. */
export function renderSummary(
  name: string,
  summary: WorldSummary,
  errors: readonly SourceError[],
  options: SummaryOptions,
): string {
  const { color } = options
  const sections = [
    heading(name, summary, color),
    accountTable(summary.accounts, color),
    fileLines(summary.files, color),
    leftAloneLines(summary.leftAlone, color),
    missingLines(summary.missing, color),
    contradictionLines(summary.contradictions, color),
    errorFrames(errors, options),
  ]
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`
}

function heading(name: string, { organization, accounts }: WorldSummary, color: Palette): string {
  const title = color.strong(`World ${escapeTerminal(name)}`)
  const many = count(accounts.length, 'account')
  if (organization === null) return `${title}\nNo organization, ${many}`
  const management = organization.managementAccountId
  const root = management === null ? '' : `, management account ${escapeTerminal(management)}`
  return `${title}\nOrganization ${escapeTerminal(organization.id ?? 'without id')}${root}, ${count(organization.units, 'unit')}, ${many}`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}

const COUNTED = ['users', 'groups', 'roles', 'sessions', 'keys', 'grants', 'endpoints'] as const
/** From here to the last but one column are numbers. */
const FIRST_NUMBER = 2

function accountTable(accounts: readonly AccountSummary[], color: Palette): string {
  if (accounts.length === 0) return ''
  // Most worlds have nothing to say of sessions.
  const counted = COUNTED.filter((name) => name !== 'sessions' || accounts.some(({ sessions }) => sessions > 0))
  const columns = ['account', 'name', ...counted, 'SCPs', 'RCPs', 'place']
  const rows = accounts.map((account) =>
    [
      account.accountId,
      account.name ?? '-',
      ...counted.map((name) => String(account[name])),
      account.scps === null ? '-' : String(account.scps),
      account.rcps === null ? '-' : String(account.rcps),
      `${account.place?.join(' / ') ?? '-'}${account.isManagement ? ' (management)' : ''}`,
    ].map((cell) => escapeTerminal(cell.length > 40 ? `${cell.slice(0, 39)}…` : cell)),
  )
  const widths = columns.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const isNumber = column >= FIRST_NUMBER && column < columns.length - 1
        const width = widths[column] ?? 0
        return isNumber ? cell.padStart(width) : cell.padEnd(width)
      })
      .join('  ')
      .trimEnd()
  return [color.faint(line(columns)), ...rows.map(line)].join('\n')
}

function fileLines(files: WorldSummary['files'], color: Palette): string {
  const byForm = new Map<string, number>()
  for (const { takenAs } of files) for (const form of takenAs) byForm.set(form, (byForm.get(form) ?? 0) + 1)
  const lines = [...byForm]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([form, number]) => `  ${String(number).padStart(5)}  ${form}`)
  return [color.strong(count(files.length, 'file')), ...lines].join('\n')
}

function leftAloneLines(names: WorldSummary['leftAlone'], color: Palette): string {
  if (names.length === 0) return ''
  const shown = names.slice(0, MAX_OF_A_KIND).map((name) => `  ${escapeTerminal(name)}`)
  const more = names.length - MAX_OF_A_KIND
  if (more > 0) shown.push(color.faint(`  and ${more} more`))
  const why = 'not read; a world has files that end in .json, .jsonl, .yaml or .yml'
  return [`${color.strong(count(names.length, 'other file'))}, ${why}`, ...shown].join('\n')
}

function missingLines(missing: WorldSummary['missing'], color: Palette): string {
  if (missing.length === 0) return 'Nothing is missing.'
  const lines: string[] = []
  const shown = new Map<string, number>()
  for (const { code, message } of missing) {
    const already = shown.get(code) ?? 0
    shown.set(code, already + 1)
    if (already < MAX_OF_A_KIND) lines.push(`  ${escapeTerminal(message)}`)
  }
  for (const [code, number] of shown) {
    if (number > MAX_OF_A_KIND) lines.push(color.faint(`  and ${number - MAX_OF_A_KIND} more of ${code}`))
  }
  return [color.strong(`Missing: ${missing.length}`), ...lines].join('\n')
}

function contradictionLines(contradictions: WorldSummary['contradictions'], color: Palette): string {
  if (contradictions.length === 0) return ''
  const place = ({ file, line, column }: PlaceSummary): string =>
    color.place(`${escapeTerminal(file)}:${line}:${column}`)
  const lines = contradictions
    .slice(0, MAX_CONTRADICTIONS)
    .flatMap(({ about, taken, other }) => [
      `  ${escapeTerminal(about)}`,
      `    ${place(taken)}, which is taken`,
      `    ${place(other)} says otherwise`,
    ])
  const more = contradictions.length - MAX_CONTRADICTIONS
  if (more > 0) lines.push(`  and ${more} more`)
  return [color.error(`Contradictions: ${contradictions.length}`), ...lines].join('\n')
}

function errorFrames(errors: readonly SourceError[], { color, width }: SummaryOptions): string {
  if (errors.length === 0) return ''
  const frames = errors.slice(0, MAX_ERRORS).map((error) => describeError(error, { color, width, contextLines: 1 }))
  const more = errors.length - MAX_ERRORS
  return [color.error(`Cannot be used: ${errors.length}`), ...frames, ...(more > 0 ? [`and ${more} more`] : [])].join(
    '\n\n',
  )
}
