/**
 * Where the program of the writing thread is.
 *
 * In the library it lies beside this module, and beside the bundle of the command line. Run from TypeScript sources, as
 * the project's own tests do, there is no such file; then esbuild, a development dependency, makes it in memory.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Beside this module; and from the command line's bundle and its chunks. */
const PLACES = ['./sqlite-writer.js', '../store/sqlite-writer.js', '../../store/sqlite-writer.js']

let program: Promise<URL | undefined> | undefined

/** Undefined when there is none, such as in somebody's own bundle. */
export function writerProgram(): Promise<URL | undefined> {
  program ??= find()
  return program
}

async function find(): Promise<URL | undefined> {
  if (!import.meta.url.startsWith('file:')) return undefined
  if (import.meta.url.endsWith('.ts')) return fromSources()
  return PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url))
}

async function fromSources(): Promise<URL | undefined> {
  // A name in a variable: no bundle of the library takes the bundler in.
  const name = 'esbuild'
  const { build } = (await import(name)) as typeof import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./sqlite-writer.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  })
  const code = outputFiles[0]?.contents
  return code && new URL(`data:text/javascript;base64,${Buffer.from(code).toString('base64')}`)
}
