/**
 * Quick fixes: those of the findings, safe and unsafe, "ignore here", and all safe fixes of a document at once.
 *
 * A safe fix is held to what `keyward lint --fix` holds it to: it is proved to change no decision before it is handed
 * out. Where the editor can wait for the edit of an action until the action is chosen, the proof waits too.
 *
 * Source: Language Server Protocol 3.17, "Code Action Request"; docs/lint.md, "Fixing".
 */
import { CodeActionKind, type CodeAction, type Diagnostic, type TextEdit } from 'vscode-languageserver/node'
import type { TextDocument } from 'vscode-languageserver-textdocument'
import type { CheckedDocument } from './checked-document.js'
import { rangeIn } from './diagnostics.js'
import { withIgnoreComment } from './ignore-comment.js'
import type { Finding } from '../lint/finding.js'
import { fixFile, type ProveEquivalent } from '../lint/fix.js'
import type { Edit } from '../lint/rule.js'
import { escapeTerminal } from '../text/escape.js'
import type { Span } from '../text/source.js'

export const FIX_ALL: CodeActionKind = `${CodeActionKind.SourceFixAll}.keyward`

/** What the editor understands. */
export interface ActionSupport {
  /** The edit may come when the action is chosen. */
  readonly lateEdits: boolean
  /** An action that cannot be taken may be shown with its reason. */
  readonly disabled: boolean
  /** Edits may name the version of the document that they are for. */
  readonly versionedEdits: boolean
}

/** What an action without an edit carries, to be found again. */
export interface ActionData {
  readonly uri: string
  readonly version: number
  /** Index of the finding; -1 for all safe fixes. */
  readonly finding: number
}

interface ActionRequest {
  readonly span: Span
  /** Those that the editor shows there. */
  readonly diagnostics: readonly Diagnostic[]
  /** Kinds of actions that are wanted; all where it is left out. */
  readonly only: readonly string[] | undefined
}

type Fixable = Finding & { readonly fix: NonNullable<Finding['fix']> }

/** For one question of one proof. */
const PROOF_MS = 2000
/** More findings at one place than anybody chooses from. */
const MAX_FINDINGS = 20

let prover: ProveEquivalent | undefined

export async function codeActions(
  checked: CheckedDocument,
  { span, diagnostics, only }: ActionRequest,
  support: ActionSupport,
): Promise<CodeAction[]> {
  const wants = (kind: string): boolean =>
    only === undefined || only.some((each) => kind === each || kind.startsWith(`${each}.`))
  const actions: CodeAction[] = []
  if (wants(CodeActionKind.QuickFix)) {
    const here = [...checked.findings.entries()].filter(([, finding]) => touches(finding.span, span))
    for (const [index, finding] of here.slice(0, MAX_FINDINGS)) {
      const shown = diagnostics.filter(
        (each) => each.code === finding.rule.id && sameRange(each, checked.document, finding),
      )
      const about = shown.length === 0 ? {} : { diagnostics: shown }
      const fix = isFixable(finding) ? await fixAction(checked, finding, index, support) : undefined
      if (fix !== undefined) actions.push({ ...fix, ...about })
      const ignore = ignoreAction(checked, finding, support)
      if (ignore !== undefined) actions.push({ ...ignore, ...about })
    }
  }
  // It proves every fix of the document: only for who asks for it by name.
  if (only !== undefined && wants(FIX_ALL)) actions.push(...(await fixAllAction(checked, support)))
  return actions
}

async function fixAction(
  checked: CheckedDocument,
  finding: Fixable,
  index: number,
  support: ActionSupport,
): Promise<CodeAction | undefined> {
  const { rule, fix } = finding
  const isSafe = fix.safety === 'safe'
  const title = `${capital(escapeTerminal(fix.title))} (${rule.id}, ${isSafe ? 'safe' : 'unsafe: may change what is allowed'})`
  const action: CodeAction = {
    title,
    kind: CodeActionKind.QuickFix,
    ...(isSafe ? { isPreferred: true } : {}),
  }
  const hopeless = reasonAtSight(checked, finding)
  if (hopeless === undefined && support.lateEdits) {
    const { uri, version } = checked.document
    return { ...action, data: { uri, version, finding: index } satisfies ActionData }
  }
  const reason = hopeless ?? (await reasonAgainst(checked, finding))
  if (reason === undefined) return { ...action, edit: workspaceEdit(checked.document, fix.edits, support) }
  return support.disabled ? { title, kind: CodeActionKind.QuickFix, disabled: { reason } } : undefined
}

