/** Tier 1, what `npm test` runs: quick, alone with this repository. Everything longer has a configuration of its own. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // A busy machine is no failure; what must be bounded is bounded by its own test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/extended/**', 'test/soak/**'],
    globalSetup: ['test/tooling/build-sources.ts'],
    coverage: { include: ['src/**'], exclude: ['src/grammar/**', 'src/**/*.validate.ts', 'src/**/*.json'] },
  },
})
