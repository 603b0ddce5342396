/**
 * What would let a denied call in: the cheapest sets of changes, each with the edit that makes it, judged by the graph.
 *
 * A change of the request comes before one of a policy, the caller's own policies before those of the key, and these
 * before what guards an organization; a Deny of an organization is never advised away without saying whose it is.
 *
 * Source: KMS Developer Guide, "Troubleshooting AWS KMS permissions"; facts D, F1.
 */
import { createTwoFilesPatch } from 'diff'
import type { PolicyTrace } from '../../decide/trace.js'
import type { Layer } from '../../graph/combine.js'
import type { Grant } from '../../graph/grant.js'
import type { PolicyDocument, PolicySource } from '../../policy/document.js'
import { parsePolicy, parsePolicyNode } from '../../policy/parse.js'
import type { SolveControl } from '../../solve/budget.js'
import type { PatchOperation, PolicyEdit } from '../../policy/policy-edit.js'
import { printPolicy } from '../../policy/print.js'
import { readSyntax } from '../../text/read-syntax.js'
import { nodeAt, parsePointer } from '../../text/syntax-tree.js'
import { capital, levelName, listed, placedName, placedPolicyName, quoted, type NamedTrace } from '../names.js'
import { constraintWords, granteeInWords } from '../statement-words.js'
import type { CallerContext } from './caller-context.js'
import { changeableKey } from './context-changes.js'
import type { Change, PolicyChange } from './change.js'
import { editedDocument, newPolicy, type EditedDocument } from './changed-call.js'
import { opensBetween, type Opened } from './opens.js'
import { searchChanges } from './search.js'

/** One set of changes that is enough by itself; without any of them it is not. */
export interface Advice {
  /** Only to be compared with that of other advice. */
  readonly cost: number
  readonly steps: readonly AdviceStep[]
  /**
   * What else its edits would open on the key, worked out when it is asked for; undefined where it edits nothing.
   * Takes milliseconds, and longer where policies have many conditions.
   */
  readonly opens: (control?: SolveControl) => Opened | undefined
}

export interface AdviceStep {
  readonly kind: 'request' | 'policy' | 'newPolicy' | 'grant'
  /** Of the policy that is edited, or that a new one belongs to. */
  readonly layer: Layer | null
  /** What to do, a whole sentence. */
  readonly sentence: string
  /** Why to think twice, a whole sentence. */
  readonly caution: string | null
  readonly edit: AdvisedEdit | null
  /** Of kind `request`: the condition key, and the value it has then; null: the request lacks it. */
  readonly condition: { readonly key: string; readonly value: string | readonly string[] | null } | null
}

/** An edit that is ready to be made. */
export type AdvisedEdit =
  | {
      readonly kind: 'file'
      /** The file, or what the policy is called where it stands in none. */
      readonly name: string
      /** RFC 6902, on the whole of the file. */
      readonly patch: readonly PatchOperation[]
      /** Unified. */
      readonly diff: string
    }
  | { readonly kind: 'newFile'; readonly text: string }
  /** Of the AWS CLI. */
  | { readonly kind: 'command'; readonly command: string }

export interface AdviseOptions {
  /** Where a policy stands for the reader; undefined where it stands nowhere. */
  readonly sourceOf?: (policy: PolicyTrace) => PolicySource | undefined
  /** Whether a policy is one's own to edit; those that AWS manages are not. */
  readonly isEditable?: (policy: PolicyTrace) => boolean
  /** What the request has of `aws:PrincipalArn` and the like where no policy asks for them; nothing when left out. */
  readonly callerContext?: CallerContext
  /** How many pieces of advice at most; 5 when left out. */
  readonly limit?: number
}

export interface Advised {
  /** Cheapest first. */
  readonly advice: readonly Advice[]
  /** False when the search was cut short: there may be more. */
  readonly isComplete: boolean
}

const DEFAULT_LIMIT = 5
const MAX_TRIED = 2000

