/**
 * `keyward/vitest`: matchers for worlds and policies, the same questions and sentences as in test files.
 *
 * Loads nothing of vitest: `expect.extend(policyMatchers)` hands the matchers over. A world or policy that cannot be read
 * throws, and so does a question that cannot be told, since neither `expect` nor `expect.not` may pass on it.
 *
 * Source: vitest documentation, "Extending Matchers"; `docs/test.md`, "In vitest".
 */
import { readFileSync } from 'node:fs'
import type {} from 'vitest'
import type { CauseCode } from './aws/causes.js'
import { parseAssertion } from './check/assertion.js'
import { Exercised } from './check/coverage.js'
import type { TestResult } from './check/result.js'
import { runTest } from './check/run-test.js'
import { policySubject, Subject, worldSubject } from './check/subject.js'
import type { AskedTest, Expected, TestedKind } from './check/test-file.js'
import type { Layer } from './graph/combine.js'
import { parsePolicy } from './policy/parse.js'
import { openWorld } from './source/world/load-world.js'
import { describeError } from './text/code-frame.js'
import { escapeTerminal } from './text/escape.js'
import type { SourceError } from './text/source.js'

export type { CauseCode } from './aws/causes.js'
export type { Layer } from './graph/combine.js'

/** What the matchers are asked of. */
export interface TestedPolicies {
  readonly kind: 'world' | 'policy'
}

/** What is expected of a denial besides that it is one. */
export interface DenialOptions {
  /** `explicitDeny`: a Deny applies; `implicitDeny`: nothing allows it. */
  readonly verdict?: 'explicitDeny' | 'implicitDeny'
  /** Cause code, such as `key-policy-condition`. */
  readonly because?: CauseCode
  readonly layer?: Layer
}

export interface ProofOptions {
  /** Longest time for the proof, in seconds; 30 when left out. */
  readonly budgetSeconds?: number
}

export interface PolicyMatchers {
  /** `expect(world).toAllow('can role/App do kms:Decrypt on alias/payments')` */
  toAllow(query: string): void
  toDeny(query: string, options?: DenialOptions): void
  /** `expect(world).toSatisfyAssertion('nobody outside the organization can kms:Decrypt on alias/payments')` */
  toSatisfyAssertion(assertion: string, options?: ProofOptions): void
}

declare module 'vitest' {
  // Merged with vitest's own, which has this parameter.
  interface Matchers<T> extends PolicyMatchers {}
}

const subjects = new WeakMap<TestedPolicies, Subject>()

/** A world folder. @throws where the folder cannot be read. */
export function loadWorld(folder: string): TestedPolicies {
  const opened = openWorld(folder)
  if (!opened.ok) throw new Error(escapeTerminal(opened.error))
  return known('world', worldSubject(opened.value.world, `${folder}/`))
}

/**
 * One policy in a file.
 * @param account - of the key or of the principal; any when left out.
 * @throws where the file is no policy of this kind.
 */
export function loadPolicy(file: string, kind: TestedKind, account = '111122223333'): TestedPolicies {
  const parsed = parsePolicy({ kind, source: { name: file, text: readFileSync(file, 'utf8') } })
  if (!parsed.ok) throw new Error(parsed.error.map((error) => describeError(error)).join('\n'))
  return known('policy', policySubject({ ...parsed.value, kind }, account))
}

function known(kind: TestedPolicies['kind'], subject: Subject): TestedPolicies {
  const handle: TestedPolicies = { kind }
  subjects.set(handle, subject)
  return handle
}

interface Matched {
  readonly pass: boolean
  readonly message: () => string
}

/** For `expect.extend`. */
export const policyMatchers = {
  toAllow: (received: unknown, query: string): Matched => matched(received, query, answering(query, 'allow')),

  toDeny: (received: unknown, query: string, { verdict, because, layer }: DenialOptions = {}): Matched =>
    matched(received, query, {
      ...answering(query, verdict ?? 'deny'),
      ...(because === undefined ? {} : { because }),
      ...(layer === undefined ? {} : { layer }),
    }),

  toSatisfyAssertion: (received: unknown, text: string, { budgetSeconds = 30 }: ProofOptions = {}): Matched => {
    const assertion = parseAssertion(text)
    if (!assertion.ok) {
      const { message, start, end, hint } = assertion.error
      throw notAsked({
        message,
        source: { name: NAME, text },
        span: { start, end },
        ...(hint === undefined ? {} : { hint }),
      })
    }
    const asked: AskedTest = { kind: 'claim', text: writtenAs(text), assertion: assertion.value }
    return matched(received, text, asked, budgetSeconds)
  },
}

const NAME = '<sentence>'

function writtenAs(text: string): Extract<AskedTest, { readonly kind: 'claim' }>['text'] {
  const node = { kind: 'string', value: text, start: 0, end: text.length } as const
  return { text, pieces: [{ start: 0, end: text.length, node, isVerbatim: true }] }
}

function answering(query: string, expect: Expected): Extract<AskedTest, { readonly kind: 'query' }> {
  return { kind: 'query', text: writtenAs(query), expect, isCertain: false }
}

function matched(received: unknown, sentence: string, asked: AskedTest, budgetSeconds = 30): Matched {
  const subject = typeof received === 'object' && received !== null ? subjectOf(received) : undefined
  if (subject === undefined) throw new TypeError('expected what `loadWorld` or `loadPolicy` of keyward/vitest gave')
  const source = { name: NAME, text: sentence }
  const span = { start: 0, end: sentence.length }
  const result = runTest({ source }, { name: sentence, span, asked, allowUnknown: false }, subject, {
    solve: { nowMs: () => performance.now(), budget: { maxMs: budgetSeconds * 1000 } },
    event: () => ({ ok: false, error: 'events are asked in test files' }),
    exercised: new Exercised(),
  })
  if (result.error !== undefined) throw notAsked(result.error)
  if (result.status === 'unknown')
    throw new Error(`this could not be told: ${escapeTerminal(result.details.join('; '))}`)
  return { pass: result.status === 'pass', message: () => messageOf(result) }
}

function subjectOf(received: object): Subject | undefined {
  // What is not a handle is no key of the map.
  return subjects.get(received as TestedPolicies)
}

function notAsked(error: SourceError): Error {
  return new Error(describeError(error))
}

function messageOf({ name, status, wanted, got, details, statements }: TestResult): string {
  if (status === 'pass') return `expected otherwise of: ${escapeTerminal(name)}`
  const by = statements.map(
    (each) =>
      `${each.isNear === true ? 'closest:' : 'by'} ${each.name}${each.file === undefined ? '' : ` (${each.file}:${each.line ?? 1})`}`,
  )
  return [`${name}: wanted ${wanted}, got ${got}`, ...details, ...by].map((line) => escapeTerminal(line)).join('\n')
}
