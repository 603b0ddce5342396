/**
 * Names that are `Null` with something around it: `NullIfExists`, `ForAnyValue:Null`.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" (Null).
 */

const NULL_FORM = /^(?:(?:ForAnyValue|ForAllValues):)?Null(?:IfExists)?$/

export function isNullForm(operator: string): boolean {
  return NULL_FORM.test(operator)
}
