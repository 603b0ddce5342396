/**
 * Policies made to be hard: an answer, or `unknown` with its reason, within a budget of steps.
 *
 * Whatever is said to allow nothing more, nothing less or nothing at all is asked about with random requests aimed at
 * the very patterns. How long it takes is measured elsewhere; here a budget that is too large would show as a hang.
 *
 * `adversarial.test.ts` beside this takes a smaller budget and fewer requests than `test/extended/solve-adversarial.test.ts`.
 */
import { describe, expect, test } from 'vitest'
import { GraphTables } from '../../src/graph/tables.js'
import type { AuthorizationRequest } from '../../src/decide/resolve.js'
import { anyAccess, compareAccess, type Comparison, type Verdict } from '../../src/solve/access.js'
import { comparePolicies } from '../../src/solve/policies.js'
import type { PolicyJson } from '../reference/document.js'
import { Aim, allowsAlone, contextOf, Dice } from './aimed.js'
import { isAllowed } from './pairs.js'
import {
  ACCOUNT,
  ALICE,
  allow,
  APP,
  delegating,
  deny,
  KEY,
  OTHER_ACCOUNT,
  policy,
  policyOf,
  worldOf,
  type WorldJson,
} from './worlds.js'

export interface Effort {
  readonly maxSteps: number
  /** At each pair that does not say otherwise. */
  readonly requests: number
}

const LONG = 60_000
const SEED = 20260722

const many = <T>(count: number, make: (number: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, number) => make(number))

const isProof: Readonly<Record<'nothingMore' | 'nothingLess', readonly Verdict[]>> = {
  nothingMore: ['equivalent', 'less'],
  nothingLess: ['equivalent', 'more'],
}

/** Fails where one request shows what the verdict rules out. */
function refute(verdict: Verdict, old: boolean, now: boolean, request: unknown): void {
  const isMissed =
    (now && !old && isProof.nothingMore.includes(verdict)) || (old && !now && isProof.nothingLess.includes(verdict))
  if (isMissed) expect.fail(`${verdict}, but not for ${JSON.stringify(request)}`)
}

function expectReason({ verdict, reason }: Comparison): void {
  if (verdict === 'unknown') expect(reason).toMatch(/\w/)
}

interface Case {
  readonly name: string
  /** Undefined where an open answer is as good. */
  readonly expect: Verdict | undefined
  /** Fewer requests where the slow reading takes long. */
  readonly requests?: number
}

// ------------------------------------------------------------------------------------------------- policies by themselves

interface PolicyCase extends Case {
  readonly before: object
  readonly after: object
}

function checkPolicies({ maxSteps, requests: usual }: Effort, cases: readonly PolicyCase[]): void {
  for (const { name, before, after, expect: wanted, requests = usual } of cases) {
    test(
      name,
      () => {
        const found = comparePolicies(policyOf(before, 'identity'), policyOf(after, 'identity'), 'identity', {
          budget: { maxSteps },
        })
        expectReason(found)
        if (wanted !== undefined) expect(found.verdict).toBe(wanted)
        const [old, now] = [before as PolicyJson, after as PolicyJson]
        for (const { witness } of [...found.more, ...found.less]) {
          const { action, resource, context: given } = witness!.request
          const asked = [old, now].map((each) => allowsAlone(each, { action, resource, context: contextOf(given) }))
          expect(asked, JSON.stringify(witness!.request)).toEqual(
            witness!.outcomes.map(({ decision }) => decision === 'allow'),
          )
        }
        const aim = new Aim([old, now], new Dice(SEED))
        for (let number = 0; number < requests; number++) {
          const request = aim.request()
          refute(found.verdict, allowsAlone(old, request), allowsAlone(now, request), request)
        }
      },
      LONG,
    )
  }
}

const INFIXES = ['ab', 'ba', 'aa', 'bb', 'abc', 'cab', 'ca', 'ac', 'cc', 'bc', 'cb', 'abba'].map((word) => `*${word}*`)
const PATHS = INFIXES.map((infix) => `arn:aws:s3:::${infix}`)

