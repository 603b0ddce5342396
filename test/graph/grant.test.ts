/** Grants: who they reach, their constraints and child grants, case by case. */
import { describe, expect, test } from 'vitest'
import { actionBit } from '../../src/aws/action.js'
import { DEFAULT_OPTIONS } from '../../src/decide/options.js'
import {
  grantMiss,
  GrantSet,
  type ChildGrant,
  type Grant,
  type GrantConstraints,
  type GrantInput,
  type GrantMiss,
} from '../../src/graph/grant.js'
import { SAYS_ACCOUNT, SAYS_DIRECT, SAYS_NOTHING, SAYS_VIA } from '../../src/graph/policy.js'
import type { Caller } from '../../src/graph/subject.js'
import { A, B, KEY, OTHER_KEY } from '../reference/example.js'

const APP = `arn:aws:iam::${A}:role/team/App`
const ALICE: Caller = { type: 'user', arn: `arn:aws:iam::${A}:user/Alice`, accountId: A, isServiceLinkedRole: false }
const SESSION: Caller = {
  type: 'role',
  arn: `arn:aws:sts::${A}:assumed-role/App/i-1`,
  roleArn: APP,
  accountId: A,
  isServiceLinkedRole: false,
}
const ANY_SESSION: Caller = { ...SESSION, arn: APP }
const FAY: Caller = {
  type: 'federated',
  arn: `arn:aws:sts::${A}:federated-user/Fay`,
  userArn: ALICE.arn,
  accountId: A,
  isServiceLinkedRole: false,
}
const ROOT: Caller = { type: 'root', arn: `arn:aws:iam::${A}:root`, accountId: A, isServiceLinkedRole: false }
const LOGS: Caller = {
  type: 'service',
  arn: 'logs.us-west-2.amazonaws.com',
  accountId: undefined,
  isServiceLinkedRole: false,
}
const OF_B: Caller = { type: 'user', arn: `arn:aws:iam::${B}:user/Bob`, accountId: B, isServiceLinkedRole: false }

function grant(changes: Partial<Grant> = {}): Grant {
  return {
    grantId: 'g',
    keyArn: KEY,
    granteePrincipal: ALICE.arn,
    operations: ['Decrypt'],
    propagated: true,
    ...changes,
  }
}

function asks(changes: Partial<GrantInput> & { readonly action?: string } = {}): GrantInput {
  const { action = 'kms:Decrypt', ...rest } = changes
  const bit = actionBit(action)
  if (bit === undefined) throw new Error(action)
  return {
    caller: ALICE,
    keyArn: KEY,
    keyAccount: A,
    actionBit: bit,
    encryptionContext: undefined,
    sourceArn: undefined,
    grantTokens: [],
    grantId: undefined,
    createGrant: undefined,
    ...rest,
  }
}

// F1, F2: grantee forms.
describe('a grantee', () => {
  const CASES: readonly (readonly [grantee: Partial<Grant>, caller: Caller, says: number])[] = [
    [{ granteePrincipal: ALICE.arn }, ALICE, SAYS_DIRECT],
    [{ granteePrincipal: ALICE.arn }, FAY, SAYS_NOTHING],
    [{ granteePrincipal: ALICE.arn }, OF_B, SAYS_NOTHING],
    [{ granteePrincipal: FAY.arn }, FAY, SAYS_DIRECT],
    [{ granteePrincipal: APP }, SESSION, SAYS_VIA],
    [{ granteePrincipal: APP }, ANY_SESSION, SAYS_VIA],
    [{ granteePrincipal: SESSION.arn }, SESSION, SAYS_DIRECT],
    [{ granteePrincipal: SESSION.arn }, ANY_SESSION, SAYS_NOTHING],
    // The path is part of a role's ARN.
    [{ granteePrincipal: `arn:aws:iam::${A}:role/App` }, SESSION, SAYS_NOTHING],
    [{ granteePrincipal: `arn:aws:iam::${A}:root` }, ALICE, SAYS_ACCOUNT],
    [{ granteePrincipal: `arn:aws:iam::${A}:root` }, SESSION, SAYS_ACCOUNT],
    [{ granteePrincipal: `arn:aws:iam::${A}:root` }, ROOT, SAYS_DIRECT],
    [{ granteePrincipal: `arn:aws:iam::${A}:root` }, OF_B, SAYS_NOTHING],
    [{ granteeServicePrincipal: LOGS.arn }, LOGS, SAYS_DIRECT],
    [{ granteePrincipal: LOGS.arn }, LOGS, SAYS_DIRECT],
    [{ granteePrincipal: 'logs.amazonaws.com' }, LOGS, SAYS_NOTHING],
    [{ granteePrincipal: OF_B.arn }, OF_B, SAYS_DIRECT],
  ]
  test.each(CASES)('%j and caller %j', (grantee, caller, says) => {
    const { granteePrincipal: _alice, ...rest } = grant()
    expect(new GrantSet([{ ...rest, ...grantee }]).says(asks({ caller }), DEFAULT_OPTIONS)).toBe(says)
  })

  test('of several grants each says its own', () => {
    const set = new GrantSet([
      grant({ grantId: '1', granteePrincipal: APP }),
      grant({ grantId: '2', granteePrincipal: SESSION.arn }),
      grant({ grantId: '3', granteePrincipal: `arn:aws:iam::${A}:root` }),
    ])
    expect(set.says(asks({ caller: SESSION }), DEFAULT_OPTIONS)).toBe(SAYS_DIRECT | SAYS_VIA | SAYS_ACCOUNT)
    expect(set.says(asks({ caller: ALICE }), DEFAULT_OPTIONS)).toBe(SAYS_ACCOUNT)
  })
})

