/**
 * The CloudHSM clusters of an engine, as its embedder describes them: each is a token that speaks PKCS #11.
 *
 * Source: KMS Developer Guide, "AWS CloudHSM key stores"; facts kms-behaviour 13.
 */
import { X509Certificate } from 'node:crypto'
import type { SecretPool } from '../crypto/secret.js'
import type { TokenFailure, TokenJob } from './token-job.js'
import { tokenThread, type TokenAnswered, type TokenThread } from './token-thread.js'

export interface CloudHsmCluster {
  /** The token's PKCS #11 library: `/usr/lib/softhsm/libsofthsm2.so`. */
  readonly library: string
  /** The token's label. */
  readonly token: string
  /** PEM; the same one has to be given to CreateCustomKeyStore. Clusters with the same one are related. */
  readonly trustAnchorCertificate: string
  /** Where the token wants `user:password` for a PIN. Its PIN is the password of the key store when left out. */
  readonly user?: string
  /** Whose it is; every account's when left out. */
  readonly accountId?: string
  /** Where it is; in every Region when left out. */
  readonly region?: string
  /** How long a call may take, waiting included; 5,000 when left out. */
  readonly timeoutMs?: number
}

/** By their ids, such as `cluster-abcdefghijk`. */
export type CloudHsmClusterMap = Readonly<Record<string, CloudHsmCluster>>

const DEFAULT_TIMEOUT_MS = 5000
/** What says nothing about the token itself, or is told by an answer alone. */
const UNREMARKABLE: ReadonlySet<TokenFailure['kind']> = new Set(['ciphertext', 'busy', 'loggedOut'])

export class CloudHsmClusters {
  readonly #clusters: CloudHsmClusterMap
  readonly #secrets: SecretPool
  readonly #warn: (message: string) => void
  readonly #warned = new Set<string>()
  readonly #threads = new Map<string, TokenThread>()

  /** @param warn - told once of every way in which a cluster fails, for nobody who asks the service learns as much. */
  constructor(clusters: CloudHsmClusterMap, secrets: SecretPool, warn: (message: string) => void) {
    this.#clusters = clusters
    this.#secrets = secrets
    this.#warn = warn
  }

  find(
    clusterId: string,
    { accountId, region }: { readonly accountId: string; readonly region: string },
  ): CloudHsmCluster | undefined {
    const cluster = Object.hasOwn(this.#clusters, clusterId) ? this.#clusters[clusterId] : undefined
    if (cluster === undefined) return undefined
    const isOfAccount = cluster.accountId === undefined || cluster.accountId === accountId
    const isOfRegion = cluster.region === undefined || cluster.region === region
    return isOfAccount && isOfRegion ? cluster : undefined
  }

  /** Undefined where the cluster is there and fit to hold keys, for all that is seen without logging in. */
  async look(clusterId: string, cluster: CloudHsmCluster): Promise<TokenFailure | undefined> {
    const answer = await this.run(clusterId, cluster, { kind: 'look', token: cluster.token })
    return answer.ok ? undefined : answer.error
  }

  session(clusterId: string, cluster: CloudHsmCluster, password: string): ClusterSession {
    const pin = cluster.user === undefined ? password : `${cluster.user}:${password}`
    return new ClusterSession(cluster.token, pin, (job) => this.run(clusterId, cluster, job))
  }

  async run(
    clusterId: string,
    { library, timeoutMs = DEFAULT_TIMEOUT_MS }: CloudHsmCluster,
    job: TokenJob,
  ): Promise<TokenAnswered> {
    let thread = this.#threads.get(library)
    if (thread === undefined) {
      thread = tokenThread(library)
      this.#threads.set(library, thread)
    }
    const answer = await thread.run(job, this.#secrets, timeoutMs)
    if (!answer.ok) this.#note(clusterId, answer.error)
    return answer
  }

  async close(): Promise<void> {
    const threads = [...this.#threads.values()]
    this.#threads.clear()
    await Promise.all(threads.map((thread) => thread.leave()))
  }

  #note(clusterId: string, { kind, detail }: TokenFailure): void {
    if (UNREMARKABLE.has(kind)) return
    const message = `Keyward: the CloudHSM cluster ${clusterId} fails (${kind}): ${detail}`
    if (this.#warned.has(message)) return
    this.#warned.add(message)
    this.#warn(message)
  }
}

type SessionJob = Exclude<TokenJob, { readonly kind: 'look' | 'logIn' | 'logOut' }>
/** A job without the token, which the session knows. */
export type ClusterJob =
  | Omit<Extract<SessionJob, { readonly kind: 'seal' }>, 'token'>
  | Omit<Extract<SessionJob, { readonly kind: 'open' }>, 'token'>
  | Omit<Extract<SessionJob, { readonly kind: 'random' }>, 'token'>
  | Omit<Extract<SessionJob, { readonly kind: 'makeKey' | 'destroyKey' }>, 'token'>

/** One key store's way into its cluster: logs in when it has to. */
export class ClusterSession {
  readonly #token: string
  readonly #pin: string
  readonly #run: (job: TokenJob) => Promise<TokenAnswered>
  /** A password that was wrong once is not tried again: tokens lock after a few. */
  #refusal: TokenAnswered | undefined

  constructor(token: string, pin: string, run: (job: TokenJob) => Promise<TokenAnswered>) {
    this.#token = token
    this.#pin = pin
    this.#run = run
  }

  async logIn(): Promise<TokenAnswered> {
    if (this.#refusal !== undefined) return this.#refusal
    const answer = await this.#run({ kind: 'logIn', token: this.#token, pin: this.#pin })
    if (!answer.ok && (answer.error.kind === 'pinIncorrect' || answer.error.kind === 'pinLocked')) {
      this.#refusal = answer
    }
    return answer
  }

  async logOut(): Promise<void> {
    await this.#run({ kind: 'logOut', token: this.#token })
  }

  async run(given: ClusterJob): Promise<TokenAnswered> {
    // The union with the one member that all of them lack.
    const job = { ...given, token: this.#token } as SessionJob
    const answer = await this.#run(job)
    if (answer.ok || answer.error.kind !== 'loggedOut') return answer
    const loggedIn = await this.logIn()
    return loggedIn.ok ? this.#run(job) : loggedIn
  }
}

/** Whether two PEM texts are the same certificate; what cannot be read is none. */
export function isSameCertificate(one: string, other: string): boolean {
  const first = certificateOf(one)
  const second = certificateOf(other)
  return first !== undefined && second !== undefined && first.equals(second)
}

function certificateOf(pem: string): Buffer | undefined {
  try {
    return new X509Certificate(pem).raw
  } catch {
    return undefined
  }
}
