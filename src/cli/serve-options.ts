/**
 * The options of `keyward serve` and its configuration file, made one: flags win over the environment, that over the file.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { Command, Option } from 'commander'
import type { RateQuotas } from '../kms/quotas.js'
import type { Mode } from '../kms/services.js'
import type { CallingService } from '../server/http/callers.js'
import type { ServerLimits } from '../server/http/limits.js'
import { parseListenAddress } from '../server/http/listen-address.js'
import type { ListenerOptions } from '../server/http/listener.js'
import type { VpcEndpoint } from '../server/http/request-facts.js'
import { readServerConfig, type ConfiguredListener, type ServerConfig } from '../server/http/server-config.js'
import type { TlsFiles } from '../server/http/tls-files.js'
import { isPostgresUrl } from '../store/postgres-address.js'
import { isAccountId } from '../text/arn.js'
import { describeError } from '../text/code-frame.js'
import { quote } from '../text/escape.js'
import { addClusterOptions, type ClusterOptions } from './kms-clusters.js'
import { addRootKeyOptions, type RootKeyOptions } from './kms-root-key.js'
import { orRefuse, Refusal } from './kms-store.js'
import {
  addOperationsOptions,
  readOperations,
  type OperationsFlags,
  type OperationsSettings,
} from './serve-operations.js'

export interface ServeOptions extends RootKeyOptions, ClusterOptions, OperationsFlags {
  readonly store?: string
  readonly dataDir?: string
  readonly config?: string
  readonly listen?: readonly string[]
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly allowInsecureListen?: true
  readonly trustedProxy?: readonly string[]
  readonly vpcEndpoint?: readonly string[]
  readonly world?: string
  readonly mode?: Mode
  readonly region?: string
  readonly account?: string
  /** False with --no-first-key. */
  readonly firstKey: boolean
}

export type ServedStore =
  | { readonly kind: 'memory' }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'postgres'; readonly url: string }

export interface ServeSettings {
  readonly store: ServedStore
  readonly options: RootKeyOptions & ClusterOptions
  readonly listeners: readonly ListenerOptions[]
  readonly allowInsecureListen: boolean
  readonly trustedProxies: readonly string[]
  readonly vpcEndpoints: readonly VpcEndpoint[]
  readonly callingServices: readonly CallingService[]
  readonly limits: Partial<ServerLimits>
  readonly rates: RateQuotas
  readonly operations: OperationsSettings
  readonly world: string | undefined
  readonly mode: Mode
  readonly region: string
  /** Whose root gets the first access key. */
  readonly accountId: string
  readonly makesFirstKey: boolean
}

/** Assigned to nothing that is known. */
const DEFAULT_ADDRESS = '127.0.0.1:8155'
const DEFAULT_ACCOUNT = '111122223333'
const DEFAULT_REGION = 'us-east-1'
const REGION = /^[a-z]+(?:-[a-z]+)+-[0-9]+$/
const ENDPOINT = /^(vpce-[0-9a-z]{1,60})=(.+)$/

const EXAMPLES = `Examples:
  keyward serve                                     on this machine; makes what it needs, and says how to use it
  keyward serve --store memory                      for a test: nothing stays
  keyward serve --world acme --store keys           with everybody's policies
  keyward serve --listen 0.0.0.0:8155 --tls-cert cert.pem --tls-key key.pem
  keyward serve --store keys --cluster cores --metrics 9155 --log-level info
  keyward serve --config keyward.yaml
`

const AFTER = `
Signals: SIGHUP reads the world and the certificates again, and opens the log file anew; SIGTERM and SIGINT
finish what is under way and end, the second one at once; with --cluster, SIGUSR2 replaces the processes one
after the other. /healthz tells that the process lives, /readyz that it can serve.

Exit status: 0 ended in good order, 2 wrong usage or something that cannot be opened, 3 a defect of
keyward.`

/** What it is called and how it is described, for commands with the same options. */
export interface CommandWords {
  readonly name: string
  readonly description: string
  readonly examples: string
  readonly after: string
}

