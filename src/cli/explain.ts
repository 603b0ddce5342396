/**
 * `keyward explain`: what a rule or a cause of a denial means. Arguments only; `explain-run.ts` does the work.
 */
import type { Command } from 'commander'

const EXAMPLES = `Examples:
  keyward explain KEY007                      a rule of keyward lint
  keyward explain public-key-policy           the same by its name
  keyward explain delegation-missing          a cause that keyward why gives
`

/** Two folders up from here, in the sources as in the built package. */
const DOCS = new URL('../../docs/', import.meta.url)

export function registerExplain(program: Command): void {
  program
    .command('explain')
    .description('explain a lint rule or the cause of a denial')
    .argument('<rule|cause>', 'an id or a name')
    .addHelpText('before', EXAMPLES)
    .action(async (name: string) => {
      const { runExplain } = await import('./explain-run.js')
      process.exitCode = await runExplain(name, DOCS)
    })
}
