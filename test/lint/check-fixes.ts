/**
 * What every safe fix must do: leave a text that can be read and holds the same policies, each of which decides as it
 * did, and leave nothing to be fixed.
 */
import { EMBEDDED_READERS } from '../../src/cli/lint-readers.js'
import { defaultConfig } from '../../src/lint/config.js'
import { fixFile } from '../../src/lint/fix.js'
import { Linter } from '../../src/lint/lint.js'
import { proverWith } from '../../src/lint/prove-equivalent.js'
import { RULES } from '../../src/lint/rules/index.js'
import type { CorpusFile } from './corpora.js'

/** Steps, so that the same proofs are given up on every machine. */
const BUDGET = { maxSteps: 2_000_000 }
const GIVEN_UP = 'the proof that no decision changes was not completed'
const NOT_ACCEPTED = 'only of a policy that AWS accepts can it be proved that no decision changes'

export interface CheckedFixes {
  readonly applied: number
  /** Proofs that were given up. */
  readonly open: number
  /** What must not be, one sentence each. */
  readonly wrong: readonly string[]
}

export function checkFixes({ source, kind }: CorpusFile): CheckedFixes {
  const { name, text } = source
  const linter = new Linter(RULES, {
    config: defaultConfig(),
    choice: { preset: 'strict' },
    ...(kind === undefined ? {} : { kind }),
    today: '2026-11-22',
    readers: EMBEDDED_READERS,
  })
  const prove = proverWith({ budget: BUDGET })
  const check = (written: string): ReturnType<Linter['check']> => linter.check({ name, text: written }, true)
  const settings = { safety: 'safe', prove, check } as const
  const { text: fixed, applied, refused } = fixFile(text, settings)
  const open = refused.filter(({ reason }) => reason === GIVEN_UP).length
  const wrong = refused
    .filter(({ reason }) => reason !== GIVEN_UP && reason !== NOT_ACCEPTED)
    .map(({ finding, reason }) => `${name}: ${finding.rule.id} ${finding.message}: ${reason}`)
  if (fixed === text) return { applied: applied.length, open, wrong }
  const [before, after] = [check(text).file, check(fixed).file]
  if (after.faults.length > before.faults.length) wrong.push(`${name}: cannot be read any more`)
  if (after.policies.length !== before.policies.length) wrong.push(`${name}: has other policies`)
  for (const [index, { view }] of before.policies.entries()) {
    const now = after.policies[index]?.view
    // What AWS refuses has no meaning to be kept.
    if (view.document === undefined || now === undefined) continue
    if (now.document === undefined) wrong.push(`${name}: ${view.resource?.address ?? ''} is refused`)
    else if (prove(view.document, now.document, view.kind) === 'different') wrong.push(`${name}: decides otherwise`)
  }
  if (fixFile(fixed, settings).text !== fixed) wrong.push(`${name}: fixing again changes it again`)
  return { applied: applied.length, open, wrong }
}
