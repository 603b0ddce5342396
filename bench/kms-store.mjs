/**
 * Benchmarks of the stores of the key service: acknowledged durable commits beside bare group commit, and a commit in
 * memory. Bundled from the sources into `node_modules/.cache`, from where the SQLite package is found.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { bundle } from './bundle.mjs'

export function kmsStoreBenches({ folder }) {
  return [{ name: 'kms-store', run: () => kmsStore(folder) }]
}

async function kmsStore(folder) {
  const built = await bundle('keyward-bench-store', {
    run: 'bench/kms-store-run.ts',
    'sqlite-writer': 'src/store/sqlite-writer.ts',
  })
  const data = mkdtempSync(join(folder, 'kms-store-'))
  try {
    const figures = execFileSync(process.execPath, [join(built, 'run.js'), data], { encoding: 'utf8' })
    return {
      name: 'kms-store',
      title: 'Stores of the key service',
      input:
        '6,400 commits a round; each puts one row of 170 bytes by compare and set and brings an audit record of 900 bytes',
      figures: JSON.parse(figures),
    }
  } finally {
    rmSync(data, { recursive: true, force: true })
  }
}
