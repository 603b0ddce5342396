/**
 * Benchmarks of `keyward lint`: many policies from disk, one file, CDK templates, a large plan; and of `keyward lsp`.
 *
 * A child's processor time is what `bash` says of it; what is compared is measured in turn, so that a slow minute of the
 * machine slows both. Published policies and templates come from ../shared/corpora, where they are at hand.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { keystrokes } from './lint-editor.mjs'
import { asYaml, keyPolicy, terraformPlan } from './lint-inputs.mjs'

const STARTS = 15
const ROUNDS = 7
const PLAN_BYTES = 100 * 1024 * 1024

export function lintBenches({ cli, folder, shared }) {
  const given = { cli, folder, corpora: join(shared, 'corpora') }
  return [
    { name: 'lint-managed', run: () => managed(given) },
    { name: 'lint-file', run: () => oneFile(given) },
    { name: 'lint-cdk', run: () => cdk(given) },
    { name: 'lint-plan', run: () => plan(given) },
    { name: 'lint-editor', run: () => editor(given) },
  ]
}

function lacking(result, ...paths) {
  const missing = paths.find((path) => !existsSync(path))
  if (missing === undefined) return undefined
  const why = missing.endsWith('main.js') ? '`npm run build` first' : 'the published policies are not at hand'
  return { ...result, notes: [`not run: ${why}`] }
}

const lint = (cli, ...words) => [cli, 'lint', '--no-config', '--format', 'concise', ...words]

// ----------------------------------------------------------------------------------------------------------- policies

function managed({ cli, folder, corpora }) {
  const policies = join(corpora, 'aws-managed-policies/policies')
  const result = {
    name: 'lint-managed',
    title: '`keyward lint` of the AWS managed policies',
    input: 'every published policy of the corpus, from disk; all default rules; start included',
    figures: [],
  }
  const missing = lacking(result, cli, policies)
  if (missing !== undefined) return missing
  const count = readdirSync(policies).length
  const cache = join(folder, 'lint-cache')
  const out = join(folder, 'lint-findings.txt')
  const cold = []
  const cached = []
  for (let round = 0; round < ROUNDS; round++) {
    cold.push(timed(lint(cli, policies), out))
    // The first of them fills the cache.
    const time = timed(lint(cli, '--cache', '--cache-location', cache, policies), out)
    if (round > 0) cached.push(time)
  }
  return {
    ...result,
    input: `${count} published policies from disk; all default rules; start included; ${availableParallelism()} cores`,
    figures: [
      wall('cold', cold, 1500),
      { label: 'cold, all threads together', unit: 'ms CPU', spread: spreadOf(cold.map(({ cpuMs }) => cpuMs)) },
      wall('from its cache', cached, 300),
      { label: 'from its cache', unit: 'ms CPU', spread: spreadOf(cached.map(({ cpuMs }) => cpuMs)) },
    ],
  }
}

function oneFile({ cli, folder }) {
  const result = {
    name: 'lint-file',
    title: '`keyward lint` of one file',
    input: `a key policy of 4 statements as JSON and as YAML; ${STARTS} starts of each, in turn with \`node -e 0\``,
    figures: [],
  }
  const missing = lacking(result, cli)
  if (missing !== undefined) return missing
  const files = { JSON: join(folder, 'key-policy.json'), YAML: join(folder, 'key-policy.yaml') }
  writeFileSync(files.JSON, JSON.stringify(keyPolicy(4), undefined, 2))
  writeFileSync(files.YAML, asYaml(keyPolicy(4)))
  const out = join(folder, 'lint-findings.txt')
  const figures = Object.entries(files).flatMap(([form, file]) => {
    const times = Array.from({ length: STARTS }, () => ({
      bare: timed(['-e', '0'], out),
      command: timed(lint(cli, '--kind', 'key', file), out),
    }))
    const over = (part) => spreadOf(times.map(({ bare, command }) => command[part] - bare[part]))
    return [
      {
        label: `${form}, over bare Node`,
        unit: 'ms wall',
        spread: over('wallMs'),
        target: { text: '<= 150', atMost: 150 },
      },
      { label: `${form}, over bare Node`, unit: 'ms CPU', spread: over('cpuMs') },
    ]
  })
  return { ...result, figures }
}

// ---------------------------------------------------------------------------------------------------------- templates

function cdk({ cli, folder, corpora }) {
  const templates = join(corpora, 'cdk-output')
  const result = {
    name: 'lint-cdk',
    title: '`keyward lint` of CDK output',
    input: 'the templates of the corpus in one run; start included',
    figures: [],
  }
  const missing = lacking(result, cli, templates)
  if (missing !== undefined) return missing
  const files = readdirSync(templates).flatMap((name) =>
    name.endsWith('.template.json') ? [join(templates, name)] : [],
  )
  const out = join(folder, 'lint-findings.txt')
  const ours = Array.from({ length: ROUNDS }, () => timed(lint(cli, ...files), out))
  const figures = [
    wall(`${files.length} templates`, ours, 1000),
    { label: `${files.length} templates`, unit: 'ms CPU', spread: spreadOf(ours.map(({ cpuMs }) => cpuMs)) },
  ]
  const peer = spawnSync('cfn-lint', ['--version'], { encoding: 'utf8' })
  if (peer.status !== 0)
    return { ...result, figures, notes: ['cfn-lint is not installed here, so nothing was compared'] }
  const theirs = Array.from({ length: 3 }, () => timed(['--', ...files], out, 'cfn-lint'))
  const spread = spreadOf(theirs.map(({ wallMs }) => wallMs))
  const { median } = spreadOf(ours.map(({ wallMs }) => wallMs))
  return {
    ...result,
    figures: [
      ...figures,
      { label: `${peer.stdout.trim()}, the same templates`, unit: 'ms wall', spread },
      {
        label: 'times as fast as it, wall',
        unit: 'times',
        spread: { median: spread.median / median, least: spread.least / median, most: spread.most / median },
        target: { text: '>= 10', atLeast: 10 },
      },
    ],
    notes: ['cfn-lint checks whole templates, keyward the policies and keys in them'],
  }
}

function plan({ cli, folder }) {
  const result = {
    name: 'lint-plan',
    title: '`keyward lint` of a large Terraform plan',
    input: 'a plan of 100 MB with one key in thirty resources, each with a policy of 4 to 10 statements',
    figures: [],
  }
  const missing = lacking(result, cli)
  if (missing !== undefined) return missing
  const path = join(folder, 'plan.json')
  const file = openSync(path, 'w')
  for (const text of terraformPlan(PLAN_BYTES)) writeSync(file, text)
  closeSync(file)
  const out = join(folder, 'lint-findings.txt')
  const times = Array.from({ length: 3 }, () => timed(lint(cli, path), out))
  const megabytes = mostMegabytes(lint(cli, path), out)
  rmSync(path)
  return {
    ...result,
    figures: [
      wall('start included', times, 20_000),
      { label: 'start included', unit: 'ms CPU', spread: spreadOf(times.map(({ cpuMs }) => cpuMs)) },
      {
        label: 'memory at its most',
        unit: 'MB',
        spread: spreadOf([megabytes]),
        target: { text: '< 1,000', atMost: 999 },
      },
    ],
  }
}

// ------------------------------------------------------------------------------------------------------------- editor

async function editor({ cli }) {
  const statements = 61
  const result = {
    name: 'lint-editor',
    title: '`keyward lsp` while somebody types',
    input: `a key policy of ${statements} statements, 30 KB; from a keystroke to its diagnostics, at the pipes of the server`,
    figures: [],
  }
  const missing = lacking(result, cli)
  if (missing !== undefined) return missing
  const texts = { JSON: JSON.stringify(keyPolicy(statements), undefined, 2), YAML: asYaml(keyPolicy(statements)) }
  const figures = []
  for (const [form, text] of Object.entries(texts)) {
    const { firstMs, thoroughMs } = await keystrokes(cli, `policy.${form.toLowerCase()}`, text)
    figures.push(
      {
        label: `${form}, first diagnostics after a key`,
        unit: 'ms wall',
        spread: spreadOf(firstMs),
        target: { text: '<= 50', atMost: 50 },
      },
      { label: `${form}, all rules after the last key`, unit: 'ms wall', spread: spreadOf(thoroughMs) },
    )
  }
  return { ...result, figures }
}

// ---------------------------------------------------------------------------------------------------------- measuring

function wall(label, times, atMost) {
  return {
    label,
    unit: 'ms wall',
    spread: spreadOf(times.map(({ wallMs }) => wallMs)),
    target: { text: `<= ${atMost.toLocaleString('en')}`, atMost },
  }
}

/** With findings it ends with 1, and cfn-lint with other numbers, which is no failure here; a defect is one. */
function timed(words, out, program = process.execPath) {
  const script = `TIMEFORMAT="%U %S %R"; { time "$@" >"$OUT" 2>/dev/null; } 2>&1; echo "$?"`
  const text = execFileSync('bash', ['-c', script, 'bash', program, ...words], {
    encoding: 'utf8',
    env: { ...process.env, OUT: out, LC_ALL: 'C' },
  })
  const [times, status] = text.trim().split('\n')
  if (program === process.execPath && Number(status) > 1) throw new Error(`keyward lint ended with ${status}`)
  const [user, system, real] = times.split(' ').map(Number)
  return { cpuMs: (user + system) * 1000, wallMs: real * 1000 }
}

/** Megabytes that a run has had at its most; the run says so itself when it ends. */
function mostMegabytes(words, out) {
  const report = `${out}.memory`
  const code = `import{writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(${JSON.stringify(report)},String(process.resourceUsage().maxRSS)))`
  timed(['--import', `data:text/javascript,${encodeURIComponent(code)}`, ...words], out)
  return (Number(readFileSync(report, 'utf8')) * 1024) / 1e6
}

function spreadOf(values) {
  const sorted = values.toSorted((left, right) => left - right)
  return { median: sorted[sorted.length >> 1], least: sorted[0], most: sorted.at(-1) }
}
