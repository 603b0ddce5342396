import { describe, expect, test } from 'vitest'
import { questionOfRecord, readCloudTrail, readCloudTrailStream } from '../../../src/source/asked/cloudtrail.js'
import type { KeyNames } from '../../../src/source/asked/operation-checks.js'
import { whyUnknown, type Question } from '../../../src/source/asked/question.js'
import {
  A,
  ALICE,
  B,
  denied,
  event,
  KEY,
  KEY_ID,
  OTHER,
  OTHER_ID,
  ROLE,
  SESSION,
  userIdentity,
  type Json,
} from './events.js'

const PLACE = { name: 'trail.json', line: 1 }

function ask(record: unknown, names?: KeyNames): Question {
  const item = questionOfRecord(record, PLACE, names === undefined ? {} : { names })
  if (!item.ok) throw new Error(item.error.message)
  return item.value
}

/** The one check that is complete. */
function checkOf(record: unknown, names?: KeyNames): Question['checks'][number] {
  const { checks } = ask(record, names)
  expect(checks).toHaveLength(1)
  return checks[0]!
}

// authorization.md G4: KMS Developer Guide, "Logging AWS KMS API calls with AWS CloudTrail".
test('everything that the event of a role session tells', () => {
  expect(ask(event({ errorCode: 'AccessDenied', errorMessage: denied() }))).toEqual({
    origin: {
      form: 'cloudtrail',
      ...PLACE,
      eventId: 'd1e2a3c4-0000-4000-8000-000000000002',
      requestId: 'd1e2a3c4-0000-4000-8000-000000000001',
    },
    operation: 'Decrypt',
    checks: [
      {
        principal: SESSION,
        action: 'kms:Decrypt',
        resource: KEY,
        encryptionContext: { Tenant: 'a', grantId: 'no' },
        parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT', EncryptionContext: { Tenant: 'a', grantId: 'no' } },
        time: '2026-03-15T12:00:00Z',
        context: {
          'aws:userid': 'AROAEXAMPLEROLE00000:i-0abc',
          'aws:PrincipalArn': ROLE,
          'aws:TokenIssueTime': '2026-03-15T11:00:00Z',
          'aws:MultiFactorAuthPresent': 'false',
          'aws:RequestedRegion': 'us-west-2',
          'aws:UserAgent': 'aws-cli/2.15',
          'aws:SourceIp': '203.0.113.10',
          'aws:SourceVpce': null,
          'aws:SourceVpc': null,
          'aws:SecureTransport': 'true',
        },
      },
    ],
    incomplete: [],
    caller: { accountId: A, uniqueId: 'AROAEXAMPLEROLE00000', roleArn: ROLE },
    said: {
      decision: 'deny',
      errorCode: 'AccessDenied',
      message: denied(),
      caller: SESSION,
      action: 'kms:Decrypt',
      resource: KEY,
      layer: 'identity',
      isExplicit: false,
    },
    unknown: [
      {
        kind: 'sessionPolicies',
        name: 'session policies',
        why: 'an event does not tell the session policies of its caller',
      },
      { kind: 'conditionKey', name: 'aws:PrincipalTag/{tag-key}', why: 'an event does not tell session tags' },
      { kind: 'grantTokens', name: 'grant tokens', why: 'an event does not tell the grant tokens of its request' },
    ],
    notes: [],
  })
})

