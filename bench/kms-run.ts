/**
 * The key service beside the bare cryptography that it cannot do without; `kms.mjs` starts it with a folder and the name
 * of what to measure.
 *
 * Operations answer at once here, as everything is in memory, so their CPU time is all that they cost. What is bare is
 * written out below with node:crypto, as somebody would who wants nothing else.
 */
import { createCipheriv, createDecipheriv, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createKms, type Kms } from '../src/kms/engine.js'
import type { KmsCaller } from '../src/kms/caller.js'
import { openKeyring } from '../src/kms/keyring/keyring.js'
import type { KmsInputs, KmsOutputs } from '../src/kms/shapes.js'
import type { Store } from '../src/kms/store.js'
import { parsePolicyValue } from '../src/policy/parse.js'
import type { OperationName } from '../src/aws/operations.js'
import { createMemoryStore } from '../src/store/memory.js'
import { openSqliteStore } from '../src/store/sqlite.js'
import { fillKeys } from './kms-fill.js'
import {
  bytesInUse,
  cpuNsPerCall,
  mapSpread,
  microseconds,
  spreadOf,
  type Figure,
  type Spread,
  type Target,
} from './measure.js'

const ACCOUNT = '111122223333'
const REGION = 'eu-west-1'
const ADMIN: KmsCaller = { principal: `arn:aws:iam::${ACCOUNT}:user/admin` }
const PLAINTEXT = randomBytes(32)
const ROOT = randomBytes(32)

const [folder = '', what = ''] = process.argv.slice(2)
const figures: Figure[] = []

function figure(label: string, unit: string, spread: Spread, target?: Target): void {
  figures.push({ label, unit, spread, ...(target === undefined ? {} : { target }) })
}

async function service(
  store: Store,
  options: { readonly audit?: boolean; readonly maxLoadedKeys?: number } = {},
): Promise<Kms> {
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes: ROOT } })
  const all = parsePolicyValue(
    { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'kms:*', Resource: '*' }] },
    'identity',
  )
  if (!all.ok) throw new Error('the policy is one')
  return createKms({
    store,
    keyring,
    mode: 'enforce',
    region: REGION,
    identities: { principals: [{ arn: ADMIN.principal, policies: [all.value] }] },
    onWarning: () => undefined,
    ...options,
  })
}

/** The answer of an operation that answers at once. */
function now<N extends OperationName>(kms: Kms, name: N, input: KmsInputs[N], caller = ADMIN): KmsOutputs[N] {
  const answer = kms.attempt(name, input, caller)
  if (answer instanceof Promise || !answer.ok) throw new Error(`${name} has not answered at once`)
  return answer.value
}

// --------------------------------------------------------------------------------------------------------- operations

/** SP 800-108 in counter mode for one block, as the service derives its message keys. */
function derive(material: Buffer, nonce: Buffer): Buffer {
  return createHmac('sha256', material).update('\0\0\0\x01bench\0').update(nonce).update('\0\0\x01\0').digest()
}

const CONSTANT_NONCE = Buffer.alloc(12)
const HEADER = Buffer.alloc(88)

function bareSeal(material: Buffer, pool: { page: Buffer; used: number }): Buffer {
  if (pool.used + 16 > pool.page.length) {
    pool.page = randomBytes(4096)
    pool.used = 0
  }
  const nonce = pool.page.subarray(pool.used, (pool.used += 16))
  const cipher = createCipheriv('aes-256-gcm', derive(material, nonce), CONSTANT_NONCE).setAAD(HEADER)
  const body = cipher.update(PLAINTEXT)
  cipher.final()
  return Buffer.concat([HEADER, nonce, body, cipher.getAuthTag()])
}

function bareOpen(material: Buffer, blob: Buffer): Buffer {
  const nonce = blob.subarray(88, 104)
  const cipher = createDecipheriv('aes-256-gcm', derive(material, nonce), CONSTANT_NONCE)
    .setAAD(HEADER)
    .setAuthTag(blob.subarray(-16))
  const plaintext = cipher.update(blob.subarray(104, -16))
  cipher.final()
  return plaintext
}

