/**
 * The names of an assertion looked up in what it is asked of: ARNs of callers and keys, and which callers are meant.
 *
 * A name that nothing has, and one that several keys have, is an error with its place.
 */
import { KMS_ACTIONS } from '../aws/actions.js'
import type { RequestContext } from '../decide/values.js'
import type { CallerClass } from '../solve/callers.js'
import { isPattern } from '../source/asked/name-resolver.js'
import { readQueryContext } from '../source/asked/query-context.js'
import type { QueryContext } from '../text/access-query.js'
import { splitArn } from '../text/arn.js'
import { quote } from '../text/escape.js'
import { compileGlob } from '../text/glob.js'
import type { TextError } from '../text/grammar-reader.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import type { QueryAction, QueryPrincipal, QueryResource } from '../text/query-term.js'
import type { Result, Span } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'
import type { Assertion, CallerPlace, KeySet } from './assertion.js'
import type { Subject } from './subject.js'

export interface ResolvedAssertion {
  /** ARNs and service names; undefined: everybody. */
  readonly these: readonly string[] | undefined
  readonly except: readonly string[]
  readonly place: ResolvedPlace | undefined
  readonly actions: readonly string[]
  /** ARNs of keys. */
  readonly resources: readonly string[]
  readonly context: RequestContext
  /** Accounts that are named, which must be told from others. */
  readonly accounts: readonly string[]
  /** Named after `except`. */
  readonly isLeftOut: (caller: CallerClass) => boolean
  readonly isMeant: (caller: CallerClass) => boolean
  /** The same of a user or role of the world. */
  readonly isMeantArn: (arn: string) => boolean
}

export interface ResolvedPlace {
  readonly where: 'inside' | 'outside'
  readonly accounts: ReadonlySet<string>
  /** Its id, where the place is an organization. */
  readonly organization: string | undefined
}

type Resolved<T> = Result<T, TextError>

export function resolveAssertion(subject: Subject, assertion: Assertion): Resolved<ResolvedAssertion> {
  const { callers } = assertion
  const these = callers.these === undefined ? undefined : principalsOf(subject, callers.these)
  if (these?.ok === false) return these
  const except = principalsOf(subject, callers.except)
  if (!except.ok) return except
  const place = callers.place === undefined ? undefined : placeOf(subject, callers.place)
  if (place?.ok === false) return place
  const actions = actionsOf(assertion.actions)
  if (!actions.ok) return actions
  const resources = keysOf(subject, assertion.keys)
  if (!resources.ok) return resources
  const context = contextOf(assertion.context)
  if (!context.ok) return context
  const left = new Set(except.value)
  const leftRoles = new Set(except.value.flatMap((arn) => roleKey(arn) ?? []))
  const isExcepted = (arn: string): boolean => left.has(arn) || leftRoles.has(sessionKey(arn) ?? '')
  const isLeftOut = ({ principal, userArn }: CallerClass): boolean =>
    isExcepted(principal) || (userArn !== undefined && left.has(userArn))
  const isPlaced = (accountId: string | undefined): boolean =>
    place === undefined ||
    // Services are of no account.
    (accountId !== undefined && place.value.accounts.has(accountId) === (place.value.where === 'inside'))
  return {
    ok: true,
    value: {
      these: these?.value,
      except: except.value,
      place: place?.value,
      actions: actions.value,
      resources: resources.value,
      context: context.value,
      accounts: callers.place?.accounts ?? [],
      isLeftOut,
      isMeant: (caller) => !isLeftOut(caller) && isPlaced(caller.accountId),
      isMeantArn: (arn) => !isExcepted(arn) && isPlaced(splitArn(arn)?.account),
    },
  }
}

/** By which the sessions of a role are known: their ARNs have no path. */
function roleKey(arn: string): string | undefined {
  const parsed = parsePrincipalArn(arn)
  return parsed.ok && parsed.value.kind === 'role' ? `${parsed.value.account}/${parsed.value.name}` : undefined
}

function sessionKey(arn: string): string | undefined {
  const parsed = parsePrincipalArn(arn)
  return parsed.ok && parsed.value.kind === 'session' ? `${parsed.value.account}/${parsed.value.role}` : undefined
}

