/**
 * The work of `keyward diff`: read both sides, compare, tell every difference.
 */
import { accessClause } from '../explain/access-words.js'
import { capital } from '../explain/names.js'
import { diff } from '../explain/symbolic.js'
import { replayDocument } from '../source/answer/replay.js'
import { makingOf, type MakingStatement } from '../source/answer/changed-statements.js'
import type { Comparison, Difference, Verdict } from '../solve/access.js'
import { comparePolicies } from '../solve/policies.js'
import type { ScopedResource } from '../solve/scope.js'
import { escapeTerminal } from '../text/escape.js'
import type { Palette } from '../text/palette.js'
import type { Result, SourceError } from '../text/source.js'
import { wrap } from '../text/wrap.js'
import {
  accountOf,
  definitionOf,
  inventedKey,
  resourceNames,
  scopeOf,
  watched,
  writeWitnesses,
  type SymbolicOptions,
} from './ask-symbolic.js'
import { readSide, type Side } from './compare-input.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { paletteFor, terminalFacts, widthFor, writeError, writeOut } from './terminal.js'
import { refuse } from './why-run.js'

export interface DiffOptions extends SymbolicOptions {
  readonly against?: string
  readonly json?: boolean
}

export async function runDiff(old: string, next: string | undefined, options: DiffOptions): Promise<ExitCode> {
  const sides = await bothSides(old, next, options)
  if (!sides.ok) return refuse(sides.error, options)
  const compared = compareSides(sides.value, options)
  if (!compared.ok) return refuse(compared.error, options)
  const { comparison, findings } = compared.value
  if (options.witnesses !== undefined) {
    const written = writeWitnesses(
      options.witnesses,
      findings.map(({ name, difference, wider }) => ({ name, access: difference, world: wider })),
    )
    if (!written.ok) return refuse(written.error, options)
  }
  const nameOf = resourceNames(sides.value)
  await writeOut(
    options.json === true
      ? `${JSON.stringify(diffJson(comparison, findings, nameOf), null, 2)}\n`
      : rendered(sides.value, comparison, findings, nameOf, options),
  )
  return grows(comparison.verdict, options) ? EXIT.denied : EXIT.ok
}

/** `incomparable` counts as more. */
function grows(verdict: Verdict, { allowUnknown }: Pick<SymbolicOptions, 'allowUnknown'>): boolean {
  switch (verdict) {
    case 'more':
    case 'incomparable':
      return true
    case 'unknown':
      return allowUnknown !== true
    case 'equivalent':
    case 'less':
      return false
  }
}

type Sides = readonly [old: Side, next: Side]

/** The first argument is the newer one where it is compared with a revision. */
export async function bothSides(
  old: string,
  next: string | undefined,
  { against, kind }: Pick<DiffOptions, 'against' | 'kind'>,
): Promise<Result<Sides, string | SourceError>> {
  if ((next === undefined) === (against === undefined)) {
    return { ok: false, error: 'two things are compared: give NEW, or `--against` with a git revision' }
  }
  const warn = (message: string): void => writeError(`keyward: ${escapeTerminal(message)}\n`)
  const common = { warn, ...(kind === undefined ? {} : { kind }) }
  const first = await readSide(old, against === undefined ? common : { ...common, ref: against })
  if (!first.ok) return first
  const second = await readSide(next ?? old, common)
  if (!second.ok) return second
  if (first.value.kind !== second.value.kind) {
    return { ok: false, error: 'a world and a policy cannot be compared; give two worlds or two policies' }
  }
  if (
    first.value.kind === 'policy' &&
    second.value.kind === 'policy' &&
    first.value.policy.kind !== second.value.policy.kind
  ) {
    const kinds = `${first.value.policy.kind} and ${second.value.policy.kind}`
    return { ok: false, error: `policies of two kinds, ${kinds}, cannot be compared; \`--kind\` says what both are` }
  }
  return { ok: true, value: [first.value, second.value] }
}

export interface Finding {
  /** `more-1` */
  readonly name: string
  readonly difference: Difference
  /** The world that allows it: 0 the old one, 1 the new one. */
  readonly wider: 0 | 1
}

export interface ComparedSides {
  readonly comparison: Comparison
  readonly findings: readonly Finding[]
}

