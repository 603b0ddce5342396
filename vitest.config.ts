/** Tier 1, what `npm test` runs: quick, alone with this repository. Everything longer has a configuration of its own. */
import { defineConfig } from 'vitest/config'

/** Rooms whose tests change what a process shares: its folder, environment, streams, modules with a state. */
const STATEFUL = ['cli', 'kms', 'store', 'server', 'tui', 'lsp', 'docs'].map(
  (room) => `test/${room}/**/*.test.{ts,tsx}`,
)
const LONGER = ['test/extended/**', 'test/soak/**']

export default defineConfig({
  test: {
    // By default one core is left idle, half of a small machine.
    maxWorkers: '100%',
    // A busy machine is no failure; what must be bounded is bounded by its own test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    globalSetup: ['test/tooling/build-sources.ts'],
    coverage: { include: ['src/**'], exclude: ['src/grammar/**', 'src/**/*.validate.ts', 'src/**/*.json'] },
    projects: [
      {
        extends: true,
        test: { name: 'stateful', include: STATEFUL, exclude: LONGER },
      },
      {
        // Each file with modules of its own would cost as much time again as these tests.
        extends: true,
        test: {
          name: 'pure',
          include: ['test/**/*.test.{ts,tsx}'],
          exclude: [...LONGER, ...STATEFUL],
          isolate: false,
        },
      },
    ],
  },
})
