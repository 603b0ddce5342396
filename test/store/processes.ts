/** Writing processes for tests: started, killed, and what they left behind held against what they had acknowledged. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Store } from '../../src/kms/store.js'
import { buildProgram } from './support.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface WritingProcess {
  readonly child: ChildProcess
  /** The last number that was acknowledged to each caller. */
  acknowledged(): ReadonlyMap<string, number>
  /** When the process says that its store is open. */
  readonly isOpen: Promise<void>
  /** The exit status, or the signal. */
  readonly ended: Promise<number | string>
}

/** The writing program and, beside it, its writing thread. */
export async function buildWritingProgram(): Promise<string> {
  await buildProgram(join(ROOT, 'src/store/sqlite-writer.ts'), 'sqlite-writer')
  return fileURLToPath(
    await buildProgram(fileURLToPath(new URL('./writing-program.ts', import.meta.url)), 'writing-program'),
  )
}

export function startWriting(
  program: string,
  folder: string,
  { name, callers, commits = 0 }: { readonly name: string; readonly callers: number; readonly commits?: number },
): WritingProcess {
  const child = spawn(process.execPath, [program, folder, name, String(callers), String(commits)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  let complaints = ''
  const ended = new Promise<number | string>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'))
  })
  const isOpen = new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (part: Buffer) => {
      text += part.toString('latin1')
      if (text.startsWith('open\n')) resolve()
    })
    child.stderr.on('data', (part: Buffer) => {
      complaints += part.toString('utf8')
    })
    void ended.then(() => reject(new Error(`the writing process ended: ${complaints}`)))
  })
  // Whoever does not wait for it learns of it by what `ended` says.
  isOpen.catch(() => undefined)
  const acknowledged = (): ReadonlyMap<string, number> => {
    const last = new Map<string, number>()
    // A line without its end was cut off.
    for (const line of text.slice(0, text.lastIndexOf('\n') + 1).split('\n')) {
      const [caller, number] = line.split(' ')
      if (caller !== undefined && number !== undefined) last.set(caller, Number(number))
    }
    return last
  }
  return { child, acknowledged, isOpen, ended }
}

/** Nothing acknowledged is lost, nothing is half there, the audit says what the rows say. */
export async function expectWhole(store: Store, acknowledged: ReadonlyMap<string, number>): Promise<void> {
  const counts = new Map<string, number>()
  for (const { name, value } of await allRows(store, 'count/')) counts.set(name.slice('count/'.length), Number(value))
  for (const [caller, number] of acknowledged) {
    expect(counts.get(caller) ?? 0, `acknowledged to ${caller}`).toBeGreaterThanOrEqual(number)
  }
  const expected = [...counts].flatMap(([caller, count]) =>
    Array.from({ length: count }, (_, index) => `${caller}/${index + 1}`),
  )
  const named = async (prefix: string): Promise<string[]> =>
    (await allRows(store, prefix)).map(({ name }) => name.slice(prefix.length))
  expect(sorted(await named('left/'))).toEqual(sorted(expected))
  expect(sorted(await named('right/'))).toEqual(sorted(expected))
  expect(sorted(await auditIds(store))).toEqual(sorted(expected))
  const eighths = [...counts.values()].reduce((sum, count) => sum + Math.floor(count / 8), 0)
  expect(Number((await store.get('shared'))?.value ?? '0')).toBe(eighths)
}

async function allRows(store: Store, prefix: string): Promise<{ readonly name: string; readonly value: string }[]> {
  const rows: { readonly name: string; readonly value: string }[] = []
  let cursor: string | undefined
  do {
    const page = await store.scan(prefix, cursor === undefined ? {} : { cursor })
    rows.push(...page.rows)
    cursor = page.cursor
  } while (cursor !== undefined)
  return rows
}

async function auditIds(store: Store): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | undefined
  do {
    const page = await store.auditRecords(cursor === undefined ? {} : { cursor })
    ids.push(...page.records.map(({ eventID }) => eventID))
    cursor = page.cursor
  } while (cursor !== undefined)
  return ids
}

function sorted(texts: readonly string[]): string[] {
  return texts.toSorted()
}