// CloudTrail User Guide, "CloudTrail userIdentity element".
describe('who calls', () => {
  const federated = {
    type: 'FederatedUser',
    principalId: `${A}:Bob`,
    arn: `arn:aws:sts::${A}:federated-user/Bob`,
    accountId: A,
    sessionContext: {
      sessionIssuer: { type: 'IAMUser', principalId: 'AIDAEXAMPLEUSER00000', arn: ALICE, accountId: A },
    },
  }
  const known: readonly {
    readonly name: string
    readonly identity: Json
    readonly principal: string
    readonly context: Json
  }[] = [
    {
      name: 'Root',
      identity: { type: 'Root', principalId: A, arn: `arn:aws:iam::${A}:root`, accountId: A },
      principal: `arn:aws:iam::${A}:root`,
      context: { 'aws:userid': A },
    },
    {
      name: 'IAMUser',
      identity: userIdentity,
      principal: ALICE,
      context: { 'aws:userid': 'AIDAEXAMPLEUSER00000', 'aws:username': 'Alice' },
    },
    {
      name: 'FederatedUser',
      identity: federated,
      principal: federated.arn,
      context: { 'aws:userid': `${A}:Bob` },
    },
    {
      name: 'AWSService',
      identity: { type: 'AWSService', invokedBy: 'logs.us-west-2.amazonaws.com' },
      principal: 'logs.us-west-2.amazonaws.com',
      context: { 'aws:RequestedRegion': 'us-west-2' },
    },
  ]
  for (const { name, identity, principal, context } of known) {
    test(name, () => {
      const check = checkOf(event({ userIdentity: identity }))
      expect(check.principal).toBe(principal)
      expect(check.context).toMatchObject(context)
      expect(check.via).toBeUndefined()
    })
  }

  test('a federated user session keeps the user behind it', () => {
    expect(ask(event({ userIdentity: federated })).caller).toEqual({ accountId: A, userArn: ALICE })
  })

  test('MFA of a session is a key, and its age is not known', () => {
    const sessionContext = { attributes: { creationDate: '2026-03-15T11:00:00Z', mfaAuthenticated: 'true' } }
    const question = ask(event({ userIdentity: { ...userIdentity, sessionContext } }))
    expect(question.checks[0]?.context).toMatchObject({ 'aws:MultiFactorAuthPresent': 'true' })
    expect(whyUnknown(question.unknown, 'aws:MultiFactorAuthAge')).toBe('an event does not tell when MFA was used')
  })

  test('a session of a web identity has no MFA key', () => {
    const sessionContext = {
      sessionIssuer: { arn: ROLE },
      webIdFederationData: { federatedProvider: 'accounts.google.com' },
      attributes: { mfaAuthenticated: 'false' },
    }
    const { context } = checkOf(
      event({ userIdentity: { type: 'AssumedRole', arn: SESSION, accountId: A, sessionContext } }),
    )
    expect(context).toMatchObject({ 'aws:FederatedProvider': 'accounts.google.com' })
    expect(context).not.toHaveProperty('aws:MultiFactorAuthPresent')
  })

  const lacking: readonly { readonly name: string; readonly identity: Json; readonly why: string }[] = [
    {
      name: 'AWSAccount',
      identity: { type: 'AWSAccount', principalId: 'AROAEXAMPLEROLE00000:x', accountId: B },
      why: `the caller is of another account, \`${B}\`, and only its own events name it`,
    },
    {
      name: 'a service that is not named',
      identity: { type: 'AWSService', invokedBy: 'AWS Internal' },
      why: 'a service of AWS called, and the event does not say which',
    },
    { name: 'nothing', identity: {}, why: 'the event has no ARN of its caller' },
    {
      name: 'another type without an ARN',
      identity: { type: 'IdentityCenterUser', accountId: A },
      why: 'the event has no ARN of its caller, which is of type `IdentityCenterUser`',
    },
    {
      name: 'an ARN that is none',
      identity: { type: 'IAMUser', arn: 'arn:aws:iam::1:\u001b[31muser/x' },
      why: '`arn:aws:iam::1:\\u{1b}[31muser/x` is no ARN of a principal',
    },
  ]
  for (const { name, identity, why } of lacking) {
    test(`lacks the caller: ${name}`, () => {
      const question = ask(event({ userIdentity: identity }))
      expect(question.checks).toEqual([])
      expect(question.incomplete.map(({ lacks }) => lacks)).toEqual([[{ part: 'principal', why }]])
    })
  }
})

