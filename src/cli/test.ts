/**
 * `keyward test`: whether policies do what their tests say. Arguments only; `test-run.ts` does the work.
 */
import { InvalidArgumentError, Option, type Command } from 'commander'
import type { TestOptions } from './test-run.js'

const EXAMPLES = `Examples:
  keyward test                              every *.keyward-test.yaml and .json under this folder
  keyward test policies/ 'more/**/*.yaml'   those of a folder, and files by a glob
  keyward test --filter payments            only tests with this text in their names
  keyward test --coverage                   which statements no test has exercised
  keyward test --format junit --output results.xml
  keyward test --watch                      again whenever a test or its world changes
`

const AFTER = `
A test asks something of a world folder or a policy and says what is to come of it; docs/test.md has the form.
Exit status: 0 every test passes, 1 a test fails, is unknown, or too little is covered, 2 wrong usage or input.`

export const TEST_FORMATS = ['pretty', 'json', 'junit', 'sarif'] as const

export function registerTest(program: Command): void {
  program
    .command('test')
    .description('run policy tests')
    .argument('[paths...]', 'test files, folders or globs')
    .option('--filter <text>', 'only tests with this text in their names')
    .option('--coverage', 'list the statements that no test has exercised')
    .option('--min-coverage <percent>', 'fail where fewer statements are exercised', percent)
    .option('--witnesses <dir>', 'write the requests that failing tests show into this folder')
    .addOption(new Option('--format <name>', 'form of the output').choices(TEST_FORMATS).default('pretty'))
    .option('--output <file>', 'write to a file instead of standard output')
    .option('--watch', 'run again when a test or its world changes; Ctrl-C ends it')
    .option('--budget <seconds>', 'longest time for a proof', seconds, 30)
    .option('--no-color', 'print without colour')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (paths: readonly string[], options: TestOptions) => {
      const { runTests } = await import('./test-run.js')
      process.exitCode = await runTests(paths, options, program.version() ?? '')
    })
}

function percent(text: string): number {
  const number = Number(text)
  if (/^[0-9]{1,3}(?:\.[0-9])?$/.test(text) && number <= 100) return number
  throw new InvalidArgumentError('Expected a percentage from 0 to 100.')
}

const MAX_SECONDS = 3600

function seconds(text: string): number {
  const number = Number(text)
  if (/^[0-9]{1,4}(?:\.[0-9]{1,3})?$/.test(text) && number > 0 && number <= MAX_SECONDS) return number
  throw new InvalidArgumentError(`Expected seconds, more than 0 and at most ${MAX_SECONDS}.`)
}
