/**
 * How a request names a key: by id, key ARN, alias name or alias ARN.
 *
 * Source: KMS Developer Guide, "Key identifiers (KeyId)"; kms-behaviour 3.
 */
import type { KeyForms } from '../aws/operations.js'
import { parseAliasArn, parseKeyArn } from '../text/arn.js'
import type { Result } from '../text/source.js'
import { fail, type Failure } from './failure.js'
import { aliasArn, partitionOf, type KeyPlace } from './row-names.js'

export type KeyIdentifier =
  | { readonly kind: 'key'; readonly place: KeyPlace; readonly isBareId: boolean }
  | { readonly kind: 'alias'; readonly accountId: string; readonly region: string; readonly aliasName: string }

/** Where ids and alias names are looked up; a service that was given no account has none. */
export interface Home {
  readonly accountId: string | undefined
  readonly region: string
}

/** A UUID, or `mrk-` and 32 hex digits: nothing else is ever looked up. */
const KEY_ID = /^(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})$/i
const ALIAS_NAME = /^alias\/[A-Za-z0-9/_-]+$/

/** What the text names, without asking whether there is such a key. An ARN of another Region or partition names nothing here. */
export function parseIdentifier(text: string, forms: KeyForms, home: Home): Result<KeyIdentifier, Failure> {
  if (text.startsWith('arn:')) return parseArn(text, forms, home)
  if (home.accountId === undefined) return fail('NotFoundException', `Invalid keyId '${text}'`)
  const { accountId, region } = home
  if (text.startsWith('alias/')) {
    if (forms === 'keys') return fail('NotFoundException', `Invalid keyId '${text}'`)
    if (!ALIAS_NAME.test(text)) return aliasNotFound(accountId, region, text)
    return { ok: true, value: { kind: 'alias', accountId, region, aliasName: text } }
  }
  if (!KEY_ID.test(text)) return fail('NotFoundException', `Invalid keyId '${text}'`)
  return { ok: true, value: { kind: 'key', place: { accountId, region, keyId: text }, isBareId: true } }
}

function parseArn(text: string, forms: KeyForms, home: Home): Result<KeyIdentifier, Failure> {
  const key = parseKeyArn(text)
  if (key !== undefined) {
    if (key.region !== home.region) return elsewhere(key.region)
    if (key.partition !== partitionOf(home.region)) return keyNotFound(text)
    const place = { accountId: key.account, region: key.region, keyId: key.keyId }
    return { ok: true, value: { kind: 'key', place, isBareId: false } }
  }
  const alias = parseAliasArn(text)
  if (alias === undefined) return fail('InvalidArnException', `Invalid arn '${text}'`)
  if (forms === 'keys') return fail('InvalidArnException', 'Key Aliases are not supported for this operation.')
  if (alias.region !== home.region) return elsewhere(alias.region)
  if (alias.partition !== partitionOf(home.region)) return fail('NotFoundException', `Alias ${text} is not found.`)
  return {
    ok: true,
    value: { kind: 'alias', accountId: alias.account, region: alias.region, aliasName: alias.alias },
  }
}

/** KMS names the Region alone, and not the key. */
function elsewhere(region: string): { readonly ok: false; readonly error: Failure } {
  return fail('NotFoundException', `Invalid arn ${region}`)
}

export function keyNotFound(arn: string): { readonly ok: false; readonly error: Failure } {
  return fail('NotFoundException', `Key '${arn}' does not exist`)
}

export function aliasNotFound(
  accountId: string,
  region: string,
  aliasName: string,
): { readonly ok: false; readonly error: Failure } {
  return fail('NotFoundException', `Alias ${aliasArn(accountId, region, aliasName)} is not found.`)
}