const SERVE: CommandWords = {
  name: 'keyward serve',
  description: 'Serve KMS and STS as AWS does, with real keys, real policies and real signatures.',
  examples: EXAMPLES,
  after: AFTER,
}

export function serveCommand({ name, description, examples, after }: CommandWords = SERVE): Command {
  const gather = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]
  const command = new Command(name)
    .description(description)
    .addHelpText('before', examples)
    .addHelpText('after', after)
    .allowExcessArguments(false)
    .optionsGroup('Store:')
    .option('--store <where>', 'folder, memory, or URL of a PostgreSQL database; $KEYWARD_STORE when left out')
    .option('--data-dir <dir>', 'folder of the store; $KEYWARD_DATA_DIR, or one in your home, when left out')
    .optionsGroup('Network:')
    .option('--listen <address>', `host:port; ${DEFAULT_ADDRESS} when left out; may be repeated`, gather)
    .option('--tls-cert <file>', 'PEM of the certificate and those between it and its root')
    .option('--tls-key <file>', 'PEM of its key')
    .option(
      '--allow-insecure-listen',
      'listen for other machines without encryption, or in a mode that enforces nothing',
    )
    .option(
      '--trusted-proxy <range>',
      'address or CIDR whose X-Forwarded headers are believed; may be repeated',
      gather,
    )
    .option('--vpc-endpoint <id=address>', 'listen there for the clients of a VPC endpoint; may be repeated', gather)
    .optionsGroup('Policies:')
    .option('--world <dir>', 'folder with the policies of everybody; docs/world.md tells its form')
    .addOption(
      new Option('--mode <mode>', 'enforce refuses; audit lets through and records; allowAll does not ask').choices([
        'enforce',
        'audit',
        'allowAll',
      ]),
    )
    .option('--region <region>', 'of the first steps it tells; requests name theirs; $AWS_REGION or us-east-1')
    .option('--account <id>', 'whose root gets the first access key; $KEYWARD_ACCOUNT or 111122223333')
    .option('--no-first-key', 'make no access key in a store that has none')
    .optionsGroup('More:')
    .option('--config <file>', 'JSON or YAML: listeners, services, proxies, limits, rates')
  addOperationsOptions(command)
  addRootKeyOptions(command)
  return addClusterOptions(command)
}

export function readServeSettings(options: ServeOptions): ServeSettings {
  const config = options.config === undefined ? {} : readConfig(options.config)
  const region = options.region ?? config.region ?? environment('AWS_REGION', 'AWS_DEFAULT_REGION') ?? DEFAULT_REGION
  if (!REGION.test(region)) throw new Refusal(`${quote(region, 40)} is no Region; expected one such as us-east-1`)
  const accountId = options.account ?? environment('KEYWARD_ACCOUNT') ?? DEFAULT_ACCOUNT
  if (!isAccountId(accountId)) throw new Refusal(`${quote(accountId, 40)} is no account; expected twelve digits`)
  return {
    store: storeOf(options, config),
    options: withRootKey(options, config),
    listeners: listenersOf(options, config),
    allowInsecureListen: options.allowInsecureListen ?? config.allowInsecureListen ?? false,
    trustedProxies: options.trustedProxy ?? config.trustedProxies ?? [],
    vpcEndpoints: config.vpcEndpoints ?? [],
    callingServices: config.services ?? [],
    limits: config.limits ?? {},
    rates: config.rates ?? {},
    operations: readOperations(options, config),
    world: options.world ?? config.world,
    mode: options.mode ?? config.mode ?? 'enforce',
    region,
    accountId,
    makesFirstKey: options.firstKey,
  }
}

function storeOf({ store, dataDir }: ServeOptions, config: ServerConfig): ServedStore {
  if (store !== undefined && dataDir !== undefined) {
    throw new Refusal('a server has one store: give `--store` or `--data-dir`')
  }
  const where =
    store ?? dataDir ?? environment('KEYWARD_STORE') ?? environment('KEYWARD_DATA_DIR') ?? config.store ?? homeFolder()
  if (where === 'memory') return { kind: 'memory' }
  return isPostgresUrl(where) ? { kind: 'postgres', url: where } : { kind: 'folder', folder: where }
}

