/**
 * One operation of KMS from the command line: options to input, engine, output or error as the AWS CLI has them.
 *
 * Whoever has the folder and its root key owns every key in it: `--as` says for whom an operation is tried, and is no proof
 * of anything.
 */
import { Command, Option } from 'commander'
import { API_OPERATIONS, ENUMS, type MemberInfo, type OperationName } from '../aws/operations.js'
import { renderExplanation } from '../explain/render.js'
import type { Denied } from '../kms/authorize.js'
import type { KmsCaller } from '../kms/caller.js'
import { SlowPool } from '../kms/crypto/slow.js'
import { createKms, type Kms } from '../kms/engine.js'
import { openKeyring } from '../kms/keyring/keyring.js'
import type { Identities, Mode } from '../kms/services.js'
import type { KmsOutputs } from '../kms/shapes.js'
import type { Store } from '../kms/store.js'
import { escapeTerminal, quote } from '../text/escape.js'
import type { Answer } from '../kms/pipeline.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { readInput } from './input.js'
import { addCallerOptions, readCaller, type CallerOptions } from './kms-caller.js'
import { addClusterOptions, readClusters, readXksTransport, type ClusterOptions } from './kms-clusters.js'
import { kebab } from './kms-names.js'
import { printFailure, printOutput } from './kms-output.js'
import { addRootKeyOptions, wantedRootKeys, type RootKeyOptions } from './kms-root-key.js'
import {
  addDataOption,
  dataFolder,
  openStore,
  orRefuse,
  Refusal,
  runCommandLine,
  type DataOptions,
} from './kms-store.js'
import { inputOfJson, valueOfFlag } from './kms-values.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'

interface OperationOptions extends DataOptions, RootKeyOptions, CallerOptions, ClusterOptions {
  readonly mode: Mode
  readonly input?: string
  readonly explain?: true
  readonly color: boolean
  /** Members, by their flags. */
  readonly [member: string]: unknown
}

type Input = Readonly<Record<string, unknown>>

export function runOperation(operation: OperationName, words: readonly string[]): Promise<ExitCode> {
  const command = commandOf(operation)
  return runCommandLine<OperationOptions>(command, words, (options) => work(operation, options))
}

// ----------------------------------------------------------------------------------------------------------- options

function commandOf(operation: OperationName): Command {
  const { input } = API_OPERATIONS[operation]
  const members = Object.entries(input)
  const command = new Command(`keyward kms ${kebab(operation)}`)
    .usage('--data-dir <dir> --as <who> [options]')
    .description(`Does ${operation} as AWS KMS does; its API reference tells what the members mean.`)
    .allowExcessArguments(false)
  if (members.length > 0) command.optionsGroup('Members:')
  for (const [name, info] of members) addMember(command, name, info)
  addCallerOptions(command)
  addDataOption(command)
  addRootKeyOptions(command)
  addClusterOptions(command)
  return command
    .optionsGroup('How:')
    .option('--input <json>', 'members as JSON: a text, a file, - for standard input; flags win over it')
    .addOption(
      new Option('--mode <mode>', 'enforce refuses; audit lets through and records; allowAll does not ask')
        .choices(['enforce', 'audit', 'allowAll'])
        .default('enforce'),
    )
    .option('--explain', 'of a denial the whole story, which AWS tells nobody')
    .option('--no-color', 'print without colour')
}

function addMember(command: Command, name: string, info: MemberInfo): void {
  const flag = `--${kebab(name)}`
  const about = [info.required === true ? 'required' : undefined, describe(info)].filter((part) => part !== undefined)
  if (info.type === 'boolean') {
    command.option(flag, about.join('; ')).addOption(new Option(`--no-${kebab(name)}`).hideHelp())
    return
  }
  const isMany = info.type === 'list' || info.type === 'map' || info.type === 'structure'
  command.option(`${flag} <${isMany ? 'value...' : 'value'}>`, about.join('; '))
}

/** Longer lists of choices are left to the API reference. */
const MAX_CHOICES = 6

function describe(info: MemberInfo): string | undefined {
  const choices = info.enum ?? info.items?.enum
  if (choices !== undefined) {
    const values: readonly string[] = ENUMS[choices]
    const shown = values.slice(0, MAX_CHOICES).join(', ')
    return values.length > MAX_CHOICES ? `${shown}, ...` : shown
  }
  switch (info.type) {
    case 'blob':
      return 'base64, or fileb://path'
    case 'timestamp':
      return 'such as 2026-03-15T12:00:00Z'
    case 'map':
      return 'name=value,name=value or JSON'
    case 'structure':
      return 'Name=value,Name=value or JSON'
    case 'list':
      return info.items?.type === 'structure' ? 'Name=value,Name=value ... or JSON' : 'several words, or JSON'
    case 'integer':
      return info.min === undefined ? undefined : `${info.min} to ${info.max ?? 'any'}`
    case 'string':
    case 'boolean':
      return undefined
  }
}

