/**
 * What the processes of the server benchmarks say to each other: `serve-run.ts` starts servers and a client and asks them.
 */

/** What a server is made of. */
export interface ServerSetup {
  /** `echo`: node:http and JSON, nothing else. `bare`: the server with a batched write in the place of the handler. */
  readonly kind: 'echo' | 'keyward' | 'bare'
  readonly store: StoreSetup
  /** 64 hex digits: processes on one store have one root key. */
  readonly rootKey: string
  readonly audit: boolean
  /** Made by the first process on a store. */
  readonly keys: readonly KeyToMake[]
}

export type StoreSetup =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly hints: boolean; readonly schema: string }

export interface KeyToMake {
  readonly count: number
  readonly KeySpec: 'SYMMETRIC_DEFAULT' | 'RSA_2048'
  readonly KeyUsage: 'ENCRYPT_DECRYPT' | 'SIGN_VERIFY'
}

/** What a server says when it is ready. */
export interface Started {
  readonly host: string
  readonly port: number
  /** Of the first process on a store. */
  readonly made: Made | undefined
}

export interface Made {
  readonly admin: AccessKey
  /** Somebody whom no policy allows anything yet. */
  readonly other: AccessKey
  readonly keyIds: readonly string[]
}

export interface AccessKey {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

export interface Place {
  readonly host: string
  readonly port: number
}

/** What a client is told to do. */
export type ClientTask =
  /** Signed requests, sent in turn. */
  | { readonly kind: 'requests'; readonly id: string; readonly texts: readonly string[] }
  /** As many as the servers take. */
  | ({ readonly kind: 'closed'; readonly count: number } & Load)
  /** One every so often, whether or not those before are answered. */
  | ({ readonly kind: 'open'; readonly count: number; readonly perSecond: number } & Load)

interface Load {
  readonly id: string
  /** Connections are spread over them. */
  readonly places: readonly Place[]
  readonly connections: number
}

export interface ClientAnswer {
  readonly ms: number
  /** Of an open loop: from the moment a request was due, sorted. */
  readonly latenciesMs: readonly number[]
}
