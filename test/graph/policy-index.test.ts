/**
 * The index of a large policy only leaves out what cannot apply: the policy says what its statements say one by one.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SlotValues } from '../../src/graph/atom.js'
import { actionBit } from '../../src/aws/action.js'
import { ContextReader } from '../../src/decide/values.js'
import { compilePolicy, SAYS_DENY, type CompiledPolicy, type MatchInput } from '../../src/graph/policy.js'
import { INDEX_FROM } from '../../src/graph/policy-index.js'
import { Subject, type Caller } from '../../src/graph/subject.js'
import { GraphTables } from '../../src/graph/tables.js'
import type { PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { StatementJson } from '../reference/document.js'
import { A, B, KEY, allow, policy } from '../reference/example.js'

const user: Caller = { type: 'user', arn: `arn:aws:iam::${A}:user/Alice`, accountId: A, isServiceLinkedRole: false }
const session: Caller = {
  type: 'role',
  arn: `arn:aws:sts::${A}:assumed-role/App/i-1`,
  roleArn: `arn:aws:iam::${A}:role/App`,
  accountId: A,
  isServiceLinkedRole: false,
}
const root: Caller = { type: 'root', arn: `arn:aws:iam::${B}:root`, accountId: B, isServiceLinkedRole: false }
const service: Caller = { type: 'service', arn: 'logs.amazonaws.com', accountId: undefined, isServiceLinkedRole: false }

const PRINCIPALS: readonly StatementJson['Principal'][] = [
  '*',
  { AWS: '*' },
  { AWS: A },
  { AWS: [B, user.arn] },
  { AWS: session.arn },
  { AWS: `arn:aws:iam::${A}:role/App` },
  { AWS: `arn:aws:iam::${A}:role/Other` },
  { Service: 'logs.amazonaws.com' },
  { AWS: 'AIDACKCEVSQ6C2EXAMPLE' },
]

/** Patterns of every shape that the index knows, and of those that it does not. */
const RESOURCES = [
  '*',
  KEY,
  `${KEY.slice(0, -1)}f`,
  KEY.replace('us-west-2', '*'),
  KEY.replace(A, '*'),
  KEY.replace('aws', '*'),
  'arn:aws:kms:*:*:key/*',
  'arn:aws:kms:*:*:key/12*',
  'arn:aws:kms:*:*:key/1234abcd*',
  'arn:aws:kms:*:*:*',
  `arn:aws:kms:us-west-2:${A}:*`,
  'arn:aws:kms:us-*:*:key/*',
  'arn:aws:kms:*:*:key/?234abcd-12ab-34cd-56ef-1234567890ab',
  'arn:aws:kms:*:*:k*y/1234abcd*',
  'arn:aws:kms:*:*:key/${aws:username}',
  "arn:aws:kms:*:*:${aws:username, 'key'}/*",
  'arn:aws:kms:*:*:alias/*',
  'arn:aws:secretsmanager:*:*:secret:*',
  'arn:aws:secretsmanager:*:secret:*',
  'arn:aws:secretsmanager:*:*:secret:app-AbCdEf',
  'arn:aws:s3:::bucket/*',
] as const

/** Completed with wildcards in identity policies only. */
const SHORT = [
  'arn:aws:kms',
  'arn:aws:kms:us-west-2',
  `arn:aws:kms:us-west-2:${A}`,
  'arn:aws:kms:*',
  'arn:aws',
] as const

const TARGETS = [
  undefined,
  KEY,
  KEY.replace('us-west-2', 'eu-west-1'),
  KEY.replace(/key\/.*/, 'alias/x'),
  'arn:aws:kms:us-west-2:111122223333:key/1',
  `arn:aws:secretsmanager:us-west-2:${A}:secret:app-AbCdEf`,
  'arn:aws:s3:::bucket/a:b',
  'arn:aws:kms',
  'arn:aws:kms:us-west-2',
  'no ARN',
  '',
] as const

const CALLERS = [user, session, root, service]
const ACTIONS = ['kms:Decrypt', 'kms:ScheduleKeyDeletion', 'secretsmanager:GetSecretValue'] as const

