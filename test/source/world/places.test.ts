/**
 * An explanation points at the very file that a policy came from, whatever it was written in.
 */
import { describe, expect, test } from 'vitest'
import { explainTrace } from '../../../src/explain/story.js'
import { originOf, shownSource, spanInFile } from '../../../src/source/world/policy-text.js'
import { toAuthorizer } from '../../../src/source/world/to-authorizer.js'
import { readWorld } from '../../../src/source/world/read-world.js'
import { A, KEY, KEY_ID, KEY_POLICY, worldOf, type Files } from './files.js'

const POLICY = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'Here', Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }],
}
const DENIED = { principal: `arn:aws:iam::${A}:role/R`, action: 'kms:Decrypt', resource: KEY }
const FOLDER = `${A}/us-west-2`
const KEY_FILE: Files = { [`${FOLDER}/get-key-policy.${KEY_ID}.json`]: { Policy: JSON.stringify(KEY_POLICY) } }

function details(document: unknown, filler = 0): string {
  const role = (name: string, inline: readonly object[]): object => ({
    Arn: `arn:aws:iam::${A}:role/${name}`,
    RolePolicyList: inline,
  })
  const many = Array.from({ length: filler }, (_, index) => role(`Filler${index}`, []))
  return JSON.stringify(
    { RoleDetailList: [...many, role('R', [{ PolicyName: 'p', PolicyDocument: document }])] },
    null,
    4,
  )
}

/** Where the explanation of the denial says that the nearest statement's action stands. */
function placeOf(files: Files): {
  readonly file: string
  readonly line: string
  readonly text: string
  readonly pointer: string
} {
  const world = worldOf({ ...KEY_FILE, ...files })
  const trace = toAuthorizer(world).trace(DENIED)
  if (!trace.ok) throw new Error(trace.error.message)
  const { decisive } = explainTrace(trace.value, { sourceOf: shownSource })
  const place = decisive[0]?.place
  if (place === null || place === undefined) throw new Error('the statement has no place')
  const line = place.source.text.split('\n')[place.line - 1] ?? ''
  return {
    file: `${place.source.name}:${place.line}`,
    line: line.trim(),
    text: place.source.text.slice(place.span.start, place.span.end),
    pointer: place.pointer,
  }
}

/** The line of a text in which something stands, from 1. */
function lineOf(text: string, what: string): number {
  return text.slice(0, text.indexOf(what)).split('\n').length
}

describe('places', () => {
  test('an object in a dump: line and pointer of the file', () => {
    const text = details(POLICY)
    const place = placeOf({ 'd.json': text })
    expect(place.file).toBe(`d.json:${lineOf(text, '"Sid": "Here"') - 1}`)
    expect(place.pointer).toBe('/RoleDetailList/0/RolePolicyList/0/PolicyDocument/Statement/0')
    expect(JSON.parse(place.text)).toEqual(POLICY.Statement[0])
  })

  test('several values in a file: still its line', () => {
    const text = `${details(POLICY).replaceAll('role/R"', 'role/Other"')}\n${details(POLICY)}`
    const place = placeOf({ 'd.json': text })
    expect(place.file).toBe(`d.json:${text.slice(0, text.lastIndexOf('"Sid": "Here"')).split('\n').length - 1}`)
  })

  test('a large dump, read in parts: still its line', () => {
    const text = details(POLICY, 40_000)
    expect(text.length).toBeGreaterThan(4 * 1024 * 1024)
    expect(placeOf({ 'd.json': text }).file).toBe(`d.json:${lineOf(text, '"Sid": "Here"') - 1}`)
  })

  test('our own YAML: line of the file', () => {
    const text = `keyward: world/1
accounts:
  '${A}':
    roles:
      R:
        policies:
          p:
            Version: '2012-10-17'
            Statement:
              - Sid: Here
                Effect: Allow
                Action: kms:Encrypt
                Resource: '*'
`
    expect(placeOf({ 'w.yaml': text })).toMatchObject({
      file: 'w.yaml:10',
      pointer: `/accounts/${A}/roles/R/policies/p/Statement/0`,
    })
  })

  test.each([
    ['JSON in a string', JSON.stringify(POLICY, null, 2)],
    ['URL-encoded', encodeURIComponent(JSON.stringify(POLICY, null, 2))],
  ])('%s: the decoded text, under the name of file and pointer', (_name, document) => {
    const place = placeOf({ 'd.json': details(document) })
    expect(place.file).toBe('d.json#/RoleDetailList/0/RolePolicyList/0/PolicyDocument:4')
    expect(JSON.parse(place.text)).toEqual(POLICY.Statement[0])
  })

  test('a part of a policy in a string can be found in the file', () => {
    const name = `${FOLDER}/get-key-policy.${KEY_ID}.json`
    const text = JSON.stringify({ Policy: JSON.stringify(KEY_POLICY, null, 2) })
    const document = worldOf({ [name]: text }).keys.get(KEY)?.policy?.document
    const { source } = document?.source ?? { source: { text: '' } }
    const origin = document === undefined ? undefined : originOf(document.source)
    const start = source.text.indexOf('"kms:*"')
    const span = origin === undefined ? undefined : spanInFile(origin, source.text, { start, end: start + 7 })
    expect(text.slice(span?.start, span?.end)).toBe('\\"kms:*\\"')
  })

  test('an error in an equal policy of another role is placed in that role', () => {
    const bad = { Version: '2012-10-17', Statement: [{ Effect: 'Alow', Action: '*', Resource: '*' }] }
    const text = JSON.stringify({
      RoleDetailList: ['R', 'S'].map((name) => ({
        Arn: `arn:aws:iam::${A}:role/${name}`,
        RolePolicyList: [{ PolicyName: 'p', PolicyDocument: bad }],
      })),
    })
    const read = readWorld([{ name: 'd.json', text }])
    const errors = read.ok ? [] : read.error.errors
    const places = errors.map(({ span, pointer }) => [
      text.slice(span.start, span.end),
      pointer?.slice(0, 17),
      span.start,
    ])
    expect(places).toEqual([
      ['"Alow"', '/RoleDetailList/0', text.indexOf('"Alow"')],
      ['"Alow"', '/RoleDetailList/1', text.lastIndexOf('"Alow"')],
    ])
  })
})