// F2, F7.
describe('a grant does not permit', () => {
  const CASES: readonly (readonly [miss: GrantMiss | undefined, grant: Grant, asked: GrantInput])[] = [
    [undefined, grant(), asks()],
    ['key', grant({ keyArn: OTHER_KEY }), asks()],
    ['key', grant(), asks({ keyArn: KEY.replace('us-west-2', 'us-east-1') })],
    ['grantee', grant({ granteePrincipal: APP }), asks()],
    ['operation', grant({ operations: ['Encrypt'] }), asks()],
    ['operation', grant({ operations: ['GenerateDataKey'] }), asks({ action: 'kms:GenerateDataKeyWithoutPlaintext' })],
    ['operation', grant({ operations: ['ReEncryptFrom'] }), asks({ action: 'kms:ReEncryptTo' })],
    ['operation', grant({ operations: [] }), asks()],
    ['notPropagated', grant({ propagated: false }), asks()],
    [undefined, grant({ propagated: false }), asks({ grantTokens: ['x', 'g'] })],
    ['notPropagated', grant({ propagated: false }), asks({ grantTokens: ['x'] })],
  ]
  test.each(CASES)('for reason %s', (miss, given, asked) => {
    expect(grantMiss(given, asked)).toBe(miss)
    expect(new GrantSet([given]).says(asked, DEFAULT_OPTIONS) === SAYS_NOTHING).toBe(miss !== undefined)
  })
})

// F3, K-1, K-2.
describe('constraints', () => {
  const AB = { a: '1', b: '2' }
  const EQUALS: GrantConstraints = { encryptionContextEquals: AB }
  const SUBSET: GrantConstraints = { encryptionContextSubset: AB }
  const SOURCE: GrantConstraints = { sourceArn: `arn:aws:logs:*:${A}:log-group:x*` }
  const CASES: readonly (readonly [
    constraints: GrantConstraints,
    asked: Parameters<typeof asks>[0],
    holds: boolean,
  ])[] = [
    [EQUALS, { encryptionContext: { b: '2', a: '1' } }, true],
    [EQUALS, { encryptionContext: { A: '1', b: '2' } }, true],
    [EQUALS, { encryptionContext: { a: '1', b: '2', c: '3' } }, false],
    [EQUALS, { encryptionContext: { a: '1' } }, false],
    [EQUALS, {}, false],
    [EQUALS, { encryptionContext: { a: '1', b: '2', B: '2' } }, true],
    [EQUALS, { encryptionContext: { a: '1', b: '2', B: '3' } }, false],
    [SUBSET, { encryptionContext: { a: '1', b: '2', c: '3' } }, true],
    [SUBSET, { encryptionContext: { a: '1', B: '2' } }, true],
    [SUBSET, { encryptionContext: { a: '1', b: '3' } }, false],
    [SUBSET, { encryptionContext: { a: '1', b: '2 ' } }, false],
    [SUBSET, {}, false],
    [{ encryptionContextEquals: {} }, {}, true],
    [{ encryptionContextEquals: {} }, { encryptionContext: { a: '1' } }, false],
    [{ encryptionContextSubset: {} }, { encryptionContext: { a: '1' } }, true],
    // A pair is a pair, whatever its texts: nothing is joined that could be split elsewhere.
    [{ encryptionContextEquals: { ab: 'c' } }, { encryptionContext: { a: 'bc' } }, false],
    [
      { encryptionContextEquals: JSON.parse('{"__proto__":"x"}') as Record<string, string> },
      { encryptionContext: {} },
      false,
    ],
    [
      { encryptionContextEquals: JSON.parse('{"__proto__":"x"}') as Record<string, string> },
      { encryptionContext: JSON.parse('{"__proto__":"x"}') as Record<string, string> },
      true,
    ],
    [{ encryptionContextSubset: { constructor: 'x' } }, { encryptionContext: { a: 'x' } }, false],
    // Not a cryptographic operation on symmetric keys: nothing to compare.
    [EQUALS, { action: 'kms:DescribeKey' }, true],
    [SUBSET, { action: 'kms:DescribeKey' }, true],
    [SOURCE, {}, false],
    [SOURCE, { sourceArn: `arn:aws:logs:us-west-2:${A}:log-group:xy` }, true],
    [SOURCE, { sourceArn: `arn:aws:logs:us-west-2:${B}:log-group:xy` }, false],
    [SOURCE, { action: 'kms:DescribeKey' }, false],
    [{ ...SOURCE, ...EQUALS }, { sourceArn: `arn:aws:logs:us-west-2:${A}:log-group:x`, encryptionContext: AB }, true],
    [{ ...SOURCE, ...EQUALS }, { sourceArn: `arn:aws:logs:us-west-2:${A}:log-group:x` }, false],
    [{ ...SOURCE, ...EQUALS }, { encryptionContext: AB }, false],
  ]
  test.each(CASES)('%j asked with %j: %s', (constraints, asked, holds) => {
    const given = grant({ constraints, operations: ['Decrypt', 'DescribeKey'] })
    expect(grantMiss(given, asks(asked))).toBe(holds ? undefined : 'constraint')
  })
})

