/**
 * `npm run mutate`: compiles the files beside it, since Node.js 20 loads no TypeScript, and starts `run.ts`.
 */
/* oxlint-disable typescript/no-unsafe-argument, typescript/no-unsafe-assignment, typescript/no-unsafe-call, typescript/no-unsafe-member-access --
   the types of a JavaScript file are not checked */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Stryker } from '@stryker-mutator/core'
import { build } from 'esbuild'

const OUT = join(process.cwd(), 'reports', 'mutate')

await build({
  entryPoints: ['test/mutate/run.ts', 'test/mutate/plugin.ts'],
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  outdir: OUT,
  outExtension: { '.js': '.mjs' },
  logLevel: 'error',
})

/** @typedef {import('./plugin.ts')} Plugin - which Stryker loads, in processes of its own. */
/** @type {import('./run.ts')} */
const { run } = await import(pathToFileURL(join(OUT, 'run.mjs')).href)
process.exitCode = await run(process.argv.slice(2), (options) => new Stryker(options).runMutationTest())
