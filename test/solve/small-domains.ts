/**
 * Against brute force: policies over a few values, compared by asking every request there is.
 *
 * The verdict must be the very one that follows from all the answers, so this finds a proof that is none as well as a
 * difference that is not found.
 */
import fc from 'fast-check'
import { expect } from 'vitest'
import type { AuthorizationRequest } from '../../src/decide/resolve.js'
import { GraphTables } from '../../src/graph/tables.js'
import type { Snapshot } from '../../src/graph/world.js'
import { anyAccess, compareAccess, type Verdict } from '../../src/solve/access.js'
import { isAllowed } from './pairs.js'
import { ALICE, allow, APP, deny, KEY, policy, ROOT, worldOf } from './worlds.js'

/** A value for every way in which the patterns below can match or not. */
const TENANTS = [undefined, '', 'x', 'y', 'z', 'xy', 'xz', 'zy'] as const
const SECURE = [undefined, 'true', 'false'] as const
const TAGS: readonly (undefined | string | readonly string[])[] = [
  undefined,
  '',
  'x',
  'y',
  'z',
  [''],
  ...severalOf(['', 'x', 'y', 'z']),
]
const ACTIONS = ['kms:Encrypt', 'kms:TagResource'] as const
const CALLERS = [APP, ALICE] as const

/** Lists of several values, one for each set of them. */
function severalOf(values: readonly string[]): readonly (readonly string[])[] {
  const sets = values.reduce<readonly (readonly string[])[]>(
    (all, value) => [...all, ...all.map((set) => [...set, value])],
    [[]],
  )
  return sets.flatMap((set) => (set.length === 0 ? [] : [set.length === 1 ? [...set, ...set] : set]))
}

function requests(): readonly AuthorizationRequest[] {
  const all: AuthorizationRequest[] = []
  for (const principal of CALLERS) {
    for (const action of ACTIONS) {
      for (const secure of SECURE) {
        const about = { principal, action, resource: KEY }
        const context = secure === undefined ? {} : { 'aws:SecureTransport': secure }
        for (const tags of TAGS) {
          const tagged = tags === undefined ? context : { ...context, 'aws:TagKeys': tags }
          // Tagging takes no encryption context.
          for (const tenant of action === 'kms:Encrypt' ? TENANTS : [undefined]) {
            all.push({ ...about, context: tagged, ...(tenant === undefined ? {} : { encryptionContext: { tenant } }) })
          }
        }
      }
    }
  }
  return all
}

const REQUESTS = requests()

const patterns = fc.subarray(['x', 'y', 'x*', '?y', '*'], { minLength: 1, maxLength: 2 })
const tags = fc.subarray(['x', 'y'], { minLength: 1 })
const tests: fc.Arbitrary<object> = fc.oneof(
  fc
    .tuple(fc.constantFrom('StringLike', 'StringNotLike', 'StringLikeIfExists', 'StringNotLikeIfExists'), patterns)
    .map(([operator, values]) => ({ [operator]: { 'kms:EncryptionContext:tenant': values } })),
  fc
    .tuple(
      fc.constantFrom('ForAllValues', 'ForAnyValue'),
      fc.constantFrom('StringEquals', 'StringNotEquals', 'StringNotEqualsIfExists', 'StringLike'),
      tags,
    )
    .map(([set, operator, values]) => ({ [`${set}:${operator}`]: { 'aws:TagKeys': values } })),
  fc.constantFrom(
    { Bool: { 'aws:SecureTransport': 'true' } },
    { BoolIfExists: { 'aws:SecureTransport': 'false' } },
    { Null: { 'aws:SecureTransport': 'true' } },
    { Null: { 'kms:EncryptionContext:tenant': 'false' } },
    { StringLike: { 'aws:TagKeys': ['x', 'y'] } },
    { StringNotEquals: { 'aws:TagKeys': 'x' } },
  ),
)

const statements = fc
  .record({
    effect: fc.constantFrom(allow, allow, deny),
    actions: fc.subarray(['kms:Encrypt', 'kms:TagResource'], { minLength: 1 }),
    to: fc.constantFrom<unknown>('*', { AWS: APP }, { AWS: ALICE }, { AWS: ROOT }),
    when: fc.option(
      fc.tuple(tests, tests).map(([left, right]) => ({ ...left, ...right })),
      { freq: 6 },
    ),
  })
  .map(({ effect, actions, to, when }) => effect(actions, { to, ...(when === null ? {} : { when }) }))

const policies = fc.array(statements, { minLength: 1, maxLength: 3 }).map((all) => policy(...all))

const SCOPE = { resources: [KEY], sessionPolicies: 'none', actions: [...ACTIONS], principals: [...CALLERS] } as const

function worldWith(keyPolicy: object, tables: GraphTables): Snapshot {
  return worldOf(
    {
      keys: [{ arn: KEY, policy: keyPolicy }],
      principals: [{ arn: APP, policies: [policy(allow('kms:*'))] }, { arn: ALICE }],
    },
    tables,
  )
}

/** Fails with the smallest pair of policies of which another verdict is given than follows from all the answers. */
export function expectVerdicts(pairs: number): void {
  fc.assert(
    fc.property(policies, policies, (left, right) => {
      const tables = new GraphTables()
      const [before, after] = [worldWith(left, tables), worldWith(right, tables)]
      const answers = REQUESTS.map((request) => [isAllowed(before, request), isAllowed(after, request)] as const)
      const more = answers.some(([old, now]) => now && !old)
      const less = answers.some(([old, now]) => old && !now)
      const wanted: Verdict = more && less ? 'incomparable' : more ? 'more' : less ? 'less' : 'equivalent'
      expect(compareAccess({ snapshot: before }, { snapshot: after }, SCOPE).verdict).toBe(wanted)
      expect(anyAccess({ snapshot: after }, SCOPE).answer).toBe(answers.some(([, now]) => now) ? 'yes' : 'no')
    }),
    { numRuns: pairs, seed: 20260722 },
  )
}
