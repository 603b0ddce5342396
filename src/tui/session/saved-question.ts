/**
 * Questions in a session file: what can be written as JSON, and read again.
 *
 * Nothing of a file is trusted: what has not the shape of a question, to its last member, is none. A question that
 * carries session policies is not written, since without them it would be another one.
 */
import type { Question } from '../../source/asked/question.js'

type Shape =
  | 'string'
  | 'number'
  | 'boolean'
  /** Whatever JSON can say. */
  | 'any'
  | { readonly oneOf: readonly string[] }
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly needed: Members; readonly optional: Members }

type Members = Readonly<Record<string, Shape>>

const STRINGS: Shape = { map: 'string' }
const CONSTRAINTS: Shape = {
  needed: {},
  optional: { encryptionContextEquals: STRINGS, encryptionContextSubset: STRINGS, sourceArn: 'string' },
}

const CHECK: Members = {
  principal: 'string',
  userArn: 'string',
  action: 'string',
  resource: 'string',
  context: { map: 'any' },
  derive: 'boolean',
  sessionTags: STRINGS,
  encryptionContext: STRINGS,
  grantId: 'string',
  grantTokens: { list: 'string' },
  createGrant: {
    needed: { operations: { list: 'string' } },
    optional: {
      constraints: CONSTRAINTS,
      granteePrincipal: 'string',
      granteeServicePrincipal: 'string',
      retiringPrincipal: 'string',
      retiringServicePrincipal: 'string',
    },
  },
  bypassPolicyLockoutSafetyCheck: 'boolean',
  time: 'string',
  keyIdAs: 'string',
  via: 'string',
  parameters: { map: 'any' },
}

const { principal: _principal, action: _action, ...REST } = CHECK

const SAID: Shape = {
  needed: { decision: { oneOf: ['allow', 'deny', 'undecided'] } },
  optional: {
    errorCode: 'string',
    message: 'string',
    layer: { oneOf: ['scp', 'rcp', 'vpce', 'keyPolicy', 'identity', 'boundary', 'session', 'trust'] },
    isExplicit: 'boolean',
    policyArn: 'string',
    authorizationId: 'string',
    form: {
      needed: {},
      optional: {
        reason: { oneOf: ['layer', 'effect', 'none'] },
        resource: 'boolean',
        policyArn: 'boolean',
        authorizationId: 'string',
      },
    },
    isOpaque: 'boolean',
    keyState: { oneOf: ['disabled', 'pendingDeletion', 'pendingImport', 'unavailable', 'other'] },
    notFound: 'string',
    isLockout: 'boolean',
    caller: 'string',
    action: 'string',
    resource: 'string',
  },
}

const QUESTION: Shape = {
  needed: {
    origin: {
      needed: { form: { oneOf: ['cloudtrail', 'message', 'query', 'operation'] }, name: 'string' },
      optional: {
        line: 'number',
        span: { needed: { start: 'number', end: 'number' }, optional: {} },
        eventId: 'string',
        requestId: 'string',
      },
    },
    checks: { list: { needed: { principal: 'string', action: 'string' }, optional: REST } },
    incomplete: {
      list: {
        needed: {
          lacks: {
            list: { needed: { part: { oneOf: ['principal', 'action', 'resource'] }, why: 'string' }, optional: {} },
          },
        },
        optional: CHECK,
      },
    },
    unknown: {
      list: {
        needed: {
          kind: { oneOf: ['conditionKey', 'sessionPolicies', 'grantTokens', 'parameters'] },
          name: 'string',
          why: 'string',
        },
        optional: {},
      },
    },
    notes: { list: 'string' },
  },
  optional: {
    operation: 'string',
    caller: { needed: {}, optional: { accountId: 'string', uniqueId: 'string', roleArn: 'string', userArn: 'string' } },
    said: SAID,
  },
}

/** Undefined for a question that a file cannot hold. */
export function savedQuestion(question: Question): unknown {
  // What JSON leaves out, such as members that are undefined, says nothing.
  const written: unknown = JSON.parse(JSON.stringify(question))
  return fits(written, QUESTION, 0) ? written : undefined
}

/** Undefined for whatever is no question. */
export function readQuestion(value: unknown): Question | undefined {
  return fits(value, QUESTION, 0) ? (value as Question) : undefined
}

const MAX_DEPTH = 32

function fits(value: unknown, shape: Shape, depth: number): boolean {
  if (depth > MAX_DEPTH) return false
  switch (shape) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === shape
    case 'any':
      return isBounded(value, depth)
  }
  if ('oneOf' in shape) return typeof value === 'string' && shape.oneOf.includes(value)
  if ('list' in shape) return Array.isArray(value) && value.every((item) => fits(item, shape.list, depth + 1))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const members = Object.entries(value)
  if ('map' in shape) return members.every(([, member]) => fits(member, shape.map, depth + 1))
  const { needed, optional } = shape
  if (!Object.keys(needed).every((name) => Object.hasOwn(value, name))) return false
  return members.every(([name, member]) => {
    const expected = Object.hasOwn(needed, name)
      ? needed[name]
      : Object.hasOwn(optional, name)
        ? optional[name]
        : undefined
    return expected !== undefined && fits(member, expected, depth + 1)
  })
}

function isBounded(value: unknown, depth: number): boolean {
  if (depth > MAX_DEPTH) return false
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every((member) => isBounded(member, depth + 1))
}
