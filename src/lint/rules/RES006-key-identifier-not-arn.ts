/**
 * A KMS key named by its bare ID, its `mrk-` ID or an alias name instead of an ARN.
 *
 * Source: KMS Developer Guide, "Specifying KMS keys in IAM policy statements".
 */
import { replaceText } from '../edits.js'
import { isKeyIdentifier } from '../facts/key-identifier.js'
import { resourceEntries } from '../facts/resource-entries.js'
import type { PolicyRule, ProjectFacts } from '../rule.js'
import { quote } from '../../text/escape.js'

export const keyIdentifierNotArn: PolicyRule = {
  on: 'policy',
  id: 'RES006',
  name: 'key-identifier-not-arn',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: ['identity', 'boundary', 'session', 'scp', 'rcp', 'vpce'],
  fix: 'unsafe',

  docs: {
    what: 'A KMS key named by its bare ID, its `mrk-` ID or an alias name instead of an ARN.',
    why: 'A policy takes ARNs. AWS refuses the policy.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Encrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Write the ARN of the key. `--unsafe-fixes` writes one from the account and Region of the project, or with `*`.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'INVALID_ARN_PREFIX' }],
    source: 'KMS Developer Guide, "Specifying KMS keys in IAM policy statements"',
  },
  check({ policy, project }, report) {
    for (const { resource } of policy.statements) {
      if (resource === undefined) continue
      for (const { item, form } of resourceEntries(resource)) {
        if (form !== 'other' || !isKeyIdentifier(item.value)) continue
        const isAlias = item.value.startsWith('alias/')
        const arn = arnOf(item.value, project)
        report({
          at: item,
          message: `${quote(item.value)} is ${isAlias ? 'an alias name' : 'a key ID'}, and a resource is an ARN`,
          effect: 'AWS refuses the policy',
          help: isAlias ? 'write the ARN of the key, or test `kms:ResourceAliases`' : 'write the ARN of the key',
          fix: {
            safety: 'unsafe',
            title: `write \`${arn}\``,
            edits: replaceText(policy.where, item, arn),
            repair: true,
          },
        })
      }
    }
  },
}

function arnOf(identifier: string, { partition = 'aws', region = '*', accounts }: ProjectFacts): string {
  const name = identifier.includes('/') ? identifier : `key/${identifier}`
  return `arn:${partition}:kms:${region}:${accounts[0] ?? '*'}:${name}`
}
