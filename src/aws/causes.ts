/**
 * Why a request was denied: the closed list of causes, each with the layer that is reported for it.
 *
 * Knows nothing of requests; whoever decides picks the code. `docs/causes/<code>.md` tells the reader of a code what it
 * means and what to change.
 *
 * Source: IAM User Guide, "Troubleshoot access denied error messages" and "Policy evaluation logic"; KMS Developer
 * Guide, "Troubleshooting AWS KMS permissions".
 */

/** The layer an answer names, as in the `layer` of a simulation. */
export type Layer = 'scp' | 'rcp' | 'vpce' | 'keyPolicy' | 'identity' | 'boundary' | 'session' | 'grant' | 'operation'

/** What was missing, whichever layer it was missing from. */
export type MissKind =
  | 'explicitDeny'
  | 'noPolicy'
  | 'noStatement'
  | 'principal'
  | 'action'
  | 'resource'
  | 'condition'
  | 'conditionKeyAbsent'
  | 'delegationMissing'
  | 'operation'
  | 'grantConstraint'
  | 'grantOperation'
  | 'grantGrantee'
  | 'grantNotPropagated'
  | 'grantChild'
  | 'grantLimited'
  | 'grantNotFound'
  | 'grantRetire'
  | 'retireIdentity'
  | 'awsManagedKey'

export type CauseCode =
  | 'rcp-explicit-deny'
  | 'scp-explicit-deny'
  | 'vpce-explicit-deny'
  | 'key-policy-explicit-deny'
  | 'identity-explicit-deny'
  | 'boundary-explicit-deny'
  | 'session-explicit-deny'
  | 'scp-level-empty'
  | 'scp-no-statement'
  | 'scp-action'
  | 'scp-resource'
  | 'scp-condition'
  | 'scp-condition-key-absent'
  | 'vpce-no-statement'
  | 'vpce-principal'
  | 'vpce-action'
  | 'vpce-resource'
  | 'vpce-condition'
  | 'vpce-condition-key-absent'
  | 'operation-cross-account'
  | 'operation-resource'
  | 'key-policy-absent'
  | 'key-policy-no-statement'
  | 'key-policy-principal'
  | 'key-policy-action'
  | 'key-policy-resource'
  | 'key-policy-condition'
  | 'key-policy-condition-key-absent'
  | 'delegation-missing'
  | 'aws-managed-key'
  | 'grant-constraint'
  | 'grant-operation'
  | 'grant-grantee'
  | 'grant-not-propagated'
  | 'grant-child'
  | 'grant-limited'
  | 'identity-no-policy'
  | 'identity-action'
  | 'identity-resource'
  | 'identity-condition'
  | 'identity-condition-key-absent'
  | 'boundary-no-statement'
  | 'boundary-action'
  | 'boundary-resource'
  | 'boundary-condition'
  | 'boundary-condition-key-absent'
  | 'session-not-passed'
  | 'session-no-statement'
  | 'session-action'
  | 'session-resource'
  | 'session-condition'
  | 'session-condition-key-absent'
  | 'grant-not-found'
  | 'grant-retire'
  | 'retire-identity'

export interface Cause {
  /** The layer reported; a request that only a grant could have allowed is reported as the key policy, as AWS does. */
  readonly layer: Layer
  /** Some statement denies; otherwise nothing allows. */
  readonly explicit: boolean
  readonly miss: MissKind
  /** One sentence without a final stop; the title of the page of the code. */
  readonly title: string
}

