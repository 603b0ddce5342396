/**
 * Applies the fixes of findings to a file, again and again until nothing is left to fix.
 *
 * A safe fix of a policy that AWS accepts is written only when the policy before and after it are proved to decide every
 * request alike; without a prover none of them is. Repairs of what AWS refuses have no old meaning to compare with: they
 * must leave a text that can be read, and no more than before must be refused.
 *
 * Source: docs/lint.md, "Fixing".
 */
import { applyEdits } from './apply-edits.js'
import type { Finding, FindingFix } from './finding.js'
import type { LintFile } from './lint-file.js'
import type { FixSafety, LintRule } from './rule.js'
import type { PolicyDocument, PolicyKind } from '../policy/document.js'

/** Whether two policies decide every request alike. `unknown`: the proof gave up. */
export type ProveEquivalent = (
  before: PolicyDocument,
  after: PolicyDocument,
  kind: PolicyKind,
) => 'equal' | 'different' | 'unknown'

export interface FixSettings {
  /** `unsafe` applies safe fixes too. */
  readonly safety: FixSafety
  readonly prove: ProveEquivalent | undefined
  /** Reads a text again as the same file and finds what is to be fixed in it. */
  readonly check: (text: string) => { readonly file: LintFile; readonly findings: readonly Finding[] }
}

export interface FixedFile {
  readonly text: string
  readonly applied: readonly AppliedFix[]
  readonly refused: readonly RefusedFix[]
}

export interface AppliedFix {
  readonly rule: LintRule
  readonly title: string
}

export interface RefusedFix {
  readonly finding: Finding
  readonly reason: string
}

/** A file that needs more is fixed further by the next run. */
const MAX_ATTEMPTS = 1000
/** Each attempt reads the text again; of a very long one fewer are made. */
const MAX_UNITS = 100_000_000

type FixableFinding = Finding & { readonly fix: FindingFix }

interface Checked {
  readonly text: string
  readonly file: LintFile
  readonly findings: readonly Finding[]
}

export function fixFile(text: string, settings: FixSettings): FixedFile {
  const check = (written: string): Checked => ({ text: written, ...settings.check(written) })
  const applied: AppliedFix[] = []
  const refused = new Map<string, RefusedFix>()
  const seen = new Set([text])
  let current = check(text)
  let appliedBefore = 0
  const most = Math.min(MAX_ATTEMPTS, Math.max(10, Math.floor(MAX_UNITS / (text.length + 1))))
  for (let attempt = 0; attempt < most; attempt++) {
    const finding = current.findings.find((each): each is FixableFinding => isWanted(each, current, settings, refused))
    if (finding === undefined) {
      // What was refused may stand otherwise now that something else is fixed.
      if (applied.length === appliedBefore) break
      appliedBefore = applied.length
      refused.clear()
      continue
    }
    const after = check(applyEdits(current.text, [finding.fix]).text)
    const reason = seen.has(after.text)
      ? 'another fix would undo it'
      : reasonAgainst(finding.fix, current, after, settings)
    if (reason === undefined) {
      seen.add(after.text)
      applied.push({ rule: finding.rule, title: finding.fix.title })
      current = after
    } else refused.set(keyOf(finding), { finding, reason })
  }
  return { text: current.text, applied, refused: [...refused.values()] }
}

function isWanted(
  finding: Finding,
  { file }: Checked,
  { safety }: FixSettings,
  refused: ReadonlyMap<string, RefusedFix>,
): boolean {
  const { fix, source } = finding
  // Findings of the configuration or the baseline are fixed there.
  if (fix === undefined || source !== file.source || refused.has(keyOf(finding))) return false
  return fix.safety === 'safe' || safety === 'unsafe'
}

function keyOf({ rule, fingerprint }: Finding): string {
  return `${rule.id} ${fingerprint}`
}

/** Why a fix must not be written; undefined when it may. */
function reasonAgainst(fix: FindingFix, before: Checked, after: Checked, { prove }: FixSettings): string | undefined {
  if (after.file.faults.length > before.file.faults.length) return 'the result could not be read'
  // What could not be read before has nothing to be compared with.
  if (before.file.faults.length > 0 && fix.policy < 0) return undefined
  if (after.file.policies.length !== before.file.policies.length) return 'the result would not hold the same policies'
  if (fix.policy < 0 || fix.safety === 'unsafe') return undefined
  const old = before.file.policies[fix.policy]?.view
  const view = after.file.policies[fix.policy]?.view
  if (old === undefined || view === undefined) return 'the policy was not found again'
  if (fix.isRepair && old.document === undefined) {
    return view.refusals.length <= old.refusals.length ? undefined : 'the result would be refused'
  }
  if (old.document === undefined || view.document === undefined) {
    return 'only of a policy that AWS accepts can it be proved that no decision changes'
  }
  if (prove === undefined) return 'nothing here can prove that no decision changes'
  const proof = prove(old.document, view.document, view.kind)
  if (proof === 'equal') return undefined
  return proof === 'different'
    ? 'the proof found a request that would be decided differently'
    : 'the proof that no decision changes was not completed'
}
