/**
 * The promises of `ARCHITECTURE.md` about decisions, each by its number. I3 is `total.test.ts`, I4 `agreement.test.ts`,
 * I10 `hostile.test.ts`.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Call } from '../../src/decide/call.js'
import { decide } from '../../src/decide/decide.js'
import type { Outcome } from '../../src/graph/combine.js'
import { Simulator, type Answer } from '../../src/source/simulate.js'
import { describeDocument } from '../reference/describe.js'
import type { AuthorizeDocument, LeveledPolicies, PolicyJson, StatementJson } from '../reference/document.js'
import { A, allow, asked, deny, policy } from '../reference/example.js'
import { authorizeDocuments } from '../reference/generate.js'
import { CallReader } from './read-calls.js'

const SEED = 20260402
const LONG = 60_000

const reader = new CallReader()

function outcomeOf(document: AuthorizeDocument): Outcome {
  return decide(reader.call(document))
}

// ------------------------------------------------------------------------------------------------------------------ I1

function statementsIn(value: unknown): readonly StatementJson[] {
  if (typeof value !== 'object' || value === null) return []
  if ('Effect' in value) return [value as StatementJson]
  return Object.values(value).flatMap(statementsIn)
}

const withStatement = (to: PolicyJson, statement: StatementJson): PolicyJson => ({
  ...to,
  Statement: [...('Effect' in to.Statement ? [to.Statement] : to.Statement), statement],
})

/** As a statement of a policy that names principals, or of one that does not. */
function fitted({ Principal, NotPrincipal, Sid: _sid, ...rest }: StatementJson, names: boolean): StatementJson {
  if (!names) return rest
  return { ...rest, ...(NotPrincipal === undefined ? { Principal: Principal ?? '*' } : { NotPrincipal }) }
}

type Layer =
  'keyPolicy' | 'identityPolicies' | 'permissionsBoundary' | 'sessionPolicies' | 'scps' | 'rcps' | 'vpcEndpointPolicy'

const LAYERS: readonly Layer[] = [
  'keyPolicy',
  'identityPolicies',
  'permissionsBoundary',
  'sessionPolicies',
  'scps',
  'rcps',
  'vpcEndpointPolicy',
]

/** The document with one more Deny in that layer; undefined where the layer has no policy to hold it. */
function withDeny(document: AuthorizeDocument, layer: Layer, given: StatementJson): AuthorizeDocument | undefined {
  const statement: StatementJson = { ...given, Effect: 'Deny' }
  const levels = (all: LeveledPolicies | null | undefined, one: StatementJson): LeveledPolicies | undefined => {
    const [account, attached] = Object.entries(all ?? {})[0] ?? []
    const [first, ...rest] = attached ?? []
    if (account === undefined || first === undefined) return undefined
    return { ...all, [account]: [[...first, { Version: '2012-10-17', Statement: [one] }], ...rest] }
  }
  switch (layer) {
    case 'keyPolicy':
    case 'vpcEndpointPolicy': {
      const found = document[layer]
      return found ? { ...document, [layer]: withStatement(found, fitted(statement, true)) } : undefined
    }
    case 'permissionsBoundary': {
      const found = document[layer]
      return found ? { ...document, [layer]: withStatement(found, fitted(statement, false)) } : undefined
    }
    case 'identityPolicies':
    case 'sessionPolicies': {
      const [first, ...rest] = document[layer] ?? []
      return first ? { ...document, [layer]: [withStatement(first, fitted(statement, false)), ...rest] } : undefined
    }
    case 'scps': {
      const scps = levels(document.scps, fitted(statement, false))
      return scps && { ...document, scps }
    }
    case 'rcps': {
      const { NotAction: _action, NotPrincipal: _principal, ...rest } = fitted(statement, true)
      const rcps = levels(document.rcps, { ...rest, Principal: '*', Action: 'kms:*' })
      return rcps && { ...document, rcps }
    }
  }
}

