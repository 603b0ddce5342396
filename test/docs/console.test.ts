/** Every console example of these pages is a real run with its real output. */
import type { Command } from 'commander'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { registerDiff } from '../../src/cli/diff.js'
import { registerGraph } from '../../src/cli/graph.js'
import { registerTest } from '../../src/cli/test.js'
import { runCommand } from '../cli/run-command.js'

const PAGES: readonly (readonly [page: string, register: (program: Command) => void])[] = [
  ['docs/diff.md', registerDiff],
  ['docs/graph.md', registerGraph],
  ['docs/test.md', registerTest],
]

describe.each(PAGES)('%s', (page, register) => {
  const text = readFileSync(page, 'utf8')
  const examples = [...text.matchAll(/```console\n\$ keyward ([^\n]+)\n([\s\S]*?)```/g)]

  test('has examples', () => expect(examples.length).toBeGreaterThan(0))

  test.each(examples.map(([, command = '', output = '']) => [command, output]))(
    'keyward %s',
    async (command, output) => {
      const { out } = await runCommand(register, command.split(' '))
      expect(out).toBe(output)
    },
  )
})
