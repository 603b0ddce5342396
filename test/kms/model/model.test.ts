/** The service and a simple model of it answer alike, whatever is asked of them in whatever order. */
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TestKms } from '../test-kms.js'
import { COMMAND } from './command.js'
import { openModelKms, runSequence } from './run.js'

let t: TestKms
beforeAll(async () => {
  t = await openModelKms()
})
afterAll(() => t.kms.close())

test('500 sequences of operations and time', async () => {
  const sequences = fc.array(COMMAND, { minLength: 8, maxLength: 20, size: 'max' })
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(sequences, (commands) => runSequence(t, commands, seen)),
    { numRuns: 500, seed: 20_260_115 },
  )
  // They have been where it matters.
  for (const name of ['Encrypt', 'Decrypt', 'ReplicateKey', 'CreateGrant', 'RotateKeyOnDemand']) {
    const answers = ['succeeded', 'NotFoundException', 'DisabledException', 'KMSInvalidStateException']
    // A ciphertext whose key is gone does not say so.
    if (name === 'Decrypt') answers.splice(1, 1, 'AccessDeniedException', 'InvalidCiphertextException')
    expect(
      answers.filter((answer) => !seen.has(`${name} ${answer}`)),
      name,
    ).toEqual([])
  }
  for (const name of [
    'ImportKeyMaterial',
    'UpdatePrimaryRegion',
    'CancelKeyDeletion',
    'RetireGrant',
    'UpdateAlias',
    'ReEncrypt',
  ]) {
    expect(seen).toContain(`${name} succeeded`)
  }
})
