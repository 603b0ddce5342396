/** The shipped JSON Schema of world files, and the reader that is held against it: `docs/world.md`. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadWorld } from '../../../src/source/world/load-world.js'
import { OWN_PARTS, OWN_THINGS } from '../../../src/source/world/own-shape.js'
import schema from '../../../src/source/world/world.schema.json' with { type: 'json' }
import { positionAt } from '../../../src/text/source.js'
import { ACME } from './acme-requests.js'
import { asOwnFiles } from './exports.js'
import { A, ALLOW_ALL, errorsOf, faultyWorld, KEY_ID } from './files.js'

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true })
const isWorldFile = ajv.compile(schema)

const EXAMPLE = /```yaml\n(keyward: world\/1\n[\s\S]*?)```/.exec(
  readFileSync(join(import.meta.dirname, '../../../docs/world.md'), 'utf8'),
)?.[1]

describe('what people write is what the schema says', () => {
  test('the example of the documentation', () => {
    expect([isWorldFile(parse(EXAMPLE ?? '')), isWorldFile.errors ?? []]).toEqual([true, []])
  })

  test.each(readdirSync(ACME).filter((name) => name.endsWith('.yaml')))('fixtures/acme/world/%s', (name) => {
    expect([isWorldFile(parse(readFileSync(join(ACME, name), 'utf8'))), isWorldFile.errors ?? []]).toEqual([true, []])
  })

  test('a whole organization written down', () => {
    const acme = loadWorld(ACME)
    if (!acme.ok) throw new Error('fixtures/acme cannot be loaded')
    for (const { text } of asOwnFiles(acme.value, 'json')) {
      expect([isWorldFile(JSON.parse(text)), isWorldFile.errors ?? []]).toEqual([true, []])
    }
  })
})

test('the reader has the members of the schema', () => {
  expect(Object.keys(schema.properties).toSorted()).toEqual([...OWN_PARTS].toSorted())
  const defs: Readonly<Record<string, object>> = schema.$defs
  for (const [name, { members }] of Object.entries(OWN_THINGS)) {
    const def = defs[name]
    expect({
      name,
      members: Object.keys(def !== undefined && 'properties' in def ? (def.properties ?? {}) : {}),
    }).toEqual({ name, members })
  }
})

// ------------------------------------------------------------------------------------ refused by both, with a place

const own = (body: string): string => `keyward: world/1\n${body}`
const account = (body: string): string => own(`accounts:\n  '${A}':\n${body.replace(/^/gm, '    ')}\n`)
const key = (body: string): string => account(`region: us-east-1\nkeys:\n  ${KEY_ID}: { ${body} }`)

interface Refusal {
  readonly text: string
  readonly message: string
  readonly hint: string
  /** What the error points at. */
  readonly at: string
}

