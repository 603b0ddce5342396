/**
 * The committed tables of `src/aws/` and `src/kms/` are what `npm run generate` writes.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const facts = path.resolve(root, process.env['KEYWARD_SHARED'] ?? '../shared', 'facts')
const out = mkdtempSync(path.join(tmpdir(), 'keyward-generated-'))
afterAll(() => rmSync(out, { recursive: true }))

test.skipIf(!existsSync(facts))(
  'regenerating gives the committed tables byte for byte',
  () => {
    execFileSync(process.execPath, [path.join(root, 'scripts/generate.mjs'), '--out', out])
    const names = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
    expect(names.sort()).toEqual([
      'aws/actions.ts',
      'aws/condition-keys.ts',
      'aws/operation-parameters.ts',
      'aws/operations.ts',
      'kms/shapes.ts',
      'kms/validators.ts',
    ])
    for (const name of names) {
      expect(readFileSync(path.join(out, name), 'utf8'), name).toBe(readFileSync(path.join(root, 'src', name), 'utf8'))
    }
  },
  60_000,
)
