/**
 * The work of `keyward doctor`: looks at everything that a server with these options would use, changes nothing, and says of
 * each thing whether it is well and what to do where it is not.
 *
 * Asks nothing of anybody but what opening the root key needs.
 */
import { statSync } from 'node:fs'
import { Option, type Command } from 'commander'
import { isPostgresUrl } from '../store/postgres-address.js'
import { StoreError } from '../kms/store.js'
import { quote } from '../text/escape.js'
import { checkDatabase } from './doctor-database.js'
import { findingsText, ok, problem, reasonOf, warning, worstOf, type Finding } from './doctor-finding.js'
import { checkCertificate, checkListener, checkUrl } from './doctor-network.js'
import { checkCredentials, checkRootKey } from './doctor-root-key.js'
import { checkFolder, checkStore } from './doctor-store.js'
import type { ExitCode } from './exit-codes.js'
import { openStore, Refusal, runCommandLine } from './kms-store.js'
import { readServeSettings, serveCommand, type ServeOptions, type ServeSettings } from './serve-options.js'
import { ServedWorld } from './serve-world.js'
import { paletteFor, terminalFacts, writeOut } from './terminal.js'

interface DoctorOptions extends ServeOptions {
  readonly url?: string
  readonly name?: readonly string[]
  readonly json?: true
  readonly color?: boolean
}

/** 1 for warnings alone. */
const STATUS = { ok: 0, warning: 1, problem: 2 } as const satisfies Record<Finding['level'], ExitCode>

const OLDEST_NODE = [20, 19] as const
const WRITABLE_BY_OTHERS = 0o022

const EXAMPLES = `Examples:
  keyward doctor --store keys
  keyward doctor --config keyward.yaml --json
  keyward doctor --url https://kms.example.com:8155
`

const AFTER = `
Takes every option of \`keyward serve\` and looks at what that server would use.

Exit status: 0 all is well, 1 warnings, 2 problems or wrong usage, 3 a defect of keyward.`

function doctorCommand(): Command {
  return serveCommand({
    name: 'keyward doctor',
    description: 'Is everything that a server needs as it should be?',
    examples: EXAMPLES,
    after: AFTER,
  })
    .optionsGroup('Doctor:')
    .option('--url <url>', 'a server that runs: does it live, is it ready, is its clock right')
    .option(
      '--name <host>',
      'name or address that clients use, for which the certificate must be; may be repeated',
      gather,
    )
    .option('--json', 'one JSON object instead of text')
    .addOption(new Option('--no-color', 'no colour'))
}

/** Commander hands over what there is already. */
function gather(text: string, before?: readonly string[]): readonly string[] {
  return before === undefined ? [text] : [...before, text]
}

export function runDoctor(words: readonly string[]): Promise<ExitCode> {
  return runCommandLine<DoctorOptions>(doctorCommand(), words, async (options) => {
    const findings = await examine(options)
    const status = worstOf(findings)
    const palette = paletteFor(terminalFacts(), options.color !== false)
    const text =
      options.json === true
        ? `${JSON.stringify({ status, findings }, undefined, 2)}\n`
        : findingsText(findings, palette)
    await writeOut(text)
    return STATUS[status]
  })
}

async function examine(options: DoctorOptions): Promise<readonly Finding[]> {
  const node = checkNode(process.versions.node)
  const settings = settingsOf(options)
  const running = options.url === undefined ? [] : await checkUrl(options.url)
  if ('check' in settings) return [node, settings, ...running]
  // Whoever asks about a server elsewhere may have no store here.
  const asksForServer = options.url !== undefined && !namesStore(options)
  if (asksForServer) return [node, ...running]
  return [
    node,
    ...(await checkPlace(settings)),
    ...(await checkListeners(settings, options.name)),
    ...checkWorld(settings),
    ...running,
  ]
}

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return ok('node', `version ${version}`)
  return problem('node', `version ${version} is too old`, `install ${oldestMajor}.${oldestMinor} or a later one`)
}

function namesStore({ store, dataDir, config }: DoctorOptions): boolean {
  return [store, dataDir, config, process.env['KEYWARD_STORE'], process.env['KEYWARD_DATA_DIR']].some(
    (each) => each !== undefined && each !== '',
  )
}

function settingsOf(options: DoctorOptions): ServeSettings | Finding {
  try {
    return readServeSettings(options)
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return problem(
      'configuration',
      error.message,
      '`keyward serve` would not start with it; `keyward serve --help` says more',
    )
  }
}

async function checkPlace({ store, options, operations }: ServeSettings): Promise<readonly Finding[]> {
  const { processes } = operations
  if (store.kind === 'memory') {
    return [
      warning('store', 'it is in memory, and gone when the server ends', 'give `--store` a folder or a database'),
      ...(processes > 1
        ? [problem('store', `${processes} processes cannot share a store in memory`, 'leave `--cluster` out')]
        : []),
    ]
  }
  const place = store.kind === 'folder' ? store.folder : store.url
  const around = isPostgresUrl(place) ? await checkDatabase(place, processes) : checkFolder(place)
  if (around.some(({ level }) => level === 'problem')) return around
  try {
    const opened = await openStore(place)
    try {
      return [
        ...around,
        ...(await checkStore(opened)),
        ...(await checkRootKey(options, place, opened)),
        await checkCredentials(opened),
      ]
    } finally {
      await opened.close()
    }
  } catch (error) {
    if (!(error instanceof StoreError) && !(error instanceof Refusal)) throw error
    return [...around, problem('store', error.message, 'name the store with `--store`, or restore it from a backup')]
  }
}

async function checkListeners(
  { listeners, mode, allowInsecureListen, operations }: ServeSettings,
  names: readonly string[] | undefined,
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const listener of listeners) {
    found.push(...(await checkListener(listener, mode, allowInsecureListen)))
    if (listener.tls !== undefined) found.push(...checkCertificate(listener.tls, Date.now(), names))
  }
  if (operations.metrics !== undefined) {
    found.push(...(await checkListener(operations.metrics, 'metrics', allowInsecureListen)))
  }
  return found
}

function checkWorld({ world, mode: enforcing }: ServeSettings): readonly Finding[] {
  if (world === undefined) return []
  const unusable: string[] = []
  try {
    const { mode } = statSync(world)
    const opened = ServedWorld.open(world, {
      mode: enforcing,
      warn: (message) => void unusable.push(message),
    })
    if (!opened.ok) return [problem('world', opened.error, 'the server would not start; `keyward world` shows more')]
    return [
      unusable.length === 0
        ? ok('world', opened.value.summary())
        : warning('world', unusable.join('; '), 'a server in mode `enforce` does not start with it'),
      ...(process.platform !== 'win32' && (mode & WRITABLE_BY_OTHERS) !== 0
        ? [
            warning(
              'world',
              `other users may write to ${quote(world, 200)}, and so say who may do what`,
              `chmod -R go-w ${world}`,
            ),
          ]
        : []),
    ]
  } catch (error) {
    return [
      problem('world', `${quote(world, 200)} cannot be read: ${reasonOf(error)}`, 'look at its name and its mode'),
    ]
  }
}
