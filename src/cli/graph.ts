/**
 * `keyward graph`: the decision graph of a request or of a key as a picture. Arguments only; `graph-run.ts` does the work.
 */
import { Option, type Command } from 'commander'
import type { GraphOptions } from './graph-run.js'
import { addAskOptions } from './why-options.js'

const EXAMPLES = `Examples:
  keyward graph denied.json                                  the way a decision took, in the terminal
  keyward graph --world acme --key alias/payments            who a key is open to
  keyward graph --world acme 'can role/App do kms:Decrypt on alias/payments' --format svg --output decision.svg
  keyward graph denied.json --format mermaid                 for a page in Markdown
`

const AFTER = `
INPUT is whatever \`keyward why\` takes, about one request; with \`--key\` alone the key is drawn.
Exit status: 0 drawn, 2 wrong usage or input, 3 a defect of keyward.`

export const GRAPH_FORMATS = ['tree', 'mermaid', 'dot', 'svg'] as const

export function registerGraph(program: Command): void {
  const command = program
    .command('graph')
    .description('draw the decision graph of a request, or who a key is open to')
    .argument('[input]', 'file, - for standard input, or a query')
  addAskOptions(command)
    .addOption(new Option('--format <name>', 'form of the picture').choices(GRAPH_FORMATS).default('tree'))
    .option('--output <file>', 'write the picture into a file')
    .option('--no-color', 'print without colour')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (input: string | undefined, options: GraphOptions) => {
      const { runGraph } = await import('./graph-run.js')
      process.exitCode = await runGraph(input, options)
    })
}
