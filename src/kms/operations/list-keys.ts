/**
 * Source: KMS API Reference, "ListKeys".
 */
import { after } from '../awaitable.js'
import { fail, succeed } from '../failure.js'
import type { Operation } from '../operation.js'
import { LONG_PAGES, pageOfRows } from '../page.js'
import { keyArn, keysPrefix } from '../row-names.js'

export const listKeys: Operation<'ListKeys'> = {
  name: 'ListKeys',
  targets: [],
  checks: [{ action: 'kms:ListKeys', on: 'nothing' }],
  usage: 'none',
  audit: { readOnly: true, request: { Limit: 'logged', Marker: 'logged' }, response: 'nothing' },
  run: ({ input, caller: { accountId }, region, services }) => {
    if (accountId === undefined) return fail('ValidationException', 'The caller has no account to list the keys of.')
    const prefix = keysPrefix(accountId, region)
    const page = pageOfRows(input, LONG_PAGES, prefix, services, ({ name }) => {
      const keyId = name.slice(prefix.length)
      return { KeyId: keyId, KeyArn: keyArn({ accountId, region, keyId }) }
    })
    return after(page, (listed) =>
      listed.ok ? succeed({ output: { Keys: listed.value.entries, ...listed.value.more } }) : listed,
    )
  },
}
