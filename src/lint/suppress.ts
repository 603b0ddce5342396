/**
 * Takes out the findings that somebody wants quiet, and reports what is wrong with the suppressions themselves: unused,
 * expired, without a reason, of a rule that does not exist.
 *
 * Source: docs/lint.md, "Suppressing findings".
 */
import type { Finding, FindingFix } from './finding.js'
import type { ActiveRule, RuleRegistry } from './rule-set.js'
import { SpanIndex } from './spans.js'
import { isDay, type Suppression } from './suppression.js'
import { quote } from '../text/escape.js'
import type { SourceText, Span } from '../text/source.js'
import { createRunFinding } from './run-finding.js'

export interface SuppressedFinding {
  readonly finding: Finding
  readonly suppression: Suppression
}

export interface Suppressed {
  readonly kept: readonly Finding[]
  readonly suppressed: readonly SuppressedFinding[]
}

export interface SuppressionRun {
  readonly registry: RuleRegistry
  /** Rules that ran; a suppression of one that did not run may well be in use otherwise. */
  readonly rules: readonly ActiveRule[]
  /** `YYYY-MM-DD`. */
  readonly today: string
}

export function suppress(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
  run: SuppressionRun,
): Suppressed {
  if (suppressions.length === 0) return { kept: findings, suppressed: [] }
  const { registry, today } = run
  const entries = suppressions.map((suppression): Entry => ({
    suppression,
    rules: new Set(suppression.rules.flatMap((name) => registry.matching(name))),
    isExpired: suppression.until !== undefined && (!isDay(suppression.until) || suppression.until < today),
    uses: 0,
  }))
  const inForce = new EntriesInForce(entries.filter(({ isExpired }) => !isExpired))
  const kept: Finding[] = []
  const suppressed: SuppressedFinding[] = []
  for (const finding of findings) {
    const entry = inForce.for(finding)
    if (entry === undefined) kept.push(finding)
    else {
      entry.uses++
      suppressed.push({ finding, suppression: entry.suppression })
    }
  }
  for (const { suppression, rules, isExpired, uses } of entries) {
    kept.push(...complaints(suppression, { rules, isExpired, isUsed: uses > 0 }, run))
  }
  return { kept, suppressed }
}

interface Entry {
  readonly suppression: Suppression
  readonly rules: ReadonlySet<ActiveRule['rule']>
  readonly isExpired: boolean
  uses: number
}

interface ScopedEntries extends Span {
  /** The first entry for each rule. */
  readonly byRule: Map<ActiveRule['rule'], Entry>
}

/** Comments may be very many; those of one scope are asked together. */
class EntriesInForce {
  private readonly bySource = new Map<SourceText, SpanIndex<ScopedEntries>>()
  private readonly others: Entry[] = []

  constructor(entries: readonly Entry[]) {
    const scopes = new Map<SourceText, Map<string, ScopedEntries>>()
    for (const entry of entries) {
      const { scope, source } = entry.suppression
      if ('covers' in scope) {
        this.others.push(entry)
        continue
      }
      const ofSource = scopes.get(source) ?? new Map<string, ScopedEntries>()
      scopes.set(source, ofSource)
      const key = `${scope.start} ${scope.end}`
      const same = ofSource.get(key) ?? {
        start: scope.start,
        end: scope.end,
        byRule: new Map<ActiveRule['rule'], Entry>(),
      }
      ofSource.set(key, same)
      for (const rule of entry.rules) if (!same.byRule.has(rule)) same.byRule.set(rule, entry)
    }
    for (const [source, ofSource] of scopes) this.bySource.set(source, new SpanIndex([...ofSource.values()]))
  }

  /** The one nearest to the finding. */
  for(finding: Finding): Entry | undefined {
    const { rule, source, span } = finding
    const at = { start: span.start, end: span.start + 1 }
    for (const { start, byRule } of this.bySource.get(source)?.overlapping(at) ?? []) {
      const entry = byRule.get(rule)
      if (entry !== undefined && start <= span.start) return entry
    }
    return this.others.find(
      ({ suppression: { scope }, rules }) => rules.has(rule) && 'covers' in scope && scope.covers(finding),
    )
  }
}

interface Use {
  readonly rules: ReadonlySet<ActiveRule['rule']>
  readonly isExpired: boolean
  readonly isUsed: boolean
}

function complaints(
  suppression: Suppression,
  { rules, isExpired, isUsed }: Use,
  { registry, rules: active, today }: SuppressionRun,
): readonly Finding[] {
  const found: Finding[] = []
  const add = (id: string, message: string, help: string, fix?: FindingFix): void => {
    const finding = createRunFinding(active, id, suppression, { message, help, ...(fix === undefined ? {} : { fix }) })
    if (finding !== undefined) found.push(finding)
  }
  for (const name of suppression.rules) {
    if (registry.matching(name).length > 0) continue
    const meant = registry.suggestion(name)
    add(
      'SUP003',
      `no rule is called ${quote(name)}`,
      meant === undefined ? 'see docs/rules' : `did you mean \`${meant}\`?`,
      meant === undefined ? undefined : renamed(suppression, name, meant),
    )
  }
  if (rules.size === 0) return found
  const names = quote(suppression.rules.join(','))
  if (isExpired) {
    const { until = '' } = suppression
    const message = isDay(until) ? `the suppression of ${names} expired on ${until}` : `${quote(until)} is not a date`
    add(
      'SUP002',
      message,
      isDay(until) ? `today is ${today}; mend the finding or renew the date` : 'expected `YYYY-MM-DD`',
    )
  } else if (!isUsed && [...rules].every((rule) => active.some((each) => each.rule === rule))) {
    const { removal } = suppression
    const edits = removal === undefined ? [] : [{ ...removal, text: '' }]
    const fix: FindingFix = { safety: 'safe', title: 'remove the suppression', edits, isRepair: false, policy: -1 }
    add('SUP001', `${names} is suppressed here, and nothing is found`, 'remove the suppression', removal && fix)
  }
  if (suppression.reason === undefined) {
    add('SUP002', `the suppression of ${names} has no reason`, 'say why behind the rule')
  }
  return found
}

/** Where the name stands once among the words of the suppression. */
function renamed({ source, span }: Suppression, name: string, meant: string): FindingFix | undefined {
  const words = source.text.slice(span.start, span.end)
  const at = words.indexOf(name)
  if (at < 0 || words.includes(name, at + 1)) return undefined
  const start = span.start + at
  const edits = [{ start, end: start + name.length, text: meant }]
  return { safety: 'unsafe', title: `write ${quote(meant)}`, edits, isRepair: false, policy: -1 }
}
