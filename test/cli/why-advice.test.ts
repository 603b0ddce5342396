/** `keyward why --advice`: what is printed, as text and as JSON, and what is refused. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { registerWhy } from '../../src/cli/why.js'
import { runCommand } from './run-command.js'

const CASES = new URL('../cases/why-advice/', import.meta.url)
const updates = process.env['KEYWARD_UPDATE_GOLDEN'] === '1'
const WORLD = ['--world', 'fixtures/acme/world']
const EVENTS = 'fixtures/acme/questions/events'

function compare(name: string, printed: string): void {
  const golden = new URL(name, CASES)
  if (updates) writeFileSync(golden, printed)
  expect(existsSync(golden), `${golden.pathname} is there`).toBe(true)
  expect(printed).toBe(readFileSync(golden, 'utf8'))
}

async function advice(args: readonly string[]): Promise<string> {
  const { out, err, exitCode } = await runCommand(registerWhy, ['why', '--advice', '--no-color', '--no-cache', ...args])
  expect([err, exitCode]).toEqual(['', 1])
  return out.slice(out.indexOf('What would allow it'))
}

describe('printed', () => {
  test('a simulation document', async () => {
    compare('denied-decrypt.out', await advice(['fixtures/first/denied-decrypt.json']))
  })
  for (const name of ['scp-action', 'key-policy-principal', 'boundary-action', 'identity-explicit-deny']) {
    test(`${name} in an organization`, async () => {
      compare(`${name}.out`, await advice([...WORLD, `${EVENTS}/${name}.json`]))
    })
  }
})

test('nothing is advised for what is allowed', async () => {
  const query = 'can role/PaymentsApi do kms:Decrypt on alias/payments'
  const { out, exitCode } = await runCommand(registerWhy, ['why', '--advice', '--no-color', ...WORLD, query])
  expect([exitCode, out.slice(0, 'ALLOWED'.length)]).toEqual([0, 'ALLOWED'])
  expect(out).not.toContain('would allow it')
})

const ROLE_MAY_MORE = ['Role Reports of account 444455556666 may kms:Decrypt and kms:DescribeKey on this key.']

test('JSON has the steps with their patches', async () => {
  const { out } = await runCommand(registerWhy, ['why', '--advice', '--json', 'fixtures/first/cross-account.json'])
  const { advice: pieces } = JSON.parse(out) as {
    advice: readonly { readonly steps: readonly unknown[]; readonly opens: unknown }[]
  }
  expect(pieces[0]?.opens).toMatchObject({ sentences: ROLE_MAY_MORE, reason: null })
  const opens = pieces[0]?.opens as { requests: readonly { readonly principal: string }[] } | undefined
  expect(opens?.requests.map(({ principal }) => principal)).toEqual(['arn:aws:iam::444455556666:role/Reports'])
  expect(pieces[0]?.steps).toEqual([
    {
      kind: 'policy',
      layer: 'identity',
      sentence: 'Add this key to the Resource of identity policy 1, statement 2 "UseOwnKeys".',
      caution: null,
      condition: null,
      edit: {
        kind: 'file',
        name: 'fixtures/first/cross-account.json',
        patch: [
          {
            op: 'replace',
            path: '/identityPolicies/0/Statement/1/Resource',
            value: [
              'arn:aws:kms:us-west-2:444455556666:key/*',
              'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
            ],
          },
        ],
        diff: expect.stringMatching(/^--- a\/fixtures\/first\/cross-account\.json\n\+\+\+ b\//) as string,
      },
    },
  ])
})

test('many requests at once are refused', async () => {
  const ran = await runCommand(registerWhy, ['why', '--advice', ...WORLD, 'fixtures/acme/questions/day.jsonl'])
  expect([ran.out, ran.exitCode]).toEqual(['', 2])
  expect(ran.err).toContain('`--advice` is on one request, and this is 12')
})
