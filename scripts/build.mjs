/**
 * Builds the package: generated sources, then `dist/` with the library as plain `tsc` output, the schemas, and the
 * command line as one bundle with a chunk for each command.
 *
 *   node scripts/build.mjs              build
 *   node scripts/build.mjs --if-stale   build only when a source is newer than what stands in dist/
 *
 * `dist/` is replaced in one step at the end, so a failed build leaves the last good one in place.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build as bundle } from 'esbuild'
import { filesUnder, schemaFiles, writeGeneratedSources, writtenAtMs } from './build-sources.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DIST = join(ROOT, 'dist')
const CLI = join(ROOT, 'src/cli/main.ts')
const REQUIRE = createRequire(import.meta.url)

/** In the folder of the command line: all of it but the main file. */
const CHUNKS = 'chunks'

/** Commands that are bundled without the others: what several share stands in many small files, and each takes time to open. */
const FAST_COMMANDS = ['why-run', 'lint-run', 'explore-run']

/** What such a command loads as a module: it waits for something while it is loaded, as no script can. */
const MODULES_OF_FAST = ['ink-rows']

/** Those of them that go through much before they end. */
const LONG_COMMANDS = ['lint-run']

/** Programs of threads of such a command: each a line that imports it. Those of others are bundled with them. */
const THREADS_OF_FAST = ['lint-worker']
const THREADS = ['lsp-worker']

/** Packages that few runs need: each in a file of its own, which is read when one of its functions is first called. */
const READ_WHEN_CALLED = ['yaml']

/** Packages the command line loads from node_modules: native code and large data, of which there is none yet. */
const OUTSIDE_THE_BUNDLE = []

function isStale() {
  const builtAtMs = writtenAtMs(join(DIST, 'index.js'))
  const sources = [
    ...filesUnder(join(ROOT, 'src')).filter((path) => !path.endsWith('.tmp')),
    ...filesUnder(join(ROOT, 'grammar')),
    ...['package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'].map((path) =>
      join(ROOT, path),
    ),
  ]
  return sources.some((path) => writtenAtMs(path) > builtAtMs)
}

async function buildPackage() {
  const draft = join(ROOT, `.build-${process.pid}`)
  try {
    await writeGeneratedSources({ always: !process.argv.includes('--if-stale') })
    compileLibrary(draft)
    for (const schema of schemaFiles()) copyInto(draft, schema)
    await bundleCommandLine(join(draft, 'cli'))
    rmSync(DIST, { recursive: true, force: true })
    renameSync(draft, DIST)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

function compileLibrary(draft) {
  const tsc = join(dirname(REQUIRE.resolve('typescript/package.json')), 'bin/tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', draft], {
      cwd: ROOT,
      stdio: 'inherit',
    })
  } catch {
    throw new Error('the library does not compile')
  }
}

function copyInto(draft, path) {
  const target = join(draft, relative(join(ROOT, 'src'), path))
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(path, target)
}

const BUNDLE = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  external: OUTSIDE_THE_BUNDLE,
}

const UNBUNDLED = { ...BUNDLE, bundle: false, external: [], format: 'esm' }

const sourceOf = (name) => join(dirname(CLI), `${name}.ts`)

/** Start-up is the budget here: nothing is loaded from node_modules and no command pays for another one. */
async function bundleCommandLine(folder) {
  const modules = {
    ...BUNDLE,
    chunkNames: '[name]-[hash]',
    splitting: true,
    format: 'esm',
    // The ESM files first: the UMD ones of jsonc-parser require their parts by names that no bundle holds.
    mainFields: ['module', 'main'],
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    // CommonJS packages in the bundle ask for Node's own modules with `require`.
    banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
  }
  const commands = new Map()
  const plugins = [withoutChildProcess, leavingOut(commands)]
  const main = await bundle({ ...modules, entryPoints: [CLI], outdir: folder, plugins })
  const entryPoints = [...commands].map(([out, source]) => ({ in: source, out }))
  const isFast = ({ out }) => FAST_COMMANDS.includes(out)
  const outdir = join(folder, CHUNKS)
  const command = { ...modules, outdir, plugins: [withoutReactDevtools, packagesWhenCalled] }
  const modulesOfFast = MODULES_OF_FAST.map((name) => [name, moduleSource(name)])
  const others = await Promise.all([
    bundle({
      ...command,
      entryPoints: [
        ...entryPoints.filter((each) => !isFast(each)),
        ...modulesOfFast.map(([out, source]) => ({ in: source, out })),
        ...THREADS.map((out) => ({ in: sourceOf(out), out })),
      ],
    }),
    ...entryPoints.filter(isFast).map((each) => bundleFast(each, outdir)),
    bundlePackages(outdir),
    bundle({ ...UNBUNDLED, entryPoints: THREADS_OF_FAST.map(sourceOf), outdir }),
  ])
  for (const { out } of entryPoints.filter(isFast)) rememberCode(outdir, out)
  const inputs = [main, ...others].flatMap(({ metafile }) => Object.keys(metafile.inputs))
  chmodSync(join(folder, 'main.js'), 0o755)
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licensesOf(inputs))
}

