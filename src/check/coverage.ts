/**
 * Which statements tests have exercised: those that applied in a request that was traced.
 *
 * Counts the policies that people write: of keys, principals, groups and the organization. What AWS writes is left out.
 *
 * Source: `docs/test.md`, "Coverage".
 */
import type { Trace } from '../decide/trace.js'
import { LAYER_NAMES, quoted, statementName } from '../explain/names.js'
import { placeOf } from '../explain/place.js'
import { compilePolicy } from '../graph/policy.js'
import type { PolicyDocument, PolicySource } from '../policy/document.js'
import { shownSource } from '../source/world/policy-text.js'
import type { AskedWorld, WorldPolicy } from '../source/world/world.js'
import type { ShownStatement } from './result.js'
import type { Subject } from './subject.js'

export interface CoveredPolicy {
  /** `identity policy "UseKey" of role App` */
  readonly name: string
  readonly statements: readonly (ShownStatement & { readonly isExercised: boolean })[]
}

/** What applied in the requests of some tests. */
export class Exercised {
  private readonly statements = new Set<string>()

  add({ layers }: Trace): void {
    for (const { policies } of layers) {
      for (const { compiled, statements } of policies) {
        for (const { applies, statement } of statements) {
          if (applies) this.statements.add(keyOf(compiled.source, statement.index))
        }
      }
    }
  }

  has(source: PolicySource, statement: number): boolean {
    return this.statements.has(keyOf(source, statement))
  }
}

function keyOf({ source, pointer }: PolicySource, statement: number): string {
  return `${source.name}#${pointer} ${statement}`
}

export function coverageOf(subject: Subject, exercised: Exercised): readonly CoveredPolicy[] {
  const { policy, world } = subject
  const named =
    policy === undefined ? [...policiesOf(world)] : [{ name: LAYER_NAMES[layerOf(policy)].one, document: policy }]
  const seen = new Set<string>()
  return named.flatMap(({ name, document }) => {
    const key = keyOf(document.source, 0)
    if (seen.has(key)) return []
    seen.add(key)
    return [{ name, statements: statementsOf(subject, document, exercised) }]
  })
}

function layerOf({ kind }: PolicyDocument): 'keyPolicy' | 'identity' | 'boundary' | 'scp' {
  return kind === 'key' ? 'keyPolicy' : kind === 'boundary' || kind === 'scp' ? kind : 'identity'
}

function statementsOf(
  { snapshot, filePrefix }: Subject,
  document: PolicyDocument,
  exercised: Exercised,
): CoveredPolicy['statements'] {
  const source = shownSource({ compiled: compilePolicy(snapshot.tables, document) }) ?? document.source
  const shown = { ...document, source }
  return document.statements.map((statement) => {
    const place = placeOf(shown, { part: 'statement', statement: statement.index })
    return {
      name: statementName(statement),
      effect: statement.effect,
      ...(place === null ? {} : { file: `${filePrefix}${place.source.name}`, line: place.line, column: place.column }),
      isExercised: exercised.has(document.source, statement.index),
    }
  })
}

interface NamedDocument {
  readonly name: string
  readonly document: PolicyDocument
}

function* policiesOf(world: AskedWorld): Generator<NamedDocument> {
  for (const { arn, properties, policy } of world.keys.values()) {
    if (policy === undefined || properties.keyManager === 'AWS') continue
    yield { name: `${LAYER_NAMES.keyPolicy.one} of ${properties.aliases?.[0] ?? arn}`, document: policy.document }
  }
  for (const { kind, name, inline, attached, boundary } of world.principals.values()) {
    yield* named(LAYER_NAMES.identity.one, inline, ` of ${kind} ${name}`)
    yield* named(LAYER_NAMES.identity.one, attached, '')
    if (boundary !== undefined) yield* named(LAYER_NAMES.boundary.one, [boundary], '')
  }
  for (const { arn, inline, attached } of world.groups.values()) {
    yield* named(LAYER_NAMES.identity.one, inline, ` of group ${arn.slice(arn.lastIndexOf('/') + 1)}`)
    yield* named(LAYER_NAMES.identity.one, attached, '')
  }
  for (const { scps = [], rcps = [] } of world.accounts.values()) {
    for (const { policies } of scps) yield* named(LAYER_NAMES.scp.one, policies, '')
    for (const { policies } of rcps) yield* named(LAYER_NAMES.rcp.one, policies, '')
  }
}

function* named(what: string, policies: readonly WorldPolicy[], whose: string): Generator<NamedDocument> {
  for (const policy of policies) {
    if (!isOfAws(policy)) yield { name: `${what} ${quoted(policy.name)}${whose}`, document: policy.document }
  }
}

/** `arn:aws:iam::aws:policy/...`, and the two policies that every organization begins with. */
function isOfAws({ arn, name }: WorldPolicy): boolean {
  return /^arn:[^:]*:(?:iam|organizations)::aws:/.test(arn ?? '') || /^(?:p-)?(?:RCP)?FullAWSAccess$/.test(name)
}