// authorization.md E, K-7; IAM User Guide, "Forward access sessions".
describe('the way of the request', () => {
  test('a service with the identity of its caller', () => {
    const identity = { ...userIdentity, invokedBy: 's3.amazonaws.com' }
    const question = ask(
      event({ userIdentity: identity, sourceIPAddress: 's3.amazonaws.com', userAgent: 's3.amazonaws.com' }),
    )
    const [check] = question.checks
    expect(check?.via).toBe('s3.amazonaws.com')
    expect(check?.context).toEqual({
      'aws:userid': 'AIDAEXAMPLEUSER00000',
      'aws:username': 'Alice',
      'aws:RequestedRegion': 'us-west-2',
      'aws:SecureTransport': 'true',
    })
    expect(whyUnknown(question.unknown, 'aws:SourceIp')).toMatch(/service called/)
    expect(whyUnknown(question.unknown, 'kms:ViaService')).toBeUndefined()
  })

  test('a service told by the address alone', () => {
    expect(checkOf(event({ sourceIPAddress: 'ec2.amazonaws.com' })).via).toBe('ec2.amazonaws.com')
  })

  test('a service-linked role is no forwarded identity', () => {
    const roleArn = `arn:aws:iam::${A}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`
    const identity = {
      type: 'AssumedRole',
      arn: `arn:aws:sts::${A}:assumed-role/AWSServiceRoleForAutoScaling/AutoScaling`,
      accountId: A,
      invokedBy: 'autoscaling.amazonaws.com',
      sessionContext: { sessionIssuer: { arn: roleArn } },
    }
    const check = checkOf(event({ userIdentity: identity, sourceIPAddress: 'autoscaling.amazonaws.com' }))
    expect(check.via).toBeUndefined()
    expect(check.context).toMatchObject({ 'aws:PrincipalArn': roleArn })
  })

  test('AWS Internal hides which service it was', () => {
    const question = ask(event({ sourceIPAddress: 'AWS Internal' }))
    expect(question.checks[0]?.via).toBeUndefined()
    expect(question.checks[0]?.context).not.toHaveProperty('aws:SourceIp')
    expect(whyUnknown(question.unknown, 'KMS:viaservice')).toMatch(/does not say which service/)
  })

  test('a VPC endpoint has its own address and account, and hides its VPC', () => {
    const more = { vpcEndpointId: 'vpce-1a2b3c4d', vpcEndpointAccountId: B, sourceIPAddress: '10.0.0.7' }
    const question = ask(event(more))
    expect(question.checks[0]?.context).toMatchObject({
      'aws:SourceVpce': 'vpce-1a2b3c4d',
      'aws:VpceAccount': B,
      'aws:VpcSourceIp': '10.0.0.7',
    })
    expect(question.checks[0]?.context).not.toHaveProperty('aws:SourceIp')
    expect(whyUnknown(question.unknown, 'aws:SourceVpc')).toBeDefined()
  })

  test('without details of TLS it is not known', () => {
    const question = ask(event({ tlsDetails: undefined }))
    expect(question.checks[0]?.context).not.toHaveProperty('aws:SecureTransport')
    expect(whyUnknown(question.unknown, 'aws:SecureTransport')).toBe('the event has no details of TLS')
  })
})

