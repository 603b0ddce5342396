/**
 * A symmetric encryption key without automatic rotation; an error for rotation where it is impossible, and for a
 * rotation period outside of 90 to 2560 days.
 *
 * Source: KMS Developer Guide, "Rotate AWS KMS keys".
 */
import { replaceScalar } from '../facts/scalar-edit.js'
import { isKeyResource, keyKind } from '../facts/key-kind.js'
import type { TemplateResource, TemplateRule, Report } from '../rule.js'
import { quote } from '../../text/escape.js'
import type { SourceText } from '../../text/source.js'

export const rotation: TemplateRule = {
  on: 'template',
  id: 'KMS012',
  name: 'rotation',
  severity: 'warning',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A symmetric encryption key without automatic rotation; an error for rotation where it is impossible, and for a rotation period outside of 90 to 2560 days.',
    why: 'Rotation costs nothing in use and limits what one piece of key material protects. Keys that are asymmetric, for HMACs, imported or in a custom key store cannot be rotated automatically, and the deployment fails.',
    bad: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "KeySpec": "RSA_2048",\n        "KeyUsage": "SIGN_VERIFY",\n        "EnableKeyRotation": true\n      }\n    }\n  }\n}',
      },
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "Description": "data"\n      }\n    }\n  }\n}',
      },
    ],
    good: [
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "EnableKeyRotation": true\n      }\n    }\n  }\n}',
      },
      {
        form: 'template',
        text: '{\n  "Resources": {\n    "Key": {\n      "Type": "AWS::KMS::Key",\n      "Properties": {\n        "KeySpec": "HMAC_256",\n        "KeyUsage": "GENERATE_VERIFY_MAC"\n      }\n    }\n  }\n}',
      },
    ],
    fix: 'Set `EnableKeyRotation` for symmetric encryption keys with AWS_KMS origin; remove it elsewhere and rotate such keys by hand. `--fix` turns off what cannot be.',
    whenToIgnore: 'Where keys are rotated by hand.',
    equivalents: [
      { tool: 'Checkov', code: 'CKV_AWS_7' },
      { tool: 'Trivy', code: 'AWS-0065' },
      { tool: 'cdk-nag', code: 'AwsSolutions-KMS5' },
    ],
    source: 'KMS Developer Guide, "Rotate AWS KMS keys"',
  },

  check({ template }, report) {
    for (const resource of template.resources) if (isKeyResource(resource)) checkKey(resource, template.source, report)
  },
}

const MIN_DAYS = 90
const MAX_DAYS = 2560

function checkKey(resource: TemplateResource, source: SourceText, report: Report): void {
  const { properties, places, span } = resource
  const rotation = properties['EnableKeyRotation']
  const isOpen = rotation === undefined && 'EnableKeyRotation' in places
  const isRotated = String(rotation).toLowerCase() === 'true'
  const obstacle = obstacleOf(resource)
  if (isRotated && typeof obstacle === 'string') {
    const at = places['EnableKeyRotation'] ?? span
    report({
      at,
      message: `${obstacle} cannot be rotated automatically`,
      effect: 'the deployment fails',
      help: 'remove it, and rotate such a key by hand',
      severity: 'error',
      // The template cannot be deployed as it stands.
      fix: { safety: 'safe', title: 'write `false`', edits: replaceScalar(source, at, 'false'), repair: true },
    })
  }
  if (!isRotated && !isOpen && obstacle === undefined) {
    report({
      at: places['EnableKeyRotation'] ?? span,
      message: 'the key is not rotated automatically',
      effect: 'one piece of key material protects everything, for as long as the key lives',
      help: 'set `EnableKeyRotation` to `true`',
    })
  }
  const period = properties['RotationPeriodInDays']
  const days = typeof period === 'number' ? period : typeof period === 'string' ? Number(period) : undefined
  if (days !== undefined && Number.isFinite(days) && (days < MIN_DAYS || days > MAX_DAYS)) {
    report({
      at: places['RotationPeriodInDays'] ?? span,
      message: `a rotation period of ${quote(String(days))} days is outside of ${MIN_DAYS} to ${MAX_DAYS}`,
      effect: 'the deployment fails',
      help: `write a number from ${MIN_DAYS} to ${MAX_DAYS}`,
      severity: 'error',
    })
  }
}

/** What is in the way of rotation; `open` where only deployment tells. */
function obstacleOf(resource: TemplateResource): string | { readonly open: true } | undefined {
  const { properties, places, type } = resource
  const said = properties['Origin']
  const origin = typeof said === 'string' ? said : type === 'aws_kms_external_key' ? 'EXTERNAL' : 'AWS_KMS'
  const kind = keyKind(resource, places)
  if (kind === undefined || (!('Origin' in properties) && 'Origin' in places)) return { open: true }
  if (!kind.isSymmetric) return `a key of ${kind.spec}`
  if (properties['CustomKeyStoreId'] !== undefined) return 'a key of a custom key store'
  return origin === 'AWS_KMS' ? undefined : `a key of origin ${quote(origin)}`
}
