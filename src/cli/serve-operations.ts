/**
 * The options of `keyward serve` for whoever runs it: metrics, log, traces, processes, and when it refuses for overload.
 */
import { availableParallelism } from 'node:os'
import { Option, type Command } from 'commander'
import { parseListenAddress, type ListenAddress } from '../server/http/listen-address.js'
import type { ServerConfig } from '../server/http/server-config.js'
import type { AdmissionLimits } from '../server/operations/admission.js'
import { LOG_LEVELS, type LogLevel, type LogOptions } from '../server/operations/request-log.js'
import { quote } from '../text/escape.js'
import { orRefuse, Refusal } from './kms-store.js'

export interface OperationsFlags {
  readonly metrics?: string
  readonly logLevel?: LogLevel
  /** - for standard output. */
  readonly logFile?: string
  readonly traces?: true
  /** A number, or `cores`. */
  readonly cluster?: string
}

export interface OperationsSettings {
  readonly metrics: ListenAddress | undefined
  /** Undefined where no log is wanted. */
  readonly log: LogOptions | undefined
  readonly traces: boolean
  readonly processes: number
  readonly limits: Partial<AdmissionLimits>
}

const MAX_PROCESSES = 256

export function addOperationsOptions(command: Command): Command {
  return command
    .optionsGroup('Operations:')
    .option('--metrics <address>', 'host:port of /metrics for Prometheus; none when left out')
    .addOption(
      new Option('--log-level <level>', 'one JSON line for each request (info), or for those that fail (warn)').choices(
        LOG_LEVELS,
      ),
    )
    .option('--log-file <file>', 'where the log goes, - for standard output; no log without one of the two')
    .option('--traces', 'OpenTelemetry spans, for an SDK that `node --import` has loaded')
    .option('--cluster <n>', 'so many processes behind the same addresses; cores: one for each core')
}

export function readOperations(flags: OperationsFlags, config: ServerConfig): OperationsSettings {
  const { metrics = config.metrics } = flags
  return {
    metrics: metrics === undefined ? undefined : orRefuse(parseListenAddress(metrics)),
    log: logOf(flags, config),
    traces: flags.traces ?? config.traces ?? false,
    processes: flags.cluster === undefined ? (config.cluster ?? 1) : processesOf(flags.cluster),
    limits: config.admission ?? {},
  }
}

function logOf({ logLevel, logFile }: OperationsFlags, config: ServerConfig): LogOptions | undefined {
  if (logLevel === undefined && logFile === undefined && config.log === undefined) return undefined
  const level = logLevel ?? config.log?.level
  const file = logFile ?? config.log?.file
  return {
    ...(level === undefined ? {} : { level }),
    ...(file === undefined || file === '-' ? {} : { file }),
  }
}

function processesOf(text: string): number {
  const count = text === 'cores' ? availableParallelism() : /^[1-9]\d{0,2}$/.test(text) ? Number(text) : 0
  if (count >= 1 && count <= MAX_PROCESSES) return count
  throw new Refusal(`${quote(text, 40)} is no number of processes; expected 1 to ${MAX_PROCESSES}, or cores`)
}