/** What the proof would say that is known without it. */
function reasonAtSight({ file }: CheckedDocument, { fix }: Fixable): string | undefined {
  if (fix.safety === 'unsafe' || fix.isRepair || file.policies[fix.policy]?.view.document !== undefined)
    return undefined
  return fix.policy < 0 ? undefined : 'the policy must be one that AWS accepts before it can be fixed safely'
}

/** The edit of an action that was handed out without one, or why there is none. */
export async function lateEdit(
  checked: CheckedDocument,
  { finding: index }: ActionData,
  support: ActionSupport,
): Promise<Pick<CodeAction, 'edit'> | string> {
  const finding = checked.findings[index]
  if (finding === undefined || !isFixable(finding)) return 'there is nothing to fix any more'
  const reason = await reasonAgainst(checked, finding)
  return reason ?? { edit: workspaceEdit(checked.document, finding.fix.edits, support) }
}

const reasons = new WeakMap<Finding, string | null>()

async function reasonAgainst(
  { document, file, recheck }: CheckedDocument,
  finding: Fixable,
): Promise<string | undefined> {
  const known = reasons.get(finding)
  if (known !== undefined) return known ?? undefined
  const text = document.getText()
  const { applied, refused } = fixFile(text, {
    safety: finding.fix.safety,
    prove: await loadProver(),
    // This one finding and nothing else is to be fixed.
    check: (written) =>
      written === text ? { file, findings: [finding] } : { file: recheck(written).file, findings: [] },
  })
  const reason = applied.length > 0 ? undefined : (refused[0]?.reason ?? 'it would change nothing')
  reasons.set(finding, reason ?? null)
  return reason
}

async function loadProver(): Promise<ProveEquivalent> {
  if (prover === undefined) {
    // The engine is large, and many a session never fixes anything.
    const { proverWith } = await import('../lint/prove-equivalent.js')
    prover = proverWith({ nowMs: () => performance.now(), budget: { maxMs: PROOF_MS } })
  }
  return prover
}

function ignoreAction(checked: CheckedDocument, finding: Finding, support: ActionSupport): CodeAction | undefined {
  const edit = withIgnoreComment(checked, finding)
  if (edit === undefined) return undefined
  return {
    title: `Ignore ${finding.rule.id} here, then say why`,
    kind: CodeActionKind.QuickFix,
    edit: workspaceEdit(checked.document, [edit], support),
  }
}

async function fixAllAction(checked: CheckedDocument, support: ActionSupport): Promise<readonly CodeAction[]> {
  const { document, file, findings, recheck } = checked
  const text = document.getText()
  const fixed = fixFile(text, {
    safety: 'safe',
    prove: await loadProver(),
    check: (written) => (written === text ? { file, findings } : recheck(written)),
  })
  if (fixed.text === text) return []
  const edit = workspaceEdit(document, [changedPart(text, fixed.text)], support)
  return [{ title: 'Apply all safe fixes of keyward', kind: FIX_ALL, edit }]
}

/** One edit that leaves alone what both texts begin and end with. */
function changedPart(before: string, after: string): Edit {
  const most = Math.min(before.length, after.length)
  let start = 0
  while (start < most && before[start] === after[start]) start++
  let same = 0
  while (same < most - start && before[before.length - 1 - same] === after[after.length - 1 - same]) same++
  return { start, end: before.length - same, text: after.slice(start, after.length - same) }
}

function workspaceEdit(
  document: TextDocument,
  edits: readonly Edit[],
  { versionedEdits }: ActionSupport,
): NonNullable<CodeAction['edit']> {
  const { uri, version } = document
  const written: TextEdit[] = edits.map((edit) => ({ range: rangeIn(document, edit), newText: edit.text }))
  return versionedEdits
    ? { documentChanges: [{ textDocument: { uri, version }, edits: written }] }
    : { changes: { [uri]: written } }
}

function isFixable(finding: Finding): finding is Fixable {
  return finding.fix !== undefined
}

function touches(a: Span, b: Span): boolean {
  return a.start <= b.end && b.start <= a.end
}

function sameRange({ range }: Diagnostic, document: TextDocument, { span }: Finding): boolean {
  return document.offsetAt(range.start) === span.start && document.offsetAt(range.end) === span.end
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
