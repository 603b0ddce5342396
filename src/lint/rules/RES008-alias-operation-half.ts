/**
 * `kms:CreateAlias`, `kms:UpdateAlias` or `kms:DeleteAlias` allowed on aliases only, or on keys only, in the whole policy.
 *
 * Source: KMS Developer Guide, "Controlling access to aliases".
 */
import { appendItem, replaceNode } from '../edits.js'
import { actionEntries, type ActionEntry } from '../facts/action-entries.js'
import { overlaps } from '../facts/pattern-overlap.js'
import { resourceEntries } from '../facts/resource-entries.js'
import type { PatternsView, PolicyView, StatementView } from '../policy-view.js'
import type { Fix, PolicyRule } from '../rule.js'
import { KMS_ACTIONS } from '../../aws/actions.js'
import { quote } from '../../text/escape.js'

export const aliasOperationHalf: PolicyRule = {
  on: 'policy',
  id: 'RES008',
  name: 'alias-operation-half',
  severity: 'warning',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'boundary', 'session'],
  fix: 'unsafe',

  docs: {
    what: '`kms:CreateAlias`, `kms:UpdateAlias` or `kms:DeleteAlias` allowed on aliases only, or on keys only, in the whole policy.',
    why: 'KMS asks twice: for the alias, which only identity-based policies can allow, and for the key. One half alone allows nothing, unless the key policy or another policy gives the other half for the key.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:CreateAlias",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:alias/app"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:CreateAlias",\n      "Resource": [\n        "arn:aws:kms:us-west-2:111122223333:alias/app",\n        "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n      ]\n    }\n  ]\n}',
      },
    ],
    fix: 'Name the ARN of the alias and the ARN of the key.',
    whenToIgnore:
      'When the key policy allows the action on the key, or another policy of the same principal has the other half.',
    equivalents: [],
    source: 'KMS Developer Guide, "Controlling access to aliases"',
  },
  check({ policy }, report) {
    if (!policy.statements.some(({ action }) => action !== undefined && actionEntries(action).some(isNamed))) return
    const halves = ON_BOTH.map((name) => halvesOf(name, policy))
    for (const side of ['alias', 'key'] as const) {
      const lacking = halves.filter((half) => half.named !== undefined && half[side] && !half[OTHER[side]])
      const [first, ...others] = lacking
      if (first?.named === undefined) continue
      const { entry, statement } = first.named
      const fix = others.length === 0 ? fixOf(statement.resource, side, policy) : undefined
      report({
        at: entry.item,
        message: `${quote(entry.item.value)}${others.length === 0 ? '' : ` and ${others.length} more`} ${others.length === 0 ? 'is' : 'are'} allowed on ${PLURAL[side]} only`,
        effect:
          side === 'alias'
            ? 'KMS asks for the key as well: unless the key policy allows it there, the call is denied'
            : 'KMS asks for the alias as well, which no policy of the key can allow: the call is denied',
        help: `name ${PLURAL[OTHER[side]]} as well`,
        statement: statement.index,
        related: others.flatMap(({ named }) =>
          named === undefined ? [] : [{ message: `${quote(named.entry.item.value)} likewise`, at: named.entry.item }],
        ),
        ...(fix === undefined ? {} : { fix }),
      })
    }
  },
}

type Side = 'alias' | 'key'

const OTHER = { alias: 'key', key: 'alias' } as const
const PLURAL = { alias: 'aliases', key: 'keys' } as const

/** The actions that are asked on an alias and on a key, in lower case without prefix. */
const ON_BOTH: readonly string[] = KMS_ACTIONS.filter(({ resources }) => resources.length === 2).map(({ name }) =>
  name.slice('kms:'.length).toLowerCase(),
)

interface Halves {
  /** Where the action is first named, or matched by a pattern for nothing but such actions. */
  readonly named?: { readonly entry: ActionEntry; readonly statement: StatementView }
  readonly alias: boolean
  readonly key: boolean
}

function halvesOf(name: string, { statements }: PolicyView): Halves {
  let halves: Halves = { alias: false, key: false }
  for (const statement of statements) {
    const { effect, action, resource } = statement
    if (effect !== 'Allow' || action === undefined || resource === undefined) continue
    const entry = actionEntries(action).find((candidate) => includes(candidate, name))
    // NotAction allows whatever it does not name; which of the two that is makes no difference here.
    if ((entry === undefined) !== action.negated) continue
    halves = {
      ...halves,
      alias: halves.alias || reaches(resource, 'alias'),
      key: halves.key || reaches(resource, 'key'),
      ...(halves.named === undefined && entry !== undefined && isAboutAliases(entry)
        ? { named: { entry, statement } }
        : {}),
    }
  }
  return halves
}

function includes({ form, prefix, actions }: ActionEntry, name: string): boolean {
  if (form === 'any' || form === 'unknown') return true
  return prefix === 'kms' && actions.some((action) => action.name.toLowerCase() === name)
}

function isNamed(entry: ActionEntry): boolean {
  return entry.prefix === 'kms' && isAboutAliases(entry)
}

function isAboutAliases({ form, actions }: ActionEntry): boolean {
  return (
    (form === 'literal' || form === 'pattern') &&
    actions.length > 0 &&
    actions.every(({ name }) => ON_BOTH.includes(name.toLowerCase()))
  )
}

function reaches(resource: PatternsView, side: Side): boolean {
  if (resource.negated) return true
  return resourceEntries(resource).some(({ form, fields }) => {
    if (form === 'any' || form === 'unknown') return true
    return fields !== undefined && overlaps(fields.service, 'kms') && overlaps(fields.resource, `${side}/*`)
  })
}

/** The other half of the same account and Region, whichever it is. */
function fixOf(resource: PatternsView | undefined, side: Side, { where }: PolicyView): Fix | undefined {
  const [entry] = resource === undefined ? [] : resourceEntries(resource)
  if (resource === undefined || entry?.fields === undefined || entry.hasVariable) return undefined
  const { partition, service, region, account } = entry.fields
  const other = ['arn', partition, service, region, account, `${OTHER[side]}/*`].join(':')
  const { value } = resource.member
  const edits =
    value.kind === 'array'
      ? appendItem(where, value, other)
      : value.kind === 'string'
        ? replaceNode(where, value, [value.value, other])
        : []
  return { safety: 'unsafe', title: `add \`${other}\``, edits }
}