function statements(kind: 'identity' | 'resource'): fc.Arbitrary<StatementJson> {
  const patterns = kind === 'identity' ? [...RESOURCES, ...SHORT] : RESOURCES
  const resources = fc.uniqueArray(fc.constantFrom<string>(...patterns), { minLength: 1, maxLength: 2 })
  return fc
    .record({
      effect: fc.constantFrom('Allow', 'Allow', 'Allow', 'Deny'),
      principal: fc.constantFrom(...PRINCIPALS),
      isNegatedPrincipal: fc.nat({ max: 9 }),
      action: fc.constantFrom('*', 'kms:*', 'kms:Decrypt', 'kms:Sch*', 'secretsmanager:*'),
      isNegatedAction: fc.nat({ max: 9 }),
      resources,
      isNegatedResource: fc.nat({ max: 9 }),
      when: fc.constantFrom(
        undefined,
        undefined,
        { StringEquals: { 'aws:username': 'Alice' } },
        { Null: { 'aws:username': 'true' } },
      ),
    })
    .map((parts): StatementJson => ({
      Effect: parts.effect,
      ...(kind === 'identity'
        ? {}
        : parts.effect === 'Deny' && parts.isNegatedPrincipal > 6
          ? { NotPrincipal: parts.principal ?? '*' }
          : { Principal: parts.principal ?? '*' }),
      ...(parts.isNegatedAction > 8 ? { NotAction: parts.action } : { Action: parts.action }),
      ...(parts.isNegatedResource > 8 ? { NotResource: parts.resources } : { Resource: parts.resources }),
      ...(parts.when === undefined ? {} : { Condition: parts.when }),
    }))
}

function compile(tables: GraphTables, kind: PolicyKind, list: readonly StatementJson[]): CompiledPolicy {
  const parsed = parsePolicyValue(JSON.parse(JSON.stringify(policy(...list))), kind, 'p', { sizes: 'report' })
  if (!parsed.ok) throw new Error(`${parsed.error[0]?.message} ${JSON.stringify(list)}`)
  return compilePolicy(tables, parsed.value)
}

interface Asked {
  readonly input: MatchInput
  readonly values: SlotValues
}

function* questions(tables: GraphTables): Generator<Asked> {
  const values = [{}, { 'aws:username': 'Alice' }, { 'aws:username': 'key' }].map((context) =>
    new ContextReader(tables).read(context),
  )
  for (const caller of CALLERS) {
    const subject = new Subject(tables, caller)
    for (const action of ACTIONS) {
      for (const resource of TARGETS) {
        const input: MatchInput = {
          subject,
          action,
          actionBit: actionBit(action) ?? -1,
          resource,
          hasBoundary: false,
          notPrincipalAncestors: 'required',
          cautious: false,
        }
        for (const each of values) yield { input, values: each }
      }
    }
  }
}

/** After the first Deny a policy need say nothing more. */
const verdict = (said: number): number => ((said & SAYS_DENY) === 0 ? said : SAYS_DENY)

for (const kind of ['identity', 'resource'] as const) {
  describe(`policies of kind ${kind}, 20 to 60 statements`, () => {
    test('say what their statements say', () => {
      const seen = new Set<number>()
      fc.assert(
        fc.property(fc.array(statements(kind), { minLength: 20, maxLength: 60 }), (list) => {
          const tables = new GraphTables()
          const whole = compile(tables, kind, list)
          const single = list.map((each) => compile(tables, kind, [each]))
          expect(whole.length).toBeGreaterThanOrEqual(INDEX_FROM)
          for (const { input, values } of questions(tables)) {
            const wanted = verdict(single.reduce((said, each) => said | each.says(input, values), 0))
            const got = verdict(whole.says(input, values))
            seen.add(got)
            if (got !== wanted)
              expect.fail(`${input.subject.caller.arn} ${input.action} ${input.resource}: ${got}, not ${wanted}`)
            const candidates = new Set(whole.candidateRows(input))
            const missed = single.findIndex((each) => each.says(input, values) !== 0 && !candidates.has(each.row(0)))
            if (missed >= 0) expect.fail(`not a candidate: ${JSON.stringify(list[missed])} for ${input.resource}`)
          }
        }),
        { numRuns: 30, seed: 11 },
      )
      // Every answer came up: nothing, deny, and the classes that such a policy can say.
      expect(seen.size).toBeGreaterThanOrEqual(kind === 'identity' ? 3 : 6)
    }, 60_000)
  })
}

test('a policy with more shapes of pattern than are filed says the same', () => {
  const prefixes = Array.from(
    { length: 30 },
    (_, length) => `arn:aws:kms:*:*:${'key/1234abcd-12ab-34cd-56ef-1234567890ab'.slice(0, length + 1)}*`,
  )
  const regional = prefixes.map((pattern) => pattern.replace(':*:', ':us-west-2:'))
  const list = [...prefixes, ...regional].map((resource) => allow('kms:Decrypt', { on: resource }))
  const tables = new GraphTables()
  for (const [index, each] of list.entries()) {
    // The others are all about something else; the one alone must be found.
    const others = list.map((other, at) => (at === index ? each : allow('kms:Sign', { on: other.Resource ?? '*' })))
    const whole = compile(tables, 'identity', others)
    for (const { input, values } of questions(tables)) {
      expect(verdict(whole.says(input, values))).toBe(verdict(compile(tables, 'identity', [each]).says(input, values)))
    }
  }
})
