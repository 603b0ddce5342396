/**
 * RevokeGrant: takes a grant away; whoever may does so without a token.
 *
 * Source: KMS API Reference, "RevokeGrant"; facts kms-behaviour 11.
 */
import { grantNotFound, removedGrant } from '../grant-removal.js'
import { STATE_ROWS } from '../key-state.js'
import { DRY_RUN, type Operation } from '../operation.js'

export const revokeGrant: Operation<'RevokeGrant'> = {
  name: 'RevokeGrant',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:RevokeGrant', on: 'key', details: ({ input }) => ({ grantId: input.GrantId }) }],
  audit: {
    readOnly: false,
    request: { KeyId: 'logged', GrantId: 'logged', DryRun: 'logged' },
    response: 'keyArn',
  },
  usage: 'none',
  run: ({ input, key, isDryRun }) => {
    const grant = key.grants.get(input.GrantId)
    if (grant === undefined) return grantNotFound(input.GrantId)
    return isDryRun ? DRY_RUN : { ok: true, value: { output: {}, changes: removedGrant(key, grant) } }
  },
}
