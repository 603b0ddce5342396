/**
 * A process in which callers do one lap after the other on a durable store until it is killed, and that tells what was
 * acknowledged to whom: `node crash-program.js <folder> <name> <callers>`, with the root key in its environment.
 */
import { writeSync } from 'node:fs'
import { createKms } from '../../../src/kms/engine.js'
import { SlowPool } from '../../../src/kms/crypto/slow.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import { parsePolicyValue } from '../../../src/policy/parse.js'
import { openSqliteStore } from '../../../src/store/sqlite.js'
import { IDENTITIES, runLap } from './crash-script.js'

const [folder = '', name = '', callers = '1'] = process.argv.slice(2)
const store = await openSqliteStore({ folder })
const rootKey = { kind: 'bytes', bytes: Buffer.from(process.env['ROOT_KEY'] ?? '', 'hex') } as const
const keyring = await openKeyring({ store, rootKey })
const kms = createKms({ store, keyring, slow: new SlowPool({ secrets: keyring.secrets }), mode: 'enforce' })
for (const { arn, policies } of IDENTITIES.principals) {
  const parsed = policies.map((policy) => parsePolicyValue(policy, 'identity'))
  kms.identities.putPrincipal({ arn, policies: parsed.flatMap((each) => (each.ok ? [each.value] : [])) })
}
writeSync(1, 'open\n')

async function call(caller: number): Promise<void> {
  for (let lap = 0; ; lap++) {
    const lapName = `${name}-${caller}-${lap}`
    const flavour = caller % 4 === 0 ? 'external' : 'multiRegion'
    await runLap(kms, lapName, flavour, (step) => void writeSync(1, `${lapName} ${step}\n`))
  }
}

await Promise.all(Array.from({ length: Number(callers) }, (_, caller) => call(caller)))
