/**
 * Runs one benchmark of those inside this process and prints its figures as one line of JSON; `run.mjs` starts it.
 */
import { compile, memory, put } from './compile.js'
import { decideBound, decideDerived, decideParsed, decideRaw, decideScattered } from './decide.js'
import { explainJson, explainObject, traceObject, traceText } from './explain.js'
import { glob } from './glob.js'
import { lintActions } from './lint.js'
import type { Bench } from './measure.js'
import { scale } from './scale.js'
import { advice, diffKeyPolicies, diffVersions, diffWorlds, matrix, whoCan } from './solve.js'
import { IDENTITY_POLICIES, KEY_POLICY, RCP, REQUESTS, SCP } from './scenario.js'

const BENCHES: readonly Bench[] = [
  decideRaw,
  decideParsed,
  decideDerived,
  decideScattered,
  decideBound,
  scale,
  traceObject,
  traceText,
  explainObject,
  explainJson,
  compile,
  memory,
  put,
  glob,
  diffKeyPolicies,
  diffWorlds,
  diffVersions,
  whoCan,
  matrix,
  advice,
  lintActions,
]

const name = process.argv[2]
const bench = BENCHES.find((each) => each.name === name)
if (name === '--list') {
  console.log(JSON.stringify(BENCHES.map((each) => each.name)))
} else if (name === '--scenario') {
  console.log(JSON.stringify({ KEY_POLICY, IDENTITY_POLICIES, SCP, RCP, REQUESTS }))
} else if (bench === undefined) {
  console.error(`no benchmark is called \`${name ?? ''}\``)
  process.exitCode = 2
} else {
  const { title, input } = bench
  const lacks = bench.lacks?.()
  const figures = lacks === undefined ? await bench.run() : []
  console.log(JSON.stringify({ name, title, input, figures, ...(lacks && { notes: [`not run: ${lacks}`] }) }))
}
