/**
 * A range of `aws:SourceIp` that is private, has host bits, or takes in every address.
 *
 * Source: IAM User Guide, "AWS global condition context keys" (aws:SourceIp).
 */
import { replaceText } from '../edits.js'
import type { PolicyView, TextValue } from '../policy-view.js'
import type { PolicyRule, Report } from '../rule.js'
import { quote } from '../../text/escape.js'
import { formatIpAddress, isInRange, parseIpAddress, parseIpRange, type IpRange } from '../../text/ip.js'

export const ipRange: PolicyRule = {
  on: 'policy',
  id: 'CON012',
  name: 'ip-range',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A range of `aws:SourceIp` that is private, has host bits, or takes in every address.',
    why: '`aws:SourceIp` holds public addresses, so a private range never matches; requests through a VPC endpoint do not carry the key. Bits behind the prefix are ignored. A range of everything restricts nothing.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "IpAddress": {\n          "aws:SourceIp": "10.0.0.0/8"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",\n      "Condition": {\n        "IpAddress": {\n          "aws:SourceIp": "203.0.113.0/24"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'Write the public range, or test `aws:VpcSourceIp` for private ones. `--fix` clears host bits.',
    whenToIgnore: 'Never.',
    equivalents: [
      { tool: 'IAM Access Analyzer', code: 'PRIVATE_IP_ADDRESS' },
      { tool: 'IAM Access Analyzer', code: 'IMPROVE_IP_RANGE' },
    ],
    source: 'IAM User Guide, "AWS global condition context keys" (aws:SourceIp)',
  },
  check({ policy }, report) {
    for (const { conditions } of policy.statements) {
      for (const { parsed, key, values } of conditions) {
        if (parsed?.base !== 'IpAddress' || key.key.toLowerCase() !== 'aws:sourceip') continue
        for (const item of values) if (item.known) checkRange(item, parsed.negated, policy, report)
      }
    }
  },
}

/** Not routed on the internet: RFC 1918, RFC 4193, loopback and link-local. */
const PRIVATE: readonly IpRange[] = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '127.0.0.0/8',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
  '::1/128',
].flatMap((range) => parseIpRange(range) ?? [])

function checkRange(item: TextValue, isNegated: boolean, { where }: PolicyView, report: Report): void {
  const range = parseIpRange(item.value)
  if (range === undefined) return
  if (range.prefixLength === 0) {
    report({
      at: item,
      message: `${quote(item.value)} is every address`,
      effect: isNegated
        ? 'the test holds only for requests without an address'
        : 'the test restricts nothing but requests through VPC endpoints',
      help: 'write the range that is meant',
      severity: 'warning',
    })
    return
  }
  const first = { family: range.family, value: range.first }
  const last = { family: range.family, value: range.last }
  if (PRIVATE.some((all) => isInRange(first, all) && isInRange(last, all))) {
    report({
      at: item,
      message: `${quote(item.value)} is a private range, and \`aws:SourceIp\` holds public addresses`,
      effect: isNegated ? 'it excludes nobody' : 'it never matches',
      help: 'write the public range, or test `aws:VpcSourceIp`',
    })
    return
  }
  const slash = item.value.indexOf('/')
  const address = slash < 0 ? undefined : parseIpAddress(item.value.slice(0, slash))
  if (address === undefined || address.family !== range.family || address.value === range.first) return
  const better = `${formatIpAddress(first)}/${range.prefixLength}`
  report({
    at: item,
    message: `${quote(item.value)} has bits behind its prefix, which are ignored`,
    effect: `it means ${quote(better)}`,
    help: `write \`${better}\``,
    severity: 'suggestion',
    fix: { safety: 'safe', title: `write \`${better}\``, edits: replaceText(where, item, better) },
  })
}
