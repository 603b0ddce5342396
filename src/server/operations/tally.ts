/**
 * A counter with labels that costs a look into a map where it counts; the metric is written when somebody reads it.
 *
 * Labels come from closed sets. Should one not, its values are counted together once there are too many.
 */
import type { Counter } from 'prom-client'

const MAX_SERIES = 4096
const OTHER = 'other'

interface Series<L extends string> {
  readonly labels: Readonly<Record<L, string>>
  count: number
}

export class Tally<L extends string> {
  private readonly series = new Map<string, Series<L>>()

  constructor(private readonly names: readonly L[]) {}

  /** @param values - in the order of the names. */
  add(...values: readonly string[]): void {
    this.seriesOf(values).count++
  }

  /** From now on it is told, though nothing was counted yet. */
  start(...values: readonly string[]): void {
    this.seriesOf(values)
  }

  writeTo(counter: Counter<L>): void {
    counter.reset()
    for (const { labels, count } of this.series.values()) counter.inc(labels, count)
  }

  private seriesOf(values: readonly string[]): Series<L> {
    const name = values.join('\0')
    let series = this.series.get(name)
    if (series === undefined) {
      const isOther = values.every((value) => value === OTHER)
      if (this.series.size >= MAX_SERIES && !isOther) return this.seriesOf(values.map(() => OTHER))
      series = { labels: this.labelsOf(values), count: 0 }
      this.series.set(name, series)
    }
    return series
  }

  private labelsOf(values: readonly string[]): Readonly<Record<L, string>> {
    // One value for each name, by the signature of `add` where it is called.
    return Object.fromEntries(this.names.map((name, index) => [name, values[index] ?? ''])) as Record<L, string>
  }
}
