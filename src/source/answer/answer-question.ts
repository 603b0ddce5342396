/**
 * A question answered from a world: the decision with its story, what the answer hangs on, and what AWS said.
 *
 * Of an API call with several checks the first that fails is told. What the world lacks and what the question does not
 * tell stand beside the answer where they could change it, and nowhere else.
 *
 * Source: facts D4 (APIs that need several checks), G1 to G3 (what AWS says of a denial).
 */
import type { CauseCode } from '../../aws/causes.js'
import type { DecisionOptions } from '../../decide/options.js'
import type { AuthorizationRequest } from '../../decide/resolve.js'
import { trace, type Trace } from '../../decide/trace.js'
import { causeOf } from '../../explain/cause.js'
import type { NamedTrace, PolicyNames } from '../../explain/names.js'
import { explainTrace, type Explanation } from '../../explain/story.js'
import type { DecisionKind, Outcome } from '../../graph/combine.js'
import type { CompiledPolicy } from '../../graph/policy.js'
import { Subject } from '../../graph/subject.js'
import type { PolicyDocument } from '../../policy/document.js'
import { quote } from '../../text/escape.js'
import type { Result } from '../../text/source.js'
import { explainDisagreement, type Disagreement } from '../asked/disagreement.js'
import { nameResolver, type NamedKey, type NameResolver } from '../asked/name-resolver.js'
import { whyUnknown, type Question, type UnknownInput } from '../asked/question.js'
import type { ExplainedCheck } from '../explain-document.js'
import { GapFinder } from '../world/gaps.js'
import { shownSource } from '../world/policy-text.js'
import { questionAuthorizer } from '../world/question-authorizer.js'
import type { AskedWorld, Gap } from '../world/world.js'
import { allOf, dependsSentence, eitherWay, type EitherWay, type Unknowns } from './either-way.js'
import { KnownSessions } from './known-sessions.js'
import { policyNames } from './policy-names.js'
import { couldChange, hiddenKeys, unreadableSentence, whyOf } from './relevant-gaps.js'

export interface Answer {
  readonly question: Question
  /** Of the check that is told. `unknown` has what the world lacks and what the question does not tell. */
  readonly explanation: Explanation
  /** Of the check that is told. */
  readonly trace: NamedTrace
  readonly checks: readonly ExplainedCheck[]
  /** Index of the first check that fails. */
  readonly failingCheck: number | null
  /** Index of the check that is told. */
  readonly told: number
  /** Of all checks together. */
  readonly eitherWay: EitherWay
  /** What the world lacks and could change the answer. */
  readonly missing: readonly Gap[]
  /** Undefined where AWS was not asked. */
  readonly comparison: Disagreement | undefined
}

/** A question that cannot be asked: why, and what would be needed. */
export interface Unanswerable {
  readonly message: string
}

/** Whether every check was asked and allows. */
export function isAllowed({ failingCheck, question }: Answer): boolean {
  return failingCheck === null && question.incomplete.length === 0
}

/** What is known of an answer without telling it. */
export interface Judgement {
  readonly decision: DecisionKind
  readonly cause: CauseCode | null
  /** The check that it is about. */
  readonly check: AuthorizationRequest
}

/** A decision with what it hangs on, and no story. */
export interface Weighed {
  /** Of the check that would be told. */
  readonly decision: DecisionKind
  readonly eitherWay: EitherWay
  /** A policy that cannot be read could turn it. */
  readonly isOpen: boolean
}

/** All that is known before anything is told. */
interface Traced {
  readonly question: Question
  readonly traces: readonly NamedTrace[]
  /** What the world lacks around each of the checks. */
  readonly around: readonly (readonly Gap[])[]
  readonly told: number
  readonly either: EitherWay
}

export class Answerer {
  readonly names: NameResolver
  private readonly authorizer: ReturnType<typeof questionAuthorizer>
  private readonly gaps: GapFinder
  private readonly sessions: KnownSessions
  private readonly policyNames: PolicyNames
  private policyIds: ReadonlySet<string> | undefined

