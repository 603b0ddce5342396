/**
 * Has a world file of our own form the right shape: known members, of the right types, none missing that must be there?
 *
 * `world.schema.json` decides, the same that editors are given; this module shows it the values and turns what it says
 * into errors at the exact token. What a value means is for the readers: they take what fits and pass over the rest.
 *
 * Source: `docs/world.md`.
 */
import { quote } from '../../text/escape.js'
import { didYouMean } from '../../text/suggest.js'
import { toPointer, type SyntaxNode, type SyntaxPath } from '../../text/syntax-tree.js'
import type { WorldDraft } from './draft.js'
import type { Located } from './places.js'
import { validate } from './world.validate.js'

/** Things by their names in the schema, with what people call them and their members. */
export const OWN_THINGS = {
  organization: { name: 'an organization', members: ['id', 'managementAccount', 'root'] },
  root: { name: 'a root', members: ['id', 'name', 'scps', 'rcps', 'units', 'accounts'] },
  unit: { name: 'a unit', members: ['id', 'name', 'scps', 'rcps', 'units', 'accounts'] },
  account: {
    name: 'an account',
    members: [
      'name',
      'region',
      'scps',
      'rcps',
      'users',
      'groups',
      'roles',
      'policies',
      'sessions',
      'keys',
      'endpoints',
    ],
  },
  user: { name: 'a user', members: ['id', 'tags', 'groups', 'boundary', 'policies', 'attached'] },
  group: { name: 'a group', members: ['policies', 'attached'] },
  role: { name: 'a role', members: ['id', 'tags', 'boundary', 'policies', 'attached', 'trust', 'maxSessionSeconds'] },
  session: { name: 'a session', members: ['policies', 'attached', 'tags'] },
  key: {
    name: 'a key',
    members: [
      'region',
      'description',
      'manager',
      'spec',
      'usage',
      'origin',
      'multiRegion',
      'state',
      'aliases',
      'tags',
      'policy',
      'grants',
    ],
  },
  grant: {
    name: 'a grant',
    members: [
      'GrantId',
      'Name',
      'GranteePrincipal',
      'GranteeServicePrincipal',
      'RetiringPrincipal',
      'RetiringServicePrincipal',
      'IssuingAccount',
      'Operations',
      'Constraints',
      'CreationDate',
      'propagated',
    ],
  },
  endpoint: { name: 'an endpoint', members: ['service', 'vpc', 'policy'] },
} as const satisfies Readonly<Record<string, { readonly name: string; readonly members: readonly string[] }>>

/** Members of a world file. */
export const OWN_PARTS = [
  'keyward',
  '$schema',
  'organization',
  'scps',
  'rcps',
  'accounts',
  'awsManagedPolicies',
] as const

/** The errors of a value are joined to those before it, so large collections are shown in bounded groups. */
const SHOWN_AT_ONCE = 500
/** Whoever has made more mistakes than this begins with these. */
const MAX_ERRORS = 100

/** Reports every part of the wrong shape in one member of a world file. */
export function checkOwnShape(draft: WorldDraft, part: string, located: Located): void {
  const before = draft.errors.length
  for (const shown of groupsOf(part, located.node)) {
    if (draft.errors.length - before > MAX_ERRORS) return
    if (validate({ keyward: 'world/1', [part]: shown })) continue
    for (const { instancePath, keyword, params } of validate.errors ?? []) {
      const path = instancePath
        .split('/')
        .slice(2)
        .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
      const found = find(located.node, path)
      if (found === undefined) continue
      const thing = thingAt(part, path)
      const report = new Reporter(draft, located, found)
      if (keyword === 'additionalProperties') report.unknownMember(String(params['additionalProperty']), thing)
      else if (keyword === 'type' && !hasReader(part, path)) report.wrongType(params['type'])
      else if (keyword === 'enum') report.unknownValue(params['allowedValues'])
      else if (keyword === 'required') report.missing(String(params['missingProperty']), thing)
    }
  }
}

type Thing = keyof typeof OWN_THINGS

const OF_SECTION: Readonly<Record<string, Thing>> = {
  users: 'user',
  groups: 'group',
  roles: 'role',
  sessions: 'session',
  keys: 'key',
  endpoints: 'endpoint',
}

