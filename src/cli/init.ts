/**
 * `keyward init`: makes the folder of a key service. The name only; `init-run.ts` has the options and the work.
 */
import type { Command } from 'commander'

export function registerInit(program: Command): void {
  program
    .command('init')
    .description('make a store for keys, with its root key, in a folder')
    .argument('[options...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (_words: readonly string[], _options: unknown, command: Command) => {
      const { runInit } = await import('./init-run.js')
      process.exitCode = await runInit(command.args)
    })
}
