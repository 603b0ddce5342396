/** Tests that read the shared material beside the repository (`KEYWARD_SHARED`), or that take long. */
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/tooling/longest-first.js'
import { REPORTERS } from './test/tooling/reporters.js'

export default defineConfig({
  test: {
    // By default one core is left idle, half of a small machine.
    maxWorkers: '100%',
    include: ['test/extended/**/*.test.{ts,tsx}'],
    reporters: REPORTERS,
    globalSetup: ['test/tooling/build-sources.ts'],
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
