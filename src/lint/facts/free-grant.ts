/**
 * Whether somebody may make a grant of their own choosing: for any grantee, with an operation that uses the key.
 *
 * Decided by evaluation of `kms:CreateGrant` with such a grant, so conditions count by what they let through.
 *
 * Source: KMS Developer Guide, "Controlling access to grants".
 */
import { LINT_OPTIONS } from './key-world.js'
import type { RequestContext } from '../../decide/values.js'
import { KMS_ACTIONS } from '../../aws/actions.js'
import { anyAccess, type AnyAccess } from '../../solve/access.js'
import type { SolveScope, SolveWorld } from '../../solve/scope.js'
import type { PolicyDocument } from '../../policy/document.js'

type Found = Extract<AnyAccess, { readonly answer: 'yes' }>

const GRANTABLE: readonly string[] = KMS_ACTIONS.filter(({ grantable }) => grantable).map(({ name }) =>
  name.slice('kms:'.length),
)
/** Each of them gives the grantee what the key protects, or lets it be handed on. */
const DANGEROUS: readonly string[] = [
  'Decrypt',
  'ReEncryptFrom',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'Sign',
  'GenerateMac',
  'DeriveSharedSecret',
  'Decapsulate',
  'CreateGrant',
]

/** Of the policy, only which keys it asks about. */
export function freeGrant(
  world: SolveWorld,
  scope: Omit<SolveScope, 'actions'>,
  { statements }: PolicyDocument,
  account: string,
): Found | undefined {
  const mentions = (key: string): boolean =>
    statements.some(({ conditions }) => conditions.some((test) => test.key.toLowerCase() === key))
  const operations = mentions('kms:grantoperations')
    ? [GRANTABLE, ...DANGEROUS.map((operation) => [operation])]
    : [['Decrypt']]
  const grantees = mentions('kms:granteeprincipal') ? ['999988887777', account] : ['999988887777']
  for (const grantee of grantees) {
    for (const operation of operations) {
      const found = anyAccess(
        world,
        {
          ...scope,
          actions: ['kms:CreateGrant'],
          context: { ...scope.context, ...grantContext(grantee), 'kms:GrantOperations': operation },
        },
        LINT_OPTIONS,
      )
      if (found.answer === 'yes') return found
    }
  }
  return undefined
}

/** Of a grant to a role that nothing names. */
export function grantContext(account: string): RequestContext {
  return {
    'kms:GrantIsForAWSResource': 'false',
    'kms:GranteePrincipal': `arn:aws:iam::${account}:role/Anybody`,
    'kms:GranteeServicePrincipal': null,
  }
}
