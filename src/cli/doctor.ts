/**
 * `keyward doctor`: is everything that a server needs as it should be? The name only; `doctor-run.ts` has the rest.
 */
import type { Command } from 'commander'

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check the store, root key, clock, files, certificates and addresses of a server')
    .argument('[options...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (_words: readonly string[], _options: unknown, command: Command) => {
      const { runDoctor } = await import('./doctor-run.js')
      process.exitCode = await runDoctor(command.args)
    })
}