async function operations(): Promise<void> {
  const audited = await service(createMemoryStore({ maxAuditRecords: 10_000 }))
  const quiet = await service(createMemoryStore(), { audit: false })
  const material = randomBytes(32)
  const pool = { page: Buffer.alloc(0), used: 0 }
  const blob = bareSeal(material, pool)
  const macKey = createSecretKey(material)
  const symmetric = new Map<Kms, { readonly KeyId: string; readonly CiphertextBlob: Uint8Array }>()
  const macs = new Map<Kms, string>()
  for (const kms of [audited, quiet]) {
    const created = now(kms, 'CreateKey', {})
    const KeyId = created.KeyMetadata?.Arn ?? ''
    symmetric.set(kms, { KeyId, CiphertextBlob: now(kms, 'Encrypt', { KeyId, Plaintext: PLAINTEXT }).CiphertextBlob! })
    const mac = now(kms, 'CreateKey', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
    macs.set(kms, mac.KeyMetadata?.Arn ?? '')
  }
  const encrypt = (kms: Kms) => {
    const { KeyId } = symmetric.get(kms)!
    return () => now(kms, 'Encrypt', { KeyId, Plaintext: PLAINTEXT })
  }
  const decrypt = (kms: Kms) => {
    const { CiphertextBlob } = symmetric.get(kms)!
    return () => now(kms, 'Decrypt', { CiphertextBlob })
  }
  const mac = (kms: Kms) => {
    const KeyId = macs.get(kms)!
    return () => now(kms, 'GenerateMac', { KeyId, MacAlgorithm: 'HMAC_SHA_256', Message: PLAINTEXT })
  }
  beside('Encrypt, audit on', encrypt(audited), 'derive and seal', () => bareSeal(material, pool), 50)
  beside('Decrypt, audit on', decrypt(audited), 'derive and open', () => bareOpen(material, blob), 40)
  const hmac = () => createHmac('sha256', macKey).update(PLAINTEXT).digest()
  beside('GenerateMac, audit off', mac(quiet), 'HMAC-SHA-256', hmac, 40)
  beside('GenerateMac, audit on', mac(audited), 'HMAC-SHA-256', hmac, 25)
}

/** Both in turn, and the share round by round. */
function beside(label: string, call: () => unknown, bareLabel: string, bare: () => unknown, atLeast: number): void {
  const [calls, bares, shares]: [number[], number[], number[]] = [[], [], []]
  for (let round = 0; round < 9; round++) {
    const one = cpuNsPerCall({ rounds: 1, calls: 20_000 }, bare).median
    const other = cpuNsPerCall({ rounds: 1, calls: 20_000 }, call).median
    bares.push(one)
    calls.push(other)
    shares.push((one / other) * 100)
  }
  figure(`bare: ${bareLabel}`, 'µs CPU', microseconds(spreadOf(bares)))
  figure(label, 'µs CPU', microseconds(spreadOf(calls)))
  figure(`${label}: rate beside the bare one`, '%', spreadOf(shares), { text: `>= ${atLeast}`, atLeast })
}

// ---------------------------------------------------------------------------------------------------------- slow work

async function slowWork(): Promise<void> {
  const kms = await service(createMemoryStore())
  const KeyId = now(kms, 'CreateKey', {}).KeyMetadata?.Arn ?? ''
  const call = (): unknown => now(kms, 'Encrypt', { KeyId, Plaintext: PLAINTEXT })
  for (let index = 0; index < 50_000; index++) call()
  const quiet = await rateOver(1500, call)
  const made = Array.from({ length: 8 }, () =>
    kms.call('CreateKey', { KeySpec: 'RSA_4096', KeyUsage: 'SIGN_VERIFY' }, ADMIN),
  )
  const busy = await rateOver(1500, call)
  await Promise.all(made)
  const again = await rateOver(1500, call)
  await kms.close()
  const still = Math.max(quiet.perSecond, again.perSecond)
  figure('Encrypt, nothing else to do', 'a second, wall', spreadOf([quiet.perSecond, again.perSecond]))
  figure('Encrypt, while 8 RSA-4096 keys are made', 'a second, wall', spreadOf([busy.perSecond]))
  figure('busy to quiet', '%', spreadOf([(busy.perSecond / still) * 100]), { text: '>= 75', atLeast: 75 })
  figure('p99.9 of a call, quiet', 'ms wall', spreadOf([quiet.p999Ms, again.p999Ms]))
  figure('p99.9 of a call, busy', 'ms wall', spreadOf([busy.p999Ms]), { text: '<= 5', atMost: 5 })
}

async function rateOver(
  ms: number,
  call: () => unknown,
): Promise<{ readonly perSecond: number; readonly p999Ms: number }> {
  const times: number[] = []
  const start = performance.now()
  let end = start
  while (end - start < ms) {
    for (let index = 0; index < 100; index++) {
      call()
      const at = performance.now()
      times.push(at - end)
      end = at
    }
    // Answers of other threads come between.
    await new Promise((resolve) => {
      setImmediate(resolve)
    })
    end = performance.now()
  }
  const sorted = Float64Array.from(times).toSorted()
  return { perSecond: (times.length / (end - start)) * 1000, p999Ms: sorted[Math.floor(sorted.length * 0.999)] ?? NaN }
}

// --------------------------------------------------------------------------------------------------------------- many

async function manyGrants(): Promise<void> {
  const kms = await service(createMemoryStore())
  const grantee: KmsCaller = { principal: `arn:aws:iam::${ACCOUNT}:user/grantee` }
  kms.identities.putPrincipal({ arn: grantee.principal })
  const costs: Spread[] = []
  for (const count of [1, 50_000]) {
    const KeyId = now(kms, 'CreateKey', {}).KeyMetadata?.Arn ?? ''
    for (let index = 1; index < count; index++) {
      const GranteePrincipal = `arn:aws:iam::${ACCOUNT}:user/u${index}`
      now(kms, 'CreateGrant', { KeyId, GranteePrincipal, Operations: ['Encrypt'] })
    }
    now(kms, 'CreateGrant', { KeyId, GranteePrincipal: grantee.principal, Operations: ['Encrypt'] })
    costs.push(cpuNsPerCall({ calls: 20_000 }, () => now(kms, 'Encrypt', { KeyId, Plaintext: PLAINTEXT }, grantee)))
  }
  const [one, many] = costs
  figure('Encrypt by grant, one grant on the key', 'µs CPU', microseconds(one!))
  figure('Encrypt by grant, 50,000 grants on the key', 'µs CPU', microseconds(many!))
  figure(
    '50,000 to 1',
    'times',
    mapSpread(many!, (value) => value / one!.median),
    { text: '<= 2', atMost: 2 },
  )
}

async function manyKeys(): Promise<void> {
  const shares: Spread[] = []
  for (const count of [100, 100_000]) {
    const place = join(folder, `keys-${count}`)
    const filling = await openSqliteStore({ folder: place })
    const ids = await fillKeys(filling, {
      rootKey: { kind: 'bytes', bytes: ROOT },
      account: ACCOUNT,
      region: REGION,
      count,
    })
    await filling.close()
    const before = bytesInUse()
    const start = performance.now()
    const store = await openSqliteStore({ folder: place })
    const kms = await service(store, { audit: false })
    const openedMs = performance.now() - start
    // As many as are asked in turn stay loaded.
    const asked = ids.slice(0, 100)
    for (const KeyId of asked) await kms.call('Encrypt', { KeyId, Plaintext: PLAINTEXT }, ADMIN)
    const spread = cpuNsPerCall({ calls: 20_000 }, (number) =>
      now(kms, 'Encrypt', { KeyId: asked[number % asked.length]!, Plaintext: PLAINTEXT }),
    )
    shares.push(spread)
    figure(`Encrypt over 100 of ${count.toLocaleString('en')} keys`, 'µs CPU', microseconds(spread))
    if (count > 100) {
      figure('open the service', 'ms wall', spreadOf([openedMs]), { text: '<= 2,000', atMost: 2000 })
      const scattered = ids.slice(-10_000)
      const cpu = process.cpuUsage()
      for (const KeyId of scattered) await kms.call('Encrypt', { KeyId, Plaintext: PLAINTEXT }, ADMIN)
      const { user, system } = process.cpuUsage(cpu)
      figure('Encrypt under a key for the first time', 'µs CPU', spreadOf([(user + system) / scattered.length]))
      figure('memory with 10,000 keys loaded', 'MB', spreadOf([(bytesInUse() - before) / 1e6]), {
        text: '<= 1,000',
        atMost: 1000,
      })
    }
    await kms.close()
    await store.close()
  }
  const [few, many] = shares
  figure(
    '100,000 keys to 100',
    'times',
    mapSpread(many!, (value) => value / few!.median),
    { text: '<= 1.2', atMost: 1.2 },
  )
}

switch (what) {
  case 'kms':
    await operations()
    break
  case 'kms-slow':
    await slowWork()
    break
  case 'kms-grants':
    await manyGrants()
    break
  case 'kms-many':
    await manyKeys()
    break
  default:
    throw new Error(`nothing is called ${what}`)
}
console.log(JSON.stringify(figures))