function principalsOf({ names }: Subject, terms: readonly QueryPrincipal[]): Resolved<readonly string[]> {
  const found: string[] = []
  for (const term of terms) {
    if (term.kind === 'anyone') return failure('`anyone` is no caller', term.span, 'expected somebody by name')
    const arns = names.principals(term)
    if (arns.length === 0) {
      const name = term.kind === 'principal' && 'name' in term.name ? `${term.name.kind}/${term.name.name}` : ''
      const meant = didYouMean(name, names.principalNames(), 2)
      const hint =
        meant === undefined ? 'expected one that is known here, or a whole ARN' : `did you mean ${quote(meant)}?`
      return failure('no principal of this name is known', term.span, hint)
    }
    found.push(...arns)
  }
  return { ok: true, value: found }
}

function placeOf({ world }: Subject, { where, accounts }: CallerPlace): Resolved<ResolvedPlace> {
  if (accounts !== undefined) {
    return { ok: true, value: { where, accounts: new Set(accounts), organization: undefined } }
  }
  const organization = world.organization?.id
  if (organization === undefined) {
    const message = 'the id of the organization is not known here'
    return failure(message, { start: 0, end: 0 }, 'expected accounts, or a world that has it')
  }
  const members = [...world.accounts.values()].filter(({ organizationId }) => organizationId === organization)
  return {
    ok: true,
    value: { where, accounts: new Set(members.map(({ accountId }) => accountId)), organization },
  }
}

function actionsOf(written: readonly QueryAction[]): Resolved<readonly string[]> {
  const found: string[] = []
  for (const { action, span } of written) {
    const pattern = action === '*' ? 'kms:*' : action
    const glob = compileGlob(pattern, { ignoreCase: true })
    const isKnown = KMS_ACTIONS.some(({ name, resources }) => resources.includes('key') && glob.matches(name))
    if (!isKnown) {
      const meant = didYouMean(
        action,
        KMS_ACTIONS.map(({ name }) => name),
        2,
      )
      const hint = meant === undefined ? 'expected one such as `kms:Decrypt`' : `did you mean ${quote(meant)}?`
      return failure(`KMS has no permission ${quote(action)} on a key`, span, hint)
    }
    found.push(pattern)
  }
  return { ok: true, value: found }
}

function keysOf(subject: Subject, keys: KeySet): Resolved<readonly string[]> {
  const found = namedKeys(subject, keys.kind === 'any' ? keys.except : keys.resources)
  if (!found.ok || keys.kind === 'these') return found
  const left = new Set(found.value)
  return { ok: true, value: [...subject.world.keys.keys()].filter((arn) => !left.has(arn)) }
}

function namedKeys({ names, world }: Subject, terms: readonly QueryResource[]): Resolved<readonly string[]> {
  const found = new Set<string>()
  for (const term of terms) {
    const arns = names.resources(term).map((arn) => world.aliases.get(arn) ?? arn)
    const written = 'arn' in term ? term.arn : 'alias' in term ? term.alias : 'keyId' in term ? term.keyId : ''
    if (arns.length === 0) {
      const meant = didYouMean(written, names.resourceNames(), 2)
      const hint =
        meant === undefined ? 'expected one that is known here, or a whole ARN' : `did you mean ${quote(meant)}?`
      return failure(`no key or alias ${quote(written)} is known`, term.span, hint)
    }
    if (arns.length > 1 && !isPattern(written)) {
      return failure(
        `${quote(written)} is the name of ${arns.length} keys`,
        term.span,
        'expected a whole ARN, or `*` in it',
      )
    }
    for (const arn of arns) {
      if (!world.keys.has(arn)) {
        return failure(`${quote(arn, 160)} is no key that is known here`, term.span, 'expected one that is')
      }
      found.add(arn)
    }
  }
  return { ok: true, value: [...found] }
}

/** What is told is fixed; everything else may be anything. */
function contextOf(written: QueryContext): Resolved<RequestContext> {
  const read = readQueryContext(written)
  if (!read.ok) return read
  const { context, encryptionContext = {}, via, time } = read.value.request
  return {
    ok: true,
    value: {
      ...context,
      ...Object.fromEntries(
        Object.entries(encryptionContext).map(([key, value]) => [`kms:EncryptionContext:${key}`, value]),
      ),
      ...(via === undefined ? {} : { 'kms:ViaService': via }),
      ...(time === undefined ? {} : { 'aws:CurrentTime': time }),
    },
  }
}

function failure(
  message: string,
  { start, end }: Span,
  hint: string,
): { readonly ok: false; readonly error: TextError } {
  return { ok: false, error: { message, start, end, hint } }
}
