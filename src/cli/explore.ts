/**
 * `keyward explore`: why access was denied, in a full screen. Names and options only; the work is loaded when it is run.
 */
import { Option, type Command } from 'commander'
import type { ExploreOptions } from './explore-given.js'
import { addAskOptions } from './why-options.js'

const EXAMPLES = `Examples:
  keyward explore acme events.jsonl            what was denied, by cause; Enter tells why
  keyward explore acme audit.jsonl --follow    the same of a file that grows
  keyward explore acme --store keys --follow   of a server that runs: what it denies, as it does
  keyward explore acme --message 'User: arn:aws:... is not authorized to perform: kms:Decrypt ...'
  keyward explore acme --principal role/App --action kms:Decrypt --key alias/payments
  keyward explore acme                         pick a caller, a permission and a key
  aws kms decrypt ... 2>&1 | keyward explore acme -
`

const AFTER = `
WORLD is a folder as docs/world.md describes it. EVENTS is a file or folder of CloudTrail events or of audit records, or -
for standard input, which may also be an access-denied text.
In the program ? lists all keys, Esc goes back, Q leaves; the verdict seen last is printed then.`

export function registerExplore(program: Command): void {
  const command = program
    .command('explore')
    .description('find out why access was denied, in a full screen')
    .argument('[world]', 'folder of the world')
    .argument('[events]', 'CloudTrail events or audit records; - for standard input')
  addAskOptions(command)
    .option('--store <where>', 'audit records of a key service: the folder or PostgreSQL URL of its store')
    .option('--follow', 'go on reading while the file or the store grows')
    .option('--session <file>', 'open the session kept there, and keep it there at the end')
    .option('--plain', 'print the same story line by line, without a full screen')
    .option('--mouse', 'choose and scroll with the mouse as well')
    .addOption(
      new Option('--theme <name>', 'colours').choices(['auto', 'dark', 'light', 'basic', 'mono']).default('auto'),
    )
    .option('--no-color', 'no colours')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (world: string | undefined, events: string | undefined, options: ExploreOptions) => {
      const { runExplore } = await import('./explore-run.js')
      process.exitCode = await runExplore(world, events, options)
    })
}
