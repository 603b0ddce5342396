/** Settings: what is taken, and what is refused at which place. */
import { describe, expect, test } from 'vitest'
import { matchesGlob, readConfig, sectionsFor } from '../../src/lint/config.js'
import { positionAt } from '../../src/text/source.js'

describe('a configuration', () => {
  test('is read as YAML or JSON', () => {
    const text =
      'preset: strict\nfailOn: warning\naccounts: ["111122223333"]\nfiles:\n  - files: "keys/**"\n    kind: key-policy\n    ignore: [SYN]\n'
    const read = readConfig({ name: 'keyward.config.yaml', text })
    expect(read).toMatchObject({
      ok: true,
      value: {
        choice: { preset: 'strict' },
        failOn: 'warning',
        project: { accounts: ['111122223333'] },
        sections: [{ globs: ['keys/**'], kind: 'key', choice: { ignore: ['SYN'] } }],
        ruleNames: [{ name: 'SYN' }],
      },
    })
    if (!read.ok) return
    expect(sectionsFor(read.value, 'keys/a/b.json')).toHaveLength(1)
    expect(sectionsFor(read.value, 'other/b.json')).toHaveLength(0)
  })

  test.each([
    ['{"presett": "strict"}', '1:2 unknown member `presett` (did you mean `preset`?)'],
    [
      '{"failOn": "errors"}',
      '1:12 `failOn` has an unknown value (expected `error`, `security`, `warning`, `suggestion`, `info`, `never`)',
    ],
    ['{"accounts": ["1"]}', '1:15 `accounts/0` is not as expected (expected text like `^[0-9]{12}$`)'],
    [
      '{"rules": {"KEY001": "of"}}',
      '1:22 `rules/KEY001` has an unknown value (expected `off`, `error`, `security`, `warning`, `suggestion`, `info`)',
    ],
    ['{"files": [{"kind": "key"}]}', '1:12 `files/0` has no `files`'],
    [
      '{"files": [{"files": "*", "kind": "keys"}]}',
      '1:35 unknown kind of policy `keys` (expected key, identity, boundary, session, scp, rcp, vpce, trust or resource)',
    ],
    ['{"select": "KEY"}', '1:12 `select` has the wrong type (expected `array`)'],
  ])('%s is refused', (text, expected) => {
    const read = readConfig({ name: 'keyward.config.json', text })
    const errors = read.ok ? [] : read.error
    const [first] = errors.map(({ message, hint, span }) => {
      const { line, column } = positionAt(text, span.start)
      return `${line}:${column} ${message}${hint === undefined ? '' : ` (${hint})`}`
    })
    expect(first).toBe(expected)
  })
})

test.each([
  ['keys/a.json', 'keys/**', true],
  ['keys/a.json', 'keys/', true],
  ['./keys/a.json', 'keys/*.json', true],
  ['deep/keys/a.json', '*.json', true],
  ['deep/keys/a.json', 'keys/*.json', false],
  ['.hidden/a.json', '**/*.json', true],
])('%s matches %s: %s', (path, glob, expected) => expect(matchesGlob(path, glob)).toBe(expected))
