/** Against brute force, on more pairs than in `npm test`. */
import { test } from 'vitest'
import { expectVerdicts } from '../solve/small-domains.js'

test('verdicts on 200 pairs of policies', () => expectVerdicts(200))
