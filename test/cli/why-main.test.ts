/** The program itself, bundled as a release is: how it starts and how it ends. */
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleProgram } from './bundled-program.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const DENIED = join(ROOT, 'fixtures/first/denied-decrypt.json')
let folder = ''

beforeAll(async () => {
  folder = await bundleProgram('main')
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function keyward(args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], {
    input,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  })
  return { status, stdout, stderr }
}

describe('keyward', () => {
  test('--version', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    expect(keyward(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' })
  })

  test('--help, and no argument at all, show examples first', () => {
    const { status, stdout, stderr } = keyward(['--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toMatch(/^Examples:\n {2}keyward why /)
    expect(stdout).toMatch(/\n {2}why \[options\] \[input\] /)
    expect(keyward([]).stdout).toBe(stdout)
  })

  test('why --help shows its own examples first', () => {
    expect(keyward(['why', '--help']).stdout).toMatch(/^Examples:\n {2}keyward why denied\.json/)
  })

  test('an unknown command is named with the one that was meant', () => {
    const { status, stdout, stderr } = keyward(['wyh', 'x'])
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(/^error: unknown command 'wyh'\n\(Did you mean why\?\)\n/)
  })

  test('an unknown option ends in 2 as well', () => {
    expect(keyward(['why', '--jsn', DENIED])).toMatchObject({ status: 2, stdout: '' })
  })

  test('a denial is told on standard output and ends in 1', () => {
    const { status, stdout, stderr } = keyward(['why', DENIED])
    expect({ status, stderr }).toEqual({ status: 1, stderr: '' })
    expect(stdout).toMatch(/^DENIED {3}kms:Decrypt/)
  })

  test('events from standard input, answered from a world', () => {
    const events = readFileSync(join(ROOT, 'fixtures/acme/questions/day.jsonl'), 'utf8')
    const world = join(ROOT, 'fixtures/acme/world')
    expect(keyward(['can', '--world', world, '-'], events)).toEqual({
      status: 1,
      stdout: 'denied: 8 of 12 requests, most often key-policy-condition\n',
      stderr: '',
    })
    expect(keyward(['why', '--world', world, '-'], events).stdout).toMatch(
      /^12 requests: 7 denied, 1 allowed, 2 answered otherwise/,
    )
  })

  test('standard input', () => {
    const { stdout } = keyward(['why', '-'], readFileSync(DENIED, 'utf8'))
    expect(stdout).toContain('--> <stdin>:68:42')
  })

  test('several documents on standard input', () => {
    const { status, stderr } = keyward(['why', '-'], '{}\n{}\n')
    expect(status).toBe(2)
    expect(stderr).toContain('= `keyward why` explains one document; `keyward eval` answers many')
  })

  test('colour by the environment and against it', () => {
    expect(keyward(['why', DENIED], '', { FORCE_COLOR: '1' }).stdout).toContain('\u001b[')
    expect(keyward(['why', '--no-color', DENIED], '', { FORCE_COLOR: '1' }).stdout).not.toContain('\u001b[')
  })

  test('a reader that goes away is no failure', () => {
    const command = `${JSON.stringify(process.execPath)} ${JSON.stringify(join(folder, 'dist/cli/main.js'))} why --json ${JSON.stringify(DENIED)} | true`
    expect(spawnSync('sh', ['-c', command], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' })
  })
})
