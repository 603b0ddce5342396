/** Cedar (WebAssembly): the statements by hand, parsed once; the request as a JavaScript object each time. */
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { versionOf } from './versions.mjs'

const ROLE = 'Role::"arn:aws:iam::111122223333:role/Payments"'
const ADMINS = ['KeyAdmin', 'BreakGlass'].map((name) => `Role::"arn:aws:iam::111122223333:role/${name}"`)
const USE = ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyPair', 'kms:GenerateDataKeyWithoutPlaintext']
const ADMINISTER = ['kms:CreateAlias', 'kms:DescribeKey', 'kms:EnableKey', 'kms:ListGrants', 'kms:PutKeyPolicy', 'kms:GetKeyPolicy']

const actions = (names) => `action in [${names.map((name) => `Action::"${name}"`).join(', ')}]`
const tenantIn = (values) =>
  `context has "kms:EncryptionContext:tenant" && [${values.map((value) => `"${value}"`).join(', ')}].contains(context["kms:EncryptionContext:tenant"])`

/** SCP and key policy delegate everything to the account, so an identity Allow stands for all three. */
const POLICIES = {
  administrators: ADMINS.map((role, index) => [`administrators${index}`, `permit(principal == ${role}, ${actions(ADMINISTER)}, resource);`]),
  rest: [
    [
      'payments',
      `permit(principal == ${ROLE}, ${actions(USE)}, resource) when { ${tenantIn(['a', 'c'])} && context has "kms:ViaService" &&
        (context["kms:ViaService"] like "s3.*.amazonaws.com" || context["kms:ViaService"] like "secretsmanager.*.amazonaws.com") };`,
    ],
    [
      'grants',
      `permit(principal == ${ROLE}, ${actions(['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'])}, resource)
        when { context has "kms:GrantIsForAWSResource" && context["kms:GrantIsForAWSResource"] == "true" };`,
    ],
    [
      'readers',
      `permit(principal, action == Action::"kms:DescribeKey", resource) when { context has "kms:CallerAccount" &&
        context["kms:CallerAccount"] == "111122223333" && context has "kms:ViaService" && context["kms:ViaService"] == "s3.eu-west-1.amazonaws.com" };`,
    ],
    [
      'organization',
      `forbid(principal, action, resource) when { !(context has "aws:PrincipalOrgID" && context["aws:PrincipalOrgID"] == "o-a1b2c3d4e5") &&
        context has "aws:PrincipalIsAWSService" && context["aws:PrincipalIsAWSService"] == "false" };`,
    ],
    ['describe', `permit(principal == ${ROLE}, ${actions(['kms:DescribeKey', 'kms:ListAliases', 'kms:ListKeys'])}, resource);`],
    [
      'identity',
      `permit(principal == ${ROLE}, ${actions([...USE, 'kms:Encrypt'])}, resource) when { ${tenantIn(['a', 'b'])} &&
        context has "aws:RequestedRegion" && context["aws:RequestedRegion"] == "eu-west-1" };`,
    ],
    ['objects', `permit(principal == ${ROLE}, ${actions(['s3:GetObject', 's3:PutObject'])}, resource);`],
    ['secrets', `permit(principal == ${ROLE}, action == Action::"secretsmanager:GetSecretValue", resource);`],
    [
      'mfa',
      `forbid(principal == ${ROLE}, ${actions(['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:PutKeyPolicy'])}, resource)
        unless { context has "aws:MultiFactorAuthPresent" && context["aws:MultiFactorAuthPresent"] == "true" };`,
    ],
    [
      'regions',
      `forbid(principal, action, resource) unless { context has "aws:RequestedRegion" &&
        ["eu-west-1", "eu-central-1"].contains(context["aws:RequestedRegion"]) };`,
    ],
    [
      'transport',
      `forbid(principal, action, resource) when { context has "aws:SecureTransport" && context["aws:SecureTransport"] == "false" };`,
    ],
    [
      'deputy',
      `forbid(principal, action, resource) when { !(context has "aws:SourceOrgID" && context["aws:SourceOrgID"] == "o-a1b2c3d4e5") &&
        context has "aws:PrincipalIsAWSService" && context["aws:PrincipalIsAWSService"] == "true" };`,
    ],
  ],
}

export function cedarPeer() {
  const staticPolicies = Object.fromEntries([...POLICIES.administrators, ...POLICIES.rest])
  const parsed = preparsePolicySet('scenario', { staticPolicies })
  if (parsed.type !== 'success') throw new Error(JSON.stringify(parsed.errors))
  const decide = ({ action, resource, context }) => {
    const answer = statefulIsAuthorized({
      principal: { type: 'Role', id: 'arn:aws:iam::111122223333:role/Payments' },
      action: { type: 'Action', id: action },
      resource: { type: 'Key', id: resource },
      context,
      preparsedPolicySetId: 'scenario',
      entities: [],
    })
    if (answer.type !== 'success') return `error: ${JSON.stringify(answer.errors)}`
    const { decision, diagnostics } = answer.response
    if (decision === 'allow') return 'allow'
    return diagnostics.reason.length === 0 ? 'implicitDeny' : 'explicitDeny'
  }
  return {
    label: `@cedar-policy/cedar-wasm ${versionOf('@cedar-policy/cedar-wasm')}`,
    note: 'translated by hand, the layers combined beforehand, no entities',
    decide,
  }
}
