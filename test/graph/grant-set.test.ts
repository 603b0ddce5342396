/** Sets of very many grants: each version answers for good as a plain list of its grants would. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import { createAuthorizer } from '../../src/explain/authorizer.js'
import { grantMiss, GrantSet, type Grant, type GrantConstraints, type GrantInput } from '../../src/graph/grant.js'
import { SAYS_ACCOUNT, SAYS_DIRECT, SAYS_NOTHING, SAYS_VIA } from '../../src/graph/policy.js'
import type { Caller } from '../../src/graph/subject.js'
import { A, KEY } from '../reference/example.js'

const ROLE = `arn:aws:iam::${A}:role/App`
const SESSION: Caller = {
  type: 'role',
  arn: `arn:aws:sts::${A}:assumed-role/App/i-1`,
  roleArn: ROLE,
  accountId: A,
  isServiceLinkedRole: false,
}
/** With what each says of the session: it itself, its role, its account, somebody else. */
const GRANTEES = [
  [SESSION.arn, SAYS_DIRECT],
  [ROLE, SAYS_VIA],
  [`arn:aws:iam::${A}:root`, SAYS_ACCOUNT],
  [`arn:aws:iam::${A}:user/Bob`, SAYS_NOTHING],
] as const

const CONSTRAINTS: readonly (GrantConstraints | undefined)[] = [
  undefined,
  {},
  { encryptionContextEquals: {} },
  { encryptionContextSubset: {} },
  { encryptionContextEquals: { Tenant: 'a', stage: 'x' } },
  { encryptionContextSubset: { tenant: 'a' } },
  { encryptionContextSubset: { stage: 'x', tenant: 'b' } },
  // Keys compare without case, so this asks for two values of one key: only a request with both has it.
  { encryptionContextSubset: { tenant: 'a', TENANT: 'b' } },
  { encryptionContextEquals: { tenant: 'a' }, encryptionContextSubset: { stage: 'x' } },
  { sourceArn: `arn:aws:s3:::bucket` },
]

const CONTEXTS = [
  undefined,
  {},
  { tenant: 'a' },
  { stage: 'x', TENANT: 'a' },
  { tenant: 'b', stage: 'x', more: '1' },
  { tenant: 'b', TENANT: 'a' },
] as const

const grants: fc.Arbitrary<Grant> = fc.record({
  grantId: fc.integer({ min: 0, max: 60 }).map(String),
  keyArn: fc.constant(KEY),
  granteePrincipal: fc.constantFrom(...GRANTEES.map(([arn]) => arn)),
  operations: fc.subarray(['Decrypt', 'Encrypt', 'DescribeKey', 'CreateGrant'], { minLength: 1 }),
  propagated: fc.boolean(),
  constraints: fc.constantFrom(...CONSTRAINTS).map((constraints) => constraints ?? {}),
})

const questions: fc.Arbitrary<GrantInput> = fc.record({
  caller: fc.constant(SESSION),
  keyArn: fc.constant(KEY),
  keyAccount: fc.constant(A),
  actionBit: fc.constantFrom('kms:Decrypt', 'kms:Encrypt', 'kms:DescribeKey', 'kms:CreateGrant').map(bitOf),
  encryptionContext: fc.constantFrom(...CONTEXTS),
  sourceArn: fc.constantFrom(undefined, 'arn:aws:s3:::bucket'),
  grantTokens: fc.subarray(['1', '2', '3']),
  grantId: fc.constant(undefined),
  createGrant: fc.constantFrom(undefined, { operations: ['Decrypt'] }, { operations: ['Encrypt', 'DescribeKey'] }),
})

function bitOf(action: string): number {
  const bit = actionBit(action)
  if (bit === undefined) throw new Error(action)
  return bit
}

/** One grant after another, each compared with the whole request. */
function saidByEach(list: readonly Grant[], question: GrantInput): number {
  return list
    .filter((grant) => grantMiss(grant, question) === undefined)
    .reduce((said, { granteePrincipal }) => said | (new Map<string, number>(GRANTEES).get(granteePrincipal!) ?? 0), 0)
}

const changes = fc.array(
  fc.record({
    /** Mostly the newest version, now and then an old one. */
    from: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat() }),
    grant: grants,
    isRemoved: fc.integer({ min: 0, max: 3 }).map((number) => number === 0),
  }),
  { minLength: 1, maxLength: 120 },
)

