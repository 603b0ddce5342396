/**
 * A short waiting period before deletion, or one outside of 7 to 30 days; the lockout safety check bypassed; a
 * disabled key with rotation.
 *
 * Source: KMS API Reference, "ScheduleKeyDeletion" and "PutKeyPolicy".
 */
import { replaceScalar } from '../facts/scalar-edit.js'
import { isKeyResource } from '../facts/key-kind.js'
import type { Report, TemplateResource, TemplateRule } from '../rule.js'
import type { SourceText, Span } from '../../text/source.js'

export const deletionSafety: TemplateRule = {
  on: 'template',
  id: 'KMS013',
  name: 'deletion-safety',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'unsafe',
  options: [
    {
      name: 'minimumWindowDays',
      type: 'number',
      default: 14,
      description: 'The shortest waiting period before deletion that is not reported, in days.',
    },
  ],

  docs: {
    what: 'A short waiting period before deletion, or one outside of 7 to 30 days; the lockout safety check bypassed; a disabled key with rotation.',
    why: 'A deleted key takes all its data with it. The waiting period is the time in which somebody may notice; the lockout safety check keeps a key from becoming unmanageable.',
    bad: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "EnableKeyRotation": true,\n        "PendingWindowInDays": 7\n      }\n    }\n  }\n}',
      },
    ],
    good: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "EnableKeyRotation": true,\n        "PendingWindowInDays": 30\n      }\n    }\n  }\n}',
      },
    ],
    fix: 'Leave the waiting period at 30 days, and remove `BypassPolicyLockoutSafetyCheck`. `--unsafe-fixes` does so.',
    whenToIgnore: 'In stacks for tests, whose keys protect nothing.',
    equivalents: [{ tool: 'Checkov', code: 'CKV_AWS_227' }],
    source: 'KMS API Reference, "ScheduleKeyDeletion" and "PutKeyPolicy"',
  },

  check({ template, options }, report) {
    const minimum = typeof options['minimumWindowDays'] === 'number' ? options['minimumWindowDays'] : MIN_DAYS
    for (const resource of template.resources) {
      if (!isKeyResource(resource)) continue
      checkWindow(resource, template.source, minimum, report)
      checkFlags(resource, template.source, report)
    }
  },
}

const MIN_DAYS = 7
const MAX_DAYS = 30
/** CloudFormation and Terraform call it differently. */
const WINDOWS = ['PendingWindowInDays', 'DeletionWindowInDays'] as const

function checkWindow(
  { properties, places, span }: TemplateResource,
  source: SourceText,
  minimum: number,
  report: Report,
): void {
  for (const name of WINDOWS) {
    const value = properties[name]
    const days = typeof value === 'string' && value !== '' ? Number(value) : value
    if (typeof days !== 'number' || !Number.isFinite(days)) continue
    const isImpossible = days < MIN_DAYS || days > MAX_DAYS
    if (!isImpossible && days >= minimum) continue
    const at = places[name] ?? span
    report({
      at,
      message: isImpossible
        ? `a waiting period of ${days} days is outside of ${MIN_DAYS} to ${MAX_DAYS}`
        : `a waiting period of ${days} days leaves little time to notice a deletion`,
      effect: isImpossible ? 'the deployment fails' : 'the key and all that it protects are gone after that',
      help: `write ${MAX_DAYS}`,
      fix: {
        safety: 'unsafe',
        title: `write ${MAX_DAYS}`,
        edits: replaceScalar(source, at, String(MAX_DAYS)),
      },
    })
  }
}

function checkFlags({ properties, places, span }: TemplateResource, source: SourceText, report: Report): void {
  const isTrue = (name: string): boolean => String(properties[name]).toLowerCase() === 'true'
  const placeOf = (name: string): Span => places[name] ?? span
  if (isTrue('BypassPolicyLockoutSafetyCheck')) {
    const at = placeOf('BypassPolicyLockoutSafetyCheck')
    report({
      at,
      message: 'the lockout safety check is bypassed',
      effect: 'a policy under which nobody can manage the key is accepted',
      help: 'remove it',
      fix: { safety: 'unsafe', title: 'write `false`', edits: replaceScalar(source, at, 'false') },
    })
  }
  const enabled = ['Enabled', 'IsEnabled'].find((name) => String(properties[name]).toLowerCase() === 'false')
  if (enabled !== undefined && isTrue('EnableKeyRotation')) {
    report({
      at: placeOf(enabled),
      message: 'a disabled key is not rotated',
      effect: 'the rotation that the template asks for does not happen',
      help: 'enable the key, or remove `EnableKeyRotation`',
    })
  }
}
