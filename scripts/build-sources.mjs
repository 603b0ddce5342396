/**
 * The parts of `src/` that are written by the build: one parser table for each grammar, one validator for each schema.
 *
 *   grammar/<name>.ne             ->  src/grammar/<name>.ts          (nearleyc; the grammar asks for `typescript`)
 *   src/<any>/<name>.schema.json  ->  src/<any>/<name>.validate.ts   (ajv, compiled now: nothing is compiled at run time;
 *                                                                     not for schemas that only other programs use)
 *
 * A file is written only when it is older than what it is made from, and always in one step, so that tests which run
 * at the same time never read half a file.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SELF = fileURLToPath(import.meta.url)
const GRAMMARS = join(ROOT, 'grammar')
const PARSERS = join(ROOT, 'src/grammar')
const SOURCES = join(ROOT, 'src')

/** Schemas that are shipped for other programs. Whoever reads such input here says more than a validator can. */
const FOR_OTHERS = ['source/simulation.schema.json']

/**
 * @param {{ always?: boolean }} [options] - `always` writes every file again, however new it is.
 * @returns {Promise<void>}
 */
export async function writeGeneratedSources({ always = false } = {}) {
  writeParsers(always)
  await writeValidators(always)
}

/** Paths of all schemas under `src/`, sorted. */
export function schemaFiles() {
  return filesUnder(SOURCES).filter((path) => path.endsWith('.schema.json'))
}

/** Every file under a folder, sorted; none when there is no such folder. */
export function filesUnder(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

/** When a file was last written, in milliseconds; 0 when it is not there. */
export function writtenAtMs(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function writeParsers(always) {
  const grammars = filesUnder(GRAMMARS).filter((path) => path.endsWith('.ne'))
  const targets = new Map(grammars.map((path) => [join(PARSERS, basename(path, '.ne') + '.ts'), path]))
  for (const path of filesUnder(PARSERS)) if (path.endsWith('.ts') && !targets.has(path)) rmSync(path, { force: true })

  // A grammar may include another one, so all of them count as the source of each.
  const sources = [SELF, ...grammars]
  for (const [target, grammar] of targets) {
    if (!always && isNewer(target, sources)) continue
    if (!/^@preprocessor typescript$/m.test(readFileSync(grammar, 'utf8'))) {
      throw new Error(`${grammar}: expected the line \`@preprocessor typescript\``)
    }
    // nearleyc runs as a program: its library can read an included grammar only through the program's own options.
    const compiler = createRequire(import.meta.url).resolve('nearley/bin/nearleyc.js')
    const parser = execFileSync(process.execPath, [compiler, grammar], { cwd: ROOT, encoding: 'utf8' })
    writeInOneStep(target, parser)
  }
}

async function writeValidators(always) {
  const schemas = schemaFiles()
  const targetOf = (schema) => schema.replace(/\.schema\.json$/, '.validate.ts')
  const used = schemas.filter((path) => !FOR_OTHERS.some((name) => path === join(SOURCES, name)))
  const targets = new Set(used.map(targetOf))
  for (const path of filesUnder(SOURCES)) if (path.endsWith('.validate.ts') && !targets.has(path)) rmSync(path)

  // A schema may refer to another one by its `$id`.
  const sources = [SELF, ...schemas]
  const stale = used.filter((schema) => always || !isNewer(targetOf(schema), sources))
  if (stale.length === 0) return

  const { Ajv2020 } = await import('ajv/dist/2020.js')
  const { default: standalone } = await import('ajv/dist/standalone/index.js')
  const ajv = new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    discriminator: true,
    allErrors: true,
    code: { esm: true, source: true },
  })
  const idOf = new Map(schemas.map((path) => [path, addSchema(ajv, path)]))
  for (const schema of stale) {
    ajv.getSchema(idOf.get(schema))
    const code = standalone.default(ajv, { validateSchema: idOf.get(schema) })
    writeInOneStep(targetOf(schema), await validatorModule(code, basename(schema)))
  }
}

function addSchema(ajv, path) {
  const schema = JSON.parse(readFileSync(path, 'utf8'))
  const id = schema.$id ?? path
  ajv.addSchema(schema, id)
  return id
}

/**
 * What ajv writes still imports ajv's own run-time helpers; esbuild puts them in, so the module stands alone. It hands
 * out an object rather than bindings, because only a declared constant gives TypeScript a type for what it cannot check.
 */
async function validatorModule(code, schemaName) {
  const { build } = await import('esbuild')
  const bundle = await build({
    stdin: { contents: code, resolveDir: ROOT, sourcefile: 'validator.js' },
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'validator',
    platform: 'neutral',
    target: 'node20',
    mainFields: ['module', 'main'],
    legalComments: 'none',
    logLevel: 'error',
  })
  return `// @ts-nocheck
// Generated by \`npm run build\` from ${schemaName}. Do not edit.
import type { ErrorObject } from 'ajv'

${bundle.outputFiles[0].text}
/** Whether a value has the shape that ${schemaName} describes; what is wrong stays in \`errors\` until the next call. */
export const validate: { (value: unknown): boolean; errors?: readonly ErrorObject[] | null } = validator.validateSchema
`
}

function isNewer(target, sources) {
  const targetAtMs = writtenAtMs(target)
  return sources.every((source) => writtenAtMs(source) < targetAtMs)
}

function writeInOneStep(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}.tmp`
  writeFileSync(draft, text)
  renameSync(draft, path)
}

if (process.argv[1] === SELF) await writeGeneratedSources({ always: !process.argv.includes('--if-stale') })
