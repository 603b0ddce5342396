/** What a token's failure is to whoever asks. KMS Developer Guide, "Troubleshooting a custom key store"; facts kms-behaviour 13. */
import { expect, test } from 'vitest'
import { meaningOf } from '../../../src/kms/cloudhsm/failure.js'
import type { TokenFailureKind } from '../../../src/kms/cloudhsm/token-job.js'

const AWAY = 'CloudHsmClusterNotActiveException'
const UNFIT = 'CloudHsmClusterInvalidConfigurationException'
const STATE = 'CustomKeyStoreInvalidStateException'

const TABLE: Readonly<Record<TokenFailureKind, readonly [string, string, string]>> = {
  noLibrary: [AWAY, 'INTERNAL_ERROR', STATE],
  noToken: [AWAY, 'INSUFFICIENT_CLOUDHSM_HSMS', STATE],
  noThread: [AWAY, 'INTERNAL_ERROR', STATE],
  unfit: [UNFIT, 'INTERNAL_ERROR', UNFIT],
  full: [UNFIT, 'INTERNAL_ERROR', UNFIT],
  pinIncorrect: [AWAY, 'INVALID_CREDENTIALS', STATE],
  pinLocked: [AWAY, 'USER_LOCKED_OUT', STATE],
  noUser: [AWAY, 'USER_NOT_FOUND', STATE],
  loggedInElsewhere: [AWAY, 'USER_LOGGED_IN', STATE],
  loggedOut: [AWAY, 'NETWORK_ERRORS', STATE],
  noKey: [AWAY, 'INTERNAL_ERROR', STATE],
  ciphertext: [AWAY, 'INTERNAL_ERROR', STATE],
  timeout: [AWAY, 'NETWORK_ERRORS', 'DependencyTimeoutException'],
  busy: [AWAY, 'INTERNAL_ERROR', STATE],
  other: [AWAY, 'NETWORK_ERRORS', STATE],
}

test.each(Object.entries(TABLE) as [TokenFailureKind, readonly [string, string, string]][])('%s', (kind, expected) => {
  const { look, connection, make, words } = meaningOf({ kind, detail: 'for nobody' })
  expect([look, connection, make]).toEqual(expected)
  expect(words).not.toContain('for nobody')
})
