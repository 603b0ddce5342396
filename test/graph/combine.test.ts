/**
 * The order of evaluation for every kind of request there could be, occurring or not.
 *
 * Source: authorization.md D1, G3.
 */
import { describe, expect, test } from 'vitest'
import { combine, layersOf, type Algebra, type Leaf, type Outcome, type RequestKind } from '../../src/graph/combine.js'

const FLAGS = [false, true] as const

function* kinds(): Generator<RequestKind> {
  for (const target of ['key', 'alias', 'none', 'other', 'role', 'mismatch'] as const)
    for (const relation of ['same', 'cross', 'service'] as const)
      for (const identity of ['policies', 'root', 'none'] as const)
        for (const session of ['none', 'some', 'missing'] as const)
          for (const boundary of FLAGS)
            for (const scp of FLAGS)
              for (const rcp of FLAGS)
                for (const vpce of FLAGS)
                  for (const crossAccountUse of FLAGS)
                    for (const retire of FLAGS)
                      yield { target, relation, identity, session, boundary, scp, rcp, vpce, crossAccountUse, retire }
}

/** RetireGrant is authorised on a key or not at all. */
const KINDS = [...kinds()].filter(({ retire, target }) => !retire || target === 'key' || target === 'mismatch')

/** The formula as what it is: a tree of questions that ends in outcomes. */
type Formula = { readonly outcome: Outcome } | { readonly leaf: Leaf; readonly yes: Formula; readonly no: Formula }

const FORMULAS: Algebra<Formula> = {
  outcome: (outcome) => ({ outcome }),
  ask: (leaf, yes, no) => ({ leaf, yes, no }),
}

function answer(formula: Formula, holds: (leaf: Leaf) => boolean): Outcome {
  let at = formula
  while ('leaf' in at) at = holds(at.leaf) ? at.yes : at.no
  return at.outcome
}

/** Every question of a formula, each part of it looked at once. */
function leavesOf(formula: Formula): ReadonlySet<Leaf> {
  const leaves = new Set<Leaf>()
  const seen = new Set<Formula>()
  const rest = [formula]
  for (let at = rest.pop(); at !== undefined; at = rest.pop()) {
    if (seen.has(at) || !('leaf' in at)) continue
    seen.add(at)
    leaves.add(at.leaf)
    rest.push(at.yes, at.no)
  }
  return leaves
}

const DECISIONS = ['allow', 'implicitDeny', 'explicitDeny']

/** G3: which explicit deny is reported when several apply. */
const DENIES = [
  ['denyRcp', 'rcp'],
  ['denyScp', 'scp'],
  ['denyVpce', 'vpce'],
  ['denyKeyPolicy', 'keyPolicy'],
  ['denyIdentity', 'identity'],
  ['denyBoundary', 'boundary'],
  ['denySession', 'session'],
] as const

const isDeny = (leaf: Leaf): boolean => leaf.startsWith('deny')

/** Fifteen answers to all questions, the same in every run; `deny` questions answered no. */
const ANSWERS = Array.from({ length: 15 }, (_, which) => (leaf: Leaf): boolean => {
  let hash = which * 0x9e3779b1
  for (const character of leaf) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  return !isDeny(leaf) && ((hash >>> 13) & 1) === 1
})

/** A few hundred thousand claims: `expect` is asked only about those that do not hold. */
function fail(kind: RequestKind, isWrong: boolean): void {
  if (isWrong) expect.fail(JSON.stringify(kind))
}

