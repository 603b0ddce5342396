/**
 * Source: KMS API Reference, "TagResource"; kms-behaviour 12.
 */
import { succeed } from '../failure.js'
import { customerManagedFailure } from '../customer-managed.js'
import { changedKey } from '../key-change.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { withTags } from '../tags.js'

export const tagResource: Operation<'TagResource'> = {
  name: 'TagResource',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.notPendingDeletion }],
  checks: [{ action: 'kms:TagResource', on: 'key' }],
  usage: 'none',
  audit: { readOnly: false, request: { KeyId: 'logged', Tags: 'logged' }, response: 'keyArn' },
  run: ({ key, input, services }) => {
    const foreign = customerManagedFailure(key)
    if (foreign !== undefined) return { ok: false, error: foreign }
    const tags = withTags(key.record.tags, input.Tags, services.quotas.tagsPerKey)
    return tags.ok ? succeed({ output: {}, changes: changedKey(key, { ...key.record, tags: tags.value }) }) : tags
  },
}
