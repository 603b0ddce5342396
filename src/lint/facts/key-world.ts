/**
 * The smallest world in which a policy can be asked about: one key, in one account, and nothing else known. What
 * nobody knows of, such as identity policies, may be anything.
 *
 * Questions have a budget of steps, so an answer is the same on every machine; what costs more is `unknown`.
 *
 * Source: KMS Developer Guide, "Key policies in AWS KMS".
 */
import type { PolicyView } from '../policy-view.js'
import type { Witness as FoundRequest } from '../rule.js'
import type { Snapshot } from '../../graph/world.js'
import type { PolicyDocument, Statement } from '../../policy/document.js'
import { parsePolicyValue } from '../../policy/parse.js'
import { printPolicy } from '../../policy/print.js'
import type { SolveOptions } from '../../solve/access.js'
import type { Witness } from '../../solve/witness.js'
import { snapshotOf, type WorldDefinition } from '../../solve/world.js'
import { replayDocument } from '../../source/answer/replay.js'
import type { AuthorizeDocument, PolicyInput } from '../../source/simulation-document.js'
import { parseKeyArn } from '../../text/arn.js'

/** Of one question. */
export const LINT_OPTIONS: SolveOptions = {
  budget: { maxSteps: 60_000, maxNodes: 20_000, maxRegions: 256, maxCells: 10_000 },
  maxListed: 4,
  maxCubes: 1,
}

/** Documentation's account, where a policy names none. */
export const EXAMPLE_ACCOUNT = '111122223333'

export interface KeyWorld {
  readonly arn: string
  readonly snapshot: Snapshot
}

export function keyWorld(
  policy: PolicyDocument,
  account: string,
  others: Pick<WorldDefinition, 'accounts' | 'principals'> = {},
): KeyWorld {
  const arn = keyIn(account)
  return { arn, snapshot: snapshotOf({ ...others, keys: [{ arn, policy: withOwnText(policy) }] }) }
}

export function keyIn(account: string, region = 'us-east-1'): string {
  return `arn:aws:kms:${region}:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
}

/**
 * The document with some of its statements, or with others in their place. A resource control policy becomes the key
 * policy that says the same: only there may a statement allow.
 */
export function withStatements(document: PolicyDocument, statements: readonly Statement[]): PolicyDocument {
  const kind = document.kind === 'rcp' ? 'key' : document.kind
  return withOwnText({ ...document, kind, statements: statements.map(renumbered) })
}

/** Without its Sid, which some kinds take only once and of which there may be copies here. */
function renumbered({ sid: _sid, ...statement }: Statement, index: number): Statement {
  return { ...statement, index }
}

const ownTexts = new WeakMap<PolicyDocument, PolicyDocument>()

/**
 * The document with a text that says it: whoever explains reads a policy again from its text, which for a part of a
 * policy, or for one with stand-ins, is not the text of the file.
 */
export function withOwnText(document: PolicyDocument): PolicyDocument {
  const known = ownTexts.get(document)
  if (known !== undefined) return known
  let text: string | undefined
  const source = {
    name: document.source.source.name,
    get text(): string {
      return (text ??= printPolicy(document))
    },
  }
  const own: PolicyDocument = { ...document, source: { source, format: 'json', pointer: '' } }
  ownTexts.set(document, own)
  ownTexts.set(own, own)
  return own
}

/** One statement under all Denies of its document: what it allows by itself. */
export function aloneUnderDenies(document: PolicyDocument, index: number): PolicyDocument {
  const denies = deniesOf.get(document) ?? document.statements.filter(({ effect }) => effect === 'Deny')
  deniesOf.set(document, denies)
  const statement = document.statements[index]
  return withStatements(
    document,
    statement === undefined || statement.effect === 'Deny' ? denies : inOrder(statement, denies),
  )
}

const deniesOf = new WeakMap<PolicyDocument, readonly Statement[]>()

/** The statement among the others, in the order of the document. */
export function inOrder(statement: Statement, others: readonly Statement[]): readonly Statement[] {
  const before = others.filter(({ index }) => index < statement.index)
  return [...before, statement, ...others.slice(before.length)]
}

const built = new Map<string, PolicyDocument>()

/** A policy of our own making. */
export function policyOf(kind: PolicyDocument['kind'], statement: object): PolicyDocument {
  const key = `${kind} ${JSON.stringify(statement)}`
  const known = built.get(key)
  if (known !== undefined) return known
  const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: statement }, kind)
  if (!parsed.ok) throw new Error(`a policy of our own is refused: ${parsed.error[0]?.message ?? ''}`)
  if (built.size < MAX_BUILT) built.set(key, parsed.value)
  return parsed.value
}

const MAX_BUILT = 100

/** The default key policy: the account decides by identity policies. */
export function delegatingPolicy(account: string): PolicyDocument {
  return policyOf('key', {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'kms:*',
    Resource: '*',
  })
}

/** Of one document always the same object: every finding about a policy carries all of it. */
export function asPolicyInput(document: PolicyDocument): PolicyInput {
  // What `printPolicy` prints is a JSON object.
  const known = inputs.get(document) ?? (JSON.parse(printPolicy(document)) as PolicyInput)
  inputs.set(document, known)
  return known
}

const inputs = new WeakMap<PolicyDocument, PolicyInput>()

/** A request as findings carry it; `whole` puts the whole policy where only a part of it was asked about. */
export function foundRequest(witness: Witness, summary: string, whole: Partial<AuthorizeDocument> = {}): FoundRequest {
  const [call] = witness.calls
  if (call === undefined) throw new Error('a witness has a call')
  return { summary, document: { ...replayDocument(call), ...whole } }
}

/** ARNs of keys that the statements of an identity policy speak of, each pattern by one key that matches it. */
export function sampleKeys(policy: PolicyView, account: string): readonly string[] {
  const found = new Set<string>()
  for (const { resource } of policy.document?.statements ?? []) {
    if (resource === undefined || resource.negated) continue
    for (const pattern of resource.patterns) {
      const sample = sampleOf(pattern, account)
      if (sample !== undefined) found.add(sample)
      if (found.size === MAX_SAMPLES) return [...found]
    }
  }
  return [...found]
}

const MAX_SAMPLES = 4
const KEY_FIELDS = 6

function sampleOf(pattern: string, account: string): string | undefined {
  if (pattern.includes('${')) return undefined
  if (/^\*+$/.test(pattern)) return keyIn(account)
  const fields = pattern.split(':')
  while (fields.length < KEY_FIELDS && pattern.startsWith('arn:')) fields.push('*')
  if (fields.length !== KEY_FIELDS) return undefined
  const [, partition = '', service, region = '', owner = '', key = ''] = fields
  if (service !== 'kms' && service !== '*') return undefined
  const id = key.includes('*') || key.includes('?') ? (keyIn(account).split(':')[5] ?? '') : key
  const filled = [
    'arn',
    partition === '*' ? 'aws' : partition,
    'kms',
    /^[a-z0-9-]+$/.test(region) ? region : 'us-east-1',
    /^[0-9]{12}$/.test(owner) ? owner : account,
    id,
  ].join(':')
  return parseKeyArn(filled) === undefined ? undefined : filled
}
