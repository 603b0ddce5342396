/**
 * ListRetirableGrants: the grants in a Region that a principal of the caller's account may retire, on keys of any
 * account.
 *
 * Source: KMS API Reference, "ListRetirableGrants"; facts kms-behaviour 3, 11 and 14.
 */
import { parsePrincipalArn } from '../../text/principal-arn.js'
import { after } from '../awaitable.js'
import { isServiceCaller } from '../caller.js'
import { fail } from '../failure.js'
import { grantListEntry } from '../grant-request.js'
import type { Operation } from '../operation.js'
import { pageOfRows, SHORT_PAGES } from '../page.js'
import { retirablePrefix, retirableTarget } from '../row-names.js'

export const listRetirableGrants: Operation<'ListRetirableGrants'> = {
  name: 'ListRetirableGrants',
  targets: [],
  checks: [{ action: 'kms:ListRetirableGrants', on: 'nothing' }],
  audit: {
    readOnly: true,
    request: { Limit: 'logged', Marker: 'logged', RetiringPrincipal: 'logged', RetiringServicePrincipal: 'logged' },
    response: 'nothing',
  },
  usage: 'none',
  run: ({ input, caller, region, services }) => {
    const { RetiringPrincipal, RetiringServicePrincipal } = input
    const principal = RetiringPrincipal ?? RetiringServicePrincipal
    if (principal === undefined || (RetiringPrincipal !== undefined && RetiringServicePrincipal !== undefined)) {
      return fail('ValidationException', 'Exactly one of RetiringPrincipal and RetiringServicePrincipal must be given.')
    }
    if (RetiringPrincipal === undefined) {
      if (!isServiceCaller(caller)) {
        return fail('ValidationException', 'RetiringServicePrincipal may be given by service principals alone.')
      }
    } else {
      const parsed = parsePrincipalArn(RetiringPrincipal)
      if (!parsed.ok) return fail('InvalidArnException', `ARN '${RetiringPrincipal}' is not a valid principal.`)
      if (parsed.value.account !== caller.accountId) {
        return fail('ValidationException', 'RetiringPrincipal must be a principal of the account of the caller.')
      }
    }
    return after(
      pageOfRows(input, SHORT_PAGES, retirablePrefix(region, principal), services, ({ name }) => {
        const target = retirableTarget(name)
        if (target === undefined) return undefined
        return after(services.keys.at(target.place), (key) => {
          const grant = key?.grants.get(target.grantId)
          return key === undefined || grant === undefined ? undefined : grantListEntry(key, grant.record)
        })
      }),
      (page) => (page.ok ? { ok: true, value: { output: { Grants: page.value.entries, ...page.value.more } } } : page),
    )
  },
}