/** The error is one sentence. */
export function compareSides(sides: Sides, options: SymbolicOptions): Result<ComparedSides, string> {
  const scope = scopeOf(sides, options)
  if (!scope.ok) return scope
  const [old, next] = sides
  const { options: control, progress } = watched(options)
  const comparison =
    old.kind === 'policy' && next.kind === 'policy'
      ? comparePolicies(old.policy, next.policy, next.policy.kind, {
          ...control,
          scope: scope.value,
          keyArn: inventedKey(options.account ?? accountOf(old.policy, next.policy)),
        })
      : diff(definitionOf(old, options), definitionOf(next, options), scope.value, control)
  progress.finish()
  const finding =
    (wider: 0 | 1) =>
    (difference: Difference, index: number): Finding => ({
      name: `${wider === 1 ? 'more' : 'less'}-${index + 1}`,
      difference,
      wider,
    })
  return {
    ok: true,
    value: { comparison, findings: [...comparison.more.map(finding(1)), ...comparison.less.map(finding(0))] },
  }
}

// ------------------------------------------------------------------------------------------------------------- printed

type NameOf = (resource: ScopedResource) => string

const VERDICTS: Readonly<Record<Verdict, (old: string, next: string) => string>> = {
  equivalent: (old, next) => `EQUIVALENT: ${next} allows exactly what ${old} allows`,
  less: (old, next) => `LESS: ${next} allows nothing that ${old} does not allow, and not all of it`,
  more: (old, next) => `MORE: ${next} allows all that ${old} allows, and more`,
  incomparable: (old, next) => `MORE AND LESS: ${next} allows something that ${old} does not, and the other way round`,
  unknown: (old, next) => `UNKNOWN: it could not be proved how ${next} differs from ${old}`,
}

function verdictLine(verdict: Verdict, old: string, next: string): string {
  return VERDICTS[verdict](old, next)
}

function rendered(
  [old, next]: Sides,
  { verdict, reason }: Comparison,
  findings: readonly Finding[],
  nameOf: NameOf,
  options: SymbolicOptions,
): string {
  const terminal = terminalFacts()
  const page = { width: widthFor(terminal, undefined), color: paletteFor(terminal, options.color) }
  const { color } = page
  const paint = grows(verdict, options) ? color.error : color.strong
  const lines = wrap(verdictLine(verdict, old.name, next.name), '', page).map(paint)
  if (reason !== undefined) lines.push(...wrap(`${capital(reason)}.`, '', page))
  for (const [wider, title] of [
    [1, 'More access'],
    [0, 'Less access'],
  ] as const) {
    const some = findings.filter((finding) => finding.wider === wider)
    if (some.length === 0) continue
    lines.push('', color.strong(title))
    for (const finding of some) lines.push(...findingLines(finding, nameOf, page))
  }
  return `${lines.join('\n')}\n`
}

interface Page {
  readonly width: number
  readonly color: Palette
}

function findingLines({ difference, wider }: Finding, nameOf: NameOf, page: Page): readonly string[] {
  const [first = '', ...rest] = wrap(`${capital(accessClause(difference, nameOf))}.`, '    ', page)
  const by = makingOf(difference, wider).flatMap((statement) => statementLines(statement, page))
  return [`  - ${first.trimStart()}`, ...rest, ...by]
}

/** A statement and where it stands. */
export function statementLines({ name, effect, place }: MakingStatement, page: Page): readonly string[] {
  const at = place === null ? '' : ` (${place.source.name}:${place.line})`
  return wrap(`${effect === 'Deny' ? 'denied before by' : 'by'} ${name}${at}`, '      ', page).map(page.color.faint)
}

// ---------------------------------------------------------------------------------------------------------------- JSON

function diffJson({ verdict, reason }: Comparison, findings: readonly Finding[], nameOf: NameOf): unknown {
  const of = (wider: 0 | 1): unknown =>
    findings.filter((finding) => finding.wider === wider).map((finding) => findingJson(finding, nameOf))
  return { version: 1, verdict, reason: reason ?? null, more: of(1), less: of(0) }
}

function findingJson({ name, difference, wider }: Finding, nameOf: NameOf): unknown {
  const { callers, actions, resource, cubes, complete, witness } = difference
  const call = witness?.calls[wider]
  return {
    name,
    sentence: accessClause(difference, nameOf),
    callers: callers.map(({ kind, principal, accountId, standing, words }) => ({
      kind,
      principal,
      accountId: accountId ?? null,
      standing,
      words,
    })),
    actions,
    resource: resource.arn ?? null,
    conditions: cubes,
    complete,
    statements: makingOf(difference, wider).map(({ name: called, effect, place }) => ({
      name: called,
      effect,
      place:
        place === null
          ? null
          : { source: place.source.name, line: place.line, column: place.column, pointer: place.pointer },
    })),
    witness: call === undefined ? null : replayDocument(call, name),
  }
}
