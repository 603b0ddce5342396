/**
 * Assuming roles in a world: agreement with the slow interpreter on few worlds (`test/extended/sts-agreement.test.ts` has
 * more), and trust policies that change.
 */
import { expect, test } from 'vitest'
import { createAuthorizer } from '../../../src/explain/authorizer.js'
import type { PolicyDocument } from '../../../src/policy/document.js'
import { expectSameInWorlds, parsed } from './agree-in-worlds.js'

test('on 120 worlds, asked five times each', () => expectSameInWorlds(120), 60_000)

test('a change of the trust policy is heard by who is bound already', () => {
  const authorizer = createAuthorizer()
  const role = 'arn:aws:iam::111122223333:role/Target'
  const request = { principal: 'arn:aws:iam::111122223333:user/Ann', action: 'sts:AssumeRole', resource: role }
  const trust = (name: string): PolicyDocument =>
    parsed(
      {
        Version: '2012-10-17',
        Statement: {
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::111122223333:user/${name}` },
          Action: 'sts:AssumeRole',
        },
      },
      'trust',
    )
  const decided = (): string[] => Array.from({ length: 5 }, () => authorizer.authorize(request).decision)
  expect(decided()).toEqual(Array.from({ length: 5 }, () => 'implicitDeny'))
  authorizer.putPrincipal({ arn: role, trust: trust('Ann') })
  expect(decided()).toEqual(Array.from({ length: 5 }, () => 'allow'))
  authorizer.putPrincipal({ arn: role, trust: trust('Bob') })
  expect(decided()).toEqual(Array.from({ length: 5 }, () => 'implicitDeny'))
  authorizer.putPrincipal({ arn: role, trust: { read: () => trust('Ann') } })
  expect(decided()).toEqual(Array.from({ length: 5 }, () => 'allow'))
  authorizer.removePrincipal(role)
  expect(decided()).toEqual(Array.from({ length: 5 }, () => 'implicitDeny'))
})
