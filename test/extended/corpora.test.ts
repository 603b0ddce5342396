/**
 * Published policies decide: each of them, as every kind of policy that it may be, in its layer of a few calls that are
 * made of the policy itself. `decide`, a gate and `trace` say the same, and the explanation is made.
 *
 * What is right about a single one is not judged here; that nothing goes wrong inside is.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import { KMS_ACTIONS } from '../../src/aws/actions.js'
import type { Call } from '../../src/decide/call.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import { trace } from '../../src/decide/trace.js'
import { ContextReader, type RequestContext } from '../../src/decide/values.js'
import { explainTrace } from '../../src/explain/story.js'
import { GrantSet } from '../../src/graph/grant.js'
import { compilePolicy, type CompiledPolicy } from '../../src/graph/policy.js'
import { Subject, type Caller } from '../../src/graph/subject.js'
import { GraphTables } from '../../src/graph/tables.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { POLICY_KINDS } from '../../src/policy/kind.js'
import { parsePolicyNode, parsePolicyValue } from '../../src/policy/parse.js'
import { splitArn } from '../../src/text/arn.js'
import { readSyntax } from '../../src/text/read-syntax.js'
import { nodeAt } from '../../src/text/syntax-tree.js'
import { waysDiffer } from '../decide/agree.js'
import { A, KEY } from '../reference/example.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const corpora = path.resolve(root, process.env['KEYWARD_SHARED'] ?? '../shared', 'corpora')

/** Whole files, and the two versions that some files hold. */
const MEMBERS = [undefined, 'before', 'after'] as const

const CALLERS: readonly Caller[] = [
  { type: 'user', arn: `arn:aws:iam::${A}:user/Alice`, accountId: A, isServiceLinkedRole: false },
  {
    type: 'role',
    arn: `arn:aws:sts::${A}:assumed-role/App/i-1`,
    roleArn: `arn:aws:iam::${A}:role/App`,
    accountId: A,
    isServiceLinkedRole: false,
  },
  { type: 'service', arn: 'logs.amazonaws.com', accountId: undefined, isServiceLinkedRole: false },
]

const SINGLE = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'

/** Values that the policy's own conditions speak of. */
function contextOf(document: PolicyDocument): RequestContext {
  const tests = document.statements.flatMap(({ conditions }) => conditions)
  return Object.fromEntries(
    tests.map(({ key, values, set }) => {
      const texts = values.slice(0, 2).map((value) => value.replaceAll(/\$\{[^}]*\}/g, 'x').replaceAll(/[*?]/g, 'x'))
      return [key, set === undefined ? (texts[0] ?? null) : texts]
    }),
  )
}

function questionsOf(document: PolicyDocument): readonly (readonly [action: string, resource: string | undefined])[] {
  const filled = (pattern: string): string => pattern.replaceAll(/\$\{[^}]*\}/g, 'x').replaceAll(/[*?]/g, 'x')
  const actions = document.statements.flatMap(({ action }) => action?.patterns ?? [])
  const resources = document.statements.flatMap(({ resource }) => resource?.patterns ?? [])
  const own = actions.find((action) => action.includes(':') && !action.startsWith('kms:'))
  const kms = actions.find((action) => actionBit(action) !== undefined)
  const arn = resources.map(filled).find((resource) => splitArn(resource) !== undefined)
  return [
    ['kms:Decrypt', KEY],
    ['kms:CreateKey', undefined],
    ...(kms === undefined ? [] : [[kms, KEY] as const]),
    ...(own === undefined ? [] : [[filled(own), arn] as const, [filled(own), undefined] as const]),
  ]
}

