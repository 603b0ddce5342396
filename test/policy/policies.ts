/** Policies that the tests of this room start from, and one way to read them. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { PolicyDocument, PolicyKind } from '../../src/policy/document.js'
import { parsePolicy, type ParsedPolicy, type ParsePolicyOptions } from '../../src/policy/parse.js'
import type { SourceError } from '../../src/text/source.js'

type Json = Readonly<Record<string, unknown>>

/** The smallest statement of a kind that AWS accepts. */
export const STATEMENTS: Readonly<Record<PolicyKind, Json>> = {
  key: { Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
  identity: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' },
  boundary: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' },
  session: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' },
  scp: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' },
  rcp: { Effect: 'Deny', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
  vpce: { Effect: 'Allow', Principal: '*', Action: 'kms:Decrypt', Resource: '*' },
  trust: { Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole' },
  resource: { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: '*' },
}

/** A policy of one statement; a change of `undefined` takes the element away. */
export function policyText(kind: PolicyKind, change: Json = {}, document: Json = {}): string {
  return JSON.stringify(
    { Version: '2012-10-17', Statement: [{ ...STATEMENTS[kind], ...change }], ...document },
    null,
    1,
  )
}

export function read(kind: PolicyKind, text: string, options: ParsePolicyOptions = {}): ParsedPolicy {
  return parsePolicy({ source: { name: 'policy.json', text }, kind }, options)
}

export function accept(kind: PolicyKind, text: string, options: ParsePolicyOptions = {}): PolicyDocument {
  const parsed = read(kind, text, options)
  expect(parsed.ok ? [] : parsed.error.map(({ message }) => message)).toEqual([])
  if (!parsed.ok) throw new Error('refused')
  return parsed.value
}

export function refuse(kind: PolicyKind, text: string, options: ParsePolicyOptions = {}): readonly SourceError[] {
  const parsed = read(kind, text, options)
  expect(parsed.ok).toBe(false)
  return parsed.ok ? [] : parsed.error
}

/** What the span of a finding covers. */
export function spot({ source, span }: SourceError): string {
  return source.text.slice(span.start, span.end)
}

/** One finding that a policy of `test/cases/policy` has, and no other. */
export interface FindingCase {
  /** The section of the facts, or the documentation page, that says so. */
  readonly page: string
  readonly kind: PolicyKind
  readonly policy: unknown
  readonly message: string
  /** The text it stands at when the policy is printed with an indent of one. */
  readonly at: string
  readonly pointer: string
  readonly hint?: string
}

export function readCases(file: string): readonly FindingCase[] {
  const text = readFileSync(new URL(`../cases/policy/${file}`, import.meta.url), 'utf8')
  return JSON.parse(text) as readonly FindingCase[]
}

export function shown(finding: SourceError): unknown {
  const { message, pointer, hint } = finding
  return { message, at: spot(finding), pointer, ...(hint === undefined ? {} : { hint }) }
}
