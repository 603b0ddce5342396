/**
 * Under which names the rows of a key service stand.
 *
 * Names sort by their bytes, so what is listed together stands under one prefix, and due work stands in the order of its
 * time. Free texts are percent-encoded: no name of one kind is a prefix of another by accident.
 */

/** Where a key is. The partition follows from the Region. */
export interface KeyPlace {
  readonly accountId: string
  readonly region: string
  readonly keyId: string
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn'
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws'
}

export function keyArn({ accountId, region, keyId }: KeyPlace): string {
  return `arn:${partitionOf(region)}:kms:${region}:${accountId}:key/${keyId}`
}

export function aliasArn(accountId: string, region: string, aliasName: string): string {
  return `arn:${partitionOf(region)}:kms:${region}:${accountId}:${aliasName}`
}

/** Of the keys of an account in a Region. */
export function keysPrefix(accountId: string, region: string): string {
  return `key/${accountId}/${region}/`
}

export function keyRow({ accountId, region, keyId }: KeyPlace): string {
  return `key/${accountId}/${region}/${keyId}`
}

/** In which account a key id of a Region is: ciphertexts name keys by their id alone. */
export function keyIdRow(region: string, keyId: string): string {
  return `key-id/${region}/${keyId}`
}

/** The key that a row is about: its own row, or one of its policy, grants, materials, aliases or use. */
export function placeOfRow(name: string): KeyPlace | undefined {
  const [kind = '', accountId, region, keyId] = name.split('/', 4)
  if (!KINDS_OF_KEYS.has(kind) || accountId === undefined || region === undefined || keyId === undefined)
    return undefined
  return { accountId, region, keyId }
}

const KINDS_OF_KEYS: ReadonlySet<string> = new Set(['key', 'policy', 'grant', 'material', 'key-alias', 'usage'])

export function policyRow(place: KeyPlace): string {
  return `policy/${suffix(place)}`
}

export function grantsPrefix(place: KeyPlace): string {
  return `grant/${suffix(place)}/`
}

export function grantRow(place: KeyPlace, grantId: string): string {
  return grantsPrefix(place) + grantId
}

/** Grants by who may retire them, in one Region. `principal` is an ARN or a service name. */
export function retirablePrefix(region: string, principal: string): string {
  return `retirable/${region}/${encodeURIComponent(principal)}/`
}

export function retirableRow(principal: string, place: KeyPlace, grantId: string): string {
  return `${retirablePrefix(place.region, principal)}${suffix(place)}/${grantId}`
}

/** The key and grant that a row of `retirableRow` points to. */
export function retirableTarget(name: string): { readonly place: KeyPlace; readonly grantId: string } | undefined {
  const [, , , accountId, region, keyId, grantId] = name.split('/', 7)
  if (accountId === undefined || region === undefined || keyId === undefined || grantId === undefined) return undefined
  return { place: { accountId, region, keyId }, grantId }
}

export function materialRow(place: KeyPlace, materialId: string): string {
  return `material/${suffix(place)}/${materialId}`
}

export function usageRow(place: KeyPlace): string {
  return `usage/${suffix(place)}`
}

/** `aliasName` with its prefix, `alias/payments`. */
export function aliasRow(accountId: string, region: string, aliasName: string): string {
  return `${aliasesPrefix(accountId, region)}${encodeURIComponent(aliasName)}`
}

export function aliasesPrefix(accountId: string, region: string): string {
  return `alias/${accountId}/${region}/`
}

export function keyAliasesPrefix(place: KeyPlace): string {
  return `key-alias/${suffix(place)}/`
}

export function keyAliasRow(place: KeyPlace, aliasName: string): string {
  return keyAliasesPrefix(place) + encodeURIComponent(aliasName)
}

/** The last part of a name that was percent-encoded. */
export function decodedTail(name: string): string {
  const tail = name.slice(name.lastIndexOf('/') + 1)
  // Most are ids, of which nothing was encoded.
  return tail.includes('%') ? decodeURIComponent(tail) : tail
}

export function customKeyStoresPrefix(accountId: string, region: string): string {
  return `custom-key-store/${accountId}/${region}/`
}

export function customKeyStoreRow(accountId: string, region: string, customKeyStoreId: string): string {
  return customKeyStoresPrefix(accountId, region) + customKeyStoreId
}

/** The keys of a custom key store, each by a row that says so by its name. */
export function keysOfStorePrefix(place: {
  readonly accountId: string
  readonly region: string
  readonly customKeyStoreId: string
}): string {
  return `custom-key-store-key/${place.accountId}/${place.region}/${place.customKeyStoreId}/`
}

/** Keys in the cluster of a custom key store that no KMS key stands on, or soon will not; each by a row. */
export function doomedKeysPrefix(place: {
  readonly accountId: string
  readonly region: string
  readonly customKeyStoreId: string
}): string {
  return `custom-key-store-doomed/${place.accountId}/${place.region}/${place.customKeyStoreId}/`
}

/** `label` and `id` as the cluster has them. */
export function doomedKeyRow(
  place: { readonly accountId: string; readonly region: string; readonly customKeyStoreId: string },
  label: string,
  id: string,
): string {
  return `${doomedKeysPrefix(place)}${label}/${id}`
}

/** The key that a row of `doomedKeyRow` names. */
export function doomedKey(name: string): { readonly label: string; readonly id: string } {
  const [, , , , label = '', id = ''] = name.split('/', 6)
  return { label, id }
}

export const DUE_PREFIX = 'due/'

/** What the service has to do by itself, in the order of time. `what` tells one piece of work of a key from another. */
export function dueRow(atMs: number, what: string, place: KeyPlace): string {
  return `${DUE_PREFIX}${String(Math.max(0, Math.floor(atMs))).padStart(15, '0')}/${what}/${suffix(place)}`
}

export interface DueName {
  readonly atMs: number
  readonly what: string
  readonly place: KeyPlace
}

export function parseDueRow(name: string): DueName | undefined {
  const [, at, what, accountId, region, keyId] = name.split('/', 6)
  if (
    at === undefined ||
    what === undefined ||
    accountId === undefined ||
    region === undefined ||
    keyId === undefined
  ) {
    return undefined
  }
  return { atMs: Number(at), what, place: { accountId, region, keyId } }
}

function suffix({ accountId, region, keyId }: KeyPlace): string {
  return `${accountId}/${region}/${keyId}`
}