function infixPatterns(effort: Effort): void {
  checkPolicies(effort, [
    {
      name: 'twelve resources, each in a statement of its own',
      before: policy(allow('s3:GetObject', { on: PATHS })),
      after: policy(...PATHS.map((on) => allow('s3:GetObject', { on }))),
      expect: 'equivalent',
    },
    {
      name: 'twelve resources, one of them made wider',
      before: policy(allow('s3:GetObject', { on: PATHS })),
      after: policy(allow('s3:GetObject', { on: [...PATHS.slice(1), 'arn:aws:s3:::*a*b*'] })),
      expect: 'more',
    },
    {
      name: 'twelve actions',
      before: policy(allow(many(12, (number) => `s3:*${'abcdefghijkl'.charAt(number)}*`))),
      after: policy(allow(many(12, (number) => `s3:*${'bcdefghijklm'.charAt(number)}*`))),
      expect: 'incomparable',
    },
    {
      name: 'twelve values of a condition, against all of them denied',
      before: policy(allow('s3:ListBucket')),
      after: policy(
        allow('s3:ListBucket'),
        allow('s3:GetObject', { when: { StringLike: { 's3:prefix': INFIXES } } }),
        ...INFIXES.map((infix) => deny('s3:GetObject', { when: { StringLike: { 's3:prefix': infix } } })),
      ),
      expect: undefined,
    },
    {
      name: 'twelve values, every one of them asked of every element of a list',
      before: policy(allow('s3:GetObject', { when: { 'ForAllValues:StringLike': { 'aws:TagKeys': INFIXES } } })),
      after: policy(
        allow('s3:GetObject', { when: { 'ForAllValues:StringLike': { 'aws:TagKeys': INFIXES.slice(1) } } }),
      ),
      expect: 'less',
    },
    {
      name: 'a hundred stars in a row, and all the stars but one',
      requests: 20,
      before: policy(allow('s3:GetObject', { on: `arn:aws:s3:::${'*a'.repeat(100)}` })),
      after: policy(allow('s3:GetObject', { on: `arn:aws:s3:::${'*a'.repeat(99)}` })),
      expect: 'more',
    },
    {
      name: 'forty question marks after a star',
      before: policy(allow('s3:GetObject', { on: `arn:aws:s3:::*a${'?'.repeat(40)}` })),
      after: policy(allow('s3:GetObject', { on: `arn:aws:s3:::*b${'?'.repeat(40)}` })),
      expect: undefined,
    },
  ])
}

const tenant = (value: unknown): object => ({ StringEquals: { 'aws:PrincipalTag/tenant': value } })
const names = (count: number): readonly string[] => many(count, (number) => `value-${number}`)

function manyOfTheSame(effort: Effort): void {
  checkPolicies(effort, [
    {
      name: '200 statements that differ by one value, and one with all the values',
      before: policy(...names(200).map((value) => allow('s3:GetObject', { when: tenant(value) }))),
      after: policy(allow('s3:GetObject', { when: tenant(names(200)) })),
      expect: 'equivalent',
    },
    {
      name: '200 statements that differ by one value, one of them another',
      before: policy(...names(200).map((value) => allow('s3:GetObject', { when: tenant(value) }))),
      after: policy(
        ...names(201)
          .map((value) => allow('s3:GetObject', { when: tenant(value) }))
          .slice(1),
      ),
      expect: 'incomparable',
    },
    {
      name: '10,000 values, and one more',
      requests: 10,
      before: policy(allow('s3:GetObject', { when: tenant(names(10_000)) })),
      after: policy(allow('s3:GetObject', { when: tenant(names(10_001)) })),
      expect: 'more',
    },
    {
      name: '10,000 values, in two halves',
      requests: 10,
      before: policy(allow('s3:GetObject', { when: tenant(names(10_000)) })),
      after: policy(
        allow('s3:GetObject', { when: tenant(names(10_000).slice(0, 5000)) }),
        allow('s3:GetObject', { when: tenant(names(10_000).slice(5000)) }),
      ),
      expect: 'equivalent',
    },
    {
      name: '200 statements of another key each',
      requests: 10,
      before: policy(
        ...names(200).map((name) =>
          allow('s3:GetObject', { when: { Bool: { [`aws:PrincipalTag/${name}`]: 'true' } } }),
        ),
      ),
      after: policy(
        ...names(199).map((name) =>
          allow('s3:GetObject', { when: { Bool: { [`aws:PrincipalTag/${name}`]: 'true' } } }),
        ),
      ),
      expect: 'less',
    },
    {
      name: '5,000 keys in one statement, more than a diagram may be deep',
      requests: 10,
      before: policy(
        allow('s3:GetObject', {
          when: { StringEquals: Object.fromEntries(names(5000).map((name) => [`aws:PrincipalTag/${name}`, 'a'])) },
        }),
      ),
      after: policy(allow('s3:GetObject', { when: { StringEquals: { 'aws:PrincipalTag/value-0': 'a' } } })),
      expect: undefined,
    },
    {
      name: 'pairs of keys that no order of variables keeps small',
      before: policy(
        ...names(24).map((name) =>
          allow('s3:PutObject', { when: { Bool: { [`aws:PrincipalTag/x-${name}`]: 'true' } } }),
        ),
        ...names(24).map((name, number) =>
          allow('s3:GetObject', {
            when: {
              Bool: {
                [`aws:PrincipalTag/x-${name}`]: 'true',
                [`aws:PrincipalTag/y-value-${(number * 7) % 24}`]: 'true',
              },
            },
          }),
        ),
      ),
      after: policy(
        ...names(24).map((name, number) =>
          allow(['s3:GetObject', 's3:PutObject'], {
            when: {
              Bool: {
                [`aws:PrincipalTag/y-${name}`]: 'true',
                [`aws:PrincipalTag/x-value-${(number * 11) % 24}`]: 'true',
              },
            },
          }),
        ),
      ),
      expect: undefined,
    },
    {
      name: 'numbers, and patterns on the same key',
      before: policy(allow('s3:GetObject', { when: { NumericLessThan: { 's3:max-keys': '10' } } })),
      after: policy(
        allow('s3:GetObject', {
          when: { NumericLessThan: { 's3:max-keys': '10' }, StringLike: { 's3:max-keys': '*5*' } },
        }),
      ),
      expect: undefined,
    },
  ])
}