  constructor(
    private readonly world: AskedWorld,
    options: Partial<DecisionOptions> = {},
  ) {
    this.authorizer = questionAuthorizer(world, options)
    this.gaps = new GapFinder(world)
    this.sessions = new KnownSessions(world, this.authorizer)
    this.policyNames = policyNames(world, this.sessions)
    this.names = nameResolver({
      principals: world.principals.keys(),
      keys: namedKeys(world),
      accounts: world.accounts.keys(),
    })
  }

  /** Prepares a session policy for the checks of a question. */
  compile(policy: PolicyDocument): CompiledPolicy {
    return this.authorizer.compile(policy)
  }

  /** A managed policy of the world as a session policy; undefined where it has none of this ARN. */
  managedPolicy(arn: string): PolicyDocument | undefined {
    const document = this.world.managedPolicies.get(arn)?.policy?.document
    return document === undefined ? undefined : { ...document, kind: 'session' }
  }

  /** The decision and its cause, for who asks many questions. */
  judge(asked: Question): Result<Judgement, Unanswerable> {
    const question = this.withSession(asked)
    if (question.checks.length === 0) return { ok: false, error: unaskable(question) }
    for (const check of question.checks) {
      // What AWS denied is most likely denied here, and then the trace is needed in any case.
      const isTraced = question.said?.decision === 'deny' || isFederated(question)
      const quick = isTraced ? undefined : this.authorizer.authorize(check)
      if (quick?.decision === 'invalidRequest') return { ok: false, error: { message: quick.message } }
      if (quick?.decision === 'allow') continue
      const traced = this.trace(question, check)
      if (!traced.ok) return traced
      const { decision } = traced.value.outcome
      if (decision !== 'allow') return { ok: true, value: { decision, cause: causeOf(traced.value), check } }
    }
    // One that lacks something might be denied.
    if (question.incomplete.length > 0) return { ok: false, error: unaskable(question) }
    const told = question.checks[toldOf(question, [])]!
    return { ok: true, value: { decision: 'allow', cause: null, check: told } }
  }

  /** The decision and what it hangs on, for who asks about many callers and keys: without the story. */
  weigh(asked: Question): Result<Weighed, Unanswerable> {
    const traced = this.traceAll(asked)
    if (!traced.ok) return traced
    const { traces, around, told, either } = traced.value
    const { outcome } = traces[told]!
    const isOpen = around[told]!.some((gap) => gap.unreadable !== undefined && couldChange(gap, outcome))
    return { ok: true, value: { decision: outcome.decision, eitherWay: either, isOpen } }
  }

  answer(asked: Question): Result<Answer, Unanswerable> {
    const traced = this.traceAll(asked)
    if (!traced.ok) return traced
    const { question, traces, around, told, either } = traced.value
    const failing = traces.findIndex(({ outcome }) => outcome.decision !== 'allow')
    return {
      ok: true,
      value: {
        question,
        told,
        failingCheck: failing < 0 ? null : failing,
        checks: traces.map(({ call, outcome }) => ({
          action: call.action,
          resource: call.resource.arn ?? null,
          ...outcome,
        })),
        eitherWay: either,
        ...this.tell(question, traces[told]!, around[told]!, either),
      },
    }
  }

  private traceAll(asked: Question): Result<Traced, Unanswerable> {
    const question = this.withSession(asked)
    if (question.checks.length === 0) return { ok: false, error: unaskable(question) }
    const traces: NamedTrace[] = []
    for (const check of question.checks) {
      const traced = this.trace(question, check)
      if (!traced.ok) return traced
      traces.push({ ...traced.value, names: this.policyNames })
    }
    const told = toldOf(
      question,
      traces.map(({ outcome }) => outcome),
    )
    const around = traces.map((traced, index) => this.gapsAround(traced, question.checks[index]!))
    const either = allOf(traces.map((traced, index) => eitherWay(traced, unknownsOf(question, around[index]!))))
    return { ok: true, value: { question, traces, around, told, either } }
  }

