/**
 * The AWS Query protocol as sts.md 1 has it.
 */
import { describe, expect, test } from 'vitest'
import type { RefusalCode, ServiceRequest } from '../../../src/server/http/http-service.js'
import { escapeXml } from '../../../src/server/sts/xml.js'
import { answered, stsFixture, user, type Answered, type Fixture } from './sts-fixture.js'

const ANN = user('Ann')
const FORM = 'application/x-www-form-urlencoded'

async function send(fixture: Fixture, request: Partial<ServiceRequest>): Promise<Answered> {
  const { caller } = await fixture.signedIn(await fixture.keysOf(ANN))
  const whole = { method: 'POST', target: '/', contentType: FORM, amzTarget: undefined, body: Buffer.alloc(0) }
  return answered(await fixture.sts.answer({ ...whole, ...request }, caller))
}

describe('sts.md 1, success and error', () => {
  test('a result stands in its frame with the id of the request', async () => {
    const fixture = await stsFixture()
    const given = await fixture.call(await fixture.keysOf(ANN), 'GetCallerIdentity')
    expect(given.status).toBe(200)
    expect(given.requestId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(given.xml).toBe(
      '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>' +
        `<Arn>${ANN}</Arn><UserId>${given.get('UserId')}</UserId><Account>111122223333</Account>` +
        `</GetCallerIdentityResult><ResponseMetadata><RequestId>${given.requestId}</RequestId></ResponseMetadata>` +
        '</GetCallerIdentityResponse>',
    )
  })

  test('an error has its id under the root', async () => {
    const fixture = await stsFixture()
    const given = await fixture.call(await fixture.keysOf(ANN), 'AssumeRole', { RoleArn: '<&>"\'' })
    expect(given.status).toBe(400)
    expect(given.xml).toMatch(
      /^<ErrorResponse xmlns="https:\/\/sts.amazonaws.com\/doc\/2011-06-15\/"><Error><Type>Sender<\/Type><Code>ValidationError<\/Code><Message>2 validation errors detected: Value &#39;&lt;&amp;&gt;&quot;&#39;&#39; at &#39;roleArn&#39; [^<]*<\/Message><\/Error><RequestId>[0-9a-f-]{36}<\/RequestId><\/ErrorResponse>$/,
    )
    expect(given.xml).toContain(`<RequestId>${given.requestId}</RequestId></ErrorResponse>`)
  })

  test('the fields may stand in the query of a GET, beside those of a signature', async () => {
    const target = '/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256'
    const given = await send(await stsFixture(), { method: 'GET', target, contentType: undefined })
    expect(given.get('Arn')).toBe(ANN)
  })

  test.each<[body: string, said: string]>([
    ['', 'MissingAction: Missing Action'],
    ['Version=2011-06-15', 'MissingAction: Missing Action'],
    ['Action=GetCallerIdentity', 'InvalidAction: Could not find operation GetCallerIdentity for version '],
    [
      'Action=GetCallerIdentity&Version=2010-01-01',
      'InvalidAction: Could not find operation GetCallerIdentity for version 2010-01-01',
    ],
    ...[
      'AssumeRoleWithSAML',
      'AssumeRoleWithWebIdentity',
      'AssumeRoot',
      'DecodeAuthorizationMessage',
      'GetAccessKeyInfo',
      'getcalleridentity',
      'constructor',
    ].map((name): [string, string] => [
      `Action=${name}&Version=2011-06-15`,
      `InvalidAction: Could not find operation ${name} for version 2011-06-15`,
    ]),
  ])('%s', async (body, said) => {
    const given = await send(await stsFixture(), { body: Buffer.from(body) })
    expect({ said: given.said, status: given.status }).toEqual({ said, status: 400 })
  })

  test('fields in any order, and those that it does not know', async () => {
    const given = await send(await stsFixture(), {
      body: Buffer.from('Nothing=1&Version=2011-06-15&Tags.member.0.Key=a&Action=GetCallerIdentity&Action=AssumeRole'),
    })
    expect(given.get('Arn')).toBe(ANN)
  })
})

test('sts.md 1, lists: indices with gaps, in their order; the bare name of a list is an empty one', async () => {
  const fixture = await stsFixture({
    principals: [{ arn: ANN, policies: [] }],
  })
  const keys = await fixture.keysOf(ANN)
  const bare = await fixture.call(keys, 'AssumeRole', {
    RoleArn: 'arn:aws:iam::111122223333:role/None',
    RoleSessionName: 'deploy',
    Tags: '',
    TransitiveTagKeys: '',
    PolicyArns: '',
  })
  expect(bare.said).toMatch(/^AccessDenied: /)
  await fixture.call(keys, 'AssumeRole', {
    RoleArn: 'arn:aws:iam::111122223333:role/None',
    RoleSessionName: 'deploy',
    'Tags.member.10.Value': '',
    'Tags.member.10.Key': 'last',
    'Tags.member.2.Key': 'first',
    'Tags.member.2.Value': 'x',
  })
  expect(fixture.records.at(-1)?.requestParameters).toMatchObject({ principalTags: { first: 'x', last: '' } })
  expect(Object.keys(fixture.records.at(-1)?.requestParameters?.['principalTags'] ?? {})).toEqual(['first', 'last'])
})

describe('sts.md 1, errors common to all operations', () => {
  const CASES: readonly (readonly [RefusalCode, string, number, string])[] = [
    ['MissingAuthenticationTokenException', 'MissingAuthenticationToken', 403, 'Sender'],
    ['IncompleteSignatureException', 'IncompleteSignature', 403, 'Sender'],
    ['UnrecognizedClientException', 'InvalidClientTokenId', 403, 'Sender'],
    ['InvalidSignatureException', 'SignatureDoesNotMatch', 403, 'Sender'],
    ['ExpiredTokenException', 'ExpiredToken', 403, 'Sender'],
    ['ThrottlingException', 'Throttling', 400, 'Sender'],
    ['ValidationException', 'ValidationError', 400, 'Sender'],
    ['UnknownOperationException', 'InvalidAction', 400, 'Sender'],
    ['RequestEntityTooLargeException', 'RequestEntityTooLarge', 413, 'Sender'],
    ['InternalFailure', 'InternalFailure', 500, 'Receiver'],
    ['ServiceUnavailable', 'ServiceUnavailable', 503, 'Receiver'],
  ]
  test.each(CASES)('%s is %s', async (code, own, status, type) => {
    const { sts } = await stsFixture()
    const given = sts.refuse({ code, status: 400, message: 'why' })
    expect(given).toMatchObject({ status, code: own, contentType: 'text/xml' })
    expect(given.body).toContain(`<Error><Type>${type}</Type><Code>${own}</Code><Message>why</Message></Error>`)
  })

  test('temporary credentials of which nothing is known', async () => {
    const { sts } = await stsFixture()
    const caller = { principal: ANN, region: 'us-east-1', accessKeyId: 'ASIAEXAMPLEEXAMPLE23' }
    const body = Buffer.from('Action=GetCallerIdentity&Version=2011-06-15')
    const request = { method: 'POST', target: '/', contentType: FORM, amzTarget: undefined, body }
    expect(answered(await sts.answer(request, caller)).said).toBe(
      'InvalidClientTokenId: The security token included in the request is invalid',
    )
  })
})

test('what metrics call a request', async () => {
  const { sts } = await stsFixture()
  const nameOf = (body: string): string | undefined =>
    sts.operationOf({ method: 'POST', target: '/', contentType: FORM, amzTarget: undefined, body: Buffer.from(body) })
  expect(nameOf('Action=AssumeRole')).toBe('AssumeRole')
  expect(nameOf('Action=AssumeRoot')).toBeUndefined()
  expect(nameOf('%%%')).toBeUndefined()
})

test.each([
  ['a<b>&"\'', 'a&lt;b&gt;&amp;&quot;&#39;'],
  ['tab\tline\nend\r', 'tab\tline\nend&#xD;'],
  ['\u0000\u001f\ufffe\ud800', '\ufffd\ufffd\ufffd\ufffd'],
  ['Zürich 🔑', 'Zürich 🔑'],
])('XML has %j as %j', (text, written) => expect(escapeXml(text)).toBe(written))
