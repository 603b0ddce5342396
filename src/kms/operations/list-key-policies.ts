/**
 * Source: KMS API Reference, "ListKeyPolicies".
 */
import { succeed } from '../failure.js'
import { POLICY_NAME } from '../key-policy.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { LONG_PAGES, pageOfList } from '../page.js'

export const listKeyPolicies: Operation<'ListKeyPolicies'> = {
  name: 'ListKeyPolicies',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:ListKeyPolicies', on: 'key' }],
  usage: 'none',
  audit: { readOnly: true, request: { KeyId: 'logged', Limit: 'logged', Marker: 'logged' }, response: 'nothing' },
  run: ({ key, input, services }) => {
    const page = pageOfList(input, LONG_PAGES, `ListKeyPolicies ${key.arn}`, services, [POLICY_NAME])
    return page.ok ? succeed({ output: { PolicyNames: page.value.entries, ...page.value.more } }) : page
  },
}
