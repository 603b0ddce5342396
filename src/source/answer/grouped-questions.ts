/**
 * Many questions at once: those with one cause, caller, permission and key are one group, the largest first.
 *
 * Keeps one example of each group and counts the rest, so that a file of any length needs no more memory than it has
 * groups; beyond a limit the rarest are only counted. Sessions of one role are one caller.
 */
import type { CauseCode } from '../../aws/causes.js'
import type { DecisionKind } from '../../graph/combine.js'
import type { NotUnderstood } from '../asked/cloudtrail.js'
import type { Question, QuestionOrigin } from '../asked/question.js'
import type { Answerer } from './answer-question.js'

/** What AWS did and what the world says; `unasked` where AWS was not asked. */
export type GroupKind =
  /** Both deny, or this world denies what nobody has asked AWS. */
  'denied' | 'onlyAwsDenies' | 'onlyWorldDenies'

export interface QuestionGroup {
  readonly kind: GroupKind
  readonly cause: CauseCode | null
  readonly decision: DecisionKind
  /** ARN of the role, user or other caller. */
  readonly caller: string
  readonly action: string
  readonly resource: string | null
  readonly count: number
  readonly example: Question
}

export interface GroupedQuestions {
  readonly groups: readonly QuestionGroup[]
  /** Questions in all. */
  readonly total: number
  /** Allowed by this world, and by AWS where it was asked. */
  readonly allowed: number
  /** AWS refused for another reason than permissions. */
  readonly otherRefusals: number
  readonly notAsked: readonly CountedReason[]
  readonly notUnderstood: readonly CountedReason[]
  /** Of groups that are not listed. */
  readonly uncounted: number
}

/** Something that was passed over: why, how often, and where first. */
export interface CountedReason {
  readonly reason: string
  readonly count: number
  readonly example: Pick<QuestionOrigin, 'name' | 'line' | 'eventId'>
}

const MAX_GROUPS = 10_000
const MAX_REASONS = 100

type Growing<T> = { -readonly [K in keyof T]: T[K] }

export class QuestionGroups {
  private readonly byName = new Map<string, Growing<QuestionGroup>>()
  private readonly reasons = new Map<string, Growing<CountedReason>>()
  private readonly faults = new Map<string, Growing<CountedReason>>()
  private total = 0
  private allowed = 0
  private otherRefusals = 0
  private uncounted = 0

  constructor(private readonly answerer: Answerer) {}

  add(question: Question): void {
    this.total++
    const { said, origin } = question
    if (said?.decision === 'undecided') {
      this.otherRefusals++
      return
    }
    const judged = this.answerer.judge(question)
    if (!judged.ok) {
      note(this.reasons, judged.error.message, origin)
      return
    }
    const { decision, cause, check } = judged.value
    const kind = kindOf(decision !== 'allow', said?.decision)
    if (kind === undefined) {
      this.allowed++
      return
    }
    const caller = withoutSession(check.principal)
    const resource = check.resource ?? null
    const name = JSON.stringify([kind, cause, caller, check.action, resource])
    const known = this.byName.get(name)
    if (known !== undefined) known.count++
    else if (this.byName.size >= MAX_GROUPS) this.uncounted++
    else {
      const { action } = check
      this.byName.set(name, { kind, cause, decision, caller, action, resource, count: 1, example: question })
    }
  }

  notUnderstood({ message, name, line, eventId }: NotUnderstood): void {
    note(this.faults, message, { name, line, ...(eventId === undefined ? {} : { eventId }) })
  }

  finish(): GroupedQuestions {
    const largestFirst = <T extends { readonly count: number }>(all: Iterable<T>): readonly T[] =>
      [...all].toSorted((left, right) => right.count - left.count)
    return {
      groups: largestFirst(this.byName.values()),
      total: this.total,
      allowed: this.allowed,
      otherRefusals: this.otherRefusals,
      notAsked: largestFirst(this.reasons.values()),
      notUnderstood: largestFirst(this.faults.values()),
      uncounted: this.uncounted,
    }
  }
}

function kindOf(isDenied: boolean, said: 'allow' | 'deny' | undefined): GroupKind | undefined {
  if (isDenied) return said === 'allow' ? 'onlyWorldDenies' : 'denied'
  return said === 'deny' ? 'onlyAwsDenies' : undefined
}

function note(
  reasons: Map<string, Growing<CountedReason>>,
  reason: string,
  { name, line, eventId }: CountedReason['example'],
): void {
  const known = reasons.get(reason)
  if (known !== undefined) known.count++
  else if (reasons.size < MAX_REASONS) {
    const example = { name, ...(line === undefined ? {} : { line }), ...(eventId === undefined ? {} : { eventId }) }
    reasons.set(reason, { reason, count: 1, example })
  } else {
    const other = reasons.get(OTHER)
    if (other !== undefined) other.count++
    else reasons.set(OTHER, { reason: OTHER, count: 1, example: { name } })
  }
}

const OTHER = 'for other reasons'

/** Sessions come and go; what they may is what their role may. */
function withoutSession(principal: string): string {
  // It has been asked about, so it is an ARN of one of the known forms: no other has this in it.
  const role = principal.indexOf(ASSUMED_ROLE)
  const end = role < 0 ? -1 : principal.indexOf('/', role + ASSUMED_ROLE.length)
  return end < 0 ? principal : principal.slice(0, end)
}

const ASSUMED_ROLE = ':assumed-role/'
