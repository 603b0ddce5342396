/** The `keyward why` command as a whole: what it prints where, and how it ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command, CommanderError } from 'commander'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { registerWhy } from '../../src/cli/why.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-why-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

function file(text: string): string {
  const path = join(folder, 'document.json')
  writeFileSync(path, text)
  return path
}

async function run(...args: readonly string[]): Promise<{ out: string; err: string; exitCode: unknown }> {
  let out = ''
  let err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk: string | Uint8Array, ...rest: unknown[]) => {
    out += String(chunk)
    for (const done of rest) if (typeof done === 'function') (done as () => void)()
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk: string | Uint8Array) => {
    err += String(chunk)
    return true
  })
  const program = new Command('keyward').exitOverride()
  registerWhy(program)
  const before = process.exitCode
  try {
    await program.parseAsync(['why', ...args], { from: 'user' })
    return { out, err, exitCode: process.exitCode }
  } catch (error) {
    return { out, err, exitCode: error instanceof CommanderError ? error.code : error }
  } finally {
    process.exitCode = before
    vi.restoreAllMocks()
  }
}

const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const question = (more: object = {}): Record<string, unknown> => ({
  principal: { type: 'user', arn: 'arn:aws:iam::111122223333:user/Alice' },
  action: 'kms:Decrypt',
  resource: { type: 'key', arn: KEY },
  keyPolicy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:user/Alice' }, Action: 'kms:*', Resource: '*' },
    ],
  },
  ...more,
})
const text = (more?: object): string => JSON.stringify(question(more), null, 2)
const lockedOut = {
  kind: 'lockout',
  action: undefined,
  keyPolicy: undefined,
  newKeyPolicy: {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:role/Ops' }, Action: 'kms:*', Resource: '*' },
    ],
  },
}

describe('exit status', () => {
  const CASES: readonly (readonly [string, string, number])[] = [
    ['an allow', text(), 0],
    ['a denial', text({ keyPolicy: null }), 1],
    ['a list of one document', `[${text()}]`, 0],
    ['not JSON', '{', 2],
    ['no document', '[]', 2],
    ['several documents', `[${text()},${text()}]`, 2],
    ['a policy that AWS would refuse', text({ identityPolicies: [{ Statement: [{ Effect: 'allow' }] }] }), 2],
    ['a lockout', text(lockedOut), 1],
    ['a lockout that is bypassed', text({ ...lockedOut, request: { bypassPolicyLockoutSafetyCheck: true } }), 0],
  ]
  for (const [name, document, expected] of CASES) {
    test(name, async () => expect((await run(file(document))).exitCode).toBe(expected))
  }

  test('a file that is not there', async () => {
    const { out, err, exitCode } = await run(join(folder, 'none.json'))
    expect({ out, exitCode }).toEqual({ out: '', exitCode: 2 })
    expect(err).toMatch(/^keyward: cannot read `.*none\.json`: there is no such file\n$/)
  })

  test('an option that is not known', async () => {
    expect(await run('--option', 'x=y', file(text()))).toMatchObject({ out: '', exitCode: 2 })
  })

  test('nothing to explain', async () => {
    expect(await run()).toMatchObject({ out: '', exitCode: 2 })
  })

  test('a width that is none is left to the command line', async () => {
    expect((await run('--width', '59', file(text()))).exitCode).toBe('commander.invalidArgument')
  })
})

describe('input in error', () => {
  const fails = async (document: string): Promise<string> => {
    const { out, err } = await run('--no-color', file(document))
    expect(out).toBe('')
    return err
  }

  test('shows the place in the document', async () => {
    const err = await fails(
      text({
        identityPolicies: [
          {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', Condition: { StringEqual: { a: 'b' } } },
            ],
          },
        ],
      }),
    )
    expect(err).toContain('unknown condition operator `StringEqual`; did you mean `StringEquals`?')
    expect(err).toMatch(/document\.json:\d+:\d+\n/)
    expect(err).toMatch(/"StringEqual": \{\n.*\^{13}/)
  })

  test('names a misspelt member before the one that is missing for it', async () => {
    const { action: _, ...rest } = question({ acton: 'kms:Decrypt' })
    expect(await fails(JSON.stringify(rest))).toMatch(/^unknown member `acton`; did you mean `action`\?\n/)
  })
})

describe('--json', () => {
  test('prints the explanation with its version', async () => {
    const { out } = await run('--json', file(text({ id: 'q', keyPolicy: null })))
    expect(JSON.parse(out)).toMatchObject({
      version: 1,
      kind: 'authorize',
      id: 'q',
      verdict: 'implicitDeny',
      layer: 'keyPolicy',
      cause: { code: 'key-policy-absent' },
    })
  })

  test('a policy has its place in the document', async () => {
    const document = text()
    const { out } = await run('--json', file(document))
    const { place } = (JSON.parse(out) as { decisive: { place: { start: number; end: number; pointer: string } }[] })
      .decisive[0]!
    expect(place.pointer).toBe('/keyPolicy/Statement/0')
    expect(JSON.parse(document.slice(place.start, place.end))).toEqual(
      (question() as { keyPolicy: { Statement: object[] } }).keyPolicy.Statement[0],
    )
  })

  test('several checks, and which failed', async () => {
    const { principal, ...check } = question()
    const document = JSON.stringify({
      kind: 'multi',
      principal,
      api: 'X',
      checks: [check, { ...check, keyPolicy: null }],
    })
    expect(JSON.parse((await run('--json', file(document))).out)).toMatchObject({
      kind: 'multi',
      failingCheck: 1,
      checks: [
        { action: 'kms:Decrypt', resource: KEY, decision: 'allow', layer: 'keyPolicy' },
        { decision: 'implicitDeny', layer: 'keyPolicy' },
      ],
    })
  })

  test('what the document says and the question does not take up', async () => {
    const document = text({
      vpcEndpointPolicy: { Statement: [{ Effect: 'Allow', Principal: '*', Action: '*', Resource: '*' }] },
    })
    const { diagnostics } = JSON.parse((await run('--json', file(document))).out) as { diagnostics: { code: string }[] }
    expect(diagnostics.map(({ code }) => code)).toEqual(['memberIgnored'])
  })

  test('a lockout', async () => {
    expect(JSON.parse((await run('--json', file(text(lockedOut)))).out)).toMatchObject({
      kind: 'lockout',
      lockout: 'fail',
      verdict: 'implicitDeny',
    })
  })
})

test('--option changes the reading', async () => {
  const document = text({
    keyPolicy: {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:role/Ops' }, Action: 'kms:*', Resource: '*' },
      ],
    },
    permissionsBoundary: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }] },
    grants: [
      { GrantId: 'g', KeyId: KEY, GranteePrincipal: 'arn:aws:iam::111122223333:user/Alice', Operations: ['Decrypt'] },
    ],
  })
  expect((await run(file(document))).exitCode).toBe(0)
  expect((await run('--option', 'grantBoundary=allGrantees', file(document))).exitCode).toBe(1)
})
