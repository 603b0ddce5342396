/** Types of the large world that the benchmarks and tests of scale ask. */
export interface Sizes {
  readonly accounts: number
  /** Of each account, as are the others. */
  readonly roles: number
  readonly keys: number
  readonly customerPolicies: number
  readonly awsPolicies: number
}
export const SIZES: Sizes
export function writeLargeWorld(folder: string, sizes?: Sizes): unknown
/** JSON Lines. */
export function deniedEvents(sizes?: Sizes): string