// authorization.md D4 and G4: KMS Developer Guide, CloudTrail log entry examples.
describe('which key', () => {
  const NAMES: KeyNames = {
    keyOfAlias: (alias) => (alias === `arn:aws:kms:us-west-2:${A}:alias/payments` ? KEY : undefined),
    keysOfId: (id) => (id === KEY_ID ? [KEY] : []),
  }

  test('of the denial when the event lists no resource', () => {
    const resource = OTHER
    const record = event({
      resources: undefined,
      errorCode: 'AccessDenied',
      errorMessage: denied('kms:Decrypt', SESSION, resource),
    })
    expect(checkOf(record).resource).toBe(OTHER)
  })

  const asGiven: readonly (readonly [string, string, string])[] = [
    ['an id', KEY_ID, KEY],
    ['an ARN', KEY, KEY],
    ['an alias', 'alias/payments', KEY],
    ['an alias that nobody knows', 'alias/other', `arn:aws:kms:us-west-2:${A}:alias/other`],
  ]
  for (const [name, keyId, resource] of asGiven) {
    test(`of the input, ${name}`, () => {
      const record = event({ resources: [], eventName: 'Encrypt', requestParameters: { keyId } })
      expect(checkOf(record, NAMES)).toMatchObject({ resource, keyIdAs: keyId, action: 'kms:Encrypt' })
    })
  }

  test('no key anywhere', () => {
    const question = ask(event({ resources: undefined, requestParameters: null }))
    expect(question.incomplete[0]?.lacks).toEqual([
      { part: 'resource', why: 'the ciphertext names the key, and cannot be read' },
    ])
  })

  test('ReEncrypt: both keys, by the destination that the input names', () => {
    const requestParameters = {
      sourceEncryptionContext: { tenant: 'a' },
      destinationEncryptionContext: { tenant: 'b' },
      destinationKeyId: KEY_ID,
    }
    const resources = [KEY, OTHER].map((ARN) => ({ ARN, type: 'AWS::KMS::Key', accountId: A }))
    const { checks } = ask(event({ eventName: 'ReEncrypt', requestParameters, resources }))
    expect(checks.map(({ action, resource, encryptionContext }) => ({ action, resource, encryptionContext }))).toEqual([
      { action: 'kms:ReEncryptFrom', resource: OTHER, encryptionContext: { tenant: 'a' } },
      { action: 'kms:ReEncryptTo', resource: KEY, encryptionContext: { tenant: 'b' } },
    ])
    expect(checks[0]?.context).toMatchObject({ 'kms:ReEncryptOnSameKey': 'false' })
  })

  test('ReEncrypt denied: the key of the text is the end that it names', () => {
    const question = ask(
      event({
        eventName: 'ReEncrypt',
        requestParameters: { destinationKeyId: OTHER_ID },
        resources: undefined,
        errorCode: 'AccessDenied',
        errorMessage: denied('kms:ReEncryptFrom'),
      }),
    )
    expect(question.checks.map(({ action, resource }) => [action, resource])).toEqual([
      ['kms:ReEncryptFrom', KEY],
      ['kms:ReEncryptTo', OTHER],
    ])
    expect(question.notes).toEqual(['AWS denied `kms:ReEncryptFrom`, one of the two checks of ReEncrypt'])
  })

  test('UpdateAlias: the alias, its key and the new one', () => {
    const alias = `arn:aws:kms:us-west-2:${A}:alias/payments`
    const resources = [{ ARN: alias }, { ARN: OTHER }]
    const requestParameters = { aliasName: 'alias/payments', targetKeyId: OTHER_ID }
    const { checks } = ask(event({ eventName: 'UpdateAlias', requestParameters, resources }), NAMES)
    expect(checks.map(({ resource }) => resource)).toEqual([alias, KEY, OTHER])
  })

  test('DeleteAlias lacks the key that nobody knows', () => {
    const question = ask(
      event({ eventName: 'DeleteAlias', requestParameters: { aliasName: 'alias/x' }, resources: [] }),
    )
    expect(question.checks.map(({ resource }) => resource)).toEqual([`arn:aws:kms:us-west-2:${A}:alias/x`])
    expect(question.incomplete.map(({ action }) => action)).toEqual(['kms:DeleteAlias'])
  })

  test('an operation without a resource', () => {
    const check = checkOf(event({ eventName: 'ListKeys', requestParameters: null, resources: [] }))
    expect(check).toMatchObject({ action: 'kms:ListKeys', principal: SESSION })
    expect(check.resource).toBeUndefined()
  })
})

