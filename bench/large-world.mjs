/**
 * Writes a world as large as an organization of 5,000 roles: what the AWS CLI prints, file by file, as the scripts of
 * `docs/collect.md` leave it, with the account dumps in pages.
 *
 * The same text every time: numbers come from a counter, not from chance.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export const SIZES = { accounts: 10, roles: 500, keys: 200, customerPolicies: 700, awsPolicies: 1000 }
const REGION = 'us-east-1'
const PAGE = 250

/** What a question can be about. */
export const QUESTION = {
  principal: 'arn:aws:iam::100000000003:role/service/team-7/Role-0042',
  action: 'kms:Decrypt',
  key: '100000000003:alias/app-0042',
}

/** Writes the files below `folder`; answers how many there are and how large they are. */
export function writeLargeWorld(folder, sizes = SIZES) {
  const written = { files: 0, bytes: 0, policies: 0 }
  const write = (name, value) => {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    const text = `${JSON.stringify(value, null, 4)}\n`
    writeFileSync(path, text)
    written.files++
    written.bytes += text.length
  }
  const accounts = Array.from({ length: sizes.accounts }, (_, index) => accountOf(index))
  writeOrganization(write, accounts)
  for (const [index, account] of accounts.entries()) {
    writeIdentities(write, account, index, sizes, written)
    writeKeys(write, account, sizes, written)
  }
  return written
}

/** CloudTrail events, one of each role that is refused a key of the next account; JSON Lines. */
export function deniedEvents(sizes = SIZES) {
  const lines = []
  for (let number = 0; number < sizes.accounts; number++) {
    for (let index = 0; index < sizes.roles; index++) lines.push(JSON.stringify(deniedEvent(number, index, sizes)))
  }
  return `${lines.join('\n')}\n`
}

function deniedEvent(number, index, sizes) {
  const account = accountOf(number)
  const owner = accountOf((number + 1) % sizes.accounts)
  const role = `Role-${four(index)}`
  const session = `arn:aws:sts::${account}:assumed-role/${role}/i-${four(index)}`
  const keyArn = `arn:aws:kms:${REGION}:${owner}:key/${keyId(owner, index % sizes.keys)}`
  return {
    eventVersion: '1.11',
    userIdentity: {
      type: 'AssumedRole',
      arn: session,
      accountId: account,
      sessionContext: {
        sessionIssuer: {
          type: 'Role',
          arn: `arn:aws:iam::${account}:role/service/team-${index % 35}/${role}`,
          accountId: account,
          userName: role,
        },
      },
    },
    eventTime: '2026-03-15T12:00:00Z',
    eventSource: 'kms.amazonaws.com',
    eventName: 'Decrypt',
    awsRegion: REGION,
    sourceIPAddress: '203.0.113.10',
    errorCode: 'AccessDenied',
    errorMessage: `User: ${session} is not authorized to perform: kms:Decrypt on resource: ${keyArn} because no resource-based policy allows the kms:Decrypt action`,
    requestParameters: { keyId: keyArn },
    eventID: id('9e1d4c20', number * sizes.roles + index),
    resources: [{ accountId: owner, type: 'AWS::KMS::Key', ARN: keyArn }],
    eventType: 'AwsApiCall',
    recipientAccountId: account,
  }
}

function id(start, number) {
  return `${start}-0000-4000-8000-${String(number).padStart(12, '0')}`
}

const accountOf = (index) => String(100000000000 + index)

