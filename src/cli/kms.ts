/**
 * `keyward kms`: every operation of KMS on a store of one's own. The name only; `kms-run.ts` has the rest.
 */
import type { Command } from 'commander'

export function registerKms(program: Command): void {
  program
    .command('kms')
    .description('do an operation of KMS on a local store: create-key, encrypt, list-keys, ...')
    .argument('[operation]')
    .argument('[options...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (_operation: string | undefined, _words: readonly string[], _options: unknown, command: Command) => {
      const { runKms } = await import('./kms-run.js')
      process.exitCode = await runKms(command.args)
    })
}
