/**
 * Which of the gaps around a request could change this very answer.
 *
 * A gap that could only deny changes no denial, and one that could only allow changes no allow; of a denial for want of
 * an Allow the layer tells where one would have to come from.
 *
 * Source: facts A3, C5 (how layers are joined), F1 (grants).
 */
import type { Outcome } from '../../graph/combine.js'
import type { Gap, GapCode } from '../world/world.js'

/** What could stand where the gap is. */
interface GapEffect {
  readonly mayDeny: boolean
  /** The layers whose missing Allow it could supply. */
  readonly mayAllow: readonly Outcome['layer'][]
  /** Condition keys whose values it hides. */
  readonly hides?: readonly string[]
}

const IDENTITY: GapEffect = { mayDeny: true, mayAllow: ['identity', 'boundary', 'grant'] }
/** Of a managed policy, which may be passed for a session as well. */
const MANAGED: GapEffect = { mayDeny: true, mayAllow: [...IDENTITY.mayAllow, 'session'] }
const ORGANIZATION_KEYS = [
  'aws:PrincipalOrgID',
  'aws:PrincipalOrgPaths',
  'aws:ResourceOrgID',
  'aws:ResourceOrgPaths',
] as const
const GUARDRAILS: GapEffect = { mayDeny: true, mayAllow: [], hides: ORGANIZATION_KEYS }
const KEY_KEYS = ['kms:KeySpec', 'kms:KeyUsage', 'kms:KeyOrigin', 'kms:MultiRegion', 'kms:MultiRegionKeyType'] as const

const EFFECTS: Readonly<Record<GapCode, GapEffect>> = {
  'organization-missing': GUARDRAILS,
  'organization-id-missing': { mayDeny: false, mayAllow: [], hides: ORGANIZATION_KEYS },
  // No SCP or RCP limits the management account, which is nobody here.
  'management-account-missing': { mayDeny: false, mayAllow: ['scp', 'rcp'] },
  'account-not-in-organization': GUARDRAILS,
  'account-place-unknown': GUARDRAILS,
  'scps-missing': { mayDeny: true, mayAllow: [] },
  'rcps-missing': { mayDeny: true, mayAllow: [] },
  'scp-targets-missing': { mayDeny: true, mayAllow: ['scp'] },
  'rcp-targets-missing': { mayDeny: true, mayAllow: [] },
  'organization-policy-missing': { mayDeny: true, mayAllow: ['scp', 'rcp'] },
  'identities-missing': { ...IDENTITY, hides: ['aws:PrincipalTag/{tag-key}'] },
  'principal-missing': { ...IDENTITY, hides: ['aws:PrincipalTag/{tag-key}'] },
  'managed-policy-missing': MANAGED,
  'group-missing': IDENTITY,
  'key-missing': {
    mayDeny: true,
    mayAllow: ['keyPolicy', 'grant', 'identity'],
    hides: [...KEY_KEYS, 'kms:ResourceAliases', 'aws:ResourceTag/{tag-key}'],
  },
  'key-metadata-missing': { mayDeny: false, mayAllow: ['operation'], hides: KEY_KEYS },
  'key-policy-missing': { mayDeny: true, mayAllow: ['keyPolicy'] },
  'grants-missing': { mayDeny: false, mayAllow: ['keyPolicy', 'identity', 'boundary', 'session', 'grant'] },
  'aliases-missing': { mayDeny: false, mayAllow: [], hides: ['kms:ResourceAliases'] },
  'key-tags-missing': { mayDeny: false, mayAllow: [], hides: ['aws:ResourceTag/{tag-key}'] },
  'endpoint-missing': { mayDeny: true, mayAllow: [] },
  'endpoint-policy-missing': { mayDeny: true, mayAllow: [] },
  'list-incomplete': { mayDeny: true, mayAllow: ['scp', 'rcp', 'vpce', 'keyPolicy', 'identity', 'boundary', 'grant'] },
  'policy-unreadable': {
    mayDeny: true,
    mayAllow: ['scp', 'rcp', 'vpce', 'keyPolicy', 'identity', 'boundary', 'session', 'grant'],
  },
}

export function couldChange({ code }: Gap, { decision, layer }: Outcome): boolean {
  const { mayDeny, mayAllow } = EFFECTS[code]
  switch (decision) {
    case 'allow':
      return mayDeny
    case 'implicitDeny':
      return mayAllow.includes(layer)
    case 'explicitDeny':
      // No Allow outweighs a Deny; one from the organization may not be about this account.
      return code === 'management-account-missing' && (layer === 'scp' || layer === 'rcp')
  }
}

/** Condition keys, or families of them such as `aws:ResourceTag/{tag-key}`, whose values the gap hides. */
export function hiddenKeys({ code }: Gap): readonly string[] {
  return EFFECTS[code].hides ?? []
}
