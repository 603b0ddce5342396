/**
 * The names a caller has and those it has not, and the patterns that are read literally or with variables.
 *
 * Source: authorization.md A4, A6.2, A7, C1, C4, K-26.
 */
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import type { Call } from '../../src/decide/call.js'
import { Gate } from '../../src/decide/gate.js'
import { possibilities } from '../../src/decide/possible.js'
import {
  compilePolicy,
  SAYS_DENY,
  SAYS_DIRECT,
  SAYS_NOTHING,
  SAYS_VIA,
  type CompiledPolicy,
  type MatchInput,
} from '../../src/graph/policy.js'
import { Subject, type Caller } from '../../src/graph/subject.js'
import { GraphTables } from '../../src/graph/tables.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { PrincipalJson, StatementJson } from '../reference/document.js'
import { A, B, allow, asked, deny, policy, rootArn } from '../reference/example.js'
import { CallReader } from '../decide/read-calls.js'

const alice: Caller = { type: 'user', arn: `arn:aws:iam::${A}:user/Alice`, accountId: A, isServiceLinkedRole: false }
const ROLE = `arn:aws:iam::${A}:role/App`
const app: Caller = { ...alice, type: 'role', arn: `arn:aws:sts::${A}:assumed-role/App/i-1`, roleArn: ROLE }
/** Known by its role alone: it has no ARN of its own. */
const anySession: Caller = { ...app, arn: ROLE }
const rootUser: Caller = { ...alice, type: 'root', arn: rootArn() }
const logs: Caller = { ...alice, type: 'service', arn: 'logs.amazonaws.com', accountId: undefined }

function compiled(tables: GraphTables, ...statements: readonly StatementJson[]): CompiledPolicy {
  const parsed = parsePolicyValue(JSON.parse(JSON.stringify(policy(...statements))), 'resource')
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return compilePolicy(tables, parsed.value)
}

function inputOf(tables: GraphTables, caller: Caller, changes: Partial<MatchInput> = {}): MatchInput {
  return {
    subject: new Subject(tables, caller),
    action: 'kms:Decrypt',
    actionBit: actionBit('kms:Decrypt') ?? -1,
    resource: undefined,
    hasBoundary: false,
    notPrincipalAncestors: 'required',
    cautious: false,
    ...changes,
  }
}

describe('a name that a caller has not', () => {
  const CASES: readonly (readonly [caller: Caller, to: PrincipalJson])[] = [
    [anySession, { AWS: alice.arn }],
    [alice, { AWS: ROLE }],
    [logs, { AWS: A }],
    [logs, { AWS: alice.arn }],
  ]
  // In an empty graph the one name of the one policy has the lowest number there is.
  test.each(CASES)('is not that of another: %j, %j', (caller, to) => {
    const tables = new GraphTables()
    const one = compiled(tables, allow('kms:*', { to }))
    expect(one.says(inputOf(tables, caller), [])).toBe(SAYS_NOTHING)
  })

  // C2: the strongest class of several, whichever name came into the graph first.
  test('is no stronger for standing last', () => {
    for (const first of [ROLE, A]) {
      const tables = new GraphTables()
      compiled(tables, allow('kms:*', { to: { AWS: first } }))
      const both = compiled(tables, allow('kms:*', { to: { AWS: [ROLE, A] } }))
      expect(both.says(inputOf(tables, app), [])).toBe(SAYS_VIA)
    }
  })

  test('may be used by a policy later', () => {
    const tables = new GraphTables()
    const input = inputOf(tables, alice)
    const one = compiled(tables, allow('kms:*', { to: { AWS: alice.arn } }))
    expect(one.says(input, [])).toBe(SAYS_NOTHING)
    input.subject.refresh()
    expect(one.says(input, [])).toBe(SAYS_DIRECT)
  })
})

