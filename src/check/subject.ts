/**
 * What tests are asked of: a world, or one policy with a small world around it that leaves everything else open.
 *
 * Around an identity policy, a boundary or an SCP everything is allowed: what it does not let through is its own doing.
 * Of a key policy the identity policies of its callers are not known, and what hangs on them is unknown.
 *
 * Source: `docs/test.md`, "One policy".
 */
import type { Snapshot } from '../graph/world.js'
import type { PolicyDocument } from '../policy/document.js'
import { parsePolicyValue } from '../policy/parse.js'
import { snapshotOf, type WorldDefinition } from '../solve/world.js'
import { Answerer } from '../source/answer/answer-question.js'
import { nameResolver, type NameResolver } from '../source/asked/name-resolver.js'
import { worldDefinition } from '../source/world/to-definition.js'
import type { AskedWorld, WorldKey, WorldPolicy, WorldPrincipal } from '../source/world/world.js'
import { splitArn } from '../text/arn.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import type { TestedKind } from './test-file.js'

export class Subject {
  private lowered: { readonly definition: WorldDefinition; readonly snapshot: Snapshot } | undefined

  constructor(
    readonly world: AskedWorld,
    readonly names: NameResolver,
    readonly answerer: Answerer,
    /** Before the names of files that places in policies have. */
    readonly filePrefix: string,
    /** Whether only what a key policy itself says is known. */
    readonly isKeyPolicy: boolean,
    /** The policy that is tested; undefined: all of a world. */
    readonly policy?: PolicyDocument,
  ) {}

  get definition(): WorldDefinition {
    return this.lower().definition
  }

  get snapshot(): Snapshot {
    return this.lower().snapshot
  }

  /** What the resource is called. */
  nameOf(arn: string | undefined): string {
    if (arn === undefined) return 'no resource'
    return this.world.keys.get(arn)?.properties.aliases?.[0] ?? arn
  }

  /** For symbolic questions alone, since that reads all of a world. */
  private lower(): { readonly definition: WorldDefinition; readonly snapshot: Snapshot } {
    if (this.lowered === undefined) {
      const definition = worldDefinition(this.world)
      this.lowered = { definition, snapshot: snapshotOf(definition) }
    }
    return this.lowered
  }
}

/** @param filePrefix - the folder of the world, with a `/` behind it. */
export function worldSubject(world: AskedWorld, filePrefix = ''): Subject {
  const answerer = new Answerer(world)
  return new Subject(world, answerer.names, answerer, filePrefix, false)
}

/** The name of the role that has an identity policy or boundary, and of every other part around a policy. */
const ROLE = 'this'
const ALIAS = 'alias/this'
const KEY_ID = '00000000-0000-4000-8000-000000000000'

export function policySubject(policy: PolicyDocument & { readonly kind: TestedKind }, account: string): Subject {
  const world = worldAround(policy, account)
  const answerer = new Answerer(world)
  const isKeyPolicy = policy.kind === 'key'
  const names = isKeyPolicy ? namesOf(world, policy, account) : answerer.names
  return new Subject(world, names, answerer, '', isKeyPolicy, policy)
}

function namesOf({ keys }: AskedWorld, policy: PolicyDocument, account: string): NameResolver {
  const entries = policy.statements.flatMap(({ principal }) => principal?.entries ?? [])
  const named = entries.flatMap(({ kind, value }) => (kind === 'user' || kind === 'role' ? [value] : []))
  const sessions = entries.flatMap(({ kind, value }) => (kind === 'session' ? [roleOfSession(value) ?? value] : []))
  const accounts = entries.flatMap(({ kind, value }) => (kind === 'account' ? [value] : []))
  return nameResolver({
    principals: new Set([...named, ...sessions]),
    accounts: new Set([account, ...accounts]),
    keys: [...keys.keys()].map((arn) => ({ arn, aliases: [ALIAS] })),
  })
}

/** A role without a path that has sessions of this name. */
function roleOfSession(arn: string): string | undefined {
  const parsed = parsePrincipalArn(arn)
  if (!parsed.ok || parsed.value.kind !== 'session') return undefined
  const { partition, account, role } = parsed.value
  return `arn:${partition}:iam::${account}:role/${role}`
}

