/**
 * What a process tells the others when it has committed: which entries the log has now, and the names of the rows that they
 * have changed, as long as there is room for them.
 *
 * A notice is a hint that may be forged by whoever may connect to the database, may be lost, and may be overtaken by the log.
 * So nothing follows from one but that rows are read again; the log is looked at all the same. The mark of the batch, which
 * nobody can know before it is committed, tells later whether a notice had been a true one.
 *
 * Pure. Source: PostgreSQL documentation, "NOTIFY".
 */
import type { EntryColumns } from './postgres-batch.js'

export interface Notice {
  readonly mark: string
  /** Of the last entry of the batch. */
  readonly last: number
  /** All entries of the batch; undefined where they had no room. */
  readonly entries: readonly NoticedEntry[] | undefined
}

export interface NoticedEntry {
  readonly id: number
  /** As the log has them. */
  readonly text: string
  readonly names: readonly string[]
}

/** PostgreSQL takes fewer than 8,000 bytes. */
const MAX_BYTES = 7900
const LINE = /^(\d{1,15}) (\d{1,15}) ([\w-]{1,64})$/

/** @param entries - of one batch; their numbers follow each other. */
export function noticeText(mark: string, entries: readonly (EntryColumns & { readonly id: number })[]): string {
  const head = `${entries[0]?.id ?? 0} ${entries.at(-1)?.id ?? 0} ${mark}`
  const lines = [head]
  let length = head.length
  for (const { names } of entries) {
    const line = names ?? ''
    length += 1 + line.length
    if (length > MAX_BYTES) return head
    lines.push(line)
  }
  const text = lines.join('\n')
  return Buffer.byteLength(text) > MAX_BYTES ? head : text
}

/** Undefined where it is none. */
export function readNotice(text: string): Notice | undefined {
  const [head = '', ...lines] = text.split('\n')
  const [, firstId, lastId, mark = ''] = LINE.exec(head) ?? []
  if (firstId === undefined) return undefined
  const [first, last] = [Number(firstId), Number(lastId)]
  if (lines.length === 0 || lines.length !== last - first + 1) return { mark, last, entries: undefined }
  const entries: NoticedEntry[] = []
  for (const [index, line] of lines.entries()) {
    const names = line === '' ? [] : namesIn(line)
    if (names === undefined) return { mark, last, entries: undefined }
    entries.push({ id: first + index, text: line, names })
  }
  return { mark, last, entries }
}

function namesIn(line: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined
  } catch {
    return undefined
  }
}
