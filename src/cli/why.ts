/**
 * `keyward why`: why a request is allowed or denied. Arguments only; `why-run.ts` does the work.
 */
import { InvalidArgumentError, type Command } from 'commander'
import { addAskOptions } from './why-options.js'
import type { WhyOptions } from './why-run.js'

const EXAMPLES = `Examples:
  keyward why denied.json                     a simulation document: what decided, and by which condition
  keyward why --world acme --principal role/App --action kms:Decrypt --key alias/payments
  keyward why --world acme 'can role/App do kms:Decrypt on alias/payments via s3'
  keyward why --world acme --message 'User: ... is not authorized to perform: kms:Decrypt ...'
  keyward why --world acme events.json.gz     CloudTrail events; many are grouped by cause
  keyward why --advice denied.json            and what would allow it, each as a ready edit
  keyward why --world acme --principal role/App --operation ReEncrypt --parameters call.json
`

const AFTER = `
INPUT is told by its content: a simulation document (docs/eval.md), CloudTrail events, an AWS access-denied message, or
a query; - is standard input. All but the first are answered from a world.
Exit status: 0 allowed, 1 denied, 2 wrong usage or input, 3 a defect of keyward.`

export function registerWhy(program: Command): void {
  const command = program
    .command('why')
    .description('explain why a request is allowed or denied')
    .argument('[input]', 'file, - for standard input, or a query')
  addAskOptions(command)
    .option('--json', 'print the explanation as JSON')
    .option('--advice', 'tell also what would allow it: the cheapest changes, each as a ready edit')
    .option('--document', 'print the simulation document that replays the decision')
    .option('--all-layers', 'show also what did not matter')
    .option('--no-color', 'print without colour')
    .option('--width <columns>', 'width of the text, at least 60', wholeNumber)
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (input: string | undefined, options: WhyOptions) => {
      const { runWhy } = await import('./why-run.js')
      process.exitCode = await runWhy(input, options)
    })
}

const MIN_WIDTH = 60
const MAX_WIDTH = 1000

function wholeNumber(text: string): number {
  const width = Number(text)
  if (/^[0-9]{1,4}$/.test(text) && width >= MIN_WIDTH && width <= MAX_WIDTH) return width
  throw new InvalidArgumentError(`Expected a number of columns from ${MIN_WIDTH} to ${MAX_WIDTH}.`)
}