/** What stands at a path; undefined for what has no members of its own. */
function thingAt(part: string, path: readonly string[]): Thing | undefined {
  if (part === 'organization') {
    if (path.length === 0) return 'organization'
    return path.length === 1 ? 'root' : path.at(-2) === 'units' ? 'unit' : undefined
  }
  if (part !== 'accounts') return undefined
  if (path.length === 1) return 'account'
  if (path.length === 3) return OF_SECTION[path[1] ?? '']
  return path.length === 5 && path[3] === 'grants' ? 'grant' : undefined
}

/** The reader of policies says what is no policy, and that of grants what is no constraint. */
function hasReader(part: string, path: readonly string[]): boolean {
  const last = path.at(-1) ?? ''
  // A boundary may be a name, so that its reader sees only what is an object.
  const isPolicy = path.at(-2) === 'policies' || (ONE_POLICY.has(last) && last !== 'boundary')
  const isNamed = path.length === 1 && part !== 'accounts' && part !== 'organization'
  return isNamed || (part === 'accounts' && (isPolicy || path.includes('Constraints')))
}

// ------------------------------------------------------------------------------------------------------------ showing

/** The value in groups that together are all of it. Policies are shown empty: they have a reader of their own. */
function* groupsOf(part: string, node: SyntaxNode): Generator<unknown, void> {
  if (part !== 'accounts' || node.kind !== 'object') {
    const isPolicies = part !== 'organization'
    for (const group of inGroups(node)) yield isPolicies ? withoutPolicies(group) : plain(group)
    return
  }
  for (const { key: accountId, value: account } of node.members) {
    if (account.kind === 'null') continue
    if (account.kind !== 'object') {
      yield record([[accountId, plain(account)]])
      continue
    }
    // The scalars of the account go with its first group; an empty account is shown as well.
    yield record([[accountId, record(account.members.filter(({ value }) => !isCollection(value)).map(shownMember))]])
    for (const { key, value } of account.members) {
      if (!isCollection(value)) continue
      for (const group of inGroups(value)) {
        const shown = key === 'policies' ? withoutPolicies(group) : plain(group)
        yield record([[accountId, record([[key, shown]])]])
      }
    }
  }
}

function isCollection({ kind }: SyntaxNode): boolean {
  return kind === 'object' || kind === 'array'
}

/** An object with many members as several with some; anything else as it is. */
function* inGroups(node: SyntaxNode): Generator<SyntaxNode, void> {
  if (node.kind !== 'object' || node.members.length <= SHOWN_AT_ONCE) {
    yield node
    return
  }
  for (let first = 0; first < node.members.length; first += SHOWN_AT_ONCE) {
    yield { ...node, members: node.members.slice(first, first + SHOWN_AT_ONCE) }
  }
}

/** Members that hold one policy or, by name, several. */
const ONE_POLICY: ReadonlySet<string> = new Set(['policy', 'boundary', 'trust'])

type Shown = readonly [key: string, value: unknown]

function shownMember({ key, value }: { readonly key: string; readonly value: SyntaxNode }): Shown {
  if (key === 'policies') return [key, withoutPolicies(value)]
  return [key, ONE_POLICY.has(key) && value.kind === 'object' ? {} : plain(value)]
}

function withoutPolicies(node: SyntaxNode): unknown {
  if (node.kind !== 'object') return plain(node)
  const given = node.members.filter(({ value }) => value.kind !== 'null')
  return record(given.map(({ key, value }) => [key, value.kind === 'object' ? {} : plain(value)]))
}

/** Recursion is bounded by how deep a file may nest. Null is as good as nothing. */
function plain(node: SyntaxNode): unknown {
  switch (node.kind) {
    case 'object':
      return record(node.members.filter(({ value }) => value.kind !== 'null').map(shownMember))
    case 'array':
      return node.items.map(plain)
    case 'null':
      return null
    case 'string':
    case 'number':
    case 'boolean':
      return node.value
  }
}

function record(members: readonly Shown[]): Readonly<Record<string, unknown>> {
  // No prototype: a member named `__proto__` is a member.
  const object = Object.create(null) as Record<string, unknown>
  for (const [key, value] of members) object[key] = value
  return object
}

// ---------------------------------------------------------------------------------------------------------- reporting

interface Found {
  readonly node: SyntaxNode
  readonly path: SyntaxPath
}

