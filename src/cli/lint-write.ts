/**
 * Writes what `keyward lint` changes: a file that is fixed, a baseline.
 */
import { writeFileSync } from 'node:fs'
import { quote } from '../text/escape.js'

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'there is no such folder',
  EACCES: 'no permission to write it',
  EPERM: 'no permission to write it',
  EROFS: 'no permission to write it',
  EISDIR: 'it is a folder',
}

/** Undefined when it is done, else one sentence. */
export function failureToWrite(path: string, text: string): string | undefined {
  try {
    writeFileSync(path, text)
    return undefined
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const reason = REASONS[code] ?? (error instanceof Error ? error.message : String(error))
    return `cannot write ${quote(path, 200)}: ${reason}`
  }
}
