/**
 * The store of a data folder or of a database, opened for a command and closed behind it; what cannot be is one sentence and no stack.
 */
import { Command, CommanderError } from 'commander'
import { KeyringError } from '../kms/keyring/keyring-error.js'
import { StoreError, type Store } from '../kms/store.js'
import { BackupError } from '../store/backup-file.js'
import { isPostgresUrl, parsePostgresUrl } from '../store/postgres-address.js'
import { openSqliteStore } from '../store/sqlite.js'
import { databaseExists, databasePath } from '../store/sqlite-files.js'
import { escapeTerminal, quote } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { terminalFacts, widthFor, writeError } from './terminal.js'

export interface DataOptions {
  readonly dataDir?: string
  readonly store?: string
}

export function addDataOption(command: Command): Command {
  return command
    .optionsGroup('Store:')
    .option('--data-dir <dir>', 'folder of the store, made by `keyward init`; $KEYWARD_DATA_DIR when left out')
    .option('--store <where>', 'the same, or the URL of a PostgreSQL database; $KEYWARD_STORE when left out')
}

/** One that is told as it is, without a stack: something outside of this program is not as it should be. */
export class Refusal extends Error {
  /** @param isLaidOut - several lines with places, safe to show as they are. */
  constructor(
    message: string,
    readonly isLaidOut = false,
  ) {
    super(message)
  }
}

/** Says what is wrong, and ends in the status of wrong usage. */
export function refuse(message: string): ExitCode {
  writeError(`keyward: ${escapeTerminal(message)}\n`)
  return EXIT.usage
}

/** Where the store is: a folder, or the URL of a database, which may hold a password. */
export function dataFolder({ dataDir, store }: DataOptions): string {
  if (dataDir !== undefined && store !== undefined) {
    throw new Refusal('there is one store: give `--store` or `--data-dir`')
  }
  const place = [store, dataDir, process.env['KEYWARD_STORE'], process.env['KEYWARD_DATA_DIR']].find(
    (each) => each !== undefined && each !== '',
  )
  if (place === undefined) throw new Refusal('no store is named; give `--data-dir DIR`')
  return place
}

/** The place of a store for people: without a password. */
export function shownPlace(place: string): string {
  return isPostgresUrl(place) ? parsePostgresUrl(place).shown : place
}

/** What can be told without opening it; one sentence. */
export function whyNoStore(place: string): string | undefined {
  if (isPostgresUrl(place)) {
    try {
      parsePostgresUrl(place)
      return undefined
    } catch (error) {
      if (error instanceof StoreError) return error.message
      throw error
    }
  }
  return databaseExists(databasePath(place))
    ? undefined
    : `there is no store in ${quote(place, 200)}; \`keyward init --data-dir ${place}\` makes one`
}

/** Opens the store that is in a place; never makes one. */
export async function openStore(place: string): Promise<Store> {
  if (isPostgresUrl(place)) {
    const { openPostgresStore } = await import('../store/postgres.js')
    return openPostgresStore({ url: place, create: false })
  }
  const problem = whyNoStore(place)
  if (problem !== undefined) throw new Refusal(problem)
  return openSqliteStore({ folder: place })
}

/** The value, or a `Refusal`. */
export function orRefuse<T>(result: Result<T, string>): T {
  if (result.ok) return result.value
  throw new Refusal(result.error)
}

/** Reads the options of a command, runs it, and answers its status, whatever happens that is no bug of ours. */
export async function runCommandLine<Options>(
  command: Command,
  words: readonly string[],
  run: (options: Options, args: readonly string[]) => Promise<ExitCode>,
): Promise<ExitCode> {
  let status: ExitCode = EXIT.ok
  command
    .exitOverride()
    .configureHelp({ helpWidth: widthFor(terminalFacts(), undefined) })
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError(`(${command.name()} --help says more)`)
    .action(async () => {
      status = await run(command.opts() as Options, command.args)
    })
  try {
    await command.parseAsync(words, { from: 'user' })
    return status
  } catch (error) {
    // Commander has said what was wrong already; help ends this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (error instanceof Refusal && error.isLaidOut) {
      writeError(`${error.message}\n`)
      return EXIT.usage
    }
    if (isTold(error)) return refuse(error.message)
    throw error
  }
}

/** Whether its message is what people are told, without a stack. */
export function isTold(error: unknown): error is Error {
  return (
    error instanceof Refusal ||
    error instanceof StoreError ||
    error instanceof KeyringError ||
    error instanceof BackupError
  )
}
