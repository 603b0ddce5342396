/**
 * `keyward kms backup` and `keyward kms restore`: all of a store in one encrypted file, and a store from such a file.
 */
import { Command } from 'commander'
import { openKeyring } from '../kms/keyring/keyring.js'
import { restoreBackup, writeBackup } from '../store/backup.js'
import type { BackupCounts } from '../store/backup-file.js'
import { escapeTerminal } from '../text/escape.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { isPostgresUrl } from '../store/postgres-address.js'
import {
  addRootKeyOptions,
  chosenRootKey,
  NOT_BESIDE_DATABASE,
  rootKeyPath,
  wantedRootKeys,
  type RootKeyOptions,
} from './kms-root-key.js'
import {
  addDataOption,
  dataFolder,
  openStore,
  orRefuse,
  Refusal,
  runCommandLine,
  shownPlace,
  type DataOptions,
} from './kms-store.js'
import { writeOut } from './terminal.js'

type Options = DataOptions & RootKeyOptions

export function runBackup(words: readonly string[]): Promise<ExitCode> {
  const command = new Command('keyward kms backup')
    .description('Write everything in a store, as it is at one moment, to one encrypted file.')
    .argument('<file>', 'what to write; must not be there yet')
    .addHelpText('before', 'Examples:\n  keyward kms backup keys-2026-03-15.backup --data-dir keys\n')
    .addHelpText('after', '\nThe store may be in use. The root key is not in the file, and is what opens it.')
  addDataOption(command)
  addRootKeyOptions(command)
  return runCommandLine<Options>(command, words, backup)
}

async function backup(options: Options, [file = '']: readonly string[]): Promise<ExitCode> {
  const folder = dataFolder(options)
  const store = await openStore(folder)
  try {
    const keyring = await openKeyring({ store, ...orRefuse(await wantedRootKeys(options, folder, store)) })
    try {
      const counts = await writeBackup({ store, keyring, file })
      await say(`Wrote ${file}: ${counted(counts)}, encrypted under the root key ${keyring.rootKeyId}.`)
    } finally {
      keyring.close()
    }
  } finally {
    await store.close()
  }
  return EXIT.ok
}

export function runRestore(words: readonly string[]): Promise<ExitCode> {
  const command = new Command('keyward kms restore')
    .description('Make a store from a backup, in a folder or a database that has none yet.')
    .argument('<file>', 'the backup')
    .addHelpText(
      'before',
      'Examples:\n  keyward kms restore keys-2026-03-15.backup --data-dir restored --root-key-file keys/root.key\n',
    )
    .addHelpText(
      'after',
      '\nThere is all of the store afterwards, or none of it. The root key is the one of the backup.',
    )
  addDataOption(command)
  addRootKeyOptions(command)
  return runCommandLine<Options>(command, words, restore)
}

async function restore(options: Options, [file = '']: readonly string[]): Promise<ExitCode> {
  const folder = dataFolder(options)
  const chosen = orRefuse(await chosenRootKey(options, { isNew: false }))
  if (isPostgresUrl(folder)) {
    if (chosen === undefined) throw new Refusal(NOT_BESIDE_DATABASE)
    const all = await restoreBackup({ file, url: folder, rootKey: chosen })
    await say(`Restored ${file} to ${shownPlace(folder)}: ${counted(all)}.`)
    return EXIT.ok
  }
  const rootKey = chosen ?? { kind: 'file', path: rootKeyPath(folder) }
  const counts = await restoreBackup({ file, folder, rootKey })
  await say(`Restored ${file} to ${folder}: ${counted(counts)}.`)
  if (rootKey.kind === 'file' && rootKey.path !== rootKeyPath(folder)) {
    await say(
      `It opens with \`--root-key-file ${rootKey.path}\`, or with a copy of that file as ${rootKeyPath(folder)}.`,
    )
  }
  return EXIT.ok
}

function counted({ rows, auditRecords }: BackupCounts): string {
  return `${count(rows, 'row')}, ${count(auditRecords, 'audit record')}`
}

function count(number: number, one: string): string {
  return `${number} ${one}${number === 1 ? '' : 's'}`
}

function say(text: string): Promise<void> {
  return writeOut(`${escapeTerminal(text)}\n`)
}
