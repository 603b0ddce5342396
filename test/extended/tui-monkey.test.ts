/** Keys by chance into the released program for half a minute. Ten minutes: test/soak. */
import { expect, test } from 'vitest'
import { ProgramMonkey } from '../tui/program-monkey.js'
import { hasScript, Program } from '../tui/terminal-run.js'

const LASTS_MS = 30_000

test.skipIf(!hasScript)(
  'no key breaks it, writes beside its screen or leaves the terminal broken (needs `script` of util-linux)',
  { timeout: 240_000 },
  async () => {
    const program = Program.released()
    try {
      const monkey = new ProgramMonkey(program, 1)
      await monkey.begin()
      await monkey.tour()
      const endMs = performance.now() + LASTS_MS
      while (performance.now() < endMs) await monkey.once()
      await monkey.end()
      // Else it has tried nothing.
      expect([...monkey.seen]).toEqual(
        expect.arrayContaining(['denials', 'what if', 'fix', 'graph', 'who can Decrypt']),
      )
    } finally {
      program.remove()
    }
  },
)