export const CAUSES: Readonly<Record<CauseCode, Cause>> = {
  'rcp-explicit-deny': {
    layer: 'rcp',
    explicit: true,
    miss: 'explicitDeny',
    title: 'A resource control policy denies the request',
  },
  'scp-explicit-deny': {
    layer: 'scp',
    explicit: true,
    miss: 'explicitDeny',
    title: 'A service control policy denies the request',
  },
  'vpce-explicit-deny': {
    layer: 'vpce',
    explicit: true,
    miss: 'explicitDeny',
    title: 'The VPC endpoint policy denies the request',
  },
  'key-policy-explicit-deny': {
    layer: 'keyPolicy',
    explicit: true,
    miss: 'explicitDeny',
    title: 'The key policy denies the request',
  },
  'identity-explicit-deny': {
    layer: 'identity',
    explicit: true,
    miss: 'explicitDeny',
    title: 'An identity-based policy of the caller denies the request',
  },
  'boundary-explicit-deny': {
    layer: 'boundary',
    explicit: true,
    miss: 'explicitDeny',
    title: 'The permissions boundary of the caller denies the request',
  },
  'session-explicit-deny': {
    layer: 'session',
    explicit: true,
    miss: 'explicitDeny',
    title: 'A session policy denies the request',
  },
  'scp-level-empty': {
    layer: 'scp',
    explicit: false,
    miss: 'noPolicy',
    title: 'A level of the organization has no service control policy',
  },
  'scp-no-statement': {
    layer: 'scp',
    explicit: false,
    miss: 'noStatement',
    title: 'The service control policies of a level allow nothing',
  },
  'scp-action': {
    layer: 'scp',
    explicit: false,
    miss: 'action',
    title: 'No service control policy of a level allows this action',
  },
  'scp-resource': {
    layer: 'scp',
    explicit: false,
    miss: 'resource',
    title: 'No service control policy of a level allows this action on this resource',
  },
  'scp-condition': {
    layer: 'scp',
    explicit: false,
    miss: 'condition',
    title: 'A service control policy allows only under a condition that is not met',
  },
  'scp-condition-key-absent': {
    layer: 'scp',
    explicit: false,
    miss: 'conditionKeyAbsent',
    title: 'A service control policy allows only with a condition key that the request does not have',
  },
  'vpce-no-statement': {
    layer: 'vpce',
    explicit: false,
    miss: 'noStatement',
    title: 'The VPC endpoint policy allows nothing',
  },
  'vpce-principal': {
    layer: 'vpce',
    explicit: false,
    miss: 'principal',
    title: 'The VPC endpoint policy does not allow this caller',
  },
  'vpce-action': {
    layer: 'vpce',
    explicit: false,
    miss: 'action',
    title: 'The VPC endpoint policy does not allow this action',
  },
  'vpce-resource': {
    layer: 'vpce',
    explicit: false,
    miss: 'resource',
    title: 'The VPC endpoint policy does not allow this resource',
  },
  'vpce-condition': {
    layer: 'vpce',
    explicit: false,
    miss: 'condition',
    title: 'The VPC endpoint policy allows only under a condition that is not met',
  },
  'vpce-condition-key-absent': {
    layer: 'vpce',
    explicit: false,
    miss: 'conditionKeyAbsent',
    title: 'The VPC endpoint policy allows only with a condition key that the request does not have',
  },
  'operation-cross-account': {
    layer: 'operation',
    explicit: false,
    miss: 'operation',
    title: 'The operation cannot be used on a key of another account',
  },
  'operation-resource': {
    layer: 'operation',
    explicit: false,
    miss: 'operation',
    title: 'The action is not authorised on this kind of resource',
  },
  'key-policy-absent': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'noPolicy',
    title: 'No key policy takes part, so nothing lets anybody in',
  },
  'key-policy-no-statement': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'noStatement',
    title: 'The key policy allows nothing',
  },
  'key-policy-principal': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'principal',
    title: 'The key policy does not allow this caller',
  },
  'key-policy-action': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'action',
    title: 'The key policy allows this caller, but not this action',
  },
  'key-policy-resource': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'resource',
    title: 'The key policy allows this caller, but not on this resource',
  },
  'key-policy-condition': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'condition',
    title: 'The key policy allows only under a condition that is not met',
  },
  'key-policy-condition-key-absent': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'conditionKeyAbsent',
    title: 'The key policy allows only with a condition key that the request does not have',
  },
  'delegation-missing': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'delegationMissing',
    title: 'The key policy does not let IAM policies of the account decide',
  },
  'aws-managed-key': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'awsManagedKey',
    title: 'An AWS managed key serves only its own service and account',
  },
  'grant-constraint': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'grantConstraint',
    title: 'A grant names the caller, but its constraint is not met',
  },
  'grant-operation': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'grantOperation',
    title: 'A grant names the caller, but not this operation',
  },
  'grant-grantee': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'grantGrantee',
    title: 'A grant allows the operation, but to somebody else',
  },
  'grant-not-propagated': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'grantNotPropagated',
    title: 'The grant that allows the request is not in effect everywhere yet',
  },
  'grant-child': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'grantChild',
    title: 'A grant allows creating grants, but only narrower ones than itself',
  },
  'grant-limited': {
    layer: 'keyPolicy',
    explicit: false,
    miss: 'grantLimited',
    title: 'A grant to the role or account allows, but the policies of the caller do not',
  },
  'identity-no-policy': {
    layer: 'identity',
    explicit: false,
    miss: 'noPolicy',
    title: 'No identity-based policy of the caller allows anything',
  },
  'identity-action': {
    layer: 'identity',
    explicit: false,
    miss: 'action',
    title: 'No identity-based policy of the caller allows this action',
  },
  'identity-resource': {
    layer: 'identity',
    explicit: false,
    miss: 'resource',
    title: 'Identity-based policies of the caller allow the action, but not on this resource',
  },
  'identity-condition': {
    layer: 'identity',
    explicit: false,
    miss: 'condition',
    title: 'An identity-based policy allows only under a condition that is not met',
  },
  'identity-condition-key-absent': {
    layer: 'identity',
    explicit: false,
    miss: 'conditionKeyAbsent',
    title: 'An identity-based policy allows only with a condition key that the request does not have',
  },
  'boundary-no-statement': {
    layer: 'boundary',
    explicit: false,
    miss: 'noStatement',
    title: 'The permissions boundary of the caller allows nothing',
  },
  'boundary-action': {
    layer: 'boundary',
    explicit: false,
    miss: 'action',
    title: 'The permissions boundary of the caller does not allow this action',
  },
  'boundary-resource': {
    layer: 'boundary',
    explicit: false,
    miss: 'resource',
    title: 'The permissions boundary of the caller does not allow this resource',
  },
  'boundary-condition': {
    layer: 'boundary',
    explicit: false,
    miss: 'condition',
    title: 'The permissions boundary allows only under a condition that is not met',
  },
  'boundary-condition-key-absent': {
    layer: 'boundary',
    explicit: false,
    miss: 'conditionKeyAbsent',
    title: 'The permissions boundary allows only with a condition key that the request does not have',
  },
  'session-not-passed': {
    layer: 'session',
    explicit: false,
    miss: 'noPolicy',
    title: 'The federated user session was made without a session policy',
  },
  'session-no-statement': {
    layer: 'session',
    explicit: false,
    miss: 'noStatement',
    title: 'The session policies allow nothing',
  },
  'session-action': {
    layer: 'session',
    explicit: false,
    miss: 'action',
    title: 'No session policy allows this action',
  },
  'session-resource': {
    layer: 'session',
    explicit: false,
    miss: 'resource',
    title: 'The session policies allow the action, but not on this resource',
  },
  'session-condition': {
    layer: 'session',
    explicit: false,
    miss: 'condition',
    title: 'A session policy allows only under a condition that is not met',
  },
  'session-condition-key-absent': {
    layer: 'session',
    explicit: false,
    miss: 'conditionKeyAbsent',
    title: 'A session policy allows only with a condition key that the request does not have',
  },
  'grant-not-found': {
    layer: 'grant',
    explicit: false,
    miss: 'grantNotFound',
    title: 'The key has no grant with this id',
  },
  'grant-retire': {
    layer: 'grant',
    explicit: false,
    miss: 'grantRetire',
    title: 'The caller may not retire this grant',
  },
  'retire-identity': {
    layer: 'identity',
    explicit: false,
    miss: 'retireIdentity',
    title: 'The account may retire this grant, but no IAM policy of the caller allows it',
  },
}
