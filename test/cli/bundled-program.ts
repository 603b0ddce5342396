/**
 * The command, bundled from the sources as a release is, in a temporary folder of its own with the `package.json` that it
 * reads. Who wants the very release takes `dist/`.
 */
import { copyFileSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Ink imports them under DEV alone, and they are not installed with Ink. */
const WITHOUT_REACT_DEVTOOLS: Plugin = {
  name: 'without-react-devtools',
  setup(each) {
    each.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'empty' }))
    each.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {}' }))
  },
}

/**
 * @param name - of what is tested, for the folder.
 * @param programs - of `src/cli`: the command, and those of its threads that are wanted.
 * @returns the folder; the command is its `dist/cli/main.js`. Remove it when done.
 */
export async function bundleProgram(name: string, programs: readonly string[] = ['main']): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `keyward-${name}-`))
  copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  await build({
    entryPoints: programs.map((program) => join(ROOT, `src/cli/${program}.ts`)),
    outdir: join(folder, 'dist/cli'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
    plugins: [WITHOUT_REACT_DEVTOOLS],
    logLevel: 'error',
  })
  return folder
}
