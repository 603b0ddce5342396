/**
 * A NotPrincipal Deny spares nobody that has a permissions boundary; root users and services have none, whatever was
 * given. Source: authorization.md C4, D1.
 */
import { expect, test } from 'vitest'
import { decide } from '../../src/decide/decide.js'
import type { Call } from '../../src/decide/call.js'
import type { PrincipalInput, PrincipalJson } from '../reference/document.js'
import { A, EVERYTHING, allow, asked, deny, policy, root, rootArn, service, user } from '../reference/example.js'
import { waysDiffer } from './agree.js'
import { CallReader } from './read-calls.js'

const CASES: readonly (readonly [name: string, principal: PrincipalInput, spared: PrincipalJson, decision: string])[] =
  [
    ['a user', user(), { AWS: [user().arn, A] }, 'explicitDeny'],
    ['a root user', root(), { AWS: rootArn() }, 'allow'],
    ['a service', service(), { Service: service().arn }, 'allow'],
  ]

test.each(CASES)('%s', (_name, principal, spared, decision) => {
  const { Principal: _to, ...rest } = deny('kms:*', { to: '*' })
  const keyPolicy = policy(allow('kms:*', { to: '*' }), { ...rest, NotPrincipal: spared })
  const reader = new CallReader()
  const bounded = reader.call(asked({ permissionsBoundary: EVERYTHING }))
  const call: Call = { ...reader.call(asked({ principal, keyPolicy })), boundary: bounded.boundary }
  expect(call.boundary).toBeDefined()
  expect(waysDiffer(call)).toBeUndefined()
  expect(decide(call).decision).toBe(decision)
  expect(decide({ ...call, boundary: undefined }).decision).toBe('allow')
})
