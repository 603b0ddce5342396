/**
 * `keyward kms audit`: the audit records of a store, one line of JSON each, as `keyward why` takes them.
 */
import { Command } from 'commander'
import type { AuditRecord } from '../kms/audit-record.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { addDataOption, dataFolder, openStore, Refusal, runCommandLine, type DataOptions } from './kms-store.js'
import { writeOut } from './terminal.js'

const EXAMPLES = `Examples:
  keyward kms audit --data-dir keys                                        everything that is recorded
  keyward kms audit --data-dir keys --since 2026-03-15 | jq -r .eventName
  keyward kms audit --data-dir keys --denied | keyward why --world acme -  why was all this denied?
`

const AFTER = `
Records are those of CloudTrail; the member \`keyward\` is ours, and tells of a denial why. They never
hold plaintext, key material or tokens. No root key is needed to read them.`

interface AuditOptions extends DataOptions {
  readonly denied?: true
  readonly since?: string
}

export function runAudit(words: readonly string[]): Promise<ExitCode> {
  const command = new Command('keyward kms audit')
    .description('Print the audit records of a store, one line of JSON each.')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .optionsGroup('Which records:')
    .option('--denied', 'requests that were denied, or in mode `audit` would have been')
    .option('--since <date>', 'those from then on: 2026-03-15, 2026-03-15T12:00:00Z')
  addDataOption(command)
  return runCommandLine<AuditOptions>(command, words, audit)
}

async function audit(options: AuditOptions): Promise<ExitCode> {
  const sinceMs = options.since === undefined ? -Infinity : Date.parse(options.since)
  if (Number.isNaN(sinceMs)) throw new Refusal(`\`--since\` is no date; expected one such as 2026-03-15T12:00:00Z`)
  const store = await openStore(dataFolder(options))
  try {
    let cursor: string | undefined
    do {
      const page = await store.auditRecords(cursor === undefined ? {} : { cursor })
      const wanted = page.records.filter(
        (record) => Date.parse(record.eventTime) >= sinceMs && (options.denied === undefined || isDenied(record)),
      )
      if (wanted.length > 0) await writeOut(wanted.map((record) => `${JSON.stringify(record)}\n`).join(''))
      cursor = page.cursor
      // Whoever read them may have seen enough.
    } while (cursor !== undefined && !process.stdout.destroyed)
    return EXIT.ok
  } finally {
    await store.close()
  }
}

function isDenied({ errorCode, keyward }: AuditRecord): boolean {
  return (
    errorCode === 'AccessDenied' || errorCode === 'AccessDeniedException' || keyward?.['wouldBeDenied'] !== undefined
  )
}
