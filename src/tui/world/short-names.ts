/**
 * Callers and keys as people call them: `role/PaymentsApi (session api-1)`, `alias/payments`.
 */
import { splitArn } from '../../text/arn.js'
import type { AskedWorld } from '../../source/world/world.js'

/** Without account and path; a text that is no ARN stays as it is. */
export function shortPrincipal(arn: string): string {
  const parts = splitArn(arn)
  if (parts === undefined) return arn
  const { resource, account } = parts
  if (resource === 'root') return `root of ${account}`
  const [kind = '', ...rest] = resource.split('/')
  if (kind === 'assumed-role')
    return rest.length > 1 ? `${rest[0]} (${rest.slice(1).join('/')})` : (rest[0] ?? resource)
  return `${kind}/${rest.at(-1) ?? ''}`
}

const SHORT_ID = 8

/** The first alias, or the beginning of the id; the Region and the account stay with the ARN. */
export function shortKey(arn: string | null, world: AskedWorld): string {
  if (arn === null) return 'no resource'
  const alias = aliasesOf(arn, world)[0]
  if (alias !== undefined) return alias
  const { resource } = splitArn(arn) ?? { resource: arn }
  if (!resource.startsWith('key/')) return resource
  const id = resource.slice('key/'.length)
  return id.startsWith('mrk-') ? `key/${id.slice(0, SHORT_ID + 4)}` : `key/${id.slice(0, SHORT_ID)}`
}

/** `role/PaymentsApi on alias/payments`; the caller alone where the request is about no resource. */
export function callerOn(caller: string, resource: string | null, world: AskedWorld): string {
  return resource === null ? shortPrincipal(caller) : `${shortPrincipal(caller)} on ${shortKey(resource, world)}`
}

const byKey = new WeakMap<AskedWorld['aliases'], Map<string, string[]>>()

/** `alias/payments`, in the order of the files. */
export function aliasesOf(keyArn: string, { aliases }: AskedWorld): readonly string[] {
  let known = byKey.get(aliases)
  if (known === undefined) {
    known = new Map()
    for (const [aliasArn, arn] of aliases) {
      const name = aliasArn.slice(aliasArn.lastIndexOf(':') + 1)
      const names = known.get(arn)
      if (names === undefined) known.set(arn, [name])
      else names.push(name)
    }
    byKey.set(aliases, known)
  }
  return known.get(keyArn) ?? []
}