/** @param trace - of a denied call; for one that is allowed there is nothing to advise. */
export function adviseOn(trace: NamedTrace, options: AdviseOptions = {}): Advised {
  if (trace.outcome.decision === 'allow') return { advice: [], isComplete: true }
  const isEditable = options.isEditable ?? (() => true)
  const limit = options.limit ?? DEFAULT_LIMIT
  const { call, found, isComplete } = searchChanges(trace, {
    isEditable,
    limit,
    maxTried: MAX_TRIED,
    callerContext: options.callerContext,
  })
  const advice = found.map(({ cost, changes, edited }): Advice => {
    const edits = changes.some(({ kind }) => kind !== 'context')
    const opens = (control?: SolveControl): Opened | undefined =>
      edits ? opensBetween(call, edited(), control) : undefined
    return { cost, steps: stepsOf(changes, trace, options), opens }
  })
  return { advice, isComplete }
}

/** Several edits of one policy are one step, since its file is edited once. */
function stepsOf(changes: readonly Change[], trace: NamedTrace, options: AdviseOptions): readonly AdviceStep[] {
  const steps: AdviceStep[] = []
  const byPolicy = new Map<PolicyTrace, PolicyChange[]>()
  for (const change of changes) {
    switch (change.kind) {
      case 'context': {
        const { value } = change
        const text = typeof value === 'object' ? value.join(', ') : value
        const words = changeableKey(change.key)?.words(text, change.name) ?? ''
        const condition = { key: change.name, value: value ?? null }
        steps.push({ kind: 'request', layer: null, sentence: sentence(words), caution: null, edit: null, condition })
        break
      }
      case 'grant':
        steps.push(grantStep(change.grant))
        break
      case 'newPolicy': {
        const text = `${printPolicy(newPolicy(change.statement))}\n`
        const words = `give ${callerName(trace)} an identity policy that allows ${trace.call.action} on this key`
        const edit = { kind: 'newFile', text } as const
        steps.push({
          kind: 'newPolicy',
          layer: 'identity',
          sentence: sentence(words),
          caution: null,
          edit,
          condition: null,
        })
        break
      }
      case 'policy':
        byPolicy.set(change.policy, [...(byPolicy.get(change.policy) ?? []), change])
    }
  }
  for (const [policy, edits] of byPolicy) steps.push(policyStep(policy, edits, trace, options))
  return steps
}

function policyStep(
  policy: PolicyTrace,
  changes: readonly PolicyChange[],
  trace: NamedTrace,
  { sourceOf }: AdviseOptions,
): AdviceStep {
  const clauses = changes.map(({ edit }) => editWords(edit, policy, trace))
  const edit = fileEdit(
    policy,
    changes.map((change) => change.edit),
    sourceOf?.(policy),
    placedPolicyName(trace, policy).replaceAll('"', ''),
  )
  return {
    kind: 'policy',
    layer: policy.layer,
    sentence: sentence(listed(clauses, 'and')),
    caution: cautionOf(policy, trace),
    edit,
    condition: null,
  }
}

function editWords(edit: PolicyEdit, policy: PolicyTrace, trace: NamedTrace): string {
  const where = placedPolicyName(trace, policy)
  if (edit.kind === 'addStatement') {
    const whom = policy.layer === 'keyPolicy' ? ` to ${principalOf(edit.statement)}` : ''
    return `add a statement to ${ONLY_ONE.has(policy.layer) ? 'the ' : ''}${where} that allows ${trace.call.action}${whom}`
  }
  const { statement } = policy.statements[edit.statement]!
  const name = placedName(trace, policy, statement)
  switch (edit.kind) {
    case 'addEntry':
      return `add ${edit.element === 'Action' ? edit.entry : 'this key'} to the ${edit.element} of ${name}`
    case 'addPrincipal':
      return `add ${edit.entry} to the Principal of ${name}`
    case 'addValue':
    case 'addTest':
      return statement.effect === 'Deny'
        ? `let ${name} make an exception of ${edit.value}`
        : `let ${name} also accept ${edit.key} ${quoted(edit.value)}`
  }
}

/** Layers of one policy, which has no name of its own. */
const ONLY_ONE: ReadonlySet<Layer> = new Set(['keyPolicy', 'boundary', 'vpce'])

function principalOf(statement: Readonly<Record<string, unknown>>): string {
  const { Principal: principal } = statement
  const values: readonly unknown[] = typeof principal === 'object' && principal !== null ? Object.values(principal) : []
  const text = String(values[0])
  return text.endsWith(':root') ? 'the account, whose IAM policies then decide' : text
}

