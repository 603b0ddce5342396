/** What README.md shows on its first screen is what happens. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test('the first screen is a real run and its real output', () => {
  const [, block = ''] = /^```console\n([^]*?)^```/m.exec(readFileSync('README.md', 'utf8')) ?? []
  const [command = '', ...shown] = block.split('\n')
  const [prompt, program, ...args] = command.split(' ')
  expect([prompt, program]).toEqual(['$', 'keyward'])
  const run = spawnSync(process.execPath, ['dist/cli/main.js', ...args], { encoding: 'utf8' })
  expect(run.stderr).toBe('')
  expect(run.stdout.trimEnd()).toBe(shown.join('\n').trimEnd())
  expect(run.status).toBe(1)
})
