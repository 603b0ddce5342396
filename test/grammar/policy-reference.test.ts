import fc from 'fast-check'
import { visit } from 'jsonc-parser'
import { describe, expect, test } from 'vitest'
import { parsePolicyReference } from './policy-reference.js'

const statement = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }
const policyOf = (part: object): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...part }] })

// authorization.md A1: IAM User Guide, "Grammar of the IAM JSON policy language".
describe('parsePolicyReference', () => {
  const read: readonly (readonly [string, string])[] = [
    ['one statement without a list', JSON.stringify({ Statement: statement })],
    ['no Version', JSON.stringify({ Statement: [statement, statement] })],
    [
      'elements in any order',
      `{"Statement":{"Resource":[],"NotAction":["kms:*"],"Effect":"Deny"},"Id":"","Version":"2008-10-17"}`,
    ],
    ['every principal', policyOf({ Principal: '*' })],
    [
      'principals of every type',
      policyOf({ NotPrincipal: { AWS: ['111122223333'], Federated: 'x', Service: [], CanonicalUser: 'y' } }),
    ],
    ['no principal type', policyOf({ Principal: {} })],
    ['an empty Condition', policyOf({ Condition: {} })],
    ['an empty operator block', policyOf({ Condition: { Bool: {} } })],
    [
      'values of every kind',
      policyOf({ Condition: { StringEquals: { a: 'x', b: ['x', 1, -2.5e3, true], c: false, d: [], e: 0 } } }),
    ],
    ['two operators that differ by case', policyOf({ Condition: { Bool: { a: 'true' }, bool: { a: 'true' } } })],
    ['strings that look like punctuation', policyOf({ Sid: '{', Action: [':', ',', 'true', '[', ']'] })],
    ['names of elements as values', policyOf({ Sid: 'Effect', Action: ['Action', 'Version', 'Allow'] })],
    [
      'escapes',
      `{"St\\u0061tement":{"Eff\\u0065ct":"\\u0041llow","Action":"kms:\\u0044ecrypt","Resource":"\\"\\\\\\/\\n"}}`,
    ],
    [
      'white space everywhere',
      JSON.stringify(JSON.parse(policyOf({ Condition: { Bool: { a: [true] } } })), undefined, '\t'),
    ],
    ['Latin-1', policyOf({ Sid: 'é ÿ' })],
  ]
  for (const [name, text] of read)
    test(`reads ${name}`, () => expect(parsePolicyReference(text)).toEqual({ ok: true, value: plainValue(text) }))

  const refused: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['an empty document', '{}'],
    ['a list', '[]'],
    ['no Statement', '{"Version":"2012-10-17"}'],
    ['an empty Statement list', '{"Statement":[]}'],
    ['a Statement that is a string', '{"Statement":"x"}'],
    ['an unknown element', policyOf({ Sids: 'x' })],
    ['an element in the wrong case', policyOf({ sid: 'x' })],
    ['an unknown element of the document', JSON.stringify({ Statement: statement, version: '2012-10-17' })],
    ['an unknown Version', JSON.stringify({ Version: '2012-10-18', Statement: statement })],
    ['an Id that is a number', JSON.stringify({ Id: 1, Statement: statement })],
    ['no Effect', JSON.stringify({ Statement: { Action: '*', Resource: '*' } })],
    ['an Effect in the wrong case', policyOf({ Effect: 'allow' })],
    ['Action and NotAction', policyOf({ NotAction: 'kms:*' })],
    ['Resource and NotResource', policyOf({ NotResource: '*' })],
    ['Principal and NotPrincipal', policyOf({ Principal: '*', NotPrincipal: '*' })],
    ['a principal that is a string other than *', policyOf({ Principal: '111122223333' })],
    ['a principal list', policyOf({ Principal: ['*'] })],
    ['an unknown principal type', policyOf({ Principal: { Aws: '*' } })],
    ['an action that is a number', policyOf({ Action: 1 })],
    ['an action list in a list', policyOf({ Action: [['kms:*']] })],
    ['a Condition that is a list', policyOf({ Condition: [] })],
    ['null among values', policyOf({ Condition: { Bool: { a: null } } })],
    ['a value list in a list', policyOf({ Condition: { Bool: { a: [[]] } } })],
    ['an object as value', policyOf({ Condition: { Bool: { a: {} } } })],
    ['the same element twice', `{"Statement":{"Effect":"Allow","Effect":"Allow","Action":"*","Resource":"*"}}`],
    [
      'the same element twice, one escaped',
      `{"Statement":{"Effect":"Allow","\\u0045ffect":"Allow","Action":"*","Resource":"*"}}`,
    ],
    ['Statement twice', `{"Statement":${JSON.stringify(statement)},"Statement":${JSON.stringify(statement)}}`],
    [
      'one principal type twice',
      `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Principal":{"AWS":"*","AWS":"*"}}}`,
    ],
    [
      'one operator twice',
      `{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{},"Bool":{}}}}`,
    ],
    ['condition keys that differ only by case', policyOf({ Condition: { Bool: { 'aws:X': 'a', 'aws:x': 'a' } } })],
    ['a character outside Latin-1', policyOf({ Sid: 'ā' })],
    ['a comma too many', '{"Statement":{"Effect":"Allow","Action":["*",],"Resource":"*"}}'],
    ['a comment', `${policyOf({})} // x`],
    ['two documents', policyOf({}) + policyOf({})],
    ['a text that stops', policyOf({}).slice(0, -1)],
    ['an unquoted name', '{Statement:{}}'],
    ['a control character in a string', policyOf({ Sid: 'x' }).replace('"x"', '"\u0009"')],
    ['a number that JSON does not know', policyOf({ Condition: { Bool: { a: 1 } } }).replace(':1}', ':01}')],
  ]
  for (const [name, text] of refused) {
    test(`refuses ${name}`, () => {
      expect(parsePolicyReference(text).ok).toBe(false)
      expect(parsePolicyReference(text, 'lenient').ok).toBe(false)
    })
  }

  test('a statement may lack Action or Resource where that is asked', () => {
    for (const part of [{ Action: undefined }, { Resource: undefined }, { Action: undefined, Resource: undefined }]) {
      expect(parsePolicyReference(policyOf(part)).ok).toBe(false)
      expect(parsePolicyReference(policyOf(part), 'lenient').ok).toBe(true)
    }
  })

  test('a refusal has the place of what cannot stand there', () =>
    expect(parsePolicyReference('{"Statement":{"Effect":"allow"}}')).toEqual({ ok: false, error: { offset: 23 } }))
})

