/**
 * How often one principal may ask: a bucket of tokens for each, in a map that holds those who asked last.
 *
 * The sessions of a role are one principal here, since whoever may assume a role may have as many of them as wanted.
 * Every process counts by itself. AWS's own rate quotas are others: the engine has them, by account and operation.
 */
import { LRUCache } from 'lru-cache'

export interface PrincipalRate {
  readonly perSecond: number
  /** How many may come at once after a pause; what one second allows when left out. */
  readonly burst?: number
}

interface Bucket {
  tokens: number
  atMs: number
}

/** A principal that comes back after so many others begins with a full bucket. */
const MAX_PRINCIPALS = 10_000
const SESSION = /^(arn:[^:]+:sts::\d{12}:assumed-role\/[^/]+)\//

export class RateLimit {
  private readonly buckets = new LRUCache<string, Bucket>({ max: MAX_PRINCIPALS })
  private readonly perMs: number
  private readonly burst: number

  constructor({ perSecond, burst = perSecond }: PrincipalRate) {
    this.perMs = perSecond / 1000
    // Less than one a second still lets one through at a time.
    this.burst = Math.max(1, burst)
  }

  /** @param nowMs - of a clock that never goes back. */
  allows(principal: string, nowMs: number): boolean {
    const name = SESSION.exec(principal)?.[1] ?? principal
    let bucket = this.buckets.get(name)
    if (bucket === undefined) {
      bucket = { tokens: this.burst, atMs: nowMs }
      this.buckets.set(name, bucket)
    }
    bucket.tokens = Math.min(this.burst, bucket.tokens + (nowMs - bucket.atMs) * this.perMs)
    bucket.atMs = nowMs
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}
