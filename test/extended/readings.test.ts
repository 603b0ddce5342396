/** Invariant I4 by the other readings, for calls of several checks and lockout checks: more documents than in `npm test`. */
import { test } from 'vitest'
import { expectAgreement, expectReading, READINGS } from '../decide/readings.js'
import { lockoutDocuments, multiDocuments } from '../reference/generate.js'

for (const reading of READINGS) test(`${reading.name}, on 500 questions`, () => expectReading(reading, 500))
test('on 300 calls that need several checks', () => expectAgreement(multiDocuments(), 300))
test('on 300 lockout checks', () => expectAgreement(lockoutDocuments(), 300))
