/** Policies made to be hard, with a budget that a second or two use up; `test/extended/solve-adversarial.test.ts` has more. */
import { adversarialTests } from './adversarial.js'

adversarialTests({ maxSteps: 600_000, requests: 40 })
