/**
 * A test file for `keyward test` that passes once a request is let in: what a fix is for, kept as a promise.
 *
 * A test says who, what, on which key and with which condition keys. What it cannot say, such as grant tokens, is told.
 *
 * Source: `docs/test.md`.
 */
import { dirname, isAbsolute, relative, resolve } from 'node:path'
import type { AuthorizationRequest } from '../../../decide/resolve.js'
import type { RequestContextValue } from '../../../decide/values.js'
import { escapeTerminal } from '../../../text/escape.js'

export interface Expectation {
  readonly name: string
  readonly check: AuthorizationRequest
  /** What would let it in, one sentence each. */
  readonly steps: readonly string[]
}

/** Members of a test, in the order in which people write them. */
interface TestMembers {
  readonly principal: string
  readonly action: string
  readonly key: string | undefined
  readonly context: Readonly<Record<string, readonly string[]>>
  readonly via: string | undefined
  readonly from: string | undefined
  readonly through: string | undefined
}

/** @param world - the folder, from where the program runs; `path` is where the file will stand. Ends in a line feed. */
export function expectationText({ name, check, steps }: Expectation, world: string, path: string): string {
  const { principal, action, key, context, via, from, through } = membersOf(check)
  const lost = whatIsLost(check)
  const pairs = Object.entries(context)
  const member = (label: string, value: string | undefined): readonly string[] =>
    value === undefined ? [] : [`    ${label}: ${quoted(value)}`]
  const lines = [
    '# Made by keyward explore. It passes once this request is let in, as it is after:',
    ...steps.map((step) => `#   ${escapeTerminal(step)}`),
    ...(lost.length === 0 ? [] : [`# A test cannot say this of the request: ${lost.join(', ')}.`]),
    `world: ${quoted(worldFrom(world, path))}`,
    'tests:',
    `  - name: ${quoted(name)}`,
    ...member('principal', principal),
    ...member('action', action),
    ...member('key', key),
    ...(pairs.length === 0
      ? []
      : ['    context:', ...pairs.map(([label, values]) => `      ${quoted(label)}: ${valuesText(values)}`)]),
    ...member('via', via),
    ...member('from', from),
    ...member('through', through),
    '    expect: allow',
  ]
  return `${lines.join('\n')}\n`
}

function valuesText(values: readonly string[]): string {
  const [only] = values
  return only !== undefined && values.length === 1 ? quoted(only) : `[${values.map(quoted).join(', ')}]`
}

/** JSON in ASCII is YAML as well, whatever stands in it. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** As the test file has it: from its own folder. */
function worldFrom(world: string, path: string): string {
  if (isAbsolute(world)) return world
  if (isAbsolute(path)) return resolve(world).replaceAll('\\', '/')
  const found = relative(dirname(path), world)
  return found === '' ? '.' : found.replaceAll('\\', '/')
}

const OWN = { endpoint: 'aws:sourcevpce', address: 'aws:sourceip', privateAddress: 'aws:vpcsourceip' } as const

function membersOf(check: AuthorizationRequest): TestMembers {
  const { principal, action, resource, encryptionContext = {}, sessionTags = {}, context = {}, via, time } = check
  const listed = Object.entries(context)
  const find = (wanted: string): string | undefined => {
    const value = listed.find(([name]) => name.toLowerCase() === wanted)?.[1]
    return value === undefined || value === null || Array.isArray(value) ? undefined : String(value)
  }
  // A call by a service has nothing of an endpoint.
  const through = via === undefined ? find(OWN.endpoint) : undefined
  const from = through === undefined ? find(OWN.address) : find(OWN.privateAddress)
  const said = new Set<string>([
    ...(through === undefined ? [] : [OWN.endpoint, OWN.privateAddress]),
    ...(from === undefined || through !== undefined ? [] : [OWN.address]),
  ])
  const others = listed.flatMap(([name, value]): [string, readonly string[]][] => {
    const values = valuesOf(value)
    return values.length === 0 || said.has(name.toLowerCase()) ? [] : [[name, values]]
  })
  return {
    principal,
    action,
    key: resource,
    context: Object.fromEntries([
      ...Object.entries(encryptionContext).map(([name, value]) => [`kms:EncryptionContext:${name}`, [value]] as const),
      ...Object.entries(sessionTags).map(([name, value]) => [`aws:PrincipalTag/${name}`, [value]] as const),
      ...others,
      ...(time === undefined ? [] : [['aws:CurrentTime', [time]] as const]),
    ]),
    via,
    from,
    through,
  }
}

function valuesOf(value: RequestContextValue): readonly string[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value.map(String) : [String(value)]
}

function whatIsLost(check: AuthorizationRequest): readonly string[] {
  const { grantTokens = [], grantId, createGrant, sessionPolicies = [], derive } = check
  return [
    ...(grantTokens.length > 0 ? ['its grant tokens'] : []),
    ...(grantId === undefined ? [] : ['the grant that is retired']),
    ...(createGrant === undefined ? [] : ['the grant that is created']),
    ...(sessionPolicies.length > 0 ? ['the policies of its session'] : []),
    ...(derive === false ? ['which condition keys it lacks'] : []),
  ]
}
