/**
 * Reads a world from its folder: `world-folder.ts` has the files, `read-world.ts` does the rest.
 */
import type { Result } from '../../text/source.js'
import { readingWorld, type FaultyWorld } from './read-world.js'
import { WorldCache, type CacheOptions, type OpenedWorld } from './world-cache.js'
import { listFolder, readFolder, type LoadLimits, type WorldFolder } from './world-folder.js'
import { finish, told, type Steps, type WorldProgress, type WorldStage } from './world-progress.js'
import type { World } from './world.js'

export type LoadFailure =
  /** The folder cannot be read or is too large: one sentence. */
  { readonly kind: 'folder'; readonly message: string } | ({ readonly kind: 'files' } & FaultyWorld)

/** All that a folder says, and what of it cannot be used. */
export function loadWorld(folder: string, limits: LoadLimits = {}): Result<World, LoadFailure> {
  const listed = finish(listFolder(folder, limits))
  return listed.ok ? finish(loadFiles(listed.value)) : { ok: false, error: { kind: 'folder', message: listed.error } }
}

/** Files of a folder whose names say that they are no part of a world; none where it cannot be read. */
export function filesLeftAlone(folder: string): readonly string[] {
  const listed = finish(listFolder(folder))
  return listed.ok ? listed.value.others : []
}

function* loadFiles(folder: WorldFolder): Steps<WorldProgress, Result<World, LoadFailure>> {
  const { length } = folder.files
  const files = yield* told(readFolder(folder), (bytes) =>
    progressAt('reading', folder.bytes === 0 ? 1 : bytes / folder.bytes, length),
  )
  if (!files.ok) return { ok: false, error: { kind: 'folder', message: files.error } }
  const world = yield* told(readingWorld(files.value), (progress) =>
    progressAt(progress.stage, progress.done, length, progress),
  )
  return world.ok ? world : { ok: false, error: { kind: 'files', ...world.error } }
}

/**
 * A world to be asked: what can be used of it, from a cache where it has been kept there.
 * The error is one sentence.
 */
export function openWorld(folder: string, cache?: CacheOptions): Result<OpenedWorld, string> {
  return finish(openingWorld(folder, cache))
}

/** The same in steps, for who has a screen to keep alive. Whoever gives up half-way calls `return` of the steps. */
export function* openingWorld(folder: string, cache?: CacheOptions): Steps<WorldProgress, Result<OpenedWorld, string>> {
  const listed = yield* told(listFolder(folder), (files) => progressAt('listing', 0, files))
  if (!listed.ok) return listed
  const kept = cache === undefined ? undefined : WorldCache.of(listed.value, cache)
  const found = kept?.find(() => {
    const again = finish(usableWorld(listed.value))
    if (again.ok) return again.value.world
    throw new Error(`the kept world of a folder is damaged, and the folder cannot be read: ${again.error}`)
  })
  if (found !== undefined) return { ok: true, value: found }
  const read = yield* usableWorld(listed.value)
  if (!read.ok) return read
  const { world, unusable } = read.value
  if (kept !== undefined) {
    const files = listed.value.files.length
    const principals = world.principals.size + world.groups.size
    const counts: Counts = { understood: files, file: undefined, principals, keys: world.keys.size }
    yield* told(kept.keep(world, unusable), (done) => progressAt('keeping', done, files, counts))
  }
  return { ok: true, value: { world, unusable, contradictions: world.contradictions.length } }
}

/** From where to where each stage takes the work on a large world that is also kept. */
const PARTS: Readonly<Record<WorldStage, readonly [from: number, to: number]>> = {
  listing: [0, 0.03],
  reading: [0.03, 0.1],
  understanding: [0.1, 0.62],
  joining: [0.62, 0.8],
  keeping: [0.8, 1],
}

type Counts = Pick<WorldProgress, 'understood' | 'file' | 'principals' | 'keys'>

const NOTHING_YET: Counts = { understood: 0, file: undefined, principals: 0, keys: 0 }

/** Made for every step: member by member, as copying objects takes longer than many a step. */
function progressAt(stage: WorldStage, part: number, files: number, counts: Counts = NOTHING_YET): WorldProgress {
  const [from, to] = PARTS[stage]
  const { understood, file, principals, keys } = counts
  return { stage, done: from + part * (to - from), files, understood, file, principals, keys }
}

function* usableWorld(
  folder: WorldFolder,
): Steps<WorldProgress, Result<{ readonly world: World; readonly unusable: number }, string>> {
  const loaded = yield* loadFiles(folder)
  if (loaded.ok) return { ok: true, value: { world: loaded.value, unusable: 0 } }
  const { error } = loaded
  if (error.kind === 'folder') return { ok: false, error: error.message }
  return { ok: true, value: { world: error.world, unusable: error.errors.length } }
}
