/** `keyward graph`: what is drawn for which arguments, and what is refused. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { registerGraph } from '../../src/cli/graph.js'
import { runCommand } from './run-command.js'

const WORLD = ['--world', 'fixtures/acme/world']
const DENIED = 'fixtures/first/denied-decrypt.json'
const folder = mkdtempSync(join(tmpdir(), 'keyward-graph-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('keyward graph', () => {
  test.each([
    [
      'a simulation document',
      [DENIED],
      /^kms:Decrypt\n│ {3}by session Invoices[\s\S]*\nDenied, as nothing allows it\n/,
    ],
    ['a query', [...WORLD, 'can role/PaymentsApi do kms:Decrypt on alias/payments'], /\nAllowed\n/],
    [
      'a key',
      [...WORLD, '--key', 'alias/payments'],
      /^alias\/payments\n[\s\S]*└── account 444455556666, by its IAM policies\n/,
    ],
    ['Mermaid', [DENIED, '--format', 'mermaid'], /^flowchart TD\n/],
    ['DOT', [DENIED, '--format', 'dot'], /^digraph keyward \{\n[\s\S]*\n\}\n$/],
    ['SVG', [DENIED, '--format', 'svg'], /<\/svg>\n$/],
  ])('%s', async (_name, args, drawn) => {
    const { out, err, exitCode } = await runCommand(registerGraph, ['graph', ...args])
    expect(err).toBe('')
    expect(out).toMatch(drawn)
    expect(exitCode).toBe(0)
  })

  test('into a file', async () => {
    const file = join(folder, 'decision.svg')
    const ran = await runCommand(registerGraph, ['graph', DENIED, '--format', 'svg', '--output', file])
    expect(ran).toEqual({ out: '', err: '', exitCode: 0 })
    expect(readFileSync(file, 'utf8')).toContain('</svg>')
  })

  test.each([
    [
      'an unknown format',
      [DENIED, '--format', 'png'],
      /Allowed choices are tree, mermaid, dot, svg/,
      'commander.invalidArgument',
    ],
    ['a key without a world', ['--key', 'alias/payments'], /give `--world DIR`/, 2],
    ['a key that is not there', [...WORLD, '--key', 'alias/paiments'], /no key or alias `alias\/paiments` is known/, 2],
    ['many requests', [...WORLD, 'fixtures/acme/questions/day.jsonl'], /these are 12 requests; a picture is of one/, 2],
    ['a place that cannot be written', [DENIED, '--output', join(folder, 'no/such/file')], /cannot write/, 2],
  ])('%s is refused', async (_name, args, message, status) => {
    const { out, err, exitCode } = await runCommand(registerGraph, ['graph', ...args])
    expect([out, exitCode]).toEqual(['', status])
    expect(err).toMatch(message)
  })
})
