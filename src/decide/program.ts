/**
 * `combine` as a program: a decision diagram over layer questions, made once for each kind of request.
 *
 * Node n asks question `leaf[n]` and goes on to `yes[n]` or `no[n]`; a negative target is the outcome `~target`.
 */
import { combine, type Algebra, type Leaf, type Outcome, type RequestKind } from '../graph/combine.js'

export interface Program {
  readonly start: number
  readonly leaf: readonly Leaf[]
  readonly yes: readonly number[]
  readonly no: readonly number[]
}

/** Every outcome there is, so that a program can name one by its number. */
const OUTCOMES: Outcome[] = []

export function outcomeNumber(outcome: Outcome): number {
  const known = OUTCOMES.findIndex(
    (candidate) => candidate.decision === outcome.decision && candidate.layer === outcome.layer,
  )
  if (known >= 0) return known
  OUTCOMES.push(Object.freeze({ ...outcome }))
  return OUTCOMES.length - 1
}

export function outcomeOf(number: number): Outcome {
  const outcome = OUTCOMES[number]
  if (outcome === undefined) throw new RangeError(`no outcome has number ${number}`)
  return outcome
}

const programs = new Map<number, Program>()

/** The program for a kind of request; the kinds are few hundred at most, so they are kept for good. */
export function programFor(kind: RequestKind): Program {
  const key = kindNumber(kind)
  const known = programs.get(key)
  if (known !== undefined) return known
  const program = build(kind)
  programs.set(key, program)
  return program
}

function build(kind: RequestKind): Program {
  const leaf: Leaf[] = []
  const yes: number[] = []
  const no: number[] = []
  const shared = new Map<string, number>()
  const algebra: Algebra<number> = {
    outcome: (outcome) => ~outcomeNumber(outcome),
    ask(question, ifYes, ifNo) {
      if (ifYes === ifNo) return ifYes
      const key = `${question} ${ifYes} ${ifNo}`
      const known = shared.get(key)
      if (known !== undefined) return known
      leaf.push(question)
      yes.push(ifYes)
      no.push(ifNo)
      shared.set(key, leaf.length - 1)
      return leaf.length - 1
    },
  }
  return { start: combine(kind, algebra), leaf, yes, no }
}

const TARGETS = ['key', 'alias', 'none', 'other', 'mismatch'] as const
const RELATIONS = ['same', 'cross', 'service'] as const
const IDENTITIES = ['policies', 'root', 'none'] as const
const SESSIONS = ['none', 'some', 'missing'] as const

function kindNumber(kind: RequestKind): number {
  let number = TARGETS.indexOf(kind.target)
  number = number * 3 + RELATIONS.indexOf(kind.relation)
  number = number * 3 + IDENTITIES.indexOf(kind.identity)
  number = number * 3 + SESSIONS.indexOf(kind.session)
  for (const flag of [kind.boundary, kind.scp, kind.rcp, kind.vpce, kind.crossAccountUse, kind.retire]) {
    number = number * 2 + (flag ? 1 : 0)
  }
  return number
}
