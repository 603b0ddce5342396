/**
 * Reads a world from its folder: `world-folder.ts` has the files, `read-world.ts` does the rest.
 */
import type { Result } from '../../text/source.js'
import { readWorld, type FaultyWorld } from './read-world.js'
import { WorldCache, type CacheOptions, type OpenedWorld } from './world-cache.js'
import { listFolder, readFolder, type LoadLimits, type WorldFolder } from './world-folder.js'
import type { World } from './world.js'

export type LoadFailure =
  /** The folder cannot be read or is too large: one sentence. */
  { readonly kind: 'folder'; readonly message: string } | ({ readonly kind: 'files' } & FaultyWorld)

/** All that a folder says, and what of it cannot be used. */
export function loadWorld(folder: string, limits: LoadLimits = {}): Result<World, LoadFailure> {
  const listed = listFolder(folder, limits)
  return listed.ok ? loadFiles(listed.value) : { ok: false, error: { kind: 'folder', message: listed.error } }
}

function loadFiles(folder: WorldFolder): Result<World, LoadFailure> {
  const files = readFolder(folder)
  if (!files.ok) return { ok: false, error: { kind: 'folder', message: files.error } }
  const world = readWorld(files.value)
  return world.ok ? world : { ok: false, error: { kind: 'files', ...world.error } }
}

/**
 * A world to be asked: what can be used of it, from a cache where it has been kept there.
 * The error is one sentence.
 */
export function openWorld(folder: string, cache?: CacheOptions): Result<OpenedWorld, string> {
  const listed = listFolder(folder)
  if (!listed.ok) return listed
  const kept = cache === undefined ? undefined : WorldCache.of(listed.value, cache)
  const found = kept?.find(() => {
    const again = usableWorld(listed.value)
    if (again.ok) return again.value.world
    throw new Error(`the kept world of a folder is damaged, and the folder cannot be read: ${again.error}`)
  })
  if (found !== undefined) return { ok: true, value: found }
  const read = usableWorld(listed.value)
  if (!read.ok) return read
  const { world, unusable } = read.value
  kept?.keep(world, unusable)
  return { ok: true, value: { world, unusable, contradictions: world.contradictions.length } }
}

function usableWorld(folder: WorldFolder): Result<{ readonly world: World; readonly unusable: number }, string> {
  const loaded = loadFiles(folder)
  if (loaded.ok) return { ok: true, value: { world: loaded.value, unusable: 0 } }
  const { error } = loaded
  if (error.kind === 'folder') return { ok: false, error: error.message }
  return { ok: true, value: { world: error.world, unusable: error.errors.length } }
}