/** Undefined where a generated statement is not allowed in that kind of policy: nothing is learned from it. */
function callIfAccepted(document: AuthorizeDocument | undefined): Call | undefined {
  const read = document === undefined ? undefined : reader.read(document)
  return typeof read === 'object' ? read[0] : undefined
}

describe('I1: deny wins', () => {
  test(
    'one more Deny never turns a denial into an allow',
    () => {
      let tried = 0
      let turned = 0
      fc.assert(
        fc.property(authorizeDocuments(), fc.nat(), fc.nat(), (document, whichLayer, whichStatement) => {
          const layer = LAYERS[whichLayer % LAYERS.length]!
          const known = [...statementsIn(document), deny('*', { to: '*' })]
          const changed = withDeny(document, layer, known[whichStatement % known.length]!)
          const call = callIfAccepted(changed)
          if (changed === undefined || call === undefined) return
          tried++
          const before = outcomeOf(document)
          const after = decide(call)
          if (before.decision === 'allow' && after.decision !== 'allow') turned++
          if (before.decision !== 'allow') expect(after.decision, describeDocument(changed)).not.toBe('allow')
          if (before.decision === 'explicitDeny') expect(after.decision, describeDocument(changed)).toBe('explicitDeny')
        }),
        { numRuns: 1000, seed: SEED },
      )
      // The property is worth something only where such a Deny also does something.
      expect(tried).toBeGreaterThan(300)
      expect(turned).toBeGreaterThan(20)
    },
    LONG,
  )

  test(
    'a Deny of everything by every principal denies explicitly, whatever else stands there',
    () => {
      fc.assert(
        fc.property(authorizeDocuments(), (document) => {
          const changed = withDeny(document, 'keyPolicy', deny('*', { to: '*' }))
          if (changed === undefined || document.action === 'kms:RetireGrant') return
          expect(outcomeOf(changed).decision, describeDocument(changed)).toBe('explicitDeny')
        }),
        { numRuns: 300, seed: SEED },
      )
    },
    LONG,
  )
})

// ------------------------------------------------------------------------------------------------------------------ I2

/** The list in another order, told by a number. */
function shuffled<T>(list: readonly T[], order: number): readonly T[] {
  const rest = [...list]
  const result: T[] = []
  for (let state = order; rest.length > 0; state = Math.imul(state, 0x9e3779b1) >>> 1) {
    result.push(...rest.splice(state % rest.length, 1))
  }
  return result
}

function reordered(document: AuthorizeDocument, order: number): AuthorizeDocument {
  const one = (found: PolicyJson): PolicyJson =>
    'Effect' in found.Statement ? found : { ...found, Statement: shuffled(found.Statement, order) }
  const list = (found: readonly PolicyJson[]): readonly PolicyJson[] => shuffled(found.map(one), order)
  const levels = (all: LeveledPolicies): LeveledPolicies =>
    Object.fromEntries(Object.entries(all).map(([account, found]) => [account, shuffled(found.map(list), order)]))
  return {
    ...document,
    ...(document.keyPolicy ? { keyPolicy: one(document.keyPolicy) } : {}),
    ...(document.permissionsBoundary ? { permissionsBoundary: one(document.permissionsBoundary) } : {}),
    ...(document.vpcEndpointPolicy ? { vpcEndpointPolicy: one(document.vpcEndpointPolicy) } : {}),
    ...(document.identityPolicies ? { identityPolicies: list(document.identityPolicies) } : {}),
    ...(document.sessionPolicies ? { sessionPolicies: list(document.sessionPolicies) } : {}),
    ...(document.scps ? { scps: levels(document.scps) } : {}),
    ...(document.rcps ? { rcps: levels(document.rcps) } : {}),
    ...(document.grants ? { grants: shuffled(document.grants, order) } : {}),
    ...(document.context ? { context: Object.fromEntries(shuffled(Object.entries(document.context), order)) } : {}),
  }
}

