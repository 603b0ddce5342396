/**
 * The work of `keyward credentials`: makes access keys, lists them, revokes them, in a store that may be in use.
 *
 * A secret is told once, where it was asked for, and is never an argument: arguments are seen by every user of a machine.
 *
 * Source: IAM User Guide, "Manage access keys for IAM users"; AWS CLI User Guide, "Configuration and credential file
 * settings".
 */
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { Command } from 'commander'
import { openKeyring } from '../kms/keyring/keyring.js'
import type { Store } from '../kms/store.js'
import { partitionOf } from '../kms/row-names.js'
import { listCredentials, revokeCredential, type CredentialInfo } from '../server/auth/credential-rows.js'
import { openCredentials, type Credentials, type NewCredential, type NewPrincipal } from '../server/auth/credentials.js'
import { isAccountId } from '../text/arn.js'
import { escapeTerminal, quote } from '../text/escape.js'
import { didYouMean } from '../text/suggest.js'
import { EXIT, type ExitCode } from './exit-codes.js'
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
import { writeError, writeOut } from './terminal.js'

const COMMANDS: Readonly<Record<string, (words: readonly string[]) => Promise<ExitCode>>> = {
  add: runAdd,
  list: runList,
  revoke: runRevoke,
}

export async function runCredentials([word, ...words]: readonly string[]): Promise<ExitCode> {
  if (word === undefined || word === '-h' || word === '--help' || word === 'help') {
    await writeOut(HELP)
    return EXIT.ok
  }
  const run = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (run !== undefined) return run(words)
  const meant = didYouMean(word, Object.keys(COMMANDS), 3)
  const hint = meant === undefined ? 'there is add, list and revoke' : `did you mean \`${meant}\`?`
  writeError(`keyward: unknown command ${escapeTerminal(quote(word, 100))} of \`keyward credentials\`; ${hint}\n`)
  return EXIT.usage
}

const HELP = `Examples:
  keyward credentials add root --account 111122223333 --data-dir keys
  keyward credentials add arn:aws:iam::111122223333:user/Ann --data-dir keys --profile ann --write ann.credentials
  keyward credentials list --data-dir keys
  keyward credentials revoke AKIAEXAMPLEEXAMPLE22 --data-dir keys

Usage: keyward credentials <add|list|revoke> [options]

Access keys with which clients sign their requests to \`keyward serve\`: AWS CLI, SDKs, boto3. They are
for users and for the root of an account; roles are assumed with STS. The store may be in use: a
running server knows new keys at once, and refuses revoked ones with the sessions made with them.

  add     make an access key; its secret is shown this once
  list    show whose keys there are, without secrets
  revoke  refuse a key from now on, for good

Exit status: 0 done, 1 there is no such key, 2 wrong usage or a store that cannot be opened, 3 a defect
of keyward.
`

// --------------------------------------------------------------------------------------------------------------- add

interface AddOptions extends DataOptions, RootKeyOptions {
  readonly account?: string
  readonly principalId?: string
  readonly profile?: string
  readonly write?: string
}

function runAdd(words: readonly string[]): Promise<ExitCode> {
  const command = new Command('keyward credentials add')
    .description('Make an access key for a user or for the root of an account.')
    .argument('<who>', 'an ARN, or with --account root or user/Ann')
    .addHelpText(
      'after',
      '\nThe secret is printed once, as the AWS CLI prints it, or written where you say; nobody can show it again.',
    )
    .optionsGroup('Whose:')
    .option('--account <id>', 'account of a short name; $KEYWARD_ACCOUNT when left out')
    .option('--principal-id <id>', 'unique id of the user, AIDA..., where policies ask for aws:userid')
    .optionsGroup('Where the secret goes:')
    .option('--profile <name>', 'in the form of a profile for ~/.aws/credentials')
    .option('--write <file>', 'into a new file of mode 0600, and not to the terminal')
  addDataOption(command)
  addRootKeyOptions(command)
  return runCommandLine<AddOptions>(command, words, add)
}

async function add(options: AddOptions, [who = '']: readonly string[]): Promise<ExitCode> {
  if (options.profile !== undefined && !PROFILE.test(options.profile)) {
    throw new Refusal(`${quote(options.profile, 100)} is no name of a profile; expected letters, digits and \`_.@+-\``)
  }
  const { principalId } = options
  if (principalId !== undefined && !UNIQUE_ID.test(principalId)) {
    throw new Refusal(`${quote(principalId, 100)} is no unique id; expected one such as AIDAEXAMPLEEXAMPLE234`)
  }
  const principal = { principal: arnOf(who, options), ...(principalId !== undefined && { principalId }) }
  const folder = dataFolder(options)
  const store = await openStore(folder)
  try {
    const made = await make(store, folder, options, principal)
    if (options.write === undefined) await writeOut(printed(made, options.profile))
    else
      await writeOut(
        `${escapeTerminal(`Made ${made.accessKeyId} for ${made.principal}; its secret is in ${options.write}.`)}\n`,
      )
    return EXIT.ok
  } finally {
    await store.close()
  }
}

/** A file that cannot be made is told before there is a secret to write. */
async function make(
  store: Store,
  folder: string,
  options: AddOptions,
  principal: NewPrincipal,
): Promise<NewCredential> {
  const keyring = await openKeyring({ store, ...orRefuse(await wantedRootKeys(options, folder, store)) })
  try {
    const credentials = await openCredentials({ store, keyring })
    try {
      const { write, profile } = options
      return await (write === undefined
        ? credentials.add(principal).then(orRefuse)
        : addToFile(credentials, principal, write, profile))
    } finally {
      credentials.close()
    }
  } finally {
    keyring.close()
  }
}

