/** Tests that look for rare failures over minutes or hours; run by hand or at night. */
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.{ts,tsx}'],
    globalSetup: ['test/tooling/build-sources.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
  },
})
