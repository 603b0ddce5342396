/**
 * How much an account may have and how often it may ask.
 *
 * Resource quotas are AWS's own and on; rate quotas are off until somebody sets them, since they help nobody who tests.
 *
 * Source: KMS Developer Guide, "Resource quotas", "Request quotas"; kms-behaviour 14.
 */
import type { OperationName } from '../aws/operations.js'

export interface ResourceQuotas {
  /** Customer managed keys of an account in a Region, in any state. */
  readonly keysPerRegion: number
  readonly aliasesPerKey: number
  readonly grantsPerKey: number
  readonly customKeyStores: number
  readonly onDemandRotations: number
  readonly tagsPerKey: number
  readonly policyBytes: number
}

export const RESOURCE_QUOTAS: ResourceQuotas = {
  keysPerRegion: 100_000,
  aliasesPerKey: 50,
  grantsPerKey: 50_000,
  customKeyStores: 10,
  onDemandRotations: 25,
  tagsPerKey: 50,
  policyBytes: 32_768,
}

/** Requests per second, of each account in each Region. */
export type RateQuotas = Partial<Readonly<Record<OperationName, number>>>

export const THROTTLED = 'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'

interface Bucket {
  tokens: number
  atMs: number
}

/** More accounts and Regions than this at once start afresh. */
const MAX_BUCKETS = 100_000

/** Token buckets that hold what one second allows. */
export class RateLimiter {
  private readonly buckets = new Map<string, Bucket>()

  constructor(private readonly quotas: RateQuotas) {}

  allows(operation: OperationName, accountId: string, region: string, nowMs: number): boolean {
    const perSecond = this.quotas[operation]
    if (perSecond === undefined) return true
    const name = `${accountId}/${region}/${operation}`
    // A quota below one a second still lets one request through at a time.
    const capacity = Math.max(1, perSecond)
    let bucket = this.buckets.get(name)
    if (bucket === undefined) {
      if (this.buckets.size >= MAX_BUCKETS) this.buckets.clear()
      bucket = { tokens: capacity, atMs: nowMs }
      this.buckets.set(name, bucket)
    }
    const elapsedMs = Math.max(0, nowMs - bucket.atMs)
    bucket.tokens = Math.min(capacity, bucket.tokens + (elapsedMs * perSecond) / 1000)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}
