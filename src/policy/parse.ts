/**
 * Reads a policy of any kind: text or syntax tree in, `PolicyDocument` or every reason for a refusal out.
 *
 * Nothing is skipped: what AWS's documents call invalid refuses the document, so does what docs/decisions.md lists where
 * they are silent, and what is legal and looks wrong is a diagnostic.
 * Knows nothing of attachment or evaluation.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language"; authorization.md A.
 */
import { checkCharacters } from './characters.js'
import type { PolicyDocument, PolicyKind, PolicySource, PolicyVersion, Statement } from './document.js'
import { ELEMENT_RULES } from './element-rules.js'
import { createFindings } from './findings.js'
import { isRcpFullAccess, RCP_FULL_ACCESS_RULES } from './rcp-full-access.js'
import { headOf, type Reading } from './reading.js'
import { checkShape } from './shape.js'
import { checkSize } from './size.js'
import { readStatement } from './statement.js'
import { quote } from '../text/escape.js'
import { readSyntax } from '../text/read-syntax.js'
import type { Result, SourceError, SourceText } from '../text/source.js'
import type { Member, SyntaxNode } from '../text/syntax-tree.js'

export interface ParsePolicyInput {
  readonly source: SourceText
  /** `json` when left out. */
  readonly format?: 'json' | 'yaml'
  readonly kind: PolicyKind
}

export interface ParsePolicyOptions {
  /** `report` makes a policy that is too long a diagnostic; `enforce`, the default, refuses it. */
  readonly sizes?: 'enforce' | 'report'
}

export type ParsedPolicy = Result<PolicyDocument, readonly SourceError[]>

/** Reads a policy that is the whole of a text. */
export function parsePolicy(
  { source, format = 'json', kind }: ParsePolicyInput,
  options: ParsePolicyOptions = {},
): ParsedPolicy {
  const read = readSyntax(source, format)
  if (!read.ok) return read
  return parsePolicyNode(read.value, { source, format, pointer: '' }, kind, options)
}

/**
 * Reads a policy from a JavaScript object or from JSON text, for callers that have no file.
 * @param name - what messages call it; `<memory>` when left out.
 */
export function parsePolicyValue(
  value: unknown,
  kind: PolicyKind,
  name = '<memory>',
  options: ParsePolicyOptions = {},
): ParsedPolicy {
  const text = typeof value === 'string' ? value : jsonText(value)
  if (text !== undefined) return parsePolicy({ source: { name, text }, kind }, options)
  const message = 'the value is not plain data, or has a cycle'
  const hint = 'expected an object of strings, lists and objects, or JSON text'
  return { ok: false, error: [{ message, source: { name, text: '' }, span: { start: 0, end: 0 }, hint, pointer: '' }] }
}

/** Reads a policy that stands inside a larger text; places are those of the larger text. */
export function parsePolicyNode(
  root: SyntaxNode,
  where: PolicySource,
  kind: PolicyKind,
  options: ParsePolicyOptions = {},
): ParsedPolicy {
  const findings = createFindings(where)
  const members = root.kind === 'object' ? root.members : []
  const version = readVersion(members)
  const rules = kind === 'rcp' && isRcpFullAccess(root) ? RCP_FULL_ACCESS_RULES : ELEMENT_RULES[kind]
  const reading: Reading = { kind, rules, version, text: where.source.text, findings }

  checkShape(root, reading)
  checkCharacters(root, where, reading)
  checkVersion(root, members, reading)
  const id = readId(members, reading)
  const statements = readStatements(members, reading)
  if (root.kind === 'object') checkSize(root, where, (options.sizes ?? 'enforce') === 'enforce', reading)

  if (findings.hasErrors()) return { ok: false, error: findings.errors() }
  return {
    ok: true,
    value: {
      kind,
      version,
      ...(id === undefined ? {} : { id }),
      statements,
      source: where,
      diagnostics: findings.diagnostics(),
    },
  }
}

