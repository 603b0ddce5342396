/**
 * What a thread that talks to tokens is asked, and what it answers. Plain data that passes between threads.
 */

/** What a job is about: a token of the thread's library by its label, and in it a key by its label and its id. */
export type TokenJob =
  /** Whether the token is there and can do what a custom key store needs; asks for no password. */
  | { readonly kind: 'look'; readonly token: string }
  | { readonly kind: 'logIn'; readonly token: string; readonly pin: string }
  | { readonly kind: 'logOut'; readonly token: string }
  | ({ readonly kind: 'makeKey' } & TokenKeyName)
  | ({ readonly kind: 'destroyKey' } & TokenKeyName)
  /** Answers the initialization vector, which some tokens choose themselves, and what was sealed with its tag. */
  | ({
      readonly kind: 'seal'
      readonly iv: Uint8Array
      readonly associatedData: Uint8Array
      /** A secret. */
      readonly plaintext: Uint8Array
    } & TokenKeyName)
  /** Answers a secret. */
  | ({
      readonly kind: 'open'
      readonly iv: Uint8Array
      readonly associatedData: Uint8Array
      readonly ciphertext: Uint8Array
    } & TokenKeyName)
  /** Answers a secret. */
  | { readonly kind: 'random'; readonly token: string; readonly size: number }

export interface TokenKeyName {
  readonly token: string
  readonly label: string
  /** CKA_ID, hexadecimal. */
  readonly id: string
}

export interface TokenAnswer {
  readonly secret?: Uint8Array
  readonly bytes?: Uint8Array
}

export interface TokenFailure {
  readonly kind: TokenFailureKind
  /** For whoever runs the service: never a password, and nothing of a request. */
  readonly detail: string
}

export type TokenFailureKind =
  /** The package or the token's library cannot be loaded. */
  | 'noLibrary'
  /** No token of that label, or one that was never initialized. */
  | 'noToken'
  /** The token lacks a mechanism, cannot be written to, or seals in a way that cannot be opened again. */
  | 'unfit'
  | 'full'
  | 'pinIncorrect'
  | 'pinLocked'
  | 'noUser'
  /** By somebody else in this process, whose password nobody can compare. */
  | 'loggedInElsewhere'
  /** Nobody has logged in, or the session is gone: log in and try again. */
  | 'loggedOut'
  | 'noKey'
  /** The key works, and does not open this. */
  | 'ciphertext'
  | 'timeout'
  /** More waits than may. */
  | 'busy'
  /** The thread is gone. */
  | 'noThread'
  /** Whatever else a token says. */
  | 'other'

/** How a thread begins. */
export interface TokenThreadData {
  /** Of `pkcs11js`. */
  readonly packagePath: string
  /** The token's library. */
  readonly library: string
}

export type TokenReply =
  | ({ readonly kind: 'done' } & TokenAnswer)
  | { readonly kind: 'failed'; readonly failure: TokenFailure }
  /** A bug of ours; only what sort of error it was, for its message may quote an input. */
  | { readonly kind: 'threw'; readonly name: string }
