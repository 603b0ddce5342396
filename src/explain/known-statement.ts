/**
 * A statement in words, as far as they are the same for every question about it: each is made when it is first asked
 * for and kept while the statement lives.
 *
 * Knows nothing of a request but the failed parts and the action that it is handed.
 */
import type { StatementPart } from '../decide/trace.js'
import type { PatternElement, PrincipalElement, Statement } from '../policy/document.js'
import { compileGlob, type Glob } from '../text/glob.js'
import { listed, principalNames, shortened } from './names.js'
import { once } from './once.js'

export const knownStatement = once((statement: Statement) => new KnownStatement(statement))

export class KnownStatement {
  private readonly action: PatternElement | undefined
  private readonly resource: PatternElement | undefined
  private readonly principal: PrincipalElement | undefined
  private principalText: string | undefined
  private principalTextOfCheck: string | undefined
  private actionText: string | undefined
  private actionTextOfCheck: string | undefined
  private resourceText: string | undefined
  private resourceTextOfCheck: string | undefined
  private globs: readonly Glob[] | undefined
  private lastAction: string | undefined
  private lastPattern = -1
  /** By the list of failed parts, of which a trace has few. */
  private readonly gists = new Map<readonly StatementPart[], string>()

  constructor({ action, resource, principal }: Statement) {
    this.action = action
    this.resource = resource
    this.principal = principal
  }

  /** `role KeyUser of account 111122223333`. */
  get principals(): string {
    return (this.principalText ??= this.principal === undefined ? 'nobody' : principalNames(this.principal))
  }

  /** As a sentence has it: `kms:Encrypt and kms:Decrypt`. */
  get actions(): string {
    return (this.actionText ??= inSentence(this.action))
  }

  get resources(): string {
    return (this.resourceText ??= inSentence(this.resource))
  }

  /** What the statement wants, as a check has it: `everybody except …`. */
  get wantedPrincipals(): string {
    return (this.principalTextOfCheck ??= `${this.principal?.negated === true ? 'everybody except ' : ''}${this.principals}`)
  }

  get wantedActions(): string {
    return (this.actionTextOfCheck ??= inCheck(this.action))
  }

  get wantedResources(): string {
    return (this.resourceTextOfCheck ??= inCheck(this.resource))
  }

  /** Place of the listed action that covers this one; -1 where there is none, or the list is of those left out. */
  patternFor(action: string): number {
    if (action === this.lastAction) return this.lastPattern
    const { patterns, negated } = this.action ?? NOTHING
    if (!negated) this.globs ??= patterns.map((text) => compileGlob(text, { ignoreCase: true }))
    this.lastPattern = this.globs?.findIndex((glob) => glob.matches(action)) ?? -1
    this.lastAction = action
    return this.lastPattern
  }

  /** What the failed parts are about, as a clause whose subject is the statement. Of conditions it knows nothing. */
  gist(failed: readonly StatementPart[]): string {
    let gist = this.gists.get(failed)
    if (gist === undefined) {
      gist = listed(
        failed.map((part) => this.partGist(part)),
        'and',
      )
      if (this.gists.size < MAX_GISTS) this.gists.set(failed, gist)
    }
    return gist
  }

  partGist(part: StatementPart, when?: string): string {
    switch (part) {
      case 'principal':
        return `is for ${this.principals}`
      case 'action':
        return `is about ${this.actions}`
      case 'resource':
        return `is about ${this.resources}`
      case 'condition':
        return `asks that ${when ?? 'nothing'}`
    }
  }
}

const MAX_GISTS = 16
const NOTHING: PatternElement = { negated: false, patterns: [] }

function inSentence(element: PatternElement | undefined): string {
  if (element === undefined) return 'nothing'
  const { patterns, negated } = element
  return `${negated ? 'everything except ' : ''}${listed(patterns.map(shortened), 'and')}`
}

function inCheck(element: PatternElement | undefined): string {
  if (element === undefined) return 'nothing: the statement lacks this element'
  const { patterns, negated } = element
  if (patterns.length === 0) return 'nothing: the list is empty'
  return `${negated ? 'everything except ' : ''}${listed(patterns.map(shortened), negated ? 'and' : 'or')}`
}
