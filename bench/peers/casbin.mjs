/** Casbin: the statements by hand as policy rows, their conditions as a JavaScript function. */
import { newEnforcer, newModelFromString } from 'casbin'
import { versionOf } from './versions.mjs'

const MODEL = `
[request_definition]
r = sub, act, obj, ctx

[policy_definition]
p = sub, act, cond, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = (p.sub == '*' || p.sub == r.sub) && action(r.act, p.act) && condition(p.cond, r.ctx)
`
const ROLE = 'arn:aws:iam::111122223333:role/Payments'
const ADMINISTER = 'kms:Create*|kms:Describe*|kms:Enable*|kms:List*|kms:Put*|kms:Update*|kms:Get*'

/** SCP and key policy delegate everything to the account, so an identity Allow stands for all three. */
const ROWS = [
  ['arn:aws:iam::111122223333:role/KeyAdmin', ADMINISTER, 'none', 'allow'],
  ['arn:aws:iam::111122223333:role/BreakGlass', ADMINISTER, 'none', 'allow'],
  [ROLE, 'kms:Decrypt|kms:GenerateDataKey*', 'payments', 'allow'],
  [ROLE, 'kms:CreateGrant|kms:ListGrants|kms:RevokeGrant', 'grants', 'allow'],
  ['*', 'kms:DescribeKey', 'readers', 'allow'],
  ['*', 'kms:*', 'organization', 'deny'],
  [ROLE, 'kms:DescribeKey|kms:ListAliases|kms:ListKeys', 'none', 'allow'],
  [ROLE, 'kms:Decrypt|kms:Encrypt|kms:GenerateDataKey*', 'identity', 'allow'],
  [ROLE, 's3:GetObject|s3:PutObject', 'none', 'allow'],
  [ROLE, 'secretsmanager:GetSecretValue', 'none', 'allow'],
  [ROLE, 'kms:ScheduleKeyDeletion|kms:DisableKey|kms:PutKeyPolicy', 'mfa', 'deny'],
  ['*', '*', 'regions', 'deny'],
  ['*', 'kms:*', 'transport', 'deny'],
  ['*', 'kms:*', 'deputy', 'deny'],
]

const VIA = /^(?:s3|secretsmanager)\..*\.amazonaws\.com$/
const CONDITIONS = {
  none: () => true,
  payments: (ctx) => ['a', 'c'].includes(ctx['kms:EncryptionContext:tenant']) && VIA.test(ctx['kms:ViaService'] ?? ''),
  grants: (ctx) => ctx['kms:GrantIsForAWSResource'] === 'true',
  readers: (ctx) => ctx['kms:CallerAccount'] === '111122223333' && ctx['kms:ViaService'] === 's3.eu-west-1.amazonaws.com',
  organization: (ctx) => ctx['aws:PrincipalOrgID'] !== 'o-a1b2c3d4e5' && ctx['aws:PrincipalIsAWSService'] === 'false',
  identity: (ctx) => ['a', 'b'].includes(ctx['kms:EncryptionContext:tenant']) && ctx['aws:RequestedRegion'] === 'eu-west-1',
  mfa: (ctx) => ctx['aws:MultiFactorAuthPresent'] !== 'true',
  regions: (ctx) => !['eu-west-1', 'eu-central-1'].includes(ctx['aws:RequestedRegion']),
  transport: (ctx) => ctx['aws:SecureTransport'] === 'false',
  deputy: (ctx) => ctx['aws:SourceOrgID'] !== 'o-a1b2c3d4e5' && ctx['aws:PrincipalIsAWSService'] === 'true',
}

const lists = new Map()

function action(name, list) {
  let patterns = lists.get(list)
  if (patterns === undefined) {
    patterns = list.split('|').map((text) => new RegExp(`^${text.replaceAll('*', '.*')}$`, 'i'))
    lists.set(list, patterns)
  }
  return patterns.some((pattern) => pattern.test(name))
}

export async function casbinPeer() {
  const enforcer = await newEnforcer(newModelFromString(MODEL))
  await enforcer.addPolicies(ROWS)
  await enforcer.addFunction('action', action)
  await enforcer.addFunction('condition', (name, ctx) => CONDITIONS[name](ctx))
  const decide = ({ action: name, resource, context }) => {
    const [allowed, rule] = enforcer.enforceExSync(ROLE, name, resource, context)
    if (allowed) return 'allow'
    return rule.at(-1) === 'deny' ? 'explicitDeny' : 'implicitDeny'
  }
  return {
    label: `casbin ${versionOf('casbin')}`,
    note: 'translated by hand, the layers combined beforehand, conditions written in JavaScript',
    decide,
  }
}