  private tell(
    question: Question,
    traced: NamedTrace,
    around: readonly Gap[],
    either: EitherWay,
  ): Pick<Answer, 'explanation' | 'trace' | 'missing' | 'comparison'> {
    const openKeys = either.dependsOn.flatMap(({ keys }) => keys.map(({ key }) => key))
    const missing = around.filter(
      (gap) => couldChange(gap, traced.outcome) || openKeys.some((key) => hiddenBy([gap], key) !== undefined),
    )
    const messageForm = question.said?.form
    const explanation = explainTrace(traced, {
      sourceOf: shownSource,
      ...(messageForm === undefined ? {} : { messageForm }),
    })
    const comparison = this.compare(question, traced, missing)
    // What AWS has answered hangs on nothing any more.
    const isSettled = comparison?.agreement === 'same'
    const isAllow = traced.outcome.decision === 'allow'
    const openEnd = isSettled
      ? ''
      : dependsSentence(isAllow, either) + unreadableSentence(isAllow, missing, either.answer === 'depends')
    return {
      trace: traced,
      missing,
      comparison,
      explanation: {
        ...explanation,
        summary: `${explanation.summary}${openEnd}`,
        layers: explanation.layers.map((each) => ({ ...each, why: whyOf(each.layer, each.why, missing) })),
        unknown: [
          ...missing.map(({ message }) => message),
          ...untold(question.unknown, traced),
          ...this.stateNote(traced),
          ...question.notes,
          ...opaqueNote(question, traced, explanation),
        ],
      },
    }
  }

  /** What the world says of the caller's session, where the question leaves it open. */
  private withSession(question: Question): Question {
    const [first] = question.checks
    if (first === undefined || first.sessionPolicies !== undefined) return question
    const known = this.sessions.find(first.principal)
    if (known === undefined) return question
    const { policies: sessionPolicies, session } = known
    return {
      ...question,
      checks: question.checks.map((check) => ({
        ...check,
        sessionPolicies,
        sessionTags: { ...session.tags, ...check.sessionTags },
      })),
      unknown: question.unknown.filter(({ kind, name }) => kind !== 'sessionPolicies' && name !== PASSED_TAGS),
    }
  }

  private trace(question: Question, check: AuthorizationRequest): Result<Trace, Unanswerable> {
    const traced = this.authorizer.trace(check)
    if (!traced.ok) return traced
    const { userArn } = question.caller ?? {}
    const { caller } = traced.value.call.subject
    if (userArn === undefined || caller.type !== 'federated') return traced
    // What the session of a federated user may is what its user may: the ARN does not name the user, an event does.
    const asUser = this.authorizer.trace({ ...check, principal: userArn })
    if (!asUser.ok) return asUser
    const { call } = traced.value
    const { identity, boundary } = asUser.value.call
    const subject = new Subject(call.subject.tables, { ...caller, userArn })
    return { ok: true, value: trace({ ...call, subject, identity, boundary }) }
  }

  private gapsAround({ call }: Trace, check: AuthorizationRequest): readonly Gap[] {
    const endpointId = check.context?.['aws:SourceVpce']
    const resource = call.resource.arn
    return this.gaps.gapsFor({
      principal: check.principal,
      ...(resource === undefined ? {} : { resource }),
      ...(typeof endpointId === 'string' ? { endpointId } : {}),
    })
  }

  private compare(question: Question, traced: Trace, missing: readonly Gap[]): Disagreement | undefined {
    const { said, unknown, caller: details } = question
    if (said === undefined) return undefined
    const { caller } = traced.call.subject
    const state = this.keyState(traced)
    const known = this.world.principals.get(caller.roleArn ?? caller.userArn ?? caller.arn)?.uniqueId
    return explainDisagreement({
      said,
      trace: traced,
      unknown,
      gaps: missing.map(({ message }) => message),
      ...(details?.uniqueId === undefined || known === undefined
        ? {}
        : { uniqueIds: { said: details.uniqueId, known } }),
      ...(state === undefined ? {} : { keyState: state }),
      hasPolicy: (arn) => this.hasPolicy(arn),
    })
  }

  private keyState({ call }: Trace): string | undefined {
    return call.resource.arn === undefined ? undefined : this.world.keys.get(call.resource.arn)?.state
  }

  /** Permissions come first; what is allowed may still not work. */
  private stateNote(traced: Trace): readonly string[] {
    const state = this.keyState(traced)
    if (traced.outcome.decision !== 'allow' || state === undefined || state === 'Enabled') return []
    return [`the key is ${quote(state)}; after it has let a request in, KMS may refuse it for that`]
  }

