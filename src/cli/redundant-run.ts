/**
 * The work of `keyward redundant`: policy by policy, which statements change nothing, and why.
 */
import { LAYER_NAMES, statementName } from '../explain/names.js'
import { placeOf, type Place } from '../explain/place.js'
import { documentOf } from '../graph/documents.js'
import type { CompiledPolicy } from '../graph/policy.js'
import type { Snapshot } from '../graph/world.js'
import type { PolicyKind } from '../policy/document.js'
import { shownSource } from '../source/world/policy-text.js'
import {
  redundantInPolicy,
  redundantStatements,
  type Redundancy,
  type RedundancyReason,
  type RedundantStatement,
} from '../solve/redundant.js'
import type { SolveOptions } from '../solve/access.js'
import type { SolveScope } from '../solve/scope.js'
import { snapshotOf } from '../solve/world.js'
import { escapeTerminal } from '../text/escape.js'
import type { Result, SourceError } from '../text/source.js'
import { listItem, wrap } from '../text/wrap.js'
import { definitionOf, scopeOf, watched, type SymbolicOptions } from './ask-symbolic.js'
import { readSide, type Side } from './compare-input.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import { refuse } from './why-run.js'

export interface RedundantOptions extends SymbolicOptions {
  readonly json?: boolean
}

interface Found {
  /** Whose policy, and what kind. */
  readonly policy: string
  readonly statement: string
  readonly index: number
  readonly reason: RedundancyReason
  readonly place: Place | null
}

interface Asked {
  readonly found: readonly Found[]
  /** Policies that could not be judged, with the reason. */
  readonly unknown: readonly string[]
}

export async function runRedundant(path: string, options: RedundantOptions): Promise<ExitCode> {
  const warn = (message: string): void => writeError(`keyward: ${escapeTerminal(message)}\n`)
  const side = await readSide(path, { warn, ...(options.kind === undefined ? {} : { kind: options.kind }) })
  if (!side.ok) return refuse(side.error, options)
  const asked = ask(side.value, options)
  if (!asked.ok) return refuse(asked.error, options)
  const { found, unknown } = asked.value
  await writeOut(
    options.json === true ? `${JSON.stringify(toJson(asked.value), null, 2)}\n` : rendered(asked.value, options),
  )
  if (found.length > 0) return EXIT.denied
  return unknown.length === 0 || options.allowUnknown === true ? EXIT.ok : EXIT.denied
}

/** Kinds without a resource that they belong to: judged by themselves, for the actions of every service. */
const ALONE: ReadonlySet<PolicyKind> = new Set(['identity', 'boundary', 'session', 'scp'])

function ask(side: Side, options: RedundantOptions): Result<Asked, string | SourceError> {
  const scope = scopeOf([side], options)
  if (!scope.ok) return scope
  const { options: control, progress } = watched(options)
  const collector = new Collector()
  if (side.kind === 'policy' && ALONE.has(side.policy.kind)) {
    const { policy } = side
    collector.add(side.name, redundantInPolicy(policy, control), (statement) => ({
      name: statementName(policy.statements[statement]!),
      place: placeOf(policy, { part: 'statement', statement }),
    }))
  } else if (side.kind === 'policy' && side.policy.kind !== 'key') {
    return {
      ok: false,
      error: `policies of kind ${side.policy.kind} cannot be judged; give one of another kind, or a world`,
    }
  } else {
    const snapshot = snapshotOf(definitionOf(side, options))
    for (const owned of sharedPolicies(ownedPolicies(snapshot, scope.value))) judge(snapshot, owned, control, collector)
  }
  progress.finish()
  return { ok: true, value: collector.asked() }
}

class Collector {
  private readonly found: Found[] = []
  private readonly unknown: string[] = []

  add(
    policy: string,
    answer: Redundancy,
    of: (statement: number) => { readonly name: string; readonly place: Place | null },
  ): void {
    if (answer.answer === 'unknown') {
      this.unknown.push(`${policy}: ${answer.reason}`)
      return
    }
    for (const { statement, reason } of answer.redundant) {
      const { name, place } = of(statement)
      this.found.push({ policy, statement: name, index: statement, reason, place })
    }
  }

  asked(): Asked {
    return { found: this.found, unknown: this.unknown }
  }
}

interface OwnedPolicy {
  readonly owner: string
  readonly policy: CompiledPolicy
  readonly scope: SolveScope
}

/** One text, and all that it is the policy of. */
interface SharedPolicy {
  readonly owners: Set<string>
  readonly policies: [CompiledPolicy, ...CompiledPolicy[]]
  readonly principals: string[]
  readonly scope: SolveScope
}

