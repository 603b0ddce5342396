/** Against brute force, on few pairs; `test/extended/solve-small-domains.test.ts` has more. */
import { test } from 'vitest'
import { expectVerdicts } from './small-domains.js'

test('verdicts on 60 pairs of policies', () => expectVerdicts(60), 120_000)
