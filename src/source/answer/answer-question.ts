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
import { explainTrace, type Explanation } from '../../explain/story.js'
import type { Authorizer } from '../../explain/authorizer.js'
import type { DecisionKind, Outcome } from '../../graph/combine.js'
import { Subject } from '../../graph/subject.js'
import { quote } from '../../text/escape.js'
import type { Result } from '../../text/source.js'
import { explainDisagreement, type Disagreement } from '../asked/disagreement.js'
import { nameResolver, type NameResolver } from '../asked/name-resolver.js'
import { whyUnknown, type Question, type UnknownInput } from '../asked/question.js'
import type { ExplainedCheck } from '../explain-document.js'
import { GapFinder } from '../world/gaps.js'
import { shownSource } from '../world/policy-text.js'
import { toAuthorizer } from '../world/to-authorizer.js'
import type { Gap, World } from '../world/world.js'
import { allOf, dependsSentence, eitherWay, type EitherWay, type Unknowns } from './either-way.js'
import { couldChange, hiddenKeys } from './relevant-gaps.js'

export interface Answer {
  readonly question: Question
  /** Of the check that is told. `unknown` has what the world lacks and what the question does not tell. */
  readonly explanation: Explanation
  /** Of the check that is told. */
  readonly trace: Trace
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

export class Answerer {
  readonly names: NameResolver
  private readonly authorizer: Authorizer
  private readonly gaps: GapFinder
  private policyNames: ReadonlySet<string> | undefined

  constructor(
    private readonly world: World,
    options: Partial<DecisionOptions> = {},
  ) {
    this.authorizer = toAuthorizer(world, options)
    this.gaps = new GapFinder(world)
    this.names = nameResolver({
      principals: world.principals.keys(),
      keys: [...world.keys.values()].map(({ arn, properties }) => ({ arn, aliases: properties.aliases ?? [] })),
      accounts: world.accounts.keys(),
    })
  }

  /** The decision and its cause, for who asks many questions. */
  judge(question: Question): Result<Judgement, Unanswerable> {
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

  answer(question: Question): Result<Answer, Unanswerable> {
    if (question.checks.length === 0) return { ok: false, error: unaskable(question) }
    const traces: Trace[] = []
    for (const check of question.checks) {
      const traced = this.trace(question, check)
      if (!traced.ok) return traced
      traces.push(traced.value)
    }
    const outcomes = traces.map(({ outcome }) => outcome)
    const told = toldOf(question, outcomes)
    const failing = outcomes.findIndex(({ decision }) => decision !== 'allow')
    const around = traces.map((traced, index) => this.gapsAround(traced, question.checks[index]!))
    const either = allOf(traces.map((traced, index) => eitherWay(traced, unknownsOf(question, around[index]!))))
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

  private tell(
    question: Question,
    traced: Trace,
    around: readonly Gap[],
    either: EitherWay,
  ): Pick<Answer, 'explanation' | 'trace' | 'missing' | 'comparison'> {
    const openKeys = either.dependsOn.flatMap(({ keys }) => keys.map(({ key }) => key))
    const missing = around.filter(
      (gap) => couldChange(gap, traced.outcome) || openKeys.some((key) => hiddenBy([gap], key) !== undefined),
    )
    const explanation = explainTrace(traced, { sourceOf: shownSource })
    return {
      trace: traced,
      missing,
      comparison: this.compare(question, traced, missing),
      explanation: {
        ...explanation,
        summary: `${explanation.summary}${dependsSentence(traced.outcome.decision === 'allow', either)}`,
        unknown: [
          ...missing.map(({ message }) => message),
          ...untold(question.unknown, traced),
          ...this.stateNote(traced),
          ...question.notes,
        ],
      },
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

  /** Policies of organizations are known here by their ids, those of accounts by their ARNs. */
  private hasPolicy(arn: string): boolean {
    const { managedPolicies, accounts } = this.world
    this.policyNames ??= new Set([
      ...managedPolicies.keys(),
      ...[...accounts.values()].flatMap(({ scps = [], rcps = [] }) =>
        [...scps, ...rcps].flatMap(({ policies }) => policies.map(({ name }) => name)),
      ),
    ])
    return this.policyNames.has(arn) || this.policyNames.has(arn.slice(arn.lastIndexOf('/') + 1))
  }
}

function isFederated({ caller }: Question): boolean {
  return caller?.userArn !== undefined
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

/** What leaves no trace in the form of the question, where it could change this answer. */
function untold(unknown: readonly UnknownInput[], { outcome, kind }: Trace): readonly string[] {
  // Those of a federated session are what lets it in.
  const mayBeSession = outcome.decision === 'allow' || (kind.session === 'missing' && outcome.layer === 'session')
  const found: string[] = []
  // Condition keys and grant tokens stand with the answer either way.
  for (const { kind: what, name, why } of unknown) {
    if (what === 'sessionPolicies' && mayBeSession) found.push(`${name} are not known (${why}): taken as none`)
    if (what === 'parameters') found.push(`${name} is not known: ${why}`)
  }
  return found
}