  /** Policies are known here by their ARNs; those of an organization that people wrote down by their names alone. */
  private hasPolicy(arn: string): boolean {
    const { managedPolicies, accounts } = this.world
    this.policyIds ??= new Set([
      ...managedPolicies.keys(),
      ...[...accounts.values()].flatMap(({ scps = [], rcps = [] }) =>
        [...scps, ...rcps].flatMap(({ policies }) =>
          policies.flatMap((policy) => policy.arn ?? (policy.name.endsWith('FullAWSAccess') ? [] : NAMELESS)),
        ),
      ),
    ])
    return this.policyIds.has(arn) || (arn.includes(':organizations:') && this.policyIds.has(NAMELESS))
  }
}

/** As questions call the tags of a session that they do not tell. */
const PASSED_TAGS = 'aws:PrincipalTag/{tag-key}'
/** A policy of an organization that has no ARN here, so that it may be any. */
const NAMELESS = ''

function isFederated({ caller }: Question): boolean {
  return caller?.userArn !== undefined
}

function* namedKeys({ keys, aliases }: AskedWorld): Generator<NamedKey> {
  const byKey = new Map<string, string[]>()
  for (const [aliasArn, arn] of aliases) {
    const name = aliasArn.slice(aliasArn.lastIndexOf(':') + 1)
    const known = byKey.get(arn)
    if (known === undefined) byKey.set(arn, [name])
    else known.push(name)
  }
  for (const arn of keys.keys()) yield { arn, aliases: byKey.get(arn) ?? [] }
}

/** The first check that fails; where all allow the one that AWS spoke of, else the last. */
function toldOf({ checks, said }: Question, outcomes: readonly Outcome[]): number {
  const failing = outcomes.findIndex(({ decision }) => decision !== 'allow')
  if (failing >= 0) return failing
  const spoken = said?.action?.toLowerCase()
  const named = checks.findIndex(({ action }) => action.toLowerCase() === spoken)
  return named < 0 ? checks.length - 1 : named
}

function unaskable({ incomplete, notes }: Question): Unanswerable {
  const [first] = incomplete
  if (first === undefined) return { message: notes[0] ?? 'nothing is asked' }
  const lacks = first.lacks.map(({ part, why }) => `the ${part} is not known: ${why}`)
  return { message: lacks.join('; ') }
}

function unknownsOf({ unknown }: Question, gaps: readonly Gap[]): Unknowns {
  return {
    conditionKey: (key) => whyUnknown(unknown, key) ?? hiddenBy(gaps, key),
    grantTokens: unknown.find(({ kind }) => kind === 'grantTokens')?.why,
  }
}

function hiddenBy(gaps: readonly Gap[], key: string): string | undefined {
  return gaps.find((gap) => {
    const inputs = hiddenKeys(gap).map((name): UnknownInput => ({ kind: 'conditionKey', name, why: gap.message }))
    return whyUnknown(inputs, key) !== undefined
  })?.message
}

/** AWS keeps back whether a key exists from callers of other accounts; those of its own are told of the layer. */
function opaqueNote({ said }: Question, { kind }: Trace, { verdict }: Explanation): readonly string[] {
  if (said?.isOpaque !== true || verdict === 'allow' || kind.relation !== 'same') return []
  return [
    'AWS gives this text to callers of another account, and this key is of the account of the caller: the ciphertext may be of another key',
  ]
}

/** What leaves no trace in the form of the question, where it could change this answer. */
function untold(unknown: readonly UnknownInput[], { outcome, kind, call }: Trace): readonly string[] {
  const { type } = call.subject.caller
  const isSession = type === 'role' || type === 'federated'
  // Those of a federated session are what lets it in.
  const mayTurn = outcome.decision === 'allow' || (kind.session === 'missing' && outcome.layer === 'session')
  const found: string[] = []
  // Condition keys and grant tokens stand with the answer either way.
  for (const { kind: what, name, why } of unknown) {
    if (what === 'sessionPolicies' && isSession && mayTurn) found.push(`${name} are not known (${why}): taken as none`)
    if (what === 'parameters') found.push(`${name} is not known: ${why}`)
  }
  return found
}
