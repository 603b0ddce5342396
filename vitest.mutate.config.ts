/** What mutation testing runs: without test/tooling, whose rules the mutation tool's own inserted code would break. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    exclude: ['test/extended/**', 'test/soak/**', 'test/tooling/**', 'test/cli/**'],
    globalSetup: ['test/tooling/build-sources.ts'],
  },
})
