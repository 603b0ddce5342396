/**
 * What the sources may not do, read from the sources: import against the order of the rooms, reach the outside world
 * from a pure room, or make code out of text.
 */
import { describe, expect, test } from 'vitest'
import { importedPath, readSources, roomOf, ROOMS, type SourceFile } from './sources.js'

const sources = readSources()
const paths = new Set(sources.map(({ path }) => path))

const PURE_ROOMS: ReadonlySet<string> = new Set([
  'text',
  'aws',
  'grammar',
  'policy',
  'graph',
  'decide',
  'solve',
  'explain',
  'check',
])

/** Rooms that a room with a rule of its own may import; every other room may import all that stand before it. */
const ONLY: Readonly<Record<string, readonly string[]>> = { text: ['grammar'], aws: [] }

/** What the code of a pure room does not say; strings and comments are gone before this looks. */
const OUTSIDE_WORLD: readonly RegExp[] = [
  /\bprocess\s*\./,
  /\bDate\s*\.\s*now\b/,
  /\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/,
  /(?<!new\s+)(?<![\w$.])Date\s*\(/,
  /\bMath\s*\.\s*random\b/,
  /\bperformance\s*\.\s*now\b/,
  /\bcrypto\s*\.\s*(?:getRandomValues|randomUUID|randomBytes)\b/,
  /\b(?:setTimeout|setInterval|setImmediate|fetch)\s*\(/,
  /\bconsole\s*\./,
]

const CODE_FROM_TEXT: readonly RegExp[] = [/(?<![\w$.])eval\s*\(/, /\bnew\s+Function\b/, /(?<![\w$.])Function\s*\(/]

test('I12 imports run one way', () => {
  const wrong = sources.flatMap((file) =>
    file.imports.flatMap(({ specifier }) => {
      const target = importedPath(file.path, specifier, paths)
      return target === undefined || mayImport(file.room, roomOf(target)) ? [] : [`${file.path} -> ${target}`]
    }),
  )
  expect(wrong).toEqual([])
})

describe('rooms', () => {
  test('every file stands in a room', () => {
    const homeless = sources.filter(({ room }) => !ROOMS.includes(room)).map(({ path }) => path)
    expect(homeless).toEqual([])
  })

  test('every relative import names a file of src', () => {
    const wrong = sources.flatMap((file) =>
      file.imports.flatMap(({ specifier }) => {
        const target = importedPath(file.path, specifier, paths)
        return target === undefined || paths.has(target) ? [] : [`${file.path} -> ${specifier}`]
      }),
    )
    expect(wrong).toEqual([])
  })

  test('no file loads itself again through what it imports', () => {
    expect(cycles(sources)).toEqual([])
  })

  test.each([
    ['text', 'grammar', true],
    ['text', 'aws', false],
    ['aws', 'text', false],
    ['grammar', 'text', true],
    ['policy', 'text', true],
    ['policy', 'graph', false],
    ['decide', 'decide', true],
    ['graph', 'decide', false],
    ['cli', 'index.ts', false],
    ['index.ts', 'check', true],
    ['cli', 'somewhere', false],
  ])('%s may import %s: %s', (from, to, expected) => {
    expect(mayImport(from, to)).toBe(expected)
  })
})

describe('pure rooms', () => {
  const pure = sources.filter(({ room }) => PURE_ROOMS.has(room))

  test('import no module of Node', () => {
    const wrong = pure.flatMap(({ path, imports }) =>
      imports
        .filter(({ specifier }) => specifier.startsWith('node:'))
        .map(({ specifier }) => `${path} -> ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  test('use no clock, environment, randomness, network or console', () => {
    expect(pure.flatMap((file) => findings(file, OUTSIDE_WORLD))).toEqual([])
  })

  test.each([
    ['Date.now()', true],
    ['new Date()', true],
    ['new Date', true],
    ['new Date(atMs)', false],
    ['Date()', true],
    ['Date.UTC(1970, 0)', false],
    ['Date.parse(text)', false],
    ['isDate(text)', false],
    ['Math.random()', true],
    ['Math.max(1, 2)', false],
    ['process.env["HOME"]', true],
    ['processor.env', false],
  ])('%s is the outside world: %s', (code, expected) => {
    expect(OUTSIDE_WORLD.some((pattern) => pattern.test(code))).toBe(expected)
  })
})

test('no code is made from text anywhere', () => {
  expect(sources.flatMap((file) => findings(file, CODE_FROM_TEXT))).toEqual([])
})

test('no enum and no namespace', () => {
  expect(sources.flatMap((file) => findings(file, [/(?<![\w$.])(?:enum|namespace)\s+[A-Za-z_$]/]))).toEqual([])
})

function mayImport(from: string, to: string): boolean {
  if (from === to) return true
  const only = ONLY[from]
  if (only !== undefined) return only.includes(to)
  return ROOMS.includes(to) && ROOMS.indexOf(to) < ROOMS.indexOf(from)
}

function findings(file: SourceFile, patterns: readonly RegExp[]): readonly string[] {
  return patterns.flatMap((pattern) => {
    const found = pattern.exec(file.code)
    return found === null ? [] : [`${file.path}: ${found[0]}`]
  })
}

/**
 * Files that load each other, one line for each way round that a depth-first walk meets. Types load nothing: a grammar
 * may name the types of the module that reads with it.
 */
function cycles(files: readonly SourceFile[]): readonly string[] {
  const byPath = new Map(files.map((file) => [file.path, file]))
  const done = new Set<string>()
  const found: string[] = []
  const walk = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start >= 0) found.push([...way.slice(start), path].join(' -> '))
    if (start >= 0 || done.has(path)) return
    for (const { specifier, kind } of byPath.get(path)?.imports ?? []) {
      const target = kind === 'value' ? importedPath(path, specifier, paths) : undefined
      if (target !== undefined) walk(target, [...way, path])
    }
    done.add(path)
  }
  for (const { path } of files) walk(path, [])
  return found
}
