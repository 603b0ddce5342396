/**
 * A world in which a caller or a key lacks some tags; everything else of it is what it was.
 *
 * Whoever is meant is known by an ARN as a request has it: a session stands for its role and its own tags.
 */
import type { AskedWorld } from '../../../source/world/world.js'
import { parsePrincipalArn } from '../../../text/principal-arn.js'
import { mapped } from './changed-world.js'

export interface TakenTag {
  readonly of: 'principal' | 'resource'
  /** The caller, or the key by its ARN or that of an alias. */
  readonly arn: string
  /** Names of tags in condition keys compare without case. */
  readonly tag: string
}

const PREFIXES = { principal: 'aws:principaltag/', resource: 'aws:resourcetag/' } as const

/** The tag that a condition key asks for; undefined where it asks for none of a caller or a key. */
export function tagOf(conditionKey: string): Pick<TakenTag, 'of' | 'tag'> | undefined {
  const name = conditionKey.toLowerCase()
  for (const of of ['principal', 'resource'] as const) {
    if (name.startsWith(PREFIXES[of])) return { of, tag: conditionKey.slice(PREFIXES[of].length) }
  }
  return undefined
}

type Tags = Readonly<Record<string, string>>

export function withoutTag(tags: Tags, gone: string): Tags {
  const name = gone.toLowerCase()
  return Object.fromEntries(Object.entries(tags).filter(([tag]) => tag.toLowerCase() !== name))
}

/** `user App of 111122223333`: the same for a role and for its sessions; undefined where the ARN is of neither. */
function identityOf(arn: string): string | undefined {
  const parsed = parsePrincipalArn(arn)
  if (!parsed.ok) return undefined
  const { kind, account } = parsed.value
  switch (kind) {
    case 'role':
    case 'user':
      return `${kind} ${parsed.value.name} of ${account}`
    case 'session':
      return `role ${parsed.value.role} of ${account}`
    case 'federatedUser':
      return `${kind} ${parsed.value.name} of ${account}`
    case 'root':
      return undefined
  }
}

export function worldWithoutTags(world: AskedWorld, taken: readonly TakenTag[]): AskedWorld {
  if (taken.length === 0) return world
  const ofPrincipal = new Map<string, readonly string[]>()
  const ofKey = new Map<string, readonly string[]>()
  for (const { of, arn, tag } of taken) {
    if (of === 'resource') {
      const key = world.aliases.get(arn) ?? arn
      ofKey.set(key, [...(ofKey.get(key) ?? []), tag])
    } else {
      const identity = identityOf(arn)
      if (identity !== undefined) ofPrincipal.set(identity, [...(ofPrincipal.get(identity) ?? []), tag])
    }
  }
  const left = (tags: Tags, gone: readonly string[] = []): Tags =>
    gone.reduce((rest, tag) => withoutTag(rest, tag), tags)
  const sessions = [...world.sessions].map(([arn, session]) => {
    const gone = ofPrincipal.get(identityOf(arn.replaceAll('*', 'any')) ?? '')
    return [arn, gone === undefined ? session : { ...session, tags: left(session.tags, gone) }] as const
  })
  return {
    ...partsOf(world),
    principals: mapped(world.principals, (principal) => {
      const gone = ofPrincipal.get(identityOf(principal.arn) ?? '')
      return gone === undefined ? principal : { ...principal, tags: left(principal.tags, gone) }
    }),
    sessions: new Map(sessions),
    keys: mapped(world.keys, (key) => {
      const gone = ofKey.get(key.arn)
      const { tags } = key.properties
      if (gone === undefined || tags === undefined) return key
      return { ...key, properties: { ...key.properties, tags: left(tags, gone) } }
    }),
  }
}

/** A world may be an object whose members are read when they are asked for. */
function partsOf(world: AskedWorld): Omit<AskedWorld, 'principals' | 'sessions' | 'keys'> {
  const { organization, accounts, groups, managedPolicies, aliases, endpoints, gaps } = world
  return { organization, accounts, groups, managedPolicies, aliases, endpoints, gaps }
}
