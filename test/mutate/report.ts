/**
 * What mutation testing found, file by file, and what was said about the mutants that no test notices.
 *
 * `survivors.json` holds every mutant that was looked at and left: one entry for each, with the reason why the changed
 * program is still right. A mutant is known by the text of its line and not by a number, so that the list outlives
 * edits elsewhere in the file.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { MutantResult, MutantStatus } from '@stryker-mutator/api/core'

/** Below the repository; not kept in Git. */
export const FOLDER = join('reports', 'mutate')

const REVIEWED = join('test', 'mutate', 'survivors.json')

/** A mutant as it is kept. Lines and columns begin at 1. */
export interface Tried {
  readonly status: MutantStatus
  readonly mutator: string
  /** The line on which it begins, without the white space around it. */
  readonly text: string
  /** What stands there, and what stood there for the test. */
  readonly original: string
  readonly replacement: string
  readonly at: string
  readonly killedBy?: string
  readonly reason?: string
}

export interface FileReport {
  readonly file: string
  /** What was mutated; a report on another text is out of date. */
  readonly source: string
  readonly seconds: number
  readonly mutants: readonly Tried[]
}

/** Why a mutant may live. */
interface Reviewed {
  readonly file: string
  readonly text: string
  readonly original: string
  readonly replacement: string
  readonly why: string
}

export function readReport(file: string): FileReport | undefined {
  const path = pathOf(file)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as FileReport) : undefined
}

export function writeReport(report: FileReport): void {
  const path = pathOf(report.file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `${JSON.stringify(report, undefined, 1)}\n`)
}

function pathOf(file: string): string {
  return join(FOLDER, `${file.replaceAll('/', '-')}.json`)
}

export function triedOf(source: string, mutant: MutantResult): Tried {
  const lines = source.split('\n')
  const { start, end } = mutant.location
  const within = lines.slice(start.line - 1, end.line)
  within[within.length - 1] = within.at(-1)?.slice(0, end.column - 1) ?? ''
  within[0] = within[0]?.slice(start.column - 1) ?? ''
  return {
    status: mutant.status,
    mutator: mutant.mutatorName,
    text: (lines[start.line - 1] ?? '').trim(),
    original: short(within.join('\n')),
    replacement: short(mutant.replacement ?? ''),
    at: `${start.line}:${start.column}-${end.line}:${end.column}`,
    ...(mutant.killedBy?.[0] === undefined ? {} : { killedBy: mutant.killedBy[0] }),
    ...(mutant.statusReason === undefined ? {} : { reason: short(mutant.statusReason) }),
  }
}

function short(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length > 200 ? `${line.slice(0, 200)}...` : line
}

/** Neither killed nor stopped. */
export function isAlive({ status }: Tried): boolean {
  return status === 'Survived' || status === 'NoCoverage'
}

/** Tells which mutants of a file have been looked at. */
export function reviewedIn(file: string): (tried: Tried) => string | undefined {
  const all = existsSync(REVIEWED) ? (JSON.parse(readFileSync(REVIEWED, 'utf8')) as readonly Reviewed[]) : []
  const whys = new Map(all.filter((each) => each.file === file).map((each) => [keyOf(each), each.why]))
  return (tried) => whys.get(keyOf(tried))
}

function keyOf({ text, original, replacement }: Pick<Tried, 'text' | 'original' | 'replacement'>): string {
  return JSON.stringify([text, original, replacement])
}

interface Counts {
  mutants: number
  killed: number
  stopped: number
  alive: number
  equivalent: number
}

/** The table of `docs/evidence.md`. Mutants that do not even load are none. */
export function tableOf(reports: readonly FileReport[]): string {
  const total: Counts = { mutants: 0, killed: 0, stopped: 0, alive: 0, equivalent: 0 }
  const rows = reports.map((report) => {
    const counts = countsOf(report)
    for (const name of Object.keys(total) as (keyof Counts)[]) total[name] += counts[name]
    return rowOf(`\`${report.file}\``, counts)
  })
  return [
    ['File', 'Mutants', 'Killed', 'Stopped', 'Alive', 'Equivalent', 'Score', 'Without equivalents'],
    ['---', '---:', '---:', '---:', '---:', '---:', '---:', '---:'],
    ...rows,
    rowOf('all', total),
  ]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')
}

function countsOf({ file, mutants }: FileReport): Counts {
  const why = reviewedIn(file)
  const alive = mutants.filter(isAlive)
  const killed = mutants.filter(({ status }) => status === 'Killed').length
  const stopped = mutants.filter(({ status }) => status === 'Timeout').length
  return {
    mutants: killed + stopped + alive.length,
    killed,
    stopped,
    alive: alive.length,
    equivalent: alive.filter((tried) => why(tried) !== undefined).length,
  }
}

function rowOf(name: string, { mutants, killed, stopped, alive, equivalent }: Counts): readonly string[] {
  const caught = killed + stopped
  const numbers = [mutants, killed, stopped, alive, equivalent].map(String)
  return [name, ...numbers, percent(caught, mutants), percent(caught, mutants - equivalent)]
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '' : `${((100 * part) / whole).toFixed(1)} %`
}
