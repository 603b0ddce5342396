/**
 * Whether one statement plainly says all that another one says: entry for entry and test for test. A proof where it says
 * so, and nothing where it does not.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Action", "Resource" (wildcards) and "Condition" (tests are all met).
 */
import { actionEntries } from './action-entries.js'
import { canCover } from './covered-entries.js'
import { resourceEntries, type ResourceEntry } from './resource-entries.js'
import { resourceGlob } from './resource-glob.js'
import type { ConditionView, PatternsView, StatementView } from '../policy-view.js'
import type { PolicyKind } from '../../policy/document.js'
import { ELEMENT_RULES } from '../../policy/element-rules.js'
import { compileGlob, type Glob } from '../../text/glob.js'

/** Of statements without principals, of one effect. */
export function surelyCovers(wide: StatementView, narrow: StatementView, kind: PolicyKind): boolean {
  if (wide.principal !== undefined || narrow.principal !== undefined) return false
  return (
    actionsCover(wide.action, narrow.action) &&
    resourcesCover(wide.resource, narrow.resource, kind) &&
    wide.conditions.every((test) => narrow.conditions.some((other) => isImplied(test, other)))
  )
}

function actionsCover(wide: PatternsView | undefined, narrow: PatternsView | undefined): boolean {
  if (wide === undefined || narrow === undefined || wide.negated || narrow.negated) return false
  const entries = actionEntries(wide)
  if (entries.some(({ form }) => form === 'any')) return true
  const texts = new Set(entries.map(({ folded }) => folded))
  const patterns = entries.filter(({ form }) => form === 'pattern').map(({ folded }) => folded)
  const globs: Glob[] = []
  return actionEntries(narrow).every(
    ({ folded, form }) =>
      form !== 'unknown' &&
      form !== 'malformed' &&
      (texts.has(folded) ||
        patterns.some(
          (pattern, index) => canCover(pattern, folded) && (globs[index] ??= compileGlob(pattern)).matches(folded),
        )),
  )
}

function resourcesCover(wide: PatternsView | undefined, narrow: PatternsView | undefined, kind: PolicyKind): boolean {
  if (wide === undefined || narrow === undefined || wide.negated || narrow.negated) return false
  const entries = resourceEntries(wide)
  if (entries.some(({ form }) => form === 'any')) return true
  const complete = ELEMENT_RULES[kind].shortArn === 'completed'
  const patterns = entries.filter(isPlain).map(({ item }) => item.value)
  const texts = new Set(entries.map(({ item }) => item.value))
  return resourceEntries(narrow).every((entry) => {
    const { value } = entry.item
    if (texts.has(value)) return true
    return (
      isPlain(entry) &&
      patterns.some((pattern) => canCover(pattern, value) && resourceGlob(pattern, complete).matches(value))
    )
  })
}

function isPlain({ form, hasVariable }: ResourceEntry): boolean {
  return form === 'arn' && !hasVariable
}

/** Whether whoever meets `narrow` meets `wide`: the same test, or fewer texts to be one of. */
function isImplied(wide: ConditionView, narrow: ConditionView): boolean {
  if (wide.operator.key !== narrow.operator.key || wide.key.key !== narrow.key.key) return false
  const { parsed } = wide
  const values = new Set(wide.values.map(({ value }) => value))
  const isSame = values.size === new Set(narrow.values.map(({ value }) => value)).size
  const mayBeFewer = parsed?.negated === false && parsed.base.startsWith('String')
  return (isSame || mayBeFewer) && narrow.values.every(({ value }) => values.has(value))
}
