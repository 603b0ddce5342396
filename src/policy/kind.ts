/**
 * The kinds of policy and the names people type for them.
 *
 * Knows nothing of what a kind may contain; `element-rules.ts` does.
 *
 * Source: IAM User Guide, "Policies and permissions in IAM"; Organizations User Guide, "Authorization policies".
 */
import type { PolicyKind } from './document.js'

export const POLICY_KINDS = [
  'key',
  'identity',
  'boundary',
  'session',
  'scp',
  'rcp',
  'vpce',
  'trust',
  'resource',
] as const satisfies readonly PolicyKind[]

/** Longer names that other tools use, beside the kinds themselves. */
const OTHER_NAMES: ReadonlyMap<string, PolicyKind> = new Map([
  ['key-policy', 'key'],
  ['identity-policy', 'identity'],
  ['identity-based', 'identity'],
  ['permissions-boundary', 'boundary'],
  ['session-policy', 'session'],
  ['service-control-policy', 'scp'],
  ['resource-control-policy', 'rcp'],
  ['vpc-endpoint', 'vpce'],
  ['vpc-endpoint-policy', 'vpce'],
  ['trust-policy', 'trust'],
  ['assume-role-policy', 'trust'],
  ['resource-policy', 'resource'],
  ['resource-based', 'resource'],
])

/** The kind a person means by `name` (any case), or undefined. */
export function parsePolicyKind(name: string): PolicyKind | undefined {
  const wanted = name.toLowerCase()
  return POLICY_KINDS.find((kind) => kind === wanted) ?? OTHER_NAMES.get(wanted)
}
