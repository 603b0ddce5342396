/** Worlds and policies for tests: small ones, and Acme. */
import { policySubject, worldSubject, type Subject } from '../../src/check/subject.js'
import type { TestedKind } from '../../src/check/test-file.js'
import { parsePolicy } from '../../src/policy/parse.js'
import { openWorld } from '../../src/source/world/load-world.js'

const ACME = 'fixtures/acme/world'
let acme: Subject | undefined

export function acmeSubject(): Subject {
  if (acme === undefined) {
    const opened = openWorld(ACME)
    if (!opened.ok) throw new Error(opened.error)
    acme = worldSubject(opened.value.world, `${ACME}/`)
  }
  return acme
}

export const ACCOUNT = '111122223333'
export const ROOT = {
  Sid: 'Account',
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
}

/** One policy of these statements. */
export function subjectOf(kind: TestedKind, ...statements: readonly object[]): Subject {
  const text = JSON.stringify({ Version: '2012-10-17', Statement: statements }, null, 2)
  const parsed = parsePolicy({ kind, source: { name: 'policy.json', text } })
  if (!parsed.ok) throw new Error(parsed.error[0]?.message)
  return policySubject({ ...parsed.value, kind }, ACCOUNT)
}
