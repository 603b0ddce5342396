/** The files of `src/`, each read once: its room, its code, and the files of `src/` it imports. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Import, scan } from './scan.js'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** From the leaf to the outermost: a room imports only what stands before it. */
export const ROOMS: readonly string[] = [
  'text',
  'aws',
  'grammar',
  'policy',
  'graph',
  'decide',
  'solve',
  'explain',
  'source',
  'kms',
  'store',
  'lint',
  'check',
  'server',
  'lsp',
  'tui',
  'cli',
  'kms.ts',
  'vitest.ts',
  'index.ts',
]

export interface SourceFile {
  /** From the root of the repository, with slashes: `src/graph/lower.ts`. */
  readonly path: string
  /** The folder under `src/`; for an entry of the package its file; any other name is not a room. */
  readonly room: string
  readonly code: string
  readonly imports: readonly Import[]
}

export function readSources(): readonly SourceFile[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => sourceFile(join(entry.parentPath, entry.name)))
    .sort((left, right) => (left.path < right.path ? -1 : 1))
}

/** The file of `src/` that a relative import names, or undefined for a package or a built-in module. */
export function importedPath(from: string, specifier: string, paths: ReadonlySet<string>): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const named = join(dirname(from), specifier).split(sep).join('/')
  return [named.replace(/\.js$/, '.ts'), named.replace(/\.js$/, '.tsx')].find((path) => paths.has(path)) ?? named
}

export function roomOf(path: string): string {
  return path.split('/')[1] ?? ''
}

function sourceFile(file: string): SourceFile {
  const path = relative(ROOT, file).split(sep).join('/')
  return { path, room: roomOf(path), ...scan(readFileSync(file, 'utf8')) }
}
