/** Slow work in worker threads: what comes back, what is refused, and that no secret stays anywhere. */
import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, describe, expect, test } from 'vitest'
import { wrapMaterial } from '../../../src/kms/crypto/import-wrap.js'
import { generateKeyMaterial, loadPrivateKey, loadPublicKey } from '../../../src/kms/crypto/key-pair.js'
import { mlDsaPublicKey } from '../../../src/kms/crypto/ml-dsa.js'
import { rsaEncrypt } from '../../../src/kms/crypto/rsa.js'
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import type { SlowAnswer, SlowJob } from '../../../src/kms/crypto/slow-job.js'
import { SlowPool, type SlowResult } from '../../../src/kms/crypto/slow.js'
import { verifyMessage } from '../../../src/kms/crypto/signing.js'
import { ROOT } from '../../tooling/sources.js'
import { good } from './pool.js'

const secrets = new SecretPool()
const pool = new SlowPool({ secrets })
afterAll(() => pool.close())

function value(result: SlowResult): SlowAnswer {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

function kindOf(result: SlowResult): string {
  return result.ok ? 'ok' : result.error.kind
}

async function secretOf(result: Promise<SlowResult>): Promise<Buffer> {
  const { secret } = value(await result)
  if (secret === undefined) throw new Error('no secret came back')
  const copy = Buffer.from(secret)
  secrets.release(secret)
  return copy
}

/** About a tenth of a second of work. */
function scryptJob(): SlowJob {
  return {
    kind: 'scrypt',
    passphrase: secrets.copyOf(Buffer.from('pleaseletmein')),
    salt: Buffer.from('SodiumChloride'),
    cost: { cost: 16384, blockSize: 8, parallelization: 1 },
    size: 64,
  }
}

describe('a job', () => {
  test.each(['RSA_2048', 'ML_DSA_44', 'ML_KEM_768', 'ECC_NIST_P384'] as const)('makes a key of %s', async (spec) => {
    const { secret, bytes } = value(await pool.run({ kind: 'generate', spec }))
    if (secret === undefined || bytes === undefined) throw new Error('a key has two halves')
    expect(good(loadPublicKey(spec, bytes)).spec).toBe(spec)
    const again = value(await pool.run({ kind: 'publicKey', spec, material: secrets.copyOf(secret) }))
    expect(again.bytes?.equals(bytes)).toBe(true)
    secrets.release(secret)
    expect(secrets.live).toBe(0)
  })

  test('signs with a seed that moves there, and verifies', async () => {
    const seed = generateKeyMaterial('ML_DSA_44', secrets)
    const spki = mlDsaPublicKey('ML_DSA_44', seed)
    const message = Buffer.from('message')
    const common = { algorithm: 'ML_DSA_SHAKE_256', messageType: 'RAW', message } as const
    const key = good(loadPrivateKey('ML_DSA_44', seed, secrets))
    secrets.release(seed)
    const { bytes } = value(await pool.run({ kind: 'sign', key, ...common }))
    // What was handed over is no longer here.
    expect(key.form === 'seed' && key.seed.length).toBe(0)
    expect(secrets.live).toBe(0)
    const publicKey = good(loadPublicKey('ML_DSA_44', spki))
    const signature = bytes ?? Buffer.alloc(0)
    expect(verifyMessage(publicKey, 'ML_DSA_SHAKE_256', 'RAW', message, signature).ok).toBe(true)
    expect(kindOf(await pool.run({ kind: 'verify', key: publicKey, signature, ...common }))).toBe('ok')
    const wrong = { ...common, message: Buffer.from('other') }
    expect(kindOf(await pool.run({ kind: 'verify', key: publicKey, signature, ...wrong }))).toBe('invalidSignature')
    expect(message.toString()).toBe('message')
  })

  test('uses an RSA key that both threads share', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const algorithm = 'RSAES_OAEP_SHA_256'
    const ciphertext = good(rsaEncrypt(publicKey, algorithm, Buffer.from('plain')))
    const opened = await secretOf(pool.run({ kind: 'rsaDecrypt', key: privateKey, algorithm, ciphertext }))
    expect(opened.toString()).toBe('plain')
    const { bytes } = value(
      await pool.run({
        kind: 'sign',
        key: { form: 'keyObject', spec: 'RSA_2048', key: privateKey },
        algorithm: 'RSASSA_PSS_SHA_256',
        messageType: 'DIGEST',
        message: Buffer.alloc(32, 1),
      }),
    )
    const key = { form: 'keyObject', spec: 'RSA_2048', key: publicKey } as const
    expect(verifyMessage(key, 'RSASSA_PSS_SHA_256', 'DIGEST', Buffer.alloc(32, 1), bytes ?? ciphertext).ok).toBe(true)
    const cut = ciphertext.subarray(1)
    expect(kindOf(await pool.run({ kind: 'rsaDecrypt', key: privateKey, algorithm, ciphertext: cut }))).toBe(
      'invalidCiphertext',
    )
  })

  test('encapsulates and decapsulates', async () => {
    const seed = generateKeyMaterial('ML_KEM_512', secrets)
    const made = value(await pool.run({ kind: 'publicKey', spec: 'ML_KEM_512', material: secrets.copyOf(seed) }))
    const spki = made.bytes ?? Buffer.alloc(0)
    const { secret, bytes } = value(await pool.run({ kind: 'encapsulate', spec: 'ML_KEM_512', spki }))
    if (secret === undefined || bytes === undefined) throw new Error('a secret and its ciphertext')
    const opened = await secretOf(pool.run({ kind: 'decapsulate', spec: 'ML_KEM_512', seed, ciphertext: bytes }))
    expect(opened.equals(secret)).toBe(true)
    secrets.release(secret)
    expect(secrets.live).toBe(0)
  })

  test('unwraps imported material and gives its public key', async () => {
    const wrapping = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'secp384r1' })
    const material = privateKey.export({ type: 'pkcs8', format: 'der' })
    const algorithm = 'RSA_AES_KEY_WRAP_SHA_256'
    const wrapped = good(wrapMaterial(wrapping.publicKey, algorithm, material, secrets))
    const job = { kind: 'import', wrappingKey: wrapping.privateKey, algorithm, wrapped } as const
    const { secret, bytes } = value(await pool.run({ ...job, spec: 'ECC_NIST_P384' }))
    expect(secret?.equals(material)).toBe(true)
    expect(bytes?.equals(createPublicKey(privateKey).export({ type: 'spki', format: 'der' }))).toBe(true)
    if (secret !== undefined) secrets.release(secret)
    expect(kindOf(await pool.run({ ...job, spec: 'ECC_NIST_P256' }))).toBe('invalidKey')
    expect(kindOf(await pool.run({ ...job, spec: 'SYMMETRIC_DEFAULT' }))).toBe('invalidLength')
    expect(secrets.live).toBe(0)
  })

  // RFC 7914, section 12.
  test('derives a key from a passphrase', async () => {
    expect((await secretOf(pool.run(scryptJob()))).toString('hex')).toBe(
      '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887',
    )
    const job = { ...scryptJob(), cost: { cost: 3, blockSize: 8, parallelization: 1 } } as SlowJob
    expect(kindOf(await pool.run(job))).toBe('unsupportedAlgorithm')
    expect(secrets.live).toBe(0)
  })
})

