/**
 * A world with other texts of some policies; everything else of it is what it was, and is read when it is asked for.
 *
 * A policy is known by the place where it stands in the files, so that one which many principals have changes for all of
 * them.
 */
import type { PolicyDocument, PolicySource } from '../../../policy/document.js'
import { parsePolicy } from '../../../policy/parse.js'
import { printPolicy } from '../../../policy/print.js'
import { LazyMap } from '../../../source/world/lazy-map.js'
import { originOf, type PolicyOrigin } from '../../../source/world/policy-text.js'
import type { AskedWorld, PolicyLevel, WorldPolicy } from '../../../source/world/world.js'
import { positionAt, type Result } from '../../../text/source.js'

export type PolicyId = string

export type ChangedPolicies = ReadonlyMap<PolicyId, PolicyDocument>

function placeId({ source, pointer, span }: PolicyOrigin): PolicyId {
  return `${source.name}#${pointer}@${span.start}`
}

/** Undefined for a policy that no file of the world holds, such as one that was passed with the question. */
export function policyIdOf(source: PolicySource, changed: ChangedPolicies): PolicyId | undefined {
  const origin = originOf(source)
  if (origin !== undefined) return placeId(origin)
  for (const [id, document] of changed) if (document.source === source) return id
  return undefined
}

export function changedWorld(world: AskedWorld, changed: ChangedPolicies): AskedWorld {
  const one = (policy: WorldPolicy): WorldPolicy => {
    const document = changed.get(placeId(policy.origin))
    return document === undefined ? policy : { ...policy, document }
  }
  const maybe = (policy: WorldPolicy | undefined): WorldPolicy | undefined =>
    policy === undefined ? undefined : one(policy)
  const levels = (all: readonly PolicyLevel[] | undefined): readonly PolicyLevel[] | undefined =>
    all?.map((level) => ({ ...level, policies: level.policies.map(one) }))
  return {
    ...partsOf(world),
    accounts: mapped(world.accounts, (account) => ({
      ...account,
      scps: levels(account.scps),
      rcps: levels(account.rcps),
    })),
    principals: mapped(world.principals, (principal) => ({
      ...principal,
      inline: principal.inline.map(one),
      attached: principal.attached.map(one),
      boundary: maybe(principal.boundary),
    })),
    groups: mapped(world.groups, (group) => ({
      ...group,
      inline: group.inline.map(one),
      attached: group.attached.map(one),
    })),
    sessions: mapped(world.sessions, (session) => ({ ...session, policies: session.policies.map(one) })),
    managedPolicies: mapped(world.managedPolicies, (managed) => ({ ...managed, policy: maybe(managed.policy) })),
    keys: mapped(world.keys, (key) => ({ ...key, policy: maybe(key.policy) })),
    endpoints: mapped(world.endpoints, (endpoint) => ({ ...endpoint, policy: maybe(endpoint.policy) })),
  }
}

/** A world may be an object whose members are read when they are asked for. */
function partsOf({ organization, aliases, gaps }: AskedWorld): Pick<AskedWorld, 'organization' | 'aliases' | 'gaps'> {
  return { organization, aliases, gaps }
}

/** The same names; a value is changed when it is asked for. */
export function mapped<T>(map: ReadonlyMap<string, T>, change: (value: T) => T): ReadonlyMap<string, T> {
  return new LazyMap(
    map.size,
    () => [...map.keys()],
    (name) => {
      const value = map.get(name)
      if (value === undefined) throw new Error(`a world names ${name} and does not have it`)
      return change(value)
    },
  )
}

/** The text of a policy for an editor: as it is written where that can be read, else laid out anew. */
export function editableText(document: PolicyDocument): string {
  const { source, format, pointer } = document.source
  const isReadable =
    format === 'json' && pointer === '' && source.text.trimStart().startsWith('{') && source.text.includes('\n')
  return isReadable ? unindented(source.text) : `${printPolicy(document)}\n`
}

/** A policy that is a part of a file is indented as deep as it stood there. */
function unindented(text: string): string {
  const [first = '', ...rest] = text.trimEnd().split('\n')
  const indents = rest.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length)
  const least = indents.length === 0 ? 0 : Math.min(...indents)
  return `${[first.trimStart(), ...rest.map((line) => line.slice(least))].join('\n')}\n`
}

/** The error is one sentence with the line. */
export function readEdited(text: string, before: PolicyDocument): Result<PolicyDocument, string> {
  const name = before.source.source.name
  const source = { name: name.endsWith(CHANGED) ? name : `${name}${CHANGED}`, text }
  const parsed = parsePolicy({ source, kind: before.kind }, { sizes: 'report' })
  if (parsed.ok) return parsed
  const [first] = parsed.error
  if (first === undefined) return { ok: false, error: 'this is no policy' }
  const { line } = positionAt(text, first.span.start)
  return { ok: false, error: `line ${line}: ${first.message}` }
}

const CHANGED = ' (changed)'