// F5: at least as strict.
describe('child grants', () => {
  const PARENT = { operations: ['CreateGrant', 'Decrypt', 'Encrypt'] }
  const P = { a: '1' }
  const MORE = { a: '1', b: '2' }
  const CASES: readonly (readonly [parent: GrantConstraints, child: ChildGrant, isAllowed: boolean])[] = [
    [{}, { operations: ['Decrypt'] }, true],
    [{}, { operations: ['Decrypt', 'CreateGrant'] }, true],
    [{}, { operations: ['Decrypt', 'Sign'] }, false],
    [{}, { operations: ['decrypt'] }, false],
    [{}, { operations: ['Decrypt'], constraints: { encryptionContextEquals: P } }, true],
    [{}, { operations: ['Decrypt'], constraints: { sourceArn: 'arn:aws:s3:::b' } }, true],
    [{ encryptionContextSubset: P }, { operations: ['Decrypt'], constraints: { encryptionContextSubset: P } }, true],
    [{ encryptionContextSubset: P }, { operations: ['Decrypt'], constraints: { encryptionContextSubset: MORE } }, true],
    [{ encryptionContextSubset: P }, { operations: ['Decrypt'], constraints: { encryptionContextEquals: MORE } }, true],
    [
      { encryptionContextSubset: P },
      { operations: ['Decrypt'], constraints: { encryptionContextSubset: { b: '2' } } },
      false,
    ],
    [{ encryptionContextSubset: P }, { operations: ['Decrypt'], constraints: {} }, false],
    [
      { encryptionContextSubset: MORE },
      { operations: ['Decrypt'], constraints: { encryptionContextSubset: P } },
      false,
    ],
    [{ encryptionContextEquals: P }, { operations: ['Decrypt'], constraints: { encryptionContextEquals: P } }, true],
    [
      { encryptionContextEquals: P },
      { operations: ['Decrypt'], constraints: { encryptionContextEquals: { A: '1' } } },
      true,
    ],
    [
      { encryptionContextEquals: P },
      { operations: ['Decrypt'], constraints: { encryptionContextEquals: MORE } },
      false,
    ],
    [{ encryptionContextEquals: P }, { operations: ['Decrypt'], constraints: { encryptionContextSubset: P } }, false],
    [{ encryptionContextEquals: P }, { operations: ['Decrypt'] }, false],
    [{ sourceArn: 'arn:aws:s3:::b' }, { operations: ['Decrypt'], constraints: { sourceArn: 'arn:aws:s3:::b' } }, true],
    [{ sourceArn: 'arn:aws:s3:::*' }, { operations: ['Decrypt'], constraints: { sourceArn: 'arn:aws:s3:::b' } }, false],
    [{ sourceArn: 'arn:aws:s3:::b' }, { operations: ['Decrypt'] }, false],
  ]
  test.each(CASES)('of a parent with %j: %j, %s', (constraints, createGrant, isAllowed) => {
    const parent = grant({ ...PARENT, constraints })
    const asked = asks({ action: 'kms:CreateGrant', createGrant, sourceArn: 'arn:aws:s3:::b' })
    expect(grantMiss(parent, asked)).toBe(isAllowed ? undefined : 'child')
  })

  test('a request that does not say what it wants to create is allowed none that is bound', () => {
    const asked = asks({ action: 'kms:CreateGrant' })
    expect(grantMiss(grant(PARENT), asked)).toBeUndefined()
    expect(grantMiss(grant({ ...PARENT, constraints: { encryptionContextSubset: P } }), asked)).toBe('child')
  })
})

