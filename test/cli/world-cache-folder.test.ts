/** Where worlds are kept: docs/world.md, "What is kept of a large world". */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { registerCan } from '../../src/cli/can.js'
import { registerWhy } from '../../src/cli/why.js'
import type { CacheFlags } from '../../src/cli/why-options.js'
import { cacheFolder } from '../../src/cli/world-cache-folder.js'
import { runCommand } from './run-command.js'

const ENV = { KEYWARD_CACHE_DIR: '/own', XDG_CACHE_HOME: '/shared', HOME: '/home/me' }

const CASES: readonly (readonly [
  name: string,
  flags: CacheFlags,
  env: Readonly<Record<string, string>>,
  folder: string | undefined,
])[] = [
  ['--no-cache wins', { cache: false, cacheDir: '/flag' }, ENV, undefined],
  ['--cache-dir', { cache: true, cacheDir: '/flag' }, ENV, '/flag'],
  ['a relative --cache-dir', { cacheDir: 'here' }, ENV, resolve('here')],
  ['KEYWARD_CACHE_DIR', {}, ENV, '/own'],
  ['an empty KEYWARD_CACHE_DIR is none', {}, { ...ENV, KEYWARD_CACHE_DIR: '' }, '/shared/keyward'],
  ['XDG_CACHE_HOME', {}, { XDG_CACHE_HOME: '/shared', HOME: '/home/me' }, '/shared/keyward'],
  ['a relative XDG_CACHE_HOME is none', {}, { XDG_CACHE_HOME: 'shared', HOME: '/home/me' }, '/home/me/.cache/keyward'],
  ['HOME', {}, { HOME: '/home/me' }, '/home/me/.cache/keyward'],
  ['nobody’s home', {}, {}, undefined],
]

test.each(CASES)('%s', (_name, flags, env, folder) => expect(cacheFolder(flags, env)).toBe(folder))

describe('a small world', () => {
  test.each(['why', 'can'])('is not kept by keyward %s', async (command) => {
    const folder = mkdtempSync(join(tmpdir(), 'keyward-flags-'))
    const cache = join(folder, 'cache')
    try {
      const question = ['--world', 'fixtures/acme/world', 'can role/PaymentsApi do kms:Decrypt on alias/payments']
      const register = command === 'why' ? registerWhy : registerCan
      const kept = await runCommand(register, [command, '--cache-dir', cache, ...question])
      const anew = await runCommand(register, [command, '--no-cache', ...question])
      expect(kept).toEqual(anew)
      expect(kept).toMatchObject({ err: '', exitCode: 0 })
      expect(existsSync(cache)).toBe(false)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