/** The text of a value as JSON has it; undefined for a value that JSON would change or cannot hold. */
function jsonText(value: unknown): string | undefined {
  try {
    // Typed as a string always, which it is not for undefined.
    const text: string | undefined = JSON.stringify(value, requirePlain, 2)
    return text
  } catch {
    // Something that is not plain data, a cycle, or a getter that throws.
    return undefined
  }
}

/** JSON would leave a function out and write a Map as `{}`: a restriction could vanish that way. */
function requirePlain(_key: string, value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') throw new TypeError('not plain data')
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    const prototype: unknown = Object.getPrototypeOf(value)
    // The prototype of plain objects, of this realm or another, has no prototype itself.
    if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw new TypeError('not plain data')
  }
  return value
}

function memberOf(members: readonly Member[], key: string): Member | undefined {
  return members.find((member) => member.key === key)
}

/** Without the element a policy is read as the older version. */
function readVersion(members: readonly Member[]): PolicyVersion {
  const value = memberOf(members, 'Version')?.value
  return value?.kind === 'string' && value.value === '2012-10-17' ? '2012-10-17' : '2008-10-17'
}

function checkVersion(root: SyntaxNode, members: readonly Member[], { rules, text, findings }: Reading): void {
  if (root.kind !== 'object') return
  const member = memberOf(members, 'Version')
  const { versionRequired, called } = rules
  if (member === undefined) {
    if (versionRequired)
      findings.error(
        'the policy has no `Version`',
        headOf(root, text),
        [],
        `${called} needs \`"Version": "2012-10-17"\``,
      )
    return
  }
  if (member.value.kind !== 'string') return
  const { value } = member.value
  if (value !== '2012-10-17' && (value !== '2008-10-17' || versionRequired)) {
    const hint = versionRequired ? `${called} needs \`2012-10-17\`` : 'expected `2012-10-17` or `2008-10-17`'
    const what =
      value === '2008-10-17' ? `version \`2008-10-17\` cannot stand in ${called}` : `unknown version ${quote(value)}`
    findings.error(what, member.value, ['Version'], hint)
  }
}

function readId(members: readonly Member[], { rules, findings }: Reading): string | undefined {
  const member = memberOf(members, 'Id')
  if (member === undefined) return undefined
  if (rules.id === 'forbidden') {
    const span = { start: member.keyStart, end: member.keyEnd }
    findings.error(`${rules.called} cannot have \`Id\``, span, ['Id'], '`Id` belongs to resource-based policies')
  }
  return member.value.kind === 'string' ? member.value.value : undefined
}

function readStatements(members: readonly Member[], reading: Reading): readonly Statement[] {
  const value = memberOf(members, 'Statement')?.value
  if (value === undefined) return []
  const { findings, rules } = reading
  if (value.kind !== 'array') {
    const single = readStatement(value, 0, ['Statement'], reading)
    return single === undefined ? [] : [single]
  }
  if (value.items.length === 0) {
    findings.error('`Statement` is empty', value, ['Statement'], `${rules.called} needs at least one statement`)
  }
  const statements: Statement[] = []
  const firstOfSid = new Map<string, number>()
  for (const [index, node] of value.items.entries()) {
    const path = ['Statement', index]
    const statement = readStatement(node, index, path, reading)
    if (statement !== undefined) {
      statements.push(statement)
      if (statement.sid !== undefined && statement.sid !== '')
        checkSidIsNew(statement.sid, index, node, firstOfSid, reading)
    }
    if (findings.isFull()) break
  }
  return statements
}

function checkSidIsNew(
  sid: string,
  index: number,
  node: SyntaxNode,
  firstOfSid: Map<string, number>,
  { rules, findings }: Reading,
): void {
  const first = firstOfSid.get(sid)
  if (first === undefined) {
    firstOfSid.set(sid, index)
    return
  }
  const span = (node.kind === 'object' ? memberOf(node.members, 'Sid')?.value : undefined) ?? node
  const message = `Sid ${quote(sid)} occurs twice`
  const hint = `statement ${first + 1} has it already`
  const path = ['Statement', index, 'Sid']
  if (rules.sid === 'alphanumeric') findings.error(message, span, path, `${hint}; ${rules.called} takes each Sid once`)
  else findings.diagnostic(message, span, path, hint)
}
