/**
 * SHA-256 for the names and checks of kept worlds.
 *
 * Node's module for it is loaded when the first hash is made: it takes longer to load than a small world to read, and a
 * small world is not kept.
 */
import type { Hash } from 'node:crypto'

export function newSha256(): Hash {
  return process.getBuiltinModule('node:crypto').createHash('sha256')
}
