/**
 * Random pairs of worlds around one key, and random requests aimed at what they name.
 *
 * A world is put together from the policies, grants and callers of random simulation documents; its twin has some of
 * them from another document.
 */
import fc from 'fast-check'
import { decide } from '../../src/decide/decide.js'
import type { Call } from '../../src/decide/call.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import {
  bindCaller,
  bindResource,
  callerEntryArn,
  callOf,
  type AuthorizationRequest,
  type Binding,
} from '../../src/decide/resolve.js'
import { ContextReader, type RequestContext } from '../../src/decide/values.js'
import { GrantSet } from '../../src/graph/grant.js'
import type { GraphTables } from '../../src/graph/tables.js'
import { Snapshot } from '../../src/graph/world.js'
import type { AuthorizeDocument, Context } from '../reference/document.js'
import { A, B, KEY } from '../reference/example.js'
import { authorizeDocuments } from '../reference/generate.js'
import { CallReader } from '../decide/read-calls.js'

export interface WorldPair {
  readonly tables: GraphTables
  readonly before: Snapshot
  readonly after: Snapshot
  readonly requests: readonly AuthorizationRequest[]
}

/** Three documents about KEY, and what the new world takes from the third. */
export interface PairDraft {
  readonly documents: readonly AuthorizeDocument[]
  readonly changed: readonly Part[]
}

const PARTS = ['keyPolicy', 'identity', 'boundary', 'scps', 'rcps', 'grants', 'endpoint'] as const
type Part = (typeof PARTS)[number]

const aboutKey = authorizeDocuments({ unreadablePolicyValues: true })
  .filter(({ resource }) => resource?.arn === KEY)
  .map((document): AuthorizeDocument => ({ ...document, resource: { type: 'key', arn: KEY } }))

export const pairDrafts: fc.Arbitrary<PairDraft> = fc.record({
  documents: fc.array(aboutKey, { minLength: 3, maxLength: 3 }),
  changed: fc.subarray([...PARTS], { minLength: 1, maxLength: 3 }),
})

/** Condition keys of generated contexts that a request may say for itself, with values that it can have. */
const FREE_KEYS =
  /^(kms:ViaService|aws:SourceIp|aws:CurrentTime|aws:MultiFactorAuthAge|aws:MultiFactorAuthPresent|aws:RequestTag\/blob|aws:TagKeys|aws:SourceVpce)$/
const REAL_VALUES: Readonly<Record<string, RegExp>> = {
  'aws:SourceIp': /^[0-9A-Fa-f:.]+$/,
  'aws:CurrentTime': /^2026-03-15T/,
  'aws:MultiFactorAuthAge': /^[0-9.-]+$/,
  'aws:MultiFactorAuthPresent': /^(true|false)$/,
}

export function pairOf({ documents, changed }: PairDraft, reader = new CallReader()): WorldPair {
  const calls = documents.map((document) => reader.call(document))
  const [first, second, third] = calls
  if (first === undefined || second === undefined || third === undefined)
    throw new Error('a pair takes three documents')
  const isChanged = (part: Part): boolean => changed.includes(part)
  const before = worldOf(reader.tables, first, [first, second], first, first, first)
  const after = worldOf(
    reader.tables,
    isChanged('keyPolicy') ? third : first,
    [
      {
        ...first,
        identity: isChanged('identity') ? third.identity : first.identity,
        boundary: isChanged('boundary') ? third.boundary : first.boundary,
        scps: isChanged('scps') ? third.scps : first.scps,
        rcps: isChanged('rcps') ? third.rcps : first.rcps,
      },
      second,
    ],
    isChanged('grants') ? third : first,
    isChanged('endpoint') ? third : first,
    isChanged('rcps') ? third : first,
  )
  return {
    tables: reader.tables,
    before,
    after,
    requests: documents.flatMap((document) => requestsOf(document, documents)),
  }
}

