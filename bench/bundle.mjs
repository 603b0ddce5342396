/**
 * Programs of the benchmarks, bundled from the sources into `node_modules/.cache`, from where packages that are not
 * bundled are found; the programs of threads stand beside them under the names that the sources have for them.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * @param name - of the folder.
 * @param programs - paths in the repository by the names of the programs.
 * @returns the folder.
 */
export async function bundle(name, programs) {
  const folder = join(ROOT, 'node_modules/.cache', name)
  const entryPoints = Object.fromEntries(Object.entries(programs).map(([program, path]) => [program, join(ROOT, path)]))
  await build({
    entryPoints,
    outdir: folder,
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  })
  return folder
}
