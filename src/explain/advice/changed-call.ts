/**
 * A call with changes made to it: values, policies and grants as they would be. The call itself stays as it was.
 *
 * Works on tables of its own, so that trying things leaves nothing behind in a graph that lives on.
 */
import { trace, type PolicyTrace, type Trace } from '../../decide/trace.js'
import type { Call, PolicyLevels } from '../../decide/call.js'
import type { SlotValue } from '../../graph/atom.js'
import { documentOf } from '../../graph/documents.js'
import { compilePolicy, type CompiledPolicy } from '../../graph/policy.js'
import { Subject } from '../../graph/subject.js'
import { GraphTables } from '../../graph/tables.js'
import type { PolicyDocument, PolicySource } from '../../policy/document.js'
import { parsePolicyNode, parsePolicyValue } from '../../policy/parse.js'
import {
  applyEdits,
  editPolicy,
  type PatchOperation,
  type PolicyEdit,
  type StatementValue,
} from '../../policy/policy-edit.js'
import { readSyntax } from '../../text/read-syntax.js'
import { nodeAt, parsePointer } from '../../text/syntax-tree.js'
import { CALLER_KEYS, type CallerContext } from './caller-context.js'
import type { Change, ContextChange } from './change.js'

const ENCRYPTION_CONTEXT = 'kms:encryptioncontext:'
const ENCRYPTION_CONTEXT_KEYS = 'kms:encryptioncontextkeys'

export class ChangedCalls {
  readonly tables = new GraphTables()
  /** The call as it is, on these tables. */
  readonly call: Call
  private readonly compiled = new Map<CompiledPolicy, CompiledPolicy>()
  private readonly edited = new Map<string, CompiledPolicy | undefined>()

  /** @param callerContext - of keys that no policy of the call asks for. */
  constructor(
    private readonly original: Call,
    callerContext: CallerContext = {},
  ) {
    const { subject, keyPolicy, boundary, endpoint, scps, rcps } = original
    const one = (policy: CompiledPolicy | undefined): CompiledPolicy | undefined =>
      policy === undefined ? undefined : this.own(policy)
    const levels = (all: PolicyLevels | undefined): PolicyLevels | undefined =>
      all?.map((level) => level.map((policy) => this.own(policy)))
    const policies = {
      keyPolicy: one(keyPolicy),
      identity: original.identity.map((policy) => this.own(policy)),
      boundary: one(boundary),
      session: original.session.map((policy) => this.own(policy)),
      scps: levels(scps),
      rcps: levels(rcps),
      endpoint: endpoint === undefined ? undefined : { policy: one(endpoint.policy) },
    }
    for (const key of CALLER_KEYS) this.tables.slot(key)
    // Slots are numbered anew by the order in which policies name their keys.
    const old = subject.tables
    const values = Array.from({ length: this.tables.slotCount }, (_, slot): SlotValue => {
      const name = this.tables.slotName(slot)
      const before = old.findSlot(name)
      return before < 0 ? callerContext[name] : original.values[before]
    })
    this.call = { ...original, ...policies, values, subject: new Subject(this.tables, subject.caller) }
  }

  private own(policy: CompiledPolicy): CompiledPolicy {
    const known = this.compiled.get(policy)
    if (known !== undefined) return known
    const made = compilePolicy(this.tables, documentOf(policy).document)
    this.compiled.set(policy, made)
    return made
  }

  /** Undefined where a policy's text has no place for an edit. */
  with(changes: readonly Change[]): Call | undefined {
    let call = this.call
    const edits = new Map<PolicyTrace, { readonly ids: string[]; readonly list: PolicyEdit[] }>()
    for (const change of changes) {
      switch (change.kind) {
        case 'context':
          call = this.withValue(call, change)
          break
        case 'grant':
          call = { ...call, grants: call.grants.with(change.grant) }
          break
        case 'newPolicy': {
          const made = compilePolicy(this.tables, newPolicy(change.statement))
          call = { ...call, identity: [...call.identity, made] }
          break
        }
        case 'policy': {
          const of = edits.get(change.policy) ?? { ids: [], list: [] }
          edits.set(change.policy, { ids: [...of.ids, change.id], list: [...of.list, change.edit] })
        }
      }
    }
    for (const [policy, { ids, list }] of edits) {
      const key = ids.join('\n')
      if (!this.edited.has(key)) this.edited.set(key, this.compileEdited(policy, list))
      const made = this.edited.get(key)
      if (made === undefined) return undefined
      call = replaced(call, policy, made)
    }
    return call
  }

