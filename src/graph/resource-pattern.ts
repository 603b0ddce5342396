/**
 * One pattern of a Resource element against the ARN of a request.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource"; facts A6, K-13.
 */
import { compileArnGlob, type ArnGlob } from '../text/arn-glob.js'
import type { SlotValues } from './atom.js'
import { LITERAL, TemplateValue } from './template-value.js'

/** Session policies, where a short ARN is an error, are refused by the reader. */
const COMPLETED = { complete: true } as const

export class ResourcePattern {
  private readonly everything: boolean
  private readonly glob: ArnGlob | undefined
  private readonly template: TemplateValue | undefined

  constructor(marked: string, slotOf: (key: string) => number) {
    const text = marked.slice(1)
    this.everything = text === '*'
    if (this.everything) return
    if (marked.startsWith(LITERAL)) this.glob = compileArnGlob(text, 'resource', COMPLETED)
    else this.template = new TemplateValue(marked, slotOf)
  }

  /** Slots of the pattern's variables. */
  get slots(): readonly number[] {
    return this.template?.slots ?? []
  }

  /** Only `*` covers an action that has no resource (facts A6.2). */
  matches(resource: string | undefined, values: SlotValues): boolean {
    if (this.everything) return true
    if (resource === undefined) return false
    if (this.glob !== undefined) return this.glob.matches(resource)
    const tokens = this.template?.resolve(values)
    // A variable without a value makes the pattern match nothing (facts A7).
    if (tokens === undefined) return false
    return compileArnGlob(tokens, 'resource', COMPLETED).matches(resource)
  }
}
