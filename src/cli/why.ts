/**
 * `keyward why FILE`: why a request is allowed or denied. Arguments only; `why-run.ts` does the work.
 */
import { InvalidArgumentError, type Command } from 'commander'
import type { WhyOptions } from './why-run.js'

const EXAMPLES = `Examples:
  keyward why denied.json                     what decided, and by which condition
  keyward why - < denied.json                 the same from standard input
  keyward why --json denied.json              for a program
  keyward why --all-layers denied.json        also what did not matter
`

const AFTER = `
FILE is one simulation document (docs/eval.md tells its form), or - for standard input.
Exit status: 0 allowed, 1 denied, 2 wrong usage or input, 3 a defect of keyward.`

export function registerWhy(program: Command): void {
  program
    .command('why')
    .description('explain why a request is allowed or denied')
    .argument('<file>', 'simulation document, - for standard input')
    .option('--json', 'print the explanation as JSON')
    .option('--all-layers', 'show also what did not matter')
    .option('--no-color', 'print without colour')
    .option('--width <columns>', 'width of the text, at least 60', wholeNumber)
    .option(
      '--option <name=value>',
      'a reading of what AWS leaves open, such as grantBoundary=allGrantees; may be repeated',
      gather,
    )
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (file: string, options: WhyOptions) => {
      const { runWhy } = await import('./why-run.js')
      process.exitCode = await runWhy(file, options)
    })
}

const MIN_WIDTH = 60
const MAX_WIDTH = 1000

function wholeNumber(text: string): number {
  const width = Number(text)
  if (/^[0-9]{1,4}$/.test(text) && width >= MIN_WIDTH && width <= MAX_WIDTH) return width
  throw new InvalidArgumentError(`Expected a number of columns from ${MIN_WIDTH} to ${MAX_WIDTH}.`)
}

function gather(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}
