/** Assuming roles in a world, on more worlds than in `npm test`. */
import { test } from 'vitest'
import { expectSameInWorlds } from '../server/sts/agree-in-worlds.js'

test('on 600 worlds, asked five times each', () => expectSameInWorlds(600))
