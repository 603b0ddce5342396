/** Tier 1, what `npm test` runs: quick, alone with this repository. Everything longer has a configuration of its own. */
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/tooling/longest-first.js'
import { REPORTERS } from './test/tooling/reporters.js'

/** Rooms whose tests change what a process shares: its folder, environment, streams, modules with a state. */
const STATEFUL = ['cli', 'kms', 'store', 'server', 'tui', 'lsp', 'docs'].map(
  (room) => `test/${room}/**/*.test.{ts,tsx}`,
)
const LONGER = ['test/extended/**', 'test/soak/**']
/** Of those rooms, what leaves a process as it was: a key service in memory, views without a terminal, signatures, roles. */
const SERVICE = [
  'test/kms/!(in-process|in-process-operations|other-process).test.ts',
  'test/kms/crypto/!(slow).test.ts',
  'test/kms/{attestation,model,operations,table,xks}/*.test.ts',
  'test/server/{auth,sts}/*.test.ts',
  'test/tui/{app,frame,keys,monkey,screen,session,views}.test.ts',
  'test/tui/views/*.test.ts',
]

export default defineConfig({
  test: {
    // By default one core is left idle, half of a small machine.
    maxWorkers: '100%',
    // A busy machine is no failure; what must be bounded is bounded by its own test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: REPORTERS,
    globalSetup: ['test/tooling/build-sources.ts'],
    sequence: { sequencer: LongestFirst },
    coverage: { include: ['src/**'], exclude: ['src/grammar/**', 'src/**/*.validate.ts', 'src/**/*.json'] },
    projects: [
      {
        extends: true,
        test: { name: 'stateful', include: STATEFUL, exclude: [...LONGER, ...SERVICE] },
      },
      {
        // Each file with modules of its own would cost as much time again as these tests.
        extends: true,
        test: { name: 'service', include: SERVICE, isolate: false },
      },
      {
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