describe('the input', () => {
  test('CreateGrant, with the names of the API and the pairs as they are', () => {
    const check = checkOf(
      event({
        eventName: 'CreateGrant',
        requestParameters: {
          keyId: KEY,
          granteePrincipal: ALICE,
          operations: ['Decrypt'],
          constraints: { encryptionContextSubset: { tenant: 'a' } },
        },
      }),
    )
    expect(check.createGrant).toEqual({
      granteePrincipal: ALICE,
      operations: ['Decrypt'],
      constraints: { encryptionContextSubset: { tenant: 'a' } },
    })
    expect(check.parameters).toEqual({
      KeyId: KEY,
      GranteePrincipal: ALICE,
      Operations: ['Decrypt'],
      Constraints: { EncryptionContextSubset: { tenant: 'a' } },
    })
  })

  test('TagResource: names inside lists', () => {
    const check = checkOf(
      event({ eventName: 'TagResource', requestParameters: { keyId: KEY, tags: [{ tagKey: 'team', tagValue: 'x' }] } }),
    )
    expect(check.parameters).toEqual({ KeyId: KEY, Tags: [{ TagKey: 'team', TagValue: 'x' }] })
  })

  test('CreateKey with tags makes two checks', () => {
    const record = event({
      eventName: 'CreateKey',
      resources: [],
      requestParameters: { tags: [{ tagKey: 'team', tagValue: 'x' }] },
    })
    expect(ask(record).checks.map(({ action }) => action)).toEqual(['kms:CreateKey', 'kms:TagResource'])
  })

  // kms-behaviour.md 15: RetireGrant tells the grant elsewhere.
  test('RetireGrant: the grant of the additional data', () => {
    const record = event({ eventName: 'RetireGrant', requestParameters: null, additionalEventData: { grantId: 'g1' } })
    expect(checkOf(record)).toMatchObject({ action: 'kms:RetireGrant', resource: KEY, grantId: 'g1' })
  })

  test('a hidden encryption context is not known', () => {
    const question = ask(event({ requestParameters: { encryptionContext: 'HIDDEN_DUE_TO_SECURITY_REASONS' } }))
    expect(question.checks[0]?.encryptionContext).toBeUndefined()
    expect(whyUnknown(question.unknown, 'kms:EncryptionContext:tenant')).toBe('the event hides the encryption context')
  })
})

// authorization.md G2, G4.
describe('what AWS said', () => {
  const cases: readonly (readonly [string, string | undefined, string | undefined, Json])[] = [
    ['a success', undefined, undefined, { decision: 'allow' }],
    ['AccessDenied', 'AccessDenied', denied(), { decision: 'deny', layer: 'identity', isExplicit: false }],
    ['AccessDeniedException', 'AccessDeniedException', denied(), { decision: 'deny', layer: 'identity' }],
    ['a denial without text', 'AccessDenied', undefined, { decision: 'deny', errorCode: 'AccessDenied' }],
    [
      'the text about the ciphertext',
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
      { decision: 'deny', isOpaque: true },
    ],
    ['a dry run', 'DryRunOperationException', 'would have succeeded', { decision: 'allow' }],
    ['a disabled key', 'DisabledException', `${KEY} is disabled.`, { decision: 'allow', keyState: 'disabled' }],
    ['a state in other words', 'KMSInvalidStateException', 'no', { decision: 'allow', keyState: 'other' }],
    ['an unknown key', 'NotFoundException', `Key '${KEY}' does not exist`, { decision: 'undecided', notFound: KEY }],
    ['throttling', 'ThrottlingException', 'Rate exceeded', { decision: 'undecided', errorCode: 'ThrottlingException' }],
  ]
  for (const [name, errorCode, errorMessage, said] of cases) {
    test(name, () => expect(ask(event({ errorCode, errorMessage })).said).toMatchObject(said))
  }

  test('the copy in the account of the key says so', () => {
    expect(ask(event({ recipientAccountId: B })).notes).toEqual([
      `the event is the copy of account \`${B}\`; the caller is of \`${A}\``,
    ])
  })
})

