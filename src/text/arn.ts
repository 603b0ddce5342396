/**
 * ARNs as text: six fields between the first five colons, and the forms of them that name a KMS key or an alias.
 *
 * Principals are `principal-arn.ts`, patterns are `arn-pattern.ts`. Knows nothing of what exists.
 *
 * Source: AWS General Reference, "Amazon Resource Names"; KMS Developer Guide, "Key identifiers".
 */

/** A concrete ARN. Every character of `resource` counts, colons included. */
export interface Arn {
  readonly partition: string
  readonly service: string
  readonly region: string
  readonly account: string
  readonly resource: string
}

export interface KeyArn {
  readonly partition: string
  readonly region: string
  readonly account: string
  readonly keyId: string
  /** Related multi-Region keys share an id that starts `mrk-`. */
  readonly isMultiRegion: boolean
}

export interface AliasArn {
  readonly partition: string
  readonly region: string
  readonly account: string
  /** With its prefix, `alias/payments`, as condition keys have it. */
  readonly alias: string
}

const PARTITION = /^aws(?:-[a-z]+)*$/
const ACCOUNT = /^[0-9]{12}$/
const REGION = /^[a-z0-9-]+$/
const KEY_ID = /^[A-Za-z0-9-]+$/
const ALIAS = /^alias\/[A-Za-z0-9/_-]+$/

/** The fields of a text that begins `arn:` and has at least five colons; nothing else about them is checked. */
export function splitArn(text: string): Arn | undefined {
  if (!text.startsWith('arn:')) return undefined
  const service = text.indexOf(':', 4) + 1
  if (service === 0) return undefined
  const region = text.indexOf(':', service) + 1
  if (region === 0) return undefined
  const account = text.indexOf(':', region) + 1
  if (account === 0) return undefined
  const resource = text.indexOf(':', account) + 1
  if (resource === 0) return undefined
  return {
    partition: text.slice(4, service - 1),
    service: text.slice(service, region - 1),
    region: text.slice(region, account - 1),
    account: text.slice(account, resource - 1),
    resource: text.slice(resource),
  }
}

/** `aws`, `aws-cn`, `aws-us-gov` and whatever is named like them. */
export function isPartition(text: string): boolean {
  return PARTITION.test(text)
}

export function isAccountId(text: string): boolean {
  return ACCOUNT.test(text)
}

/** `arn:{partition}:kms:{region}:{account}:key/{id}`. */
export function parseKeyArn(text: string): KeyArn | undefined {
  const arn = splitKmsArn(text)
  if (arn === undefined || !arn.resource.startsWith('key/')) return undefined
  const keyId = arn.resource.slice('key/'.length)
  if (!KEY_ID.test(keyId)) return undefined
  const { partition, region, account } = arn
  return { partition, region, account, keyId, isMultiRegion: keyId.startsWith('mrk-') }
}

/** `arn:{partition}:kms:{region}:{account}:alias/{name}`. */
export function parseAliasArn(text: string): AliasArn | undefined {
  const arn = splitKmsArn(text)
  if (arn === undefined || !ALIAS.test(arn.resource)) return undefined
  const { partition, region, account, resource } = arn
  return { partition, region, account, alias: resource }
}

function splitKmsArn(text: string): Arn | undefined {
  const arn = splitArn(text)
  if (arn === undefined || arn.service !== 'kms') return undefined
  return isPartition(arn.partition) && REGION.test(arn.region) && isAccountId(arn.account) ? arn : undefined
}
