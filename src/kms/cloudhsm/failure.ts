/**
 * What a token's failure is to whoever asked the service.
 *
 * Source: KMS Developer Guide, "AWS CloudHSM key stores", "Troubleshooting a custom key store"; KMS API Reference,
 * "ConnectCustomKeyStore", "CreateKey", "GenerateRandom"; facts kms-behaviour 13.
 */
import type { ErrorCode } from '../../aws/operations.js'
import type { ConnectionErrorCodeType } from '../shapes.js'
import type { TokenFailure, TokenFailureKind } from './token-job.js'

interface FailureMeaning {
  /** Where the cluster is only looked at: CreateCustomKeyStore, UpdateCustomKeyStore, and ConnectCustomKeyStore at first. */
  readonly look: 'CloudHsmClusterNotActiveException' | 'CloudHsmClusterInvalidConfigurationException'
  /** ConnectCustomKeyStore, shown by DescribeCustomKeyStores. */
  readonly connection: ConnectionErrorCodeType
  /** CreateKey, and GenerateRandom in a key store. */
  readonly make: Extract<
    ErrorCode,
    | 'CloudHsmClusterInvalidConfigurationException'
    | 'CustomKeyStoreInvalidStateException'
    | 'DependencyTimeoutException'
  >
  /** The end of the message, which alone tells the cause. */
  readonly words: string
}

const AWAY: FailureMeaning = {
  look: 'CloudHsmClusterNotActiveException',
  connection: 'INTERNAL_ERROR',
  make: 'CustomKeyStoreInvalidStateException',
  words: 'the CloudHSM cluster cannot be reached',
}

const UNFIT: FailureMeaning = {
  look: 'CloudHsmClusterInvalidConfigurationException',
  connection: 'INTERNAL_ERROR',
  make: 'CloudHsmClusterInvalidConfigurationException',
  words: 'the CloudHSM cluster is not configured as a custom key store needs it',
}

const REJECTED: FailureMeaning = {
  ...AWAY,
  connection: 'INVALID_CREDENTIALS',
  words: 'the CloudHSM cluster did not accept the password of the key store',
}

const MEANINGS: Readonly<Record<TokenFailureKind, FailureMeaning>> = {
  noLibrary: AWAY,
  noToken: { ...AWAY, connection: 'INSUFFICIENT_CLOUDHSM_HSMS' },
  noThread: AWAY,
  unfit: UNFIT,
  full: { ...UNFIT, words: 'the CloudHSM cluster has no room for another key' },
  pinIncorrect: REJECTED,
  pinLocked: { ...REJECTED, connection: 'USER_LOCKED_OUT' },
  noUser: { ...REJECTED, connection: 'USER_NOT_FOUND' },
  loggedInElsewhere: {
    ...REJECTED,
    connection: 'USER_LOGGED_IN',
    words: 'somebody else is logged in to the CloudHSM cluster',
  },
  loggedOut: { ...AWAY, connection: 'NETWORK_ERRORS' },
  noKey: { ...AWAY, words: 'its key is not in the CloudHSM cluster' },
  // Never told in these words: a ciphertext that does not open says nothing of what is wrong with it.
  ciphertext: AWAY,
  timeout: {
    ...AWAY,
    connection: 'NETWORK_ERRORS',
    make: 'DependencyTimeoutException',
    words: 'the CloudHSM cluster did not answer in time',
  },
  busy: { ...AWAY, words: 'too many requests wait for the CloudHSM cluster' },
  other: { ...AWAY, connection: 'NETWORK_ERRORS', words: 'the CloudHSM cluster failed' },
}

export function meaningOf({ kind }: TokenFailure): FailureMeaning {
  return MEANINGS[kind]
}
