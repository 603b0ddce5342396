/**
 * The ARNs that name a caller: root user, user, role, role session, federated user.
 *
 * Knows nothing of who exists or may do what. A principal ARN is always concrete: no wildcard, no variable.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal", "IAM identifiers".
 */
import { isAccountId, isPartition, splitArn } from './arn.js'
import type { TextError } from './grammar-reader.js'
import type { Result } from './source.js'

/** Who somebody is inside an account. A path begins and ends with `/`; `/` alone is the root path. */
export type PrincipalName =
  | { readonly kind: 'root' }
  | { readonly kind: 'user'; readonly path: string; readonly name: string }
  | { readonly kind: 'role'; readonly path: string; readonly name: string }
  | { readonly kind: 'session'; readonly role: string; readonly session: string }
  | { readonly kind: 'federatedUser'; readonly name: string }

export type PrincipalArn = PrincipalName & { readonly partition: string; readonly account: string }

type Service = 'iam' | 'sts'

/** Longest ARN: a path of 512 characters, a name and a session name of 64 each (IAM User Guide, "IAM and AWS STS quotas"). */
const MAX_LENGTH = 1024

const FORMS = '`root`, `user/name`, `role/name`, `assumed-role/role/session` or `federated-user/name`'

export function parsePrincipalArn(text: string): Result<PrincipalArn, TextError> {
  if (text.length > MAX_LENGTH)
    return failure(`a principal ARN of ${text.length} characters is too long`, 0, text.length)
  const concrete = requireConcrete(text)
  if (concrete !== undefined) return { ok: false, error: concrete }
  const arn = splitArn(text)
  if (arn === undefined) {
    return failure(`\`${text}\` is not an ARN`, 0, text.length, 'expected `arn:aws:iam::account:role/name` or the like')
  }
  const partitionStart = 'arn:'.length
  const serviceStart = partitionStart + arn.partition.length + 1
  const regionStart = serviceStart + arn.service.length + 1
  const accountStart = regionStart + arn.region.length + 1
  const resourceStart = accountStart + arn.account.length + 1

  if (!isPartition(arn.partition)) {
    const end = serviceStart - 1
    return failure(
      `unknown partition \`${arn.partition}\``,
      partitionStart,
      end,
      'expected `aws`, `aws-cn`, `aws-us-gov` or the like',
    )
  }
  if (arn.service !== 'iam' && arn.service !== 'sts') {
    return failure(
      `an ARN of the service \`${arn.service}\` names no principal`,
      serviceStart,
      regionStart - 1,
      'expected `iam` or `sts`',
    )
  }
  if (arn.region !== '') {
    return failure(`a principal ARN has no region, found \`${arn.region}\``, regionStart, accountStart - 1)
  }
  if (!isAccountId(arn.account)) {
    return failure(`\`${arn.account}\` is not an account`, accountStart, resourceStart - 1, 'expected 12 digits')
  }
  const name = parsePrincipalName(arn.resource, arn.service)
  if (!name.ok) {
    const { start, end } = name.error
    return { ok: false, error: { ...name.error, start: resourceStart + start, end: resourceStart + end } }
  }
  return { ok: true, value: { ...name.value, partition: arn.partition, account: arn.account } }
}

/**
 * The last field of a principal ARN, such as `role/service/App`.
 * @param service - the ARN's service; when left out, the name alone decides.
 */
export function parsePrincipalName(text: string, service?: Service): Result<PrincipalName, TextError> {
  const concrete = requireConcrete(text)
  if (concrete !== undefined) return { ok: false, error: concrete }
  const slash = text.indexOf('/')
  const type = slash < 0 ? text : text.slice(0, slash)
  const rest = slash < 0 ? '' : text.slice(slash + 1)
  const known = nameOf(type, rest, slash >= 0)
  if (known === undefined) return { ok: false, error: notAPrincipal(text, type) }
  if (!known.ok) return { ok: false, error: { start: 0, end: text.length, ...known.error } }
  const wanted: Service = type === 'assumed-role' || type === 'federated-user' ? 'sts' : 'iam'
  if (service !== undefined && service !== wanted) {
    return failure(`\`${text}\` stands in an ARN of \`${service}\``, 0, text.length, `expected an ARN of \`${wanted}\``)
  }
  return known
}

function nameOf(
  type: string,
  rest: string,
  hasSlash: boolean,
): Result<PrincipalName, { readonly message: string; readonly hint?: string }> | undefined {
  switch (type) {
    case 'root':
      return hasSlash ? undefined : { ok: true, value: { kind: 'root' } }
    case 'user':
    case 'role': {
      const segments = rest.split('/')
      if (segments.includes('')) {
        return {
          ok: false,
          error: {
            message: `\`${type}/${rest}\` lacks a name`,
            hint: `expected \`${type}/name\` or \`${type}/path/name\``,
          },
        }
      }
      const name = segments.at(-1) ?? ''
      return { ok: true, value: { kind: type, path: `/${rest.slice(0, rest.length - name.length)}`, name } }
    }
    case 'assumed-role': {
      const [role = '', session = '', ...more] = rest.split('/')
      const hint = 'expected `assumed-role/{role name}/{session name}`'
      if (role === '' || session === '')
        return { ok: false, error: { message: `\`assumed-role/${rest}\` lacks a name`, hint } }
      if (more.length > 0)
        return { ok: false, error: { message: `a session ARN has no path, found \`assumed-role/${rest}\``, hint } }
      return { ok: true, value: { kind: 'session', role, session } }
    }
    case 'federated-user':
      if (rest === '' || rest.includes('/')) {
        return {
          ok: false,
          error: { message: `\`federated-user/${rest}\` is not a name`, hint: 'expected `federated-user/name`' },
        }
      }
      return { ok: true, value: { kind: 'federatedUser', name: rest } }
    default:
      return undefined
  }
}

function requireConcrete(text: string): TextError | undefined {
  for (let index = 0; index < text.length; index++) {
    const char = text[index]
    if (char === '*' || char === '?') {
      const message = `\`${char}\` in a principal ARN: only the whole value \`*\` may be a wildcard`
      return { message, start: index, end: index + 1 }
    }
    if (char === '$' && text[index + 1] === '{') {
      return { message: 'a principal takes no policy variable', start: index, end: text.length }
    }
    if (char !== undefined && char <= ' ') {
      return { message: 'a principal ARN has no white space', start: index, end: index + 1 }
    }
  }
  return undefined
}

function notAPrincipal(text: string, type: string): TextError {
  const span = { start: 0, end: text.length }
  switch (type.toLowerCase()) {
    case 'group':
      return {
        message: `\`${text}\` is a group, and a group is never a principal`,
        ...span,
        hint: 'name its users, or a role',
      }
    case 'saml-provider':
    case 'oidc-provider':
      return {
        message: `\`${text}\` is an identity provider`,
        ...span,
        hint: 'an identity provider stands under `Federated`',
      }
    case 'root':
    case 'user':
    case 'role':
    case 'assumed-role':
    case 'federated-user':
      return {
        message: `\`${text}\` is not a principal`,
        ...span,
        hint: `did you mean \`${type.toLowerCase()}${text.slice(type.length)}\`?`,
      }
    default:
      return { message: `\`${text}\` is not a principal`, ...span, hint: `expected ${FORMS}` }
  }
}

function failure(
  message: string,
  start: number,
  end: number,
  hint?: string,
): { readonly ok: false; readonly error: TextError } {
  return { ok: false, error: hint === undefined ? { message, start, end } : { message, start, end, hint } }
}
