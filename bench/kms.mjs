/**
 * Benchmarks of the key service. Bundled from the sources into `node_modules/.cache`, from where the SQLite package and
 * the programs of the threads are found.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'

const BENCHES = {
  kms: [
    'Operations of the key service beside bare cryptography',
    '32 bytes; every call authorized by the graph (default key policy, one identity policy); memory store; in turn with the bare one',
  ],
  'kms-slow': ['Encrypt while RSA keys are made', '32 bytes, memory store, audit on; 1.5 s of each'],
  'kms-grants': ['Authorization by grant', 'a caller without policies, one of 1 and one of 50,000 grants on the key'],
  'kms-many': [
    '100,000 keys',
    'SQLite; a policy, an alias and 10 grants for each key; 100 keys asked in turn, audit off',
  ],
}

export function kmsBenches({ folder }) {
  return Object.keys(BENCHES).map((name) => ({ name, run: () => kms(folder, name) }))
}

async function kms(folder, name) {
  const built = await bundle('keyward-bench-kms', {
    run: 'bench/kms-run.ts',
    'sqlite-writer': 'src/store/sqlite-writer.ts',
    'slow-worker': 'src/kms/crypto/slow-worker.ts',
  })
  const data = mkdtempSync(join(folder, 'kms-'))
  const [title, input] = BENCHES[name]
  try {
    const words = ['--expose-gc', join(built, 'run.js'), data, name]
    const figures = execFileSync(process.execPath, words, { encoding: 'utf8' })
    return { name, title, input, figures: JSON.parse(figures) }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}
