/**
 * Reads a text as JSON or YAML, and tells which of the two it is.
 *
 * Knows nothing of what the text is about.
 */
import { readJson } from './json.js'
import type { Result, SourceError, SourceText } from './source.js'
import type { SyntaxNode } from './syntax-tree.js'
import { readYaml } from './yaml.js'
import type { ReadYamlOptions } from './yaml.js'

export type SyntaxFormat = 'json' | 'yaml'

/** Options that only YAML knows are ignored for JSON. */
export function readSyntax(
  source: SourceText,
  format: SyntaxFormat,
  options: ReadYamlOptions = {},
): Result<SyntaxNode, readonly SourceError[]> {
  return format === 'json' ? readJson(source, options) : readYaml(source, options)
}

/**
 * By the extension of the name; where that says nothing, a text that begins with a bracket or a double quote is JSON.
 * An empty text is JSON, too: it is refused either way.
 */
export function detectFormat(name: string, text: string): SyntaxFormat {
  const lower = name.toLowerCase()
  if (lower.endsWith('.json')) return 'json'
  if (lower.endsWith('.yaml') || lower.endsWith('.yml')) return 'yaml'
  const first = text.slice(0, 4096).trimStart().charAt(0)
  return first === '' || first === '{' || first === '[' || first === '"' ? 'json' : 'yaml'
}
