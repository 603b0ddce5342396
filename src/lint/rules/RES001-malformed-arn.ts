/**
 * A resource that is no well-formed ARN: too few fields, another beginning than `arn:`, an unknown partition, an account that is not twelve digits, a text that is no Region, a service in upper case or with a wildcard.
 *
 * Source: AWS General Reference, "Amazon Resource Names"; IAM User Guide, "IAM JSON policy elements: Resource".
 */
import { isKeyIdentifier } from '../facts/key-identifier.js'
import { isPlaceholder, isPlaceholderField } from '../facts/placeholder.js'
import { resourceEntries, type ArnFields, type ResourceEntry } from '../facts/resource-entries.js'
import type { TextValue } from '../policy-view.js'
import type { PolicyRule, Severity } from '../rule.js'
import { PARTITIONS } from '../../aws/partitions.js'
import type { PolicyKind } from '../../policy/document.js'
import { quote } from '../../text/escape.js'
import { didYouMean } from '../../text/suggest.js'

export const malformedArn: PolicyRule = {
  on: 'policy',
  id: 'RES001',
  name: 'malformed-arn',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'no',

  docs: {
    what: 'A resource that is no well-formed ARN: too few fields, another beginning than `arn:`, an unknown partition, an account that is not twelve digits, a text that is no Region, a service in upper case or with a wildcard.',
    why: 'AWS refuses most of these. A short ARN in an identity-based policy or boundary is completed with `*` fields and so is wider than it looks.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:1111:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write `arn:partition:service:region:account:resource`.',
    whenToIgnore: 'A short ARN that is meant to cover everything behind it.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'INVALID_ARN_PREFIX' },
      { tool: 'IAM Access Analyzer', code: 'MISSING_ARN_FIELD' },
      { tool: 'IAM Access Analyzer', code: 'INVALID_PARTITION' },
      { tool: 'IAM Access Analyzer', code: 'INVALID_ARN_ACCOUNT' },
      { tool: 'IAM Access Analyzer', code: 'INVALID_ARN_REGION' },
    ],
    source: 'AWS General Reference, "Amazon Resource Names"; IAM User Guide, "IAM JSON policy elements: Resource"',
  },
  check({ policy }, report) {
    const causes = new Map<string, { readonly fault: Fault; readonly places: TextValue[] }>()
    for (const { resource } of policy.statements) {
      if (resource === undefined) continue
      for (const entry of resourceEntries(resource)) {
        const fault = faultOf(entry, policy.kind)
        if (fault === undefined) continue
        const same = causes.get(fault.message)
        if (same === undefined) causes.set(fault.message, { fault, places: [entry.item] })
        else same.places.push(entry.item)
      }
    }
    for (const { fault, places } of causes.values()) {
      const [first, ...others] = places
      if (first === undefined) continue
      report({ at: first, ...fault, related: others.map((at) => ({ message: 'the same fault', at })) })
    }
  },
}

interface Fault {
  readonly message: string
  readonly effect: string
  readonly help: string
  readonly severity?: Severity
  readonly dependsOnKind?: boolean
}

const FORM = 'write `arn:partition:service:region:account:resource`'
const REFUSED = 'AWS refuses the policy'
const NOTHING = 'it matches nothing'

function faultOf({ item, form, fields, hasVariable }: ResourceEntry, kind: PolicyKind): Fault | undefined {
  const { value } = item
  switch (form) {
    case 'any':
      return value === '*' ? undefined : { message: `${quote(value)} is no ARN`, effect: REFUSED, help: 'write `*`' }
    case 'unknown':
      return undefined
    case 'other':
      // Keys named by anything but their ARN, and variables, are told more exactly elsewhere.
      if (hasVariable || isKeyIdentifier(value)) return undefined
      if (isPlaceholder(value)) return placeholder(value, 'resource')
      return { message: `${quote(value)} is no ARN`, effect: REFUSED, help: `${FORM}, or \`*\`` }
    case 'short':
    case 'arn':
      return fields === undefined ? undefined : (fieldFault(value, fields) ?? shortFault(value, form, kind))
  }
}

function placeholder(value: string, what: string): Fault {
  return {
    message: `${quote(value)} stands for a ${what} that is still to be filled in`,
    effect: NOTHING,
    help: `write the ${what}`,
    severity: 'info',
  }
}

function shortFault(value: string, form: 'short' | 'arn', kind: PolicyKind): Fault | undefined {
  if (form === 'arn') return undefined
  const message = `the ARN ${quote(value)} has fewer than six fields`
  if (kind !== 'identity' && kind !== 'boundary') return { message, effect: REFUSED, help: FORM, dependsOnKind: true }
  return {
    message,
    effect: 'the fields that are missing count as `*`, so it covers more than it says',
    help: 'write all six fields',
    severity: 'warning',
  }
}

const WILD = /[*?]/
const ACCOUNT = /^[0-9]{12}$/
/** Some owners have a word in place of an account: `aws`, `cloudfront`, `aws-marketplace`. */
const OWNER = /^[a-z][a-z-]*$/
const REGION = /^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$/

function fieldFault(value: string, fields: ArnFields): Fault | undefined {
  const { partition, service, region, account } = fields
  if (!WILD.test(partition) && !PARTITIONS.includes(partition)) return partitionFault(partition, fields)
  if (service === '') return { message: `${quote(value)} names no service`, effect: NOTHING, help: FORM }
  if (!WILD.test(service) && service !== service.toLowerCase()) {
    const effect = `${NOTHING}: names of services are in lower case`
    return { message: `there is no service ${quote(service)}`, effect, help: `write \`${service.toLowerCase()}\`` }
  }
  if (region !== '' && !WILD.test(region) && !REGION.test(region)) {
    if (isPlaceholderField(region)) return placeholder(region, 'Region')
    return {
      message: `${quote(region)} is no Region`,
      effect: NOTHING,
      help: 'write a Region such as `us-east-1`, or `*`',
    }
  }
  if (account !== '' && !WILD.test(account) && !ACCOUNT.test(account)) {
    if (isPlaceholderField(account)) return placeholder(account, 'account')
    if (!OWNER.test(account))
      return { message: `${quote(account)} is no account`, effect: NOTHING, help: 'write twelve digits' }
  }
  // A short ARN has a wildcard here that nobody wrote.
  if (!WILD.test(service) || !WILD.test(value.split(':', 3)[2] ?? '')) return undefined
  return {
    message: `the service of ${quote(value)} has a wildcard`,
    effect: 'it names resources of services that nobody thought of',
    help: 'name the service',
    severity: 'suggestion',
  }
}

function partitionFault(partition: string, { service, region }: ArnFields): Fault {
  if (isPlaceholderField(partition)) return placeholder(partition, 'partition')
  const meant = didYouMean(partition, PARTITIONS)
  // A field that was left out shifts the others: a Region or an account stands where it cannot.
  const isShifted = REGION.test(service) || ACCOUNT.test(region)
  const help = isShifted || meant === undefined ? FORM : `did you mean \`${meant}\`?`
  return { message: `there is no partition ${quote(partition)}`, effect: REFUSED, help }
}
