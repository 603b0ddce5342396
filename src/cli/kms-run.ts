/**
 * `keyward kms`: which operation, or which of the commands that look after the store itself.
 */
import type { OperationName } from '../aws/operations.js'
import { quote } from '../text/escape.js'
import { didYouMean } from '../text/suggest.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { runAudit } from './kms-audit.js'
import { runBackup, runRestore } from './kms-backup.js'
import { kebab, OPERATION_NAMES, operationNamed } from './kms-names.js'
import { runOperation } from './kms-operation.js'
import { runRotateRootKey } from './kms-rotate-root-key.js'
import { writeError, writeOut } from './terminal.js'

const STORE_COMMANDS: Readonly<Record<string, (words: readonly string[]) => Promise<ExitCode>>> = {
  audit: runAudit,
  backup: runBackup,
  restore: runRestore,
  'rotate-root-key': runRotateRootKey,
}

export async function runKms([word, ...words]: readonly string[]): Promise<ExitCode> {
  if (word === undefined || word === '-h' || word === '--help' || word === 'help') {
    await writeOut(help())
    return EXIT.ok
  }
  const own = Object.hasOwn(STORE_COMMANDS, word) ? STORE_COMMANDS[word] : undefined
  if (own !== undefined) return own(words)
  const operation = operationNamed(word)
  if (operation !== undefined) return runOperation(operation, words)
  writeError(`keyward: ${unknown(word)}\n(keyward kms --help lists what there is)\n`)
  return EXIT.usage
}

function unknown(word: string): string {
  if (word.startsWith('-')) return `the operation comes first, such as \`keyward kms list-keys ${word} ...\``
  const known = [...OPERATION_NAMES, ...OPERATION_NAMES.map(kebab), ...Object.keys(STORE_COMMANDS)]
  const meant = didYouMean(word, known, 3)
  return `KMS has no operation ${quote(word, 100)}${meant === undefined ? '' : `; did you mean \`${kebab(meant)}\`?`}`
}

// -------------------------------------------------------------------------------------------------------------- help

const GROUPS: readonly (readonly [heading: string, operations: readonly OperationName[]])[] = [
  [
    'Use keys',
    [
      'Encrypt',
      'Decrypt',
      'ReEncrypt',
      'GenerateDataKey',
      'GenerateDataKeyWithoutPlaintext',
      'GenerateDataKeyPair',
      'GenerateDataKeyPairWithoutPlaintext',
      'GenerateRandom',
      'Sign',
      'Verify',
      'GenerateMac',
      'VerifyMac',
      'DeriveSharedSecret',
      'Encapsulate',
      'Decapsulate',
      'GetPublicKey',
    ],
  ],
  [
    'Look after keys',
    [
      'CreateKey',
      'DescribeKey',
      'ListKeys',
      'EnableKey',
      'DisableKey',
      'UpdateKeyDescription',
      'GetKeyLastUsage',
      'ScheduleKeyDeletion',
      'CancelKeyDeletion',
      'ReplicateKey',
      'UpdatePrimaryRegion',
    ],
  ],
  [
    'Rotate and import key material',
    [
      'EnableKeyRotation',
      'DisableKeyRotation',
      'GetKeyRotationStatus',
      'RotateKeyOnDemand',
      'ListKeyRotations',
      'GetParametersForImport',
      'ImportKeyMaterial',
      'DeleteImportedKeyMaterial',
    ],
  ],
  [
    'Say who may do what',
    [
      'GetKeyPolicy',
      'PutKeyPolicy',
      'ListKeyPolicies',
      'CreateGrant',
      'ListGrants',
      'ListRetirableGrants',
      'RetireGrant',
      'RevokeGrant',
    ],
  ],
  [
    'Name keys',
    ['CreateAlias', 'UpdateAlias', 'DeleteAlias', 'ListAliases', 'TagResource', 'UntagResource', 'ListResourceTags'],
  ],
  [
    'Custom key stores',
    [
      'CreateCustomKeyStore',
      'DescribeCustomKeyStores',
      'UpdateCustomKeyStore',
      'ConnectCustomKeyStore',
      'DisconnectCustomKeyStore',
      'DeleteCustomKeyStore',
    ],
  ],
]

const HEAD = `Examples:
  keyward init --data-dir keys
  export KEYWARD_DATA_DIR=keys KEYWARD_AS=arn:aws:iam::111122223333:root
  keyward kms create-key --description "orders"
  keyward kms create-alias --alias-name alias/orders --target-key-id 1234abcd-12ab-34cd-56ef-1234567890ab
  keyward kms encrypt --key-id alias/orders --plaintext fileb://secret --encryption-context tenant=blue
  keyward kms describe-key --key-id alias/orders --as role/App --account 111122223333 --explain

Usage: keyward kms <operation> [options]

Does an operation of KMS on the store in a folder: real keys, real policies, no network. Options,
output and errors are those of the AWS CLI; \`keyward kms encrypt --help\` lists them for one.
`

const TAIL = `
The store itself
  audit            print the audit records, one line of JSON each
  backup           write everything to one encrypted file
  restore          make a store from such a file
  rotate-root-key  encrypt everything under another root key

Exit status: 0 done, 1 refused by KMS, 2 wrong usage or a store that cannot be opened, 3 a defect of
keyward.
`

const WIDTH = 100

function help(): string {
  const groups = GROUPS.map(([heading, operations]) => `\n${heading}\n${columns(operations.map(kebab))}`)
  return `${HEAD}${groups.join('')}${TAIL}`
}

/** As many columns as have room. */
function columns(names: readonly string[]): string {
  const width = Math.max(...names.map(({ length }) => length)) + 2
  const perLine = Math.max(1, Math.floor((WIDTH - 2) / width))
  let text = ''
  for (let start = 0; start < names.length; start += perLine) {
    const line = names.slice(start, start + perLine).map((name) => name.padEnd(width))
    text += `  ${line.join('').trimEnd()}\n`
  }
  return text
}
