/** How a command ends, for scripts that ask: the same for every command. */
export const EXIT = {
  ok: 0,
  /** A denial, or findings. */
  denied: 1,
  /** A wrong command line or input that cannot be read. */
  usage: 2,
  /** A defect of this program. */
  internal: 3,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