/**
 * One file for all of a command, run from a script, because only for scripts can compiled code be kept: most of a short
 * command's time would go into compiling.
 */
async function bundleFast({ in: source, out }, outdir) {
  const built = await bundle({
    ...BUNDLE,
    entryPoints: [{ in: source, out }],
    outdir,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    mainFields: ['module', 'main'],
    define: { 'process.env.NODE_ENV': '"production"', 'import.meta.url': '$url' },
    banner: { js: "const $url=require('node:url').pathToFileURL(__filename).href;" },
    plugins: [packagesWhenCalled, modulesApart],
  })
  writeFileSync(join(outdir, `${out}.js`), loaderOf(out, Object.keys(REQUIRE(join(outdir, `${out}.cjs`)))))
  return built
}

/**
 * Node.js 20 optimizes so early that a run of a few seconds spends half of its time on it; later versions wait longer by
 * themselves, and have no such option. Set before the script is compiled, as compiled code is for one set of options.
 */
const PATIENTLY =
  "import{setFlagsFromString}from'node:v8';if(process.versions.node.startsWith('20.'))setFlagsFromString('--interrupt-budget=2000000');"

/** The module that the command line imports: runs the script, with compiled code where this Node.js accepts it. */
function loaderOf(name, exported) {
  return `${LONG_COMMANDS.includes(name) ? PATIENTLY : ''}import{readFileSync}from'node:fs';import{createRequire}from'node:module';import{dirname}from'node:path';import{fileURLToPath}from'node:url';import{Script}from'node:vm';
const filename=fileURLToPath(new URL('${name}.cjs',import.meta.url));
const read=path=>{try{return readFileSync(path)}catch{return undefined}};
export const script=new Script('(function(exports,require,module,__filename,__dirname,$module){'+readFileSync(filename,'utf8')+'\\n})',{filename,cachedData:read(filename+'.code')});
const module={exports:{}};
script.runInThisContext()(module.exports,createRequire(filename),module,filename,dirname(filename),path=>import(path));
export const {${exported.join(',')}}=module.exports;
`
}

/** Runs what is asked most once, so that its functions are compiled, and keeps what was compiled beside the script. */
function rememberCode(outdir, name) {
  const examples = mkdtempSync(join(tmpdir(), 'keyward-build-'))
  try {
    writeExamples(examples)
    const program = `
      import { writeFileSync } from 'node:fs'
      const loaded = await import(${JSON.stringify(pathToFileURL(join(outdir, `${name}.js`)).href)})
      ${MOST_ASKED[name](examples)}
      writeFileSync(${JSON.stringify(join(outdir, `${name}.cjs.code`))}, loaded.script.createCachedData())
      process.exit(0)`
    execFileSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  } finally {
    rmSync(examples, { recursive: true, force: true })
  }
}

const MOST_ASKED = {
  'why-run': () => `
    const asked = { color: false, cache: false }
    await loaded.runWhy('fixtures/first/denied-decrypt.json', asked)
    await loaded.runWhy(undefined, { ...asked, world: 'fixtures/acme/world', principal: 'role/PaymentsApi', action: 'kms:Decrypt', key: 'alias/payments' })`,
  'explore-run': () => `
    const asked = { color: false, cache: false, theme: 'auto', plain: true }
    await loaded.runExplore('fixtures/acme/world', 'fixtures/acme/questions/day.jsonl', asked)
    await loaded.runExplore('fixtures/acme/world', undefined, { ...asked, principal: 'role/PaymentsApi', action: 'kms:Decrypt', key: 'alias/payments' })`,
  'lint-run': (examples) => `
    for (const format of ['pretty', 'concise', 'json', 'sarif']) {
      await loaded.runLint([${JSON.stringify(examples)}], { color: false, config: false, format }, '', {})
    }`,
}

