/**
 * ListGrants: the grants of one key.
 *
 * Source: KMS API Reference, "ListGrants"; facts kms-behaviour 11 and 14.
 */
import { after } from '../awaitable.js'
import { fail } from '../failure.js'
import { grantNotFound } from '../grant-removal.js'
import { grantListEntry } from '../grant-request.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { pageOfRows, SHORT_PAGES } from '../page.js'
import { parseRecord, type GrantRecord } from '../records.js'
import { grantsPrefix } from '../row-names.js'
import { isServiceCaller } from '../caller.js'

export const listGrants: Operation<'ListGrants'> = {
  name: 'ListGrants',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:ListGrants', on: 'key' }],
  audit: {
    readOnly: true,
    request: {
      Limit: 'logged',
      Marker: 'logged',
      KeyId: 'logged',
      GrantId: 'logged',
      GranteePrincipal: 'logged',
      GranteeServicePrincipal: 'logged',
    },
    response: 'nothing',
  },
  usage: 'none',
  run: ({ input, key, caller, services }) => {
    const { GrantId, GranteePrincipal, GranteeServicePrincipal } = input
    if (GranteePrincipal !== undefined && GranteeServicePrincipal !== undefined) {
      return fail('ValidationException', 'Only one of GranteePrincipal and GranteeServicePrincipal may be given.')
    }
    if (GranteeServicePrincipal !== undefined && !isServiceCaller(caller)) {
      return fail('ValidationException', 'GranteeServicePrincipal may be given by service principals alone.')
    }
    if (GrantId !== undefined) {
      const grant = key.grants.get(GrantId)
      if (grant === undefined) return grantNotFound(GrantId)
      const Grants = matches(grant.record, input) ? [grantListEntry(key, grant.record)] : []
      return { ok: true, value: { output: { Grants, Truncated: false } } }
    }
    return after(
      pageOfRows(input, SHORT_PAGES, grantsPrefix(key.place), services, ({ name, value }) => {
        const record = parseRecord<GrantRecord>(name, value)
        return matches(record, input) ? grantListEntry(key, record) : undefined
      }),
      (page) => (page.ok ? { ok: true, value: { output: { Grants: page.value.entries, ...page.value.more } } } : page),
    )
  },
}

function matches(
  { granteePrincipal, granteeServicePrincipal }: GrantRecord,
  wanted: { readonly GranteePrincipal?: string | undefined; readonly GranteeServicePrincipal?: string | undefined },
): boolean {
  const { GranteePrincipal, GranteeServicePrincipal } = wanted
  return (
    (GranteePrincipal === undefined || GranteePrincipal === granteePrincipal) &&
    (GranteeServicePrincipal === undefined || GranteeServicePrincipal === granteeServicePrincipal)
  )
}
