#!/usr/bin/env node
/**
 * The `keyward` command: what there is to run, and how it ends.
 *
 * Loads no more than names and options; each command loads its work when it is run.
 */
import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { registerCan } from './can.js'
import { registerCheck } from './check.js'
import { registerCredentials } from './credentials.js'
import { registerDiff } from './diff.js'
import { registerDoctor } from './doctor.js'
import { registerEval } from './eval.js'
import { EXIT } from './exit-codes.js'
import { registerExplain } from './explain.js'
import { registerExplore } from './explore.js'
import { registerGraph } from './graph.js'
import { registerInit } from './init.js'
import { registerKms } from './kms.js'
import { registerLint } from './lint.js'
import { registerLsp } from './lsp.js'
import { registerRedundant } from './redundant.js'
import { registerServe } from './serve.js'
import { ignoreClosedPipes, writeError } from './terminal.js'
import { registerTest } from './test.js'
import { registerWhoCan } from './who-can.js'
import { registerWhy } from './why.js'
import { registerWorld } from './world.js'

const EXAMPLES = `Examples:
  keyward why denied.json              why is this request denied?
  keyward why --world acme events.json the same of CloudTrail events, from an organization's policies
  keyward explore acme events.json     find out in a full screen what was denied, and why
  keyward can --world acme 'can role/App do kms:Decrypt on alias/payments'
  keyward world acme                   what is known of an organization, and what is missing
  keyward who-can kms:Decrypt alias/payments --world acme
  keyward diff acme --against main     what changes in who may do what
  keyward graph --world acme --key alias/payments   draw who a key is open to
  keyward eval questions.jsonl         decide many requests, one JSON line each
  keyward lint policies/               what is wrong with these policies?
  keyward test policies/               do policies do what their tests say?
  keyward init --data-dir keys         make a key service in a folder
  keyward kms create-key --data-dir keys --as arn:aws:iam::111122223333:root
  keyward serve                        the same for AWS CLI and SDKs, over HTTP
  keyward doctor --store keys          is everything that a server needs as it should be?
`

/** Two folders up from here, in the sources as in the built package. Required, as `node:fs` takes longer to import. */
function packageVersion(): string {
  const json: unknown = createRequire(import.meta.url)('../../package.json')
  if (typeof json === 'object' && json !== null && 'version' in json && typeof json.version === 'string')
    return json.version
  throw new Error('package.json has no version')
}

function createProgram(): Command {
  const program = new Command('keyward')
    .description('Answers: may this caller do this with this KMS key, and if not, why not?')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('before', EXAMPLES)
    .showSuggestionAfterError(true)
    .showHelpAfterError('(keyward --help lists what there is)')
    .exitOverride()
  registerWhy(program)
  registerCan(program)
  registerExplore(program)
  registerWorld(program)
  registerGraph(program)
  registerWhoCan(program)
  registerDiff(program)
  registerCheck(program)
  registerRedundant(program)
  registerEval(program)
  registerLint(program)
  registerTest(program)
  registerLsp(program)
  registerExplain(program)
  registerInit(program)
  registerKms(program)
  registerServe(program)
  registerDoctor(program)
  registerCredentials(program)
  return program
}

async function main(argv: readonly string[]): Promise<number> {
  ignoreClosedPipes()
  const program = createProgram()
  try {
    if (argv.length <= 2) {
      program.outputHelp()
      return EXIT.ok
    }
    await program.parseAsync(argv)
    return Number(process.exitCode ?? EXIT.ok)
  } catch (error) {
    // Commander has said what was wrong already; help and version end this way too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
    writeError(`keyward: internal error, please report it with the lines below\n${text}\n`)
    return EXIT.internal
  }
}

process.exitCode = await main(process.argv)