async function readMembers(operation: OperationName, options: OperationOptions): Promise<Input> {
  const { input: members } = API_OPERATIONS[operation]
  const read: Record<string, unknown> = { ...(await readJsonInput(operation, options.input)) }
  for (const [name, info] of Object.entries(members)) {
    const given = options[name.charAt(0).toLowerCase() + name.slice(1)]
    if (given === undefined) continue
    read[name] = typeof given === 'boolean' ? given : orRefuse(valueOfFlag(info, `--${kebab(name)}`, wordsOf(given)))
  }
  const missing = Object.entries(members).filter(
    ([name, { required }]) => required === true && read[name] === undefined,
  )
  if (missing.length > 0) {
    throw new Refusal(`${operation} needs ${missing.map(([name]) => `\`--${kebab(name)}\``).join(', ')}`)
  }
  return read
}

/** One word, or those of a flag that takes several. */
function wordsOf(given: unknown): readonly string[] {
  const words: readonly unknown[] = Array.isArray(given) ? given : [given]
  return words.filter((word) => typeof word === 'string')
}

async function readJsonInput(operation: OperationName, input: string | undefined): Promise<Input> {
  if (input === undefined) return {}
  if (input.trimStart().startsWith('{')) return orRefuse(inputOfJson(operation, input, '--input'))
  const path = input.startsWith('file://') ? input.slice('file://'.length) : input
  const { name, text } = orRefuse(await readInput(path))
  return orRefuse(inputOfJson(operation, text, name))
}

// -------------------------------------------------------------------------------------------------------------- work

async function work(operation: OperationName, options: OperationOptions): Promise<ExitCode> {
  const secret = options.passphraseFile === '-' ? 'passphrase-file' : 'pkcs11-pin-file'
  if (options.input === '-' && (options.passphraseFile === '-' || options.pkcs11PinFile === '-')) {
    throw new Refusal(`\`--input -\` and \`--${secret} -\` are both read from standard input; give one another way`)
  }
  const input = await readMembers(operation, options)
  const folder = dataFolder(options)
  const { caller, identities } = await readCaller(options, warn)
  const store = await openStore(folder)
  try {
    const denied: Denied[] = []
    const kms = await openEngine(store, folder, options, identities, denied)
    try {
      await kms.tick()
      const answer = await answerOf(kms, operation, input, caller)
      await tell(operation, answer, denied, options)
      return answer.ok ? EXIT.ok : EXIT.denied
    } finally {
      await kms.close()
    }
  } finally {
    await store.close()
  }
}

function warn(message: string): void {
  writeError(`keyward: ${escapeTerminal(message)}\n`)
}

async function openEngine(
  store: Store,
  folder: string,
  options: OperationOptions,
  identities: Identities,
  denied: Denied[],
): Promise<Kms> {
  const cloudHsmClusters = readClusters(options)
  const xksTransport = readXksTransport(options)
  const keyring = await openKeyring({ store, ...orRefuse(await wantedRootKeys(options, folder, store)) })
  return createKms({
    store,
    keyring,
    slow: new SlowPool({ secrets: keyring.secrets }),
    mode: options.mode,
    identities,
    cloudHsmClusters,
    xksTransport,
    onDenied: (one) => void denied.push(one),
    onWarning: (message) => writeError(`${escapeTerminal(message)}\n`),
  })
}

/** Lists come as a whole unless somebody asks for a page of them. */
async function answerOf(
  kms: Kms,
  operation: OperationName,
  input: Input,
  caller: KmsCaller,
): Promise<Answer<OperationName>> {
  const { pages } = API_OPERATIONS[operation]
  const first = await kms.attempt(operation, input, caller)
  if (pages === undefined || !first.ok || 'Limit' in input || 'Marker' in input) return first
  const items: unknown[] = [...listed(first.value, pages)]
  for (let marker = nextMarker(first.value); marker !== undefined;) {
    const next = await kms.attempt(operation, { ...input, Marker: marker }, caller)
    if (!next.ok) return next
    items.push(...listed(next.value, pages))
    marker = nextMarker(next.value)
  }
  // The same members as in each page, so of the same type.
  return { ...first, value: { [pages]: items } as KmsOutputs[OperationName] }
}

function listed(output: object, member: string): readonly unknown[] {
  const items: unknown = Reflect.get(output, member)
  return Array.isArray(items) ? items : []
}

function nextMarker(output: object): string | undefined {
  const marker: unknown = Reflect.get(output, 'NextMarker')
  return typeof marker === 'string' ? marker : undefined
}

async function tell(
  operation: OperationName,
  answer: Answer<OperationName>,
  denied: readonly Denied[],
  { explain, color: wanted, mode }: OperationOptions,
): Promise<void> {
  if (answer.ok) await writeOut(printOutput(operation, answer.value))
  else writeError(printFailure(operation, answer.error))
  if (denied.length === 0) return
  if (explain !== true) {
    if (mode === 'enforce') writeError('(--explain tells why)\n')
    return
  }
  const terminal = terminalFacts(process.stderr)
  const style = { color: paletteFor(terminal, wanted), width: widthFor(terminal, undefined) }
  for (const { explanation, action, resource, isRefused } of denied) {
    const what = `${action} on ${resource ?? 'no resource'}`
    if (!isRefused) warn(`mode \`${mode}\` let through what would have been denied: ${what}`)
    writeError(
      explanation === undefined
        ? `(no policy was asked for ${quote(what)})\n`
        : `\n${renderExplanation(explanation, style)}`,
    )
  }
}