describe('NotPrincipal', () => {
  const CASES: readonly (readonly [
    listed: PrincipalJson,
    caller: Caller,
    ancestors: MatchInput['notPrincipalAncestors'],
    denied: boolean,
  ])[] = [
    // Everybody is listed.
    ['*', alice, 'required', false],
    ['*', app, 'required', false],
    ['*', logs, 'required', false],
    [{ AWS: '*' }, alice, 'required', false],
    // A service has only its own name, and the root user is its account.
    [{ Service: logs.arn }, logs, 'required', false],
    [{ Service: 's3.amazonaws.com' }, logs, 'required', true],
    [{ AWS: rootArn() }, rootUser, 'required', false],
    [{ AWS: rootArn(B) }, rootUser, 'required', true],
    [{ AWS: alice.arn }, rootUser, 'ignored', true],
    // K-26, the other reading: the caller itself is enough.
    [{ AWS: alice.arn }, alice, 'ignored', false],
    [{ AWS: app.arn }, app, 'ignored', false],
    [{ AWS: ROLE }, app, 'ignored', true],
    [{ AWS: A }, alice, 'ignored', true],
    [{ AWS: [ROLE, A] }, anySession, 'ignored', true],
  ]
  test.each(CASES)('%j, %j, ancestors %s: denied %s', (NotPrincipal, caller, notPrincipalAncestors, denied) => {
    const tables = new GraphTables()
    const { Principal: _to, ...rest } = deny('kms:*', { to: '*' })
    const one = compiled(tables, { ...rest, NotPrincipal })
    expect(one.says(inputOf(tables, caller, { notPrincipalAncestors }), [])).toBe(denied ? SAYS_DENY : SAYS_NOTHING)
    // A boundary spoils every exemption.
    expect(one.says(inputOf(tables, caller, { notPrincipalAncestors, hasBoundary: true }), [])).toBe(SAYS_DENY)
  })
})

describe('a resource pattern', () => {
  const NAME = '${aws:username}'
  const BUCKET = `arn:aws:s3:::${NAME}/*`
  const delegated = policy(allow('kms:*', { to: { AWS: rootArn() } }))

  function call(on: readonly string[], Version: '2008-10-17' | '2012-10-17', arn: string): Call {
    const document = asked({
      keyPolicy: delegated,
      action: 's3:GetObject',
      identityPolicies: [{ ...policy(allow('s3:*', { on })), Version }],
      context: { 'aws:username': 'Alice' },
    })
    const resource = { type: 'other', arn, accountId: undefined, awsManagedKey: false } as const
    return { ...new CallReader().call(document), keyPolicy: undefined, resource }
  }

  // A4: in the old version there are no variables.
  test('holds variables or is literal, as its version has it', () => {
    const decision = (version: '2008-10-17' | '2012-10-17', resource: string): string => {
      const one = call([BUCKET], version, resource)
      return Gate.build(one).decide(one.values, one).decision
    }
    expect(decision('2012-10-17', 'arn:aws:s3:::Alice/x')).toBe('allow')
    expect(decision('2012-10-17', `arn:aws:s3:::${NAME}/x`)).toBe('implicitDeny')
    expect(decision('2008-10-17', 'arn:aws:s3:::Alice/x')).toBe('implicitDeny')
    expect(decision('2008-10-17', `arn:aws:s3:::${NAME}/x`)).toBe('allow')
  })

  test('asks the keys of its variables and no others', () => {
    const one = call(['arn:aws:s3:::other', BUCKET, 'arn:aws:s3:::${aws:userid}'], '2012-10-17', 'arn:aws:s3:::Alice/x')
    const { tables } = one.subject
    expect(Gate.build(one).slots).toEqual([tables.findSlot('aws:username'), tables.findSlot('aws:userid')])
    expect(possibilities(one, ['aws:username']).decisions.toSorted()).toEqual(['allow', 'implicitDeny'])
    expect(possibilities(one, ['aws:PrincipalArn']).decisions).toEqual(['allow'])
    expect(possibilities(one, ['aws:username']).ways.map(({ when }) => when)).toContainEqual([
      { key: undefined, operator: undefined, values: [], holds: true },
    ])
  })
})
