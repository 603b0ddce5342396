/** Known keys are neither in the heap of the process that works with them, nor in its files and outputs. */
import { spawn } from 'node:child_process'
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { initRootKey } from '../../src/kms/keyring/root-key-source.js'
import { memoryOf } from '../kms/secrets/memory.js'
import { Traces } from '../kms/secrets/traces.js'
import { buildProgram, temporaryFolder } from '../store/support.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

test('heap snapshots, memory, the database and the outputs are searched for known keys', async () => {
  await buildProgram(join(ROOT, 'src/store/sqlite-writer.ts'), 'sqlite-writer')
  await buildProgram(join(ROOT, 'src/kms/crypto/slow-worker.ts'), 'slow-worker')
  const program = fileURLToPath(await buildProgram(join(ROOT, 'test/kms/secrets/heap-program.ts'), 'heap-program'))
  const folder = temporaryFolder()
  const rootKeyFile = join(temporaryFolder(), 'root.key')
  initRootKey({ kind: 'file', path: rootKeyFile })

  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const materials = [randomBytes(32), randomBytes(32), privateKey.export({ type: 'pkcs8', format: 'der' })] as const
  const keys = {
    'the root key': Buffer.from(readFileSync(rootKeyFile, 'latin1').trim().slice(-64), 'hex'),
    'an encryption key': materials[0],
    'a MAC key': materials[1],
    'a private key': Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url'),
  }
  const traces = new Traces()
  for (const [name, key] of Object.entries(keys)) traces.add(name, key)

  const child = spawn(process.execPath, [program, folder, rootKeyFile], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const outputs: Buffer[] = []
  child.stdout!.on('data', (part: Buffer) => outputs.push(part))
  child.stderr!.on('data', (part: Buffer) => outputs.push(part))
  for (const material of materials) {
    const [spki] = (await once(child, 'message')) as [string]
    const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' })
    const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    child.send(publicEncrypt(oaep, material).toString('base64'))
  }
  expect(await once(child, 'message')).toEqual(['closed', undefined])
  // Nor is any key left in the memory of a process whose service is closed, where the system lets it be read.
  let isMessageThere = false
  for (const piece of memoryOf(child.pid ?? 0)) {
    isMessageThere ||= piece.includes('a message of a client')
    for (const [name, key] of Object.entries(keys)) expect(piece.includes(key), name).toBe(false)
  }
  if (process.platform === 'linux') expect(isMessageThere).toBe(true)
  child.send('end')
  expect(await once(child, 'close')).toEqual([0, null])

  const files = filesIn(folder)
  expect(files.filter((file) => file.endsWith('.heapsnapshot'))).toHaveLength(2)
  expect(files.some((file) => file.includes('/store/'))).toBe(true)
  for (const file of files) {
    const bytes = readFileSync(file)
    // The search would find something that is there.
    if (file.endsWith('.heapsnapshot')) expect(bytes.includes('a message of a client')).toBe(true)
    expect(traces.in(bytes), file.slice(folder.length)).toEqual([])
  }
  expect(traces.in(Buffer.concat(outputs))).toEqual([])
})

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesIn(path) : [path]
  })
}