function variablesEverywhere(effort: Effort): void {
  const own = (infix: string): object => ({
    StringLike: { 's3:prefix': `\${aws:PrincipalTag/team}${infix}\${aws:username, 'nobody'}/*` },
  })
  checkPolicies(effort, [
    {
      name: 'twenty statements that both have cancel out',
      before: policy(
        ...names(20).map((name) => allow('s3:GetObject', { on: `arn:aws:s3:::\${aws:PrincipalTag/${name}}/*` })),
      ),
      after: policy(
        ...names(20)
          .toReversed()
          .map((name) => allow('s3:GetObject', { on: `arn:aws:s3:::\${aws:PrincipalTag/${name}}/*` })),
      ),
      expect: 'equivalent',
    },
    {
      name: 'another variable',
      before: policy(allow('s3:GetObject', { on: 'arn:aws:s3:::${aws:PrincipalTag/a}/*' })),
      after: policy(allow('s3:GetObject', { on: 'arn:aws:s3:::${aws:PrincipalTag/b}/*' })),
      expect: undefined,
    },
    {
      name: 'in conditions, each denied by the next',
      before: policy(...many(12, (number) => allow('s3:GetObject', { when: own(`-${number}-`) }))),
      after: policy(
        ...many(12, (number) => allow('s3:GetObject', { when: own(`-${number}-`) })),
        ...many(12, (number) => deny('s3:GetObject', { when: own(`-${number + 1}-`) })),
      ),
      expect: undefined,
    },
    {
      name: 'a variable that can be any pattern is no wider than all',
      before: policy(allow('s3:GetObject', { on: 'arn:aws:s3:::*' })),
      after: policy(allow('s3:GetObject', { on: 'arn:aws:s3:::${aws:PrincipalTag/a}*${aws:PrincipalTag/b}?' })),
      expect: undefined,
    },
  ])
}

// ------------------------------------------------------------------------------------------------------------------ worlds

const CALLERS = [
  APP,
  ALICE,
  `arn:aws:sts::${ACCOUNT}:assumed-role/App/session`,
  `arn:aws:iam::${ACCOUNT}:role/abba/Other`,
  `arn:aws:iam::${ACCOUNT}:root`,
  `arn:aws:iam::${OTHER_ACCOUNT}:role/App`,
  `arn:aws:iam::999900001111:user/cab`,
  's3.amazonaws.com',
]
const OPERATIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:DescribeKey', 'kms:PutKeyPolicy', 'kms:CreateGrant']
const ENCRYPTION_CONTEXT = 'kms:EncryptionContext:'
/** Of these a request says what it likes, whoever makes it. */
const ASKED_KEYS = /^(?:kms:EncryptionContext:|aws:SourceIp$|aws:MultiFactorAuthAge$|aws:RequestTag\/)/

