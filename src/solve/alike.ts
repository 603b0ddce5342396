/**
 * Known principals that no policy, grant or condition tells apart: one of them answers for all.
 *
 * Only says that principals are alike where that is plain; a world in which they might not be has groups of one.
 */
import type { CompiledPolicy } from '../graph/policy.js'
import { SPEC_FIRST, type GraphTables } from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import type { PrincipalEntry, Snapshot } from '../graph/world.js'
import type { SlotValue } from '../graph/atom.js'
import type { Mentioned } from './relevant.js'

/** ARNs of principals; the first one answers for the others. */
export type AlikePrincipals = readonly string[]

export function alikePrincipals(
  snapshots: readonly Snapshot[],
  mentioned: Mentioned,
  arns: Iterable<string>,
): readonly AlikePrincipals[] {
  const [first] = snapshots
  if (first === undefined) return []
  const likeness = new Likeness(first.tables)
  const groups = new Map<string, string[]>()
  for (const arn of arns) {
    const profile = mentioned.arns.has(arn) ? undefined : likeness.profile(arn, snapshots)
    const group = groups.get(profile ?? arn)
    if (group === undefined) groups.set(profile ?? arn, [arn])
    else group.push(arn)
  }
  return [...groups.values()]
}

const PRINCIPAL_ARN = 'aws:principalarn'
/** Keys in which every principal is its own. */
const OWN_KEYS = ['aws:username', 'aws:userid']

/** What tells principals apart, besides their being named. */
export class Likeness {
  private readonly isPersonal: boolean
  /** Something is compared with the principal's ARN itself. */
  private readonly namesArn: boolean
  private readonly asksTags: boolean
  private readonly arnSlot: number
  /** Atoms on the principal's ARN. */
  private readonly arnAtoms: readonly number[]

  constructor(private readonly tables: GraphTables) {
    this.arnSlot = tables.findSlot(PRINCIPAL_ARN)
    const atoms: number[] = []
    let isVariable = false
    for (const atom of this.arnSlot < 0 ? [] : askedAtoms(tables)) {
      const { slot, slots } = tables.atom(atom)
      if (slot === this.arnSlot) atoms.push(atom)
      isVariable ||= slots.length > 1 && slots.includes(this.arnSlot)
    }
    this.arnAtoms = atoms
    this.namesArn = isVariable || this.namesArnInResources()
    this.isPersonal = this.namesArn || OWN_KEYS.some((key) => tables.findSlot(key) >= 0)
    let asksTags = false
    for (let slot = 0; slot < tables.slotCount; slot++)
      asksTags ||= tables.slotName(slot).startsWith('aws:principaltag/')
    this.asksTags = asksTags
  }

  /** Equal for principals that are alike; undefined for one that is like no other. */
  profile(arn: string, snapshots: readonly Snapshot[]): string | undefined {
    if (this.isPersonal) return undefined
    const resource = arn.indexOf(':', arn.indexOf('::') + 2)
    const kind = arn.startsWith('user/', resource + 1) ? 'user' : 'role'
    // Guardrails do not limit the roles that services make.
    const linked = arn.startsWith('role/aws-service-role/', resource + 1)
    let profile = `${kind} ${String(linked)} ${arn.slice(0, resource)}`
    for (const { principals } of snapshots) profile += this.entryProfile(principals.get(arn))
    if (this.arnAtoms.length === 0) return profile
    return `${profile}/${this.arnProfile(arn)}`
  }

  /** Whether no condition tells these ARNs apart. */
  areAlikeByArn(one: string, other: string): boolean {
    return !this.namesArn && this.arnProfile(one) === this.arnProfile(other)
  }

  private arnProfile(arn: string): string {
    const values: SlotValue[] = []
    values[this.arnSlot] = arn
    return this.arnAtoms.map((atom) => (this.tables.atom(atom).holds(values) ? '1' : '0')).join('')
  }

  private entryProfile(entry: PrincipalEntry | undefined): string {
    if (entry === undefined) return '/'
    const { policies, boundary, tags } = entry
    const told = this.asksTags
      ? JSON.stringify(
          Object.keys(tags)
            .toSorted()
            .map((key) => [key, tags[key]]),
        )
      : ''
    return `/${idsOf(policies)} ${boundary?.id ?? ''} ${told}`
  }

  private namesArnInResources(): boolean {
    const { resources, strings } = this.tables
    if (this.arnSlot < 0) return false
    for (let spec = 0; spec < resources.size; spec++) {
      for (const id of resources.tuple(spec).slice(SPEC_FIRST)) {
        const text = strings.text(id)
        if (!text.startsWith(LITERAL) && text.toLowerCase().includes(PRINCIPAL_ARN)) return true
      }
    }
    return false
  }
}

/** The atoms of every guard. */
export function askedAtoms({ guards }: GraphTables): ReadonlySet<number> {
  const atoms = new Set<number>()
  for (let guard = 0; guard < guards.size; guard++) for (const literal of guards.tuple(guard)) atoms.add(literal >> 1)
  return atoms
}

function idsOf(policies: readonly CompiledPolicy[]): string {
  let ids = ''
  for (const { id } of policies) ids += `${id},`
  return ids
}
