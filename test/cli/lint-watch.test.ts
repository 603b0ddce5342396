/** `keyward lint --watch`. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { registerLint } from '../../src/cli/lint.js'
import { changeMatters } from '../../src/cli/lint-inputs.js'
import { runCommand, type Ran } from './run-command.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-watch-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const lint = (...args: readonly string[]): Promise<Ran> => runCommand(registerLint, ['lint', ...args])

function policy(action: string): string {
  const statement = { Effect: 'Allow', Action: action, Resource: 'arn:aws:kms:us-east-1:111122223333:key/*' }
  return `${JSON.stringify({ Version: '2012-10-17', Statement: [statement] }, null, 2)}\n`
}

test('runs again after a change, of the other files from memory, and ends with Ctrl-C', async () => {
  writeFileSync(join(folder, 'still.json'), policy('kms:Descrypt'))
  writeFileSync(join(folder, 'edited.json'), policy('kms:Decrypt'))
  const listeners = process.listenerCount('SIGINT')
  const args = ['--no-config', '--kind', 'identity', '--select', 'ACT', '--format', 'concise', '--watch']
  const running = lint(...args, folder)
  const until = (stream: NodeJS.WriteStream, wanted: string): Promise<void> =>
    vi.waitFor(
      () => {
        // eslint-disable-next-line typescript/unbound-method -- nobody calls it
        const { calls } = vi.mocked(stream.write).mock
        expect(calls.some(([text]) => String(text).includes(wanted))).toBe(true)
      },
      { timeout: 30_000 },
    )
  await until(process.stderr, 'waiting for changes')
  writeFileSync(join(folder, 'edited.json'), policy('kms:Encrypptt'))
  await until(process.stdout, 'edited.json:')
  process.emit('SIGINT')
  const { out, exitCode } = await running
  const names = out.split('\n').flatMap((line) => /(\w+)\.json:\d+:\d+: \w+ ACT002/.exec(line)?.[1] ?? [])
  // A file may be seen while it is being written, and then once more.
  expect([names[0], ...names.slice(-2)]).toEqual(['still', 'edited', 'still'])
  expect(exitCode).toBe(1)
  expect(process.listenerCount('SIGINT')).toBe(listeners)
})

test('standard input cannot be watched, and what is watched is not written', async () => {
  const { err, exitCode } = await lint('--watch', '-')
  expect([err, exitCode]).toEqual(['keyward: standard input cannot be watched\n', 2])
  const refused = await lint('--watch', '--write-baseline', join(folder, 'baseline.json'), folder)
  expect(refused.exitCode).toBe('commander.conflictingOption')
})

test('a report that is written into a folder does not start the next run', () => {
  mkdirSync(join(folder, 'v1.2'), { recursive: true })
  const matters = changeMatters([folder])
  const seen = ['a.json', 'b/c.tf', 'b', 'v1.2', 'report.txt', 'b/out.sarif', '.keyward-lint-cache', '.git/x.json']
  expect(seen.filter((changed) => matters(changed, folder))).toEqual(['a.json', 'b/c.tf', 'b', 'v1.2'])
  expect(['a.policy', 'node_modules/a.policy'].filter((changed) => changeMatters(['*.policy'])(changed, '.'))).toEqual([
    'a.policy',
  ])
  expect(matters('a.json', '/project/node_modules/package')).toBe(true)
})
