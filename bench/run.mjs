/**
 * Runs the benchmarks and writes RESULTS.md.
 *
 *   node bench/run.mjs                    everything, and write bench/RESULTS.md
 *   node bench/run.mjs decide bound       these alone; print and write nothing
 *   node bench/run.mjs --write decide     these alone, and put them in bench/RESULTS.md
 *   node bench/run.mjs --profile decide   with a CPU profile beside the bundle (its place is printed)
 *
 * Every benchmark runs in a process of its own, so that none teaches the compiler what the next one profits from. The
 * command-line ones measure `dist/`, as `npm run build` left it; the peers run where `npm ci` has been run in peers/.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, tmpdir, totalmem } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { format } from 'prettier'
import { commandLineBenches } from './command-line.mjs'
import { exploreBenches } from './explore.mjs'
import { kmsBenches } from './kms.mjs'
import { kmsStoreBenches } from './kms-store.mjs'
import { lintBenches } from './lint.mjs'
import { formatNumber, rowsOf, sectionOf, withSections } from './report.mjs'
import { serveBenches } from './serve.mjs'
import { worldBenches } from './worlds.mjs'

const BENCH = fileURLToPath(new URL('.', import.meta.url))
const RESULTS = join(BENCH, 'RESULTS.md')
const CLI = join(BENCH, '../dist/cli/main.js')
const PEERS = join(BENCH, 'peers')
/** Published policies, where they are at hand. */
const SHARED = resolve(BENCH, '..', process.env.KEYWARD_SHARED ?? '../shared')

const flags = process.argv.slice(2).filter((word) => word.startsWith('--'))
const wanted = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const strange = flags.filter((flag) => flag !== '--write' && flag !== '--profile')
if (strange.length > 0) {
  // Before anything runs: a benchmark that nobody asked for takes minutes, and disturbs others.
  console.error(`there is no ${strange.join(', ')}; usage: node bench/run.mjs [--write] [--profile] [BENCHMARK...]`)
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'keyward-bench-'))

try {
  const bundle = join(folder, 'main.mjs')
  await build({
    entryPoints: [join(BENCH, 'main.ts')],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    sourcemap: 'inline',
    logLevel: 'warning',
    banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
  })
  const inside = (...words) =>
    JSON.parse(
      execFileSync(process.execPath, ['--expose-gc', ...profiling(), bundle, ...words], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
        maxBuffer: 1 << 26,
        env: { ...process.env, KEYWARD_SHARED: SHARED },
      }),
    )
  const scenario = join(folder, 'scenario.json')
  writeFileSync(scenario, JSON.stringify(inside('--scenario')))
  const runs = [
    ...inside('--list').map((name) => ({ name, run: () => inside(name) })),
    ...commandLineBenches({ cli: CLI, folder, scenario }),
    ...kmsBenches({ folder }),
    ...kmsStoreBenches({ folder }),
    ...serveBenches({ cli: CLI, folder }),
    ...worldBenches({ cli: CLI, folder }),
    ...exploreBenches({ cli: CLI, folder }),
    ...lintBenches({ cli: CLI, folder, shared: SHARED }),
    { name: 'peers', run: () => peers(scenario, inside) },
  ]
  const names = runs.map(({ name }) => name)
  const sections = new Map()
  for (const { name, run } of runs) {
    if (wanted.length > 0 && !wanted.includes(name)) continue
    const load = loadavg()[0]
    try {
      const result = await run()
      sections.set(name, sectionOf(result, { date: today(), load: `${load.toFixed(1)} to ${loadavg()[0].toFixed(1)}` }))
      console.log(`\n${result.title} (${name})\n  ${result.input}`)
      for (const row of rowsOf(result)) console.log(`  ${row.join('  ')}`)
    } catch (error) {
      // The others are still worth having; the section of this one stays as it was.
      console.error(`\n${name} failed: ${error.message}`)
      process.exitCode = 1
    }
  }
  const unknown = wanted.filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    console.error(`no benchmark is called ${unknown.join(', ')}; there are ${names.join(', ')}`)
    process.exitCode = 2
  }
  if (wanted.length === 0 || flags.includes('--write')) {
    const before = existsSync(RESULTS) ? readFileSync(RESULTS, 'utf8') : ''
    const text = withSections(before, sections, names, machine())
    writeFileSync(RESULTS, await format(text, { parser: 'markdown', printWidth: 120 }))
  }
} finally {
  if (!flags.includes('--profile')) rmSync(folder, { recursive: true, force: true })
}

function profiling() {
  if (!flags.includes('--profile')) return []
  console.log(`profiles are written to ${folder}`)
  return ['--cpu-prof', `--cpu-prof-dir=${folder}`]
}

function today() {
  return new Date().toISOString().slice(0, 10)
}

function machine() {
  const { model } = cpus()[0] ?? { model: 'unknown processor' }
  return {
    processor: `${cpus().length} shared virtual cores, ${model.trim()}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  }
}

/** The peers' figures between two runs of ours, and the ratio to the fastest that is right throughout. */
function peers(scenario, inside) {
  const title = 'Other programs on the same scenario'
  const input = 'the three requests of `decide`; policies given to each in its own form, prepared once where it can'
  if (!existsSync(join(PEERS, 'node_modules'))) {
    return { name: 'peers', title, input, figures: [], notes: ['not run: `npm ci` in bench/peers first'] }
  }
  const before = inside('decide').figures[0].spread
  const found = JSON.parse(
    execFileSync(process.execPath, [join(PEERS, 'run.mjs'), scenario], { encoding: 'utf8', maxBuffer: 1 << 26 }),
  )
  const after = inside('decide').figures[0].spread
  // The slower of two, as the machine's speed may have changed meanwhile.
  const ours = before.median < after.median ? before : after
  const figures = found.map(({ label, perSecond }) => ({
    label,
    unit: 'decisions per CPU-second',
    spread: perSecond,
  }))
  const right = found.filter(({ wrong }) => wrong.length === 0)
  const fastest = right.toSorted((left, next) => next.perSecond.median - left.perSecond.median)[0]
  if (fastest !== undefined) {
    const ratios = [
      ours.median / fastest.perSecond.median,
      ours.least / fastest.perSecond.most,
      ours.most / fastest.perSecond.least,
    ]
    ratios.sort((left, next) => left - next)
    figures.push({
      label: `Keyward to the fastest that is right throughout (${fastest.label})`,
      unit: 'times',
      spread: { least: ratios[0], median: ours.median / fastest.perSecond.median, most: ratios[2] },
      target: { text: '>= 50', atLeast: 50 },
    })
  }
  const notes = found.map(({ label, wrong, note }) => {
    const told = wrong.map((each) => `${each.request}: says ${each.said}, right is ${each.expected}`)
    const verdict = told.length === 0 ? 'all three answers right' : told.join('; ')
    return `${label}: ${verdict}${note ? `; ${note}` : ''}`
  })
  notes.push(`Keyward in the same run: ${formatNumber(ours.median)} decisions per CPU-second`)
  return { name: 'peers', title, input, figures, notes }
}