function aimedAt(worlds: readonly WorldJson[], dice: Dice): () => AuthorizationRequest {
  const policies = worlds.flatMap(({ keys = [], principals = [], accounts = [], endpoints = [] }) => [
    ...keys.flatMap(({ policy: own }) => (own === undefined ? [] : [own])),
    ...principals.flatMap(({ policies: own = [], boundary }) => [
      ...own,
      ...(boundary === undefined ? [] : [boundary]),
    ]),
    ...accounts.flatMap(({ scps = [], rcps = [] }) => [...scps.flat(), ...rcps.flat()]),
    ...endpoints.flatMap(({ policy: own }) => (own === undefined ? [] : [own])),
  ])
  const aim = new Aim(policies as readonly PolicyJson[], dice, (key) => ASKED_KEYS.test(key))
  return () => {
    const all = Object.entries(aim.context())
    const pairs = all.flatMap(([key, value]) =>
      key.startsWith(ENCRYPTION_CONTEXT) ? [[key.slice(ENCRYPTION_CONTEXT.length), String(value)] as const] : [],
    )
    const context = Object.fromEntries(
      all.flatMap(([key, value]) => (key.startsWith(ENCRYPTION_CONTEXT) ? [] : [[key, String(value)]])),
    )
    const principal = dice.of(CALLERS)
    const action = dice.of(OPERATIONS)
    const encryptionContext = Object.fromEntries(pairs)
    const takesContext = action === 'kms:Decrypt' || action === 'kms:Encrypt'
    return { principal, action, resource: KEY, context, ...(takesContext ? { encryptionContext } : {}) }
  }
}

interface WorldCase extends Case {
  readonly before: WorldJson
  readonly after: WorldJson
}

function checkWorlds({ maxSteps, requests: usual }: Effort, cases: readonly WorldCase[]): void {
  for (const { name, before, after, expect: wanted, requests = usual } of cases) {
    test(
      name,
      () => {
        const tables = new GraphTables()
        const [old, now] = [worldOf(before, tables), worldOf(after, tables)]
        const found = compareAccess(
          { snapshot: old },
          { snapshot: now },
          { resources: [KEY] },
          { budget: { maxSteps } },
        )
        expectReason(found)
        if (wanted !== undefined) expect(found.verdict).toBe(wanted)
        for (const { witness } of [...found.more, ...found.less]) {
          if (witness?.assumed.identity === true) continue
          expect([isAllowed(old, witness!.request), isAllowed(now, witness!.request)]).toEqual(
            witness!.outcomes.map(({ decision }) => decision === 'allow'),
          )
        }
        const any = anyAccess({ snapshot: now }, { resources: [KEY] }, { budget: { maxSteps } })
        if (any.answer === 'unknown') expect(any.reason).toMatch(/\w/)
        const request = aimedAt([before, after], new Dice(SEED))
        for (let number = 0; number < requests; number++) {
          const asked = request()
          const allowed = [isAllowed(old, asked), isAllowed(now, asked)] as const
          refute(found.verdict, ...allowed, asked)
          if (allowed[1]) expect(any.answer, JSON.stringify(asked)).not.toBe('no')
        }
      },
      LONG,
    )
  }
}

const keyOf = (...statements: readonly unknown[]): WorldJson => ({
  keys: [{ arn: KEY, policy: policy(...statements) }],
})
const context = (name: string, value: unknown, operator = 'StringLike'): object => ({
  [operator]: { [`${ENCRYPTION_CONTEXT}${name}`]: value },
})

