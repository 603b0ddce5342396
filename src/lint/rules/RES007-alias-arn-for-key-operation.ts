/**
 * The ARN of an alias as the resource of operations on keys.
 *
 * Source: KMS Developer Guide, "Controlling access to aliases" and "Use aliases to control access to KMS keys".
 */
import { insertMember, replaceText } from '../edits.js'
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import { resourceEntries, type ResourceEntry } from '../facts/resource-entries.js'
import type { PolicyView, StatementView } from '../policy-view.js'
import type { Fix, PolicyRule, Report } from '../rule.js'
import { quote } from '../../text/escape.js'

export const aliasArnForKeyOperation: PolicyRule = {
  on: 'policy',
  id: 'RES007',
  name: 'alias-arn-for-key-operation',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session', 'scp', 'rcp', 'vpce'],
  fix: 'unsafe',

  docs: {
    what: 'The ARN of an alias as the resource of operations on keys.',
    why: 'KMS authorises operations on the ARN of the key that the alias points to. An alias ARN matches only the alias itself, which matters for `kms:CreateAlias`, `kms:UpdateAlias` and `kms:DeleteAlias` alone: for everything else the entry never matches.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:alias/app"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/*",\n      "Condition": {\n        "ForAnyValue:StringEquals": {\n          "kms:ResourceAliases": "alias/app"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Name the ARN of the key, or allow the keys of the account under `ForAnyValue:StringEquals` on `kms:ResourceAliases`.',
    whenToIgnore: 'Never: the entry has no effect.',
    equivalents: [],
    source: 'KMS Developer Guide, "Controlling access to aliases" and "Use aliases to control access to KMS keys"',
  },
  check({ policy }, report) {
    for (const statement of policy.statements) {
      const { action, resource } = statement
      if (action === undefined || resource === undefined || action.negated || resource.negated) continue
      const aliases = resourceEntries(resource).filter(isAliasArn)
      if (aliases.length > 0) checkStatement(statement, aliases, policy, report)
    }
  },
}

function checkStatement(
  statement: StatementView,
  aliases: readonly ResourceEntry[],
  policy: PolicyView,
  report: Report,
): void {
  const entries = statement.action === undefined ? [] : actionEntries(statement.action)
  // Of what is not known, and of everything, something may be about the alias.
  if (entries.some(({ form }) => form === 'any' || form === 'unknown')) return
  const ofKms = entries.filter(({ prefix, actions }) => prefix === 'kms' && actions.length > 0)
  const onKeys = ofKms.filter((entry) => isOnKeysOnly(entry))
  const isUseless = ofKms.length > 0 && onKeys.length === ofKms.length
  const areAll = aliases.length === statement.resource?.items.length
  if (onKeys.length === 0 || (!isUseless && !areAll)) return
  const [alias, ...others] = aliases
  const [first, ...more] = onKeys
  if (alias === undefined || first === undefined) return
  const names = `${quote(first.item.value)}${more.length === 0 ? '' : ` and ${more.length} more actions`}`
  const fix = isUseless && areAll && others.length === 0 ? conditionFix(statement, alias, policy) : undefined
  report({
    at: isUseless ? alias.item : first.item,
    message: `${names} ${more.length === 0 ? 'is' : 'are'} authorised on the key, never on the alias ${quote(alias.item.value)}`,
    effect: statement.effect === 'Deny' ? 'the Deny covers nothing by it' : 'the statement allows nothing by it',
    help: 'name the ARN of the key, or test `kms:ResourceAliases` on the keys of the account',
    statement: statement.index,
    related: isUseless
      ? others.map(({ item }) => ({ message: 'another alias', at: item }))
      : more.map(({ item }) => ({ message: 'authorised on the key as well', at: item })),
    ...(fix === undefined ? {} : { fix }),
  })
}

function isAliasArn({ fields }: ResourceEntry): boolean {
  return fields?.service === 'kms' && fields.resource.startsWith('alias/')
}

function isOnKeysOnly({ actions }: ActionEntry): boolean {
  return (
    actions.some(({ resourceTypes }) => resourceTypes.length > 0) &&
    actions.every(({ resourceTypes }) => resourceTypes.every(({ resource }) => resource.startsWith('key/')))
  )
}

function conditionFix(
  { node, conditionMember }: StatementView,
  alias: ResourceEntry,
  { where }: PolicyView,
): Fix | undefined {
  if (node.kind !== 'object' || conditionMember !== undefined || alias.hasVariable) return undefined
  const { item, fields } = alias
  const name = fields?.resource ?? ''
  const operator = /[*?]/.test(name) ? 'ForAnyValue:StringLike' : 'ForAnyValue:StringEquals'
  const keys = item.value.slice(0, item.value.length - name.length) + 'key/*'
  return {
    safety: 'unsafe',
    title: 'allow the keys of the account that have the alias',
    edits: [
      ...replaceText(where, item, keys),
      ...insertMember(where, node, 'Condition', { [operator]: { 'kms:ResourceAliases': name } }),
    ],
  }
}
