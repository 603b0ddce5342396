/**
 * A resource ARN with a Region or account for a type that has none, or without one for a type that needs it.
 *
 * Source: Service Authorization Reference, resource types of each service.
 */
import { replaceText } from '../edits.js'
import { overlaps } from '../facts/pattern-overlap.js'
import { resourceEntries, type ArnFields, type ResourceEntry } from '../facts/resource-entries.js'
import type { PolicyRule, ReportedFinding } from '../rule.js'
import type { PolicySource } from '../../policy/document.js'
import { serviceByPrefix, type ResourceType } from '../../aws/service.js'
import { quote } from '../../text/escape.js'

export const arnFieldNotAllowed: PolicyRule = {
  on: 'policy',
  id: 'RES002',
  name: 'arn-field-not-allowed',
  severity: 'error',
  precision: 'high',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',

  docs: {
    what: 'A resource ARN with a Region or account for a type that has none, or without one for a type that needs it.',
    why: 'The pattern matches no resource, so the entry does nothing.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "s3:ListBucket",\n      "Resource": "arn:aws:s3:us-east-1:111122223333:bucket"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "s3:ListBucket",\n      "Resource": "arn:aws:s3:::bucket"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write the field as the service has it. `--unsafe-fixes` does so.',
    whenToIgnore: 'For a resource type that is newer than the catalogue.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'ARN_REGION_NOT_ALLOWED' },
      { tool: 'IAM Access Analyzer', code: 'ARN_ACCOUNT_NOT_ALLOWED' },
      { tool: 'IAM Access Analyzer', code: 'MISSING_ARN_REGION' },
      { tool: 'IAM Access Analyzer', code: 'MISSING_ARN_ACCOUNT' },
    ],
    source: 'Service Authorization Reference, resource types of each service',
  },
  check({ policy }, report) {
    for (const { resource } of policy.statements) {
      if (resource === undefined) continue
      for (const entry of resourceEntries(resource)) {
        const finding = findingOf(entry, policy.where)
        if (finding !== undefined) report(finding)
      }
    }
  },
}

const FIELDS = ['region', 'account'] as const

function findingOf(
  { item, form, fields, hasVariable }: ResourceEntry,
  where: PolicySource,
): ReportedFinding | undefined {
  if (form !== 'arn' || fields === undefined) return undefined
  // A field that is nothing but a star fits every type; where both are, there is nothing to look for.
  if (fields.region === '*' && fields.account === '*') return undefined
  const types = typesOf(fields)
  if (types.length === 0) return undefined
  for (const field of FIELDS) {
    if (types.some((type) => mayFill(fields[field], type[field]))) continue
    const wanted = types[0]?.[field] ?? ''
    // A type with a fixed word there is told apart by more than this field.
    if (types.some((type) => type[field] !== wanted) || (wanted !== '' && wanted !== '*')) return undefined
    const isMissing = wanted === '*'
    // What AWS itself owns (public images, documents, models) has no account; of KMS keys every one has both.
    if (isMissing && fields.service !== 'kms') return undefined
    const better = hasVariable || isMissing ? undefined : written(fields, field)
    return {
      at: item,
      message: isMissing
        ? `${quote(item.value)} lacks its ${field}`
        : `${quote(item.value)} has the ${field} ${quote(fields[field])}, and such resources have none`,
      effect: 'it matches no resource',
      help: isMissing ? `write the ${field}, or \`*\`` : `leave the ${field} out`,
      ...(better === undefined
        ? {}
        : { fix: { safety: 'unsafe', title: `leave the ${field} out`, edits: replaceText(where, item, better) } }),
    }
  }
  return undefined
}

/** What is free in a type is never empty. */
function mayFill(field: string, ofType: string): boolean {
  return ofType === '*' ? field !== '' : overlaps(field, ofType)
}

/** The resource types that the last field of an ARN can name. */
function typesOf({ service, resource }: ArnFields): readonly ResourceType[] {
  const types = serviceByPrefix(service)?.resourceTypes ?? []
  return types.filter((type) => type.service === service && overlaps(resource, type.resource))
}

function written({ partition, service, region, account, resource }: ArnFields, without: 'region' | 'account'): string {
  const kept = { region: without === 'region' ? '' : region, account: without === 'account' ? '' : account }
  return ['arn', partition, service, kept.region, kept.account, resource].join(':')
}
