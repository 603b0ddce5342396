/** What the entries of the package load: `keyward` nothing of the service, `keyward/kms` all of it. */
import { expect, test } from 'vitest'
import * as entry from '../../src/kms.js'
import { importedPath, readSources } from '../tooling/sources.js'

test('whoever only asks for decisions loads nothing of the service', () => {
  const byPath = new Map(readSources().map((file) => [file.path, file]))
  const paths = new Set(byPath.keys())
  const loaded = new Set(['src/index.ts'])
  for (const path of loaded) {
    for (const { specifier, kind } of byPath.get(path)?.imports ?? []) {
      const target = kind === 'value' ? importedPath(path, specifier, paths) : undefined
      if (target !== undefined) loaded.add(target)
    }
  }
  expect([...loaded].filter((path) => /^src\/(?:kms|store)(?:\/|\.ts)/.test(path))).toEqual([])
})

test('what `keyward/kms` has', () => {
  expect(Object.keys(entry).toSorted()).toEqual([
    'BackupError',
    'KeyringError',
    'KmsError',
    'SlowPool',
    'StoreError',
    'answerRequest',
    'attestedRecipients',
    'createKms',
    'createMemoryStore',
    'identitiesOfWorld',
    'inProcess',
    'initRootKey',
    'loadWorld',
    'openKeyring',
    'openPostgresStore',
    'openSqliteStore',
    'restoreBackup',
    'writeBackup',
  ])
})
