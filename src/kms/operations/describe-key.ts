/**
 * Source: KMS API Reference, "DescribeKey".
 */
import { STATE_ROWS } from '../key-state.js'
import { keyMetadata } from '../metadata.js'
import type { Operation } from '../operation.js'

export const describeKey: Operation<'DescribeKey'> = {
  name: 'DescribeKey',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keysAndAliases', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:DescribeKey', on: 'key' }],
  usage: 'none',
  audit: { readOnly: true, request: { KeyId: 'logged', GrantTokens: 'hidden' }, response: 'nothing' },
  run: ({ key }) => ({ ok: true, value: { output: { KeyMetadata: keyMetadata(key.place, key.record, key.state) } } }),
}