function callOf(
  tables: GraphTables,
  policy: CompiledPolicy,
  kind: PolicyKind,
  open: CompiledPolicy,
  caller: Caller,
  [action, arn]: readonly [string, string | undefined],
  context: RequestContext,
): Call {
  const bit = actionBit(action) ?? -1
  const isResource = kind === 'key' || kind === 'resource' || kind === 'trust'
  return {
    subject: new Subject(tables, caller),
    action: KMS_ACTIONS[bit]?.name ?? action,
    actionBit: bit,
    resource: {
      type: arn === undefined ? 'none' : bit < 0 ? 'other' : 'key',
      arn,
      accountId: arn === undefined ? undefined : splitArn(arn)?.account,
      awsManagedKey: false,
    },
    keyPolicy: isResource ? policy : undefined,
    identity: [kind === 'identity' ? policy : open],
    boundary: kind === 'boundary' ? policy : undefined,
    session: kind === 'session' ? [policy] : [],
    scps: kind === 'scp' ? [[open, policy]] : undefined,
    rcps: kind === 'rcp' ? [[policy]] : undefined,
    callerInManagementAccount: false,
    resourceInManagementAccount: false,
    endpoint: kind === 'vpce' ? { policy } : undefined,
    grants: GrantSet.empty,
    encryptionContext: undefined,
    grantTokens: [],
    grantId: undefined,
    createGrant: undefined,
    values: new ContextReader(tables).read(context),
    sourceArn: undefined,
    options: DEFAULT_OPTIONS,
  }
}

/** How many calls a file made, by kind of policy. */
function decideFile(file: string, text: string, counts: Map<PolicyKind, number>): void {
  const source = { name: file, text }
  const format = file.endsWith('.yaml') ? 'yaml' : 'json'
  const tree = readSyntax(source, format)
  if (!tree.ok) return
  for (const member of MEMBERS) {
    const node = nodeAt(tree.value, member === undefined ? [] : [member])
    if (node === undefined) continue
    for (const kind of POLICY_KINDS) {
      const pointer = member === undefined ? '' : `/${member}`
      const parsed = parsePolicyNode(node, { source, format, pointer }, kind, { sizes: 'report' })
      if (!parsed.ok) continue
      const tables = new GraphTables()
      const policy = compilePolicy(tables, parsed.value)
      const everything = parsePolicyValue(JSON.parse(SINGLE), 'identity')
      if (!everything.ok) throw new Error('the open policy does not load')
      const open = compilePolicy(tables, everything.value)
      const contexts = [{}, contextOf(parsed.value)]
      for (const caller of CALLERS) {
        for (const question of questionsOf(parsed.value)) {
          for (const context of contexts) {
            const call = callOf(tables, policy, kind, open, caller, question, context)
            const parted = waysDiffer(call)
            if (parted !== undefined)
              expect.fail(`${file}${pointer} as ${kind}, ${caller.type} ${question.join(' ')}: ${parted}`)
            counts.set(kind, (counts.get(kind) ?? 0) + 1)
          }
        }
      }
      const asked = callOf(tables, policy, kind, open, CALLERS[0]!, ['kms:Decrypt', KEY], contexts[1]!)
      expect(explainTrace(trace(asked)).summary.length).toBeGreaterThan(0)
    }
  }
}

describe.skipIf(!existsSync(corpora))('published policies', () => {
  const folders = existsSync(corpora) ? readdirSync(corpora).sort() : []
  const counts = new Map<PolicyKind, number>()
  for (const folder of folders) {
    test(`${folder}: every policy that loads also decides`, () => {
      const files = readdirSync(path.join(corpora, folder), { recursive: true, encoding: 'utf8' })
      for (const file of files.filter((name) => /\.(?:json|yaml)$/.test(name)).sort()) {
        decideFile(`${folder}/${file}`, readFileSync(path.join(corpora, folder, file), 'utf8'), counts)
      }
    }, 240_000)
  }
  test('every kind of policy was among them', () => {
    expect([...counts.keys()].sort()).toEqual([...POLICY_KINDS].sort())
    expect(Math.min(...counts.values())).toBeGreaterThan(100)
  })
})
