/**
 * Which of the gaps around a request could change this very answer.
 *
 * A gap that could only deny changes no denial, and one that could only allow changes no allow; of a denial for want of
 * an Allow the layer tells where one would have to come from.
 *
 * Source: facts A3, C5 (how layers are joined), F1 (grants).
 */
import type { Layer, Outcome } from '../../graph/combine.js'
import { listed } from '../../explain/names.js'
import type { Gap, GapCode, UnreadPart } from '../world/world.js'

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

const EFFECTS: Readonly<Record<Exclude<GapCode, 'policy-unreadable' | 'contradicted'>, GapEffect>> = {
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
}

/** By what the policy would be. Boundaries and endpoint policies that cannot be read are taken as not limiting. */
const UNREADABLE: Readonly<Record<UnreadPart, GapEffect>> = {
  scp: { mayDeny: true, mayAllow: ['scp'] },
  rcp: { mayDeny: true, mayAllow: ['rcp'] },
  vpce: { mayDeny: true, mayAllow: [] },
  keyPolicy: { mayDeny: true, mayAllow: ['keyPolicy', 'grant'] },
  identity: { mayDeny: true, mayAllow: ['identity', 'grant'] },
  boundary: { mayDeny: true, mayAllow: [] },
  session: { mayDeny: true, mayAllow: ['session'] },
}

/** A key has a policy, grants and tags; a caller policies and tags. */
const OF_KEY: GapEffect = { mayDeny: true, mayAllow: ['keyPolicy', 'grant', 'identity', 'boundary', 'session'] }

function effectOf({ code, unreadable, scope }: Gap): GapEffect {
  if (code === 'contradicted') return scope.kind === 'keys' ? OF_KEY : IDENTITY
  if (code !== 'policy-unreadable') return EFFECTS[code]
  if (unreadable === undefined) throw new Error('a gap of a policy that cannot be read does not say which')
  return UNREADABLE[unreadable.part]
}

export function couldChange(gap: Gap, { decision, layer }: Outcome): boolean {
  const { mayDeny, mayAllow } = effectOf(gap)
  switch (decision) {
    case 'allow':
      return mayDeny
    case 'implicitDeny':
      return mayAllow.includes(layer)
    case 'explicitDeny':
      // No Allow outweighs a Deny; one from the organization may not be about this account.
      return gap.code === 'management-account-missing' && (layer === 'scp' || layer === 'rcp')
  }
}

/** Condition keys, or families of them such as `aws:ResourceTag/{tag-key}`, whose values the gap hides. */
export function hiddenKeys(gap: Gap): readonly string[] {
  return effectOf(gap).hides ?? []
}

/** How many are named; the others are counted. */
const NAMED = 2

/**
 * A sentence for who reads no more than that: an answer that a policy could turn which nobody can read. Empty where
 * there is none.
 *
 * @param isAlso - the answer is known already to hang on something else.
 */
export function unreadableSentence(isAllowed: boolean, missing: readonly Gap[], isAlso: boolean): string {
  const all = missing.flatMap(({ unreadable }) => unreadable ?? [])
  if (all.length === 0) return ''
  const named = all.slice(0, NAMED).map(({ part, policy, file, line }) => {
    // Which key that is stands above.
    return `${part === 'keyPolicy' ? 'the policy of the key' : policy} (${file}:${line})`
  })
  const more = all.length - named.length
  const policies = listed([...named, ...(more === 0 ? [] : [`${more} more`])], 'and')
  const turned = isAllowed ? 'denied' : 'allowed'
  return ` It could also be ${turned}${isAlso ? ' for another reason' : ''}: ${policies} cannot be read.`
}

/** What is said of a layer in a few words, where policies of it cannot be read: those are not ones that say nothing. */
export function whyOf(layer: Layer, why: string, missing: readonly Gap[]): string {
  const unread = missing.flatMap(({ unreadable }) => (unreadable?.part === layer ? [unreadable] : []))
  const [first] = unread
  if (first === undefined) return why
  // Of these there is one.
  if (layer === 'keyPolicy' || layer === 'vpce' || layer === 'boundary') {
    return `cannot be read: ${first.file}:${first.line}`
  }
  return `${unread.length === 1 ? `${first.policy} cannot be read` : `${unread.length} policies cannot be read`}; ${why}`
}
