/**
 * Changes of a policy that allow more or deny less: a statement added, a name or value added to a list, a caller
 * exempted from a Deny. Each as a JSON patch of the policy and as edits of its text.
 *
 * Knows nothing of why; whoever wants the policy that comes out reads the edited text.
 *
 * Source: RFC 6902 (JSON Patch); IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import { appendItem, insertMember, replaceNode, type TextEdit } from './edits.js'
import type { PolicySource } from './document.js'
import { memberAt, nodeToValue, type Member, type ObjectNode, type SyntaxNode } from '../text/syntax-tree.js'

export type PolicyEdit =
  | { readonly kind: 'addStatement'; readonly statement: StatementValue }
  | {
      readonly kind: 'addEntry'
      readonly statement: number
      readonly element: 'Action' | 'Resource'
      readonly entry: string
    }
  | {
      readonly kind: 'addPrincipal'
      readonly statement: number
      readonly type: 'AWS' | 'Service' | 'Federated'
      readonly entry: string
    }
  | ConditionEdit

/** `addValue` puts the value beside those that a test has; `addTest` adds a test to the statement. */
export interface ConditionEdit {
  readonly kind: 'addValue' | 'addTest'
  readonly statement: number
  /** As written. */
  readonly operator: string
  readonly key: string
  readonly value: string
}

/** A statement as it is written. */
export type StatementValue = Readonly<Record<string, unknown>>

/** One operation of a JSON patch; `path` is a pointer. */
export interface PatchOperation {
  readonly op: 'add' | 'replace'
  readonly path: string
  readonly value: unknown
}

export interface EditedPolicy {
  /** Paths from the policy's own root. */
  readonly patch: readonly PatchOperation[]
  readonly edits: readonly TextEdit[]
}

/** Undefined where the policy's text has no place for it (a YAML alias, an element of another form). */
export function editPolicy(where: PolicySource, root: SyntaxNode, edit: PolicyEdit): EditedPolicy | undefined {
  if (root.kind !== 'object') return undefined
  const list = memberAt(root, ['Statement'])
  if (list === undefined) return undefined
  if (edit.kind === 'addStatement') return addToList(where, list, ['Statement'], edit.statement)
  const isList = list.value.kind === 'array'
  const node = list.value.kind === 'array' ? list.value.items[edit.statement] : list.value
  if (node?.kind !== 'object') return undefined
  const path = isList ? ['Statement', edit.statement] : ['Statement']
  return editStatement(where, node, path, edit)
}

type Path = readonly (string | number)[]

function editStatement(
  where: PolicySource,
  statement: ObjectNode,
  path: Path,
  edit: Exclude<PolicyEdit, { readonly kind: 'addStatement' }>,
): EditedPolicy | undefined {
  switch (edit.kind) {
    case 'addEntry': {
      const member = memberAt(statement, [edit.element])
      return member === undefined ? undefined : addToList(where, member, [...path, edit.element], edit.entry)
    }
    case 'addPrincipal': {
      const principal = memberAt(statement, ['Principal'])
      if (principal?.value.kind !== 'object') return undefined
      return addMember(where, principal.value, [...path, 'Principal'], edit.type, edit.entry)
    }
    case 'addValue':
    case 'addTest': {
      const condition = memberAt(statement, ['Condition'])
      const tests = { [edit.operator]: { [edit.key]: edit.value } }
      if (condition === undefined) return insert(where, statement, path, 'Condition', tests)
      if (condition.value.kind !== 'object') return undefined
      const block = memberAt(condition.value, [edit.operator])
      const below = [...path, 'Condition']
      if (block === undefined) return insert(where, condition.value, below, edit.operator, tests[edit.operator])
      if (block.value.kind !== 'object') return undefined
      return addMember(where, block.value, [...below, edit.operator], edit.key, edit.value)
    }
  }
}

/** Adds to what the member holds already, or makes it. Condition keys are spelled in any case. */
function addMember(
  where: PolicySource,
  object: ObjectNode,
  path: Path,
  key: string,
  value: string,
): EditedPolicy | undefined {
  const known = object.members.find((member) => member.key.toLowerCase() === key.toLowerCase())
  return known === undefined
    ? insert(where, object, path, key, value)
    : addToList(where, known, [...path, known.key], value)
}

function insert(
  where: PolicySource,
  object: ObjectNode,
  path: Path,
  key: string,
  value: unknown,
): EditedPolicy | undefined {
  return edited(insertMember(where, object, key, value), { op: 'add', path: pointer([...path, key]), value })
}

/** Adds an item to a list, or makes a list of the one thing that stands there. */
function addToList(where: PolicySource, { value: node }: Member, path: Path, added: unknown): EditedPolicy | undefined {
  if (node.kind === 'array') {
    return edited(appendItem(where, node, added), { op: 'add', path: pointer([...path, '-']), value: added })
  }
  const list = [nodeToValue(node), added]
  return edited(replaceNode(where, node, list), { op: 'replace', path: pointer(path), value: list })
}

function edited(edits: readonly TextEdit[], operation: PatchOperation): EditedPolicy | undefined {
  return edits.length === 0 ? undefined : { edits, patch: [operation] }
}

function pointer(path: Path): string {
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The text with the edits made; they must not overlap. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let out = ''
  let at = 0
  for (const { start, end, text: put } of edits.toSorted((left, right) => left.start - right.start)) {
    out += text.slice(at, start) + put
    at = end
  }
  return out + text.slice(at)
}