async function addToFile(
  credentials: Credentials,
  principal: NewPrincipal,
  path: string,
  profile: string | undefined,
): Promise<NewCredential> {
  const file = newFile(path)
  let isWritten = false
  try {
    const made = orRefuse(await credentials.add(principal))
    try {
      writeSync(file, printed(made, profile))
      fsyncSync(file)
      isWritten = true
    } catch (error) {
      // A key whose secret nobody has is of no use.
      await credentials.revoke(made.accessKeyId)
      throw cannotWrite(path, error)
    }
    return made
  } finally {
    closeSync(file)
    if (!isWritten) rmSync(path, { force: true })
  }
}

function newFile(path: string): number {
  try {
    return openSync(path, 'wx', 0o600)
  } catch (error) {
    throw cannotWrite(path, error)
  }
}

function cannotWrite(path: string, error: unknown): Refusal {
  const reason = error instanceof Error ? error.message : String(error)
  return new Refusal(
    `cannot write ${quote(path, 200)}: ${reason.startsWith('EEXIST') ? 'it is there already' : reason}`,
  )
}

const UNIQUE_ID = /^[A-Z0-9]{12,128}$/
const PROFILE = /^[\w.@+-]{1,64}$/
const SHORT_NAME = /^(?:root|user\/[\w+=,.@/-]+)$/

function arnOf(who: string, { account }: AddOptions): string {
  if (who.startsWith('arn:')) return who
  if (!SHORT_NAME.test(who)) {
    throw new Refusal(`${quote(who, 200)} names nobody; expected an ARN, or root or user/NAME with \`--account\``)
  }
  const id = account ?? process.env['KEYWARD_ACCOUNT']
  if (id === undefined) throw new Refusal(`${quote(who, 200)} needs its account; give \`--account\``)
  if (!isAccountId(id)) throw new Refusal(`${quote(id, 40)} is no account; expected twelve digits`)
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1'
  return `arn:${partitionOf(region)}:iam::${id}:${who}`
}

/** As `aws iam create-access-key` prints it, or a profile of ~/.aws/credentials. */
function printed({ accessKeyId, secretAccessKey, principal, createdAtMs }: NewCredential, profile?: string): string {
  if (profile !== undefined) {
    return `[${profile}]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
  }
  const key = {
    Principal: principal,
    AccessKeyId: accessKeyId,
    Status: 'Active',
    SecretAccessKey: secretAccessKey,
    CreateDate: isoTime(createdAtMs),
  }
  return `${JSON.stringify({ AccessKey: key }, null, 4)}\n`
}

// -------------------------------------------------------------------------------------------------------------- list

interface ListOptions extends DataOptions {
  readonly json?: true
}

function runList(words: readonly string[]): Promise<ExitCode> {
  const command = new Command('keyward credentials list')
    .description('Show whose access keys there are, revoked ones too. Needs no root key.')
    .option('--json', 'one line of JSON each')
  addDataOption(command)
  return runCommandLine<ListOptions>(command, words, list)
}

async function list(options: ListOptions): Promise<ExitCode> {
  const store = await openStore(dataFolder(options))
  try {
    let isFirst = true
    for await (const info of listCredentials(store)) {
      if (isFirst && options.json === undefined)
        await writeOut(`${'ACCESS KEY ID'.padEnd(20)}  ${STATE_HEAD}  PRINCIPAL\n`)
      isFirst = false
      await writeOut(`${options.json === undefined ? line(info) : JSON.stringify(info)}\n`)
    }
    if (isFirst && options.json === undefined)
      writeError('There are no credentials; `keyward credentials add` makes one.\n')
    return EXIT.ok
  } finally {
    await store.close()
  }
}

const STATE_HEAD = 'CREATED               REVOKED             '

function line({ accessKeyId, principal, createdAtMs, revokedAtMs }: CredentialInfo): string {
  const revoked = revokedAtMs === undefined ? '-' : isoTime(revokedAtMs)
  return escapeTerminal(`${accessKeyId}  ${isoTime(createdAtMs)}  ${revoked.padEnd(20)}  ${principal}`)
}

// ------------------------------------------------------------------------------------------------------------ revoke

function runRevoke(words: readonly string[]): Promise<ExitCode> {
  const command = new Command('keyward credentials revoke')
    .description('Refuse an access key from now on, and every session made with it. Needs no root key.')
    .argument('<access-key-id>', 'such as AKIAEXAMPLEEXAMPLE22')
    .addHelpText('after', '\nWhat was revoked cannot be brought back; make another one.')
  addDataOption(command)
  return runCommandLine<DataOptions>(command, words, revoke)
}

async function revoke(options: DataOptions, [accessKeyId = '']: readonly string[]): Promise<ExitCode> {
  const store = await openStore(dataFolder(options))
  try {
    const revoked = await revokeCredential(store, accessKeyId, Date.now())
    if (revoked === 'unknown') {
      writeError(`keyward: there is no access key ${escapeTerminal(quote(accessKeyId, 100))}\n`)
      return EXIT.denied
    }
    await writeOut(`${accessKeyId} ${revoked === 'revoked' ? 'is revoked' : 'was revoked before'}.\n`)
    return EXIT.ok
  } finally {
    await store.close()
  }
}

/** Whole seconds. */
function isoTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}
