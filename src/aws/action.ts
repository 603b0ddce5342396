/**
 * Looking up a KMS permission by name, in any case.
 *
 * Knows nothing of patterns: `kms:Decr*` is matched by whoever reads policies.
 *
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
 */
import { KMS_ACTIONS, type KmsAction } from './actions.js'

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