describe('what is no question', () => {
  const cases: readonly (readonly [string, unknown, string, string])[] = [
    [
      'another service',
      event({ eventSource: 's3.amazonaws.com' }),
      'otherService',
      'an event of `s3.amazonaws.com`, not of KMS',
    ],
    ['no record', { hello: 1 }, 'notAnEvent', 'no CloudTrail record: `eventSource` and `eventName` are not both there'],
    ['a list', [], 'notAnEvent', 'no CloudTrail record: `eventSource` and `eventName` are not both there'],
    [
      'what KMS does by itself',
      event({ eventType: 'AwsServiceEvent', eventName: 'RotateKey' }),
      'notARequest',
      '`RotateKey` is what KMS did by itself, not a request',
    ],
    [
      'a name that is no operation',
      event({ eventName: 'Synchronize\u202eMultiRegionKey' }),
      'notARequest',
      '`Synchronize\\u{202e}MultiRegionKey` is no operation of the KMS API',
    ],
    ['a prototype', event({ eventName: 'constructor' }), 'notARequest', '`constructor` is no operation of the KMS API'],
  ]
  for (const [name, record, kind, message] of cases) {
    test(name, () => {
      const item = questionOfRecord(record, PLACE)
      expect(item).toMatchObject({ ok: false, error: { kind, message, ...PLACE } })
    })
  }

  test('members of other types are not there', () => {
    const question = ask(
      event({ userIdentity: 7, resources: 'x', requestParameters: [], errorCode: 3, tlsDetails: [] }),
    )
    expect(question.said).toEqual({ decision: 'allow' })
    expect(question.incomplete).toHaveLength(1)
  })

  test('a member called __proto__ stays a member', () => {
    const record = JSON.parse(JSON.stringify(event()).replace('"Tenant":"a"', '"__proto__":"a"')) as unknown
    const { encryptionContext } = checkOf(record)
    expect(Object.hasOwn(encryptionContext ?? {}, '__proto__')).toBe(true)
  })
})

describe('files', () => {
  const one = event()
  const two = event({ eventID: 'two', eventName: 'Encrypt', requestParameters: { keyId: KEY } })
  const forms: readonly (readonly [string, string])[] = [
    ['two records, one on each line', `${JSON.stringify(one)}\n${JSON.stringify(two)}\n`],
    ['pretty-printed, one after the other', `${JSON.stringify(one, null, 2)}\n${JSON.stringify(two, null, 2)}`],
    ['a list', JSON.stringify([one, two], null, 2)],
    ['a file of CloudTrail', JSON.stringify({ Records: [one, two] })],
    ['a file of CloudTrail, pretty-printed', JSON.stringify({ Records: [one, two] }, null, 2)],
    ['two files of CloudTrail', `${JSON.stringify({ Records: [one] })}\n${JSON.stringify({ Records: [two] })}`],
    ['EventBridge', JSON.stringify([one, two].map((detail) => ({ source: 'aws.kms', detail })))],
    [
      'aws cloudtrail lookup-events',
      JSON.stringify(
        {
          NextToken: 'x',
          Events: [one, two].map((each) => ({ EventId: 'x', Resources: [], CloudTrailEvent: JSON.stringify(each) })),
        },
        null,
        4,
      ),
    ],
    ['a byte order mark', `\uFEFF${JSON.stringify([one, two])}`],
  ]
  for (const [name, text] of forms) {
    test(name, async () => {
      const items = [...readCloudTrail('t', text)]
      expect(items.map((item) => (item.ok ? item.value.operation : item.error.message))).toEqual(['Decrypt', 'Encrypt'])
      for (const size of [1, 7, 1000]) expect(await streamed(text, size)).toEqual(items)
    })
  }

  test('records have the lines they begin on', () => {
    const lines = [...readCloudTrail('t', `\n${JSON.stringify(one)}\n\n${JSON.stringify(two)}`)]
    expect(lines.map((item) => (item.ok ? item.value.origin.line : 0))).toEqual([2, 4])
  })
})

async function streamed(text: string, size: number): Promise<readonly unknown[]> {
  async function* pieces(): AsyncGenerator<string> {
    for (let start = 0; start < text.length; start += size) yield text.slice(start, start + size)
  }
  const all: unknown[] = []
  for await (const items of readCloudTrailStream('t', pieces())) all.push(...items)
  return all
}