const REFUSED: readonly Refusal[] = [
  {
    text: account('roles: { App: { polices: {} } }'),
    message: 'unknown member `polices` of a role',
    hint: 'did you mean `policies`?',
    at: 'polices',
  },
  {
    text: account('users: { Eve: { inline: {} } }'),
    message: 'unknown member `inline` of a user',
    hint: 'known are `id`, `tags`, `groups`, `boundary`, `policies`, `attached`',
    at: 'inline',
  },
  {
    text: own('organization: { root: { id: r-ab12, uints: [] } }\n'),
    message: 'unknown member `uints` of a root',
    hint: 'did you mean `units`?',
    at: 'uints',
  },
  {
    text: own('organization: { root: { id: r-ab12, units: [{ id: ou-ab12-11111111 }, { name: Prod }] } }\n'),
    message: 'a unit has no `id`',
    hint: 'such as `ou-a1b2-11111111`',
    at: '{',
  },
  {
    text: account('roles: { App: { tags: { cost: 4711 } } }'),
    message: '`cost` has the wrong type: the number `4711`',
    hint: 'expected a string; put it in quotes: `"4711"`',
    at: '4711',
  },
  {
    text: account('roles: { App: { attached: ReadOnly } }'),
    message: '`attached` has the wrong type: the string `ReadOnly`',
    hint: 'expected a list',
    at: 'ReadOnly',
  },
  {
    text: account('roles: { App: { attached: [7] } }'),
    message: 'an item of `attached` has the wrong type: the number `7`',
    hint: 'expected a string; put it in quotes: `"7"`',
    at: '7',
  },
  {
    text: account('roles: { App: { boundary: 12 } }'),
    message: '`boundary` has the wrong type: the number `12`',
    hint: 'expected a string or an object; put it in quotes: `"12"`',
    at: '12',
  },
  {
    text: account('roles: [App]'),
    message: '`roles` has the wrong type: a list',
    hint: 'expected an object',
    at: '[',
  },
  {
    text: account('sessions: { assumed-role/App/n: { policy: {} } }'),
    message: 'unknown member `policy` of a session',
    hint: 'known are `policies`, `attached`, `tags`',
    at: 'policy',
  },
  {
    text: key('manager: CUSTMER'),
    message: 'the value of `manager` is unknown',
    hint: 'did you mean `CUSTOMER`?',
    at: 'CUSTMER',
  },
  {
    text: key('multiRegion: yes'),
    message: 'the value of `multiRegion` is unknown',
    hint: 'expected `PRIMARY`, `REPLICA` or `false`',
    at: 'yes',
  },
  {
    text: key(
      "grants: [{ GrantId: g, GranteePrincipal: 'arn:aws:iam::111122223333:role/R', Operations: [], propagated: no-idea }]",
    ),
    message: '`propagated` has the wrong type: the string `no-idea`',
    hint: 'expected `true` or `false`',
    at: 'no-idea',
  },
  {
    text: own('scps: []\n'),
    message: '`scps` has the wrong type: a list',
    hint: 'expected an object',
    at: '[',
  },
]

describe('what the schema refuses the reader refuses, at its place', () => {
  test.each(REFUSED)('$message', ({ text, message, hint, at }) => {
    expect(isWorldFile(parse(text))).toBe(false)
    const errors = errorsOf({ 'w.yaml': text })
    expect(errors.map((error) => error.message)).toEqual([message])
    const [error] = errors
    expect(error?.hint).toBe(hint)
    expect(text.slice(error?.span.start, error?.span.end)).toBe(at)
    expect(error?.pointer).toMatch(/^\//)
  })

  test('once for each mistake, however many there are', () => {
    const roles = Object.fromEntries(
      Array.from({ length: 2000 }, (_, index) => [`R${index}`, { policies: { P: ALLOW_ALL }, typo: index }]),
    )
    const file = { keyward: 'world/1', accounts: { [A]: { roles } } }
    const { world, messages } = faultyWorld({ 'w.json': file })
    expect(messages).toHaveLength(51)
    expect(messages.at(-1)).toMatch(/more errors of this file are not listed/)
    expect(world.principals.size).toBe(2000)
  })

  test('in a large file, at the place in the file', () => {
    const roles = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [
        `R${index}`,
        { policies: { P: ALLOW_ALL }, ...(index === 2999 ? { tgas: {} } : {}) },
      ]),
    )
    const text = JSON.stringify({ keyward: 'world/1', accounts: { [A]: { roles } } })
    expect(text.length).toBeGreaterThan(256 * 1024)
    const [error, ...more] = errorsOf({ 'w.json': text })
    expect([error?.message, error?.hint, more]).toEqual(['unknown member `tgas` of a role', 'did you mean `tags`?', []])
    expect(text.slice(error?.span.start, error?.span.end)).toBe('"tgas"')
    expect(positionAt(text, error?.span.start ?? 0).line).toBe(1)
  })
})

test('names such as __proto__ are names to the schema, too', () => {
  expect(
    errorsOf({
      'w.json': `{"keyward": "world/1", "accounts": {"${A}": {"roles": {"__proto__": {"tags": {"__proto__": "x"}}}}}}`,
    }),
  ).toEqual([])
})

test('an editor may be told of the schema in the file', () => {
  expect(errorsOf({ 'w.json': { $schema: './world.schema.json', keyward: 'world/1' } })).toEqual([])
})
