/**
 * Tags of keys: what may be put on one, and what they are afterwards.
 *
 * Source: KMS API Reference, "TagResource", "UntagResource"; KMS Developer Guide, "Tags in AWS KMS"; kms-behaviour 12.
 */
import type { Result } from '../text/source.js'
import { fail, succeed, type Failure } from './failure.js'
import type { Tag } from './shapes.js'

const RESERVED = fail('TagException', 'Tags beginning with aws: are reserved')

function isReserved(key: string): boolean {
  return key.toLowerCase().startsWith('aws:')
}

/** The tags with these put over them: one value for each key, and the keys that are there keep their place. */
export function withTags(tags: readonly Tag[], added: readonly Tag[], quota: number): Result<readonly Tag[], Failure> {
  const values = new Map(tags.map(({ TagKey, TagValue }) => [TagKey, TagValue]))
  const seen = new Set<string>()
  for (const { TagKey, TagValue } of added) {
    if (isReserved(TagKey)) return RESERVED
    if (seen.has(TagKey)) return fail('TagException', 'Duplicate tag keys')
    seen.add(TagKey)
    values.set(TagKey, TagValue)
  }
  if (values.size > quota) return fail('TagException', 'Too many tags')
  return succeed([...values].map(([TagKey, TagValue]) => ({ TagKey, TagValue })))
}

export function withoutTags(tags: readonly Tag[], keys: readonly string[]): Result<readonly Tag[], Failure> {
  const removed = new Set(keys)
  if (keys.some(isReserved)) return RESERVED
  return succeed(tags.filter(({ TagKey }) => !removed.has(TagKey)))
}
