/**
 * Actions that no policy and no grant in question tells apart: what is decided for one of them is decided for all.
 *
 * Source: Service Authorization Reference, AWS Key Management Service.
 */
import { KMS_ACTIONS } from '../aws/actions.js'
import type { Grant } from '../graph/grant.js'
import type { CompiledPolicy } from '../graph/policy.js'
import { NO_ROW, ROW_ACTION_HIGH, ROW_ACTION_LOW, type GraphTables } from '../graph/tables.js'
import { lackedSlots } from './pins.js'
import type { ScopedAction, ScopedResource } from './scope.js'
import { givenSlots } from './ties.js'

export interface ActionClass {
  /** The first one stands for all. */
  readonly actions: readonly ScopedAction[]
}

/** Classes whose requests carry the same condition keys. */
export interface ActionFamily {
  /** 1 for each slot whose key none of their requests carries. */
  readonly lacked: Uint8Array
  readonly classes: readonly ActionClass[]
}

export class ActionClasses {
  /** The different sets of KMS permissions that statements name, each as two words. */
  private readonly sets: readonly (readonly [low: number, high: number])[]

  constructor(
    private readonly tables: GraphTables,
    policies: Iterable<CompiledPolicy>,
    private readonly grants: readonly Grant[],
  ) {
    const sets = new Map<string, readonly [number, number]>()
    const ids = new Set<number>()
    const { rows } = tables
    for (const policy of policies) {
      if (ids.has(policy.id)) continue
      ids.add(policy.id)
      for (let statement = 0; statement < policy.length; statement++) {
        const row = policy.row(statement)
        if (row === NO_ROW) continue
        const low = rows.data[rows.start(row) + ROW_ACTION_LOW]!
        const high = rows.data[rows.start(row) + ROW_ACTION_HIGH]!
        sets.set(`${low} ${high}`, [low, high])
      }
    }
    this.sets = [...sets.values()]
  }

  families(actions: readonly ScopedAction[], resourceType: ScopedResource['type']): readonly ActionFamily[] {
    const families = new Map<string, { readonly lacked: Uint8Array; readonly classes: Map<string, ScopedAction[]> }>()
    for (const action of actions) {
      const lacked = lackedSlots(this.tables, action.name, resourceType)
      const given = givenSlots(this.tables, action.name, resourceType)
      // What CreateKey is about follows from its request, and from nothing for any other action.
      const own = action.name === 'kms:CreateKey' ? action.name : ''
      const key = `${own} ${lacked.join('')} ${given.join(',')}`
      let family = families.get(key)
      if (family === undefined) {
        family = { lacked, classes: new Map() }
        families.set(key, family)
      }
      const signature = this.signature(action)
      const alike = family.classes.get(signature)
      if (alike === undefined) family.classes.set(signature, [action])
      else alike.push(action)
    }
    return [...families.values()].map(({ lacked, classes }) => ({
      lacked,
      classes: [...classes.values()].map((alike) => ({ actions: alike })),
    }))
  }

  private signature({ name, bit }: ScopedAction): string {
    const info = KMS_ACTIONS[bit]
    if (info === undefined) throw new RangeError(`no KMS permission has bit ${bit}`)
    const { crossAccount, cryptographic, encryptionContext, conditionKeys } = info
    // Grants treat these two like no other action.
    const own = name === 'kms:CreateGrant' || name === 'kms:RetireGrant' ? name : ''
    const carriesVia = conditionKeys.includes('kms:ViaService')
    let text = `${own} ${String(crossAccount)} ${String(cryptographic)} ${String(encryptionContext)} ${String(carriesVia)} `
    for (const [low, high] of this.sets) text += ((bit < 32 ? low >>> bit : high >>> (bit - 32)) & 1) === 1 ? '1' : '0'
    const operation = name.slice('kms:'.length)
    for (const { operations } of this.grants) text += operations.includes(operation) ? '1' : '0'
    return text
  }
}
