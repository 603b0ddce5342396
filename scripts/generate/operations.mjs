/**
 * What the engine takes from the API model: `src/aws/operations.ts` (the model as data), `src/kms/shapes.ts` (a type for
 * every input and output) and `src/kms/validators.ts` (code that reads every input and names what is wrong with it).
 *
 * Validators are code, not data that is walked: every call goes through one.
 */
import { header, known, literal, union } from './common.mjs'

const SOURCE = 'KMS API Reference; KMS API model, 2014-11-01.'
const FACTS = 'facts/kms-operations.json'

// ------------------------------------------------------------------------------------------------ src/aws/operations.ts

const MODEL_TYPES = `
export type MemberType = 'string' | 'blob' | 'boolean' | 'integer' | 'timestamp' | 'list' | 'map' | 'structure'

/** How an operation takes a key: by id and key ARN, or by alias name and alias ARN too. */
export type KeyForms = 'keys' | 'keysAndAliases'

export interface MemberInfo {
  readonly type: MemberType
  readonly required?: true
  /** Length of a text, bytes of a blob, members of a list, value of an integer. */
  readonly min?: number
  readonly max?: number
  /** Of the whole text. */
  readonly pattern?: string
  /** A key of \`ENUMS\`. */
  readonly enum?: EnumName
  /** Never shown in an error. */
  readonly sensitive?: true
  /** A key of \`STRUCTURES\`. */
  readonly structure?: StructureName
  /** Of a list. */
  readonly items?: MemberInfo
}

export interface ApiOperation {
  /** By name, in the order of the API model. */
  readonly input: Readonly<Record<string, MemberInfo>>
  readonly output: Readonly<Record<string, MemberInfo>>
  /** Those that the model lists; every operation has the common ones too. */
  readonly errors: readonly ErrorCode[]
  /** The members that name a key, and in which forms. */
  readonly keyMembers: Readonly<Record<string, KeyForms>>
  /** May it reach a key of another account? \`special\`: the question is another one there. */
  readonly crossAccount: boolean | 'special'
  /** Whether the model says that the state of the key matters. */
  readonly stateChecked: boolean
  readonly acceptsGrantTokens: boolean
  readonly acceptsDryRun: boolean
  readonly acceptsRecipient: boolean
  /** Lists in pages: the member of the output that holds the entries. */
  readonly pages?: string
}

export interface ErrorInfo {
  readonly fault: 'client' | 'server'
  /** Whether the API model has a shape for it. */
  readonly modelled: boolean
}
`

export function renderOperations(facts) {
  const operations = Object.entries(facts.operations).map(([name, operation]) => [
    name,
    {
      input: membersOf(operation.input),
      output: membersOf(operation.output),
      errors: operation.errors,
      keyMembers: Object.fromEntries(
        Object.entries(operation.keyIdentifierForms ?? {}).map(([member, forms]) => [
          member,
          forms.includes('aliasName') ? 'keysAndAliases' : 'keys',
        ]),
      ),
      crossAccount: operation.crossAccount,
      stateChecked: operation.stateChecked,
      acceptsGrantTokens: operation.acceptsGrantTokens,
      acceptsDryRun: operation.acceptsDryRun,
      acceptsRecipient: operation.acceptsRecipient,
      ...(operation.pagination ? { pages: operation.pagination.items } : {}),
    },
  ])
  const errors = Object.entries(facts.errors).map(([name, { fault, modelled = true }]) => [name, { fault, modelled }])
  const structures = Object.entries(facts.structures).map(([name, members]) => [name, membersOf(members)])
  return [
    header(['The operations of KMS as the API model has them: members, limits, errors. Data only.'], FACTS, SOURCE),
    `export type OperationName = ${union(Object.keys(facts.operations))}`,
    '',
    '/** An AWS error code; some carry their message alone. */',
    `export type ErrorCode = ${union(Object.keys(facts.errors))}`,
    '',
    `export type EnumName = ${union(Object.keys(facts.enums))}`,
    '',
    `export type StructureName = ${union(Object.keys(facts.structures))}`,
    MODEL_TYPES,
    `export const ENUMS = ${literal(facts.enums)} as const satisfies Readonly<Record<EnumName, readonly string[]>>`,
    '',
    `export const STRUCTURES: Readonly<Record<StructureName, Readonly<Record<string, MemberInfo>>>> = ${literal(Object.fromEntries(structures))}`,
    '',
    `export const ERRORS: Readonly<Record<ErrorCode, ErrorInfo>> = ${literal(Object.fromEntries(errors))}`,
    '',
    `export const API_OPERATIONS: Readonly<Record<OperationName, ApiOperation>> = ${literal(Object.fromEntries(operations))}`,
  ].join('\n')
}

