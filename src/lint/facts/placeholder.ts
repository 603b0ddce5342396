/**
 * Parts of a policy that somebody has still to fill in: `<bucket-name>`, `ACCOUNT-A-ID`, `region`.
 *
 * AWS refuses them or they match nothing, but they are no slip of the pen: published examples are full of them.
 *
 * Source: the examples of the IAM User Guide and of the data perimeter policies of AWS.
 */

const BRACKETED = /<[^<>]*>/
/** No digit, where every real value has one. */
const NAMED_FIELD = /^[A-Za-z_' -]+$/
const NAMES = ['account', 'organization', 'partition', 'region'] as const

export function isPlaceholder(text: string): boolean {
  return BRACKETED.test(text)
}

/** Also a word that says what belongs there. */
export function isPlaceholderField(text: string): boolean {
  if (BRACKETED.test(text)) return true
  if (!NAMED_FIELD.test(text)) return false
  const lower = text.toLowerCase()
  return NAMES.some((name) => lower.includes(name))
}
