/**
 * What the linter says of one version of a document; asked once for each version, by whoever is first to want it.
 */
import type { TextDocument } from 'vscode-languageserver-textdocument'
import type { FolderSettings } from './environment.js'
import { placeOf } from './workspace.js'
import { applyBaseline } from '../lint/baseline.js'
import { readResult } from '../lint/cached-result.js'
import { matchesAny, sectionsFor } from '../lint/config.js'
import type { Finding } from '../lint/finding.js'
import { Linter } from '../lint/lint.js'
import type { FileFormat, LintFile } from '../lint/lint-file.js'
import { RULES } from '../lint/rules/index.js'
import { detectFormat } from '../text/read-syntax.js'
import type { SourceText } from '../text/source.js'

/**
 * `quick`: without the rules that ask the symbolic engine, which may take a second for a long policy; `thorough`: all.
 */
export type Depth = 'quick' | 'thorough'

/** Rules that prove things, or decide many requests. */
const PROVING = ['LOG', 'ASR', 'KEY001', 'KEY002', 'KEY003', 'KMS005'] as const

export interface CheckedDocument {
  readonly depth: Depth
  readonly document: TextDocument
  readonly settings: FolderSettings
  readonly file: LintFile
  /** Of this document alone; without those that the baseline knows. Empty where the settings leave the file out. */
  readonly findings: readonly Finding[]
  /** Another text in its place. */
  readonly recheck: (text: string) => { readonly file: LintFile; readonly findings: readonly Finding[] }
}

export class Checker {
  private readonly linters: Readonly<Record<Depth, WeakMap<FolderSettings, Linter>>> = {
    quick: new WeakMap(),
    thorough: new WeakMap(),
  }

  constructor(private readonly settingsOf: (folder: string | undefined) => FolderSettings) {}

  check(document: TextDocument, folders: readonly string[], depth: Depth): CheckedDocument {
    const { folder, name } = placeOf(document.uri, document.languageId, folders)
    const settings = this.settingsOf(folder)
    const recheck = this.recheckOf(name, settings, depth)
    const { file, findings } = recheck(document.getText())
    return { depth, document, settings, file, findings: shownOf(findings, name, settings), recheck }
  }

  /** The same text with what another thread has found in it with every rule. */
  completed(quick: CheckedDocument, found: string): CheckedDocument {
    const { settings, file } = quick
    const { name } = file.source
    const result = readResult(found, file.source, this.linterFor(settings, 'quick').registry)
    if (result === undefined) throw new Error('a thread has answered what nobody can read')
    const findings = shownOf(freshOf(result.findings, name, settings), name, settings)
    return { ...quick, depth: 'thorough', findings, recheck: this.recheckOf(name, settings, 'thorough') }
  }

  private recheckOf(name: string, settings: FolderSettings, depth: Depth): CheckedDocument['recheck'] {
    return (text) => {
      // An editor opens many a JSON file; only what looks like a policy is taken for one.
      const { file, findings } = this.linterFor(settings, depth).check({ name, text }, false)
      return { file, findings: freshOf(ownFindings(file, findings), name, settings) }
    }
  }

  /** Told without reading the text as a whole: it may change with every key. */
  formatOf(document: TextDocument, folders: readonly string[]): FileFormat {
    const { folder, name } = placeOf(document.uri, document.languageId, folders)
    const { config } = this.settingsOf(folder).lint
    const format = sectionsFor(config, name).findLast((section) => section.format !== undefined)?.format
    return format ?? formatOf({ name, text: document.getText() })
  }

  private linterFor(settings: FolderSettings, depth: Depth): Linter {
    let linter = this.linters[depth].get(settings)
    if (linter === undefined) {
      const { lint } = settings
      const { choice } = lint
      const quick = { ...lint, choice: { ...choice, ignore: [...(choice.ignore ?? []), ...PROVING] } }
      linter = new Linter(RULES, depth === 'quick' ? quick : lint)
      this.linters[depth].set(settings, linter)
    }
    return linter
  }
}

/** Those of the document itself, not of the settings. */
export function ownFindings(file: LintFile, findings: readonly Finding[]): readonly Finding[] {
  return findings.filter(({ source }) => source === file.source)
}

function freshOf(findings: readonly Finding[], name: string, { baseline }: FolderSettings): readonly Finding[] {
  return baseline === undefined ? findings : applyBaseline(findings, baseline, new Set([name])).fresh
}

function shownOf(findings: readonly Finding[], name: string, { lint }: FolderSettings): readonly Finding[] {
  return matchesAny(name, lint.config.exclude) ? [] : findings
}

/** As the linter tells it. */
function formatOf({ name, text }: SourceText): FileFormat {
  const lower = name.toLowerCase()
  if (['.tf', '.tofu', '.hcl'].some((extension) => lower.endsWith(extension))) return 'other'
  return lower.endsWith('.jsonc') ? 'jsonc' : detectFormat(name, text)
}
