/** The library's authorizer: callers that need more than their ARN. */
import { expect, test } from 'vitest'
import { createAuthorizer } from '../../src/explain/authorizer.js'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'

const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const SESSION = 'arn:aws:sts::111122223333:federated-user/Fay'

function read(value: object, kind: PolicyKind): PolicyDocument {
  const policy = parsePolicyValue(value, kind)
  if (!policy.ok) throw new Error(policy.error[0]?.message)
  return policy.value
}

function world() {
  const authorizer = createAuthorizer()
  const delegation = { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' }
  authorizer.putKey({ arn: KEY, policy: read({ Version: '2012-10-17', Statement: delegation }, 'key') })
  const decrypt = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' } }
  authorizer.putPrincipal({ arn: 'arn:aws:iam::111122223333:user/Alice', policies: [read(decrypt, 'identity')] })
  const session = authorizer.compile(read(decrypt, 'session'))
  return { authorizer, session }
}

// IAM User Guide, "Permissions for GetFederationToken": the user's policies and the session policies both count.
test('a federated session has the permissions of the user that asked for it, within its session policies', () => {
  const { authorizer, session } = world()
  const request = { principal: SESSION, action: 'kms:Decrypt', resource: KEY, sessionPolicies: [session] }
  const decide = (more: object): string => authorizer.authorize({ ...request, ...more }).decision
  expect(decide({ userArn: 'arn:aws:iam::111122223333:user/Alice' })).toBe('allow')
  expect(decide({ userArn: 'arn:aws:iam::111122223333:user/Bob' })).toBe('implicitDeny')
  expect(decide({ userArn: 'arn:aws:iam::111122223333:user/Alice' })).toBe('allow')
  expect(decide({})).toBe('implicitDeny')
})

test('without session policies it has none', () => {
  const { authorizer } = world()
  const userArn = 'arn:aws:iam::111122223333:user/Alice'
  expect(authorizer.authorize({ principal: SESSION, userArn, action: 'kms:Decrypt', resource: KEY })).toEqual({
    decision: 'implicitDeny',
    layer: 'session',
  })
})

test.each([
  ['arn:aws:iam::444455556666:user/Alice', 'is no user of the session'],
  ['arn:aws:iam::111122223333:role/Alice', 'is no user of the session'],
  ['Alice', 'is no user of the session'],
])('userArn %s is refused', (userArn, message) => {
  const { authorizer } = world()
  const answer = authorizer.authorize({ principal: SESSION, userArn, action: 'kms:Decrypt', resource: KEY })
  expect(answer).toMatchObject({ decision: 'invalidRequest', message: expect.stringContaining(message) as string })
})
