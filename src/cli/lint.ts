/**
 * `keyward lint`: what is wrong with policies. Arguments only; `lint-run.ts` does the work.
 */
import { InvalidArgumentError, Option, type Command } from 'commander'
import type * as LintFix from './lint-fix.js'
import type { LintOptions } from './lint-run.js'

const EXAMPLES = `Examples:
  keyward lint key-policy.json                 one policy; what kind it is is told from its content
  keyward lint --kind key policies/            every policy under a folder
  keyward lint 'stacks/**/*.template.json'     policies in CloudFormation templates
  terraform show -json plan | keyward lint -   policies in a Terraform plan
  keyward lint --fix --diff policies/          look at what would be changed
  keyward lint --against main policies/        only what this branch brings
  keyward explain KEY007                       what a rule means
`

const AFTER = `
Without a path the current folder is checked. Settings are read from keyward.config.json or keyward.config.yaml.
Exit status: 0 nothing found at or above --fail-on, 1 findings, 2 wrong usage or an unreadable file, 3 a defect of keyward.`

const FORMATS = ['pretty', 'concise', 'json', 'jsonl', 'sarif', 'junit', 'github', 'gitlab', 'markdown'] as const
const SEVERITIES = ['error', 'security', 'warning', 'suggestion', 'info', 'never'] as const

export function registerLint(program: Command): void {
  program
    .command('lint')
    .description('find what is wrong with policies')
    .argument('[paths...]', 'files, folders, globs, or - for standard input')
    .option('--kind <kind>', 'key, identity, boundary, session, scp, rcp, vpce, trust or resource')
    .addOption(new Option('--preset <name>', 'which rules run').choices(['default', 'strict']))
    .option('--select <rules>', 'only these rules: ids, names, or how ids begin, with commas', list)
    .option('--extend-select <rules>', 'these rules as well', list)
    .option('--ignore <rules>', 'not these rules', list)
    .addOption(new Option('--format <name>', 'form of the output').choices(FORMATS))
    .option('--json', 'the same as --format json')
    .addOption(new Option('--codes <codes>', 'aa: show codes of IAM Access Analyzer too').choices(['own', 'aa']))
    .option('--statistics', 'count findings by rule')
    .addOption(new Option('--fail-on <severity>', 'least severity that fails the run').choices(SEVERITIES))
    .option('--max-warnings <number>', 'fail when there are more warnings', count)
    .option('--fail-on-unresolved', 'fail where a value is not known before deployment')
    .option('--baseline <file>', 'findings to leave out')
    .option('--write-baseline <file>', 'write what is found to a baseline')
    // What was there before is not looked for, and would be taken out.
    .addOption(new Option('--prune-baseline', 'take out of the baseline what matches nothing').conflicts('against'))
    .option('--fix', 'apply fixes that are proved not to change any decision')
    .option('--unsafe-fixes', 'apply all fixes')
    .option('--diff', 'print what the fixes would change, and change nothing')
    .option('--against <ref>', 'only what has come since a git commit')
    .option('--account <ids>', 'accounts that are your own, with commas', accounts)
    .option('--organization <id>', 'your organization', organization)
    .option('--caller <arn>', 'who deploys', caller)
    .option('--param <name=value>', 'value of a template parameter; may be repeated', parameter)
    .option('--config <file>', 'settings')
    .option('--no-config', 'read no settings')
    .option('--cache', 'remember what was found in files that do not change')
    .option('--cache-location <file>', 'where it is remembered (.keyward-lint-cache)')
    .option('--stdin-filename <name>', 'what to call standard input')
    .addOption(
      new Option('--watch', 'run again when something changes, until Ctrl-C').conflicts([
        'writeBaseline',
        'pruneBaseline',
      ]),
    )
    .option('--quiet', 'only findings that fail the run')
    .option('--no-color', 'print without colour')
    .option('--width <columns>', 'width of the text, at least 60', count)
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (paths: readonly string[], options: LintOptions) => {
      const { runLint } = await import('./lint-run.js')
      const fix = (): Promise<typeof LintFix> => import('./lint-fix.js')
      process.exitCode = await runLint(paths, options, program.version() ?? '', { fix })
    })
}

function list(text: string, before: readonly string[] = []): readonly string[] {
  return [
    ...before,
    ...text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ]
}

// What is none of these would be told from nothing, and rules that hang on it would be quiet.
function accounts(text: string, before: readonly string[] = []): readonly string[] {
  const ids = list(text)
  if (ids.length > 0 && ids.every((id) => /^[0-9]{12}$/.test(id))) return [...before, ...ids]
  throw new InvalidArgumentError('Expected twelve digits.')
}

function organization(text: string): string {
  if (/^o-[a-z0-9]{10,32}$/.test(text)) return text
  throw new InvalidArgumentError('Expected an id such as o-exampleorgid.')
}

function caller(text: string): string {
  if (/^arn:[a-z-]+:(?:iam|sts)::[0-9]{12}:./.test(text)) return text
  throw new InvalidArgumentError('Expected an ARN such as arn:aws:iam::111122223333:role/Deploy.')
}

function parameter(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const equals = text.indexOf('=')
  if (equals <= 0) throw new InvalidArgumentError('Expected name=value.')
  return { ...before, [text.slice(0, equals)]: text.slice(equals + 1) }
}

function count(text: string): number {
  if (/^[0-9]{1,6}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number.')
}