function worldAround(policy: PolicyDocument & { readonly kind: TestedKind }, account: string): AskedWorld {
  const partition = 'aws'
  const roleArn = `arn:${partition}:iam::${account}:role/${ROLE}`
  const keyArn = `arn:${partition}:kms:us-east-1:${account}:key/${KEY_ID}`
  const own = worldPolicy(policy)
  const everything = worldPolicy(EVERYTHING)
  const isIdentity = policy.kind === 'identity'
  const role = principalOf(
    roleArn,
    account,
    [isIdentity ? own : everything],
    policy.kind === 'boundary' ? own : undefined,
  )
  const keyPolicy = policy.kind === 'key' ? own : worldPolicy(delegating(account))
  return {
    ...EMPTY,
    accounts: new Map([
      [
        account,
        {
          accountId: account,
          name: undefined,
          isManagement: false,
          organizationId: undefined,
          organizationPath: undefined,
          scps: policy.kind === 'scp' ? [{ nodeId: account, policies: [own] }] : undefined,
          rcps: undefined,
        },
      ],
    ]),
    principals: policy.kind === 'key' ? new Map() : new Map([[roleArn, role]]),
    keys: new Map([[keyArn, keyOf(keyArn, account, keyPolicy)]]),
    aliases: new Map([[`arn:${partition}:kms:us-east-1:${account}:${ALIAS}`, keyArn]]),
  }
}

/** The world of a key policy in which the caller may do everything that identity policies can allow. */
export function withEverythingAllowed(world: AskedWorld, principal: string): AskedWorld {
  const arn = roleOfSession(principal) ?? principal
  const parsed = parsePrincipalArn(arn)
  if (!parsed.ok || (parsed.value.kind !== 'role' && parsed.value.kind !== 'user')) return world
  return {
    ...world,
    principals: new Map([[arn, principalOf(arn, parsed.value.account, [worldPolicy(EVERYTHING)], undefined)]]),
  }
}

/**
 * The same callers and keys with nothing that says no: whoever is not allowed here cannot be, by any policy.
 * @param besides - callers that the world need not know.
 */
export function everythingAllowed(
  { keys = [], principals = [], accounts = [] }: WorldDefinition,
  besides: readonly string[],
): WorldDefinition {
  const known = new Set(principals.map(({ arn }) => arn))
  const others = besides.filter((arn) => !known.has(arn) && /:(?:role|user)\//.test(arn))
  return {
    keys: keys.map(({ grants: _grants, ...key }) => ({ ...key, policy: OPEN_KEY })),
    principals: [...principals, ...others.map((arn) => ({ arn }))].map(
      ({
        policies: _policies,
        boundary: _boundary,
        ...principal
      }: NonNullable<WorldDefinition['principals']>[number]) => ({
        ...principal,
        policies: [EVERYTHING],
      }),
    ),
    accounts: accounts.map(({ scps: _scps, rcps: _rcps, ...account }) => account),
  }
}

const EMPTY: AskedWorld = {
  organization: undefined,
  accounts: new Map(),
  principals: new Map(),
  groups: new Map(),
  sessions: new Map(),
  managedPolicies: new Map(),
  keys: new Map(),
  aliases: new Map(),
  endpoints: new Map(),
  gaps: [],
}

function made(value: unknown, kind: PolicyDocument['kind']): PolicyDocument {
  const parsed = parsePolicyValue(value, kind)
  if (!parsed.ok) throw new Error(`a policy of this program is refused: ${parsed.error[0]?.message ?? ''}`)
  return parsed.value
}

const EVERYTHING = made(
  { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } },
  'identity',
)
const OPEN_KEY = made(
  { Version: '2012-10-17', Statement: { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' } },
  'key',
)

/** As AWS makes it for a key that is given none. */
function delegating(account: string): PolicyDocument {
  const root = `arn:aws:iam::${account}:root`
  return made(
    {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: root }, Action: 'kms:*', Resource: '*' },
    },
    'key',
  )
}

function worldPolicy(document: PolicyDocument): WorldPolicy {
  const { source, format, pointer } = document.source
  const span = { start: 0, end: source.text.length }
  return {
    name: document.kind,
    document,
    origin: { source, span, pointer, encoding: 'document', format, isOnlyValue: true },
  }
}

function principalOf(
  arn: string,
  accountId: string,
  inline: readonly WorldPolicy[],
  boundary: WorldPolicy | undefined,
): WorldPrincipal {
  const resource = splitArn(arn)?.resource ?? ''
  return {
    kind: resource.startsWith('user/') ? 'user' : 'role',
    arn,
    accountId,
    path: '/',
    name: resource.slice(resource.lastIndexOf('/') + 1),
    uniqueId: undefined,
    tags: {},
    inline,
    attached: [],
    groups: [],
    boundary,
    trust: undefined,
    maxSessionSeconds: undefined,
    place: NOWHERE,
  }
}

function keyOf(arn: string, accountId: string, policy: WorldPolicy): WorldKey {
  return {
    arn,
    accountId,
    region: 'us-east-1',
    keyId: KEY_ID,
    properties: { aliases: [ALIAS] },
    state: undefined,
    description: undefined,
    policy,
    grants: [],
    place: NOWHERE,
  }
}

const NOWHERE = { source: { name: '<policy>', text: '' }, span: { start: 0, end: 0 }, pointer: '' }
