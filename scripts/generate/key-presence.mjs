/**
 * `src/aws/key-presence.ts`: which condition keys every request carries, and whose requests carry the others.
 */
import { header, literal } from './common.mjs'

export function renderKeyPresence(facts) {
  const all = [...facts.kms, ...facts.global]
  const presence = new Map()
  for (const { key, present } of all) presence.set(key, classOf(present, all))
  const named = (wanted) => [...presence].filter(([, found]) => found === wanted).map(([key]) => key)
  return [
    header(
      ['Which condition keys a request always carries, and which only the requests of some callers do. Data only.'],
      'facts/condition-keys.json',
      'IAM User Guide, "AWS global condition context keys"; KMS Developer Guide, "AWS KMS condition keys".',
    ),
    '',
    '/** In every request whose action has the key, whoever calls. */',
    `export const ALWAYS_PRESENT_KEYS: readonly string[] = ${literal(named('always'))}`,
    '',
    '/** In every such request of an IAM principal; calls by service principals do not have them. */',
    `export const IAM_CALLER_KEYS: readonly string[] = ${literal(named('iamCallers'))}`,
    '',
    '/** Only in direct calls by service principals. */',
    `export const SERVICE_CALLER_KEYS: readonly string[] = ${literal(named('serviceCallers'))}`,
  ].join('\n')
}

function classOf(present, all) {
  const same = /^as ((?:aws|kms):\w+)/.exec(present)
  if (same !== null) return classOf(all.find((fact) => fact.key === same[1]).present, all)
  if (/^(?:only when a service principal calls directly|only on direct calls by a service principal)/.test(present))
    return 'serviceCallers'
  if (/absent for service principals|by IAM principals/.test(present)) return 'iamCallers'
  if (/^(?:decision: )?always|^all signed requests$/.test(present)) return 'always'
  return 'sometimes'
}
