/**
 * What is said of a role that somebody wants to assume: facts G1 (role trust wording), sts.md 3.
 */
import { expect, test } from 'vitest'
import { createAuthorizer, type PrincipalDefinition } from '../../src/explain/authorizer.js'
import { renderExplanation } from '../../src/explain/render.js'
import type { Explanation } from '../../src/explain/story.js'
import type { PolicyDocument } from '../../src/policy/document.js'
import { parsePolicyValue } from '../../src/policy/parse.js'

const ANN = 'arn:aws:iam::111122223333:user/Ann'
const ROOT = 'arn:aws:iam::111122223333:root'
const ROLE = 'arn:aws:iam::111122223333:role/Target'

function trust(effect: 'Allow' | 'Deny', AWS: string): PolicyDocument {
  const statement = { Effect: effect, Principal: { AWS }, Action: 'sts:AssumeRole' }
  const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: [statement] }, 'trust')
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return parsed.value
}

function explain(target: Partial<PrincipalDefinition>, principal = ANN): Explanation {
  const authorizer = createAuthorizer()
  authorizer.putPrincipal({ arn: ROLE, ...target })
  const explained = authorizer.explain({ principal, action: 'sts:AssumeRole', resource: ROLE })
  if (!explained.ok) throw new Error(explained.error.message)
  return explained.value
}

const DENIED = `User: ${ANN} is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`

test.each<[name: string, target: Partial<PrincipalDefinition>, message: string]>([
  ['no trust policy', {}, `${DENIED} because no role trust policy allows the sts:AssumeRole action`],
  [
    'another is trusted',
    { trust: trust('Allow', 'arn:aws:iam::111122223333:user/Bob') },
    `${DENIED} because no role trust policy allows the sts:AssumeRole action`,
  ],
  ['a deny', { trust: trust('Deny', ANN) }, `${DENIED} with an explicit deny in the role trust policy`],
  [
    'the account is trusted',
    { trust: trust('Allow', '111122223333') },
    `${DENIED} because no identity-based policy allows the sts:AssumeRole action`,
  ],
])('%s', (_, target, message) => expect(explain(target).message).toBe(message))

test('the story speaks of the trust policy of the role', () => {
  expect(renderExplanation(explain({}))).toContain('nobody assumes a role without one')
  expect(renderExplanation(explain({ trust: trust('Allow', 'arn:aws:iam::111122223333:user/Bob') }))).toContain(
    'The trust policy of the role does not allow sts:AssumeRole',
  )
  expect(renderExplanation(explain({ trust: trust('Allow', '111122223333') }, ROOT))).toContain(
    'Roles may not be assumed by root users',
  )
})

test('an authorizer tells what it knows of users and roles, and of a session its role', () => {
  const authorizer = createAuthorizer()
  const arn = 'arn:aws:iam::111122223333:role/service/App'
  authorizer.putPrincipal({ arn, tags: { team: 'blue' }, uniqueId: 'AROAAPPAPPAPPAPPAPP23', maxSessionSeconds: 7200 })
  const app = { arn, tags: { team: 'blue' }, uniqueId: 'AROAAPPAPPAPPAPPAPP23', maxSessionSeconds: 7200 }
  expect(authorizer.principal(arn)).toEqual(app)
  expect(authorizer.principal('arn:aws:sts::111122223333:assumed-role/App/any')).toEqual(app)
  expect(authorizer.principal('arn:aws:iam::111122223333:role/App')).toBeUndefined()
  expect(authorizer.principal('logs.amazonaws.com')).toBeUndefined()
})
