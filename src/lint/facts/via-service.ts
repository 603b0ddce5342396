/**
 * Values of `kms:ViaService` and `aws:CalledVia`: `s3.us-west-2.amazonaws.com` and `s3.amazonaws.com`.
 *
 * Knows names and forms, not which services call KMS in which Region.
 *
 * Source: KMS Developer Guide, "kms:ViaService"; IAM User Guide, "aws:CalledVia".
 */
import { overlaps } from './pattern-overlap.js'
import type { PolicyView, TextValue } from '../policy-view.js'
import { VIA_SERVICE_PREFIXES } from '../../aws/condition-keys.js'
import { firstSymbol, writtenOut } from '../symbols.js'
import { didYouMean } from '../../text/suggest.js'

const SUFFIX = '.amazonaws.com'
const REGION = /^[a-z]{2,}(?:-[a-z]+)+-[0-9]+$/

export interface ViaServiceFault {
  readonly fault: 'case' | 'suffix' | 'region'
  readonly better?: string
}

/** A value with what the pseudo parameters of a template stand for; undefined where more than those is unknown. */
export function deployedValue({ value, known }: TextValue, { symbols }: PolicyView): string | undefined {
  if (known) return value.includes('${') ? undefined : value
  const put = writtenOut(value, symbols)
    .replaceAll('${AWS::Region}', 'us-east-1')
    .replaceAll('${AWS::URLSuffix}', 'amazonaws.com')
    .replaceAll('${AWS::Partition}', 'aws')
  return put.includes('${') || firstSymbol(put) >= 0 ? undefined : put
}

/** What is wrong with the form of a value of `kms:ViaService`, or undefined. */
export function viaServiceFault(value: string, isPattern: boolean): ViaServiceFault | undefined {
  if (isPattern && /[*?]/.test(value)) {
    return overlaps(value, `?*.?*-?*-?*${SUFFIX}`) ? undefined : { fault: 'region' }
  }
  const lower = value.toLowerCase()
  if (lower !== value) return { fault: 'case', better: lower }
  if (lower.endsWith(`${SUFFIX}.cn`)) return { fault: 'suffix', better: lower.slice(0, -'.cn'.length) }
  if (!lower.endsWith(SUFFIX)) return { fault: 'suffix' }
  const labels = lower.slice(0, -SUFFIX.length).split('.')
  return labels.length > 1 && REGION.test(labels.at(-1) ?? '') ? undefined : { fault: 'region' }
}

export interface UnknownService {
  readonly name: string
  /** The whole value with the name that was probably meant. */
  readonly better?: string
}

/** For a value of the right form: the service that nobody has heard of. */
export function unknownViaService(value: string, isPattern: boolean): UnknownService | undefined {
  if (isPattern && /[*?]/.test(value)) {
    const isKnown = [...VIA_SERVICE_PREFIXES, ...WITH_FORWARDED_ACCESS].some((prefix) =>
      overlaps(value, `${prefix}.*${SUFFIX}`),
    )
    return isKnown ? undefined : { name: value }
  }
  const labels = value.slice(0, -SUFFIX.length).split('.')
  const region = labels.pop() ?? ''
  const name = labels.join('.')
  if (VIA_SERVICE_PREFIXES.includes(name) || WITH_FORWARDED_ACCESS.has(name)) return undefined
  const meant = OTHER_NAMES.get(name) ?? didYouMean(name, VIA_SERVICE_PREFIXES)
  return { name, ...(meant === undefined ? {} : { better: `${meant}.${region}${SUFFIX}` }) }
}

/**
 * Not in the table of `kms:ViaService`, but among the services of `aws:CalledVia`: they call any other, KMS too, with the
 * access of whoever calls them.
 */
const WITH_FORWARDED_ACCESS: ReadonlySet<string> = new Set(['cloudformation'])

/** What people call a service that calls KMS by another name. */
const OTHER_NAMES: ReadonlyMap<string, string> = new Map([
  ['ebs', 'ec2'],
  ['aurora', 'rds'],
  ['efs', 'elasticfilesystem'],
])

/** The Region label that `aws:CalledVia` never has. */
export function regionOfCalledVia(value: string): string | undefined {
  const lower = value.toLowerCase()
  if (!lower.endsWith(SUFFIX)) return undefined
  const labels = lower.slice(0, -SUFFIX.length).split('.')
  const last = labels.at(-1) ?? ''
  return labels.length > 1 && REGION.test(last) ? last : undefined
}
