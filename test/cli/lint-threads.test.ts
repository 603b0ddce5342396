/** The threads of `keyward lint` and `keyward lsp`: what they find, their order, and what happens when one dies. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registerLint } from '../../src/cli/lint.js'
import { CheckThread } from '../../src/cli/lsp-thread.js'
import { defaultConfig } from '../../src/lint/config.js'
import type { ThoroughRequest } from '../../src/lsp/environment.js'
import { bundleProgram } from './bundled-program.js'
import { runCommand } from './run-command.js'

const FILES = 120
const ARGS = ['lint', '--no-config', '--kind', 'identity', '--format', 'concise', '--select', 'SYN,ACT,RES,LOG']

let program = ''
let folder = ''

/** Each has findings of its own; all together are more than one thread is for. */
function policy(file: number): string {
  const statement = (part: number): object => ({
    Sid: part === 7 ? 'S6' : `S${part}`,
    Effect: 'Allow',
    Action: [`s3:GetObject`, `kms:Decryptt${file}`, ...Array.from({ length: 20 }, (_, each) => `ec2:Describe${each}*`)],
    Resource: `arn:aws:s3:::bucket-${file}-${part}/*`,
  })
  return JSON.stringify({ Version: '2012-10-17', Statement: Array.from({ length: 8 }, (_, part) => statement(part)) })
}

beforeAll(async () => {
  program = await bundleProgram('threads', ['main', 'lint-worker', 'lsp-worker'])
  folder = mkdtempSync(join(tmpdir(), 'keyward-threads-'))
  for (let file = 0; file < FILES; file++) writeFileSync(join(folder, `policy-${file}.json`), policy(file))
})
afterAll(() => {
  rmSync(program, { recursive: true })
  rmSync(folder, { recursive: true })
})

const run = (): ReturnType<typeof spawnSync> & { readonly stdout: string; readonly stderr: string } =>
  spawnSync(process.execPath, [join(program, 'dist/cli/main.js'), ...ARGS, folder], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })

describe('keyward lint', () => {
  test('finds with threads what it finds without, in the same order', async () => {
    const many = run()
    // From TypeScript sources there is no thread but one.
    const one = await runCommand(registerLint, [...ARGS, folder])
    expect(many.stdout.split('\n').length).toBeGreaterThan(FILES)
    expect(many.stdout).toBe(one.out)
    expect(many.status).toBe(one.exitCode)
  })

  test.skipIf(availableParallelism() < 2).each([
    ['process.exit(7)', 'a thread of `keyward lint` ended before its work was done'],
    ['throw new Error("broken")', 'a thread of `keyward lint` has failed'],
  ])('a thread that does `%s` is reported', (code, message) => {
    writeFileSync(join(program, 'dist/cli/lint-worker.js'), code)
    const { status, stderr, stdout } = run()
    expect(stderr).toContain(message)
    expect([status, stdout]).toEqual([3, ''])
  })
})

describe('the thread of keyward lsp', () => {
  const code = `
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', ({ text }) => {
      if (text === 'die') process.exit(1)
      else parentPort.postMessage(text === 'fail' ? { failed: 'it failed' } : { found: text, costMs: 1 })
    })`
  const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`)
  const request = (uri: string, text: string): ThoroughRequest => ({
    uri,
    text,
    folder: undefined,
    name: uri,
    settings: { lint: { config: defaultConfig(), choice: {}, today: '2026-01-01', readers: [] }, errors: [] },
  })

  test('answers, and tells of a text that a newer one has overtaken', async () => {
    const thread = new CheckThread(url)
    const answers = await Promise.all(
      [request('a', '1'), request('b', '2'), request('b', '3'), request('c', '4')].map((each) => thread.look(each)),
    )
    expect(answers.map(({ found }) => found)).toEqual(['1', undefined, '3', '4'])
  })

  test('a check that fails, or ends the thread, is an error, and the next one is answered', async () => {
    const thread = new CheckThread(url)
    await expect(thread.look(request('a', 'fail'))).rejects.toThrow('it failed')
    await expect(thread.look(request('a', 'die'))).rejects.toThrow('the thread that checks has ended')
    expect(await thread.look(request('a', '5'))).toMatchObject({ found: '5' })
  })
})
