/**
 * `keyward serve`: a key service for clients of AWS. The name only; `serve-run.ts` has the rest.
 */
import type { Command } from 'commander'

export function registerServe(program: Command): void {
  program
    .command('serve')
    .description('serve KMS and STS to AWS CLI, SDKs and everything else that speaks to AWS')
    .argument('[options...]')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (_words: readonly string[], _options: unknown, command: Command) => {
      const { runServe } = await import('./serve-run.js')
      process.exitCode = await runServe(command.args)
    })
}
