/**
 * Grants as terms: what each grant of a key says to a caller for an action, and which tests must hold for it.
 *
 * Asks the engine what a grant says when everything that a request can bring along fits, and then which parts of that
 * it needs. How grants are matched is not known here.
 *
 * Source: facts F1 to F6.
 */
import { grantInput } from '../decide/answers.js'
import type { Call } from '../decide/call.js'
import type { GrantFacts } from '../decide/gate.js'
import { atomMode } from '../graph/atom.js'
import { GrantSet, type ChildGrant, type Grant, type GrantInput } from '../graph/grant.js'
import { SAYS_NOTHING } from '../graph/policy.js'
import { SLOT_SOURCE_ARN, type GraphTables } from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import { literalOf, testOfAtom, type Literal, type OpaqueSubject, type OpaqueTests, type TestId } from './question.js'

export interface GrantTerm {
  readonly grant: Grant
  /** The classes by which it permits, as bits. */
  readonly says: number
  /** All of them must hold. */
  readonly literals: readonly Literal[]
}

export function grantTerms(call: Call, tables: GraphTables, opaque: OpaqueTests): readonly GrantTerm[] {
  return call.grants.grants.flatMap((grant) => {
    const term = new GrantQuestion(grant, call).term(tables, opaque)
    return term === undefined ? [] : [term]
  })
}

class GrantQuestion {
  private readonly alone: GrantSet
  /** A request that brings along all that the grant may ask for. */
  private readonly fitting: GrantInput

  constructor(
    private readonly grant: Grant,
    private readonly call: Call,
  ) {
    this.alone = new GrantSet([grant])
    const { operations, constraints = {} } = grant
    this.fitting = {
      ...grantInput(call),
      encryptionContext: constraints.encryptionContextEquals ?? constraints.encryptionContextSubset,
      sourceArn: constraints.sourceArn === undefined ? undefined : someMatch(constraints.sourceArn),
      grantTokens: [grant.grantId],
      grantId: undefined,
      createGrant: { operations, constraints },
    }
  }

  term(tables: GraphTables, opaque: OpaqueTests): GrantTerm | undefined {
    const { grant, fitting } = this
    const { grantId } = grant
    const says = this.says({})
    if (says === SAYS_NOTHING) return undefined
    const literals: Literal[] = []
    const ask = (key: string, about: OpaqueSubject, part: (request: GrantFacts) => Partial<GrantInput>): void => {
      const holds = (_values: unknown, request: GrantFacts): boolean => this.says(part(request)) === says
      literals.push(
        literalOf(
          opaque.intern(key, () => ({ about, holds })),
          false,
        ),
      )
    }
    if (this.call.action === 'kms:RetireGrant') {
      ask(`retire ${grantId} ${String(grant.propagated)}`, { kind: 'grantToRetire', grantId }, (request) => ({
        grantTokens: request.grantTokens ?? [],
        grantId: request.grantId,
      }))
      return { grant, says, literals }
    }
    const needs = (change: Partial<GrantInput>): boolean => this.says(change) !== says
    const { sourceArn, encryptionContextEquals } = grant.constraints ?? {}
    if (needs({ grantTokens: [] })) {
      ask(`token ${grantId}`, { kind: 'grantToken', grantId }, (request) => ({
        grantTokens: request.grantTokens ?? [],
      }))
    }
    if (sourceArn !== undefined && needs({ sourceArn: undefined })) {
      literals.push(literalOf(sourceArnTest(tables, sourceArn), false))
    }
    const pairs = fitting.encryptionContext
    if (pairs !== undefined && (needs({ encryptionContext: {} }) || needs({ encryptionContext: OTHER_CONTEXT }))) {
      const exactly = encryptionContextEquals !== undefined
      const key = `context ${String(exactly)} ${JSON.stringify(
        Object.keys(pairs)
          .toSorted()
          .map((name) => [name, pairs[name]]),
      )}`
      ask(key, { kind: 'grantContext', pairs, exactly }, ({ encryptionContext }) => ({ encryptionContext }))
    }
    if (needs({ createGrant: OTHER_CHILD })) {
      const asked = JSON.stringify([grant.operations.toSorted(), grant.constraints ?? {}])
      ask(`child ${asked}`, { kind: 'grantChild', grantId }, ({ createGrant }) => ({ createGrant }))
    }
    return { grant, says, literals }
  }

  private says(change: Partial<GrantInput>): number {
    return this.alone.says({ ...this.fitting, ...change }, this.call.options)
  }
}

function sourceArnTest(tables: GraphTables, pattern: string): TestId {
  const value = tables.strings.intern(LITERAL + pattern)
  return testOfAtom(tables.internAtom(atomMode('matches'), 'ArnLike', SLOT_SOURCE_ARN, [value]))
}

/** Every wildcard can stand for one text or none. */
function someMatch(pattern: string): string {
  return pattern.replaceAll('*', '').replaceAll('?', 'x')
}

const OTHER_CONTEXT = { 'a pair that no grant asks for': '' }
const OTHER_CHILD: ChildGrant = { operations: ['an operation that no grant has'] }
