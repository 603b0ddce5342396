/**
 * Is this syntax tree a policy document by shape: known elements, the right types, nothing missing?
 *
 * `policy.schema.json` decides; this module shows it the tree and turns what it says into errors at the exact token.
 * Knows nothing of kinds, values or what an element means.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import { DOCUMENT_ELEMENTS, PRINCIPAL_TYPES, STATEMENT_ELEMENTS } from './element-rules.js'
import type { Path } from './findings.js'
import { validate } from './policy.validate.js'
import { headOf, type Reading } from './reading.js'
import { quote } from '../text/escape.js'
import { didYouMean } from '../text/suggest.js'
import type { Span } from '../text/source.js'
import type { SyntaxNode } from '../text/syntax-tree.js'

/** The shape errors of one statement are joined to those before it, so statements are shown in bounded groups. */
const STATEMENTS_AT_ONCE = 500
/** The deepest value of a policy is Statement[i].Condition.operator.key[j]; what lies below that is wrong in any case. */
const DEEPEST = 7

/** Reports every part of the wrong shape. */
export function checkShape(root: SyntaxNode, reading: Reading): void {
  const statement = root.kind === 'object' ? root.members.find(({ key }) => key === 'Statement')?.value : undefined
  if (root.kind !== 'object' || statement?.kind !== 'array') {
    check(plain(root, 0), root, reading, 0)
    return
  }

  const { items } = statement
  for (let first = 0; first === 0 || first < items.length; first += STATEMENTS_AT_ONCE) {
    const shown = emptyObject()
    // The elements around the statements are shown once, with the first group.
    if (first === 0) for (const { key, value } of root.members) if (key !== 'Statement') shown[key] = plain(value, 1)
    shown['Statement'] = items.slice(first, first + STATEMENTS_AT_ONCE).map((item) => plain(item, 2))
    check(shown, root, reading, first)
    if (reading.findings.isFull()) return
  }
}

function emptyObject(): Record<string, unknown> {
  // No prototype: a member named `__proto__` is a member.
  return Object.create(null) as Record<string, unknown>
}

function plain(node: SyntaxNode, depth: number): unknown {
  switch (node.kind) {
    case 'object': {
      const object = emptyObject()
      if (depth < DEEPEST) for (const { key, value } of node.members) object[key] = plain(value, depth + 1)
      return object
    }
    case 'array':
      return depth < DEEPEST ? node.items.map((item) => plain(item, depth + 1)) : []
    case 'null':
      return null
    case 'string':
    case 'number':
    case 'boolean':
      return node.value
  }
}

function check(shown: unknown, root: SyntaxNode, reading: Reading, firstStatement: number): void {
  if (validate(shown)) return
  for (const { instancePath, keyword, params } of validate.errors ?? []) {
    // `if` only says that its `then` has failed, and that has an error of its own.
    if (keyword === 'if') continue
    const { node, path } = find(root, instancePath, firstStatement)
    if (keyword === 'additionalProperties') unknownMember(node, String(params['additionalProperty']), path, reading)
    else if (keyword === 'required') missingElement(node, String(params['missingProperty']), path, reading)
    else reading.findings.error(...wrongType(node, path, reading))
    if (reading.findings.isFull()) return
  }
}

interface Found {
  readonly node: SyntaxNode
  readonly path: Path
}

/** The node at a JSON pointer that was given against a group of statements. */
function find(root: SyntaxNode, pointer: string, firstStatement: number): Found {
  let node = root
  const path: (string | number)[] = []
  for (const segment of pointer.split('/').slice(1)) {
    const isList = node.kind === 'array'
    const step = isList
      ? Number(segment) + (path.length === 1 ? firstStatement : 0)
      : segment.replaceAll('~1', '/').replaceAll('~0', '~')
    path.push(step)
    node = child(node, step)
  }
  return { node, path }
}

function child(node: SyntaxNode, step: string | number): SyntaxNode {
  const found =
    node.kind === 'object'
      ? node.members.find(({ key }) => key === step)?.value
      : node.kind === 'array' && typeof step === 'number'
        ? node.items[step]
        : undefined
  if (found === undefined) throw new Error(`the schema speaks of \`${step}\`, which the tree does not have`)
  return found
}

type Place = 'document' | 'statement' | 'principal' | 'other'

/** Statement may be a list or a single statement, so depth alone does not tell. */
function placeOf(path: Path): Place {
  if (path.length === 0) return 'document'
  if (path[0] !== 'Statement') return 'other'
  const inStatement = typeof path[1] === 'number' ? path.slice(2) : path.slice(1)
  if (inStatement.length === 0) return 'statement'
  if (inStatement.length === 1 && (inStatement[0] === 'Principal' || inStatement[0] === 'NotPrincipal'))
    return 'principal'
  return 'other'
}

