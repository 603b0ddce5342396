/**
 * Known keys stand neither in the heap of the process that works with them, nor in its files and outputs; and once its
 * service is closed, nowhere in its memory.
 *
 * A heap snapshot has texts and objects, and not the memory of buffers: that is read from the process itself, where the
 * system shows it. A secret that is kept on purpose shows that the search finds what is there.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { constants, createPublicKey, generateKeyPairSync, publicEncrypt, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { initRootKey } from '../../src/kms/keyring/root-key-source.js'
import { formsOf, found, memoryOf, piecesOf, type Form } from '../kms/secrets/forms.js'
import { buildProgram, temporaryFolder } from '../store/support.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const KEPT = ['what is kept as base64', 'what is kept as hex', 'what is kept as latin1']
const IN_MEMORY = ['what is kept as base64', 'what is kept as bytes', 'what is kept as hex']
const NO_MEMORY = 'this system does not show the memory of a process (/proc/<pid>/mem)'

interface Looked {
  /** What was found, by the file. */
  readonly files: Readonly<Record<string, readonly string[]>>
  readonly output: string
  readonly foundInOutput: readonly string[]
  /** While the service works, and after it was closed; undefined where no memory is shown. */
  readonly working: readonly string[] | undefined
  readonly closed: readonly string[] | undefined
  readonly ended: unknown
}

let looked: Looked

beforeAll(async () => {
  await buildProgram(join(ROOT, 'src/store/sqlite-writer.ts'), 'sqlite-writer')
  await buildProgram(join(ROOT, 'src/kms/crypto/slow-worker.ts'), 'slow-worker')
  const program = fileURLToPath(await buildProgram(join(ROOT, 'test/kms/secrets/heap-program.ts'), 'heap-program'))
  const folder = temporaryFolder()
  const rootKeyFile = join(temporaryFolder(), 'root.key')
  initRootKey({ kind: 'file', path: rootKeyFile })
  // Every sign that a snapshot writes in a way of its own, so that no random byte is the first to show it.
  const kept = Buffer.concat([Buffer.from('\0\b\t\n\v\f\r\u001f "\\~\u007f\u0080\u00ff', 'latin1'), randomBytes(32)])
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const materials = [randomBytes(32), randomBytes(32), privateKey.export({ type: 'pkcs8', format: 'der' })] as const
  const forms = [
    ...formsOf('what is kept', kept),
    ...formsOf('the root key', Buffer.from(readFileSync(rootKeyFile, 'latin1').trim().slice(-64), 'hex')),
    ...formsOf('an encryption key', materials[0]),
    ...formsOf('a MAC key', materials[1]),
    ...formsOf('a private key', Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')),
  ]

  const child = spawn(process.execPath, [program, folder, rootKeyFile], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const outputs: Buffer[] = []
  child.stdout!.on('data', (part: Buffer) => outputs.push(part))
  child.stderr!.on('data', (part: Buffer) => outputs.push(part))
  const ended = once(child, 'close')
  const next = messagesOf(child, ended)
  child.send(kept.toString('hex'))
  for (const material of materials) {
    const spki = await next()
    const key = createPublicKey({ key: Buffer.from(spki, 'base64'), format: 'der', type: 'spki' })
    const oaep = { key, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    child.send(publicEncrypt(oaep, material).toString('base64'))
  }
  expect(await next()).toBe('working')
  const working = memoryFound(forms, child)
  child.send('go on')
  expect(await next()).toBe('closed')
  const closed = memoryFound(forms, child)
  child.send('end')
  const output = (): Buffer => Buffer.concat(outputs)
  looked = {
    ended: await ended,
    working,
    closed,
    output: output().toString('utf8'),
    foundInOutput: found(forms, [output()]),
    files: Object.fromEntries(
      filesIn(folder).map((file) => [file.slice(folder.length + 1), found(forms, piecesOf(file))]),
    ),
  }
}, 120_000)

/** What the process says, one after the other. Rejects when it ends instead. */
function messagesOf(child: ChildProcess, ended: Promise<unknown>): () => Promise<string> {
  const said: string[] = []
  child.on('message', (message) => {
    if (typeof message === 'string') said.push(message)
  })
  return async () => {
    while (said.length === 0) {
      const what = await Promise.race([once(child, 'message'), ended.then(() => 'ended')])
      if (what === 'ended' && said.length === 0) throw new Error('the process has ended')
    }
    return said.shift() ?? ''
  }
}

function memoryFound(forms: readonly Form[], { pid = 0 }: ChildProcess): readonly string[] | undefined {
  const memory = memoryOf(pid)
  return memory === undefined ? undefined : found(forms, memory)
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesIn(path) : [path]
  })
}

describe('known keys', () => {
  test('are in no heap snapshot, in which a text that was kept is', () => {
    expect(looked.files['working.heapsnapshot']).toEqual(KEPT)
    expect(looked.files['closed.heapsnapshot']).toEqual(KEPT)
  })

  test('are in no file of the store', () => {
    const files = Object.keys(looked.files).filter((file) => file.startsWith('store/'))
    expect(files).toContain('store/keyward.db')
    for (const file of files) expect([file, looked.files[file]]).toEqual([file, []])
  })

  test('are in no output', () => {
    expect(looked.ended).toEqual([0, null])
    expect(looked.output).toContain('InvalidCiphertextException')
    expect(looked.output).toContain('4 forms were kept')
    expect(looked.foundInOutput).toEqual([])
  })

  test('are nowhere in the memory of the process once its service is closed', ({ skip }) => {
    if (looked.closed === undefined) return skip(NO_MEMORY)
    expect(ours(looked.closed)).toEqual(IN_MEMORY)
  })

  test('are in that memory only as HMAC works with them while the service works', ({ skip }) => {
    if (looked.working === undefined) return skip(NO_MEMORY)
    const ready = ['a MAC key as pad', 'an encryption key as pad', 'the root key as pad']
    expect(ours(looked.working)).toEqual([...ready, ...IN_MEMORY].toSorted())
  })
})

/** OpenSSL frees the scalar of a curve without wiping it when it decodes a private key; `docs/security.md` says so. */
function ours(seen: readonly string[]): readonly string[] {
  return seen.filter((each) => each !== 'a private key as bytes')
}
