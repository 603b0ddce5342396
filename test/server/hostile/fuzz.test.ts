/** Two thousand requests that were changed and signed anew; 100,000 of them: test/soak/server-fuzz.test.ts. */
import { expect, test } from 'vitest'
import { fuzz } from './fuzz.js'

test(
  'changed requests of every operation: no defect, no success without permission',
  { timeout: 300_000 },
  async () => {
    const { nobody, admin, seeds } = await fuzz({ seed: 1, asNobody: 1400, asAdmin: 600 })
    expect(seeds).toBe(60)
    // They get as far as each layer that can refuse them.
    for (const code of ['AccessDeniedException', 'SerializationException', 'ValidationException', 'AccessDenied']) {
      expect([...nobody.keys()]).toContain(`${code === 'AccessDenied' ? 403 : 400} ${code}`)
    }
    expect(admin.get('200')).toBeGreaterThan(50)
  },
)
