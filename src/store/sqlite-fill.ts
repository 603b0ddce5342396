/**
 * Fills a draft of a database: with nothing but a store's id, or with everything that a backup holds.
 *
 * Restored rows stand under the journal's first entry, and the journal says that it knows no names from before: whoever
 * asks for changes since a version of the store that was backed up is told to look at everything.
 */
import { type SnapshotItem, StoreError } from '../kms/store.js'
import { encodeText } from './name-order.js'
import { emptyLog, openDatabase, toColumn } from './sqlite-driver.js'
import { createSchema } from './sqlite-schema.js'

export function fillDatabase(draft: string, storeId: string, items: Iterable<SnapshotItem> = []): void {
  const database = openDatabase(draft)
  try {
    createSchema(database, storeId)
    const addEntry = database.prepare('INSERT INTO journal (id, audit) VALUES (?, ?)')
    const addRow = database.prepare('INSERT INTO rows (name, version, value) VALUES (?, 1, ?)')
    let entry = 1
    addEntry.run(entry, null)
    for (const item of items) {
      if (item.kind === 'row') addRow.run(encodeText(item.name), toColumn(item.value))
      else addEntry.run(++entry, `[${item.record}]`)
    }
    database.prepare(`UPDATE meta SET value = ? WHERE key = 'namesKeptAfter'`).run(entry)
    database.exec('COMMIT')
    emptyLog(database)
    const found = database.prepare('PRAGMA integrity_check').get()?.['integrity_check']
    if (found !== 'ok') throw new StoreError(`the database just written is damaged: ${String(found)}`)
  } finally {
    database.close()
  }
}