function unknownMember(node: SyntaxNode, name: string, path: Path, reading: Reading): void {
  const member = node.kind === 'object' ? node.members.find(({ key }) => key === name) : undefined
  const span: Span = member === undefined ? node : { start: member.keyStart, end: member.keyEnd }
  const place = placeOf(path)
  if (place === 'principal') {
    const hint = suggestion(name, PRINCIPAL_TYPES) ?? 'expected `AWS`, `Service`, `Federated` or `CanonicalUser`'
    reading.findings.error(`unknown type of principal ${quote(name)}`, span, [...path, name], hint)
    return
  }
  const isDocument = place === 'document'
  const known: readonly string[] = isDocument ? DOCUMENT_ELEMENTS : STATEMENT_ELEMENTS
  const elsewhere: readonly string[] = isDocument ? STATEMENT_ELEMENTS : DOCUMENT_ELEMENTS
  const hint = elsewhere.includes(name)
    ? `\`${name}\` belongs ${isDocument ? 'in a statement' : 'beside `Statement`, not in a statement'}`
    : suggestion(name, known)
  reading.findings.error(
    `unknown element ${quote(name)} in ${isDocument ? 'a policy' : 'a statement'}`,
    span,
    [...path, name],
    hint,
  )
}

function suggestion(name: string, candidates: readonly string[]): string | undefined {
  const best = didYouMean(name, candidates)
  return best === undefined ? undefined : `did you mean \`${best}\`?`
}

function missingElement(node: SyntaxNode, name: string, path: Path, reading: Reading): void {
  const span = headOf(node, reading.text)
  if (name === 'Statement')
    reading.findings.error('the policy has no `Statement`', span, path, 'expected a list of statements')
  else reading.findings.error(`the statement has no \`${name}\``, span, path, 'expected `Allow` or `Deny`')
}

function wrongType(node: SyntaxNode, path: Path, reading: Reading): [string, Span, Path, string] {
  const span: Span = node.kind === 'object' || node.kind === 'array' ? headOf(node, reading.text) : node
  const got = describe(node)
  const place = placeOf(path)
  if (place === 'document') return [`a policy cannot be ${got}`, span, path, 'expected an object with `Statement`']
  if (place === 'statement') {
    const isList = path.length === 1
    return [
      isList ? `\`Statement\` cannot be ${got}` : `a statement cannot be ${got}`,
      span,
      path,
      isList ? 'expected a statement or a list of statements' : 'expected an object with `Effect`',
    ]
  }
  const last = path[path.length - 1] ?? ''
  const parts = typeof path[1] === 'number' ? path.slice(2) : path[0] === 'Statement' ? path.slice(1) : path
  return [`${nameOf(parts, last)} cannot be ${got}`, span, path, expectation(parts, node)]
}

function nameOf(parts: Path, last: string | number): string {
  const element = String(parts[0])
  if (element === 'Condition') {
    if (parts.length === 1) return '`Condition`'
    if (parts.length === 2) return `the block of operator ${quote(String(last))}`
    return `${parts.length === 3 ? 'the value' : 'a value'} of condition key ${quote(String(parts[2]))}`
  }
  if (parts.length === 1) return `\`${element}\``
  if (element === 'Principal' || element === 'NotPrincipal') return `a principal of type ${quote(String(parts[1]))}`
  return `an entry of \`${element}\``
}

function expectation(parts: Path, node: SyntaxNode): string {
  const element = String(parts[0])
  switch (element) {
    case 'Condition':
      if (parts.length === 1) return 'expected an object of operators'
      if (parts.length === 2) return 'expected an object of condition keys'
      return parts.length === 3
        ? 'expected a string, number, boolean or a list of them'
        : 'expected a string, number or boolean'
    case 'Principal':
    case 'NotPrincipal':
      if (parts.length === 1) return 'expected `"*"` or an object such as `{ "AWS": "111122223333" }`'
      if (node.kind === 'number') return `expected a string: \`"${node.text}"\``
      return parts.length === 2 ? 'expected a string or a list of strings' : 'expected a string'
    case 'Action':
    case 'NotAction':
    case 'Resource':
    case 'NotResource':
      return parts.length === 1 ? 'expected a string or a list of strings' : 'expected a string'
    default:
      return 'expected a string'
  }
}

function describe(node: SyntaxNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object'
    case 'array':
      return 'a list'
    case 'null':
      return 'null'
    case 'string':
      return `the string ${quote(node.value)}`
    case 'number':
      return `the number ${quote(node.text)}`
    case 'boolean':
      return `the boolean \`${node.value}\``
  }
}
