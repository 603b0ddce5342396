import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openInput } from '../../src/cli/input.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-input-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function readBack(bytes: Uint8Array): Promise<string> {
  const path = join(folder, 'text')
  writeFileSync(path, bytes)
  const opened = await openInput(path)
  if (!opened.ok) throw new Error(opened.error)
  let text = ''
  for await (const piece of opened.value.pieces()) text += piece
  return text
}

/** Longer than several pieces, so that characters of several bytes lie across their borders. */
const plain = 'plain text of one byte a character\n'.repeat(12_000)
const mixed = `${plain}${'ä€😀'.repeat(40_000)}${plain}€${plain}\ufeff${plain}`
const texts: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['plain text alone', plain],
  ['characters of several bytes', mixed],
  ['the same, one byte further', `x${mixed}`],
  ['the same, two bytes further', `xx${mixed}`],
  ['a byte order mark within', `${'x'.repeat(128 * 1024)}\ufeff${plain}`],
]

test.each(texts)('%s is read as it was written, packed or not', async (_, text) => {
  const bytes = Buffer.from(text)
  expect((await readBack(bytes)) === text).toBe(true)
  expect((await readBack(gzipSync(bytes))) === text).toBe(true)
})

test('a byte order mark at the beginning is no part of the text', async () => {
  expect(await readBack(Buffer.from('\ufeff{"a":1}'))).toBe('{"a":1}')
})

test.each([
  ['in the middle', Buffer.concat([Buffer.from(plain), Buffer.from([0xc3, 0x28]), Buffer.from(plain)])],
  ['at the end', Buffer.concat([Buffer.from(plain), Buffer.from([0xe2, 0x82])])],
])('bytes that are no UTF-8 %s are refused', async (_, bytes) => {
  await expect(readBack(bytes)).rejects.toThrow(/UTF-8/)
})

// "about_Character_Encoding" of Windows PowerShell: what it redirects into a file is UTF-16LE with a byte order mark.
test('what Windows PowerShell writes is read as text', async () => {
  const text = `{"a":"ä€😀"}${plain}`
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le')
  expect((await readBack(bytes)) === text).toBe(true)
  expect((await readBack(gzipSync(bytes))) === text).toBe(true)
  await expect(readBack(bytes.subarray(0, 9))).rejects.toThrow(/UTF-8/)
})
