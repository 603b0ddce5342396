/**
 * A server of the server benchmarks, in a process of its own; `serve-run.ts` starts it with its setup as JSON. Everything is
 * as `keyward serve` has it, but for what the setup says.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAuthorizer } from '../src/explain/authorizer.js'
import type { AuditRecord } from '../src/kms/audit-record.js'
import { SlowPool } from '../src/kms/crypto/slow.js'
import { createKms, type Kms } from '../src/kms/engine.js'
import { Ids } from '../src/kms/ids.js'
import { openKeyring } from '../src/kms/keyring/keyring.js'
import type { Answer } from '../src/kms/pipeline.js'
import { put, type GrantRecord } from '../src/kms/records.js'
import { grantRow } from '../src/kms/row-names.js'
import type { Store } from '../src/kms/store.js'
import { randomBytes } from 'node:crypto'
import { createAuthenticate } from '../src/server/auth/authenticate.js'
import { openCredentials, type Credentials } from '../src/server/auth/credentials.js'
import { collectOnThisThread } from '../src/server/http/collections.js'
import { startServer } from '../src/server/http/server.js'
import { createMemoryStore } from '../src/store/memory.js'
import { openPostgresStore } from '../src/store/postgres.js'
import { openSqliteStore } from '../src/store/sqlite.js'
import type { AccessKey, KeyToMake, Made, ServerSetup, Started, StoreSetup } from './serve-messages.js'

const ACCOUNT = '111122223333'
const REGION = 'us-east-1'
const ADMIN = `arn:aws:iam::${ACCOUNT}:root`
const OTHER = `arn:aws:iam::${ACCOUNT}:user/other`
const JSON_TYPE = 'application/x-amz-json-1.1'

async function main(setup: ServerSetup): Promise<Started> {
  if (setup.kind === 'echo') return { ...(await echo()), made: undefined }
  const store = await openStore(setup.store)
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes: Buffer.from(setup.rootKey, 'hex') } })
  const credentials = await openCredentials({ store, keyring })
  const kms = createKms({
    store,
    keyring,
    slow: new SlowPool({ secrets: keyring.secrets }),
    mode: 'enforce',
    region: REGION,
    authorizer: createAuthorizer({ uncomparable: 'deny' }),
    audit: setup.audit,
    onWarning: () => undefined,
  })
  const made = (await credentials.isEmpty()) ? await make(kms, credentials, setup.keys) : undefined
  const server = await startServer({
    backend: {
      kms: setup.kind === 'bare' ? { ...kms, attempt: bareWrites(store) } : kms,
      authenticate: createAuthenticate({ credentials }),
    },
  })
  await server.ready
  const { hostname, port } = new URL(server.urls[0]!)
  return { host: hostname, port: Number(port), made }
}

function openStore(setup: StoreSetup): Store | Promise<Store> {
  switch (setup.kind) {
    case 'memory':
      return createMemoryStore()
    case 'sqlite':
      return openSqliteStore({ folder: setup.folder })
    case 'postgres':
      return openPostgresStore({ url: setup.url, schema: setup.schema, hints: setup.hints })
  }
}

async function make(kms: Kms, credentials: Credentials, keys: readonly KeyToMake[]): Promise<Made> {
  const [admin, other] = [await accessKey(credentials, ADMIN), await accessKey(credentials, OTHER)]
  const keyIds: string[] = []
  for (const { count, KeySpec, KeyUsage } of keys) {
    for (let index = 0; index < count; index++) {
      const { KeyMetadata } = await kms.call('CreateKey', { KeySpec, KeyUsage }, { principal: ADMIN })
      keyIds.push(KeyMetadata?.KeyId ?? '')
    }
  }
  return { admin, other, keyIds }
}

async function accessKey(credentials: Credentials, principal: string): Promise<AccessKey> {
  const added = await credentials.add({ principal })
  if (!added.ok) throw new Error(added.error)
  const { accessKeyId, secretAccessKey } = added.value
  return { accessKeyId, secretAccessKey }
}

/** What somebody writes who wants an HTTP server that speaks JSON, and nothing more. Its process is set up as the server's. */
async function echo(): Promise<{ readonly host: string; readonly port: number }> {
  collectOnThisThread()
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const value: unknown = JSON.parse(Buffer.concat(pieces).toString())
      const body = JSON.stringify(value)
      response.writeHead(200, { 'Content-Type': JSON_TYPE, 'Content-Length': Buffer.byteLength(body) })
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  // A server that listens on a port has such an address.
  const { address, port } = server.address() as AddressInfo
  return { host: address, port }
}

/** The write of a grant and of its audit record, and nothing that leads to it. */
function bareWrites(store: Store): Kms['attempt'] {
  const ids = new Ids(randomBytes)
  const record: GrantRecord = {
    form: 1,
    grantId: '',
    granteePrincipal: OTHER,
    operations: ['Decrypt', 'Encrypt'],
    issuingAccount: ACCOUNT,
    createdAtMs: Date.now(),
  }
  return async (_name, input, _caller): Promise<Answer<never>> => {
    const [grantId, requestId, keyId] = [ids.hex(32), ids.uuid(), (input as { KeyId: string }).KeyId]
    const place = { accountId: ACCOUNT, region: REGION, keyId }
    const change = put(grantRow(place, grantId), { ...record, grantId }, 'absent')
    const result = await store.commit([change], [auditOf(keyId, grantId, requestId)])
    if (!result.ok) throw new Error(`a conflict at ${result.conflict}`)
    const output = { GrantId: grantId, GrantToken: grantId.repeat(2) }
    // The endpoint knows by the operation what this is.
    return { ok: true, value: output as never, requestId }
  }
}

function auditOf(keyId: string, grantId: string, requestID: string): AuditRecord {
  const arn = `arn:aws:kms:${REGION}:${ACCOUNT}:key/${keyId}`
  return {
    eventVersion: '1.11',
    userIdentity: { type: 'Root', principalId: ACCOUNT, arn: ADMIN, accountId: ACCOUNT, accessKeyId: 'AKIAEXAMPLE' },
    eventTime: new Date().toISOString(),
    eventSource: 'kms.amazonaws.com',
    eventName: 'CreateGrant',
    awsRegion: REGION,
    sourceIPAddress: '127.0.0.1',
    userAgent: 'bench',
    requestParameters: { keyId, granteePrincipal: OTHER, operations: ['Decrypt', 'Encrypt'] },
    responseElements: { grantId, keyId: arn },
    requestID,
    eventID: requestID,
    readOnly: false,
    resources: [{ accountId: ACCOUNT, type: 'AWS::KMS::Key', ARN: arn }],
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
  }
}

process.on('message', () => {
  // Whatever is asked, it is this.
  process.send?.(process.cpuUsage())
})
process.on('disconnect', () => process.exit(0))
// `serve-run.ts` writes what is read here.
process.send?.(await main(JSON.parse(process.argv[2] ?? '') as ServerSetup))
