/**
 * `src/aws/operation-parameters.ts`: the members of the input of every KMS operation, and which of them name a key.
 */
import { header, literal } from './common.mjs'

const TYPES = `
export interface OperationParameters {
  /** In the order of the API model. */
  readonly members: readonly string[]
  /** Those that take a key identifier. */
  readonly keyMembers: readonly string[]
  /** Whether these also take an alias name or an alias ARN. */
  readonly takesAlias: boolean
}
`

export function renderOperationParameters(facts) {
  const rows = Object.entries(facts.operations).map(([operation, { input, keyIdentifierForms = {} }]) => {
    const forms = Object.values(keyIdentifierForms)
    const takesAlias = forms.some((each) => each.includes('aliasName'))
    if (forms.some((each) => each.includes('aliasName') !== takesAlias)) {
      throw new Error(`the key members of ${operation} do not take the same forms; the table has one answer for all`)
    }
    return [operation, { members: Object.keys(input), keyMembers: Object.keys(keyIdentifierForms), takesAlias }]
  })
  return [
    header(
      ['The input of every KMS operation: its members, and which of them name a key. Data only.'],
      'facts/kms-operations.json',
      'KMS API Reference; KMS API model, 2014-11-01.',
    ),
    TYPES,
    '/** By the name of the operation, such as `Decrypt`. */',
    `export const OPERATION_PARAMETERS: Readonly<Record<string, OperationParameters>> = ${literal(Object.fromEntries(rows))}`,
  ].join('\n')
}
