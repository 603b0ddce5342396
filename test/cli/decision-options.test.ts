import { expect, test } from 'vitest'
import { parseDecisionOptions } from '../../src/cli/decision-options.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'

const ok = (value: object): object => ({ ok: true, value })
const bad = (error: string): object => ({ ok: false, error })

const CASES: readonly (readonly [readonly string[], object])[] = [
  [[], ok({})],
  [
    ['grantBoundary=allGrantees', 'retireByIdentity=false'],
    ok({ grantBoundary: 'allGrantees', retireByIdentity: false }),
  ],
  [['rootGrantee=delegates', 'rootGrantee=rootUserOnly'], ok({ rootGrantee: 'rootUserOnly' })],
  [
    ['notPrincipalAncestor=ignored'],
    bad('unknown option `notPrincipalAncestor`; did you mean `notPrincipalAncestors`?'),
  ],
  [
    ['x'],
    bad(
      'unknown option `x`; expected grantBoundary, rootGrantee, notPrincipalAncestors, retireByIdentity, uncomparable',
    ),
  ],
  [
    ['rootGrantee'],
    bad('`rootGrantee` is no value of rootGrantee; expected rootGrantee=delegates or rootGrantee=rootUserOnly'),
  ],
  [
    ['retireByIdentity=yes'],
    bad(
      '`retireByIdentity=yes` is no value of retireByIdentity; expected retireByIdentity=true or retireByIdentity=false',
    ),
  ],
  [
    ['toString=1'],
    bad(
      'unknown option `toString`; expected grantBoundary, rootGrantee, notPrincipalAncestors, retireByIdentity, uncomparable',
    ),
  ],
]

for (const [texts, expected] of CASES) {
  test(`--option ${texts.join(' ')}`, () => expect(parseDecisionOptions(texts)).toEqual(expected))
}

test('every option can be given', () => {
  for (const [name, value] of Object.entries<unknown>({ ...DEFAULT_OPTIONS })) {
    expect(parseDecisionOptions([`${name}=${String(value)}`])).toEqual(ok({ [name]: value }))
  }
})
