/**
 * References that were to be replaced and were not: `$${var.account}` of Terraform is `${var.account}` in a policy.
 *
 * Variables of IAM have the same form with other names, so only names that Terraform alone uses are told.
 *
 * Source: Terraform language, "Strings and templates"; IAM User Guide, "IAM policy elements: Variables and tags".
 */
import type { Span } from '../../text/source.js'

const REFERENCE = /\$\{(?:var|local|data|module|each|count|aws_[a-z0-9_]{1,64})\.[^{}$"\n]{1,200}\}/g

export function escapedReferences(text: string): readonly (Span & { readonly text: string })[] {
  if (!text.includes('${')) return []
  return [...text.matchAll(REFERENCE)].map(({ 0: found, index }) => ({
    start: index,
    end: index + found.length,
    text: found,
  }))
}
