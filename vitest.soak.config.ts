/** Tests that look for rare failures over minutes or hours; run by hand or at night. */
import { defineConfig } from 'vitest/config'
import { REPORTERS } from './test/tooling/reporters.js'

export default defineConfig({
  test: {
    include: ['test/soak/**/*.test.{ts,tsx}'],
    reporters: REPORTERS,
    globalSetup: ['test/tooling/build-sources.ts'],
    testTimeout: 3_600_000,
    hookTimeout: 3_600_000,
  },
})
