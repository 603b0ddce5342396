/**
 * Names of service principals: is this one that some service has?
 *
 * Knows names, not which services call whom. A name that no table has may be newer than the tables.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal" (AWS service principals).
 */
import { VIA_SERVICE_PREFIXES } from '../../aws/condition-keys.js'
import { RETIRED_SERVICES } from '../../aws/retired-services.js'
import { servicePrefixes } from '../../aws/service.js'
import { GLOBAL_SERVICE_PRINCIPALS, OTHER_SERVICE_PRINCIPALS } from '../../aws/service-principals.js'
import { didYouMean } from '../../text/suggest.js'

export type ServicePrincipalFault =
  | { readonly fault: 'case' | 'region' | 'suffix'; readonly better?: string }
  /** `better` is what was probably meant. */
  | { readonly fault: 'unknown'; readonly better?: string }

const SUFFIXES = ['.amazonaws.com', '.amazonaws.com.cn', '.amazon.com'] as const
const REGION = /^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$/

let names: ReadonlySet<string> | undefined

function knownNames(): ReadonlySet<string> {
  names ??= new Set([
    ...servicePrefixes(),
    ...VIA_SERVICE_PREFIXES,
    ...RETIRED_SERVICES.keys(),
    ...OTHER_SERVICE_PRINCIPALS,
  ])
  return names
}

/** What is wrong with `logs.us-east-1.amazonaws.com`, or undefined. */
export function servicePrincipalFault(principal: string): ServicePrincipalFault | undefined {
  const lower = principal.toLowerCase()
  const suffix = SUFFIXES.find((candidate) => lower.endsWith(candidate))
  if (suffix === undefined) {
    const first = lower.split('.', 1)[0] ?? ''
    return { fault: 'suffix', ...(knownNames().has(first) ? { better: `${first}.amazonaws.com` } : {}) }
  }
  if (lower !== principal) return { fault: 'case', better: lower }
  const labels = lower.slice(0, -suffix.length).split('.')
  const hasRegion = labels.length > 1 && REGION.test(labels.at(-1) ?? '')
  const name = (hasRegion ? labels.slice(0, -1) : labels).join('.')
  if (hasRegion && GLOBAL_SERVICE_PRINCIPALS.has(name)) return { fault: 'region', better: name + suffix }
  // Services give their parts names of their own in front of the name: `delivery.logs`, `mrk.kms`.
  const own = name.split('.')
  if (knownNames().has(name) || own.some((label) => knownNames().has(label))) return undefined
  const meant = didYouMean(name, knownNames())
  return {
    fault: 'unknown',
    ...(meant === undefined ? {} : { better: `${[meant, ...(hasRegion ? labels.slice(-1) : [])].join('.')}${suffix}` }),
  }
}
