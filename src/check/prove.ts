/**
 * Proves or refutes an assertion: over every request of its callers, actions and keys.
 *
 * Services belong to no account, so a sentence about a place does not speak of them. Sessions are taken to have no session
 * policies; what the assertion does not say of requests may be anything.
 *
 * Source: `docs/test.md`, "Assertions"; IAM User Guide, "IAM Access Analyzer custom policy checks".
 */
import { KMS_ACTIONS } from '../aws/actions.js'
import type { Call } from '../decide/call.js'
import { trace } from '../decide/trace.js'
import { accessClause } from '../explain/access-words.js'
import { createAuthorizer } from '../explain/authorizer.js'
import { explainTrace } from '../explain/story.js'
import { diff, whoCanIn } from '../explain/symbolic.js'
import type { Snapshot } from '../graph/world.js'
import { anyAccess, type Access, type AccessList, type Difference, type SolveOptions } from '../solve/access.js'
import type { CallerClass } from '../solve/callers.js'
import type { SolveScope } from '../solve/scope.js'
import { appliedTo } from '../solve/statements.js'
import { snapshotOf } from '../solve/world.js'
import { restsOn, type MakingStatement } from '../source/answer/changed-statements.js'
import { shownSource } from '../source/world/policy-text.js'
import { compileGlob } from '../text/glob.js'
import { quote } from '../text/escape.js'
import type { TextError } from '../text/grammar-reader.js'
import type { Result } from '../text/source.js'
import type { Assertion } from './assertion.js'
import { resolveAssertion, type ResolvedAssertion } from './resolve-assertion.js'
import { readingsInside, readingsOutside } from './organization-readings.js'
import { everythingAllowed, type Subject } from './subject.js'

export interface Proof {
  readonly outcome: 'pass' | 'fail' | 'unknown'
  /** Why the outcome is unknown, or what fails beyond the requests that are shown. */
  readonly reason?: string
  /** What refutes it, each with its request. */
  readonly shown: readonly Refutation[]
  /** Requests that are part of the proof. */
  readonly calls: readonly Call[]
}

export interface Refutation {
  /** A sentence without its final stop. */
  readonly sentence: string
  readonly statements: readonly (MakingStatement & { readonly applies?: boolean })[]
  readonly call: Call
}

/** Errors are about names that nothing has. */
export function prove(subject: Subject, assertion: Assertion, options: SolveOptions = {}): Result<Proof, TextError> {
  const resolved = resolveAssertion(subject, assertion)
  if (!resolved.ok) return resolved
  const { value } = resolved
  switch (assertion.claim) {
    case 'nobody':
      return { ok: true, value: nobody(subject, value, options) }
    case 'everybody':
      return { ok: true, value: everybody(subject, value, options) }
    case 'only': {
      const others = nobody(subject, value, options)
      return { ok: true, value: others.outcome === 'pass' ? eachCan(subject, value, options) : others }
    }
  }
}

// ------------------------------------------------------------------------------------------------------------- nobody

function nobody(subject: Subject, asked: ResolvedAssertion, options: SolveOptions): Proof {
  const { place, isMeant, isLeftOut } = asked
  if (asked.resources.length === 0) return unknown('no key is left to be asked about')
  const listing = listed(subject, asked, options)
  if (place?.organization === undefined) return refutedBy(subject, asked, listing, options, isMeant)
  // Of accounts that the world has it is known whether they are in the organization; any other may be in any.
  const { accounts } = subject.world
  const isKnown = (accountId: string): boolean => accounts.has(accountId)
  const known = refutedBy(subject, asked, listing, options, (caller) => isOfAccount(caller, isKnown) && isMeant(caller))
  const isOther = (caller: CallerClass): boolean =>
    isOfAccount(caller, (accountId) => !isKnown(accountId)) && !isLeftOut(caller)
  const others = othersWith(listing, isOther)
  if (others.length === 0 || known.outcome === 'unknown') return known
  const { readings, isComplete } =
    place.where === 'outside'
      ? readingsOutside(subject.definition, place.organization)
      : readingsInside(place.organization)
  const proofs = readings.map((reading) => {
    const read = { ...asked, these: others, context: { ...reading, ...asked.context } }
    return refutedBy(subject, read, listed(subject, read, options), options, isOther)
  })
  const all = joined([known, ...proofs])
  if (all.outcome !== 'pass') return all
  if (!isComplete) return unknown('policies test the organization of callers with patterns')
  // Asked for by a name, a user has that one.
  return testsNames(subject) ? unknown('policies test names and ids of callers whom nobody knows') : all
}