// CloudTrail, CloudWatch Logs and Amazon SNS: what commands and deliveries put around a record.
describe('a record is taken out of what it is handed on in', () => {
  const record = event({ errorCode: 'AccessDenied', errorMessage: denied() })
  const text = JSON.stringify(record)
  const cases: readonly (readonly [name: string, value: unknown, count: number])[] = [
    [
      'aws logs filter-log-events',
      { events: [{ logStreamName: 's', message: text }, { message: text }], searchedLogStreams: [] },
      2,
    ],
    ['a subscription of CloudWatch Logs', { messageType: 'DATA_MESSAGE', logEvents: [{ id: '1', message: text }] }, 1],
    [
      'aws logs get-query-results',
      {
        results: [
          [
            { field: '@timestamp', value: 'x' },
            { field: '@message', value: text },
          ],
        ],
        status: 'Complete',
      },
      1,
    ],
    [
      'aws cloudtrail get-query-results',
      { QueryStatus: 'FINISHED', QueryResultRows: [[{ eventJson: text }], [{ eventJson: text }]] },
      2,
    ],
    [
      'a notification of SNS around EventBridge',
      { Type: 'Notification', Message: JSON.stringify({ version: '0', detail: record }) },
      1,
    ],
    ['aws sqs receive-message', { Messages: [{ Body: JSON.stringify({ detail: record }) }] }, 1],
    ['hits of OpenSearch', { hits: { total: 1, hits: [{ _index: 'i', _source: record }] } }, 1],
    ['a list of files', [{ Records: [record] }, { Records: [record, record] }], 3],
  ]
  for (const [name, value, count] of cases) {
    test(name, () => {
      for (const indent of [undefined, 2]) {
        const items = [...readCloudTrail('x.json', JSON.stringify(value, null, indent))]
        expect(items).toHaveLength(count)
        for (const item of items) {
          expect(item).toMatchObject({ ok: true, value: { checks: [{ principal: SESSION, resource: KEY }] } })
        }
      }
    })
  }

  test('a message that contains itself ends', () => {
    let nested = JSON.stringify({ detail: {} })
    for (let depth = 0; depth < 12; depth++) nested = JSON.stringify({ Message: nested })
    expect([...readCloudTrail('x.json', nested)]).toMatchObject([{ ok: false, error: { kind: 'notAnEvent' } }])
  })

  test.each([
    ['an Insights event', { eventType: 'AwsCloudTrailInsight', insightDetails: { eventName: 'Decrypt' } }, 'Insights'],
    ['a digest', { digestS3Bucket: 'b', logFiles: [] }, 'digest'],
  ])('%s is said to be one', (_name, value, word) => {
    const item = questionOfRecord(value, PLACE)
    expect(item.ok ? undefined : item.error.kind).toBe('notAnEvent')
    expect(item.ok ? undefined : item.error.message).toContain(word)
  })
})

// IAM User Guide, "Forward access sessions": S3 calls KMS for who called S3.
describe('the event of another service with what KMS said', () => {
  const data = (more: Json): Json =>
    event({
      eventSource: 's3.amazonaws.com',
      eventName: 'GetObject',
      eventCategory: 'Data',
      requestParameters: { bucketName: 'b', key: 'k' },
      resources: [{ type: 'AWS::S3::Object', ARN: 'arn:aws:s3:::b/k' }],
      ...more,
    })
  test('is a question about KMS, through that service', () => {
    const question = ask(data({ errorCode: 'AccessDenied', errorMessage: denied() }))
    expect(question.checks).toMatchObject([
      { principal: SESSION, action: 'kms:Decrypt', resource: KEY, via: 's3.amazonaws.com' },
    ])
    expect(question.checks[0]?.context).not.toHaveProperty(['aws:UserAgent'])
    expect(question.said).toMatchObject({ decision: 'deny', layer: 'identity' })
    expect(whyUnknown(question.unknown, 'kms:ViaService')).toBeUndefined()
    expect(whyUnknown(question.unknown, 'kms:EncryptionContext:x')).toBe(
      'the event of another service does not tell it',
    )
  })
  test.each([
    ['its own denial', { errorCode: 'AccessDenied', errorMessage: denied().replaceAll('kms:Decrypt', 's3:GetObject') }],
    ['no error', {}],
  ])('is none with %s', (_name, more) => {
    expect(questionOfRecord(data(more), PLACE)).toMatchObject({ ok: false, error: { kind: 'otherService' } })
  })
})
