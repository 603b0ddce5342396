/** Runs a command as the program would, and catches what it writes. */
import { Command, CommanderError } from 'commander'
import { vi } from 'vitest'

export interface Ran {
  readonly out: string
  readonly err: string
  /** A number, or the code of a usage error. */
  readonly exitCode: unknown
}

export async function runCommand(register: (program: Command) => void, args: readonly string[]): Promise<Ran> {
  let out = ''
  let err = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk: string | Uint8Array, ...rest: unknown[]) => {
    out += String(chunk)
    for (const done of rest) if (typeof done === 'function') (done as () => void)()
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk: string | Uint8Array) => {
    err += String(chunk)
    return true
  })
  const program = new Command('keyward').exitOverride()
  register(program)
  const before = process.exitCode
  try {
    await program.parseAsync(args, { from: 'user' })
    return { out, err, exitCode: process.exitCode }
  } catch (error) {
    return { out, err, exitCode: error instanceof CommanderError ? error.code : error }
  } finally {
    process.exitCode = before
    vi.restoreAllMocks()
  }
}