describe(`all ${KINDS.length} kinds of request`, () => {
  test('ask only layers that take part, and every path ends', () => {
    for (const kind of KINDS) {
      const formula = combine(kind, FORMULAS)
      const taking = new Set(
        layersOf(kind).flatMap(({ deny, allow }) => [...allow, ...(deny === undefined ? [] : [deny])]),
      )
      const foreign = [...leavesOf(formula)].filter((leaf) => !taking.has(leaf))
      const decisions = ANSWERS.map((holds) => answer(formula, holds).decision)
      fail(kind, foreign.length > 0 || !decisions.every((decision) => DECISIONS.includes(decision)))
    }
  })

  test('are denied by each layer that takes part and denies, and the first in order is named', () => {
    for (const kind of KINDS) {
      const formula = combine(kind, FORMULAS)
      const layers = new Map(layersOf(kind).map(({ layer, deny }) => [layer, deny]))
      const denying = DENIES.filter(([leaf, layer]) => layers.get(layer) === leaf)
      for (const [index, [leaf, layer]] of denying.entries()) {
        const later = new Set<Leaf>(denying.slice(index).map(([each]) => each))
        for (const holds of ANSWERS) {
          const outcomes = [
            answer(formula, (each) => each === leaf || holds(each)),
            answer(formula, (each) => later.has(each) || holds(each)),
          ]
          fail(
            kind,
            outcomes.some((each) => each.decision !== 'explicitDeny' || each.layer !== layer),
          )
        }
      }
    }
  })

  test('are never denied explicitly when nothing denies, nor allowed when nothing allows', () => {
    for (const kind of KINDS) {
      const formula = combine(kind, FORMULAS)
      for (const holds of ANSWERS) fail(kind, answer(formula, holds).decision === 'explicitDeny')
      const silent = answer(formula, () => false)
      // The identity side of a root user counts as allowed, and with it what nobody else has a say in.
      const rootAlone =
        kind.identity === 'root' &&
        !kind.scp &&
        !kind.vpce &&
        !kind.retire &&
        (kind.target === 'none' || kind.target === 'alias' || (kind.target === 'other' && kind.relation === 'same'))
      fail(kind, silent.decision === 'allow' && !rootAlone)
    }
  })

  test('an Allow more never takes a permission away', () => {
    for (const kind of KINDS) {
      const formula = combine(kind, FORMULAS)
      const leaves = [...leavesOf(formula)].filter((leaf) => !isDeny(leaf))
      for (const holds of ANSWERS) {
        if (answer(formula, holds).decision !== 'allow') continue
        for (const leaf of leaves) {
          fail(kind, answer(formula, (each) => each === leaf || holds(each)).decision !== 'allow')
        }
      }
    }
  })

  test('an SCP or endpoint policy that does not allow ends it', () => {
    for (const kind of KINDS.filter(({ scp, vpce }) => scp || vpce)) {
      const formula = combine(kind, FORMULAS)
      for (const holds of ANSWERS) {
        if (kind.scp) {
          const outcome = answer(formula, (leaf) => leaf !== 'allowScp' && holds(leaf))
          fail(kind, outcome.decision !== 'implicitDeny' || outcome.layer !== 'scp')
        }
        if (!kind.vpce) continue
        const outcome = answer(formula, (leaf) => leaf === 'allowScp' || (leaf !== 'allowVpce' && holds(leaf)))
        fail(kind, outcome.decision !== 'implicitDeny' || outcome.layer !== 'vpce')
      }
    }
  })

  test('across accounts nothing but a grant replaces the identity side', () => {
    for (const kind of KINDS.filter(({ relation, identity }) => relation === 'cross' && identity === 'policies')) {
      const formula = combine(kind, FORMULAS)
      for (const holds of ANSWERS) {
        for (const missing of [
          'allowIdentity',
          ...(kind.boundary ? ['allowBoundary'] : []),
          ...(kind.session === 'none' ? [] : ['allowSession']),
        ]) {
          const { decision, layer } = answer(formula, (leaf) => leaf !== missing && holds(leaf))
          fail(kind, decision === 'allow' && layer !== 'grant')
        }
      }
    }
  })

  test('name only layers of the request, save where the operation or the grants are the reason', () => {
    for (const kind of KINDS) {
      const formula = combine(kind, FORMULAS)
      const taking = new Set<string>(layersOf(kind).map(({ layer }) => layer))
      for (const holds of ANSWERS) {
        const { layer } = answer(formula, holds)
        const isNamed = taking.has(layer) || layer === 'operation' || layer === 'grant'
        // A root user or a service has no identity policies, and the identity side still answers for it.
        const isSide = layer === 'identity' && kind.identity !== 'policies'
        fail(kind, !isNamed && !isSide)
      }
    }
  })
})
