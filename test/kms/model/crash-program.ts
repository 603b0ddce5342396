/**
 * A process in which callers do one lap after the other on a durable store until it is killed, and that tells what was
 * acknowledged to whom: `node crash-program.js <folder> <name> <callers>`. Without callers it lives 100 days later, and
 * does what has become due. The root key, and where the proxy of key stores is, stand in its environment.
 */
import { writeSync } from 'node:fs'
import { createKms } from '../../../src/kms/engine.js'
import { SlowPool } from '../../../src/kms/crypto/slow.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import { parsePolicyValue } from '../../../src/policy/parse.js'
import { openSqliteStore } from '../../../src/store/sqlite.js'
import { flavourOf, IDENTITIES, LATER_MS, runLap } from './crash-script.js'

const [folder = '', name = '', callers = '0'] = process.argv.slice(2)
const store = await openSqliteStore({ folder })
const rootKey = { kind: 'bytes', bytes: Buffer.from(process.env['ROOT_KEY'] ?? '', 'hex') } as const
const keyring = await openKeyring({ store, rootKey })
const kms = createKms({
  store,
  keyring,
  slow: new SlowPool({ secrets: keyring.secrets }),
  mode: 'enforce',
  nowMs: () => Date.now() + (callers === '0' ? LATER_MS : 0),
  quotas: { customKeyStores: 100_000 },
  xksTransport: { port: Number(process.env['PROXY_PORT']), ca: [process.env['PROXY_CA'] ?? ''], timeoutMs: 30_000 },
})
for (const { arn, policies } of IDENTITIES.principals) {
  const parsed = policies.map((policy) => parsePolicyValue(policy, 'identity'))
  kms.identities.putPrincipal({ arn, policies: parsed.flatMap((each) => (each.ok ? [each.value] : [])) })
}
writeSync(1, 'open\n')

async function call(caller: number): Promise<void> {
  for (let lap = 0; ; lap++) {
    const lapName = `${name}-${caller}-${lap}`
    await runLap(kms, lapName, flavourOf(lapName), (step) => void writeSync(1, `${lapName} ${step}\n`))
  }
}

if (callers === '0') {
  // Two that do the same work get into each other's way.
  await Promise.all([kms.tick(), kms.tick()])
  writeSync(1, 'done\n')
  setInterval(() => undefined, 1000)
}
await Promise.all(Array.from({ length: Number(callers) }, (_, caller) => call(caller)))