test('every version says what its grants say one by one, in whatever order versions are made', () => {
  fc.assert(
    fc.property(changes, fc.array(questions, { minLength: 1, maxLength: 6 }), (list, asked) => {
      const versions: { readonly set: GrantSet; readonly model: readonly Grant[] }[] = [
        { set: GrantSet.empty, model: [] },
      ]
      for (const { from, grant, isRemoved } of list) {
        const { set, model } = versions[versions.length - 1 - (from % versions.length)]!
        const others = model.filter(({ grantId }) => grantId !== grant.grantId)
        versions.push(
          isRemoved
            ? { set: set.without(grant.grantId), model: others }
            : { set: set.with(grant), model: [...others, grant] },
        )
      }
      for (const { set, model } of versions) {
        expect(set.size).toBe(model.length)
        for (const question of asked) expect(set.says(question, DEFAULT_OPTIONS)).toBe(saidByEach(model, question))
      }
      const { set, model } = versions.at(-1)!
      expect(set.grants).toEqual(model)
      expect(new GrantSet(model).with(model[0] ?? list[0]!.grant).size).toBe(Math.max(model.length, 1))
      for (const { grantId } of model) expect(set.find(grantId)).toBe(model.find((each) => each.grantId === grantId))
    }),
    { numRuns: 150, seed: 11 },
  )
})

test('asked for one class of grantee, a set answers for that class', () => {
  const set = new GrantSet(
    GRANTEES.map(([granteePrincipal], index) => ({
      grantId: String(index),
      keyArn: KEY,
      granteePrincipal,
      operations: ['Decrypt'],
      propagated: true,
    })),
  )
  const question = { ...fc.sample(questions, { numRuns: 1, seed: 1 })[0]!, actionBit: bitOf('kms:Decrypt') }
  for (const bits of [SAYS_DIRECT, SAYS_VIA, SAYS_ACCOUNT]) {
    expect(set.says(question, DEFAULT_OPTIONS, bits) & bits).toBe(bits)
  }
})

test('an id stands for one grant: of several in a list the last one counts', () => {
  const grant = (operations: readonly string[], grantId = 'g'): Grant => ({
    grantId,
    keyArn: KEY,
    operations,
    propagated: true,
  })
  const [first, other, last] = [grant(['Decrypt']), grant(['Decrypt'], 'h'), grant(['Encrypt'])]
  const set = new GrantSet([first, other, last])
  expect(set.grants).toEqual([other, last])
  expect(set.find('g')).toBe(last)
})

// 50,000 grants are what a key may have (KMS Developer Guide, "Quotas").
describe('50,000 grants on one key, put and taken away one at a time', () => {
  const COUNT = 50_000
  const SHAPES: readonly (readonly [name: string, grant: (number: number) => Partial<Grant>])[] = [
    ['each for a role of its own', (number) => ({ granteePrincipal: `${ROLE}${number}` })],
    ['all for one role, alike', () => ({ granteePrincipal: ROLE })],
    [
      'all for one role, each with its own context',
      (number) => ({
        granteePrincipal: ROLE,
        constraints: { encryptionContextEquals: { volume: `vol-${number}` } },
      }),
    ],
  ]
  test.each(SHAPES)('%s', (_name, shape) => {
    const grant = (number: number): Grant => ({
      grantId: `g${number}`,
      keyArn: KEY,
      operations: ['Decrypt'],
      propagated: true,
      ...shape(number),
    })
    const world = createAuthorizer()
    world.putKey({ arn: KEY })
    const decision = (asked: typeof world, number: number): string => {
      const { granteePrincipal = '' } = grant(number)
      return asked.authorize({
        principal: granteePrincipal,
        action: 'kms:Decrypt',
        resource: KEY,
        encryptionContext: { volume: `vol-${number}` },
      }).decision
    }
    for (let number = 0; number < COUNT; number++) world.putGrant(grant(number))
    const full = world.fork()
    const asked = [0, 1, 25_000, COUNT - 1]
    expect(asked.map((number) => decision(world, number))).toEqual(asked.map(() => 'allow'))
    for (let number = 0; number < COUNT; number++) world.removeGrant(KEY, `g${number}`)
    expect(asked.map((number) => decision(world, number))).toEqual(asked.map(() => 'implicitDeny'))
    expect(asked.map((number) => decision(full, number))).toEqual(asked.map(() => 'allow'))
    expect(world.removeGrant(KEY, 'g0')).toBe(false)
  })
})