function keyPolicies(effort: Effort): void {
  checkWorlds(effort, [
    {
      name: 'twelve infix patterns of the encryption context, in one statement and in twelve',
      before: keyOf(allow('kms:Decrypt', { to: { AWS: APP }, when: context('tenant', INFIXES) })),
      after: keyOf(
        ...INFIXES.map((infix) => allow('kms:Decrypt', { to: { AWS: APP }, when: context('tenant', infix) })),
      ),
      expect: undefined,
    },
    {
      name: 'twelve infix patterns of the principal, for everybody',
      before: keyOf(
        allow('kms:Decrypt', {
          to: '*',
          when: { ArnLike: { 'aws:PrincipalArn': INFIXES.map((infix) => `arn:aws:iam::*:role/${infix}`) } },
        }),
      ),
      after: keyOf(
        allow('kms:Decrypt', {
          to: '*',
          when: { ArnLike: { 'aws:PrincipalArn': INFIXES.slice(1).map((infix) => `arn:aws:iam::*:role/${infix}`) } },
        }),
      ),
      expect: undefined,
    },
    {
      name: '200 statements that name another role each, one of them gone',
      before: keyOf(
        ...names(200).map((name) => allow('kms:Decrypt', { to: { AWS: `arn:aws:iam::${ACCOUNT}:role/${name}` } })),
      ),
      after: keyOf(
        ...names(199).map((name) => allow('kms:Decrypt', { to: { AWS: `arn:aws:iam::${ACCOUNT}:role/${name}` } })),
      ),
      expect: 'less',
    },
    {
      name: '200 roles in one statement, and everybody by their ARNs',
      before: keyOf(
        allow('kms:Decrypt', { to: { AWS: names(200).map((name) => `arn:aws:iam::${ACCOUNT}:role/${name}`) } }),
      ),
      after: keyOf(
        allow('kms:Decrypt', {
          to: '*',
          when: { ArnEquals: { 'aws:PrincipalArn': names(200).map((name) => `arn:aws:iam::${ACCOUNT}:role/${name}`) } },
        }),
      ),
      expect: undefined,
    },
    {
      name: 'an Allow of what a Deny takes back, by the value of another key',
      requests: 40,
      before: keyOf(allow('kms:GetPublicKey', { to: '*' })),
      after: keyOf(
        allow('kms:*', { to: '*' }),
        ...many(12, (number) =>
          deny('kms:*', {
            to: '*',
            when: {
              StringNotEquals: { [`aws:PrincipalTag/t${number}`]: `\${aws:PrincipalTag/t${(number + 1) % 12}}` },
            },
          }),
        ),
        deny('kms:*', { to: '*', when: { StringEquals: { 'aws:PrincipalTag/t0': '${aws:PrincipalTag/t6}' } } }),
      ),
      expect: undefined,
    },
  ])
}

function layersUponLayers(effort: Effort): void {
  const level = (number: number): object =>
    policy(
      allow('*'),
      deny('kms:*', { when: { NotIpAddress: { 'aws:SourceIp': `10.${number}.0.0/9` } } }),
      deny('kms:*', { when: context('tenant', `*${'abc'.charAt(number % 3)}${number}*`, 'StringNotLike') }),
    )
  const guarded = (levels: number, last: object): WorldJson => ({
    keys: [
      {
        arn: KEY,
        policy: policy(delegating, allow('kms:Decrypt', { to: { AWS: `arn:aws:iam::${OTHER_ACCOUNT}:root` } })),
        grants: many(20, (number) => ({
          propagated: true,
          grantId: `g${number}`,
          keyArn: KEY,
          granteePrincipal: number % 2 === 0 ? ALICE : APP,
          operations: ['Decrypt', 'Encrypt'],
          constraints: { encryptionContextSubset: { tenant: `abc${number}` } },
        })),
      },
    ],
    principals: [
      { arn: APP, policies: [policy(allow('kms:*')), level(7)], boundary: level(8) },
      { arn: ALICE, policies: [last], boundary: level(9) },
    ],
    accounts: [ACCOUNT, OTHER_ACCOUNT].map((accountId) => ({
      accountId,
      organizationId: 'o-a1b2c3d4e5',
      scps: many(levels, (number) => [level(number), level(number + 1)]),
      rcps: many(levels, (number) => [
        policy(
          deny('kms:*', { to: '*', when: { NumericGreaterThan: { 'aws:MultiFactorAuthAge': String(1000 - number) } } }),
        ),
      ]),
    })),
    endpoints: many(3, (number) => ({
      endpointId: `vpce-${number}`,
      policy: policy(allow('kms:*', { to: '*', when: context('zone', `z${number}*`) })),
    })),
  })
  checkWorlds(effort, [
    {
      name: 'six levels of guardrails, boundaries, grants and endpoints: nothing changed but the order',
      before: guarded(6, policy(allow('kms:Decrypt'), allow('kms:Encrypt'))),
      after: guarded(6, policy(allow(['kms:Encrypt', 'kms:Decrypt']))),
      expect: 'equivalent',
    },
    {
      name: 'one level fewer, and one action more',
      requests: 40,
      before: guarded(6, policy(allow('kms:Decrypt'))),
      after: guarded(5, policy(allow(['kms:Encrypt', 'kms:Decrypt']))),
      expect: undefined,
    },
  ])
}

export function adversarialTests(effort: Effort): void {
  describe('infix patterns', () => {
    infixPatterns(effort)
  })
  describe('many of the same', () => {
    manyOfTheSame(effort)
  })
  describe('variables everywhere', () => {
    variablesEverywhere(effort)
  })
  describe('key policies', () => {
    keyPolicies(effort)
  })
  describe('layers upon layers', () => {
    layersUponLayers(effort)
  })
}
