/**
 * How a call to an external key store proxy fails, and what the service then tells its own callers.
 *
 * What a proxy writes in `errorMessage` is for the log: no caller sees it.
 *
 * Source: XKS proxy API specification 1.0.3, "Error responses"; KMS Developer Guide, "Troubleshooting external key
 * stores"; facts xks 2 and 3.
 */

/** The errors that a proxy may name. */
export type ProxyErrorName =
  | 'ValidationException'
  | 'InvalidStateException'
  | 'InvalidCiphertextException'
  | 'InvalidKeyUsageException'
  | 'AuthenticationFailedException'
  | 'AccessDeniedException'
  | 'KeyNotFoundException'
  | 'InvalidUriPathException'
  | 'ThrottlingException'
  | 'InternalException'
  | 'UnsupportedOperationException'
  | 'DependencyTimeoutException'

/** What can go wrong without the proxy saying so. */
export type TransportFailure = 'malformedResponse' | 'timeout' | 'notReachable' | 'tls' | 'allUnavailable'

export interface XksFailure {
  readonly kind: ProxyErrorName | TransportFailure
  /** For a log: what was wrong with an answer, or what the proxy says; printable ASCII, at most 512 characters. */
  readonly detail: string
}

type StoreException =
  | 'XksProxyInvalidResponseException'
  | 'XksProxyIncorrectAuthenticationCredentialException'
  | 'XksProxyInvalidConfigurationException'
  | 'XksProxyUriUnreachableException'

type CreateKeyException =
  | 'CustomKeyStoreInvalidStateException'
  | 'XksKeyInvalidConfigurationException'
  | 'XksKeyNotFoundException'
  | 'UnsupportedOperationException'

type ConnectionErrorCode =
  | 'INVALID_CREDENTIALS'
  | 'XKS_PROXY_ACCESS_DENIED'
  | 'XKS_PROXY_INVALID_CONFIGURATION'
  | 'XKS_PROXY_INVALID_RESPONSE'
  | 'XKS_PROXY_INVALID_TLS_CONFIGURATION'
  | 'XKS_PROXY_NOT_REACHABLE'
  | 'XKS_PROXY_TIMED_OUT'

export interface FailureMeaning {
  /** CreateCustomKeyStore and UpdateCustomKeyStore. */
  readonly store: StoreException
  readonly createKey: CreateKeyException
  /** ConnectCustomKeyStore, shown by DescribeCustomKeyStores. */
  readonly connection: ConnectionErrorCode
  /** The end of the message of KMSInvalidStateException, which every cryptographic operation answers. */
  readonly words: string
}

/** Facts xks 3; the rows marked `[?]` there have the choice that is recommended. */
export const XKS_FAILURES: Readonly<Record<XksFailure['kind'], FailureMeaning>> = {
  ValidationException: invalidResponse('the external key store proxy rejected the request as malformed'),
  malformedResponse: invalidResponse('the external key store proxy did not return a valid response'),
  InternalException: invalidResponse('the external key store proxy encountered an internal error'),
  InvalidCiphertextException: invalidResponse('the external key store proxy could not decrypt the ciphertext'),
  InvalidStateException: {
    ...invalidResponse('the external key or its key store is not enabled'),
    createKey: 'XksKeyInvalidConfigurationException',
  },
  InvalidKeyUsageException: {
    ...invalidResponse('the external key does not support the requested operation'),
    createKey: 'XksKeyInvalidConfigurationException',
  },
  AuthenticationFailedException: {
    store: 'XksProxyIncorrectAuthenticationCredentialException',
    createKey: 'CustomKeyStoreInvalidStateException',
    connection: 'INVALID_CREDENTIALS',
    words: 'the external key store proxy could not authenticate the request',
  },
  AccessDeniedException: {
    ...invalidResponse('the external key store proxy denied access'),
    connection: 'XKS_PROXY_ACCESS_DENIED',
  },
  KeyNotFoundException: {
    ...invalidResponse('the external key store proxy did not find the external key'),
    createKey: 'XksKeyNotFoundException',
  },
  InvalidUriPathException: {
    store: 'XksProxyInvalidConfigurationException',
    createKey: 'CustomKeyStoreInvalidStateException',
    connection: 'XKS_PROXY_INVALID_CONFIGURATION',
    words: 'the URI path of the external key store proxy is not valid',
  },
  UnsupportedOperationException: {
    ...invalidResponse('the external key store proxy does not support the operation'),
    createKey: 'UnsupportedOperationException',
  },
  DependencyTimeoutException: unreachable('XKS_PROXY_TIMED_OUT', 'the external key manager timed out'),
  timeout: unreachable('XKS_PROXY_TIMED_OUT', 'the external key store proxy did not respond in time'),
  ThrottlingException: unreachable('XKS_PROXY_NOT_REACHABLE', 'the external key store proxy is throttling requests'),
  notReachable: unreachable('XKS_PROXY_NOT_REACHABLE', 'the external key store proxy is not reachable'),
  allUnavailable: unreachable('XKS_PROXY_NOT_REACHABLE', 'no external key manager is available'),
  tls: unreachable(
    'XKS_PROXY_INVALID_TLS_CONFIGURATION',
    'a TLS connection to the external key store proxy could not be established',
  ),
}

function invalidResponse(words: string): FailureMeaning {
  return {
    store: 'XksProxyInvalidResponseException',
    createKey: 'CustomKeyStoreInvalidStateException',
    connection: 'XKS_PROXY_INVALID_RESPONSE',
    words,
  }
}

function unreachable(connection: ConnectionErrorCode, words: string): FailureMeaning {
  return {
    store: 'XksProxyUriUnreachableException',
    createKey: 'CustomKeyStoreInvalidStateException',
    connection,
    words,
  }
}
