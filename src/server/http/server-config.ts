/**
 * The configuration file of a server, JSON or YAML: read, checked, and told with its places where it is wrong.
 *
 * Knows no file system: paths in it are left as they are written.
 *
 * Source: server-config.schema.json says the same to other programs.
 */
import { API_OPERATIONS } from '../../aws/operations.js'
import type { RateQuotas } from '../../kms/quotas.js'
import type { Mode } from '../../kms/services.js'
import { quote } from '../../text/escape.js'
import { detectFormat, readSyntax } from '../../text/read-syntax.js'
import type { Result, SourceError, SourceText } from '../../text/source.js'
import { didYouMean } from '../../text/suggest.js'
import { nodeAt, nodeToValue, parsePointer, type SyntaxNode } from '../../text/syntax-tree.js'
import { ADMISSION_LIMITS, type AdmissionLimits } from '../operations/admission.js'
import type { LogOptions } from '../operations/request-log.js'
import type { CallingService } from './callers.js'
import { SERVER_LIMITS, type ServerLimits } from './limits.js'
import { parseListenAddress } from './listen-address.js'
import { parseRanges, type VpcEndpoint } from './request-facts.js'
import { validate } from './server-config.validate.js'
import type { TlsFiles } from './tls-files.js'

/** What the schema has checked. */
export interface ServerConfig {
  readonly store?: string
  readonly rootKeyFile?: string
  readonly world?: string
  readonly region?: string
  readonly mode?: Mode
  readonly listen?: readonly ConfiguredListener[]
  readonly allowInsecureListen?: boolean
  readonly trustedProxies?: readonly string[]
  readonly vpcEndpoints?: readonly VpcEndpoint[]
  readonly services?: readonly CallingService[]
  readonly limits?: Partial<ServerLimits>
  readonly rates?: RateQuotas
  readonly admission?: Partial<AdmissionLimits>
  /** Address of the metrics port. */
  readonly metrics?: string
  readonly log?: LogOptions
  readonly traces?: boolean
  /** How many processes. */
  readonly cluster?: number
}

export interface ConfiguredListener {
  readonly address: string
  readonly tls?: TlsFiles
  readonly vpcEndpointId?: string
}

export function readServerConfig(source: SourceText): Result<ServerConfig, readonly SourceError[]> {
  const read = readSyntax(source, detectFormat(source.name, source.text))
  if (!read.ok) return read
  const root = read.value
  const value = nodeToValue(root)
  if (!isConfig(value)) return { ok: false, error: shapeErrors(root, source) }
  const errors = valueErrors(value, root, source)
  return errors.length === 0 ? { ok: true, value } : { ok: false, error: errors }
}

function isConfig(value: unknown): value is ServerConfig {
  return validate(value)
}

/** What a schema cannot say. */
function valueErrors(
  { listen = [], trustedProxies = [], rates = {}, metrics }: ServerConfig,
  root: SyntaxNode,
  source: SourceText,
): readonly SourceError[] {
  const at = (message: string, path: readonly (string | number)[]): SourceError => {
    const { start, end } = nodeAt(root, path) ?? root
    return { message, source, span: { start, end } }
  }
  const addresses = listen.flatMap(({ address }, index) => {
    const parsed = parseListenAddress(address)
    return parsed.ok ? [] : [at(parsed.error, ['listen', index, 'address'])]
  })
  const metricsAddress = metrics === undefined ? undefined : parseListenAddress(metrics)
  const port = metricsAddress?.ok === false ? [at(metricsAddress.error, ['metrics'])] : []
  const proxies = trustedProxies.flatMap((text, index) => {
    const parsed = parseRanges([text])
    return parsed.ok ? [] : [at(parsed.error, ['trustedProxies', index])]
  })
  const operations = Object.keys(API_OPERATIONS)
  const unknown = Object.keys(rates).filter((name) => !operations.includes(name))
  const names = unknown.map((name) => {
    const meant = didYouMean(name, operations, 3)
    const hint = meant === undefined ? '' : `; did you mean \`${meant}\`?`
    return at(`KMS has no operation ${quote(name, 100)}${hint}`, ['rates', name])
  })
  return [...addresses, ...port, ...proxies, ...names]
}

const OF_CONFIG = {
  store: true,
  rootKeyFile: true,
  world: true,
  region: true,
  mode: true,
  listen: true,
  allowInsecureListen: true,
  trustedProxies: true,
  vpcEndpoints: true,
  services: true,
  limits: true,
  rates: true,
  admission: true,
  metrics: true,
  log: true,
  traces: true,
  cluster: true,
} satisfies Record<keyof ServerConfig, true>

/** By the place of the object: what somebody may have meant. */
const MEMBERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', Object.keys(OF_CONFIG)],
  ['/limits', Object.keys(SERVER_LIMITS)],
  ['/admission', [...Object.keys(ADMISSION_LIMITS), 'principalRate']],
])

function shapeErrors(root: SyntaxNode, source: SourceText): readonly SourceError[] {
  return (validate.errors ?? []).map(({ instancePath, keyword, params, message }) => {
    const node = nodeAt(root, parsePointer(instancePath) ?? []) ?? root
    const isWhole = node.kind === 'object' || node.kind === 'array'
    const place = { start: node.start, end: isWhole ? node.start + 1 : node.end }
    const name = instancePath === '' ? 'the configuration' : quote(instancePath.slice(1), 200)
    if (keyword === 'additionalProperties') {
      const key = String(params['additionalProperty'])
      const member = node.kind === 'object' ? node.members.find((each) => each.key === key) : undefined
      const span = member === undefined ? place : { start: member.keyStart, end: member.keyEnd }
      const meant = didYouMean(key, MEMBERS.get(instancePath) ?? [], 3)
      const hint = meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` }
      const text = `${name} has an unknown member ${quote(key, 100)}`
      return { message: text, source, span, pointer: instancePath, ...hint }
    }
    return { message: `${name} ${message ?? 'is not as expected'}`, source, span: place, pointer: instancePath }
  })
}
