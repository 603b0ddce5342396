/** `keyward can`: one line and a status. */
import { describe, expect, test } from 'vitest'
import { registerCan } from '../../src/cli/can.js'
import { runCommand } from './run-command.js'

const WORLD = ['--world', 'fixtures/acme/world']
const QUESTIONS = 'fixtures/acme/questions'

const CASES: readonly (readonly [name: string, args: readonly string[], line: RegExp, status: 0 | 1])[] = [
  [
    'an allow',
    [...WORLD, 'can role/PaymentsApi do kms:Decrypt on alias/payments'],
    /^allowed: .* allows kms:Decrypt\.\n$/,
    0,
  ],
  [
    'a denial has its cause',
    [...WORLD, `${QUESTIONS}/events/key-policy-condition.json`],
    /^denied \(key-policy-condition\): .* this request has "green"\.\n$/,
    1,
  ],
  [
    'a denial that is not certain says so',
    [...WORLD, '--principal', 'role/PaymentsApi', '--action', 'kms:ReEncryptFrom', '--key', 'alias/payments'],
    /^denied \(identity-condition-key-absent\): .* It could also be allowed: .* aws:SourceVpce\.\n$/,
    1,
  ],
  ['many', [...WORLD, `${QUESTIONS}/day.jsonl`], /^denied: 8 of 12 requests, most often key-policy-condition\n$/, 1],
  [
    'several that are all allowed',
    [...WORLD, 'can role/PaymentsApi do kms:Decrypt, kms:Encrypt on 444455556666:alias/payments'],
    /^allowed: all 2 requests\n$/,
    0,
  ],
  ['a simulation document', ['fixtures/first/denied-decrypt.json'], /^denied \([a-z-]+\): .*\n$/, 1],
]

describe('keyward can', () => {
  test.each(CASES)('%s', async (_name, args, line, status) => {
    const { out, err, exitCode } = await runCommand(registerCan, ['can', ...args])
    expect({ err, exitCode }).toEqual({ err: '', exitCode: status })
    expect(out).toMatch(line)
  })

  test('a call of which one check cannot be asked is not allowed for certain', async () => {
    const parameters = ['--operation', 'ReEncrypt', '--parameters', `${QUESTIONS}/re-encrypt-unknown-source.json`]
    const who = ['--principal', '111122223333:root', '--region', 'us-east-1']
    const { out, exitCode } = await runCommand(registerCan, ['can', ...WORLD, ...parameters, ...who])
    expect(out).toMatch(/^not certain: .*Not asked, because something is not known: kms:ReEncryptFrom\.\n$/)
    expect(exitCode).toBe(1)
  })

  test('wrong usage ends in 2', async () => {
    const { out, err, exitCode } = await runCommand(registerCan, ['can', ...WORLD, 'missing.json'])
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 })
    expect(err).toBe('keyward: cannot read `missing.json`: there is no such file\n')
  })
})
