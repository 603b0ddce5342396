/** `keyward who-can` and `keyward what-can`: who is told, in every form, and that no text breaks out of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { registerWhoCan } from '../../src/cli/who-can.js'
import { csvCell } from '../../src/explain/who-can-report.js'
import { runCommand, type Ran } from './run-command.js'

const folder = mkdtempSync(join(tmpdir(), 'keyward-who-'))
afterAll(() => rmSync(folder, { recursive: true }))
const WORLD = ['--world', 'fixtures/acme/world', '--no-color']
const run = (...args: readonly string[]): Promise<Ran> => runCommand(registerWhoCan, args)

describe('who-can', () => {
  test('everybody by name, and nobody else', async () => {
    const { out, err, exitCode } = await run('who-can', 'kms:Decrypt', 'alias/payments', ...WORLD, '--format', 'csv')
    expect([err, exitCode]).toEqual(['', 0])
    const principals = out
      .trimEnd()
      .split('\n')
      .slice(1)
      .map((line) => line.split(',')[1] ?? '')
    expect(principals.toSorted((left, right) => left.localeCompare(right))).toEqual([
      'arn:aws:iam::444455556666:role/ops/BreakGlass',
      'arn:aws:iam::444455556666:role/service/PaymentsApi',
      'arn:aws:iam::444455556666:root',
    ])
  })

  test('each with the statements of its own', async () => {
    const { out } = await run('who-can', 'Decrypt', 'alias/payments', ...WORLD, '--format', 'json')
    const { rows } = JSON.parse(out) as {
      rows: readonly { readonly principal: string; readonly because: readonly string[] }[]
    }
    const because = new Map(rows.map((row) => [row.principal.slice(row.principal.lastIndexOf(':') + 1), row.because]))
    expect(because.get('role/service/PaymentsApi')).toContain('identity policy, statement 1 "UsePaymentsKey"')
    expect(because.get('role/ops/BreakGlass')).not.toContain('identity policy, statement 1 "UsePaymentsKey"')
    expect(because.get('root')).toEqual(['key policy, statement 1 "Enable IAM User Permissions"'])
  })

  test('as a table, grouped by the reason', async () => {
    const { out } = await run('who-can', 'kms:Decrypt', 'alias/payments', ...WORLD)
    expect(out).toMatch(
      /^Who can kms:Decrypt on alias\/payments\n\nNamed by the key policy\n {2}- The root user .*\n\nBy IAM policies, to which the key policy leaves it\n {2}- Role /s,
    )
  })

  // authorization.md C3, D10: what names the caller needs no IAM policy, and what a boundary cuts gives nothing.
  test('each under what gives the access, action by action', async () => {
    const only = (statement: object): object => ({ Version: '2012-10-17', Statement: statement })
    const all = only({ Effect: 'Allow', Action: 'kms:*', Resource: '*' })
    const world = {
      keyward: 'world/1',
      accounts: {
        '111122223333': {
          region: 'us-west-2',
          policies: { OnlyS3: only({ Effect: 'Allow', Action: 's3:*', Resource: '*' }) },
          users: { bound: { boundary: 'OnlyS3', policies: { All: all } }, free: { policies: { All: all } } },
          keys: {
            '1234abcd-12ab-34cd-56ef-1234567890ab': {
              policy: only([
                { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' },
                { Sid: 'Everybody', Effect: 'Allow', Principal: '*', Action: 'kms:DescribeKey', Resource: '*' },
              ]),
              grants: [
                {
                  GrantId: 'g1',
                  GranteePrincipal: 'arn:aws:iam::111122223333:user/bound',
                  Operations: ['Decrypt'],
                },
              ],
            },
          },
        },
      },
    }
    const whole = mkdtempSync(join(folder, 'grounds-'))
    writeFileSync(join(whole, 'world.json'), JSON.stringify(world))
    const { out } = await run('who-can', 'kms:De*', '--world', whole, '--format', 'json')
    const { rows } = JSON.parse(out) as {
      rows: readonly {
        readonly principal: string
        readonly standing: string
        readonly actions: readonly string[]
        readonly reason: string
        readonly because: readonly string[]
      }[]
    }
    const of = (name: string): readonly unknown[] =>
      rows
        .filter(({ principal, actions }) => principal.endsWith(name) && /Decrypt|DescribeKey/.test(actions.join()))
        .map(({ actions, reason, because }) => [actions.join(), reason, because.join()])
        .toSorted((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1))
    const root = 'key policy, statement 1'
    const everybody = ['kms:DescribeKey', 'keyPolicy', 'key policy, statement 2 "Everybody"']
    expect(of(':user/bound')).toEqual([['kms:Decrypt', 'grant', 'grant "g1"'], everybody])
    expect(of(':user/free')).toContainEqual(everybody)
    expect(of(':user/free').flat()).toContain(`${root},identity policy, statement 1`)
    expect(of('111122223333:root').flat()).not.toContain('identity')
  })

  // authorization.md K-20: every CreateGrant has kms:GrantIsForAWSResource, so it is never told as absent.
  test('a condition as requests can have it', async () => {
    const file = join(folder, 'for-services.json')
    const statement = {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:role/App' },
      Action: 'kms:CreateGrant',
      Resource: '*',
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    }
    writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
    const { out } = await run('who-can', 'kms:CreateGrant', '--world', file, '--format', 'json')
    const { rows } = JSON.parse(out) as { rows: readonly { readonly conditions: string | null }[] }
    expect(new Set(rows.map(({ conditions }) => conditions))).toEqual(
      new Set(['when kms:GrantIsForAWSResource is true']),
    )
  })

  test('as a matrix of principals and keys', async () => {
    const { out } = await run('who-can', 'kms:Decrypt', ...WORLD, '--matrix', '--format', 'csv')
    const [head = '', ...lines] = out.trimEnd().split('\n')
    expect(head.split(',').length).toBe(20)
    const row = lines.find((line) => line.startsWith('arn:aws:iam::444455556666:role/service/PaymentsApi,'))
    expect(row?.split(',').filter((cell) => cell !== 'no').length).toBe(4)
  })

  test('an HTML page that asks for nothing and escapes everything', async () => {
    const file = join(folder, 'policy.json')
    const sid = '</table><script>alert(1)</script>'
    const statement = {
      Sid: sid,
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::111122223333:role/App' },
      Action: 'kms:Decrypt',
      Resource: '*',
    }
    writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: [statement] }))
    const output = join(folder, 'who.html')
    const ran = await run('who-can', 'kms:Decrypt', '--world', file, '--format', 'html', '--output', output)
    expect(ran).toEqual({ out: '', err: '', exitCode: 0 })
    const page = readFileSync(output, 'utf8')
    expect(page).toContain("default-src 'none'")
    expect(page).toContain('&lt;/table&gt;&lt;script&gt;')
    expect(page.split('<script>').length).toBe(2)
    expect(page).not.toMatch(/(?:src|href)=/)
  })
})

test('what-can tells the permissions of one principal', async () => {
  const { out, exitCode } = await run(
    'what-can',
    'role/PaymentsApi',
    ...WORLD,
    '--keys',
    'alias/payments',
    '--format',
    'json',
  )
  const { rows } = JSON.parse(out) as {
    rows: readonly { readonly principal: string; readonly actions: readonly string[] }[]
  }
  expect(exitCode).toBe(0)
  expect(new Set(rows.map(({ principal }) => principal))).toEqual(
    new Set(['arn:aws:iam::444455556666:role/service/PaymentsApi']),
  )
  expect(rows.flatMap(({ actions }) => actions)).toContain('kms:Decrypt')
})

test.each([
  ['=1+1', "'=1+1"],
  ['-2', "'-2"],
  ['@x', "'@x"],
  ['a,b', '"a,b"'],
  ['say "no"', '"say ""no"""'],
  ['+a,b', `"'+a,b"`],
])('the cell %j is written %j', (text, cell) => expect(csvCell(text)).toBe(cell))

test.each([
  [
    'a key that is not there',
    ['who-can', 'kms:Decrypt', 'alias/nothing', ...WORLD],
    /no key or alias `alias\/nothing` is known/,
  ],
  ['a caller that is not there', ['what-can', 'role/Nobody', ...WORLD], /no principal `role\/Nobody` is known/],
])('%s is refused', async (_name, args, message) => {
  const { out, err, exitCode } = await run(...args)
  expect([out, exitCode]).toEqual(['', 2])
  expect(err).toMatch(message)
})