  traceOf(call: Call): Trace {
    return trace(call)
  }

  private compileEdited(policy: PolicyTrace, edits: readonly PolicyEdit[]): CompiledPolicy | undefined {
    const { document } = documentOf(policy.compiled)
    const made = editedDocument(document, edits)
    return made === undefined ? undefined : compilePolicy(this.tables, made.document)
  }

  /** With another value of a condition key; undefined: without it. */
  withValue(call: Call, { key, name, value }: ContextChange): Call {
    const set = (slot: number, to: SlotValue, values: readonly SlotValue[]): readonly SlotValue[] =>
      slot < 0 ? values : values.map((known, index) => (index === slot ? to : known))
    const values = set(this.tables.findSlot(key), value, call.values)
    if (!key.startsWith(ENCRYPTION_CONTEXT)) return { ...call, values }
    // Grants read the pairs themselves, and one key tells the names of all of them.
    const spelled = name.slice(ENCRYPTION_CONTEXT.length)
    const rest = Object.entries(call.encryptionContext ?? {}).filter(
      ([known]) => known.toLowerCase() !== spelled.toLowerCase(),
    )
    const pairs = typeof value === 'string' ? [...rest, [spelled, value] as const] : rest
    const names = pairs.map(([known]) => known)
    const slot = this.tables.findSlot(ENCRYPTION_CONTEXT_KEYS)
    return {
      ...call,
      encryptionContext: Object.fromEntries(pairs),
      values: set(slot, names.length === 0 ? undefined : names, values),
    }
  }
}

function replaced(call: Call, { layer, level = 0, policy }: PolicyTrace, made: CompiledPolicy): Call {
  const at = (list: readonly CompiledPolicy[]): readonly CompiledPolicy[] =>
    list.map((known, index) => (index === policy ? made : known))
  const levels = (all: PolicyLevels | undefined): PolicyLevels | undefined =>
    all?.map((list, index) => (index === level ? at(list) : list))
  switch (layer) {
    case 'keyPolicy':
      return { ...call, keyPolicy: made }
    case 'identity':
      return { ...call, identity: at(call.identity) }
    case 'boundary':
      return { ...call, boundary: made }
    case 'session':
      return { ...call, session: at(call.session) }
    case 'scp':
      return { ...call, scps: levels(call.scps) }
    case 'rcp':
      return { ...call, rcps: levels(call.rcps) }
    case 'vpce':
      return { ...call, endpoint: { policy: made } }
    case 'grant':
    case 'operation':
      throw new Error(`layer ${layer} has no policies`)
  }
}

export interface EditedDocument {
  readonly document: PolicyDocument
  /** The whole source, with the edits made. */
  readonly text: string
  /** Paths from the policy's own root. */
  readonly patch: readonly PatchOperation[]
}

/** One edit after the other. Undefined where one has no place, or AWS would refuse what comes out. */
export function editedDocument(document: PolicyDocument, edits: readonly PolicyEdit[]): EditedDocument | undefined {
  let made: EditedDocument = { document, text: document.source.source.text, patch: [] }
  for (const edit of edits) {
    const { source } = made.document
    const tree = readSyntax(source.source, source.format)
    const path = parsePointer(source.pointer)
    const node = tree.ok && path !== undefined ? nodeAt(tree.value, path) : undefined
    const done = node === undefined ? undefined : editPolicy(source, node, edit)
    if (done === undefined) return undefined
    const text = applyEdits(source.source.text, done.edits)
    const next: PolicySource = { ...source, source: { name: source.source.name, text } }
    const again = readSyntax(next.source, next.format)
    const root = again.ok && path !== undefined ? nodeAt(again.value, path) : undefined
    const parsed = root === undefined ? undefined : parsePolicyNode(root, next, document.kind)
    if (parsed?.ok !== true) return undefined
    made = { document: parsed.value, text, patch: [...made.patch, ...done.patch] }
  }
  return made
}

export function newPolicy(statement: StatementValue): PolicyDocument {
  const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: [statement] }, 'identity', '<new policy>')
  if (!parsed.ok) throw new Error(`a policy that is advised cannot be read: ${parsed.error[0]?.message ?? ''}`)
  return parsed.value
}
