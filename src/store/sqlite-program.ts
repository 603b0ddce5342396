/**
 * The program of the writing thread, found once.
 */
import { threadProgram } from '../kms/crypto/thread-program.js'

let program: Promise<URL | undefined> | undefined

/** Undefined when there is none, such as in somebody's own bundle. */
export function writerProgram(): Promise<URL | undefined> {
  program ??= threadProgram(import.meta.url, 'store', 'sqlite-writer')
  return program
}
