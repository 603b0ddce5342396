/**
 * `keyward who-can` and `keyward what-can`: everybody who can, and everything that somebody can. Arguments only.
 */
import { InvalidArgumentError, Option, type Command } from 'commander'
import { addScopeOptions } from './diff.js'
import type { WhoCanOptions } from './who-can-run.js'

const EXAMPLES = `Examples:
  keyward who-can kms:Decrypt alias/payments --world acme
  keyward who-can 'kms:*' alias/payments --world acme --format csv
  keyward who-can kms:Decrypt --world acme --matrix --format html --output access.html
`

const WHAT_EXAMPLES = `Examples:
  keyward what-can role/PaymentsApi --world acme
  keyward what-can user/ops/Maria --world acme --keys alias/payments --format json
`

const AFTER = `
Everybody is asked about, strangers of other accounts included, and grouped by the reason. What a request must have besides
is said in words. Exit status: 0 told, 1 nothing could be proved within the budget, 2 wrong usage or input.`

export const WHO_FORMATS = ['table', 'json', 'csv', 'html'] as const

export function registerWhoCan(program: Command): void {
  const who = program
    .command('who-can')
    .description('tell everybody who can do something with a key, and under which conditions')
    .argument('<action>', 'permission, wildcards allowed: kms:Decrypt', isAction)
    .argument('[key]', 'key or alias; left out, every key of the world')
  withFormat(addScopeOptions(who))
    .option('--matrix', 'a table of principals and keys')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (action: string, key: string | undefined, options: WhoCanOptions) => {
      const { runWhoCan } = await import('./who-can-run.js')
      process.exitCode = await runWhoCan(action, key, options)
    })
  const what = program
    .command('what-can')
    .description('tell everything that somebody can do with the keys of a world')
    .argument('<principal>', 'role/App, user/ops/Maria, an ARN, a service')
  withFormat(addScopeOptions(what))
    .addHelpText('before', WHAT_EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (principal: string, options: WhoCanOptions) => {
      const { runWhatCan } = await import('./who-can-run.js')
      process.exitCode = await runWhatCan(principal, options)
    })
}

function withFormat(command: Command): Command {
  return command
    .requiredOption('--world <path>', 'world folder, or a file with a key policy')
    .addOption(new Option('--format <name>', 'form of the answer').choices(WHO_FORMATS).default('table'))
    .option('--output <file>', 'write the answer into a file')
}

function isAction(text: string): string {
  if (/^[A-Za-z0-9*?:-]{1,128}$/.test(text)) return text.includes(':') || text === '*' ? text : `kms:${text}`
  throw new InvalidArgumentError('Expected a permission such as kms:Decrypt.')
}
