/** Tokens of SoftHSM that vanish with their folder, for tests; without SoftHSM or `pkcs11js` a reason to skip them. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const PLACES = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so']
const UTILITY = 'softhsm2-util'

export const LIBRARY = PLACES.find(existsSync) ?? ''

/** Undefined where the tests can run. */
export function reasonToSkip(): string | undefined {
  if (LIBRARY === '') return 'SoftHSM is not installed'
  try {
    createRequire(import.meta.url)('pkcs11js')
    return undefined
  } catch {
    return 'pkcs11js is not installed'
  }
}

export interface SoftHsm {
  readonly addToken: (label: string, pin: string) => void
  readonly remove: () => void
}

/** Of this process: the library looks for its tokens where an environment variable says. */
export function softHsm(): SoftHsm {
  const folder = mkdtempSync(join(tmpdir(), 'keyward-hsm-'))
  mkdirSync(join(folder, 'tokens'))
  writeFileSync(join(folder, 'softhsm2.conf'), `directories.tokendir = ${join(folder, 'tokens')}\n`)
  process.env['SOFTHSM2_CONF'] = join(folder, 'softhsm2.conf')
  return {
    addToken: (label, pin) => {
      execFileSync(UTILITY, ['--init-token', '--free', '--label', label, '--pin', pin, '--so-pin', '5678'])
    },
    remove: () => {
      rmSync(folder, { recursive: true })
    },
  }
}
