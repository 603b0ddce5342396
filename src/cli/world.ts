/**
 * `keyward world DIR`: what a folder says of an organization. Arguments only; `world-run.ts` does the work.
 */
import type { Command } from 'commander'
import type { WorldOptions } from './world-run.js'

const EXAMPLES = `Examples:
  keyward world acme          what is there, what is missing, what contradicts
  keyward world --json acme   the same for a program
`

const AFTER = `
DIR holds world files and outputs of the AWS CLI as they are; docs/world.md and docs/collect.md tell which.
Exit status: 0 usable, 1 contradictions or files that cannot be used, 2 wrong usage or a folder that cannot be read,
3 a defect of keyward.`

export function registerWorld(program: Command): void {
  program
    .command('world')
    .description('check the files that describe an organization')
    .argument('<dir>', 'folder of the world')
    .option('--json', 'print the summary as JSON')
    .option('--no-color', 'print without colour')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (dir: string, options: WorldOptions) => {
      const { runWorld } = await import('./world-run.js')
      process.exitCode = await runWorld(dir, options)
    })
}
