/**
 * Versions of AWS managed policies: what changed between them, for the actions of every service.
 *
 * Every difference is asked again of both versions by a slow reading of the JSON, and where nothing is said to have
 * grown or shrunk, random requests aimed at what the versions name find nothing either. Steps are bounded, so that the
 * same pairs are left open on every machine.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parsePolicyValue } from '../../src/policy/parse.js'
import type { PolicyDocument } from '../../src/policy/document.js'
import type { Difference, Verdict } from '../../src/solve/access.js'
import { comparePolicies } from '../../src/solve/policies.js'
import type { PolicyJson } from '../reference/document.js'
import { Aim, allowsAlone, contextOf, Dice } from '../solve/aimed.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = path.resolve(
  root,
  process.env['KEYWARD_SHARED'] ?? '../shared',
  'corpora/aws-managed-policy-version-pairs',
)
const isThere = existsSync(folder)
const files = isThere ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []

/** What five seconds at most come to on a slow machine. */
const BUDGET = { maxSteps: 5_000_000 }
const AIMED = 150
const MAX_OPEN = 0.02

interface VersionPair {
  readonly before: PolicyJson
  readonly after: PolicyJson
}

function parsed(policy: PolicyJson): PolicyDocument {
  const found = parsePolicyValue(policy, 'identity', 'policy', { sizes: 'report' })
  if (!found.ok) throw new Error(found.error.map(({ message }) => message).join('; '))
  return found.value
}

/** Whether the versions allow the request of a difference, by the slow reading. */
function asked({ before, after }: VersionPair, { witness }: Difference): readonly boolean[] {
  if (witness === undefined) throw new Error('a difference has no witness')
  const { action, resource, context } = witness.request
  const request = { action, resource, context: contextOf(context) }
  return [allowsAlone(before, request), allowsAlone(after, request)]
}

/** Keys that a request may have as it likes: no other key of these policies, and no caller, says what they are. */
function isFree(key: string): boolean {
  return !/^(?:aws:(?:principal|username|userid|calledvia|viaaws|tagkeys|requesttag|source|vpc|resource)|kms:)/i.test(
    key,
  )
}

interface Checked {
  readonly verdict: Verdict
  /** Whether a random request found a difference by itself. */
  readonly isHit: boolean
}

function checked(pair: VersionPair, seed: number): Checked {
  const [before, after] = [parsed(pair.before), parsed(pair.after)]
  const { verdict, more, less, reason } = comparePolicies(before, after, 'identity', { budget: BUDGET })
  if (verdict === 'unknown') expect(reason).toBeTruthy()
  for (const difference of more) expect(asked(pair, difference), told(difference)).toEqual([false, true])
  for (const difference of less) expect(asked(pair, difference), told(difference)).toEqual([true, false])
  let isHit = false
  const aim = new Aim([pair.before, pair.after], new Dice(seed), isFree)
  for (let number = 0; number < AIMED; number++) {
    const request = aim.request()
    const [old, now] = [allowsAlone(pair.before, request), allowsAlone(pair.after, request)]
    isHit ||= old !== now
    if (now && !old) expect(['more', 'incomparable', 'unknown'], JSON.stringify(request)).toContain(verdict)
    if (old && !now) expect(['less', 'incomparable', 'unknown'], JSON.stringify(request)).toContain(verdict)
  }
  return { verdict, isHit }
}

const told = ({ witness }: Difference): string => JSON.stringify(witness?.request)

describe.skipIf(!isThere)(`versions of managed policies${isThere ? '' : ' (skipped: the corpus is not there)'}`, () => {
  const seen: Record<Verdict, number> = { equivalent: 0, less: 0, more: 0, incomparable: 0, unknown: 0 }
  let hits = 0

  test.each(files)('%s', (file) => {
    const pair = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as VersionPair
    const { verdict, isHit } = checked(pair, files.indexOf(file))
    seen[verdict] += 1
    if (isHit) hits += 1
  })

  test('hardly any pair is left open', () => {
    expect(files.length).toBeGreaterThan(100)
    expect(seen.more).toBeGreaterThan(files.length / 2)
    // Random requests are worth something: they find most of what has changed.
    expect(hits).toBeGreaterThan(files.length / 2)
    expect(seen.unknown / files.length).toBeLessThanOrEqual(MAX_OPEN)
  })
})