function cautionOf(policy: PolicyTrace, trace: NamedTrace): string | null {
  const { layer, level = 0, account } = policy
  switch (layer) {
    case 'scp':
    case 'rcp': {
      const whose = levelName(trace, layer, level)
      return `It guards ${whose}${account === undefined ? '' : ` on the way to account ${account}`}: whoever owns it there decides.`
    }
    case 'boundary':
      return 'A permissions boundary is set by whoever delegates administration: ask them.'
    case 'vpce':
      return 'The endpoint policy holds for everybody who comes through the endpoint.'
    case 'keyPolicy':
    case 'identity':
    case 'session':
    case 'grant':
    case 'operation':
      return null
  }
}

function grantStep({
  keyArn,
  operations,
  constraints,
  granteePrincipal,
  granteeServicePrincipal,
  ...rest
}: Grant): AdviceStep {
  const whom = granteeInWords({
    keyArn,
    operations,
    ...(granteePrincipal === undefined ? {} : { granteePrincipal }),
    ...(granteeServicePrincipal === undefined ? {} : { granteeServicePrincipal }),
    ...rest,
  })
  const when = constraints === undefined ? '' : ` ${constraintWords({ constraints })}`
  const words = [
    'aws kms create-grant',
    `--key-id ${shellQuoted(keyArn)}`,
    `--grantee-principal ${shellQuoted(granteePrincipal ?? granteeServicePrincipal ?? '')}`,
    `--operations ${operations.join(' ')}`,
    ...(constraints?.encryptionContextSubset === undefined
      ? []
      : [
          `--constraints ${shellQuoted(JSON.stringify({ EncryptionContextSubset: constraints.encryptionContextSubset }))}`,
        ]),
  ]
  return {
    kind: 'grant',
    layer: 'grant',
    sentence: sentence(`create a grant for ${listed(operations, 'and')} to ${whom}${when}`),
    caution: null,
    edit: { kind: 'command', command: words.join(' ') },
    condition: null,
  }
}

/** As it stands where no shell reads it otherwise. */
function shellQuoted(text: string): string {
  if (/^[A-Za-z0-9_./:@=+,-]+$/.test(text)) return text
  return `'${text.replaceAll("'", "'\\''")}'`
}

function callerName({ call }: NamedTrace): string {
  const { caller } = call.subject
  return caller.roleArn ?? caller.userArn ?? caller.arn
}

function sentence(words: string): string {
  return `${capital(words)}.`
}

// ------------------------------------------------------------------------------------------------------------ the file

/** In the file where it stands; where it stands in none, or inside a string of one, in the policy as it is printed. */
function fileEdit(
  { compiled, document }: PolicyTrace,
  edits: readonly PolicyEdit[],
  shown: PolicySource | undefined,
  name: string,
): AdvisedEdit | null {
  const inFile = shown === undefined ? undefined : documentAt(shown, document)
  const made =
    (inFile === undefined ? undefined : editedFile(inFile, edits)) ?? editedFile(printed(document, name), edits)
  if (made === undefined) throw new Error(`an edit of ${compiled.source.source.name} was found and cannot be made`)
  return made
}

function editedFile(document: PolicyDocument, edits: readonly PolicyEdit[]): AdvisedEdit | undefined {
  const made: EditedDocument | undefined = editedDocument(document, edits)
  if (made === undefined) return undefined
  const { source, pointer } = document.source
  const patch = made.patch.map((operation) => ({ ...operation, path: `${pointer}${operation.path}` }))
  const diff = createTwoFilesPatch(
    `a/${source.name}`,
    `b/${source.name}`,
    source.text,
    made.text,
    undefined,
    undefined,
    {
      context: 3,
    },
  )
  return { kind: 'file', name: source.name, patch, diff: diff.slice(diff.indexOf('---')) }
}

function documentAt(where: PolicySource, { kind }: PolicyDocument): PolicyDocument | undefined {
  const tree = readSyntax(where.source, where.format)
  const path = parsePointer(where.pointer)
  const node = tree.ok && path !== undefined ? nodeAt(tree.value, path) : undefined
  const parsed = node?.kind === 'object' ? parsePolicyNode(node, where, kind, { sizes: 'report' }) : undefined
  return parsed?.ok === true ? parsed.value : undefined
}

function printed(document: PolicyDocument, name: string): PolicyDocument {
  const source = { name, text: `${printPolicy(document)}\n` }
  const parsed = parsePolicy({ source, kind: document.kind }, { sizes: 'report' })
  if (!parsed.ok) throw new Error(`a policy that was printed cannot be read: ${name}`)
  return parsed.value
}
