/**
 * RetireGrant: ends a grant by its token, or by its key and id.
 *
 * Source: KMS API Reference, "RetireGrant"; KMS Developer Guide, "Retiring and revoking grants"; facts kms-behaviour 11.
 */
import { fail, type Failure } from '../failure.js'
import { grantNotFound, malformedGrantId, removedGrant } from '../grant-removal.js'
import { STATE_ROWS } from '../key-state.js'
import type { LoadedKey } from '../loaded-key.js'
import { DRY_RUN, type Call, type Operation } from '../operation.js'
import type { Awaitable } from '../store.js'
import type { Result } from '../../text/source.js'

export const retireGrant: Operation<'RetireGrant'> = {
  name: 'RetireGrant',
  targets: [{ role: 'key', find: 'otherwise', lookUp: keyOfGrant, states: STATE_ROWS.any }],
  checks: [{ action: 'kms:RetireGrant', on: 'key', details: namedGrant }],
  audit: {
    readOnly: false,
    request: { GrantToken: 'hidden', KeyId: 'logged', GrantId: 'logged', DryRun: 'logged' },
    response: 'keyArn',
  },
  usage: 'none',
  run: (call) => {
    const grantId = grantIdOf(call) ?? ''
    const grant = call.key.grants.get(grantId)
    if (grant === undefined) return grantNotFound(grantId)
    if (call.isDryRun) return DRY_RUN
    return {
      ok: true,
      value: { output: {}, changes: removedGrant(call.key, grant), audit: { additionalEventData: { grantId } } },
    }
  },
}

/** Its token makes a grant that is not in effect everywhere yet one that can be retired; its id alone does not. */
function namedGrant(call: Call<'RetireGrant'>): { readonly grantId: string; readonly grantTokens?: readonly string[] } {
  const grantId = grantIdOf(call) ?? ''
  return call.input.GrantToken === undefined ? { grantId } : { grantId, grantTokens: [grantId] }
}

function grantIdOf({ input, services }: Call<'RetireGrant'>): string | undefined {
  return input.GrantToken === undefined ? input.GrantId : services.tokens.readGrantToken(input.GrantToken)?.grantId
}

/** A grant is named by its token alone, or by key and id together. */
function keyOfGrant({ input, caller, region, services }: Call<'RetireGrant'>): Awaitable<Result<LoadedKey, Failure>> {
  const { GrantToken, KeyId, GrantId } = input
  const home = { accountId: caller.accountId, region }
  if (GrantToken !== undefined) {
    if (KeyId !== undefined || GrantId !== undefined) {
      return fail('ValidationException', 'Either a grant token or a key ID and a grant ID must be given.')
    }
    const token = services.tokens.readGrantToken(GrantToken)
    if (token === undefined) return fail('InvalidGrantTokenException', 'The grant token is not valid.')
    return services.keys.find(token.keyArn, 'keys', home)
  }
  if (KeyId === undefined || GrantId === undefined) {
    return fail('ValidationException', 'Either a grant token or a key ID and a grant ID must be given.')
  }
  // Nobody may retire a grant that is not there; what is no grant ID at all is said before that is asked.
  return malformedGrantId(GrantId) ?? services.keys.find(KeyId, 'keys', home)
}
