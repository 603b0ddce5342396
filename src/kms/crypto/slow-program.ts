/**
 * The program of the threads for slow work, found once.
 */
import { threadProgram } from './thread-program.js'

let program: Promise<URL | undefined> | undefined

/** Undefined when there is none, such as in somebody's own bundle. */
export function slowProgram(): Promise<URL | undefined> {
  program ??= threadProgram(import.meta.url, 'kms/crypto', 'slow-worker')
  return program
}
