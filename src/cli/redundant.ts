/**
 * `keyward redundant`: statements that change nothing, each proved. Arguments only; `redundant-run.ts` does the work.
 */
import type { Command } from 'commander'
import { addScopeOptions } from './diff.js'
import type { RedundantOptions } from './redundant-run.js'

const EXAMPLES = `Examples:
  keyward redundant policy.json              statements of one policy that can be left out
  keyward redundant acme                     the same across a world: what other layers never let through counts as well
  keyward redundant acme --keys alias/payments
`

const AFTER = `
All statements that are listed of a policy can be removed together: every request is decided as before.
Exit status: 0 none, 1 some (or nothing could be proved; --allow-unknown), 2 wrong usage or input.`

export function registerRedundant(program: Command): void {
  const command = program
    .command('redundant')
    .description('find statements that change nothing: unreachable, covered by others, shadowed')
    .argument('<path>', 'world folder or policy file')
  addScopeOptions(command)
    .option('--json', 'print the statements as JSON')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (path: string, options: RedundantOptions) => {
      const { runRedundant } = await import('./redundant-run.js')
      process.exitCode = await runRedundant(path, options)
    })
}
