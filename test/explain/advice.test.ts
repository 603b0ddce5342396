/** Advice: every piece lets the call in when it is followed, nothing cheaper does, and nobody's Deny is taken lightly. */
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { adviseOn, type Advice, type AdviceStep } from '../../src/explain/advice/advise.js'
import { explainDocument } from '../../src/source/explain-document.js'
import type { AuthorizeDocument } from '../reference/document.js'
import { authorizeDocuments } from '../reference/generate.js'
import { compareExhaustively, explained } from './advice-exhaustive.js'

// ---------------------------------------------------------------------------------------------------------- followed

type Json = { [key: string]: unknown } | unknown[]

/** RFC 6902, of the two operations that advice has. */
function patched(document: unknown, path: string, value: unknown): void {
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = steps.pop()!
  let at = document as Json
  for (const step of steps) at = (at as Record<string, Json>)[step]!
  if (Array.isArray(at) && last === '-') at.push(value)
  else (at as Record<string, unknown>)[last] = value
}

const CONTEXT = 'kms:encryptioncontext:'

/** The simulation document with the advice followed; undefined for what is no edit of the document. */
function followed(document: AuthorizeDocument, { steps }: Advice): unknown {
  const next = structuredClone(document) as unknown as Record<string, Record<string, unknown>>
  for (const { edit, condition, kind } of steps) {
    if (kind === 'grant' || kind === 'newPolicy') return undefined
    if (edit?.kind === 'file') for (const { path, value } of edit.patch) patched(next, path, value)
    if (condition === null) continue
    if (condition.key.toLowerCase().startsWith(CONTEXT)) return undefined
    const kept = Object.entries(next['context'] ?? {}).filter(
      ([key]) => key.toLowerCase() !== condition.key.toLowerCase(),
    )
    next['context'] = Object.fromEntries(condition.value === null ? kept : [...kept, [condition.key, condition.value]])
    // A key that is given wins over one that is derived; one that is not there must not be derived.
    if (condition.value === null && (document as { derive?: unknown }).derive !== undefined) return undefined
  }
  return next
}

test('followed to the letter, advice on a random document lets the call in', () => {
  let checked = 0
  fc.assert(
    fc.property(authorizeDocuments(), (document) => {
      const { trace: traced, sourceOf, callerContext } = explained(document)
      if (traced.outcome.decision === 'allow') return
      for (const advice of adviseOn(traced, { sourceOf, callerContext }).advice) {
        const next = followed(document, advice)
        if (next === undefined) continue
        checked++
        expect(explained(next).trace.outcome.decision, JSON.stringify(advice, null, 1)).toBe('allow')
      }
    }),
    { numRuns: 50, seed: 41 },
  )
  expect(checked).toBeGreaterThan(25)
})

// ------------------------------------------------------------------------------------------------------------ minimal

test('trying every set of changes finds nothing cheaper, and nothing else that costs as little', () => {
  expect(compareExhaustively({ runs: 40, seed: 42 })).toBeGreaterThan(15)
})

// ------------------------------------------------------------------------------------------------------------- by hand

function fixture(name: string): readonly Advice[] {
  const text = readFileSync(new URL(`../../fixtures/first/${name}.json`, import.meta.url), 'utf8')
  const found = explainDocument({ name: `${name}.json`, text })
  if (!found.ok) throw new Error(found.error.message)
  return adviseOn(found.value.trace, { sourceOf: found.value.sourceOf }).advice
}

const sentences = (advice: readonly Advice[]): readonly string[] =>
  advice.map(({ steps }) => steps.map(({ sentence }) => sentence).join(' '))
const only = (advice: Advice | undefined): AdviceStep => advice!.steps[0]!

