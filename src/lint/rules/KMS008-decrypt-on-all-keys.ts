/**
 * An Allow of decryption on every key of every account, without a condition that narrows the keys.
 *
 * Source: KMS Developer Guide, "Best practices for IAM policies".
 */
import { actionEntries } from '../facts/action-entries.js'
import { holderAccess, holderRequest, type HolderQuestion } from '../facts/holder-access.js'
import { plainRequest } from '../facts/holder-world.js'
import { kmsActionsOf, kmsActionsOfEntry } from '../facts/kms-actions-of.js'
import { aloneUnderDenies, keyIn, LINT_OPTIONS } from '../facts/key-world.js'
import { resourceEntries } from '../facts/resource-entries.js'
import type { StatementView, TextValue } from '../policy-view.js'
import type { PolicyRule } from '../rule.js'
import { anyAccess } from '../../solve/access.js'
import { quote } from '../../text/escape.js'
import type { Span } from '../../text/source.js'

export const decryptOnAllKeys: PolicyRule = {
  on: 'policy',
  id: 'KMS008',
  name: 'decrypt-on-all-keys',
  severity: 'security',
  precision: 'high',
  default: 'on',
  kinds: ['identity', 'boundary'],
  fix: 'no',

  docs: {
    what: 'An Allow of decryption on every key of every account, without a condition that narrows the keys.',
    why: 'Whoever holds the policy reads whatever any key policy that trusts identity policies protects, now and later.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "*"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": "kms:Decrypt",\n      "Resource": "*",\n      "Condition": {\n        "StringEquals": {\n          "kms:ViaService": "s3.us-west-2.amazonaws.com"\n        }\n      }\n    }\n  ]\n}',
      },
    ],
    fix: 'List the ARNs of keys, or narrow by `kms:ViaService`, `aws:ResourceAccount`, a tag, an alias or the encryption context.',
    whenToIgnore: 'For administrators of data, and for services that decrypt for everybody.',
    equivalents: [
      { tool: 'Security Hub', code: 'KMS.1' },
      { tool: 'Security Hub', code: 'KMS.2' },
      { tool: 'tfsec', code: 'AWS097' },
    ],
    source: 'KMS Developer Guide, "Best practices for IAM policies"',
  },

  check({ policy }, report) {
    const { document } = policy
    if (document === undefined) return
    for (const statement of policy.statements) {
      const { effect, action, index } = statement
      if (effect !== 'Allow' || action === undefined || !DECRYPTING.some((name) => kmsActionsOf(action).has(name)))
        continue
      const at = everyKey(statement)
      if (at === undefined) continue
      const alone = aloneUnderDenies(document, index)
      const found = holderAccess(alone, ANY_KEY)
      if (found === undefined) continue
      const entry = actionEntries(action).find((one) => DECRYPTING.some((name) => kmsActionsOfEntry(one).has(name)))
      const named = entry === undefined || action.negated ? 'the statement' : quote(entry.item.value)
      report({
        at,
        message: `${named} allows decryption with every key`,
        effect: 'whoever has the policy reads what any key protects whose key policy trusts identity policies',
        help: 'list the ARNs of keys, or narrow by `kms:ViaService`, `aws:ResourceAccount`, a tag or an alias',
        witness: holderRequest(found, alone, `its holder may ${found.witness.request.action} with any key`),
      })
    }
  },
}

const DECRYPTING = ['kms:Decrypt', 'kms:ReEncryptFrom']
/** That nothing names. */
const SOME_KEY = keyIn('999988887777', 'eu-north-1')

const ANY_KEY: HolderQuestion = {
  name: 'decrypts',
  actions: DECRYPTING,
  keys: [SOME_KEY],
  request: plainRequest,
  ask(world, scope, policy) {
    const found = anyAccess(world, { ...scope, actions: DECRYPTING, context: plainRequest(policy) }, LINT_OPTIONS)
    return found.answer === 'yes' ? found : undefined
  },
}

/** The entry that takes in a key of any account and Region. */
function everyKey({ resource }: StatementView): Span | undefined {
  if (resource === undefined) return undefined
  if (resource.negated) return resource.member.value
  const found = resourceEntries(resource).find(
    ({ form, fields, hasVariable }) =>
      form === 'any' ||
      (fields !== undefined &&
        !hasVariable &&
        /^(?:\*|kms)$/.test(fields.service) &&
        fields.region === '*' &&
        fields.account === '*' &&
        /^(?:key\/)?\*+$/.test(fields.resource)),
  )
  const item: TextValue | undefined = found?.item
  return item
}