function find(root: SyntaxNode, steps: readonly string[]): Found | undefined {
  let node: SyntaxNode | undefined = root
  const path: (string | number)[] = []
  for (const step of steps) {
    if (node?.kind === 'object') {
      path.push(step)
      node = node.members.find(({ key }) => key === step)?.value
    } else if (node?.kind === 'array') {
      path.push(Number(step))
      node = node.items[Number(step)]
    } else return undefined
  }
  return node === undefined ? undefined : { node, path }
}

const A_TYPE: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a string',
  integer: 'a whole number',
  boolean: '`true` or `false`',
}

class Reporter {
  constructor(
    private readonly draft: WorldDraft,
    private readonly whole: Located,
    private readonly found: Found,
  ) {}

  unknownMember(name: string, thing: Thing | undefined): void {
    const { node, path } = this.found
    const member = node.kind === 'object' ? node.members.find(({ key }) => key === name) : undefined
    if (member === undefined || thing === undefined) return
    const { name: owner, members } = OWN_THINGS[thing]
    const span = { start: member.keyStart, end: member.keyEnd }
    this.report(`unknown member ${quote(name)} of ${owner}`, suggestion(name, members), span, [...path, name])
  }

  missing(name: string, thing: Thing | undefined): void {
    // The reader of grants says what they lack.
    if (thing === undefined || thing === 'grant') return
    const example = thing === 'root' ? 'such as `r-a1b2`' : 'such as `ou-a1b2-11111111`'
    this.report(`${OWN_THINGS[thing].name} has no \`${name}\``, example)
  }

  wrongType(expected: unknown): void {
    const types = (Array.isArray(expected) ? expected : [expected]).flatMap((type) => A_TYPE[String(type)] ?? [])
    const { node } = this.found
    const isScalar = node.kind === 'number' || node.kind === 'boolean'
    const inQuotes = isScalar && types.includes('a string') ? `; put it in quotes: \`"${shownScalar(node)}"\`` : ''
    this.report(`${this.what()} has the wrong type: ${described(node)}`, `expected ${types.join(' or ')}${inQuotes}`)
  }

  unknownValue(allowed: unknown): void {
    const values = Array.isArray(allowed) ? allowed.map(String) : []
    const { node } = this.found
    const meant = node.kind === 'string' ? didYouMean(node.value, values, 2) : undefined
    const known = values.map((value) => `\`${value}\``)
    const hint =
      meant === undefined
        ? `expected ${known.slice(0, -1).join(', ')} or ${known.at(-1) ?? ''}`
        : `did you mean ${quote(meant)}?`
    this.report(`the value of ${this.what()} is unknown`, hint)
  }

  /** The member, or the list that the value stands in. */
  private what(): string {
    const path = [...this.whole.path, ...this.found.path]
    const last = path.at(-1)
    const list = path.at(-2)
    if (last === undefined) return 'this part'
    return typeof last === 'number'
      ? `an item of ${list === undefined ? 'the list' : quote(String(list))}`
      : quote(last)
  }

  private report(
    message: string,
    hint: string,
    span: { readonly start: number; readonly end: number } = headSpan(this.found.node),
    path: SyntaxPath = this.found.path,
  ): void {
    const { slice } = this.whole
    this.draft.report({
      message,
      hint,
      source: slice.file,
      span: { start: span.start + slice.offset, end: span.end + slice.offset },
      pointer: toPointer([...this.whole.path, ...path]),
    })
  }
}

export function suggestion(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known, 2)
  return meant === undefined
    ? `known are ${known.map((name) => quote(name)).join(', ')}`
    : `did you mean ${quote(meant)}?`
}

function headSpan(node: SyntaxNode): { readonly start: number; readonly end: number } {
  const { start, end } = node
  return isCollection(node) ? { start, end: Math.min(start + 1, end) } : { start, end }
}

function shownScalar(node: SyntaxNode): string {
  return node.kind === 'number' ? node.text : node.kind === 'boolean' ? String(node.value) : ''
}

function described(node: SyntaxNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object'
    case 'array':
      return 'a list'
    case 'null':
      return 'nothing'
    case 'string':
      return `the string ${quote(node.value)}`
    case 'number':
      return `the number ${quote(node.text)}`
    case 'boolean':
      return `\`${node.value}\``
  }
}
