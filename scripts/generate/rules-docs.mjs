/**
 * Writes `docs/rules/`: a page for each lint rule, made from the rule, and a list of all of them.
 *
 *   node scripts/generate/rules-docs.mjs [--out DIR]
 *
 * The output is committed; `test/lint/rule-docs.test.ts` compares the two.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import * as prettier from 'prettier'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

const { values } = parseArgs({ options: { out: { type: 'string' } } })
const out = values.out === undefined ? path.join(ROOT, 'docs/rules') : path.resolve(values.out)

/** The rules are TypeScript; they are bundled in memory and imported from there. */
async function loadRules() {
  const bundle = await build({
    stdin: {
      contents: `
        export { rulePage, ruleList } from './src/lint/report/rule-page.js'
        export { RULES } from './src/lint/rules/index.js'`,
      resolveDir: ROOT,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    banner: {
      js: "import{createRequire as $require}from'node:module';const require=$require(process.cwd()+'/package.json');",
    },
  })
  return import(`data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].text).toString('base64')}`)
}

const { RULES, rulePage, ruleList } = await loadRules()
const pages = new Map(RULES.map((rule) => [`${rule.id}.md`, rulePage(rule)]))
pages.set('README.md', ruleList(RULES))

mkdirSync(out, { recursive: true })
for (const name of readdirSync(out)) if (name.endsWith('.md') && !pages.has(name)) rmSync(path.join(out, name))
for (const [name, text] of pages) {
  const filepath = path.join(ROOT, 'docs/rules', name)
  const options = await prettier.resolveConfig(filepath)
  writeFileSync(path.join(out, name), await prettier.format(text, { ...options, filepath }))
}
