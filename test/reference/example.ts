/**
 * The example account, key, callers and short builders that the interpreter's own tests and the generators share.
 *
 * Source: authorization.md, example values.
 */
import type {
  AuthorizeDocument,
  ConditionJson,
  GrantJson,
  OneOrMany,
  PolicyJson,
  PrincipalInput,
  PrincipalJson,
  ResourceInput,
  StatementJson,
} from './document.js'

export const A = '111122223333'
export const B = '444455556666'
export const KEY = `arn:aws:kms:us-west-2:${A}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
export const OTHER_KEY = `arn:aws:kms:us-west-2:${A}:key/mrk-1234abcd12ab34cd56ef1234567890ab`
export const ALIAS = `arn:aws:kms:us-west-2:${A}:alias/payments`

export function user(account = A, name = 'Alice'): PrincipalInput {
  return { type: 'user', arn: `arn:aws:iam::${account}:user/${name}`, userName: name }
}

export function session(account = A, role = 'App', name = 'i-0abc'): PrincipalInput {
  return {
    type: 'role',
    arn: `arn:aws:sts::${account}:assumed-role/${role}/${name}`,
    roleArn: `arn:aws:iam::${account}:role/${role}`,
    sessionName: name,
  }
}

export function root(account = A): PrincipalInput {
  return { type: 'root', arn: rootArn(account) }
}

export function rootArn(account = A): string {
  return `arn:aws:iam::${account}:root`
}

/** A GetFederationToken session that the user Alice made. */
export function federated(account = A): PrincipalInput {
  return {
    type: 'federated',
    arn: `arn:aws:sts::${account}:federated-user/Fay`,
    userArn: `arn:aws:iam::${account}:user/Alice`,
  }
}

export function service(name = 'logs.us-west-2.amazonaws.com'): PrincipalInput {
  return { type: 'service', arn: name }
}

export function policy(...statements: readonly StatementJson[]): PolicyJson {
  return { Version: '2012-10-17', Statement: statements }
}

interface Parts {
  readonly to?: PrincipalJson
  readonly on?: OneOrMany<string>
  readonly when?: ConditionJson
}

function statement(effect: 'Allow' | 'Deny', action: OneOrMany<string>, { to, on = '*', when }: Parts): StatementJson {
  return {
    Effect: effect,
    ...(to === undefined ? {} : { Principal: to }),
    Action: action,
    Resource: on,
    ...(when === undefined ? {} : { Condition: when }),
  }
}

export function allow(action: OneOrMany<string>, parts: Parts = {}): StatementJson {
  return statement('Allow', action, parts)
}

export function deny(action: OneOrMany<string>, parts: Parts = {}): StatementJson {
  return statement('Deny', action, parts)
}

export const EVERYTHING = policy(allow('*'))
export const ONLY_S3 = policy(allow('s3:*'))
export const DELEGATED = policy(allow('kms:*', { to: { AWS: rootArn() } }))
/** A key policy that has nothing to say to any caller of the examples. */
export const SILENT = policy(allow('kms:*', { to: { AWS: `arn:aws:iam::${A}:role/Nobody` } }))

export function onKey(arn = KEY): ResourceInput {
  return { type: 'key', arn }
}

/** Alice decrypts with the key under a silent key policy: nothing allows. */
export function asked(changes: Partial<AuthorizeDocument> = {}): AuthorizeDocument {
  return { principal: user(), action: 'kms:Decrypt', resource: onKey(), keyPolicy: SILENT, ...changes }
}

export function grant(changes: Partial<GrantJson> = {}): GrantJson {
  return { GrantId: 'g-1', KeyId: KEY, GranteePrincipal: user().arn, Operations: ['Decrypt'], ...changes }
}
