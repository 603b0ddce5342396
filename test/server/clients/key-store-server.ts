/**
 * A server in this process whose external key stores are asked on a port that is free; `keyward serve` asks at 443, and
 * waits no longer than KMS does. Signatures are verified.
 */
import { randomBytes } from 'node:crypto'
import { KMS } from '@aws-sdk/client-kms'
import { onTestFinished } from 'vitest'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import { createAuthenticate } from '../../../src/server/auth/authenticate.js'
import { openCredentials } from '../../../src/server/auth/credentials.js'
import { startServer } from '../../../src/server/http/server.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { fixture, makers, type OnService } from '../../kms/sdk-fixture.js'
import { ADMIN } from '../../kms/test-kms.js'
import { REGION, type AccessKeys } from './serve-process.js'

interface KeyStoreServer extends OnService {
  readonly url: string
  readonly keys: AccessKeys
}

/** Ends with the test. */
export async function keyStoreServer(): Promise<KeyStoreServer> {
  const store = createMemoryStore()
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes: randomBytes(32) } })
  const credentials = await openCredentials({ store, keyring })
  const { kms, clock } = await fixture({ store, keyring })
  const server = await startServer({ backend: { kms, authenticate: createAuthenticate({ credentials }) } })
  await server.ready
  const made = await credentials.add({ principal: ADMIN.principal })
  const [url] = server.urls
  if (!made.ok || url === undefined) throw new Error('there is no server to ask')
  const { accessKeyId, secretAccessKey } = made.value
  const keys = { accessKeyId, secretAccessKey }
  const sdk = new KMS({ endpoint: url, region: REGION, credentials: keys, maxAttempts: 1 })
  onTestFinished(async () => {
    sdk.destroy()
    await server.close({ now: true })
    await kms.close()
    credentials.close()
    keyring.close()
  })
  return { ...makers(sdk), clock, url, keys }
}