function worldOf(
  tables: GraphTables,
  key: Call,
  callers: readonly Call[],
  grants: Call,
  endpoint: Call,
  owner: Call,
): Snapshot {
  let world = Snapshot.empty(tables)
  const accounts = new Map<string, Call>()
  for (const call of callers) {
    const { caller } = call.subject
    if (caller.accountId === undefined) continue
    if (!accounts.has(caller.accountId)) accounts.set(caller.accountId, call)
    if (caller.type !== 'user' && caller.type !== 'role') continue
    world = world.withPrincipal({
      arn: callerEntryArn(caller),
      accountId: caller.accountId,
      policies: call.identity,
      boundary: call.boundary,
      tags: { team: 'payments' },
      uniqueId: undefined,
    })
  }
  for (const [accountId, call] of accounts) {
    world = world.withAccount({
      accountId,
      isManagement: call.callerInManagementAccount,
      scps: call.scps,
      rcps: accountId === A ? owner.rcps : undefined,
      organizationId: 'o-a1b2c3d4e5',
      organizationPath: undefined,
    })
  }
  const properties = { keySpec: 'SYMMETRIC_DEFAULT', aliases: ['alias/payments'], tags: { team: 'payments' } }
  world = world.withKey({ arn: KEY, accountId: A, policy: key.keyPolicy, grants: ofKey(grants), properties })
  if (endpoint.endpoint?.policy !== undefined)
    world = world.withEndpoint({ endpointId: 'vpce-1', policy: endpoint.endpoint.policy })
  return world
}

function ofKey({ grants }: Call): GrantSet {
  return new GrantSet(grants.grants.filter(({ keyArn }) => keyArn === KEY))
}

function requestsOf(document: AuthorizeDocument, all: readonly AuthorizeDocument[]): readonly AuthorizationRequest[] {
  const callers = new Set<string>()
  for (const { principal } of all) {
    callers.add(principal.arn)
    if (principal.roleArn) callers.add(principal.roleArn)
  }
  for (const arn of [
    `arn:aws:iam::${A}:user/zed`,
    `arn:aws:iam::${B}:role/Zed`,
    `arn:aws:iam::${B}:root`,
    'arn:aws:iam::999900001111:role/App',
  ])
    callers.add(arn)
  return [...callers].map((principal): AuthorizationRequest => {
    const { action } = document
    const request = document.request ?? {}
    const context = freeContext(document.context ?? {})
    // A service has no network of its own that a request could come through.
    if (!principal.startsWith('arn:')) delete context['aws:SourceVpce']
    return {
      principal,
      action,
      resource: KEY,
      context,
      ...(request.encryptionContext ? { encryptionContext: request.encryptionContext } : {}),
      ...(request.grantTokens ? { grantTokens: request.grantTokens } : {}),
      ...(request.grantId ? { grantId: request.grantId } : {}),
    }
  })
}

function freeContext(context: Context): Record<string, RequestContext[string]> {
  const kept = Object.entries(context).filter(([key, value]) => {
    const real = REAL_VALUES[key]
    return FREE_KEYS.test(key) && (real === undefined || real.test(String(value)))
  })
  const free: Record<string, RequestContext[string]> = Object.fromEntries(kept)
  if (free['kms:ViaService'] !== undefined) {
    free['aws:ViaAWSService'] = 'true'
    delete free['aws:SourceVpce']
  }
  return free
}

interface Asked {
  readonly reader: ContextReader
  readonly bindings: Map<string, Binding>
}

const askedWorlds = new WeakMap<Snapshot, Asked>()

/** Whether a world allows a request; callers and resources need not be known. */
export function isAllowed(world: Snapshot, request: AuthorizationRequest): boolean {
  let asked = askedWorlds.get(world)
  if (asked === undefined) {
    asked = { reader: new ContextReader(world.tables), bindings: new Map() }
    askedWorlds.set(world, asked)
  }
  const key = JSON.stringify([request.principal, request.userArn, request.resource, request.action])
  const binding = asked.bindings.get(key) ?? bound(world, request)
  asked.bindings.set(key, binding)
  return decide(callOf(binding, request, asked.reader, DEFAULT_OPTIONS)).decision === 'allow'
}

function bound(world: Snapshot, request: AuthorizationRequest): Binding {
  const caller = bindCaller(world, request.principal, request.userArn)
  if (!caller.ok) throw new Error(caller.error.message)
  const binding = bindResource(caller.value, request.resource, request.action)
  if (!binding.ok) throw new Error(binding.error.message)
  return binding.value
}