function writeOrganization(write, accounts) {
  const root = 'r-b3n1'
  const units = ['ou-b3n1-00000001', 'ou-b3n1-00000002']
  const management = accounts[0]
  write('organization/describe-organization.json', {
    Organization: { Id: 'o-bench12345', MasterAccountId: management, FeatureSet: 'ALL' },
  })
  write('organization/list-roots.json', {
    Roots: [
      {
        Id: root,
        Name: 'Root',
        PolicyTypes: [
          { Type: 'SERVICE_CONTROL_POLICY', Status: 'ENABLED' },
          { Type: 'RESOURCE_CONTROL_POLICY', Status: 'ENABLED' },
        ],
      },
    ],
  })
  write('organization/list-accounts.json', {
    Accounts: accounts.map((Id) => ({
      Id,
      Arn: `arn:aws:organizations::${management}:account/o-bench12345/${Id}`,
      Name: `account-${Id}`,
    })),
  })
  const inUnit = (unit) => accounts.slice(1).filter((_, index) => index % 2 === unit)
  const listed = [
    [root, [management], units],
    [units[0], inUnit(0), []],
    [units[1], inUnit(1), []],
  ]
  for (const [id, members, below] of listed) {
    write(`organization/list-accounts-for-parent.${id}.json`, {
      Accounts: members.map((Id) => ({ Id, Name: `account-${Id}` })),
    })
    write(`organization/list-organizational-units-for-parent.${id}.json`, {
      OrganizationalUnits: below.map((Id, index) => ({ Id, Name: `Unit ${index}` })),
    })
  }
  const targets = [root, ...units, ...accounts].map((TargetId) => ({ TargetId }))
  const policy = (Id, Name, Type, statement, at) => {
    const Content = JSON.stringify({ Version: '2012-10-17', Statement: [statement] })
    write(`organization/describe-policy.${Id}.json`, { Policy: { PolicySummary: { Id, Name, Type }, Content } })
    write(`organization/list-targets-for-policy.${Id}.json`, { Targets: at })
  }
  const all = { Effect: 'Allow', Action: '*', Resource: '*' }
  policy('p-FullAWSAccess', 'FullAWSAccess', 'SERVICE_CONTROL_POLICY', all, targets)
  policy('p-RCPFullAWSAccess', 'RCPFullAWSAccess', 'RESOURCE_CONTROL_POLICY', { ...all, Principal: '*' }, targets)
  const deletes = { Sid: 'NobodyDeletesKeys', Effect: 'Deny', Action: 'kms:ScheduleKeyDeletion', Resource: '*' }
  policy('p-keepkeys', 'KeepKeys', 'SERVICE_CONTROL_POLICY', deletes, [{ TargetId: root }])
}

// -------------------------------------------------------------------------------------------------------- identities

function writeIdentities(write, account, number, sizes, written) {
  const customer = Array.from({ length: sizes.customerPolicies }, (_, index) => customerPolicy(account, index))
  const aws = Array.from({ length: sizes.awsPolicies }, (_, index) => awsPolicy(index))
  const roles = Array.from({ length: sizes.roles }, (_, index) => roleDetail(account, index, sizes))
  // AWS's own policies stand in the dump of every account, and count once.
  written.policies += customer.length + roles.length * 2 + (number === 0 ? aws.length : 0)
  write(`${account}/get-caller-identity.json`, {
    UserId: 'AROABENCHCOLLECTOR001:collector',
    Account: account,
    Arn: `arn:aws:sts::${account}:assumed-role/Collector/collector`,
  })
  const items = [
    ...roles.map((item) => ['RoleDetailList', item]),
    ...[...customer, ...aws].map((item) => ['Policies', item]),
  ]
  const pages = Math.ceil(items.length / PAGE)
  for (let page = 0; page < pages; page++) {
    const value = {
      UserDetailList: [],
      GroupDetailList: [],
      RoleDetailList: [],
      Policies: [],
      IsTruncated: page < pages - 1,
    }
    for (const [list, item] of items.slice(page * PAGE, (page + 1) * PAGE)) value[list].push(item)
    if (value.IsTruncated) value.Marker = `page-${page + 1}`
    write(`${account}/get-account-authorization-details.${String(page).padStart(3, '0')}.json`, value)
  }
}

const DATE = '2024-03-05T10:15:30+00:00'
const four = (index) => String(index).padStart(4, '0')
const uniqueId = (prefix, index) => `${prefix}BENCH${String(index).padStart(12, '0')}`

