/**
 * Which resources of Terraform's AWS provider hold policies and keys, and what their attributes are called in the API.
 *
 * Source: Terraform AWS provider, pages "aws_kms_key", "aws_iam_role", "aws_organizations_policy" and their like.
 */
import type { PolicyKind } from '../../policy/document.js'
import { setMember } from '../../text/syntax-tree.js'

/** An attribute that holds a policy as JSON; with `block`, in every block of that name. */
export interface PolicyAttribute {
  readonly attribute: string
  readonly block?: string
  readonly kind: PolicyKind
}

const KEY: readonly PolicyAttribute[] = [{ attribute: 'policy', kind: 'key' }]
const IDENTITY: readonly PolicyAttribute[] = [{ attribute: 'policy', kind: 'identity' }]
const RESOURCE: readonly PolicyAttribute[] = [{ attribute: 'policy', kind: 'resource' }]
const ENDPOINT: readonly PolicyAttribute[] = [{ attribute: 'policy', kind: 'vpce' }]

const ATTRIBUTES: ReadonlyMap<string, readonly PolicyAttribute[]> = new Map([
  ['aws_kms_key', KEY],
  ['aws_kms_key_policy', KEY],
  ['aws_kms_replica_key', KEY],
  ['aws_kms_external_key', KEY],
  ['aws_kms_replica_external_key', KEY],
  ['aws_iam_policy', IDENTITY],
  ['aws_iam_role_policy', IDENTITY],
  ['aws_iam_user_policy', IDENTITY],
  ['aws_iam_group_policy', IDENTITY],
  [
    'aws_iam_role',
    [
      { attribute: 'assume_role_policy', kind: 'trust' },
      { block: 'inline_policy', attribute: 'policy', kind: 'identity' },
    ],
  ],
  ['aws_ssoadmin_permission_set_inline_policy', [{ attribute: 'inline_policy', kind: 'identity' }]],
  ['aws_vpc_endpoint', ENDPOINT],
  ['aws_vpc_endpoint_policy', ENDPOINT],
  ['aws_s3_bucket_policy', RESOURCE],
  ['aws_sqs_queue', RESOURCE],
  ['aws_sqs_queue_policy', RESOURCE],
  ['aws_sns_topic', RESOURCE],
  ['aws_sns_topic_policy', RESOURCE],
  ['aws_secretsmanager_secret', RESOURCE],
  ['aws_secretsmanager_secret_policy', RESOURCE],
  ['aws_ecr_repository_policy', RESOURCE],
  ['aws_efs_file_system_policy', RESOURCE],
  ['aws_backup_vault_policy', RESOURCE],
  ['aws_cloudwatch_log_resource_policy', [{ attribute: 'policy_document', kind: 'resource' }]],
])

const ORGANIZATION_KINDS: ReadonlyMap<string, PolicyKind> = new Map([
  ['SERVICE_CONTROL_POLICY', 'scp'],
  ['RESOURCE_CONTROL_POLICY', 'rcp'],
])

export const POLICY_DOCUMENT = 'aws_iam_policy_document'
export const GRANT = 'aws_kms_grant'
export const KEY_POLICY = 'aws_kms_key_policy'
const ORGANIZATION_POLICY = 'aws_organizations_policy'

/** Whether a resource of this type can have something to check. */
export function isOfInterest(type: string): boolean {
  return ATTRIBUTES.has(type) || type === GRANT || type === ORGANIZATION_POLICY
}

/** @param policyType - the attribute `type` of a policy of an organization; an SCP when it is left out. */
export function policyAttributes(type: string, policyType: string | undefined): readonly PolicyAttribute[] {
  if (type !== ORGANIZATION_POLICY) return ATTRIBUTES.get(type) ?? []
  const kind = ORGANIZATION_KINDS.get(policyType ?? 'SERVICE_CONTROL_POLICY')
  return kind === undefined ? [] : [{ attribute: 'content', kind }]
}

const KEY_TYPES: ReadonlySet<string> = new Set([
  'aws_kms_key',
  'aws_kms_replica_key',
  'aws_kms_external_key',
  'aws_kms_replica_external_key',
])

export function isKeyType(type: string): boolean {
  return KEY_TYPES.has(type)
}

const API_NAMES: ReadonlyMap<string, string> = new Map([
  ['customer_master_key_spec', 'KeySpec'],
  ['key_spec', 'KeySpec'],
  ['key_usage', 'KeyUsage'],
  ['enable_key_rotation', 'EnableKeyRotation'],
  ['rotation_period_in_days', 'RotationPeriodInDays'],
  ['deletion_window_in_days', 'PendingWindowInDays'],
  ['bypass_policy_lockout_safety_check', 'BypassPolicyLockoutSafetyCheck'],
  ['is_enabled', 'Enabled'],
  ['enabled', 'Enabled'],
  ['multi_region', 'MultiRegion'],
  ['custom_key_store_id', 'CustomKeyStoreId'],
  ['xks_key_id', 'XksKeyId'],
  ['description', 'Description'],
])

/** What an attribute of a key is called in the API. */
export function apiName(attribute: string): string | undefined {
  return API_NAMES.get(attribute)
}

/** Properties of a key under the names of the API, from its attributes as plain data; a null is no value. */
export function keyProperties(
  type: string,
  attributes: Iterable<readonly [string, unknown]>,
): Readonly<Record<string, unknown>> {
  const properties: Record<string, unknown> = {}
  if (!isKeyType(type)) return properties
  for (const [attribute, value] of attributes) {
    const name = API_NAMES.get(attribute)
    if (name !== undefined && value !== null) setMember(properties, name, value)
  }
  if (type.includes('external')) properties['Origin'] = 'EXTERNAL'
  else if ('XksKeyId' in properties) properties['Origin'] = 'EXTERNAL_KEY_STORE'
  else if ('CustomKeyStoreId' in properties) properties['Origin'] = 'AWS_CLOUDHSM'
  return properties
}
