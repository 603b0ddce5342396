/** Builds traces for tests of explanations: a question with plain policies, without files. */
import { actionBit } from '../../src/aws/action.js'
import { KMS_ACTIONS } from '../../src/aws/actions.js'
import type { Call } from '../../src/decide/call.js'
import { DEFAULT_OPTIONS, type DecisionOptions } from '../../src/decide/options.js'
import { trace, type Trace } from '../../src/decide/trace.js'
import { ContextReader, type RequestContext } from '../../src/decide/values.js'
import { GrantSet, type ChildGrant, type Grant } from '../../src/graph/grant.js'
import { compilePolicy, type CompiledPolicy } from '../../src/graph/policy.js'
import { Subject, type Caller } from '../../src/graph/subject.js'
import { GraphTables } from '../../src/graph/tables.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import { splitArn } from '../../src/text/arn.js'

export const A = '111122223333'
export const B = '444455556666'
export const KEY = `arn:aws:kms:us-west-2:${A}:key/1234abcd-12ab-34cd-56ef-1234567890ab`

export interface Question {
  readonly caller?: Caller
  readonly action?: string
  /** Null: an action without a resource. */
  readonly resource?: string | null
  readonly awsManagedKey?: boolean
  /** Statements of the key policy, or null for no key policy. */
  readonly key?: readonly unknown[] | null
  readonly identity?: readonly (readonly unknown[])[]
  readonly boundary?: readonly unknown[]
  readonly session?: readonly (readonly unknown[])[]
  readonly scps?: readonly (readonly (readonly unknown[])[])[]
  readonly rcps?: readonly (readonly (readonly unknown[])[])[]
  /** Null: AWS's default endpoint policy. */
  readonly endpoint?: readonly unknown[] | null
  readonly grants?: readonly Grant[]
  readonly context?: RequestContext
  readonly encryptionContext?: Readonly<Record<string, string>>
  readonly grantTokens?: readonly string[]
  readonly grantId?: string
  readonly createGrant?: ChildGrant
  readonly sourceArn?: string
  readonly callerInManagementAccount?: boolean
  readonly options?: Partial<DecisionOptions>
}

export function user(name = 'Alice', account = A): Caller {
  return { type: 'user', arn: `arn:aws:iam::${account}:user/${name}`, accountId: account, isServiceLinkedRole: false }
}

export function session(role = 'App', account = A, name = 'i-0abc'): Caller {
  return {
    type: 'role',
    arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
    accountId: account,
    roleArn: `arn:aws:iam::${account}:role/${role}`,
    isServiceLinkedRole: false,
  }
}

export const root: Caller = { type: 'root', arn: `arn:aws:iam::${A}:root`, accountId: A, isServiceLinkedRole: false }
export const service: Caller = {
  type: 'service',
  arn: 'logs.us-west-2.amazonaws.com',
  accountId: undefined,
  isServiceLinkedRole: false,
}
export const federated: Caller = {
  type: 'federated',
  arn: `arn:aws:sts::${A}:federated-user/Bob`,
  accountId: A,
  userArn: `arn:aws:iam::${A}:user/Bob`,
  isServiceLinkedRole: false,
}

/** An Allow; members in `more` win. */
export function allow(more: Readonly<Record<string, unknown>> = {}): unknown {
  return { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...more }
}

export function deny(more: Readonly<Record<string, unknown>> = {}): unknown {
  return allow({ Effect: 'Deny', ...more })
}

/** The principal that stands for account A, or another. */
export const account = (id = A): unknown => ({ AWS: `arn:aws:iam::${id}:root` })
export const named = (...arns: readonly string[]): unknown => ({ AWS: arns })
export const ALICE = `arn:aws:iam::${A}:user/Alice`
export const APP = `arn:aws:iam::${A}:role/App`
export const OPS = `arn:aws:iam::${A}:role/Ops`

/** Everything delegated to the account, as in AWS's default key policy. */
export const delegated: readonly unknown[] = [
  { Sid: 'Enable IAM User Permissions', Effect: 'Allow', Principal: account(), Action: 'kms:*', Resource: '*' },
]

export function grant(more: Partial<Grant> = {}): Grant {
  return { grantId: 'g1', keyArn: KEY, granteePrincipal: ALICE, operations: ['Decrypt'], propagated: true, ...more }
}

export function ask(question: Question = {}): Trace {
  return trace(callOf(question))
}

function callOf(question: Question): Call {
  const tables = new GraphTables()
  const compile = (kind: PolicyKind, statements: readonly unknown[]): CompiledPolicy => {
    const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: statements }, kind)
    if (!parsed.ok) throw new Error(parsed.error.map(({ message }) => message).join('; '))
    return compilePolicy(tables, parsed.value)
  }
  const caller = question.caller ?? user()
  const bit = actionBit(question.action ?? 'kms:Decrypt') ?? -1
  const arn = question.resource === undefined ? KEY : (question.resource ?? undefined)
  const policies = {
    keyPolicy: question.key === null ? undefined : compile('key', question.key ?? delegated),
    identity: (question.identity ?? []).map((statements) => compile('identity', statements)),
    boundary: question.boundary === undefined ? undefined : compile('boundary', question.boundary),
    session: (question.session ?? []).map((statements) => compile('session', statements)),
    scps: question.scps?.map((level) => level.map((statements) => compile('scp', statements))),
    rcps: question.rcps?.map((level) => level.map((statements) => compile('rcp', statements))),
    endpoint:
      question.endpoint === undefined
        ? undefined
        : { policy: question.endpoint === null ? undefined : compile('vpce', question.endpoint) },
  }
  return {
    ...policies,
    subject: new Subject(tables, caller),
    action: KMS_ACTIONS[bit]?.name ?? question.action ?? '',
    actionBit: bit,
    resource: {
      type: arn === undefined ? 'none' : arn.includes(':alias/') ? 'alias' : 'key',
      arn,
      accountId: arn === undefined ? undefined : splitArn(arn)?.account,
      awsManagedKey: question.awsManagedKey ?? false,
    },
    callerInManagementAccount: question.callerInManagementAccount ?? false,
    resourceInManagementAccount: false,
    grants: new GrantSet(question.grants ?? []),
    encryptionContext: question.encryptionContext,
    grantTokens: question.grantTokens ?? [],
    grantId: question.grantId,
    createGrant: question.createGrant,
    values: new ContextReader(tables).read(question.context ?? {}),
    sourceArn: question.sourceArn,
    options: { ...DEFAULT_OPTIONS, ...question.options },
  }
}
