/**
 * What the key of a template is: its usage and key spec, and so which operations it can do.
 *
 * Undefined where the template leaves it to deployment. Knows nothing of policies.
 *
 * Source: KMS API Reference, "CreateKey" (KeyUsage, KeySpec); KMS Developer Guide, "Key type reference".
 */
import type { ResourceFacts } from '../policy-view.js'
import type { TemplateResource, TemplateView } from '../rule.js'
import { KMS_ACTIONS, type KeyUsage, type KmsAction } from '../../aws/actions.js'

const KEY_TYPES: ReadonlySet<string> = new Set(['AWS::KMS::Key', 'aws_kms_key', 'aws_kms_external_key'])

export function isKeyResource({ type }: ResourceFacts): boolean {
  return KEY_TYPES.has(type)
}

export interface KeyKind {
  readonly spec: string
  readonly usage: KeyUsage
  readonly isSymmetric: boolean
}

const USAGES: ReadonlySet<string> = new Set(KMS_ACTIONS.flatMap(({ keyUsage }) => keyUsage))

/** @param places - of the properties that are written down, known or not. */
export function keyKind(resource: ResourceFacts, places: Readonly<Record<string, unknown>> = {}): KeyKind | undefined {
  if (!isKeyResource(resource)) return undefined
  const { properties } = resource
  const isOpen = (name: string): boolean => !(name in properties) && name in places
  if (isOpen('KeySpec') || isOpen('KeyUsage')) return undefined
  const spec = properties['KeySpec'] ?? properties['CustomerMasterKeySpec'] ?? 'SYMMETRIC_DEFAULT'
  const usage = properties['KeyUsage'] ?? 'ENCRYPT_DECRYPT'
  if (typeof spec !== 'string' || typeof usage !== 'string' || !isUsage(usage)) return undefined
  return { spec, usage, isSymmetric: spec === 'SYMMETRIC_DEFAULT' }
}

function isUsage(text: string): text is KeyUsage {
  return USAGES.has(text)
}

/** Whether a key of this kind can do what the permission is for. */
export function canDo({ usage, isSymmetric, spec }: KeyKind, { keyUsage, keyClass }: KmsAction): boolean {
  if (keyUsage.length > 0 && !keyUsage.includes(usage)) return false
  if (keyClass === 'symmetric-encryption') return isSymmetric
  return keyClass !== 'asymmetric' || !(isSymmetric || spec.startsWith('HMAC_'))
}

/** The resource of a policy as its template has it, with the places of its properties. */
export function resourceInTemplate(
  { address }: ResourceFacts,
  template: TemplateView | undefined,
): TemplateResource | undefined {
  if (template === undefined) return undefined
  let byAddress = resourcesOf.get(template)
  if (byAddress === undefined) {
    byAddress = new Map(template.resources.toReversed().map((resource) => [resource.address, resource]))
    resourcesOf.set(template, byAddress)
  }
  return byAddress.get(address)
}

// A plan has thousands of resources, and each of its keys asks.
const resourcesOf = new WeakMap<TemplateView, ReadonlyMap<string, TemplateResource>>()
