/**
 * Writes the AWS tables of `src/aws/`, and the shapes and validators of `src/kms/`, from the facts: `npm run generate`.
 *
 *   node scripts/generate.mjs [--out DIR]
 *
 * Reads `$KEYWARD_SHARED/facts/*.json` (default `../shared`, seen from the repository) and writes prettier-formatted
 * TypeScript to `src/`, or to DIR. The output is committed; neither build nor test runs this script, and
 * `test/extended/generated.test.ts` compares the two.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as prettier from 'prettier'
import { renderActions } from './generate/actions.mjs'
import { renderConditionKeys } from './generate/condition-keys.mjs'
import { renderOperationParameters } from './generate/operation-parameters.mjs'
import { renderOperations, renderShapes, renderValidators } from './generate/operations.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FACTS = path.resolve(ROOT, process.env.KEYWARD_SHARED ?? '../shared', 'facts')

/** Used when the repository has no prettier configuration of its own. */
const FORMAT = { semi: false, singleQuote: true, printWidth: 120 }

const { values } = parseArgs({ options: { out: { type: 'string' } } })
const out = values.out === undefined ? path.join(ROOT, 'src') : path.resolve(values.out)

const actions = await readFacts('kms-actions.json')
const conditionKeys = await readFacts('condition-keys.json')

const operations = await readFacts('kms-operations.json')

const tables = {
  'aws/actions.ts': renderActions(actions),
  'aws/condition-keys.ts': renderConditionKeys(conditionKeys, actions),
  'aws/operation-parameters.ts': renderOperationParameters(operations),
  'aws/operations.ts': renderOperations(operations),
  'kms/shapes.ts': renderShapes(operations),
  'kms/validators.ts': renderValidators(operations),
}

for (const [name, text] of Object.entries(tables)) {
  // The configuration of the committed file counts, wherever the output goes.
  const filepath = path.join(ROOT, 'src', name)
  const options = (await prettier.resolveConfig(filepath)) ?? FORMAT
  await mkdir(path.dirname(path.join(out, name)), { recursive: true })
  await writeFile(path.join(out, name), await prettier.format(text, { ...options, filepath }))
}

async function readFacts(name) {
  return JSON.parse(await readFile(path.join(FACTS, name), 'utf8'))
}
