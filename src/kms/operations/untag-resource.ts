/**
 * Source: KMS API Reference, "UntagResource"; kms-behaviour 12.
 */
import { succeed } from '../failure.js'
import { customerManagedFailure } from '../customer-managed.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { withoutTags } from '../tags.js'

export const untagResource: Operation<'UntagResource'> = {
  name: 'UntagResource',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notPendingDeletion }],
  checks: [{ action: 'kms:UntagResource', on: 'key' }],
  usage: 'none',
  audit: { readOnly: false, request: { KeyId: 'logged', TagKeys: 'logged' }, response: 'keyArn' },
  run: ({ key, input }) => {
    const foreign = customerManagedFailure(key)
    if (foreign !== undefined) return { ok: false, error: foreign }
    const tags = withoutTags(key.record.tags, input.TagKeys)
    return tags.ok ? succeed({ output: {}, changes: changedKey(key, { ...key.record, tags: tags.value }) }) : tags
  },
}
