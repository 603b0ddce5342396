/** What is known of one condition key, as a test can say it; shared by `known-keys` and `known-kms-keys`. */
import { expect, test } from 'vitest'
import { deriveContext, deriveContextKey, unknownKeys } from '../../src/decide/derive.js'
import type { ContextValue, PrincipalFacts, RequestFacts, ResourceFacts } from '../../src/decide/facts.js'

export const A = '111122223333'
export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
export const KEY = `arn:aws:kms:us-west-2:${A}:key/${KEY_ID}`
export const MRK = `arn:aws:kms:eu-west-1:${A}:key/mrk-1234abcd12ab34cd56ef1234567890ab`

export const user: PrincipalFacts = { type: 'user', arn: `arn:aws:iam::${A}:user/team/Alice`, accountId: A }
export const root: PrincipalFacts = { type: 'root', arn: `arn:aws:iam::${A}:root`, accountId: A }
export const session: PrincipalFacts = {
  type: 'role',
  arn: `arn:aws:sts::${A}:assumed-role/App/i-0abc`,
  accountId: A,
  roleArn: `arn:aws:iam::${A}:role/app/App`,
}
/** Any session of the role. */
export const role: PrincipalFacts = { type: 'role', arn: `arn:aws:iam::${A}:role/app/App`, accountId: A }
export const federated: PrincipalFacts = {
  type: 'federated',
  arn: `arn:aws:sts::${A}:federated-user/Fay`,
  accountId: A,
}
export const service: PrincipalFacts = { type: 'service', arn: 'logs.us-west-2.amazonaws.com' }

export const key: ResourceFacts = { type: 'key', arn: KEY, accountId: A }
export const none: ResourceFacts = { type: 'none' }
export const alias: ResourceFacts = { type: 'alias', arn: `arn:aws:kms:us-west-2:${A}:alias/x`, accountId: A }

type Known = ContextValue | { readonly of: 'absent' | 'unknown' }

export const absent = { of: 'absent' } as const
export const unknown = { of: 'unknown' } as const

export type Given = Partial<RequestFacts>

function known(name: string, given: Given): Known {
  const facts = { action: 'kms:Decrypt', principal: user, resource: key, request: {}, ...given }
  const value = deriveContextKey(name, facts)
  const isUnknown = unknownKeys(facts, [name]).length === 1
  if (value === undefined) return isUnknown ? unknown : absent
  expect(isUnknown).toBe(false)
  // The whole context has what is known, and nothing else.
  if (!name.includes('/') && !name.startsWith('kms:EncryptionContext:')) {
    expect(deriveContext(facts)[name]).toEqual(value)
  }
  return value
}

type Row = readonly [name: string, given: Given, expected: Known]

export function table(rows: readonly Row[]): void {
  test.each(rows)('%s of %j is %j', (name, given, expected) => expect(known(name, given)).toEqual(expected))
}