// ---- random policies

const name = fc.string({ unit: fc.constantFrom('a', 'B', ':', '*', ' ', '"', '\\', '{', 'é', '/', '\n'), maxLength: 8 })
const texts = fc.oneof(name, fc.array(name, { maxLength: 3 }))
const scalar = fc.oneof(name, fc.boolean(), fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
const keys = fc
  .uniqueArray(fc.tuple(name, fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }))), {
    maxLength: 3,
    selector: ([key]) => key.toLowerCase(),
  })
  .map((entries) => Object.fromEntries(entries))
const condition = fc.dictionary(name, keys, { maxKeys: 3 })
const principal = fc.oneof(
  fc.constant('*'),
  fc.record({ AWS: texts, Federated: texts, Service: texts, CanonicalUser: texts }, { requiredKeys: [] }),
)
const either = (element: string, value: fc.Arbitrary<unknown>): fc.Arbitrary<Readonly<Record<string, unknown>>> =>
  fc.tuple(fc.constantFrom(element, `Not${element}`), value).map(([chosen, content]) => ({ [chosen]: content }))
const anyStatement = fc
  .tuple(
    fc.record(
      { Effect: fc.constantFrom('Allow', 'Deny'), Sid: name, Condition: condition },
      { requiredKeys: ['Effect'] },
    ),
    either('Action', texts),
    either('Resource', texts),
    fc.oneof(fc.constant<Readonly<Record<string, unknown>>>({}), either('Principal', principal)),
  )
  .chain((parts) => {
    const elements = parts.flatMap((part) => Object.entries<unknown>(part))
    return fc.shuffledSubarray(elements, { minLength: elements.length }).map((shuffled) => Object.fromEntries(shuffled))
  })
const anyPolicy = fc.record(
  {
    Statement: fc.oneof(anyStatement, fc.array(anyStatement, { minLength: 1, maxLength: 3 })),
    Version: fc.constantFrom('2008-10-17', '2012-10-17'),
    Id: name,
  },
  { requiredKeys: ['Statement'] },
)
const written = fc
  .tuple(anyPolicy, fc.constantFrom('', ' ', '\t'))
  .map(([policy, space]) => JSON.stringify(policy, undefined, space))

test('every policy reads as JSON.parse reads it', () =>
  fc.assert(
    fc.property(written, (text) => {
      expect(parsePolicyReference(text)).toEqual({ ok: true, value: plainValue(text) })
    }),
    { numRuns: 300, seed: 9 },
  ))

