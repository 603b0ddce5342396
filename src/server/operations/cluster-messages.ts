/**
 * What the processes of a cluster tell each other. Both sides read only messages of this form; everything else on the
 * channel belongs to others.
 */
import type { MetricValues } from './metrics.js'

export type FromPrimary =
  | { readonly keyward: 'signal'; readonly signal: 'SIGTERM' | 'SIGHUP' }
  | { readonly keyward: 'metrics'; readonly id: number }

export type FromWorker =
  /** It serves. */
  | { readonly keyward: 'ready'; readonly urls: readonly string[] }
  /** For people. Several processes may say the same. */
  | { readonly keyward: 'told'; readonly kind: 'notice' | 'warning'; readonly message: string }
  /** The answer to a question, or what there was at the end, without an id. */
  | { readonly keyward: 'metrics'; readonly id?: number; readonly values: MetricValues }

/** Told by one of our own processes: what has the mark has the form. */
export function isMessage<M extends FromPrimary | FromWorker>(message: unknown): message is M {
  return typeof message === 'object' && message !== null && 'keyward' in message
}
