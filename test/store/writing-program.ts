/**
 * A process that writes as fast as it can until it is killed, and tells on its standard output what was acknowledged:
 *
 *   node writing-program.js <folder> <name of this process> <callers> <commits of each; 0 without end>
 *
 * Each commit puts two rows with the same number, counts its caller's row up by compare and set, and brings an audit record
 * with the number. So a store that holds half a commit, or has lost one, shows it.
 */
import { writeSync } from 'node:fs'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import { openSqliteStore } from '../../src/store/sqlite.js'

const [folder = '', name = '', callers = '1', commits = '0'] = process.argv.slice(2)
const store = await openSqliteStore({ folder })
writeSync(1, 'open\n')
await Promise.all(Array.from({ length: Number(callers) }, (_, caller) => write(`${name}${caller}`)))
await store.close()
writeSync(1, 'closed\n')

async function write(caller: string): Promise<void> {
  for (let number = 1; Number(commits) === 0 || number <= Number(commits);) {
    const row = await store.get(`count/${caller}`)
    const shared = await store.get('shared')
    const result = await store.commit(
      [
        { kind: 'put', name: `left/${caller}/${number}`, value: String(number), expect: 'absent' },
        { kind: 'put', name: `right/${caller}/${number}`, value: String(number), expect: 'absent' },
        {
          kind: 'put',
          name: `count/${caller}`,
          value: String(number),
          expect: row === undefined ? 'absent' : { version: row.version },
        },
        // Callers and processes fight for this one now and then.
        ...(number % 8 === 0 ? [sharedChange(shared)] : []),
      ],
      [{ eventID: `${caller}/${number}` } as AuditRecord],
    )
    if (!result.ok) continue
    writeSync(1, `${caller} ${number}\n`)
    number++
  }
}

function sharedChange(row: Awaited<ReturnType<typeof store.get>>) {
  return {
    kind: 'put',
    name: 'shared',
    value: String(Number(row?.value ?? '0') + 1),
    expect: row === undefined ? 'absent' : { version: row.version },
  } as const
}
