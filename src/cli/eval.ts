/**
 * `keyward eval`: what the command line of it is. The work is in `eval-run.ts`, loaded when the command is used.
 */
import type { Command } from 'commander'
import type { EvalOptions } from './eval-run.js'

const EXAMPLES = `
Examples:
  $ keyward eval question.json                    one document, pretty-printed or not
  $ keyward eval --only decision < questions.jsonl
  $ generate | keyward eval --explain - | jq .trace

Documents are JSON Lines, or one JSON document (an object or a list of them); each gets one line of JSON, in order.
Exit status: 0 whatever the decisions, 2 when a document was in error or a file could not be read.
The format is described in docs/eval.md and in keyward/simulation.schema.json.`

export function registerEval(program: Command): void {
  program
    .command('eval')
    .summary('answer simulation documents, one JSON line each')
    .description('Answer simulation documents: self-contained questions with every policy that bears on them.')
    .argument('[file...]', 'files to read, in order; - is standard input, and so is no file at all')
    .option('--explain', 'put every layer, statement and condition into the answers, as `trace`')
    .addOption(
      program
        .createOption('--only <what>', 'print no more than this; much faster')
        .choices(['decision'])
        .conflicts('explain'),
    )
    .option('--option <name=value...>', 'decide otherwise where AWS leaves it open, such as grantBoundary=allGrantees')
    .addHelpText('after', EXAMPLES)
    .action(async (files: readonly string[], options: EvalOptions) => {
      const { runEval } = await import('./eval-run.js')
      process.exitCode = await runEval(files, options, process)
    })
}
