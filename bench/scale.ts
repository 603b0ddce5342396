/**
 * What more statements cost: statements that name their principals or their resources, of which one request meets one.
 *
 * Decided from the graph each time: a gate, once made, knows nothing of how many statements there were.
 */
import type { Call } from '../src/decide/call.js'
import { decide } from '../src/decide/decide.js'
import { DEFAULT_OPTIONS } from '../src/decide/options.js'
import { bindCaller, bindResource, callOf, type AuthorizationRequest } from '../src/decide/resolve.js'
import { ContextReader } from '../src/decide/values.js'
import { GrantSet } from '../src/graph/grant.js'
import { compilePolicy } from '../src/graph/policy.js'
import { GraphTables } from '../src/graph/tables.js'
import { Snapshot } from '../src/graph/world.js'
import type { PolicyDocument } from '../src/policy/document.js'
import { cpuNsPerCall, spreadOf, type Bench, type Figure, type Spread } from './measure.js'
import { ACCOUNT, KEY_ARN, REGION, ROLE_ARN, SESSION_ARN, type Json } from './scenario.js'
import { parsed } from './world.js'

const SIZES = [10, 10_000, 100_000] as const
/** Requests in turn; as many as the smallest policy has statements. */
const REQUESTS = 10

/** Nothing that a condition could ask is given. */
type Question = Required<Pick<AuthorizationRequest, 'principal' | 'action' | 'resource'>>

interface Shape {
  readonly label: string
  world(size: number): Snapshot
  request(which: number, size: number): Question
}

const keyArn = (number: number): string =>
  `arn:aws:kms:${REGION}:${ACCOUNT}:key/${number.toString(16).padStart(8, '0')}-12ab-34cd-56ef-1234567890ab`

const roleName = (number: number): string => `Role${number}`

/** Spread over the whole policy, first and last among them. */
const chosen = (which: number, size: number): number => Math.floor((which * (size - 1)) / (REQUESTS - 1))

/** The keys that are asked about, each leaving its use to the account's IAM policies. */
function withKeys(world: Snapshot, size: number): Snapshot {
  const delegating = parsed(
    {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'kms:*', Resource: '*' },
    },
    'key',
  )
  return Array.from({ length: REQUESTS }, (_, which) => keyArn(chosen(which, size))).reduce(
    (snapshot, arn) => withKey(snapshot, arn, delegating),
    world,
  )
}

function withKey(world: Snapshot, arn: string, document: PolicyDocument): Snapshot {
  const compiled = compilePolicy(world.tables, document)
  return world.withKey({ arn, accountId: ACCOUNT, policy: compiled, grants: GrantSet.empty, properties: {} })
}

function withRole(world: Snapshot, document: PolicyDocument): Snapshot {
  const policies = [compilePolicy(world.tables, document)]
  return world.withPrincipal({
    arn: ROLE_ARN,
    accountId: ACCOUNT,
    policies,
    boundary: undefined,
    tags: {},
    uniqueId: undefined,
  })
}

const emptyWorld = (): Snapshot => Snapshot.empty(new GraphTables())

const BY_KEY: Shape = {
  label: 'identity policy, one key ARN a statement',
  world: (size) =>
    withKeys(
      withRole(
        emptyWorld(),
        policy('identity', size, (number) => ({ Action: 'kms:Decrypt', Resource: keyArn(number) })),
      ),
      size,
    ),
  request: (which, size) => ({ principal: SESSION_ARN, action: 'kms:Decrypt', resource: keyArn(chosen(which, size)) }),
}

const BY_PATTERN: Shape = {
  label: 'identity policy, one key-ARN pattern a statement',
  world(size) {
    const pattern = (number: number): string => keyArn(number).replace(REGION, '*')
    const document = policy('identity', size, (number) => ({ Action: 'kms:Decrypt', Resource: pattern(number) }))
    return withKeys(withRole(emptyWorld(), document), size)
  },
  request: BY_KEY.request.bind(BY_KEY),
}

const BY_PRINCIPAL: Shape = {
  label: 'key policy, one role a statement',
  world(size) {
    const document = policy('key', size, (number) => ({
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/${roleName(number)}` },
      Action: 'kms:Decrypt',
      Resource: '*',
    }))
    return withKey(emptyWorld(), KEY_ARN, document)
  },
  request: (which, size) => ({
    principal: `arn:aws:sts::${ACCOUNT}:assumed-role/${roleName(chosen(which, size))}/session`,
    action: 'kms:Decrypt',
    resource: KEY_ARN,
  }),
}

function policy(kind: 'key' | 'identity', size: number, statement: (number: number) => Record<string, Json>) {
  const statements = Array.from({ length: size }, (_, number) => ({ Effect: 'Allow', ...statement(number) }))
  return parsed({ Version: '2012-10-17', Statement: statements }, kind)
}

function measure(shape: Shape, size: number): Spread {
  const world = shape.world(size)
  const calls = Array.from({ length: REQUESTS }, (_, which) => callFor(world, shape.request(which, size)))
  for (const call of calls) {
    const { decision } = decide(call)
    if (decision !== 'allow') throw new Error(`${shape.label}, ${size} statements: ${decision}`)
  }
  return cpuNsPerCall({ calls: 100_000, rounds: 7 }, (number) => decide(calls[number % REQUESTS]!))
}

function callFor(world: Snapshot, { principal, action, resource }: Question): Call {
  const caller = bindCaller(world, principal)
  if (!caller.ok) throw new Error(caller.error.message)
  const binding = bindResource(caller.value, resource, action)
  if (!binding.ok) throw new Error(binding.error.message)
  const reader = new ContextReader(world.tables)
  return callOf(binding.value, { action, context: {}, derive: false }, reader, DEFAULT_OPTIONS)
}

export const scale: Bench = {
  name: 'scale',
  title: 'Cost of more statements',
  input:
    '10, 10,000 and 100,000 statements in one policy; 10 calls in turn, each allowed by one statement; decided from the graph, without gates',
  run() {
    const figures: Figure[] = []
    for (const shape of [BY_KEY, BY_PATTERN, BY_PRINCIPAL]) {
      const spreads = SIZES.map((size) => measure(shape, size))
      const [small, large, huge] = spreads
      if (small === undefined || large === undefined || huge === undefined) throw new Error('a size is missing')
      SIZES.forEach((size, index) =>
        figures.push({
          label: `${shape.label}: ${size.toLocaleString('en')}`,
          unit: 'ns CPU',
          spread: spreads[index]!,
        }),
      )
      figures.push(
        ratio(`${shape.label}: 10,000 to 10`, large, small, 1.5),
        ratio(`${shape.label}: 100,000 to 10`, huge, small, 4),
      )
    }
    return figures
  },
}

function ratio(label: string, large: Spread, small: Spread, atMost: number): Figure {
  const spread = spreadOf([large.median / small.median, large.least / small.least, large.most / small.most])
  return { label, unit: 'times', spread, target: { text: `<= ${atMost}`, atMost } }
}
