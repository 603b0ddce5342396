/**
 * The metrics of several processes as those of one. What a process had counted before it ended stays counted: a counter that
 * falls would look like one that has begun again, and everything in it would seem to have happened at once.
 *
 * Source: npm `prom-client`, "Usage with Node.js's `cluster` module"; Prometheus documentation, "Metric types".
 */
import type { MetricsSource } from '../http/hooks.js'
import type { MetricValues } from './metrics.js'

type PromClient = typeof import('prom-client')

export class ClusterMetrics {
  private readonly last = new Map<number, MetricValues>()
  /** Of those that have ended lately: what one of them has told may arrive after its end. */
  private readonly ended = new Map<number, MetricValues>()
  /** Of all that have ended before them. */
  private before: MetricValues = []
  private isMerging = false
  private restarts = 0

  static async load(): Promise<ClusterMetrics> {
    const { default: client } = await import('prom-client')
    return new ClusterMetrics(client)
  }

  private constructor(private readonly client: PromClient) {}

  told(worker: number, values: MetricValues): void {
    if (this.ended.has(worker)) this.ended.set(worker, lasting(values))
    else this.last.set(worker, values)
  }

  /** What it told last is what it had counted. */
  hasEnded(worker: number): void {
    this.ended.set(worker, lasting(this.last.get(worker) ?? []))
    this.last.delete(worker)
    if (this.ended.size > MAX_ENDED && !this.isMerging) void this.merge()
  }

  /** All but the latest of those that have ended become one. */
  private async merge(): Promise<void> {
    this.isMerging = true
    const oldest = [...this.ended].slice(0, -LATEST_ENDED)
    const merged = await this.together([this.before, ...oldest.map(([, values]) => values)]).getMetricsAsJSON()
    this.before = merged
    for (const [worker] of oldest) this.ended.delete(worker)
    this.isMerging = false
  }

  hasRestarted(): void {
    this.restarts++
  }

  /** @param ask - has every process tell what it has now. */
  source(ask: () => Promise<void>): MetricsSource {
    return {
      contentType: this.client.Registry.PROMETHEUS_CONTENT_TYPE,
      text: async () => {
        await ask()
        const registry = new this.client.Registry()
        new this.client.Counter({
          name: 'keyward_process_restarts_total',
          help: 'Processes that were started again after they had ended by themselves.',
          registers: [registry],
        }).inc(this.restarts)
        const own = await registry.getMetricsAsJSON()
        return this.together([...this.last.values(), ...this.ended.values(), this.before, own]).metrics()
      },
    }
  }

  private together(all: MetricValues[]): InstanceType<PromClient['Registry']> {
    return this.client.AggregatorRegistry.aggregate(all)
  }
}

/** Of a process that is no more, nothing else is true. */
const KEPT: ReadonlySet<string> = new Set(['counter', 'histogram'])

const MAX_ENDED = 32
const LATEST_ENDED = 8

function lasting(values: MetricValues): MetricValues {
  return values.filter(({ type }) => KEPT.has(String(type)))
}