function isOfAccount({ accountId }: CallerClass, isSuch: (accountId: string) => boolean): boolean {
  return accountId !== undefined && isSuch(accountId)
}

function othersWith({ list }: Listing, isOther: (caller: CallerClass) => boolean): readonly string[] {
  if (list.answer === 'unknown') return []
  const callers = list.access.flatMap((access) => access.callers.filter(isOther))
  return [...new Set(callers.map(({ principal }) => principal))]
}

function testsNames({ snapshot: { tables } }: Subject): boolean {
  return ['aws:username', 'aws:userid'].some((key) => tables.findSlot(key) >= 0)
}

function joined(proofs: readonly Proof[]): Proof {
  const failed = proofs.filter(({ outcome }) => outcome === 'fail')
  const [unknown] = proofs.filter(({ outcome }) => outcome === 'unknown')
  const seen = new Set<string>()
  const shown = failed
    .flatMap((proof) => proof.shown)
    .filter(({ sentence }) => !seen.has(sentence) && seen.add(sentence).size > 0)
  const outcome = failed.length > 0 ? 'fail' : unknown === undefined ? 'pass' : 'unknown'
  const reason = failed[0]?.reason ?? unknown?.reason
  return { outcome, shown, calls: proofs.flatMap(({ calls }) => calls), ...(reason === undefined ? {} : { reason }) }
}

function scopeOf({ these, actions, resources, context }: ResolvedAssertion): SolveScope {
  return {
    sessionPolicies: 'none',
    actions,
    resources,
    context,
    ...(these === undefined ? {} : { principals: these }),
  }
}

const ALL = { maxListed: Number.MAX_SAFE_INTEGER }
/** Callers of one access of whom a request is sought. */
const MAX_TRIED = 8

/** Who has any of the access that an assertion is about. */
interface Listing {
  readonly snapshot: Snapshot
  readonly list: AccessList
}

function listed(subject: Subject, asked: ResolvedAssertion, options: SolveOptions): Listing {
  const { world, definition } = subject
  const strange = asked.accounts.filter((id) => !world.accounts.has(id))
  // Known by name, so that nobody of the account is in one class with somebody of another.
  const snapshot =
    strange.length === 0
      ? subject.snapshot
      : snapshotOf({
          ...definition,
          accounts: [...(definition.accounts ?? []), ...strange.map((accountId) => ({ accountId }))],
        })
  return { snapshot, list: whoCanIn(snapshot, scopeOf(asked), { ...options, ...ALL }) }
}

function refutedBy(
  subject: Subject,
  asked: ResolvedAssertion,
  { snapshot, list }: Listing,
  options: SolveOptions,
  isMeant: (caller: CallerClass) => boolean,
): Proof {
  if (list.answer === 'unknown') return unknown(list.reason)
  const scope = scopeOf(asked)
  const shown: Refutation[] = []
  let isEmpty = true
  for (const access of list.access) {
    const meant = access.callers.filter(isMeant)
    if (meant.length === 0) continue
    isEmpty = false
    const found = witnessed(access, meant, (principal) => {
      const resources = access.resource.arn === undefined ? asked.resources : [access.resource.arn]
      const narrow = { ...scope, principals: [principal], actions: access.actions, resources }
      const own = whoCanIn(snapshot, narrow, { ...options, ...ALL })
      return own.answer === 'unknown' ? [] : own.access
    })
    if (found !== undefined) shown.push(refutation(subject, found))
  }
  if (shown.length > 0) return { outcome: 'fail', shown, calls: shown.map(({ call }) => call) }
  if (isEmpty && list.answer === 'complete') return { outcome: 'pass', shown: [], calls: [] }
  return unknown(list.reason ?? 'no request could be made of what is left')
}

/** The access of those who are meant, with a request of one of them. */
function witnessed(
  access: Access,
  meant: readonly CallerClass[],
  accessOf: (principal: string) => readonly Access[],
): Access | undefined {
  const [first] = access.callers
  if (access.witness !== undefined && first !== undefined && meant.includes(first)) return { ...access, callers: meant }
  for (const caller of meant.slice(0, MAX_TRIED)) {
    // A session of a federated user is not asked for by its name alone.
    if (caller.userArn !== undefined) continue
    const own = accessOf(caller.principal).find(({ witness }) => witness !== undefined)
    if (own !== undefined) return { ...own, callers: [caller, ...meant.filter((each) => each !== caller)] }
  }
  return undefined
}

