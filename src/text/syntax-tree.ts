/**
 * What a JSON or YAML text says, with the place of every key and value: one tree for both formats.
 *
 * Knows nothing of policies; it only names places and gives values back. Offsets are UTF-16 units into the source
 * text; those of a string take in its quotes. A YAML alias shares the node of its anchor, so two parents may hold the
 * same node and its place is where the anchor stands.
 *
 * Source: RFC 8259 (JSON); RFC 6901 (JSON pointer).
 */

export type SyntaxNode = ObjectNode | ArrayNode | StringNode | NumberNode | BooleanNode | NullNode

export interface ObjectNode {
  readonly kind: 'object'
  /** In the order written; keys are unique. */
  readonly members: readonly Member[]
  readonly start: number
  readonly end: number
}

export interface ArrayNode {
  readonly kind: 'array'
  readonly items: readonly SyntaxNode[]
  readonly start: number
  readonly end: number
}

export interface StringNode {
  readonly kind: 'string'
  readonly value: string
  readonly start: number
  readonly end: number
}

export interface NumberNode {
  readonly kind: 'number'
  readonly value: number
  /** As written: `value` has lost what a double cannot hold, such as the leading zero of an unquoted account id. */
  readonly text: string
  readonly start: number
  readonly end: number
}

export interface BooleanNode {
  readonly kind: 'boolean'
  readonly value: boolean
  readonly start: number
  readonly end: number
}

export interface NullNode {
  readonly kind: 'null'
  readonly start: number
  readonly end: number
}

export interface Member {
  readonly key: string
  readonly keyStart: number
  readonly keyEnd: number
  readonly value: SyntaxNode
}

/** Keys and indexes from the root; an index may be a number or, as pointers have it, its decimal text. */
export type SyntaxPath = readonly (string | number)[]

/** The node at a path, `undefined` when the document has none there. */
export function nodeAt(root: SyntaxNode, path: SyntaxPath): SyntaxNode | undefined {
  let node: SyntaxNode | undefined = root
  for (const step of path) {
    if (node === undefined) return undefined
    if (node.kind === 'array') {
      const index = arrayIndex(step)
      node = index === undefined ? undefined : node.items[index]
    } else {
      node = findMember(node, String(step))?.value
    }
  }
  return node
}

/** The object member at a path: the way to the place of a key. */
export function memberAt(root: SyntaxNode, path: SyntaxPath): Member | undefined {
  const last = path.at(-1)
  if (last === undefined) return undefined
  const parent = nodeAt(root, path.slice(0, -1))
  return parent === undefined ? undefined : findMember(parent, String(last))
}

/**
 * The plain value a node stands for. Recursion is bounded by the depth limit of the readers.
 */
export function nodeToValue(node: SyntaxNode): unknown {
  switch (node.kind) {
    case 'object': {
      const value: Record<string, unknown> = {}
      for (const member of node.members) setMember(value, member.key, nodeToValue(member.value))
      return value
    }
    case 'array':
      return node.items.map(nodeToValue)
    case 'string':
    case 'number':
    case 'boolean':
      return node.value
    case 'null':
      return null
  }
}

/** RFC 6901: `['Statement', 0, 'a/b']` is `/Statement/0/a~1b`; the root is ''. */
export function toPointer(path: SyntaxPath): string {
  let pointer = ''
  for (const step of path) {
    const text = String(step)
    pointer += `/${/[~/]/.test(text) ? text.replaceAll('~', '~0').replaceAll('/', '~1') : text}`
  }
  return pointer
}

/** The steps of a JSON pointer; `undefined` for a text that is none. */
export function parsePointer(pointer: string): readonly string[] | undefined {
  if (pointer === '') return []
  if (!pointer.startsWith('/')) return undefined
  const steps: string[] = []
  for (const raw of pointer.slice(1).split('/')) {
    for (let tilde = raw.indexOf('~'); tilde !== -1; tilde = raw.indexOf('~', tilde + 1)) {
      const next = raw[tilde + 1]
      if (next !== '0' && next !== '1') return undefined
    }
    // `~01` is `~1`, so the slash has to be put back first.
    steps.push(raw.replaceAll('~1', '/').replaceAll('~0', '~'))
  }
  return steps
}

function findMember(node: SyntaxNode, key: string): Member | undefined {
  return node.kind === 'object' ? node.members.find((member) => member.key === key) : undefined
}

function arrayIndex(step: string | number): number | undefined {
  const index = Number(step)
  return Number.isSafeInteger(index) && index >= 0 && String(index) === String(step) ? index : undefined
}

/** Sets an own member, whatever it is called. */
export function setMember(target: Record<string, unknown>, key: string, value: unknown): void {
  // Assigning to `__proto__` would change the prototype and lose the member.
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else {
    target[key] = value
  }
}

/** A scalar as text, a number as it was written; undefined for null, lists and objects. */
export function scalarText(node: SyntaxNode): string | undefined {
  switch (node.kind) {
    case 'string':
      return node.value
    case 'number':
      return node.text
    case 'boolean':
      return String(node.value)
    case 'null':
    case 'array':
    case 'object':
      return undefined
  }
}
