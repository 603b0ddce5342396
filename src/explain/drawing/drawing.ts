/**
 * A picture of a decision or a key as plain data: boxes and arrows, before any format.
 *
 * Texts stand as they came from policies; each format escapes them for where they go.
 */

/** What a box stands for; formats choose shape and colour by it, and never say anything by colour alone. */
export type BoxKind = 'request' | 'question' | 'test' | 'allowed' | 'denied' | 'key' | 'allow' | 'deny' | 'principal'

export interface Box {
  /** Letters, digits and underscores. */
  readonly id: string
  readonly kind: BoxKind
  readonly title: string
  /** Below the title, each a line of its own. */
  readonly lines: readonly string[]
  /** On the way that the decision took. */
  readonly isDecisive: boolean
}

export interface Arrow {
  readonly from: string
  readonly to: string
  /** `yes`, `no`, or empty. */
  readonly label: string
  readonly isDecisive: boolean
}

export interface Drawing {
  readonly title: string
  /** The first box is where reading begins. Every other one is reached from it. */
  readonly boxes: readonly Box[]
  readonly arrows: readonly Arrow[]
  /** What is not drawn, one sentence each. */
  readonly notes: readonly string[]
}
