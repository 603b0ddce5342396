/**
 * ListAliases: the aliases of an account in a Region, or of one key.
 *
 * Source: KMS API Reference, "ListAliases"; facts kms-behaviour 4 and 14.
 */
import { after } from '../awaitable.js'
import { fail } from '../failure.js'
import type { Operation } from '../operation.js'
import { pageOfRows, SHORT_PAGES } from '../page.js'
import { parseRecord, type AliasRecord } from '../records.js'
import { aliasArn, aliasesPrefix, aliasRow, decodedTail, keyAliasesPrefix } from '../row-names.js'
import type { AliasListEntry } from '../shapes.js'
import type { Row } from '../store.js'

export const listAliases: Operation<'ListAliases'> = {
  name: 'ListAliases',
  targets: [],
  checks: [{ action: 'kms:ListAliases', on: 'nothing' }],
  audit: { readOnly: true, request: { KeyId: 'logged', Limit: 'logged', Marker: 'logged' }, response: 'nothing' },
  usage: 'none',
  run: ({ input, caller: { accountId }, region, services }) => {
    if (accountId === undefined) return fail('ValidationException', 'Aliases are listed for an account.')
    const entryOf = (row: Row): AliasListEntry => {
      const { aliasName, targetKeyId, createdAtMs, updatedAtMs } = parseRecord<AliasRecord>(row.name, row.value)
      return {
        AliasName: aliasName,
        AliasArn: aliasArn(accountId, region, aliasName),
        TargetKeyId: targetKeyId,
        CreationDate: new Date(createdAtMs),
        LastUpdatedDate: new Date(updatedAtMs),
      }
    }
    const { KeyId } = input
    if (KeyId === undefined) {
      return after(pageOfRows(input, SHORT_PAGES, aliasesPrefix(accountId, region), services, entryOf), (page) =>
        page.ok ? { ok: true, value: { output: { Aliases: page.value.entries, ...page.value.more } } } : page,
      )
    }
    return after(services.keys.find(KeyId, 'keys', { accountId, region }), (key) => {
      if (!key.ok) return key
      // A list of one's own account: a key of another one has no aliases in it.
      if (key.value.accountId !== accountId) return fail('NotFoundException', `Key '${KeyId}' does not exist`)
      const prefix = keyAliasesPrefix(key.value.place)
      const named = (row: Row): AliasListEntry | undefined | Promise<AliasListEntry | undefined> =>
        after(services.store.get(aliasRow(accountId, region, decodedTail(row.name))), (alias) =>
          alias === undefined ? undefined : entryOf(alias),
        )
      return after(pageOfRows(input, SHORT_PAGES, prefix, services, named), (page) =>
        page.ok ? { ok: true, value: { output: { Aliases: page.value.entries, ...page.value.more } } } : page,
      )
    })
  },
}
