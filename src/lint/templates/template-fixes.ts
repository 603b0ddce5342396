/**
 * What can be mended in a CloudFormation template: a forgotten `Fn::Sub`, and a key policy that names its own key.
 *
 * Source: CloudFormation User Guide, "Fn::Sub"; KMS Developer Guide, "Creating a key policy".
 */
import type { Fix } from '../rule.js'
import type { SourceText } from '../../text/source.js'
import type { StringNode, SyntaxNode } from '../../text/syntax-tree.js'

/** The text that the nodes are of. */
export interface TemplateText {
  readonly source: SourceText
  readonly format: 'json' | 'yaml'
}

/** References in a text that no `Fn::Sub` reads, by the names of the template. */
export interface ForgottenReferences {
  readonly names: readonly string[]
  /** Something else has the same form: a variable of IAM, which `Fn::Sub` would take for a reference. */
  readonly hasOthers: boolean
}

/** Names of parameters and resources have at most 255 characters. */
const MAX_NAME = 600

export function forgottenReferences(text: string, isName: (name: string) => boolean): ForgottenReferences {
  const names: string[] = []
  let hasOthers = false
  let close = -1
  for (let open = text.indexOf('${'); open >= 0; open = text.indexOf('${', open + 2)) {
    if (close < open) close = text.indexOf('}', open)
    if (close < 0) break
    const isShort = close - open <= MAX_NAME
    const name = isShort ? text.slice(open + 2, close) : ''
    if (isShort && isName(name)) names.push(name)
    else hasOthers = true
  }
  return { names, hasOthers }
}

export function wrapInSub({ format }: TemplateText, { start, end }: StringNode): Fix {
  const edits =
    format === 'yaml'
      ? [{ start, end: start, text: '!Sub ' }]
      : [
          { start, end: start, text: '{ "Fn::Sub": ' },
          { start: end, end, text: ' }' },
        ]
  return { safety: 'unsafe', title: 'wrap the string in Fn::Sub', edits }
}

/** The resource of a key policy is its key, whatever is written; the template cannot be deployed as it stands. */
export function anyResource({ source }: TemplateText, { start, end }: SyntaxNode): Fix {
  const written = source.text.slice(start, end).trimEnd()
  const edits = [{ start, end: start + written.length, text: '"*"' }]
  return { safety: 'safe', title: 'write `"*"`', edits, repair: true }
}
