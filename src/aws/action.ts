/**
 * Looking up a KMS permission by name, in any case.
 *
 * Knows nothing of patterns: `kms:Decr*` is matched by whoever reads policies.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
 */
import { KMS_ACTIONS, MULTI_RESOURCE_APIS, type KmsAction } from './actions.js'

/** Name, as documented and in lower case -> bit; built when somebody first asks. */
let bits: ReadonlyMap<string, number> | undefined

/** The action of this name, `kms:decrypt` as well as `kms:Decrypt`. */
export function actionByName(name: string): KmsAction | undefined {
  const bit = actionBit(name)
  return bit === undefined ? undefined : KMS_ACTIONS[bit]
}

/** The bit of an action in every action set: its place in `KMS_ACTIONS`. */
export function actionBit(name: string): number | undefined {
  bits ??= new Map(
    KMS_ACTIONS.flatMap((action, bit) => [
      [action.name, bit],
      [action.name.toLowerCase(), bit],
    ]),
  )
  // The documented spelling first: it is what nearly everybody writes, and folding costs more than a look-up.
  return bits.get(name) ?? bits.get(name.toLowerCase())
}

let withoutKey: ReadonlySet<string> | undefined

/**
 * Whether some API asks for this permission before there is a key to ask it on: CreateKey with tags asks for
 * kms:TagResource. `name` is in its documented spelling.
 */
export function isCheckedWithoutKey(name: string): boolean {
  withoutKey ??= new Set(
    Object.values(MULTI_RESOURCE_APIS).flatMap((checks) =>
      checks.filter(({ resource }) => resource === 'none').map(({ action }) => action),
    ),
  )
  return withoutKey.has(name)
}
