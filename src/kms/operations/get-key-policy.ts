/**
 * Source: KMS API Reference, "GetKeyPolicy".
 */
import { succeed } from '../failure.js'
import { noSuchPolicy, POLICY_NAME } from '../key-policy.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'

export const getKeyPolicy: Operation<'GetKeyPolicy'> = {
  name: 'GetKeyPolicy',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:GetKeyPolicy', on: 'key' }],
  usage: 'none',
  audit: { readOnly: true, request: { KeyId: 'logged', PolicyName: 'logged' }, response: 'nothing' },
  run: ({ key, input }) =>
    noSuchPolicy(input.PolicyName) ?? succeed({ output: { Policy: key.policy, PolicyName: POLICY_NAME } }),
}
