/**
 * Who calls, from where and through whom: what the embedder says of it, and what follows from it for every call.
 *
 * A caller is worked out once and kept with its object, so an embedder that hands over the same object again pays for
 * nothing twice. Callers are never changed.
 *
 * Source: CloudTrail User Guide, "CloudTrail userIdentity element"; IAM User Guide, "AWS global condition context keys".
 */
import type { RequestContext, RequestContextValue } from '../decide/values.js'
import type { CompiledPolicy } from '../graph/policy.js'
import type { PolicyDocument } from '../policy/document.js'
import { isAccountId } from '../text/arn.js'
import { parsePrincipalArn, type PrincipalArn } from '../text/principal-arn.js'
import type { Result } from '../text/source.js'
import type { AuditIdentity } from './audit-record.js'
import { partitionOf } from './row-names.js'

export interface KmsCaller {
  /** ARN of a user, a role session, a federated user or an account root; or the name of a service. */
  readonly principal: string
  /** Of a service: in whose account it looks ids up. Everybody else's account stands in the ARN. */
  readonly accountId?: string
  /** The Region whose endpoint is called; the engine's own when left out. */
  readonly region?: string
  /** Of a session: its role with its path, where the engine's identities do not know it. */
  readonly roleArn?: string
  /** Of a federated session: the user that asked for it. */
  readonly userArn?: string
  /** `AIDA…`, `AROA…:session`; for audit records and aws:userid. */
  readonly principalId?: string
  readonly accessKeyId?: string
  readonly sessionPolicies?: readonly PolicyDocument[]
  readonly sessionTags?: Readonly<Record<string, string>>
  /** When the session began, in milliseconds since the epoch. */
  readonly sessionStartedAtMs?: number
  readonly mfaAuthenticated?: boolean
  readonly sourceIp?: string
  readonly userAgent?: string
  /** True when left out: a call inside a process crosses no network. */
  readonly secureTransport?: boolean
  /** What audit records tell of TLS. */
  readonly tls?: { readonly version: string; readonly cipherSuite: string; readonly host?: string }
  readonly vpcEndpointId?: string
  readonly vpcEndpointAccountId?: string
  readonly vpcId?: string
  /** The service that calls for the principal: `s3.us-east-1.amazonaws.com`. */
  readonly via?: string
  /** For which resource and account a service calls. */
  readonly sourceArn?: string
  readonly sourceAccount?: string
  /** Further condition keys; they win over those that follow from everything else. */
  readonly context?: RequestContext
}

/** What the engine knows of principals besides their policies. */
export interface KnownPrincipals {
  /** The ARN, path included, of a role that is known by account and name. */
  roleArn(accountId: string, roleName: string): string | undefined
  uniqueId(arn: string): string | undefined
}

/** A caller, worked out. */
export interface CallerFrame {
  readonly caller: KmsCaller
  readonly principal: string
  /** Undefined for a service that was given none. */
  readonly accountId: string | undefined
  readonly region: string
  readonly sessionPolicies: readonly CompiledPolicy[] | undefined
  /** Condition keys that every call of it has. */
  readonly context: RequestContext
  readonly identity: AuditIdentity
  /** As the other account's copy of an event names it. */
  readonly foreignIdentity: AuditIdentity
  readonly origin: AuditOrigin
}

/** Members of an audit record that tell where a call came from. */
export interface AuditOrigin {
  readonly sourceIPAddress: string
  readonly userAgent: string
  readonly vpcEndpointId?: string
  readonly vpcEndpointAccountId?: string
  readonly tlsDetails?: Readonly<Record<string, unknown>>
}

export interface CallerSettings {
  readonly defaultRegion: string
  readonly known: KnownPrincipals
  readonly compile: (policy: PolicyDocument) => CompiledPolicy
}

