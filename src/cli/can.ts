/**
 * `keyward can`: may this request be made, in one line. Arguments only; `can-run.ts` does the work.
 */
import type { Command } from 'commander'
import type { CanOptions } from './can-run.js'
import { addAskOptions } from './why-options.js'

const EXAMPLES = `Examples:
  keyward can --world acme 'can role/App do kms:Decrypt on alias/payments'
  keyward can --world acme --principal role/App --action kms:Decrypt --key alias/payments && deploy
  keyward can question.json
`

const AFTER = `
INPUT is whatever \`keyward why\` takes. Exit status: 0 allowed, 1 denied, 2 wrong usage or input, 3 a defect of keyward.`

export function registerCan(program: Command): void {
  const command = program
    .command('can')
    .description('say in one line whether a request is allowed')
    .argument('[input]', 'file, - for standard input, or a query')
  addAskOptions(command)
    .option('--no-color', 'print without colour')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (input: string | undefined, options: CanOptions) => {
      const { runCan } = await import('./can-run.js')
      process.exitCode = await runCan(input, options)
    })
}
