/**
 * Where worlds that were read are kept: a flag, else the environment, else the cache folder of the user.
 *
 * Source: XDG Base Directory Specification, "XDG_CACHE_HOME".
 */
import { isAbsolute, join, resolve } from 'node:path'
import type { CacheFlags } from './why-options.js'

/** Undefined where nothing is to be kept. */
export function cacheFolder(
  { cache, cacheDir }: CacheFlags,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  if (cache === false) return undefined
  if (cacheDir !== undefined) return resolve(cacheDir)
  const { KEYWARD_CACHE_DIR: own, XDG_CACHE_HOME: shared, HOME: home } = env
  if (own !== undefined && own !== '') return resolve(own)
  // A relative path in XDG_CACHE_HOME is to be ignored.
  if (shared !== undefined && isAbsolute(shared)) return join(shared, 'keyward')
  return home !== undefined && isAbsolute(home) ? join(home, '.cache', 'keyward') : undefined
}