function membersOf(members) {
  return Object.fromEntries(Object.entries(members ?? {}).map(([name, member]) => [name, memberOf(member)]))
}

function memberOf(member) {
  const { type, required, min, max, pattern, sensitive, structure, items } = member
  known(TYPE_NAMES, type, 'member type')
  return {
    type,
    ...(required ? { required: true } : {}),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(member.enum === undefined ? {} : { enum: member.enum }),
    ...(sensitive ? { sensitive: true } : {}),
    ...(structure === undefined ? {} : { structure }),
    ...(items === undefined ? {} : { items: memberOf(items) }),
  }
}

// ------------------------------------------------------------------------------------------------- src/kms/shapes.ts

const TYPE_NAMES = {
  string: 'string',
  blob: 'Uint8Array',
  boolean: 'boolean',
  integer: 'number',
  timestamp: 'Date',
  list: '',
  map: 'Readonly<Record<string, string>>',
  structure: '',
}

export function renderShapes(facts) {
  const lines = [
    header(
      [
        'The input and output of every operation, as the AWS SDK for JavaScript v3 has them: bytes are Uint8Array, points in',
        'time are Date.',
      ],
      FACTS,
      SOURCE,
    ),
  ]
  for (const [name, values] of Object.entries(facts.enums)) lines.push(`export type ${name} = ${union(values)}`, '')
  for (const [name, members] of Object.entries(facts.structures)) {
    lines.push(interfaceOf(shapeName(name, facts), members), '')
  }
  for (const [name, { input, output }] of Object.entries(facts.operations)) {
    lines.push(interfaceOf(`${name}Input`, input ?? {}), '', interfaceOf(`${name}Output`, output ?? {}, true), '')
  }
  const table = (suffix) => Object.keys(facts.operations).map((name) => `  ${name}: ${name}${suffix}`)
  lines.push('/** What each operation takes. */', 'export interface KmsInputs {', ...table('Input'), '}', '')
  lines.push('/** What each operation answers. */', 'export interface KmsOutputs {', ...table('Output'), '}', '')
  return lines.join('\n')
}

/** A structure and an enum of one name would be one type. */
function shapeName(name, facts) {
  if (Object.hasOwn(facts.enums, name)) throw new Error(`${name} names an enum and a structure`)
  return name
}

/** \`| undefined\` as in the SDK, whose values may be handed over as they are. */
function interfaceOf(name, members, isOutput = false) {
  const rows = Object.entries(members).map(([member, info]) => {
    const mark = info.required && !isOutput ? '' : '?'
    return `  readonly ${member}${mark}: ${typeOf(info)}${mark === '' ? '' : ' | undefined'}`
  })
  if (rows.length === 0) return `export type ${name} = Readonly<Record<string, never>>`
  return [`export interface ${name} {`, ...rows, '}'].join('\n')
}

function typeOf(info) {
  switch (info.type) {
    case 'string':
      return info.enum ?? 'string'
    case 'list':
      return `readonly ${typeOf(info.items)}[]`
    case 'structure':
      return info.structure
    default:
      return known(TYPE_NAMES, info.type, 'member type')
  }
}

// --------------------------------------------------------------------------------------------- src/kms/validators.ts

