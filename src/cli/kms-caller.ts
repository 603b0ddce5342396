/**
 * Who calls, from the options of a command: a principal by its ARN or by a short name, its policies from files or from a
 * world, and from where.
 */
import type { Command } from 'commander'
import type { KmsCaller } from '../kms/caller.js'
import { partitionOf } from '../kms/row-names.js'
import type { Identities } from '../kms/services.js'
import { identitiesOfWorld } from '../kms/world-identities.js'
import { createAuthorizer } from '../explain/authorizer.js'
import type { RequestContext } from '../decide/values.js'
import type { PolicyDocument } from '../policy/document.js'
import { parsePolicy } from '../policy/parse.js'
import { KnownSessions } from '../source/answer/known-sessions.js'
import { openWorld } from '../source/world/load-world.js'
import type { AskedWorld } from '../source/world/world.js'
import { isAccountId } from '../text/arn.js'
import { describeError } from '../text/code-frame.js'
import { quote } from '../text/escape.js'
import { parsePrincipalArn, type PrincipalArn } from '../text/principal-arn.js'
import { detectFormat } from '../text/read-syntax.js'
import { readInput } from './input.js'
import { orRefuse, Refusal } from './kms-store.js'

export interface CallerOptions {
  readonly as?: string
  readonly account?: string
  readonly region?: string
  readonly policies?: readonly string[]
  readonly world?: string
  readonly from?: string
  readonly via?: string
  readonly context?: readonly string[]
}

export function addCallerOptions(command: Command): Command {
  const gather = (text: string, before: readonly string[] = []): readonly string[] => [...before, text]
  return command
    .optionsGroup('Who calls:')
    .option('--as <who>', 'an ARN, or with --account root, user/Ann, role/App; $KEYWARD_AS when left out')
    .option('--account <id>', 'account of a short name; $KEYWARD_ACCOUNT when left out')
    .option('--region <region>', 'where it calls; $AWS_REGION or us-east-1 when left out')
    .option('--policies <file>', 'identity policy of the caller, JSON or YAML; may be repeated', gather)
    .option('--world <dir>', 'folder with the policies of everybody; docs/world.md tells its form')
    .option('--from <address>', 'IP address of the caller')
    .option('--via <service>', 'service that calls for the caller: s3')
    .option('--context <key=value>', 'condition key of the request; may be repeated', gather)
}

const REGION = /^[a-z]+(?:-[a-z]+)+-[0-9]+$/

export interface Called {
  readonly caller: KmsCaller
  readonly identities: Identities
}

/** @param warn - of something that the reader should know, one sentence. */
export async function readCaller(options: CallerOptions, warn: (message: string) => void): Promise<Called> {
  if (options.world !== undefined && options.policies !== undefined) {
    throw new Refusal('the world has the policies of the caller; leave out `--policies`')
  }
  const region = options.region ?? process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION'] ?? 'us-east-1'
  if (!REGION.test(region)) throw new Refusal(`${quote(region, 40)} is no Region; expected one such as us-east-1`)
  const world = options.world === undefined ? undefined : readWorld(options.world, warn)
  const who = whoCalls(options, region, world)
  const base: KmsCaller = {
    ...who,
    region,
    ...(options.from !== undefined && { sourceIp: options.from }),
    ...(options.via !== undefined && { via: viaService(options.via, region) }),
    ...(options.context !== undefined && { context: contextOf(options.context) }),
  }
  const identity = identityArn(who)
  if (world === undefined) return { caller: base, identities: await identityOf(who, identity, options.policies ?? []) }
  if (identity !== undefined && !world.principals.has(identity)) {
    warn(`the world does not know ${quote(identity, 200)}, which is taken to have no policies`)
  }
  const identities = identitiesOfWorld(world, identity === undefined ? [] : [identity])
  return { caller: withSession(base, world), identities }
}

/** The caller with the policies in these files, and nobody else. */
async function identityOf(who: Who, arn: string | undefined, files: readonly string[]): Promise<Identities> {
  const policies = await readPolicies(files)
  if (arn !== undefined) return { principals: [{ arn, policies }] }
  if (policies.length === 0) return {}
  throw new Refusal(`${quote(who.principal, 200)} has no policies of its own; leave out \`--policies\``)
}

function readWorld(folder: string, warn: (message: string) => void): AskedWorld {
  const { world, unusable } = orRefuse(openWorld(folder))
  if (unusable > 0) {
    const parts = unusable === 1 ? '1 part' : `${unusable} parts`
    warn(`${parts} of ${quote(folder, 200)} cannot be used, and may bear on this; \`keyward world\` shows more`)
  }
  return world
}

type Who = Pick<KmsCaller, 'principal' | 'accountId' | 'roleArn'>

