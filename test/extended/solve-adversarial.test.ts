/** Policies made to be hard, with a budget of a few seconds of a slow machine and more requests than in `npm test`. */
import { adversarialTests } from '../solve/adversarial.js'

adversarialTests({ maxSteps: 3_000_000, requests: 150 })
