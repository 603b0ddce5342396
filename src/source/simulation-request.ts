/**
 * The `request` and the `context` of a simulation document.
 */
import type { ContextValue, RequestDetails } from '../decide/facts.js'
import type { SlotValue } from '../graph/atom.js'
import { parseDate } from '../text/date.js'
import { detached } from '../text/detached.js'
import { quote } from '../text/escape.js'
import { nodeToValue, type SyntaxNode, type SyntaxPath } from '../text/syntax-tree.js'
import { ObjectReader, type Reading } from './object-reader.js'
import { readGrantRequest } from './simulation-grants.js'

const MEMBERS = [
  'encryptionContext',
  'grantId',
  'grantTokens',
  'createGrant',
  'bypassPolicyLockoutSafetyCheck',
  'time',
  'keyIdAs',
  'via',
  'parameters',
]

/** Members that only `derive` reads. */
export const DERIVE_ONLY = ['time', 'keyIdAs', 'via', 'parameters'] as const satisfies readonly (keyof RequestDetails)[]

export function readRequest(reading: Reading, node: SyntaxNode, path: SyntaxPath): RequestDetails | undefined {
  const members = ObjectReader.open(reading, node, path, MEMBERS)
  if (members === undefined) return undefined
  const encryptionContext = members.record('encryptionContext')
  const grantId = members.text('grantId')
  const grantTokens = members.texts('grantTokens')
  const bypass = members.flag('bypassPolicyLockoutSafetyCheck')
  const keyIdAs = members.text('keyIdAs')
  const grantNode = members.get('createGrant')
  const createGrant =
    grantNode === undefined ? undefined : readGrantRequest(reading, grantNode, members.pathOf('createGrant'))
  const time = members.text('time')
  if (time !== undefined && parseDate(time) === undefined) {
    members.error('time', `\`time\` is ${quote(time)}; expected a date such as \`2026-03-15T12:00:00Z\``)
  }
  const via = members.text('via')
  if (via !== undefined && !/^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com$/.test(via)) {
    members.error('via', `\`via\` is ${quote(via)}; expected a service such as \`s3.us-west-2.amazonaws.com\``)
  }
  const parameters = readParameters(members)
  return {
    ...(encryptionContext === undefined ? {} : { encryptionContext }),
    ...(grantId === undefined ? {} : { grantId }),
    ...(grantTokens === undefined ? {} : { grantTokens }),
    ...(createGrant === undefined ? {} : { createGrant }),
    ...(bypass === undefined ? {} : { bypassPolicyLockoutSafetyCheck: bypass }),
    ...(time === undefined ? {} : { time }),
    ...(keyIdAs === undefined ? {} : { keyIdAs }),
    ...(via === undefined ? {} : { via }),
    ...(parameters === undefined ? {} : { parameters }),
  }
}

function readParameters(members: ObjectReader): Readonly<Record<string, unknown>> | undefined {
  const node = members.get('parameters')
  if (node === undefined) return undefined
  if (node.kind === 'object') {
    return Object.fromEntries(node.members.map(({ key, value }) => [key, nodeToValue(value)]))
  }
  members.reading.wrongType(node, members.pathOf('parameters'), 'the input of the API call, an object')
  return undefined
}

/** Values by the lower-case name of their key; undefined where the document says that the key is absent. */
export type ContextValues = ReadonlyMap<string, SlotValue>

export function readContext(reading: Reading, node: SyntaxNode, path: SyntaxPath): ContextValues | undefined {
  if (node.kind !== 'object') {
    reading.wrongType(node, path, 'an object of condition keys')
    return undefined
  }
  const values = new Map<string, Collected>()
  for (const { key, value } of node.members) {
    // Most are texts; the place is only made for the others.
    const read = value.kind === 'string' ? value.value : readContextValue(reading, value, [...path, key])
    collectValue(values, key, read)
  }
  return settled(values)
}

/** The same for values that are known already. */
export function contextOf(values: Readonly<Record<string, ContextValue>>): ContextValues {
  const collected = new Map<string, Collected>()
  for (const [key, value] of Object.entries(values)) collectValue(collected, key, value)
  return settled(collected)
}

type Collected = string | string[] | undefined

/** Key names compare without case: what two spellings of one key hold is a list. */
function collectValue(collected: Map<string, Collected>, key: string, value: ContextValue | undefined): void {
  const name = lowerCase(key)
  const known = collected.get(name)
  if (known === undefined) {
    collected.set(name, typeof value === 'object' ? [...value] : value)
  } else if (value !== undefined) {
    const list = typeof known === 'string' ? [known] : known
    for (const item of typeof value === 'string' ? [value] : value) list.push(item)
    collected.set(name, list)
  }
}

/** A list of one text is that text; of one empty text it stays a list, which set operators take for nothing (facts B4). */
function settled(collected: Map<string, Collected>): ContextValues {
  for (const [name, value] of collected) {
    if (typeof value !== 'object') continue
    if (value.length === 0) collected.set(name, undefined)
    else if (value.length === 1 && value[0] !== '') collected.set(name, value[0])
  }
  return collected
}

/** Key names by their spelling, which are mostly the same few in a stream of documents. */
const lowerNames = new Map<string, string>()
const MAX_NAMES = 1000
const MAX_NAME_LENGTH = 200

function lowerCase(key: string): string {
  const known = lowerNames.get(key)
  if (known !== undefined) return known
  const name = key.toLowerCase()
  if (key.length > MAX_NAME_LENGTH) return name
  if (lowerNames.size >= MAX_NAMES) lowerNames.clear()
  lowerNames.set(detached(key), detached(name))
  return name
}

function readContextValue(reading: Reading, node: SyntaxNode, path: SyntaxPath): ContextValue | undefined {
  if (node.kind === 'null') return undefined
  if (node.kind !== 'array') return scalar(reading, node, path, 'a string, number, boolean or a list of them')
  const texts: string[] = []
  for (const [index, item] of node.items.entries()) {
    const text = scalar(reading, item, [...path, index], 'a string, number or boolean')
    if (text !== undefined) texts.push(text)
  }
  return texts
}

/** Numbers and booleans compare through their text, a number's as it was written. */
function scalar(reading: Reading, node: SyntaxNode, path: SyntaxPath, expected: string): string | undefined {
  switch (node.kind) {
    case 'string':
      return node.value
    case 'number':
      return node.text
    case 'boolean':
      return String(node.value)
    case 'null':
    case 'object':
    case 'array':
      reading.wrongType(node, path, expected)
      return undefined
  }
}
