/**
 * What custom key stores of a command stand on: CloudHSM clusters, with a file that says of each which token it is, and how
 * the proxies of external key stores are reached.
 *
 * The file holds no password: that of a key store is given to `create-custom-key-store`, and kept as every secret is.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { dirname, resolve } from 'node:path'
import { createSecureContext, rootCertificates } from 'node:tls'
import type { Command } from 'commander'
import type { CloudHsmCluster, CloudHsmClusterMap } from '../kms/cloudhsm/clusters.js'
import type { TransportOptions } from '../kms/xks/transport.js'
import { quote } from '../text/escape.js'
import { Refusal } from './kms-store.js'

export interface ClusterOptions {
  readonly cloudhsmClusters?: string
  readonly xksCaFile?: string
  readonly xksPort?: string
}

export function addClusterOptions(command: Command): Command {
  return command
    .optionsGroup('Custom key stores:')
    .option(
      '--cloudhsm-clusters <file>',
      'JSON: cluster id to library, token and trustAnchorCertificate; $KEYWARD_CLOUDHSM_CLUSTERS when left out',
    )
    .option(
      '--xks-ca-file <file>',
      'PEM of authorities that vouch for proxies of external key stores, besides the public ones; $KEYWARD_XKS_CA_FILE',
    )
    .option('--xks-port <port>', 'port of these proxies; $KEYWARD_XKS_PORT, or 443 as in AWS, when left out')
}

/** How the proxies of external key stores are reached. */
export function readXksTransport({ xksCaFile, xksPort }: ClusterOptions): TransportOptions {
  const file = xksCaFile ?? process.env['KEYWARD_XKS_CA_FILE']
  const port = xksPort ?? process.env['KEYWARD_XKS_PORT']
  return {
    ...(port === undefined ? {} : { port: portOf(port) }),
    ...(file === undefined ? {} : { agent: agentTrusting(file) }),
  }
}

const MAX_PORT = 65_535

function portOf(text: string): number {
  const port = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : 0
  if (port >= 1 && port <= MAX_PORT) return port
  throw new Refusal(`${quote(text, 40)} is no port of a proxy; expected 1 to ${MAX_PORT}`)
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g

/** The certificates are read once, not for every connection. */
function agentTrusting(path: string): Agent {
  const certificates = readText(path).match(PEM) ?? []
  try {
    for (const each of certificates) void new X509Certificate(each)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Refusal(`a certificate in ${quote(path, 200)} cannot be read: ${reason}`)
  }
  if (certificates.length === 0) throw new Refusal(`there is no certificate in PEM in ${quote(path, 200)}`)
  const ca = [...rootCertificates, ...certificates]
  return new Agent({ keepAlive: true, secureContext: createSecureContext({ ca, minVersion: 'TLSv1.2' }) })
}

const TEXTS = ['library', 'token', 'trustAnchorCertificate', 'user', 'accountId', 'region'] as const
const NEEDED = ['library', 'token', 'trustAnchorCertificate'] as const
const CLUSTER_ID = /^cluster-[2-7a-zA-Z]{11,16}$/

export function readClusters({ cloudhsmClusters }: ClusterOptions): CloudHsmClusterMap {
  const path = cloudhsmClusters ?? process.env['KEYWARD_CLOUDHSM_CLUSTERS']
  if (path === undefined) return {}
  const clusters = parsed(path)
  return Object.fromEntries(
    Object.entries(clusters).map(([id, value]) => {
      if (!CLUSTER_ID.test(id)) throw refusal(path, `${quote(id, 100)} is no cluster id, such as cluster-abcdefghijk`)
      return [id, clusterOf(path, id, value)]
    }),
  )
}

function clusterOf(path: string, id: string, value: unknown): CloudHsmCluster {
  if (!isMembers(value)) throw refusal(path, `${id} is no object`)
  const { timeoutMs, ...texts } = value
  for (const [name, text] of Object.entries(texts)) {
    if (!(TEXTS as readonly string[]).includes(name))
      throw refusal(path, `${id} has an unknown member ${quote(name, 100)}`)
    if (typeof text !== 'string') throw refusal(path, `${name} of ${id} is no text`)
  }
  const missing = NEEDED.find((name) => texts[name] === undefined)
  if (missing !== undefined) throw refusal(path, `${id} has no ${missing}`)
  if (timeoutMs !== undefined && (typeof timeoutMs !== 'number' || !(timeoutMs > 0))) {
    throw refusal(path, `timeoutMs of ${id} is no number of milliseconds`)
  }
  // All of its members have been looked at.
  const cluster = value as unknown as CloudHsmCluster
  const { trustAnchorCertificate: anchor } = cluster
  if (!anchor.startsWith('file://')) return cluster
  const certificate = readText(resolve(dirname(path), anchor.slice('file://'.length)))
  return { ...cluster, trustAnchorCertificate: certificate }
}

function parsed(path: string): Readonly<Record<string, unknown>> {
  const text = readText(path)
  try {
    const value: unknown = JSON.parse(text)
    if (isMembers(value)) return value
  } catch {
    // Said below.
  }
  throw refusal(path, 'it is no JSON object')
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Refusal(`cannot read ${quote(path, 200)}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refusal(path: string, what: string): Refusal {
  return new Refusal(`the clusters of ${quote(path, 200)} cannot be used: ${what}`)
}
