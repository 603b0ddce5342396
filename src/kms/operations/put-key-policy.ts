/**
 * Source: KMS API Reference, "PutKeyPolicy"; facts H; kms-behaviour 12.
 */
import { fail, succeed } from '../failure.js'
import { keyUnchanged } from '../key-change.js'
import { propertiesOf } from '../key-maker.js'
import { checkNewPolicy, noSuchPolicy } from '../key-policy.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { put } from '../records.js'
import { policyRow } from '../row-names.js'

export const putKeyPolicy: Operation<'PutKeyPolicy'> = {
  name: 'PutKeyPolicy',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:PutKeyPolicy', on: 'key' }],
  usage: 'none',
  audit: {
    readOnly: false,
    request: { KeyId: 'logged', PolicyName: 'logged', Policy: 'logged', BypassPolicyLockoutSafetyCheck: 'logged' },
    response: 'keyArn',
  },
  run: (call) => {
    const { key, input } = call
    const missing = noSuchPolicy(input.PolicyName)
    if (missing !== undefined) return missing
    if (key.record.keyManager === 'AWS') {
      return fail('UnsupportedOperationException', `${key.arn} is managed by AWS and its policy cannot be changed.`)
    }
    const checked = checkNewPolicy(call, {
      keyArn: key.arn,
      properties: { ...propertiesOf(key.record, key.place.region), aliases: key.aliases },
      text: input.Policy,
      bypassesLockoutCheck: input.BypassPolicyLockoutSafetyCheck === true,
    })
    if (!checked.ok) return checked
    const record = { form: 1 as const, policy: input.Policy }
    const changes = [keyUnchanged(key), put(policyRow(key.place), record, { version: key.policyVersion })]
    return succeed({ output: {}, changes })
  },
}
