/**
 * An ARN whose partition and Region do not go together, such as `arn:aws` with a Region of China.
 *
 * Source: AWS General Reference, "Amazon Resource Names".
 */
import { replaceText } from '../edits.js'
import { arnFields, resourceEntries, type ArnFields } from '../facts/resource-entries.js'
import type { PatternsView, PolicyView, TextValue } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { PARTITIONS, REGION_PREFIXES } from '../../aws/partitions.js'
import { quote } from '../../text/escape.js'

export const partitionMismatch: PolicyRule = {
  on: 'policy',
  id: 'RES009',
  name: 'partition-mismatch',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'An ARN whose partition and Region do not go together, such as `arn:aws` with a Region of China. In templates also a list that names two partitions.',
    why: 'No resource has such an ARN, so the entry matches nothing. A template with two partitions in one list cannot be right in either.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:cn-north-1:111122223333:key/*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws-cn:kms:cn-north-1:111122223333:key/*"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write the partition of the Region: `aws-cn` for `cn-`, `aws-us-gov` for `us-gov-`. In templates use `${AWS::Partition}`.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'INVALID_PARTITION' }],
    source: 'AWS General Reference, "Amazon Resource Names"',
  },
  check({ policy, template }, report) {
    for (const { resource, conditions } of policy.statements) {
      if (resource !== undefined) {
        for (const { item, fields } of resourceEntries(resource))
          if (fields !== undefined) checkArn(item, fields, policy, report)
        if (template !== undefined) checkList(resource, report)
      }
      for (const value of conditions.flatMap(({ values }) => values)) {
        const fields = value.known ? arnFields(value.value) : undefined
        if (fields !== undefined) checkArn(value, fields, policy, report)
      }
    }
  },
}

function checkArn(item: TextValue, { partition, region }: ArnFields, { where }: PolicyView, report: Report): void {
  if (!PARTITIONS.includes(partition)) return
  const wanted = partitionOf(region)
  if (wanted === undefined || wanted === partition) return
  const better = `arn:${wanted}${item.value.slice('arn:'.length + partition.length)}`
  report({
    at: item,
    message: `Region ${quote(region)} is not in the partition ${quote(partition)}`,
    effect: 'no resource has such an ARN, so it matches nothing',
    help: `write \`${wanted}\``,
    fix: { safety: 'unsafe', title: `write \`${better}\``, edits: replaceText(where, item, better) },
  })
}

/** Undefined where a wildcard leaves it open. */
function partitionOf(region: string): string | undefined {
  const wild = region.search(/[*?$]/)
  const head = wild < 0 ? region : region.slice(0, wild)
  for (const [prefix, partition] of REGION_PREFIXES) {
    if (head.startsWith(prefix)) return partition
    if (wild >= 0 && prefix.startsWith(head)) return undefined
  }
  return region === '' || head === '' ? undefined : 'aws'
}

function checkList(resource: PatternsView, report: Report): void {
  const named = resourceEntries(resource).filter(
    ({ fields }) => fields !== undefined && PARTITIONS.includes(fields.partition),
  )
  const [first] = named
  const other = named.find(({ fields }) => fields?.partition !== first?.fields?.partition)
  if (first === undefined || other === undefined) return
  report({
    at: other.item,
    message: `the list names the partitions ${quote(first.fields?.partition ?? '')} and ${quote(other.fields?.partition ?? '')}`,
    effect: 'wherever the template is deployed, one of them matches nothing',
    help: 'use `${AWS::Partition}`',
    related: [{ message: 'the other partition', at: first.item }],
  })
}