function roleDetail(account, index, sizes) {
  const team = `team-${index % 35}`
  const policy = (number) => {
    const PolicyName = `Policy-${four((index * 7 + number * 131) % sizes.customerPolicies)}`
    return { PolicyName, PolicyArn: `arn:aws:iam::${account}:policy/${PolicyName}` }
  }
  const aws = `AWSServicePolicy${four(index % sizes.awsPolicies)}`
  return {
    Path: `/service/${team}/`,
    RoleName: `Role-${four(index)}`,
    RoleId: uniqueId('AROA', Number(account.slice(-2)) * 10000 + index),
    Arn: `arn:aws:iam::${account}:role/service/${team}/Role-${four(index)}`,
    CreateDate: DATE,
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    InstanceProfileList: [],
    RolePolicyList: [
      { PolicyName: 'OwnData', PolicyDocument: ownData(account, index) },
      { PolicyName: 'UseKey', PolicyDocument: useKey(account, index, sizes) },
    ],
    AttachedManagedPolicies: [
      policy(0),
      policy(1),
      policy(2),
      { PolicyName: aws, PolicyArn: `arn:aws:iam::aws:policy/service-role/${aws}` },
    ],
    PermissionsBoundary: {
      PermissionsBoundaryType: 'Policy',
      PermissionsBoundaryArn: `arn:aws:iam::${account}:policy/Policy-0000`,
    },
    Tags: [
      { Key: 'team', Value: team },
      { Key: 'cost-center', Value: String(1000 + (index % 90)) },
    ],
    RoleLastUsed: { LastUsedDate: DATE, Region: REGION },
  }
}

function ownData(account, index) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'OwnBucket',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:AbortMultipartUpload'],
        Resource: [`arn:aws:s3:::data-${account}-${four(index)}`, `arn:aws:s3:::data-${account}-${four(index)}/*`],
      },
      {
        Sid: 'Logs',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: `arn:aws:logs:${REGION}:${account}:log-group:/service/role-${four(index)}:*`,
      },
    ],
  }
}

function useKey(account, index, sizes) {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'UseKey',
        Effect: 'Allow',
        Action: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
        Resource: `arn:aws:kms:${REGION}:${account}:key/${keyId(account, index % sizes.keys)}`,
        Condition: { StringEquals: { 'kms:EncryptionContext:service': `role-${four(index)}` } },
      },
    ],
  }
}

function managedPolicy(arn, index, document, versions) {
  const latest = `v${versions}`
  return {
    PolicyName: arn.slice(arn.lastIndexOf('/') + 1),
    PolicyId: uniqueId('ANPA', index),
    Arn: arn,
    Path: '/',
    DefaultVersionId: latest,
    AttachmentCount: index % 20,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: DATE,
    UpdateDate: DATE,
    PolicyVersionList: Array.from({ length: versions }, (_, version) => ({
      Document: document(versions - version),
      VersionId: `v${versions - version}`,
      IsDefaultVersion: version === 0,
      CreateDate: DATE,
    })),
  }
}

const SERVICES = [
  's3',
  'sqs',
  'sns',
  'dynamodb',
  'ec2',
  'lambda',
  'ssm',
  'secretsmanager',
  'ecr',
  'states',
  'events',
  'kms',
]

function customerPolicy(account, index) {
  const arn = `arn:aws:iam::${account}:policy/Policy-${four(index)}`
  const document = (version) => ({
    Version: '2012-10-17',
    Statement: Array.from({ length: index === 0 ? SERVICES.length : 4 }, (_, number) => {
      const service = SERVICES[(index + number) % SERVICES.length]
      return {
        Sid: `Use${number}`,
        Effect: 'Allow',
        Action: index === 0 ? `${service}:*` : [`${service}:Get*`, `${service}:List*`, `${service}:Describe*`],
        Resource: index === 0 ? '*' : `arn:aws:${service}:${REGION}:${account}:resource-${four(index)}-${version}/*`,
        ...(number === 2 ? { Condition: { StringEquals: { 'aws:PrincipalTag/team': `team-${index % 35}` } } } : {}),
      }
    }),
  })
  return managedPolicy(arn, index, document, 1 + (index % 3))
}