/** A statement of a policy that several have is taken away from all of them, so all are asked about together. */
function sharedPolicies(owned: Iterable<OwnedPolicy>): Iterable<SharedPolicy> {
  const shared = new Map<string, SharedPolicy>()
  for (const { owner, policy, scope } of owned) {
    const { source, pointer } = policy.source
    const key = JSON.stringify([policy.kind, source.name, pointer, policy.id])
    const known = shared.get(key)
    if (known === undefined) {
      shared.set(key, {
        owners: new Set([owner]),
        policies: [policy],
        principals: [...(scope.principals ?? [])],
        scope,
      })
    } else {
      known.owners.add(owner)
      known.policies.push(policy)
      known.principals.push(...(scope.principals ?? []))
    }
  }
  return shared.values()
}

/** Each policy with the requests that it can bear on, once for each of those that have it. */
function* ownedPolicies({ keys, principals, accounts }: Snapshot, scope: SolveScope): Generator<OwnedPolicy> {
  const { resources, principals: wanted } = scope
  for (const [arn, { policy }] of keys.entries()) {
    if (policy === undefined || (resources !== undefined && !resources.includes(arn))) continue
    yield { owner: `${LAYER_NAMES.keyPolicy.one} of ${arn}`, policy, scope: { ...scope, resources: [arn] } }
  }
  for (const [arn, { policies, boundary }] of principals.entries()) {
    if (wanted !== undefined && !wanted.includes(arn)) continue
    const own = { ...scope, principals: [arn] }
    for (const policy of policies) yield { owner: `${LAYER_NAMES.identity.one} of ${arn}`, policy, scope: own }
    if (boundary !== undefined) yield { owner: `${LAYER_NAMES.boundary.one} of ${arn}`, policy: boundary, scope: own }
  }
  for (const [accountId, { scps, rcps }] of accounts.entries()) {
    for (const policy of (scps ?? []).flat())
      yield { owner: `${LAYER_NAMES.scp.one} on account ${accountId}`, policy, scope }
    for (const policy of (rcps ?? []).flat())
      yield { owner: `${LAYER_NAMES.rcp.one} on account ${accountId}`, policy, scope }
  }
}

function judge(
  snapshot: Snapshot,
  { owners, policies, principals, scope }: SharedPolicy,
  control: SolveOptions,
  collector: Collector,
): void {
  const [policy] = policies
  const [owner = '', ...more] = owners
  const { document, parts } = documentOf(policy)
  const asked = scope.principals === undefined ? scope : { ...scope, principals }
  const answer = redundantStatements({ snapshot }, policies, asked, { ...control, keepsOtherServices: true })
  const source = shownSource({ compiled: policy }) ?? document.source
  // Only KMS is asked about, so nothing is known of what is about other services.
  const isOfKms = ({ statement }: RedundantStatement): boolean =>
    (parts[statement]!.actionLow | parts[statement]!.actionHigh) !== 0
  const own = answer.answer === 'complete' ? { ...answer, redundant: answer.redundant.filter(isOfKms) } : answer
  collector.add(more.length === 0 ? owner : `${owner} and ${more.length} more`, own, (statement) => ({
    name: statementName(document.statements[statement]!),
    place: placeOf({ ...document, source }, { part: 'statement', statement }),
  }))
}

const WORDS: Readonly<Record<RedundancyReason, string>> = {
  unreachable: 'applies to no request that was asked about',
  duplicate: 'says what an earlier statement says',
  denied: 'allows nothing: wherever it applies, something denies or another layer does not allow',
  covered: 'says nothing that the other statements do not say as well',
  idle: 'denies nothing that anything allows',
}

function rendered({ found, unknown }: Asked, options: RedundantOptions): string {
  const terminal = terminalFacts()
  const page = { width: widthFor(terminal, undefined), color: paletteFor(terminal, options.color) }
  const { color } = page
  const count = found.length === 1 ? '1 statement changes nothing' : `${found.length} statements change nothing`
  const lines = [found.length === 0 ? 'Every statement that could be judged changes something.' : color.strong(count)]
  let owner = ''
  for (const { policy, statement, reason, place } of found) {
    if (policy !== owner) lines.push('', ...wrap(policy, '', page).map(color.strong))
    owner = policy
    const at = place === null ? '' : ` (${place.source.name}:${place.line})`
    lines.push(...listItem(`${statement}${at} ${WORDS[reason]}`, page))
  }
  if (unknown.length > 0) {
    lines.push('', color.strong('Not judged'), ...unknown.flatMap((each) => listItem(each, page)))
  }
  return `${lines.join('\n')}\n`
}

function toJson({ found, unknown }: Asked): unknown {
  return {
    version: 1,
    statements: found.map(({ place, ...rest }) => ({
      ...rest,
      place:
        place === null
          ? null
          : { source: place.source.name, line: place.line, column: place.column, pointer: place.pointer },
    })),
    unknown,
  }
}
