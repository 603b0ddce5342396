/**
 * Folders: what is read of them, and what stops the reading.
 */
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { runWorld } from '../../../src/cli/world-run.js'
import { filesLeftAlone, loadWorld } from '../../../src/source/world/load-world.js'
import { renderSummary, summarizeWorld } from '../../../src/source/world/summary.js'
import { plainPalette } from '../../../src/text/palette.js'
import { ACME } from './acme-requests.js'

const WORLD = 'keyward: world/1\naccounts: {}\n'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-world-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string | Buffer): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), text)
}

async function names(): Promise<readonly string[]> {
  const loaded = loadWorld(folder)
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error))
  return loaded.value.files.map(({ name }) => name)
}

async function failure(path: string, limits = {}): Promise<string> {
  const loaded = loadWorld(path, limits)
  return !loaded.ok && loaded.error.kind === 'folder' ? loaded.error.message : 'loaded'
}

describe('a folder', () => {
  test('files in the order of their names, other files and dot folders left alone', async () => {
    for (const path of ['b/x.yaml', 'a.yml', 'b.yaml', '.git/config.json', 'c/.hidden.json', 'notes.txt', 'README.md'])
      write(path, WORLD)
    expect(await names()).toEqual(['a.yml', 'b.yaml', 'b/x.yaml'])
    expect(filesLeftAlone(folder)).toEqual(['README.md', 'notes.txt'])
  })

  test('what Windows PowerShell redirects into a file', async () => {
    write('w.yaml', Buffer.from(`\ufeff${WORLD}`, 'utf16le'))
    expect(await names()).toEqual(['w.yaml'])
    write('x.json', Buffer.from([0xff, 0xfe, 0x00, 0xd8]))
    expect(await failure(folder)).toMatch(/not UTF-8/)
  })

  test('links that run in a circle, lead nowhere or lead to a file', async () => {
    write('a/w.yaml', WORLD)
    symlinkSync(folder, join(folder, 'a', 'loop'))
    symlinkSync(join(folder, 'a', 'self.yaml'), join(folder, 'a', 'self.yaml'))
    symlinkSync(join(folder, 'nowhere'), join(folder, 'gone.yaml'))
    symlinkSync(join(folder, 'a', 'w.yaml'), join(folder, 'linked.yaml'))
    expect(await names()).toEqual(['a/w.yaml', 'linked.yaml'])
  })

  test('what stops the reading', async () => {
    write('w.yaml', WORLD)
    write('v.yaml', WORLD)
    expect(await failure(join(folder, 'nowhere'))).toMatch(/there is no such folder/)
    expect(await failure(join(folder, 'w.yaml'))).toMatch(/it is no folder/)
    expect(await failure(folder, { maxFiles: 1 })).toMatch(/more than 1 files/)
    expect(await failure(folder, { maxFileBytes: 8 })).toMatch(/v\.yaml` has more than/)
    expect(await failure(folder, { maxTotalBytes: 40 })).toMatch(/together/)
    write('x.json', Buffer.from([0x22, 0xff, 0x22]))
    expect(await failure(folder)).toMatch(/not UTF-8/)
  })
})

describe('keyward world', () => {
  async function run(path: string, json = false): Promise<{ readonly code: number; readonly output: string }> {
    let output = ''
    const capture = (text: unknown, ...rest: readonly unknown[]): boolean => {
      output += String(text)
      const done = rest.find((each): each is () => void => typeof each === 'function')
      done?.()
      return true
    }
    const spies = [
      vi.spyOn(process.stdout, 'write').mockImplementation(capture),
      vi.spyOn(process.stderr, 'write').mockImplementation(capture),
    ]
    try {
      return { code: await runWorld(path, { json, color: false }), output }
    } finally {
      for (const spy of spies) spy.mockRestore()
    }
  }

  test('fixtures/acme as people see it', async () => {
    const loaded = loadWorld(ACME)
    if (!loaded.ok) throw new Error('fixtures/acme cannot be loaded')
    const text = renderSummary('fixtures/acme/world', summarizeWorld(loaded.value, []), [], {
      color: plainPalette,
      width: 100,
    })
    await expect(text).toMatchFileSnapshot('acme-summary.out')
  })

  test('0: usable, though something is missing', async () => {
    write('w.yaml', WORLD)
    const { code, output } = await run(folder)
    expect(code).toBe(0)
    expect(output).toContain('no SCPs were given: taken as not limiting')
  })

  test('1: a file that cannot be used', async () => {
    write('w.yaml', WORLD)
    write('x.json', '{"what": 1}')
    const { code, output } = await run(folder)
    expect(code).toBe(1)
    expect(output).toContain('cannot tell what this is: it looks like an object of `what`')
    expect(output).toContain('x.json:1:1')
  })

  test('1: a trust policy that cannot be read, where it stands', async () => {
    const trust = '{ Version: "2012-10-17", Statement: { Effect: Alow, Principal: "*", Action: "sts:AssumeRole" } }'
    write(
      'own.yaml',
      `keyward: world/1\naccounts:\n  '111122223333':\n    roles:\n      App:\n        trust: ${trust}\n`,
    )
    const role = {
      RoleName: 'Job',
      RoleId: 'AROAJOBJOBJOBJOBJOB23',
      Arn: 'arn:aws:iam::111122223333:role/Job',
      Path: '/',
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole' }] },
    }
    write('role.json', JSON.stringify({ Role: role }))
    const { code, output } = await run(folder)
    expect(code).toBe(1)
    expect(output).toContain('Cannot be used: 2')
    expect(output).toContain('`Alow` is not an effect')
    expect(output).toContain('own.yaml:6:16')
    expect(output).toMatch(/role\.json:1:\d+/)
  })

  test('files of other kinds are named, as they may have been meant', async () => {
    write('w.yaml', WORLD)
    write('a/list-grants.json.gz', Buffer.from([0x1f, 0x8b]))
    const { output } = await run(folder)
    expect(output).toContain('1 other file, not read; a world has files that end in .json, .jsonl, .yaml or .yml')
    expect(output).toContain('\n  a/list-grants.json.gz\n')
  })

  test('1: a contradiction, as JSON with both places', async () => {
    const tags = (team: string): string =>
      `keyward: world/1\naccounts:\n  '111122223333':\n    region: us-east-1\n    keys: { abc: { tags: { team: ${team} } } }\n`
    write('a.yaml', tags('x'))
    write('b.yaml', tags('y'))
    const { code, output } = await run(folder, true)
    expect(code).toBe(1)
    expect(JSON.parse(output)).toMatchObject({
      version: 1,
      contradictions: [
        { taken: { file: 'a.yaml', line: 5, column: 26 }, other: { file: 'b.yaml', line: 5, column: 26 } },
      ],
    })
  })

  test('2: no such folder', async () => {
    const { code, output } = await run(join(folder, 'nowhere'))
    expect(code).toBe(2)
    expect(output).toMatch(/^keyward: cannot read/)
  })
})