const SERVICE_NAME = /^[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/
const REGION = /^[a-z]+(-[a-z]+)+-[0-9]+$/

/** The reason is one that the embedder can act on; it never comes from an AWS page. */
export function prepareCaller(caller: KmsCaller, settings: CallerSettings): Result<CallerFrame, string> {
  const region = caller.region ?? settings.defaultRegion
  if (!REGION.test(region)) return { ok: false, error: `\`${region}\` is no Region` }
  const isService = SERVICE_NAME.test(caller.principal)
  const parsed = isService ? undefined : parsePrincipalArn(caller.principal)
  if (parsed?.ok === false) return { ok: false, error: `caller \`${caller.principal}\`: ${parsed.error.message}` }
  const arn = parsed?.value
  const accountId = arn?.account ?? caller.accountId
  if (accountId !== undefined && !isAccountId(accountId)) return { ok: false, error: `\`${accountId}\` is no account` }
  const roleArn = arn === undefined ? undefined : roleArnOf(arn, caller, region, settings.known)
  const principalId = caller.principalId ?? (arn === undefined ? undefined : idOf(arn, caller, roleArn, settings.known))
  const frame = {
    caller,
    principal: caller.principal,
    accountId,
    region,
    sessionPolicies: caller.sessionPolicies?.map((policy) => settings.compile(policy)),
    context: contextOf(caller, region, isService),
    identity: identityOf(caller, arn, roleArn, principalId),
    foreignIdentity: optional({ type: 'AWSAccount', principalId, accountId }),
    origin: originOf(caller, isService),
  }
  return { ok: true, value: frame }
}

/** Whether a service calls for itself. */
export function isServiceCaller({ principal }: Pick<CallerFrame, 'principal'>): boolean {
  return SERVICE_NAME.test(principal)
}

function roleArnOf(arn: PrincipalArn, caller: KmsCaller, region: string, known: KnownPrincipals): string | undefined {
  if (arn.kind !== 'session') return undefined
  if (caller.roleArn !== undefined) return caller.roleArn
  return known.roleArn(arn.account, arn.role) ?? `arn:${partitionOf(region)}:iam::${arn.account}:role/${arn.role}`
}

function idOf(
  arn: PrincipalArn,
  caller: KmsCaller,
  roleArn: string | undefined,
  known: KnownPrincipals,
): string | undefined {
  switch (arn.kind) {
    case 'root':
      return arn.account
    case 'session': {
      const roleId = roleArn === undefined ? undefined : known.uniqueId(roleArn)
      return roleId === undefined ? undefined : `${roleId}:${arn.session}`
    }
    case 'federatedUser':
      return `${arn.account}:${arn.name}`
    case 'user':
    case 'role':
      return known.uniqueId(caller.principal)
  }
}

function contextOf(caller: KmsCaller, region: string, isService: boolean): RequestContext {
  const { via, vpcEndpointId } = caller
  // A call that a service makes does not come through the caller's endpoint.
  const isDirect = via === undefined && !isService
  const context: Record<string, RequestContextValue> = optional({
    'aws:RequestedRegion': region,
    'aws:SecureTransport': String(caller.secureTransport ?? true),
    'aws:UserAgent': isDirect ? caller.userAgent : undefined,
    'aws:SourceIp': isDirect && vpcEndpointId !== undefined ? undefined : caller.sourceIp,
    'aws:VpcSourceIp': isDirect && vpcEndpointId !== undefined ? caller.sourceIp : undefined,
    'aws:SourceVpce': isDirect ? vpcEndpointId : undefined,
    'aws:VpceAccount': isDirect ? caller.vpcEndpointAccountId : undefined,
    'aws:SourceVpc': isDirect ? caller.vpcId : undefined,
    'aws:MultiFactorAuthPresent': caller.mfaAuthenticated === undefined ? undefined : String(caller.mfaAuthenticated),
    'aws:TokenIssueTime': caller.sessionStartedAtMs === undefined ? undefined : isoTime(caller.sessionStartedAtMs),
    'aws:SourceArn': caller.sourceArn,
    'aws:SourceAccount': caller.sourceAccount,
    // Both follow from what the identities know, unless the embedder knows better.
    'aws:userid': isService ? undefined : caller.principalId,
    'aws:PrincipalArn': caller.roleArn,
  })
  return caller.context === undefined ? context : { ...context, ...caller.context }
}

function identityOf(
  caller: KmsCaller,
  arn: PrincipalArn | undefined,
  roleArn: string | undefined,
  principalId: string | undefined,
): AuditIdentity {
  if (arn === undefined) return { type: 'AWSService', invokedBy: caller.principal }
  const base = {
    principalId,
    arn: caller.principal,
    accountId: arn.account,
    accessKeyId: caller.accessKeyId,
  }
  const invokedBy = caller.via === undefined ? undefined : servicePrincipal(caller.via)
  switch (arn.kind) {
    case 'root':
      return optional({ type: 'Root', ...base, sessionContext: sessionOf(caller, undefined), invokedBy })
    case 'user':
      return optional({
        type: 'IAMUser',
        ...base,
        userName: arn.name,
        sessionContext: sessionOf(caller, undefined),
        invokedBy,
      })
    case 'role':
      return optional({ type: 'Role', ...base, invokedBy })
    case 'session': {
      const issuer = optional({
        type: 'Role',
        principalId: principalId?.split(':', 1)[0],
        arn: roleArn,
        accountId: arn.account,
        userName: arn.role,
      })
      return optional({ type: 'AssumedRole', ...base, sessionContext: sessionOf(caller, issuer), invokedBy })
    }
    case 'federatedUser': {
      const issuer =
        caller.userArn === undefined ? undefined : { type: 'IAMUser', arn: caller.userArn, accountId: arn.account }
      return optional({ type: 'FederatedUser', ...base, sessionContext: sessionOf(caller, issuer), invokedBy })
    }
  }
}

function sessionOf(
  { sessionStartedAtMs, mfaAuthenticated }: KmsCaller,
  sessionIssuer: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  const attributes = optional({
    creationDate: sessionStartedAtMs === undefined ? undefined : isoTime(sessionStartedAtMs),
    mfaAuthenticated: mfaAuthenticated === undefined ? undefined : String(mfaAuthenticated),
  })
  const hasAttributes = Object.keys(attributes).length > 0
  if (sessionIssuer === undefined && !hasAttributes) return undefined
  return optional({ sessionIssuer, attributes: hasAttributes ? attributes : undefined })
}

function originOf(caller: KmsCaller, isService: boolean): AuditOrigin {
  const service = isService ? caller.principal : caller.via === undefined ? undefined : servicePrincipal(caller.via)
  if (service !== undefined) return { sourceIPAddress: service, userAgent: service }
  const { tls } = caller
  return optional({
    sourceIPAddress: caller.sourceIp ?? '127.0.0.1',
    userAgent: caller.userAgent ?? 'keyward',
    vpcEndpointId: caller.vpcEndpointId,
    vpcEndpointAccountId: caller.vpcEndpointId === undefined ? undefined : caller.vpcEndpointAccountId,
    tlsDetails:
      tls === undefined
        ? undefined
        : optional({ tlsVersion: tls.version, cipherSuite: tls.cipherSuite, clientProvidedHostHeader: tls.host }),
  })
}

/** `s3.amazonaws.com` of `s3.us-east-1.amazonaws.com`. */
function servicePrincipal(via: string): string {
  const name = via.replace(/\.amazonaws\.com(?:\.cn)?$/, '')
  const dot = name.lastIndexOf('.')
  const service = dot > 0 && REGION.test(name.slice(dot + 1)) ? name.slice(0, dot) : name
  return `${service}.amazonaws.com`
}

/** As audit records have it: whole seconds. */
export function isoTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}

/** Members that are undefined are left out. */
function optional<T extends object>(members: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  // The result lacks what was undefined; callers give it to types where such members may be missing.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>
  }
}
