/**
 * Sources and tests as one script, loaded afresh as often as wanted.
 *
 * What a mutant did to a table must not be there when the next one is tried, and a mutant in what runs at load time is
 * active only when that runs again: every mutant gets modules of its own. The script is compiled once, so loading it
 * takes some milliseconds. Packages are shared, since no mutant is in them.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'
import { build, type Plugin } from 'esbuild'
import { fastCheckFor, Suite, vitestFor } from './suite.js'

/** The rooms of tests that reach `src/graph` and `src/decide`; the command line does so only through those of `source`. */
const TEST_FOLDERS = ['graph', 'decide', 'explain', 'source']
/** Runs commands and watches what they print, for which vitest itself is needed. */
const LEFT_OUT = ['test/source/world/load-world.test.ts']
/** Long, and each a good deal slower than it is likely to notice what the others did not: for a second look. */
const LONG = [
  'decide/agreement',
  'decide/hostile',
  'explain/drawing',
  'graph/policy-index',
  'source/errors',
  'source/schema',
  'source/simulate',
  'source/world/forms-agree',
  'source/world/hostile',
  'source/world/places',
  'source/world/world-cache',
  'source/world/world-schema',
].map((name) => `test/${name}.test.ts`)

/** What the script exports. */
interface Loaded {
  /** Loads a file of tests, by its path in the repository. */
  readonly files: Readonly<Record<string, () => Promise<unknown>>>
}

type Wrapper = (exports: object, require: (name: string) => unknown, module: { exports: object }) => void

/** One load of everything. */
export interface Realm {
  readonly files: readonly string[]
  /** Loads a file of tests, which may run code of the sources. */
  suite(file: string): Promise<Suite>
}

/**
 * Bundles what stands under a folder, or takes the bundle that stands there already: the folder of a run of the
 * mutation tool is its own, and a worker that was ended for an endless loop starts again in it.
 * @param maxRuns - of a property of fast-check.
 * @param withLong - also the tests that take long and rarely notice anything.
 * @returns a function that loads everything afresh.
 */
export async function openRealms(folder: string, maxRuns: number, withLong: boolean): Promise<() => Realm> {
  const path = join(folder, '.mutate', 'bundle.cjs')
  if (!existsSync(path)) await writeBundle(folder, path, withLong ? LEFT_OUT : [...LEFT_OUT, ...LONG])
  const script = new Script(`(function (exports, require, module) {${readFileSync(path, 'utf8')}\n})`, {
    filename: path,
    // A package that is loaded when it is needed.
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const nodeRequire = createRequire(join(folder, 'package.json'))
  const checks = fastCheckFor(maxRuns)
  return () => {
    let suite = new Suite('')
    const vitest = vitestFor(() => suite)
    const requireFor = (name: string): unknown => {
      if (name === 'vitest') return vitest
      return name === 'fast-check' ? checks : nodeRequire(name)
    }
    const module = { exports: {} }
    const wrapper = script.runInThisContext() as Wrapper
    wrapper(module.exports, requireFor, module)
    const { files } = module.exports as Loaded
    return {
      files: Object.keys(files),
      suite: async (file) => {
        suite = new Suite(file)
        await files[file]?.()
        return suite
      },
    }
  }
}

async function writeBundle(folder: string, path: string, leftOut: readonly string[]): Promise<void> {
  const under = (room: string, ending: string): readonly string[] =>
    readdirSync(join(folder, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(ending))
      .map((name) => `${room}/${name}`.replaceAll('\\', '/'))
      .sort()
  const sources = ['src/graph', 'src/decide'].flatMap((room) => under(room, '.ts'))
  const tests = TEST_FOLDERS.flatMap((room) => under(`test/${room}`, '.test.ts')).filter(
    (file) => !leftOut.includes(file),
  )
  const entry = [
    ...sources.map((file) => `import ${JSON.stringify(`./${file}`)}`),
    `export const files = {`,
    ...tests.map((file) => `  ${JSON.stringify(file)}: () => import(${JSON.stringify(`./${file}`)}),`),
    `}`,
  ]
  const { outputFiles } = await build({
    stdin: { contents: entry.join('\n'), resolveDir: folder, sourcefile: 'entry.ts', loader: 'ts' },
    bundle: true,
    write: false,
    packages: 'external',
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
    plugins: [places(folder)],
  })
  mkdirSync(dirname(path), { recursive: true })
  // Another worker may be doing the same.
  const mine = `${path}.${process.pid}`
  writeFileSync(mine, outputFiles[0]?.contents ?? '')
  renameSync(mine, path)
}

/** A file that asks where it is gets the answer it would have got outside the bundle. */
function places(folder: string): Plugin {
  return {
    name: 'places',
    setup(build) {
      build.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        if (relative(folder, path).startsWith('..')) return undefined
        const contents = readFileSync(path, 'utf8')
          .replaceAll('import.meta.url', () => JSON.stringify(pathToFileURL(path).href))
          .replaceAll('import.meta.dirname', () => JSON.stringify(dirname(path)))
        return { contents, loader: 'ts' }
      })
    },
  }
}