export function renderValidators(facts) {
  const patterns = new Map()
  const enums = new Set()
  const structures = new Set()
  const context = { patterns, enums, structures }
  const validators = Object.entries(facts.operations).map(([name, { input }]) => {
    const read = Object.entries(input ?? {}).map(
      ([member, info]) => `    ${member}: ${reader(info, `input['${member}']`, literal(pathOf(member)), context)},`,
    )
    return read.length === 0
      ? `  ${name}: (given) => { const faults = new Faults(); membersOf(faults, given); return finish<${name}Input>(faults, {}) },`
      : [
          `  ${name}: (given) => {`,
          '    const faults = new Faults()',
          '    const input = membersOf(faults, given)',
          `    return finish<${name}Input>(faults, {`,
          ...read,
          '    })',
          '  },',
        ].join('\n')
  })
  const functions = []
  // A structure may hold others that no operation names.
  for (const name of structures) {
    const rows = Object.entries(facts.structures[name]).map(
      ([member, info]) =>
        `    ${member}: ${reader(info, `input['${member}']`, `\`\${path}.${pathOf(member)}\``, context)},`,
    )
    functions.push(
      [
        `function ${readerName(name)}(faults: Faults, given: unknown, path: string): ${name} | undefined {`,
        '  const input = structure(faults, given, path)',
        '  if (input === undefined) return undefined',
        // What is amiss stands in `faults`, and nobody reads an input that has faults.
        `  return { ${rows.join('\n')} }${isAnyRequired(name) ? ` as ${name}` : ''}`,
        '}',
      ].join('\n'),
    )
  }
  function isAnyRequired(name) {
    return Object.values(facts.structures[name]).some(({ required }) => required)
  }
  const names = [...new Set([...Object.keys(facts.operations).map((name) => `${name}Input`), 'KmsInputs'])]
  const enumTypes = [...enums]
  const usedReaders = READERS.filter((name) =>
    [...validators, ...functions].some((text) => new RegExp(`\\b${name}[(<,)]`).test(text)),
  )
  return [
    header(
      [
        'Reads the input of every operation: a copy with exactly the members that the operation has, or what is wrong.',
        '',
        'Total: whatever is given, the answer is a value.',
      ],
      FACTS,
      SOURCE,
    ),
    "import { ENUMS, type OperationName } from '../aws/operations.js'",
    `import { Faults, finish, patternOf, ${usedReaders.join(', ')}, type Validated } from './constraint.js'`,
    `import type { ${[...names, ...structures, ...enumTypes].sort().join(', ')} } from './shapes.js'`,
    '',
    ...[...patterns].map(([pattern, name]) => `const ${name} = patternOf(${literal(pattern)})`),
    '',
    ...enumTypes.map((name) => `const ${enumName(name)}: ReadonlySet<string> = new Set(ENUMS.${name})`),
    '',
    ...functions,
    '',
    'export const VALIDATORS: { readonly [N in OperationName]: (given: unknown) => Validated<KmsInputs[N]> } = {',
    ...validators,
    '}',
  ].join('\n')
}

const READERS = [
  'membersOf',
  'structure',
  'text',
  'choice',
  'bytes',
  'flag',
  'integer',
  'moment',
  'pairs',
  'texts',
  'choices',
  'structures',
]

function pathOf(member) {
  return member.charAt(0).toLowerCase() + member.slice(1)
}

function readerName(structure) {
  return `read${structure}`
}

function enumName(name) {
  return name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()
}

function reader(info, value, path, context) {
  const required = String(info.required === true)
  const sensitive = info.sensitive === true
  const range = [info.min ?? 0, info.max ?? 'Infinity'].join(', ')
  switch (info.type) {
    case 'string': {
      if (info.enum !== undefined)
        return `choice<${info.enum}>(faults, ${value}, ${path}, ${required}, ${setOf(info, context)})`
      const pattern = info.pattern === undefined ? 'undefined' : patternName(info.pattern, context)
      const rest = sensitive ? `, ${pattern}, true` : info.pattern === undefined ? '' : `, ${pattern}`
      return `text(faults, ${value}, ${path}, ${required}, ${range}${rest})`
    }
    case 'blob':
      return `bytes(faults, ${value}, ${path}, ${required}, ${range})`
    case 'boolean':
      return `flag(faults, ${value}, ${path}, ${required})`
    case 'integer':
      return `integer(faults, ${value}, ${path}, ${required}, ${[info.min ?? '-Infinity', info.max ?? 'Infinity'].join(', ')})`
    case 'timestamp':
      return `moment(faults, ${value}, ${path}, ${required})`
    case 'map':
      return `pairs(faults, ${value}, ${path}, ${required})`
    case 'structure':
      if (info.required) throw new Error('a structure that must be there: the reader of structures does not know of it')
      context.structures.add(info.structure)
      return `${readerName(info.structure)}(faults, ${value}, ${path})`
    case 'list':
      return listReader(info, value, path, required, range, context)
    default:
      throw new Error(`unknown member type ${info.type}`)
  }
}

function listReader({ items }, value, path, required, range, context) {
  if (items.type === 'structure') {
    context.structures.add(items.structure)
    return `structures(faults, ${value}, ${path}, ${required}, ${range}, ${readerName(items.structure)})`
  }
  if (items.enum !== undefined) {
    return `choices<${items.enum}>(faults, ${value}, ${path}, ${required}, ${range}, ${setOf(items, context)})`
  }
  return `texts(faults, ${value}, ${path}, ${required}, ${range}, ${items.min ?? 0}, ${items.max ?? 'Infinity'})`
}

function setOf(info, { enums }) {
  enums.add(info.enum)
  return enumName(info.enum)
}

function patternName(pattern, { patterns }) {
  const name = patterns.get(pattern) ?? `PATTERN_${patterns.size + 1}`
  patterns.set(pattern, name)
  return name
}
