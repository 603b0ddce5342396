import { build as bundle, type Plugin } from 'esbuild'
import { expect, test } from 'vitest'
import { scan } from './scan.js'
import { readSources, ROOT } from './sources.js'

const IMPORTS: readonly { readonly text: string; readonly expected: readonly string[] }[] = [
  { text: `import { a } from './a.js'`, expected: ['value ./a.js'] },
  { text: `import a, * as b from "./a.js"`, expected: ['value ./a.js'] },
  { text: `import {\n  a,\n  type B,\n} from './a.js'`, expected: ['value ./a.js'] },
  { text: `import type { A } from './a.js'`, expected: ['type ./a.js'] },
  { text: `import type from './a.js'`, expected: ['value ./a.js'] },
  { text: `import './a.js'`, expected: ['value ./a.js'] },
  { text: `export * from './a.js'\nexport type { B } from './b.js'`, expected: ['value ./a.js', 'type ./b.js'] },
  { text: `const a = await import('./a.js')`, expected: ['dynamic ./a.js'] },
  { text: `// import './a.js'\n/* import './b.js' */`, expected: [] },
  { text: `const text = "import './a.js'"`, expected: [] },
  { text: 'const text = `import "./a.js" ${import("./b.js")} import "./c.js"`', expected: ['dynamic ./b.js'] },
  { text: 'const text = `${{ a: `${1}` }}`; import("./a.js")', expected: ['dynamic ./a.js'] },
  { text: `const quote = /['"\`]/u; import('./a.js')`, expected: ['dynamic ./a.js'] },
  { text: `const half = a / 2; import('./a.js'); const b = c / 2`, expected: ['dynamic ./a.js'] },
  { text: `return /[/']/.test(a) || import('./a.js')`, expected: ['dynamic ./a.js'] },
  { text: `const escaped = 'it\\'s'; import('./a.js')`, expected: ['dynamic ./a.js'] },
  { text: `<Text>it's</Text>\nimport('./a.js')`, expected: ['dynamic ./a.js'] },
]
for (const { text, expected } of IMPORTS) {
  test(`imports of ${text}`, () => {
    expect(scan(text).imports.map(({ kind, specifier }) => `${kind} ${specifier}`)).toEqual(expected)
  })
}

test('code is left without comments and the contents of literals', () => {
  expect(scan("a('Date.now()') // Date.now()\nconst b = `eval(${c}) eval(`").code).toBe('a("0")  \nconst b = ${c}"')
})

test('the bundler finds the same imports in every source', async () => {
  const sources = readSources()
  const { metafile } = await bundle({
    absWorkingDir: ROOT,
    entryPoints: sources.map(({ path }) => path),
    outdir: 'nowhere',
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    jsx: 'preserve',
    logLevel: 'silent',
    plugins: [eachFileAlone],
  })
  for (const { path, imports } of sources) {
    const scanned = imports.filter(({ kind }) => kind !== 'type').map(({ specifier }) => specifier)
    const bundled = metafile.inputs[path]?.imports.map((found) => found.path) ?? []
    expect([...new Set(scanned)].sort(), path).toEqual([...new Set(bundled)].sort())
  }
})

const eachFileAlone: Plugin = {
  name: 'each-file-alone',
  setup(build) {
    build.onResolve({ filter: /.*/ }, ({ kind, path }) =>
      kind === 'entry-point' ? undefined : { path, external: true },
    )
  },
}
