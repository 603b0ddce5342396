/**
 * Where the program of a worker thread is.
 *
 * In the library it lies beside the module that starts it, and below the bundle of the command line. Run from TypeScript
 * sources, as the project's own tests do, there is no such file; then esbuild, a development dependency, makes it in
 * memory.
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type * as Esbuild from 'esbuild'

/**
 * Undefined when there is none, such as in somebody's own bundle.
 *
 * @param from - `import.meta.url` of the module that starts the thread.
 * @param room - folder of the program below `src` or `dist`, such as `kms/crypto`; that of the module.
 * @param name - of the program, without its ending.
 */
export async function threadProgram(from: string, room: string, name: string): Promise<URL | undefined> {
  if (!from.startsWith('file:')) return undefined
  if (from.endsWith('.ts')) return bundled(new URL(`./${name}.ts`, from))
  // Beside the module; and from the command line's bundle and its chunks.
  return [`./${name}.js`, `../${room}/${name}.js`, `../../${room}/${name}.js`]
    .map((place) => new URL(place, from))
    .find((url) => existsSync(url))
}

async function bundled(source: URL): Promise<URL | undefined> {
  // A name in a variable: no bundle of the library takes the bundler in.
  const bundler = 'esbuild'
  const { build } = (await import(bundler)) as typeof Esbuild
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(source)],
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
