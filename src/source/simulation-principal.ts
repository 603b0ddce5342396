/**
 * The `principal` of a simulation document: who calls, with every ARN checked against the others.
 */
import type { PrincipalFacts } from '../decide/facts.js'
import { sessionNameOf } from '../decide/facts.js'
import type { Caller } from '../graph/subject.js'
import { quote } from '../text/escape.js'
import { parsePrincipalArn, type PrincipalArn } from '../text/principal-arn.js'
import type { SyntaxNode, SyntaxPath } from '../text/syntax-tree.js'
import { ObjectReader, type Reading } from './object-reader.js'

export interface ReadPrincipal {
  readonly caller: Caller
  readonly facts: PrincipalFacts
}

const TYPES = ['user', 'role', 'root', 'federated', 'service'] as const

const MEMBERS = [
  'type',
  'arn',
  'accountId',
  'roleArn',
  'userArn',
  'userName',
  'userId',
  'roleId',
  'sessionName',
  'isServiceLinkedRole',
  'tags',
]

type CallerType = (typeof TYPES)[number]

/** What the ARN of a caller of each type may name, and how to say so. */
const FORMS: Readonly<Record<Exclude<CallerType, 'service'>, readonly [readonly PrincipalArn['kind'][], string]>> = {
  user: [['user'], 'expected the ARN of a user, `arn:aws:iam::account:user/name`'],
  role: [
    ['session', 'role'],
    'expected the ARN of a session, `arn:aws:sts::account:assumed-role/role/session`, or of a role',
  ],
  root: [['root'], 'expected `arn:aws:iam::account:root`'],
  federated: [['federatedUser'], 'expected `arn:aws:sts::account:federated-user/name`'],
}

/** Where the roles live that AWS services make for themselves in an account. */
const SERVICE_LINKED_PATH = '/aws-service-role/'

export function readPrincipal(reading: Reading, node: SyntaxNode, path: SyntaxPath): ReadPrincipal | undefined {
  const members = ObjectReader.open(reading, node, path, MEMBERS)
  if (members === undefined) return undefined
  const hasType = members.required('type', '`user`, `role`, `root`, `federated` or `service`') !== undefined
  const type = hasType ? members.choice('type', TYPES) : undefined
  const arn = members.requiredText('arn', 'the ARN of the caller')
  const tags = members.record('tags')
  const isServiceLinked = members.flag('isServiceLinkedRole')
  const optional = {
    ...given('userName', members.text('userName')),
    ...given('userId', members.text('userId')),
    ...given('roleId', members.text('roleId')),
    ...given('sessionName', members.text('sessionName')),
    tags: tags ?? {},
  }
  const accountId = members.text('accountId')
  const roleArn = members.text('roleArn')
  const userArn = members.text('userArn')
  if (type === undefined || arn === undefined) return undefined
  if (type !== 'role' && roleArn !== undefined)
    members.error('roleArn', '`roleArn` belongs to a principal of type `role`')
  if (type !== 'federated' && userArn !== undefined) {
    members.error('userArn', '`userArn` belongs to a principal of type `federated`')
  }
  if (type === 'service') return readService(members, arn, accountId, optional)

  const parsed = principalArn(members, 'arn', FORMS[type])
  if (parsed === undefined) return undefined
  if (accountId !== undefined && accountId !== parsed.account) {
    members.error('accountId', `\`accountId\` is ${quote(accountId)}, and the ARN is of ${quote(parsed.account)}`)
  }
  const base = { type, arn, accountId: parsed.account }
  if (type === 'federated') {
    checkUser(members, parsed)
    const user = given('userArn', userArn)
    return { caller: { ...base, ...user, isServiceLinkedRole: false }, facts: { ...base, ...user, ...optional } }
  }
  if (type !== 'role') return { caller: { ...base, isServiceLinkedRole: false }, facts: { ...base, ...optional } }

  const role = roleOf(members, arn, parsed)
  if (role === undefined) return undefined
  const session = parsed.kind === 'session' ? parsed.session : undefined
  if (session !== undefined && optional.sessionName !== undefined && optional.sessionName !== session) {
    members.error('sessionName', `\`sessionName\` is ${quote(optional.sessionName)}, and the ARN has ${quote(session)}`)
  }
  const isServiceLinkedRole = isServiceLinked === true || role.includes(`:role${SERVICE_LINKED_PATH}`)
  const facts: PrincipalFacts = { ...base, roleArn: role, ...optional }
  const sessionName = sessionNameOf(facts)
  return {
    caller: { ...base, roleArn: role, isServiceLinkedRole },
    facts: { ...facts, ...given('sessionName', sessionName) },
  }
}

function readService(
  members: ObjectReader,
  arn: string,
  accountId: string | undefined,
  optional: Omit<PrincipalFacts, 'type' | 'arn'>,
): ReadPrincipal {
  if (!/^[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$/.test(arn)) {
    members.error(
      'arn',
      `${quote(arn)} is not a service principal; expected a name such as \`logs.us-west-2.amazonaws.com\``,
    )
  }
  if (accountId !== undefined) members.error('accountId', 'a service principal has no account; expected `null`')
  const base = { type: 'service', arn } as const
  return { caller: { ...base, accountId: undefined, isServiceLinkedRole: false }, facts: { ...base, ...optional } }
}

/** The ARN under a member, when it names what it should. */
function principalArn(
  members: ObjectReader,
  name: string,
  [kinds, expected]: readonly [readonly PrincipalArn['kind'][], string],
): PrincipalArn | undefined {
  const text = members.text(name) ?? ''
  const parsed = parsePrincipalArn(text)
  if (!parsed.ok) {
    const { message, hint } = parsed.error
    members.error(name, hint === undefined ? `${message}; ${expected}` : `${message}; ${hint}`)
    return undefined
  }
  if (kinds.includes(parsed.value.kind)) return parsed.value
  members.error(name, `${quote(text, 200)} is ${NAMES[parsed.value.kind]}; ${expected}`)
  return undefined
}

const NAMES: Readonly<Record<PrincipalArn['kind'], string>> = {
  root: 'an account root',
  user: 'a user',
  role: 'a role',
  session: 'a role session',
  federatedUser: 'a federated user session',
}

/** A session ARN has no path, so a role known by its session alone is taken to have none. */
function roleOf(members: ObjectReader, arn: string, parsed: PrincipalArn): string | undefined {
  if (members.text('roleArn') === undefined) {
    return parsed.kind === 'session' ? `arn:${parsed.partition}:iam::${parsed.account}:role/${parsed.role}` : arn
  }
  const role = principalArn(members, 'roleArn', [
    ['role'],
    'expected the ARN of a role, `arn:aws:iam::account:role/name`',
  ])
  if (role?.kind !== 'role') return undefined
  const roleArn = members.text('roleArn')
  const isSame =
    parsed.kind === 'session' ? parsed.role === role.name && parsed.account === role.account : roleArn === arn
  if (!isSame) members.error('roleArn', `${quote(roleArn ?? '', 200)} is not the role of ${quote(arn, 200)}`)
  return roleArn
}

function checkUser(members: ObjectReader, parsed: PrincipalArn): void {
  if (members.text('userArn') === undefined) return
  const user = principalArn(members, 'userArn', FORMS.user)
  if (user !== undefined && user.account !== parsed.account) {
    members.error(
      'userArn',
      `\`userArn\` is of the account ${quote(user.account)}, and the session of ${quote(parsed.account)}`,
    )
  }
}

/** The member, or nothing where it has no value. */
function given<K extends string>(name: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [P in K]?: string })
}