/** The examples of the rules, each a file: together they make every rule look at what it looks for. */
function writeExamples(folder) {
  const rules = join(ROOT, 'docs/rules')
  for (const page of filesUnder(rules)) {
    const blocks = readFileSync(page, 'utf8').matchAll(/^```(json|yaml)\n([^]*?)^```$/gm)
    for (const [number, [, format, text]] of [...blocks].entries()) {
      writeFileSync(join(folder, `${basename(page, '.md')}-${number}.${format}`), text)
    }
  }
}

/** The packages that are read when they are called. */
function bundlePackages(outdir) {
  const entryPoints = READ_WHEN_CALLED.map((name) => ({ in: REQUIRE.resolve(name), out: name }))
  return bundle({ ...BUNDLE, entryPoints, outdir, format: 'cjs', outExtension: { '.js': '.cjs' } })
}

/** What is loaded when a command is used gets a file of its own; `found` gets its name and source. */
const leavingOut = (found) => ({
  name: 'leaving-out',
  setup(build) {
    build.onResolve({ filter: /^\./ }, async ({ path, resolveDir, kind }) => {
      if (kind !== 'dynamic-import') return undefined
      const { path: source, errors } = await build.resolve(path, { kind: 'import-statement', resolveDir })
      if (errors.length > 0) return { errors }
      const name = basename(path, '.js')
      const known = found.get(name)
      if (known !== undefined && known !== source) throw new Error(`${known} and ${source} have one name`)
      found.set(name, source)
      return { path: `./${CHUNKS}/${name}.js`, external: true }
    })
  },
})

/** A script cannot load modules by itself when its code was kept: the module around it does (`loaderOf`). */
const modulesApart = {
  name: 'modules-apart',
  setup(build) {
    const loads = new RegExp(`\\bimport\\('[^']*/(${MODULES_OF_FAST.join('|')})\\.js'\\)`, 'g')
    build.onLoad({ filter: /[/\\]src[/\\]cli[/\\][^/\\]*-run\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(loads, "$module('./$1.js')"),
      loader: 'ts',
    }))
  },
}

function moduleSource(name) {
  const source = filesUnder(join(ROOT, 'src')).find((path) => new RegExp(`[/\\\\]${name}\\.tsx?$`).test(path))
  if (source === undefined) throw new Error(`there is no source of ${name}`)
  return source
}

/** Stands in for such a package: what it exports are functions and classes, whose own static members it does not have. */
const packagesWhenCalled = {
  name: 'packages-when-called',
  setup(build) {
    build.onResolve({ filter: new RegExp(`^(?:${READ_WHEN_CALLED.join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'when-called',
    }))
    build.onLoad({ filter: /.*/, namespace: 'when-called' }, ({ path }) => {
      const names = Object.entries(REQUIRE(path)).filter(([, value]) => typeof value === 'function')
      const functions = names.map(
        ([name]) =>
          `export function ${name}(...args) {
            return new.target ? new (load().${name})(...args) : load().${name}(...args)
          }`,
      )
      // Joined, as it is for the running program to find: it stands where all of the commands do.
      const load = `let loaded; const load = () => (loaded ??= require(['.', '${path}.cjs'].join('/')));`
      return { contents: `${load}\n${functions.join('\n')}` }
    })
  },
}

/** commander asks for it at once, to start commands that are programs of their own, and there are none. */
const withoutChildProcess = {
  name: 'without-child-process',
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) =>
      /[/\\]commander[/\\]/.test(importer) ? { path, namespace: 'unused' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'unused' }, () => ({ contents: 'module.exports = {}' }))
  },
}

/** Ink imports the React developer tools, which are not installed and which a released program never uses. */
const withoutReactDevtools = {
  name: 'without-react-devtools',
  setup(build) {
    build.onResolve({ filter: /^react-devtools-core$/ }, ({ path }) => ({ path, namespace: 'empty' }))
    build.onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'export default {}' }))
  },
}

/** The licence texts of the packages whose code a bundle carries, as those licences ask. */
function licensesOf(inputs) {
  const folders = new Set()
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input.split(sep).join('/'))
    if (match) folders.add(join(ROOT, match[1]))
  }
  const texts = [...folders].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = filesUnder(folder).find(
      (path) => dirname(path) === folder && /^licen[cs]e/i.test(relative(folder, path)),
    )
    return `${name} ${version} (${license})\n\n${file ? readFileSync(file, 'utf8').trim() : 'No licence file.'}\n`
  })
  return texts.join(`\n${'-'.repeat(80)}\n\n`)
}

if (!process.argv.includes('--if-stale') || isStale()) {
  await buildPackage().catch((error) => {
    console.error(`build: ${error.message}`)
    process.exitCode = 1
  })
}