function whoCalls(options: CallerOptions, region: string, world: AskedWorld | undefined): Who {
  const as = options.as ?? process.env['KEYWARD_AS']
  if (as === undefined || as === '') {
    throw new Refusal('nobody calls; give `--as`, such as `--as arn:aws:iam::111122223333:root`')
  }
  const account = options.account ?? process.env['KEYWARD_ACCOUNT']
  if (account !== undefined && !isAccountId(account)) {
    throw new Refusal(`${quote(account, 40)} is no account; expected twelve digits`)
  }
  if (/\.amazonaws\.com(?:\.cn)?$/.test(as)) {
    return account === undefined ? { principal: as } : { principal: as, accountId: account }
  }
  const short = as.startsWith('arn:') ? undefined : fromShortName(as, account, region, world)
  const arn = short ?? as
  const parsed = parsePrincipalArn(arn)
  if (!parsed.ok) throw new Refusal(parsed.error.message)
  if (
    short === undefined &&
    account !== undefined &&
    options.account !== undefined &&
    account !== parsed.value.account
  ) {
    throw new Refusal(`${quote(as, 200)} is not of the account ${account}`)
  }
  return sessionOfRole(arn, parsed.value, world)
}

const SHORT_NAME = /^(?:root|(?:user|role)\/[\w+=,.@/-]+)$/

/** Who calls with a role calls as a session of it. */
const SESSION_NAME = 'keyward'

function fromShortName(as: string, account: string | undefined, region: string, world: AskedWorld | undefined): string {
  if (!SHORT_NAME.test(as)) {
    throw new Refusal(
      `${quote(as, 200)} names nobody; expected an ARN, or root, user/NAME or role/NAME with \`--account\``,
    )
  }
  const name = as.slice(as.lastIndexOf('/') + 1)
  const kind = as.split('/', 1)[0] ?? ''
  const known = [...(world?.principals.values() ?? [])].filter(
    (one) =>
      one.kind === kind &&
      (as === `${kind}/${name}` ? one.name === name : `${kind}${one.path}${one.name}` === as) &&
      (account === undefined || one.accountId === account),
  )
  const [only, another] = known
  if (another !== undefined) {
    throw new Refusal(`${quote(as, 200)} is the name of ${known.length}: ${known.map(({ arn }) => arn).join(', ')}`)
  }
  if (only !== undefined) return only.arn
  if (account === undefined) throw new Refusal(`${quote(as, 200)} needs its account; give \`--account\``)
  return `arn:${partitionOf(region)}:iam::${account}:${as}`
}

function sessionOfRole(arn: string, parsed: PrincipalArn, world: AskedWorld | undefined): Who {
  if (parsed.kind === 'role') {
    const session = `arn:${parsed.partition}:sts::${parsed.account}:assumed-role/${parsed.name}/${SESSION_NAME}`
    return { principal: session, roleArn: arn }
  }
  if (parsed.kind !== 'session') return { principal: arn }
  const role = [...(world?.principals.values() ?? [])].find(
    (one) => one.kind === 'role' && one.accountId === parsed.account && one.name === parsed.role,
  )
  return {
    principal: arn,
    roleArn: role?.arn ?? `arn:${parsed.partition}:iam::${parsed.account}:role/${parsed.role}`,
  }
}

/** Whose policies count: of a session its role, of root and services nobody's. */
function identityArn({ principal, roleArn }: Who): string | undefined {
  if (roleArn !== undefined) return roleArn
  const parsed = parsePrincipalArn(principal)
  return parsed.ok && parsed.value.kind === 'user' ? principal : undefined
}

/** What a world says was passed when a session was made. */
function withSession(caller: KmsCaller, world: AskedWorld): KmsCaller {
  const session = new KnownSessions(world, createAuthorizer()).find(caller.principal)?.session
  if (session === undefined) return caller
  const sessionPolicies = session.policies.map(({ document }) => document)
  return { ...caller, sessionTags: session.tags, ...(sessionPolicies.length > 0 && { sessionPolicies }) }
}

async function readPolicies(files: readonly string[]): Promise<readonly PolicyDocument[]> {
  const policies: PolicyDocument[] = []
  for (const file of files) {
    const source = orRefuse(await readInput(file))
    const policy = parsePolicy({ source, format: detectFormat(source.name, source.text), kind: 'identity' })
    if (!policy.ok) throw new Refusal(policy.error.map((error) => describeError(error)).join('\n'), true)
    policies.push(policy.value)
  }
  return policies
}

function viaService(via: string, region: string): string {
  return via.includes('.') ? via : `${via}.${region}.amazonaws.com`
}

function contextOf(pairs: readonly string[]): RequestContext {
  const context: Record<string, string> = {}
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals < 1) throw new Refusal(`${quote(pair, 100)} is no condition key with its value; expected \`key=value\``)
    context[pair.slice(0, equals)] = pair.slice(equals + 1)
  }
  return context
}
