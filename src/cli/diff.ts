/**
 * `keyward diff`: what changes in who may do what. Arguments only; `diff-run.ts` does the work.
 */
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { DiffOptions } from './diff-run.js'

const EXAMPLES = `Examples:
  keyward diff old-key-policy.json new-key-policy.json
  keyward diff acme-before acme-after --actions kms:Decrypt
  keyward diff acme --against main            a world, and what it was at a git revision
`

const AFTER = `
OLD and NEW are world folders or files with a policy. Every difference is a sentence with the statement it comes from and
a request that shows it; \`--witnesses DIR\` writes each as a document for \`keyward why\`.
Exit status: 0 access is the same or less, 1 it grows (or nothing could be proved; --allow-unknown), 2 wrong usage or input.`

const POLICY_KINDS = ['key', 'identity', 'boundary', 'session', 'scp', 'rcp', 'vpce', 'trust', 'resource'] as const

export function registerDiff(program: Command): void {
  const command = program
    .command('diff')
    .description('compare what two policies or two worlds allow')
    .argument('<old>', 'world folder or policy file')
    .argument('[new]', 'world folder or policy file; left out with --against')
    .option('--against <revision>', 'compare with the state at a git revision instead of a second argument')
  addScopeOptions(command)
    .option('--json', 'print the differences as JSON')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (old: string, next: string | undefined, options: DiffOptions) => {
      const { runDiff } = await import('./diff-run.js')
      process.exitCode = await runDiff(old, next, options)
    })
}

/** What a symbolic question is about, and what it may cost. */
export function addScopeOptions(command: Command): Command {
  return command
    .option(
      '--actions <names>',
      'only these permissions, separated by commas; wildcards: kms:Decrypt,kms:ReEncrypt*',
      list,
    )
    .option('--principals <names>', 'only these callers: role/App, an ARN, a service; separated by commas', list)
    .option('--keys <names>', 'only these keys: alias/payments, an id, an ARN; separated by commas', list)
    .addOption(
      new Option('--kind <kind>', 'of the policies; told by their content where left out').choices(POLICY_KINDS),
    )
    .option('--account <id>', 'account of the key that a key policy is for; told by its principals where left out')
    .option('--witnesses <dir>', 'write each request that shows a finding into this folder')
    .option('--allow-unknown', 'do not fail where nothing could be proved')
    .option('--budget <seconds>', 'longest time for an answer', seconds, 30)
    .option('--no-color', 'print without colour')
}

function list(text: string): readonly string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
  if (items.length > 0) return items
  throw new InvalidArgumentError('Expected at least one name.')
}

const MAX_SECONDS = 3600

function seconds(text: string): number {
  const number = Number(text)
  if (/^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(text) && number > 0 && number <= MAX_SECONDS) return number
  throw new InvalidArgumentError(`Expected seconds, more than 0 and at most ${MAX_SECONDS}.`)
}
