/**
 * Measuring: CPU time by call, latency of single calls, and figures that a report can print.
 *
 * CPU time is what this process used (user and system), so that other work on the machine counts as little as it can.
 * Knows nothing of what is measured.
 */

/** Of several rounds: the middle one, and the best and the worst. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

export interface Target {
  readonly text: string
  readonly atMost?: number
  readonly atLeast?: number
}

export interface Figure {
  readonly label: string
  readonly unit: string
  readonly spread: Spread
  readonly target?: Target
}

export interface Bench {
  readonly name: string
  readonly title: string
  /** Sizes of what goes in, in a few words. */
  readonly input: string
  /** Why it cannot be run here. */
  readonly lacks?: () => string | undefined
  run(): readonly Figure[] | Promise<readonly Figure[]>
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((left, right) => left - right)
  return { median: sorted[sorted.length >> 1] ?? NaN, least: sorted[0] ?? NaN, most: sorted.at(-1) ?? NaN }
}

export function mapSpread({ median, least, most }: Spread, change: (value: number) => number): Spread {
  return spreadOf([median, least, most].map(change))
}

/** CPU nanoseconds that the work took. */
export function cpuNsOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) * 1000
}

/** A result that is looked at, or the compiler could leave the work out. */
let seen = 0

export function keep(value: unknown): void {
  if (value === undefined) seen++
  if (seen > Number.MAX_SAFE_INTEGER) throw new Error('nothing was ever done')
}

export interface Rounds {
  readonly rounds?: number
  readonly calls: number
}

/** CPU nanoseconds a call; `call` is given a running number to choose its input by. */
export function cpuNsPerCall({ rounds = 9, calls }: Rounds, call: (number: number) => unknown): Spread {
  const round = (): number =>
    cpuNsOf(() => {
      for (let number = 0; number < calls; number++) keep(call(number))
    }) / calls
  // Twice to let the compiler see it all.
  round()
  round()
  return spreadOf(Array.from({ length: rounds }, round))
}

/**
 * The 99th percentile of single calls in nanoseconds of wall time, the clock's own cost included: the middle of several
 * series. Other work on the machine can only make it worse.
 */
export function p99Ns(call: (number: number) => unknown, { rounds = 7, calls }: Rounds): Spread {
  const times = new Float64Array(calls)
  const series = (): number => {
    for (let number = 0; number < calls; number++) {
      const start = process.hrtime.bigint()
      keep(call(number))
      times[number] = Number(process.hrtime.bigint() - start)
    }
    return times.toSorted()[Math.floor(calls * 0.99)] ?? NaN
  }
  series()
  return spreadOf(Array.from({ length: rounds }, series))
}

/** Bytes in use after everything unused is gone; needs `--expose-gc`. */
export function bytesInUse(): number {
  if (globalThis.gc === undefined) throw new Error('measuring memory needs node --expose-gc')
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

export function perSecond(nanoseconds: Spread): Spread {
  return mapSpread(nanoseconds, (value) => 1e9 / value)
}

export function microseconds(nanoseconds: Spread): Spread {
  return mapSpread(nanoseconds, (value) => value / 1000)
}

export function milliseconds(nanoseconds: Spread): Spread {
  return mapSpread(nanoseconds, (value) => value / 1e6)
}
