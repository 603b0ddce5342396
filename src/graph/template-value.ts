/**
 * Text with policy variables, resolved against a request's values.
 *
 * What a variable puts in is literal: a `*` that comes from a tag value is no wildcard. A variable without a value and
 * without a default makes the whole text unusable, which the caller takes as "matches nothing" (facts A7, K-27).
 *
 * Source: IAM User Guide, "IAM policy elements: Variables and tags".
 */
import { parseTemplate, type TemplatePart } from '../text/template.js'
import type { SlotValue } from './atom.js'

export type Token = string | { readonly wild: '*' | '?' }

type Piece = Token | { readonly slot: number; readonly fallback: string | undefined }

/**
 * The first character of an interned value says how to read the rest: as it stands, with variables, or with variables in
 * a key policy, where some keys have no value.
 */
export const LITERAL = '='
export const TEMPLATE = '$'
export const KEY_POLICY_TEMPLATE = '&'

/** Keys that a KMS key policy cannot see (K-19). */
export function isHiddenFromKeyPolicies(key: string): boolean {
  const name = key.toLowerCase()
  return name === 'kms:resourcealiases' || name.startsWith('aws:resourcetag/')
}

export class TemplateValue {
  private readonly pieces: readonly Piece[]

  /** `marked` is an interned value: a mark, then text that the policy reader has accepted. */
  constructor(marked: string, slotOf: (key: string) => number) {
    const keyPolicy = marked.startsWith(KEY_POLICY_TEMPLATE)
    const parsed = parseTemplate(marked.slice(1))
    if (!parsed.ok) throw new Error(`a template that was accepted before does not parse: ${parsed.error.message}`)
    this.pieces = parsed.value.map((part: TemplatePart): Piece => {
      if (part.kind === 'text') return part.text
      if (part.kind === 'wild') return { wild: part.wild }
      const hidden = keyPolicy && isHiddenFromKeyPolicies(part.key)
      // No request has a value at place -1.
      return { slot: hidden ? -1 : slotOf(part.key), fallback: part.default }
    })
  }

  get slots(): readonly number[] {
    return this.pieces.flatMap((piece) =>
      typeof piece !== 'string' && 'slot' in piece && piece.slot >= 0 ? [piece.slot] : [],
    )
  }

  /** The text with every variable filled in, or undefined when one has no value. */
  resolve(values: readonly SlotValue[]): readonly Token[] | undefined {
    const tokens: Token[] = []
    for (const piece of this.pieces) {
      if (typeof piece === 'string' || 'wild' in piece) {
        tokens.push(piece)
        continue
      }
      const value = singleText(values[piece.slot]) ?? piece.fallback
      if (value === undefined) return undefined
      tokens.push(value)
    }
    return tokens
  }

  /** As `resolve`, for operators without wildcards: a `*` in the template is a star. */
  resolveText(values: readonly SlotValue[]): string | undefined {
    const tokens = this.resolve(values)
    return tokens?.map((token) => (typeof token === 'string' ? token : token.wild)).join('')
  }
}

/** Only single-valued keys are variables; an empty text counts as no value (K-27). */
function singleText(value: SlotValue): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
