/** Test files: what they say, and every mistake at its place (docs/test.md, "Test files"). */
import { describe, expect, test } from 'vitest'
import { readTestFile, type TestFile } from '../../src/check/test-file.js'
import type { SourceError } from '../../src/text/source.js'

function read(text: string, name = 'a.keyward-test.yaml'): TestFile {
  const file = readTestFile({ name, text })
  if (!file.ok) throw new Error(file.error.map(({ message }) => message).join('\n'))
  return file.value
}

function errors(text: string): readonly SourceError[] {
  const file = readTestFile({ name: 'a.keyward-test.yaml', text })
  if (file.ok) throw new Error('it was read')
  return file.error
}

describe('what a file says', () => {
  test('the same in YAML and JSON', () => {
    const yaml = read('world: w\ntests:\n  - query: can role/A do kms:Decrypt on alias/a\n    expect: deny\n')
    const json = read(
      '{"world": "w", "tests": [{"query": "can role/A do kms:Decrypt on alias/a", "expect": "deny"}]}',
      'a.keyward-test.json',
    )
    for (const { about, tests } of [yaml, json]) {
      expect(about).toMatchObject({ kind: 'world', path: 'w' })
      expect(tests).toMatchObject([
        { name: 'can role/A do kms:Decrypt on alias/a', allowUnknown: false, asked: { kind: 'query', expect: 'deny' } },
      ])
    }
  })

  test('members become a query', () => {
    const { tests } = read(`
policy: p.json
tests:
  - principal: role/A
    action: [kms:Decrypt, Encrypt]
    key: alias/a
    context: { kms:EncryptionContext:a b: ["x", 'say "y"'], aws:MultiFactorAuthPresent: true, kms:GrantOperations: 7 }
    via: s3
    expect: allow
`)
    const [only] = tests
    expect(only?.asked).toMatchObject({
      text: {
        text: 'can role/A do kms:Decrypt, "Encrypt" on alias/a when "kms:EncryptionContext:a b" in ("x", "say \\"y\\"") and "aws:MultiFactorAuthPresent" = "true" and "kms:GrantOperations" = "7" via "s3"',
      },
    })
  })

  test('a range with an expectation becomes an assertion', () => {
    const { tests } = read(`
world: w
allowUnknown: true
tests:
  - { for: all principals except role/A, action: kms:Decrypt, key: alias/a, expect: deny }
  - { for: all keys except alias/a, principal: role/A, action: kms:Decrypt, expect: allow, allowUnknown: false }
`)
    expect(tests).toMatchObject([
      {
        name: 'deny kms:Decrypt alias/a for all principals except role/A',
        allowUnknown: true,
        asked: { assertion: { claim: 'nobody', callers: { except: { length: 1 } }, keys: { kind: 'these' } } },
      },
      {
        allowUnknown: false,
        asked: { assertion: { claim: 'everybody', callers: { these: { length: 1 } }, keys: { kind: 'any' } } },
      },
    ])
  })
})

describe('what is wrong with a file', () => {
  const inTest = (members: string): string => `world: w\ntests:\n  - ${members}\n`
  test.each([
    ['tests: []', '`tests` is not as expected', '[', undefined],
    ['wrld: w\ntests: [{}]', 'unknown member `wrld`', 'wrld', 'did you mean `world`?'],
    ['world: w', 'a test file has no `tests`', 'w', undefined],
    ['tests: [{ assert: nobody can * on any key }]', 'the file does not say what is tested', 't', undefined],
    [`policy: p\n${inTest('assert: nobody can * on any key')}`, 'a file tests a world or a policy', 'p', undefined],
    [`kind: key\n${inTest('assert: nobody can * on any key')}`, '`kind` is of a `policy`', 'kind', undefined],
    ['policy: p\naccount: 111122223333\ntests: [{}]', '`account` has the wrong type', '111122223333', undefined],
    [inTest('{ name: x }'), 'the test asks nothing', '{', undefined],
    [inTest('{ query: a, event: b, expect: deny }'), '`event` does not go with `query`', 'event', undefined],
    [
      inTest('{ assert: nobody can * on any key, expect: deny }'),
      '`expect` does not go with `assert`',
      'expect',
      undefined,
    ],
    [inTest('{ query: a }'), 'the test expects nothing', '{', undefined],
    [inTest('{ query: a, expect: dny }'), '`tests/0/expect` has an unknown value', 'dny', undefined],
    [inTest('{ query: a, expect: allow, because: scp-action }'), 'what is allowed has no cause', 'because', undefined],
    [
      inTest('{ query: a, expect: deny, because: scp-acton }'),
      'no cause is called `scp-acton`',
      'scp-acton',
      'did you mean `scp-action`?',
    ],
    [inTest('assert: nobody can kms:Decrypt at alias/a'), 'unexpected `at`', 'at', undefined],
    [inTest("assert: 'nobody can kms:Decrypt at alias/a'"), 'unexpected `at`', 'at', undefined],
    [inTest('assert: "nobody can kms:Decrypt at alias/a"'), 'unexpected `at`', 'at', undefined],
    [inTest('{ for: all people, action: a, key: alias/a, expect: deny }'), 'unexpected `people`', 'people', undefined],
    [
      inTest('{ for: all principals, principal: role/A, action: kms:A, key: alias/a, expect: deny }'),
      '`principal` does not go with `for: all principals`',
      'principal',
      undefined,
    ],
    [
      inTest('{ principal: role/A, action: [kms:ListKeys, kms:Decrypt], expect: deny }'),
      'the test has no `key`',
      '{',
      '`kms:Decrypt` is asked for on a key or an alias',
    ],
    [inTest('{ for: all keys, action: kms:A, expect: deny }'), 'the test has no `principal`', '{', undefined],
    [
      inTest('{ for: all keys, principal: role/A, action: kms:A, expect: explicitDeny }'),
      'of many requests at once only `allow` or `deny`',
      'explicitDeny',
      undefined,
    ],
    [
      inTest('{ for: all principals, action: kms:Decrypt, key: aliass/a, expect: deny }'),
      '`aliass/a` is not a key or an alias',
      'aliass/a',
      undefined,
    ],
  ])('%s', (text, message, at, hint) => {
    const [error] = errors(text)
    expect(error?.message).toContain(message)
    expect(text.slice(error!.span.start, error!.span.end)).toBe(at)
    if (hint !== undefined) expect(error?.hint).toBe(hint)
  })

  test('an action that is of no key needs none', () => {
    const { tests } = read(inTest('{ principal: role/A, action: [kms:ListKeys, kms:CreateKey], expect: deny }'))
    expect(tests[0]?.asked).toMatchObject({ text: { text: 'can role/A do kms:ListKeys, kms:CreateKey on *' } })
  })

  test('all mistakes are told at once', () => {
    const all = errors('world: w\ntests:\n  - { query: a }\n  - { name: b }\n  - { assert: c }\n')
    expect(all.map(({ message }) => message)).toHaveLength(3)
  })
})