/** Source: XDG Base Directory Specification, "XDG_DATA_HOME". */
function homeFolder(): string {
  const data = environment('XDG_DATA_HOME')
  return join(data !== undefined && isAbsolute(data) ? data : join(homedir(), '.local', 'share'), 'keyward')
}

function withRootKey(options: ServeOptions, { rootKeyFile }: ServerConfig): RootKeyOptions & ClusterOptions {
  const { rootKeyEnv, passphrase, passphraseFile, pkcs11Library, pkcs11Token } = options
  const others = [options.rootKeyFile, rootKeyEnv, passphrase, passphraseFile, pkcs11Library, pkcs11Token]
  const isElsewhere = others.some((each) => each !== undefined)
  return rootKeyFile === undefined || isElsewhere ? options : { ...options, rootKeyFile }
}

function listenersOf(options: ServeOptions, config: ServerConfig): readonly ListenerOptions[] {
  const tls = tlsOf(options)
  const given = options.listen?.map((address) => ({ address }))
  const endpoints = (options.vpcEndpoint ?? []).map(endpointListener)
  const own = given ?? config.listen ?? (endpoints.length > 0 ? [] : [{ address: DEFAULT_ADDRESS }])
  return [...own, ...endpoints].map((listener: ConfiguredListener) => {
    const encryption = tls ?? listener.tls
    return {
      ...orRefuse(parseListenAddress(listener.address)),
      ...(encryption === undefined ? {} : { tls: encryption }),
      ...(listener.vpcEndpointId === undefined ? {} : { vpcEndpointId: listener.vpcEndpointId }),
    }
  })
}

function endpointListener(text: string): ConfiguredListener {
  const [, vpcEndpointId, address] = ENDPOINT.exec(text) ?? []
  if (vpcEndpointId === undefined || address === undefined) {
    throw new Refusal(`${quote(text, 100)} is no VPC endpoint; expected one such as vpce-1a2b3c4d=127.0.0.1:8156`)
  }
  return { address, vpcEndpointId }
}

function tlsOf({ tlsCert, tlsKey }: ServeOptions): TlsFiles | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new Refusal('a certificate needs its key: give `--tls-cert` and `--tls-key`')
  }
  return { certFile: tlsCert, keyFile: tlsKey }
}

/** With its paths as seen from here. */
function readConfig(path: string): ServerConfig {
  const read = readServerConfig({ name: path, text: textOf(path) })
  if (!read.ok) throw new Refusal(read.error.map((error) => describeError(error)).join('\n'), true)
  const config = read.value
  const at = (file: string): string => resolve(dirname(path), file)
  const { store, rootKeyFile, world, listen, log } = config
  return {
    ...config,
    ...(store === undefined ? {} : { store: store === 'memory' || isPostgresUrl(store) ? store : at(store) }),
    ...(rootKeyFile === undefined ? {} : { rootKeyFile: at(rootKeyFile) }),
    ...(world === undefined ? {} : { world: at(world) }),
    ...(log?.file === undefined || log.file === '-' ? {} : { log: { ...log, file: at(log.file) } }),
    ...(listen === undefined ? {} : { listen: listen.map((listener) => listenerAt(listener, at)) }),
  }
}

function listenerAt(listener: ConfiguredListener, at: (file: string) => string): ConfiguredListener {
  const { tls } = listener
  return tls === undefined ? listener : { ...listener, tls: { certFile: at(tls.certFile), keyFile: at(tls.keyFile) } }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Refusal(
      `cannot read ${quote(path, 200)}: ${reason.startsWith('ENOENT') ? 'there is no such file' : reason}`,
    )
  }
}

function environment(...names: readonly string[]): string | undefined {
  return names.map((name) => process.env[name]).find((value) => value !== undefined && value !== '')
}
