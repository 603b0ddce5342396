/**
 * One process of a service that many share: an engine on a store in PostgreSQL, asked by messages of its parent, and gone
 * with it. The URL, the root key and the options of the store stand in its environment.
 */
import { createKms } from '../../src/kms/engine.js'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { openPostgresStore, type PostgresStoreOptions } from '../../src/store/postgres.js'
import { QuickPool } from '../kms/model/quick-pool.js'
import type { Asked, Told } from './cluster-process.js'

const options = JSON.parse(process.env['STORE'] ?? '{}') as PostgresStoreOptions
const rootKey = { kind: 'bytes', bytes: Buffer.from(process.env['ROOT_KEY'] ?? '', 'hex') } as const
const nowMs = Number(process.env['NOW_MS'])

process.once('disconnect', () => process.exit())
const store = await openPostgresStore(options)
const keyring = await openKeyring({ store, rootKey })
const kms = createKms({
  store,
  keyring,
  slow: new QuickPool(keyring.secrets),
  mode: 'enforce',
  region: 'us-east-1',
  // Nothing becomes due: the model of a client knows of its own keys alone.
  nowMs: () => nowMs,
  quotas: { keysPerRegion: 1_000_000 },
})
const all = parsePolicyValue(
  { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] },
  'identity',
)
kms.identities.putPrincipal({
  arn: 'arn:aws:iam::111122223333:user/admin',
  policies: all.ok ? [all.value] : [],
})
for (const name of ['nobody', 'named']) {
  kms.identities.putPrincipal({ arn: `arn:aws:iam::111122223333:user/${name}`, policies: [] })
}

function tell(told: Told): void {
  process.send?.(told)
}

async function answer({ id, name, input, caller }: Asked): Promise<void> {
  tell({ id, answer: await kms.attemptNamed(name, input, caller) })
}

process.on('message', (asked: Asked) => void answer(asked))
tell({ id: 0 })
