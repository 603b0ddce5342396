/**
 * `keyward lsp`: the language server. Arguments only; `lsp-run.ts` does the work.
 */
import { Option, type Command } from 'commander'

const EXAMPLES = `Examples:
  keyward lsp --stdio                          an editor starts it so and talks to it
`

const AFTER = `
Findings of keyward lint while a policy is written, with their fixes, explanations and completions. docs/lsp.md tells
how editors are set up.`

/** Two folders up from here, in the sources as in the built package. */
const DOCS = new URL('../../docs/', import.meta.url)

export function registerLsp(program: Command): void {
  program
    .command('lsp')
    .description('serve an editor: findings, fixes and explanations while a policy is written')
    .option('--stdio', 'talk over standard input and output; there is no other way')
    // Editors add it; the server reads it from the command line by itself.
    .addOption(new Option('--clientProcessId <id>').hideHelp())
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async () => {
      const { runLsp } = await import('./lsp-run.js')
      runLsp(DOCS, program.version() ?? '')
    })
}