function awsPolicy(index) {
  const arn = `arn:aws:iam::aws:policy/service-role/AWSServicePolicy${four(index)}`
  const document = () => ({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: Array.from(
          { length: 8 },
          (_, number) => `${SERVICES[(index + number) % (SERVICES.length - 4)]}:Action${four(index)}${number}`,
        ),
        Resource: '*',
      },
      {
        Effect: 'Allow',
        Action: ['logs:CreateLogGroup', 'logs:PutLogEvents'],
        Resource: `arn:aws:logs:*:*:/aws/${four(index)}`,
      },
    ],
  })
  return managedPolicy(arn, 100000 + index, document, 1)
}

// -------------------------------------------------------------------------------------------------------------- keys

function keyId(account, index) {
  return `${account.slice(-8)}-0000-4000-8000-${String(index).padStart(12, '0')}`
}

function writeKeys(write, account, sizes, written) {
  const here = `${account}/${REGION}`
  const ids = Array.from({ length: sizes.keys }, (_, index) => keyId(account, index))
  const arnOf = (id) => `arn:aws:kms:${REGION}:${account}:key/${id}`
  write(`${here}/list-keys.json`, { Keys: ids.map((KeyId) => ({ KeyId, KeyArn: arnOf(KeyId) })) })
  write(`${here}/list-aliases.json`, {
    Aliases: ids.map((TargetKeyId, index) => ({
      AliasName: `alias/app-${four(index)}`,
      AliasArn: `arn:aws:kms:${REGION}:${account}:alias/app-${four(index)}`,
      TargetKeyId,
      CreationDate: DATE,
      LastUpdatedDate: DATE,
    })),
  })
  for (const [index, id] of ids.entries()) {
    written.policies++
    write(`${here}/describe-key.${id}.json`, {
      KeyMetadata: {
        AWSAccountId: account,
        KeyId: id,
        Arn: arnOf(id),
        CreationDate: DATE,
        Enabled: true,
        Description: `Data of application ${index}`,
        KeyUsage: 'ENCRYPT_DECRYPT',
        KeyState: 'Enabled',
        Origin: 'AWS_KMS',
        KeyManager: 'CUSTOMER',
        CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
        KeySpec: 'SYMMETRIC_DEFAULT',
        EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
        MultiRegion: false,
      },
    })
    write(`${here}/get-key-policy.${id}.json`, {
      Policy: JSON.stringify(keyPolicy(account, index), null, 2),
      PolicyName: 'default',
    })
    write(`${here}/list-grants.${id}.json`, { Grants: index % 4 === 0 ? [grant(account, index, arnOf(id))] : [] })
    write(`${here}/list-resource-tags.${id}.json`, {
      Tags: [{ TagKey: 'application', TagValue: `app-${four(index)}` }],
      Truncated: false,
    })
  }
}

function keyPolicy(account, index) {
  return {
    Version: '2012-10-17',
    Id: `key-${four(index)}`,
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
      {
        Sid: 'Allow use of the key',
        Effect: 'Allow',
        Principal: {
          AWS: [0, 1].map(
            (each) => `arn:aws:iam::${account}:role/service/team-${(index + each) % 35}/Role-${four(index + each)}`,
          ),
        },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        Resource: '*',
      },
      {
        Sid: 'OnlyFromTheOrganization',
        Effect: 'Deny',
        Principal: '*',
        Action: 'kms:*',
        Resource: '*',
        Condition: {
          StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-bench12345' },
          Bool: { 'aws:PrincipalIsAWSService': 'false' },
        },
      },
    ],
  }
}

function grant(account, index, keyArn) {
  return {
    KeyId: keyArn,
    GrantId: `${account}${four(index)}`.padEnd(64, '0'),
    Name: '',
    CreationDate: DATE,
    GranteePrincipal: `arn:aws:iam::${account}:role/service/team-${(index + 3) % 35}/Role-${four(index + 3)}`,
    IssuingAccount: `arn:aws:iam::${account}:root`,
    Operations: ['Decrypt', 'Encrypt', 'DescribeKey'],
    Constraints: { EncryptionContextSubset: { tenant: `tenant-${index}` } },
  }
}
