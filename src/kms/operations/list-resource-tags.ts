/**
 * Source: KMS API Reference, "ListResourceTags".
 */
import { succeed } from '../failure.js'
import { STATE_ROWS } from '../key-state.js'
import type { Operation } from '../operation.js'
import { pageOfList } from '../page.js'

const PAGES = { max: 50, usual: 50 }

export const listResourceTags: Operation<'ListResourceTags'> = {
  name: 'ListResourceTags',
  targets: [{ role: 'key', find: 'named', member: 'KeyId', forms: 'keys', states: STATE_ROWS.any }],
  checks: [{ action: 'kms:ListResourceTags', on: 'key' }],
  usage: 'none',
  audit: { readOnly: true, request: { KeyId: 'logged', Limit: 'logged', Marker: 'logged' }, response: 'nothing' },
  run: ({ key, input, services }) => {
    const page = pageOfList(input, PAGES, `ListResourceTags ${key.arn}`, services, key.record.tags)
    return page.ok ? succeed({ output: { Tags: page.value.entries, ...page.value.more } }) : page
  },
}