describe('the pool', () => {
  test('has at most as many threads as cores less one', () => {
    const most = Math.max(1, availableParallelism() - 1)
    expect(pool.limit).toBe(most)
    expect(new SlowPool({ secrets, threads: 100 }).limit).toBe(most)
    expect(new SlowPool({ secrets, threads: 0 }).limit).toBe(1)
  })

  test('refuses more than may wait, and wipes what it refuses', async () => {
    const small = new SlowPool({ secrets, threads: 1, queueLimit: 2 })
    const results = await Promise.all(Array.from({ length: 6 }, () => small.run(scryptJob())))
    expect(results.map(kindOf)).toEqual(['ok', 'ok', 'ok', 'busy', 'busy', 'busy'])
    for (const result of results) if (result.ok && result.value.secret) secrets.release(result.value.secret)
    expect(secrets.live).toBe(0)
    await small.close()
  })

  test('cancels what waits, and wipes what comes of what runs', async () => {
    const one = new SlowPool({ secrets, threads: 1 })
    const cancel = new AbortController()
    const running = one.run(scryptJob(), cancel.signal)
    const waiting = one.run(scryptJob(), cancel.signal)
    const kept = one.run(scryptJob())
    // Long enough for the first to have started, and not to have ended.
    await new Promise((resolve) => {
      setTimeout(resolve, 30)
    })
    cancel.abort()
    expect(kindOf(await running)).toBe('cancelled')
    expect(kindOf(await waiting)).toBe('cancelled')
    expect((await secretOf(kept)).length).toBe(64)
    expect(kindOf(await one.run(scryptJob(), cancel.signal))).toBe('cancelled')
    await one.close()
    expect(secrets.live).toBe(0)
  })

  test('that closes refuses what waits, and lets what runs end', async () => {
    const one = new SlowPool({ secrets, threads: 1 })
    value(await one.run({ kind: 'generate', spec: 'ECC_NIST_P256' })).secret?.fill(0)
    const held = secrets.live
    const results = [one.run(scryptJob()), one.run(scryptJob())]
    await one.close()
    const [first, second] = await Promise.all(results)
    expect([first, second].map((result) => result && kindOf(result))).toEqual(['ok', 'closed'])
    expect(kindOf(await one.run(scryptJob()))).toBe('closed')
    if (first?.ok && first.value.secret) secrets.release(first.value.secret)
    expect(secrets.live).toBe(held)
  })

  test.each([
    ['that is not there', new URL('file:///nowhere/slow-worker.js')],
    ['that fails', new URL('data:text/javascript,throw%20new%20Error()')],
    ['that ends', new URL('data:text/javascript,process.exit(0)')],
  ])('with a program %s says so, every time', async (_name, program) => {
    const broken = new SlowPool({ secrets: new SecretPool(), program })
    for (let round = 0; round < 2; round++) {
      expect(kindOf(await broken.run({ kind: 'generate', spec: 'ECC_NIST_P256' }))).toBe('unavailable')
    }
    await broken.close()
  })

  test('rejects on a bug, and works on', async () => {
    const publicKey = createPublicKey(generateKeyPairSync('ed25519').privateKey)
    const key = { form: 'keyObject', spec: 'RSA_2048', key: publicKey } as const
    const common = { algorithm: 'RSASSA_PSS_SHA_256', messageType: 'DIGEST', message: Buffer.alloc(32) } as const
    const broken = pool.run({ kind: 'verify', key, signature: randomBytes(8), ...common })
    await expect(broken).rejects.toThrow('slow work of kind verify threw a Error')
    expect((await secretOf(pool.run(scryptJob()))).length).toBe(64)
  })
})

describe('the library as plain JavaScript', () => {
  const cache = join(ROOT, 'node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'keyward-slow-'))
  afterAll(() => {
    rmSync(folder, { recursive: true })
  })

  test('finds the program beside it, and its idle threads let the process end', async () => {
    const room = join(ROOT, 'src/kms/crypto')
    await build({
      entryPoints: readdirSync(room).map((file) => join(room, file)),
      outdir: join(folder, 'kms/crypto'),
      format: 'esm',
      platform: 'node',
      logLevel: 'silent',
    })
    writeFileSync(
      join(folder, 'use.mjs'),
      [
        "import { SecretPool } from './kms/crypto/secret.js'",
        "import { SlowPool } from './kms/crypto/slow.js'",
        'const secrets = new SecretPool()',
        'const pool = new SlowPool({ secrets })',
        "const made = await pool.run({ kind: 'generate', spec: 'ML_DSA_65' })",
        'console.log(made.value.secret.length, made.value.bytes.length)',
      ].join('\n'),
    )
    const said = execFileSync(process.execPath, [join(folder, 'use.mjs')], { cwd: '/', timeout: 30_000 })
    expect(said.toString().trim()).toBe('32 1974')
  })
})
