/**
 * `keyward credentials`: who may sign requests to `keyward serve`. The name only; `credentials-run.ts` has the rest.
 */
import type { Command } from 'commander'

export function registerCredentials(program: Command): void {
  program
    .command('credentials')
    .description('access keys of users and of the root, for clients of the server: add, list, revoke')
    .argument('[what]')
    .argument('[options...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (_what: string | undefined, _words: readonly string[], _options: unknown, command: Command) => {
      const { runCredentials } = await import('./credentials-run.js')
      process.exitCode = await runCredentials(command.args)
    })
}