describe('cheapest first', () => {
  test('a wrong encryption context: another context, a grant, then the key policy', () => {
    expect(sentences(fixture('denied-decrypt'))).toEqual([
      'Use the encryption context tenant="green".',
      'Create a grant for Decrypt to role app/Invoices of account 111122223333 with an encryption context that has tenant="blue".',
      'Add kms:Decrypt to the Action of key policy, statement 1 "Enable IAM policies for everything but data".',
      'Let key policy, statement 5 "Invoices of this tenant only" also accept kms:EncryptionContext:tenant "blue".',
      'Add a statement to the key policy that allows kms:Decrypt to arn:aws:iam::111122223333:role/app/Invoices.',
    ])
  })

  test('the identity side of another account: its own policies before the key', () => {
    expect(sentences(fixture('cross-account')).slice(0, 2)).toEqual([
      'Add this key to the Resource of identity policy 1, statement 2 "UseOwnKeys".',
      'Add a statement to identity policy 1 that allows kms:Decrypt.',
    ])
  })

  test("an organization's Deny: an exception at most, and whose it is", () => {
    const [advice] = fixture('denied-by-scp')
    expect(only(advice).sentence).toMatch(/^Let service control policy 2 at level 1 .* make an exception of /)
    expect(only(advice).caution).toBe(
      'It guards level 1 of the organization on the way to account 111122223333: whoever owns it there decides.',
    )
  })

  test('an exception for the caller where no policy has asked who it is', () => {
    const key = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
    const document = {
      principal: { type: 'user', arn: 'arn:aws:iam::111122223333:user/Alice' },
      action: 'kms:Decrypt',
      resource: { type: 'key', arn: key },
      keyPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: 'arn:aws:iam::111122223333:user/Alice' },
            Action: 'kms:*',
            Resource: '*',
          },
          { Sid: 'Nobody', Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
        ],
      },
    }
    const adviseWith = (more: object): readonly string[] => {
      const { trace: traced, sourceOf, callerContext } = explained({ ...document, ...more })
      return sentences(adviseOn(traced, { sourceOf, callerContext }).advice)
    }
    const exception = [
      'Let key policy, statement 2 "Nobody" make an exception of arn:aws:iam::111122223333:user/Alice.',
    ]
    expect(adviseWith({ derive: true })).toEqual(exception)
    expect(adviseWith({ context: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:user/Alice' } })).toEqual(exception)
    // A request that does not say who makes it is met by every exception's condition.
    expect(adviseWith({})).toEqual([])
  })

  // condition-keys.json: aws:SourceArn is in calls by services alone, aws:TagKeys in those about tags; D5: an alias leads to
  // a key only where the key has it.
  test('no request is advised that the caller cannot make', () => {
    const user = 'arn:aws:iam::111122223333:user/Alice'
    const advised = (condition: object, more: object = {}): readonly string[] => {
      const { trace: traced, sourceOf } = explained({
        principal: { type: 'user', arn: user },
        action: 'kms:Decrypt',
        resource: {
          type: 'key',
          arn: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
          aliases: ['alias/app/one', 'alias/other'],
        },
        keyPolicy: {
          Version: '2012-10-17',
          Statement: { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' },
        },
        identityPolicies: [
          {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: '*', Resource: '*', Condition: condition },
              {
                Effect: 'Deny',
                Action: '*',
                Resource: '*',
                Condition: { 'ForAnyValue:StringEquals': { 'kms:ResourceAliases': 'alias/none' } },
              },
            ],
          },
        ],
        derive: true,
        ...more,
      })
      const requests = adviseOn(traced, { sourceOf, isEditable: () => false }).advice
      return requests
        .flatMap(({ steps }) => steps)
        .flatMap(({ kind, sentence }) => (kind === 'request' ? [sentence] : []))
    }
    expect(advised({ ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } })).toEqual([])
    expect(advised({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'team' } })).toEqual([])
    expect(advised({ StringEquals: { 'aws:RequestTag/team': 'blue' } })).toEqual([])
    expect(advised({ StringLike: { 'kms:RequestAlias': 'alias/app/*' } })).toEqual([
      'Name the key by its alias alias/app/one.',
    ])
    expect(advised({ StringEquals: { 'aws:RequestTag/team': 'blue' } }, { action: 'kms:TagResource' })).toEqual([
      'Send the tag team="blue".',
    ])
  })

  test('nothing for what is allowed', () => {
    const { trace: traced } = explained({
      principal: { type: 'root', arn: 'arn:aws:iam::111122223333:root' },
      action: 'kms:Decrypt',
      resource: { type: 'key', arn: 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' },
      keyPolicy: {
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' },
      },
    })
    expect(traced.outcome.decision).toBe('allow')
    expect(adviseOn(traced)).toEqual({ advice: [], isComplete: true })
  })
})

describe('what no change of one value brings about', () => {
  const key = 'key/1234abcd-12ab-34cd-56ef-1234567890ab'
  const denied = (deny: object): AuthorizeDocument => ({
    principal: { type: 'user', arn: 'arn:aws:iam::111122223333:user/Alice' },
    action: 'kms:Decrypt',
    resource: { type: 'key', arn: `arn:aws:kms:us-west-2:111122223333:${key}` },
    keyPolicy: {
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: '111122223333' }, Action: 'kms:*', Resource: '*' },
    },
    identityPolicies: [
      {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
          { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*', ...deny },
        ],
      },
    ],
    context: { 'aws:PrincipalArn': 'arn:aws:iam::111122223333:user/Alice' },
  })
  const first = (document: AuthorizeDocument): readonly (string | undefined)[] => {
    const { advice } = adviseOn(explained(document).trace)
    return (advice[0]?.steps ?? []).map(({ condition }) => condition?.key)
  }

  test('two keys that must be equal and of which the request has none', () => {
    const Condition = { StringNotEquals: { 'aws:PrincipalTag/team': '${kms:EncryptionContext:tenant}' } }
    expect(new Set(first(denied({ Condition })))).toEqual(
      new Set(['aws:PrincipalTag/team', 'kms:encryptioncontext:tenant']),
    )
  })

  test('a variable of the resource', () => {
    const Resource = `arn:aws:kms:us-west-2:111122223333:\${aws:PrincipalTag/tail, '${key}'}`
    expect(first(denied({ Resource }))).toEqual(['aws:principaltag/tail'])
  })
})

describe('a ready edit', () => {
  test('a patch of the whole file, and the same as a unified diff', () => {
    const step = only(fixture('denied-decrypt')[3])
    expect(step.edit).toEqual({
      kind: 'file',
      name: 'denied-decrypt.json',
      patch: [
        {
          op: 'replace',
          path: '/keyPolicy/Statement/4/Condition/StringEquals/kms:EncryptionContext:tenant',
          value: ['green', 'blue'],
        },
      ],
      diff: expect.stringContaining(
        '-        "Condition": { "StringEquals": { "kms:EncryptionContext:tenant": "green" } }\n+        "Condition": { "StringEquals": { "kms:EncryptionContext:tenant": ["green", "blue"] } }\n',
      ) as string,
    })
  })

  test('a command for a grant, bound to the encryption context of the request', () => {
    expect(only(fixture('denied-decrypt')[1]).edit).toEqual({
      kind: 'command',
      command:
        'aws kms create-grant --key-id arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab ' +
        '--grantee-principal arn:aws:iam::111122223333:role/app/Invoices --operations Decrypt ' +
        `--constraints '{"EncryptionContextSubset":{"tenant":"blue"}}'`,
    })
  })
})