test('a changed text is read exactly when it is JSON of the right shape without doubled keys', () => {
  const outcomes = { read: 0, refused: 0 }
  const piece = fc.constantFrom(
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\',
    '0',
    'true',
    'null',
    '"Allow"',
    '"Effect"',
    '"Sid":"x",',
    '"AWS"',
    'x',
    ' ',
    'é',
    'ā',
  )
  fc.assert(
    fc.property(
      written,
      fc.nat(),
      fc.nat({ max: 12 }),
      fc.oneof(fc.constant(''), piece),
      (text, place, length, inserted) => {
        const at = place % (text.length + 1)
        const changed = text.slice(0, at) + inserted + text.slice(at + length)
        const reference = parsePolicyReference(changed)
        outcomes[reference.ok ? 'read' : 'refused']++
        const plain = plainPolicy(changed)
        if (plain === undefined) expect(reference.ok).toBe(false)
        else expect(reference).toEqual({ ok: true, value: plain })
      },
    ),
    { numRuns: 300, seed: 10 },
  )
  // Both sides of the statement were tried.
  expect(outcomes.read).toBeGreaterThan(20)
  expect(outcomes.refused).toBeGreaterThan(100)
})

function plainValue(text: string): unknown {
  return JSON.parse(text)
}

/** The same judgement with other means: JSON.parse, a look at the shape, and jsonc-parser for doubled keys. */
function plainPolicy(text: string): unknown {
  if ([...text].some((char) => char > 'ÿ')) return undefined
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isPolicy(value) && !hasDoubledKey(text) ? value : undefined
}

function hasDoubledKey(text: string): boolean {
  const open: { readonly keys: Set<string>; readonly depth: number }[] = []
  let doubled = false
  visit(text, {
    onObjectBegin: () => void open.push({ keys: new Set(), depth: open.length }),
    onObjectEnd: () => void open.pop(),
    onObjectProperty: (property, _offset, _length, _line, _column, path) => {
      const inOperator = path().at(-2) === 'Condition'
      const key = inOperator ? property.toLowerCase() : property
      const keysHere = open.at(-1)?.keys
      doubled ||= keysHere?.has(key) === true
      keysHere?.add(key)
    },
  })
  return doubled
}

type Shape = (value: unknown) => boolean

const isString: Shape = (value) => typeof value === 'string'
const isListOf =
  (shape: Shape): Shape =>
  (value) =>
    Array.isArray(value) && value.every(shape)
const isOneOf =
  (...allowed: readonly unknown[]): Shape =>
  (value) =>
    allowed.includes(value)
const isEither =
  (...shapes: readonly Shape[]): Shape =>
  (value) =>
    shapes.some((shape) => shape(value))
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isMapOf =
  (shape: Shape): Shape =>
  (value) =>
    isObject(value) && Object.values(value).every(shape)
const hasMembers =
  (shapes: Readonly<Record<string, Shape>>, isWhole: (value: Record<string, unknown>) => boolean = () => true): Shape =>
  (value) =>
    isObject(value) &&
    Object.entries(value).every(([key, member]) => Object.hasOwn(shapes, key) && shapes[key]?.(member)) &&
    isWhole(value)

const isTexts = isEither(isString, isListOf(isString))
const isScalar: Shape = (value) => ['string', 'number', 'boolean'].includes(typeof value)
const isPrincipal = isEither(
  isOneOf('*'),
  hasMembers({ AWS: isTexts, Federated: isTexts, Service: isTexts, CanonicalUser: isTexts }),
)
const isStatement = hasMembers(
  {
    Sid: isString,
    Effect: isOneOf('Allow', 'Deny'),
    Principal: isPrincipal,
    NotPrincipal: isPrincipal,
    Action: isTexts,
    NotAction: isTexts,
    Resource: isTexts,
    NotResource: isTexts,
    Condition: isMapOf(isMapOf(isEither(isScalar, isListOf(isScalar)))),
  },
  (value) =>
    'Effect' in value &&
    'Action' in value !== 'NotAction' in value &&
    'Resource' in value !== 'NotResource' in value &&
    !('Principal' in value && 'NotPrincipal' in value),
)
const isPolicy = hasMembers(
  {
    Version: isOneOf('2008-10-17', '2012-10-17'),
    Id: isString,
    Statement: isEither(
      isStatement,
      (value) => isListOf(isStatement)(value) && Array.isArray(value) && value.length > 0,
    ),
  },
  (value) => 'Statement' in value,
)
