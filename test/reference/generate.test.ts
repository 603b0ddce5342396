/** What the random documents are worth: every rule comes up, both answers are common, and they keep the promises made. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { coverageOf, coverageReport } from './coverage.js'
import { describeDocument } from './describe.js'
import type { AuthorizeDocument, PolicyJson, StatementJson } from './document.js'
import { authorizeDocuments, lockoutDocuments, multiDocuments, simulationDocuments } from './generate.js'
import { interpret, interpretLockout, interpretMulti } from './interpret.js'

const SEED = 20260315

function statementsOf(policies: readonly (PolicyJson | null | undefined)[]): readonly StatementJson[] {
  return policies.flatMap((policy) => {
    if (!policy) return []
    return 'Effect' in policy.Statement ? [policy.Statement] : policy.Statement
  })
}

describe('2,000 documents', () => {
  const documents = fc.sample(authorizeDocuments(), { numRuns: 2000, seed: SEED })
  const coverage = coverageOf(documents)

  test('reach every rule', () => expect(coverage.missing, coverageReport(coverage)).toEqual([]))

  test('are allowed about a third of the time', () => {
    expect(coverage.allowShare).toBeGreaterThan(0.25)
    expect(coverage.allowShare).toBeLessThan(0.45)
  })

  // authorization.md A2.
  test('hold policies that fit their kind', () => {
    for (const document of documents) {
      const identitySide = [
        ...(document.identityPolicies ?? []),
        document.permissionsBoundary,
        ...(document.sessionPolicies ?? []),
        ...Object.values(document.scps ?? {}).flat(2),
      ]
      for (const statement of statementsOf(identitySide)) {
        expect(Object.keys(statement)).not.toContain('Principal')
        expect(Object.keys(statement)).not.toContain('NotPrincipal')
      }
      for (const statement of statementsOf([document.keyPolicy, document.vpcEndpointPolicy])) {
        expect('Principal' in statement).toBe(!('NotPrincipal' in statement))
        if ('NotPrincipal' in statement) expect(statement.Effect).toBe('Deny')
      }
      for (const statement of statementsOf(Object.values(document.rcps ?? {}).flat(2))) {
        expect(statement.Principal).toBe('*')
        if (statement.Effect === 'Allow') expect(statement.Action).toBe('*')
        else expect([statement.Action].flat()).not.toContain('*')
      }
      // KMS refuses these as overly permissive.
      expect(JSON.stringify(document)).not.toMatch(
        /"ForAllValues:[^"]*":\{[^}]*"(kms:EncryptionContext:|aws:RequestTag)/i,
      )
    }
  })
})

const CONFIG = { numRuns: 300, seed: SEED }

describe('every random document', () => {
  test('does not change by being written and read again', () => {
    fc.assert(
      fc.property(simulationDocuments(), (document) => {
        expect(JSON.parse(JSON.stringify(document))).toEqual(document)
      }),
      CONFIG,
    )
  })

  // authorization.md D1: explicit denies always win.
  test('is denied explicitly once an endpoint policy denies everything', () => {
    const denial = (document: AuthorizeDocument): AuthorizeDocument => ({
      ...document,
      context: { ...document.context, 'aws:SourceVpce': 'vpce-9' },
      vpcEndpointPolicy: {
        Version: '2012-10-17',
        Statement: { Effect: 'Deny', Principal: '*', Action: '*', Resource: '*' },
      },
    })
    fc.assert(
      fc.property(authorizeDocuments(), (document) => {
        expect(interpret(denial(document)).decision, describeDocument(document)).toBe('explicitDeny')
      }),
      CONFIG,
    )
  })

  test('names who completed an allow, and nobody for an implicit deny', () => {
    fc.assert(
      fc.property(authorizeDocuments(), (document) => {
        const { decision, layer, by } = interpret(document)
        const isRootWithoutPolicies = document.principal.type === 'root' && layer === 'identity'
        if (decision === 'implicitDeny' || isRootWithoutPolicies) expect(by, describeDocument(document)).toEqual([])
        else expect(by[0]?.layer, describeDocument(document)).toBe(layer)
      }),
      CONFIG,
    )
  })

  test('of kind multi fails where its first failing check does', () => {
    let failures = 0
    fc.assert(
      fc.property(multiDocuments(), (document) => {
        const { decision, failingCheck } = interpretMulti(document)
        if (failingCheck !== null) failures++
        expect(failingCheck === null, describeDocument(document)).toBe(decision === 'allow')
      }),
      CONFIG,
    )
    expect(failures).toBeLessThan(CONFIG.numRuns)
  })

  test('of kind lockout passes when bypassed', () => {
    const answers = new Set<string>()
    fc.assert(
      fc.property(lockoutDocuments(), (document) => {
        answers.add(interpretLockout(document))
        const bypassed = { ...document, request: { bypassPolicyLockoutSafetyCheck: true } }
        expect(interpretLockout(bypassed), describeDocument(document)).toBe('pass')
      }),
      CONFIG,
    )
    expect([...answers].sort()).toEqual(['fail', 'pass'])
  })
})

test('a document is described on few lines', () => {
  const document: AuthorizeDocument = {
    principal: { type: 'user', arn: 'arn:aws:iam::111122223333:user/Alice' },
    action: 'kms:Decrypt',
    resource: { type: 'key', arn: 'arn:aws:kms:us-west-2:111122223333:key/k1' },
    keyPolicy: {
      Version: '2012-10-17',
      Statement: {
        Sid: 'One',
        Effect: 'Allow',
        Principal: '*',
        Action: 'kms:*',
        Resource: '*',
        Condition: { Bool: { a: true } },
      },
    },
    scps: { '111122223333': [[]] },
    context: { a: true },
  }
  expect(describeDocument(document)).toBe(
    [
      'authorize: {"type":"user","arn":"arn:aws:iam::111122223333:user/Alice"}',
      'kms:Decrypt on {"type":"key","arn":"arn:aws:kms:us-west-2:111122223333:key/k1"}',
      'context {"a":true}',
      'keyPolicy, version 2012-10-17',
      '  0 (One) Allow Principal "*" Action "kms:*" Resource "*" if {"Bool":{"a":true}}',
      'scps 111122223333 level 0 policy: []',
    ].join('\n'),
  )
})