test(
  'I2: the order of statements, policies, levels, grants and condition keys never changes the verdict',
  () => {
    let moved = 0
    fc.assert(
      fc.property(authorizeDocuments(), fc.integer({ min: 1, max: 0x7fffffff }), (document, order) => {
        const changed = reordered(document, order)
        if (JSON.stringify(changed) !== JSON.stringify(document)) moved++
        expect(outcomeOf(changed), describeDocument(document)).toEqual(outcomeOf(document))
      }),
      { numRuns: 500, seed: SEED },
    )
    expect(moved).toBeGreaterThan(400)
  },
  LONG,
)

// ------------------------------------------------------------------------------------------------------------------ I5

function answerTo(document: AuthorizeDocument): Answer | undefined {
  return new Simulator().answer(JSON.stringify(document), 1)[0]
}

/** Facts B2, K-12, K-32: a comparison that cannot be made is false for both polarities, and told. */
describe('I5: a Deny that could not be evaluated is told', () => {
  const CASES: readonly {
    readonly operator: string
    readonly key: string
    readonly wanted: string
    readonly got: string | readonly string[]
  }[] = [
    { operator: 'NumericNotEquals', key: 'aws:MultiFactorAuthAge', wanted: '7', got: 'seven' },
    { operator: 'NumericLessThan', key: 'aws:MultiFactorAuthAge', wanted: '7', got: '1e3' },
    { operator: 'DateGreaterThan', key: 'aws:CurrentTime', wanted: '2026-01-01T00:00:00Z', got: 'yesterday' },
    { operator: 'DateNotEquals', key: 'aws:CurrentTime', wanted: '2026-01-01T00:00:00Z', got: '2026-02-30' },
    { operator: 'IpAddress', key: 'aws:SourceIp', wanted: '10.0.0.0/8', got: 'AWS Internal' },
    { operator: 'NotIpAddress', key: 'aws:SourceIp', wanted: '10.0.0.0/8', got: '10.0.0' },
    { operator: 'ArnNotLike', key: 'aws:PrincipalArn', wanted: `arn:aws:iam::${A}:role/*`, got: 'not an ARN' },
    { operator: 'Bool', key: 'aws:SecureTransport', wanted: 'false', got: 'no' },
    { operator: 'StringNotEquals', key: 'aws:PrincipalTag/team', wanted: 'a', got: ['a', 'b'] },
    { operator: 'StringNotLike', key: 'kms:RequestAlias', wanted: 'alias/a*', got: ['alias/b', 'alias/c'] },
  ]
  for (const { operator, key, wanted, got } of CASES) {
    const when = { [operator]: { [key]: wanted } }
    test(`${operator} of ${JSON.stringify(got)}`, () => {
      const document = asked({
        keyPolicy: policy(allow('kms:*', { to: '*' }), { ...deny('kms:*', { to: '*', when }), Sid: 'Guard' }),
        context: { [key]: got },
      })
      const answer = answerTo(document)
      expect(answer).toMatchObject({
        decision: 'allow',
        diagnostics: [{ code: 'denyNotEvaluated', layer: 'keyPolicy', policy: 0, statement: 1 }],
      })
    })
    test(`${operator} of ${JSON.stringify(got)} in an Allow is \`notCompared\``, () => {
      const document = asked({ keyPolicy: policy(allow('kms:*', { to: '*', when })), context: { [key]: got } })
      const answer = answerTo(document)
      expect(answer).toMatchObject({ decision: 'implicitDeny', diagnostics: [{ code: 'notCompared', statement: 0 }] })
    })
  }

  test('and one that another part keeps from applying is no alarm', () => {
    const guard = deny('kms:Sign', { to: '*', when: { NumericLessThan: { 'aws:MultiFactorAuthAge': '7' } } })
    const answer = answerTo(
      asked({
        keyPolicy: policy(allow('kms:*', { to: '*' }), guard),
        context: { 'aws:MultiFactorAuthAge': 'seven' },
      }),
    )
    expect(answer).toMatchObject({ decision: 'allow', diagnostics: [{ code: 'notCompared', statement: 1 }] })
  })
})