function refutation(subject: Subject, access: Access): Refutation {
  const call = access.witness?.calls[0]
  if (call === undefined) throw new Error('an access without a request is shown')
  return {
    sentence: accessClause(access, ({ arn }) => subject.nameOf(arn)),
    statements: restsOn(appliedTo(call)),
    call,
  }
}

/** Of a key policy by itself. */
export const OF_IDENTITIES = 'it hangs on identity policies, and of a key policy by itself these are not known'

function unknown(reason: string): Proof {
  return { outcome: 'unknown', reason, shown: [], calls: [] }
}

// --------------------------------------------------------------------------------------------------------------- only

/** That each of those who are named can do it, in some way at least. */
function eachCan(subject: Subject, asked: ResolvedAssertion, options: SolveOptions): Proof {
  const calls: Call[] = []
  for (const principal of asked.except) {
    const found = anyAccess({ snapshot: subject.snapshot }, { ...scopeOf(asked), principals: [principal] }, options)
    if (found.answer === 'unknown') return { ...unknown(found.reason), calls }
    if (found.answer === 'no') {
      return {
        outcome: 'fail',
        reason: `nobody else can, but ${quote(principal, 200)} cannot either`,
        shown: [],
        calls,
      }
    }
    const [call] = found.witness.calls
    if (call !== undefined) calls.push(call)
  }
  return { outcome: 'pass', shown: [], calls }
}

// ---------------------------------------------------------------------------------------------------------- everybody

/** That nothing is missing from what would be allowed if no policy said no. */
function everybody(subject: Subject, asked: ResolvedAssertion, options: SolveOptions): Proof {
  const everyone = asked.these ?? [...subject.world.principals.keys()].filter(asked.isMeantArn)
  if (everyone.length === 0) return unknown('the world knows nobody who is meant')
  if (asked.resources.length === 0) return unknown('no key is left to be asked about')
  const { definition, isKeyPolicy } = subject
  const open = everythingAllowed(definition, everyone)
  const impossible = impossibleIn(open, everyone, asked)
  if (impossible !== undefined) return { outcome: 'fail', reason: impossible, shown: [], calls: [] }
  const scope: SolveScope = { ...scopeOf(asked), principals: everyone, unknownIdentity: 'none' }
  const { less, reason, verdict } = diff(open, definition, scope, { ...options, ...ALL })
  const shown = less.flatMap((difference) => deniedTo(subject, difference))
  if (shown.length > 0 && isKeyPolicy) {
    const { principals = [] } = open
    const { verdict: withIdentities } = diff(open, { ...definition, principals }, scope, { ...options, ...ALL })
    if (withIdentities === 'equivalent') return unknown(OF_IDENTITIES)
  }
  if (shown.length > 0) return { outcome: 'fail', shown, calls: shown.map(({ call }) => call) }
  return verdict === 'equivalent'
    ? { outcome: 'pass', shown: [], calls: [] }
    : unknown(reason ?? 'no request could be made of what is left')
}

function deniedTo(subject: Subject, difference: Difference): readonly Refutation[] {
  const call = difference.witness?.calls[1]
  if (call === undefined) return []
  const sentence = accessClause(difference, ({ arn }) => subject.nameOf(arn)).replace(' may ', ' may not ')
  const { decisive } = explainTrace(trace(call), { sourceOf: shownSource })
  return [{ sentence, statements: decisive, call }]
}

/** What no policy can allow: an operation of another account's key that only its own account has. */
function impossibleIn(
  open: ReturnType<typeof everythingAllowed>,
  principals: readonly string[],
  { actions, resources }: ResolvedAssertion,
): string | undefined {
  const authorizer = createAuthorizer()
  for (const account of open.accounts ?? []) authorizer.putAccount(account)
  for (const principal of open.principals ?? []) authorizer.putPrincipal(principal)
  for (const key of open.keys ?? []) authorizer.putKey(key)
  const globs = actions.map((action) => compileGlob(action, { ignoreCase: true }))
  const names = KMS_ACTIONS.filter(
    ({ name, resources: takes }) => takes.includes('key') && globs.some((glob) => glob.matches(name)),
  ).map(({ name }) => name)
  if (names.length === 0) return 'no permission on a key is meant'
  for (const principal of principals) {
    for (const resource of resources) {
      for (const action of names) {
        if (authorizer.authorize({ principal, action, resource }).decision === 'allow') continue
        return `no policy can allow ${action} on ${quote(resource, 200)} to ${quote(principal, 200)}`
      }
    }
  }
  return undefined
}
