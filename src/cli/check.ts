/**
 * `keyward check`: one property of policies or worlds, proved or refuted. Arguments only; `check-run.ts` does the work.
 */
import { Argument, type Command } from 'commander'
import type { CheckOptions } from './check-run.js'
import { addScopeOptions } from './diff.js'

const EXAMPLES = `Examples:
  keyward check no-new-access old.json new.json         the new policy allows nothing that the old one does not
  keyward check no-new-access acme --against main       the same of a world and a git revision
  keyward check access-not-granted acme --actions kms:Decrypt --principals role/Intern --keys alias/payments
  keyward check no-public-access key-policy.json        nobody from an account that is not named can use the key
  keyward check lockout acme                            somebody can change the policy of every key
`

const AFTER = `
The checks mean what those of IAM Access Analyzer mean, for effective access: key policies and IAM policies and guardrails.
Exit status: 0 passed, 1 failed (or nothing could be proved; --allow-unknown), 2 wrong usage or input.`

export const CHECKS = ['no-new-access', 'equivalent', 'access-not-granted', 'no-public-access', 'lockout'] as const

export function registerCheck(program: Command): void {
  const command = program
    .command('check')
    .description('prove a property of what policies or worlds allow')
    .addArgument(new Argument('<check>', 'what is to hold').choices(CHECKS))
    .argument('<world>', 'world folder or policy file')
    .argument('[new]', 'of `no-new-access` and `equivalent`: what to compare it with')
    .option('--against <revision>', 'compare with the state at a git revision instead of a second argument')
  addScopeOptions(command)
    .option('--json', 'print the result as JSON')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (name: (typeof CHECKS)[number], world: string, next: string | undefined, options: CheckOptions) => {
      const { runCheck } = await import('./check-run.js')
      process.exitCode = await runCheck(name, world, next, options)
    })
}
