/**
 * `--option name=value`: the readings of what AWS leaves open, as a command line gives them.
 */
import type { DecisionOptions } from '../decide/options.js'
import { quote } from '../text/escape.js'
import type { Result } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'

type OptionName = keyof DecisionOptions

const VALUES: { readonly [K in OptionName]: ReadonlyMap<string, DecisionOptions[K]> } = {
  grantBoundary: named('roleGrantees', 'allGrantees', 'noGrantees'),
  rootGrantee: named('delegates', 'rootUserOnly'),
  notPrincipalAncestors: named('required', 'ignored'),
  retireByIdentity: new Map([
    ['true', true],
    ['false', false],
  ]),
  uncomparable: named('ignore', 'deny'),
}

const NAMES = Object.keys(VALUES) as readonly OptionName[]

function named<T extends string>(...values: readonly T[]): ReadonlyMap<string, T> {
  return new Map(values.map((value) => [value, value]))
}

/** The options of some `name=value` texts; of one that is wrong, what would be right. */
export function parseDecisionOptions(texts: readonly string[]): Result<Partial<DecisionOptions>, string> {
  let options: Partial<DecisionOptions> = {}
  for (const text of texts) {
    const equals = text.indexOf('=')
    const name = equals < 0 ? text : text.slice(0, equals)
    const known = NAMES.find((each) => each === name)
    if (known === undefined) {
      const meant = didYouMean(name, NAMES, 3)
      const hint = meant === undefined ? `expected ${NAMES.join(', ')}` : `did you mean ${quote(meant)}?`
      return { ok: false, error: `unknown option ${quote(name)}; ${hint}` }
    }
    const value = equals < 0 ? undefined : VALUES[known].get(text.slice(equals + 1))
    if (value === undefined) {
      return {
        ok: false,
        error: `${quote(text)} is no value of ${known}; expected ${[...VALUES[known].keys()].map((each) => `${known}=${each}`).join(' or ')}`,
      }
    }
    options = { ...options, [known]: value }
  }
  return { ok: true, value: options }
}
