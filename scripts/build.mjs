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
import { chmodSync, copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build as bundle } from 'esbuild'
import { filesUnder, schemaFiles, writeGeneratedSources, writtenAtMs } from './build-sources.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const DIST = join(ROOT, 'dist')
const CLI = join(ROOT, 'src/cli/main.ts')

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
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
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

/** Start-up is the budget here: nothing is loaded from node_modules and no command pays for another one. */
async function bundleCommandLine(folder) {
  const { metafile } = await bundle({
    entryPoints: [CLI],
    outdir: folder,
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    // The ESM files first: the UMD ones of jsonc-parser require their parts by names that no bundle holds.
    mainFields: ['module', 'main'],
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    external: OUTSIDE_THE_BUNDLE,
    define: { 'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"' },
    // CommonJS packages in the bundle ask for Node's own modules with `require`.
    banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
    plugins: [withoutReactDevtools],
  })
  chmodSync(join(folder, 'main.js'), 0o755)
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licensesOf(Object.keys(metafile.inputs)))
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