// F6.
describe('retiring', () => {
  const none = `arn:aws:iam::${A}:user/Nobody`
  const of = (changes: Partial<Grant>): Grant => grant({ granteePrincipal: none, operations: ['Decrypt'], ...changes })
  const CASES: readonly (readonly [grant: Grant, caller: Caller, says: number])[] = [
    [of({ retiringPrincipal: OF_B.arn }), OF_B, SAYS_DIRECT],
    [of({ retiringPrincipal: APP }), SESSION, SAYS_VIA | SAYS_ACCOUNT],
    [of({ retiringServicePrincipal: LOGS.arn }), LOGS, SAYS_DIRECT],
    [of({ retiringPrincipal: `arn:aws:iam::${B}:root` }), OF_B, SAYS_ACCOUNT],
    [of({ granteePrincipal: OF_B.arn }), OF_B, SAYS_NOTHING],
    [of({ granteePrincipal: OF_B.arn, operations: ['RetireGrant'] }), OF_B, SAYS_DIRECT],
    [of({}), ROOT, SAYS_DIRECT],
    [of({ issuingAccount: B }), ROOT, SAYS_ACCOUNT],
    [of({ issuingAccount: B }), OF_B, SAYS_ACCOUNT],
    [of({}), OF_B, SAYS_NOTHING],
    [of({}), ALICE, SAYS_ACCOUNT],
    // The encryption context is no condition of retiring.
    [of({ retiringPrincipal: OF_B.arn, constraints: { encryptionContextEquals: { a: '1' } } }), OF_B, SAYS_DIRECT],
    [of({ retiringPrincipal: OF_B.arn, propagated: false }), OF_B, SAYS_NOTHING],
    [of({ retiringPrincipal: OF_B.arn, keyArn: OTHER_KEY }), OF_B, SAYS_NOTHING],
  ]
  test.each(CASES)('%j by %j says %i', (given, caller, says) => {
    const asked = asks({ action: 'kms:RetireGrant', caller, grantId: 'g' })
    expect(new GrantSet([given]).says(asked, DEFAULT_OPTIONS)).toBe(says)
  })

  test('is about the grant that is named, by id or by token', () => {
    const set = new GrantSet([of({ retiringPrincipal: OF_B.arn, propagated: false }), of({ grantId: 'h' })])
    const said = (asked: Partial<GrantInput>): number =>
      set.says(asks({ action: 'kms:RetireGrant', caller: OF_B, ...asked }), DEFAULT_OPTIONS)
    expect(said({ grantTokens: ['g'] })).toBe(SAYS_DIRECT)
    expect(said({ grantId: 'g', grantTokens: ['g'] })).toBe(SAYS_DIRECT)
    expect(said({ grantId: 'h', grantTokens: ['g'] })).toBe(SAYS_NOTHING)
    expect(said({ grantId: 'none' })).toBe(SAYS_NOTHING)
    expect(said({})).toBe(SAYS_NOTHING)
  })
})

test('a set is changed by making another', () => {
  const one = new GrantSet([grant()])
  const two = one.with(grant({ grantId: 'h' }))
  const replaced = two.with(grant({ operations: ['Encrypt'] }))
  expect([one.size, two.size, replaced.size, two.without('g').size, two.without('none').size]).toEqual([1, 2, 2, 1, 2])
  expect(two.find('g')?.operations).toEqual(['Decrypt'])
  expect(replaced.find('g')?.operations).toEqual(['Encrypt'])
  expect(replaced.find('__proto__')).toBeUndefined()
  expect(one.says(asks(), DEFAULT_OPTIONS)).toBe(SAYS_DIRECT)
  expect(replaced.without('h').says(asks(), DEFAULT_OPTIONS)).toBe(SAYS_NOTHING)
})
