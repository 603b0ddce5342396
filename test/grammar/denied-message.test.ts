import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseDeniedMessage, type DeniedLayer, type DeniedMessage } from '../../src/text/denied-message.js'

const CALLER = 'arn:aws:sts::111122223333:assumed-role/App/i-0123456789abcdef0'
const KEY = 'arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const POLICY = 'arn:aws:iam::111122223333:policy/DenyKms'
const ID = '0a1b2c3d4e5f6g7h8i9j'
const REQUEST = '5a1e54b0-1a2b-3c4d-5e6f-7a8b9c0d1e2f'
const SHORT = `User: ${CALLER} is not authorized to perform: kms:Decrypt`
const WITH_KEY = `${SHORT} on resource: ${KEY}`
const SENTENCE = `${WITH_KEY} because no identity-based policy allows the kms:Decrypt action`
const POINTER = `. Go to https://us-west-2.console.aws.amazon.com/iam/home?region=us-west-2#/authorization-details/${ID} for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: ${ID}`

const denied = { kind: 'denied', caller: CALLER, action: 'kms:Decrypt' } as const
const implicit = { ...denied, resource: KEY, isExplicit: false, layer: 'identity' } as const

function withoutSpan({ span, ...message }: DeniedMessage): object {
  expect(span.end).toBeGreaterThan(span.start)
  return message
}

function readFrom(text: string): object {
  const read = parseDeniedMessage(text)
  return read.ok ? withoutSpan(read.value) : read.error
}

// authorization.md G1: IAM User Guide, "Troubleshoot access denied error messages".
describe('not authorized', () => {
  const layers: readonly { readonly layer: DeniedLayer; readonly allows: string; readonly denies: string }[] = [
    { layer: 'identity', allows: 'no identity-based policy', denies: 'an identity-based policy' },
    { layer: 'keyPolicy', allows: 'no resource-based policy', denies: 'a resource-based policy' },
    { layer: 'boundary', allows: 'no permissions boundary', denies: 'a permissions boundary' },
    { layer: 'session', allows: 'no session policy', denies: 'a session policy' },
    { layer: 'scp', allows: 'no service control policy', denies: 'a service control policy' },
    { layer: 'rcp', allows: 'no resource control policy', denies: 'a resource control policy' },
    { layer: 'vpce', allows: 'no VPC endpoint policy', denies: 'a VPC endpoint policy' },
    { layer: 'trust', allows: 'no role trust policy', denies: 'the role trust policy' },
  ]
  for (const { layer, allows, denies } of layers) {
    test(`because ${allows} allows`, () => {
      const because = `because ${allows} allows the kms:Decrypt action`
      expect(readFrom(`${WITH_KEY} ${because}`)).toEqual({ ...implicit, layer })
      expect(readFrom(`${SHORT} ${because}`)).toEqual({ ...denied, isExplicit: false, layer })
      expect(readFrom(`${WITH_KEY} ${because}${POINTER}`)).toEqual({ ...implicit, layer, authorizationId: ID })
    })
    test(`with an explicit deny in ${denies}`, () => {
      const because = `with an explicit deny in ${denies}`
      const explicit = { ...denied, resource: KEY, isExplicit: true, layer }
      expect(readFrom(`${WITH_KEY} ${because}`)).toEqual(explicit)
      expect(readFrom(`${SHORT} ${because}.`)).toEqual({ ...denied, isExplicit: true, layer })
      expect(readFrom(`${WITH_KEY} ${because}: ${POLICY}`)).toEqual({ ...explicit, policyArn: POLICY })
      expect(readFrom(`${WITH_KEY} ${because}: ${POLICY}${POINTER}`)).toEqual({
        ...explicit,
        policyArn: POLICY,
        authorizationId: ID,
      })
      expect(readFrom(`${WITH_KEY} ${because}${POINTER}.`)).toEqual({ ...explicit, authorizationId: ID })
    })
  }

  const forms: readonly { readonly name: string; readonly text: string; readonly message: object }[] = [
    { name: 'the old short form', text: SHORT, message: denied },
    { name: 'no reason', text: WITH_KEY, message: { ...denied, resource: KEY } },
    {
      name: 'no layer',
      text: `${WITH_KEY} with an explicit deny`,
      message: { ...denied, resource: KEY, isExplicit: true },
    },
    {
      name: 'every resource',
      text: 'User: arn:aws:iam::111122223333:user/alice is not authorized to perform: kms:CreateKey on resource: * because no identity-based policy allows the kms:CreateKey action',
      message: {
        kind: 'denied',
        caller: 'arn:aws:iam::111122223333:user/alice',
        action: 'kms:CreateKey',
        resource: '*',
        isExplicit: false,
        layer: 'identity',
      },
    },
    {
      name: 'an SCP by its ARN',
      text: `${WITH_KEY} with an explicit deny in a service control policy: arn:aws:organizations::999988887777:policy/o-a1b2c3d4e5/service_control_policy/p-12345678`,
      message: {
        ...denied,
        resource: KEY,
        isExplicit: true,
        layer: 'scp',
        policyArn: 'arn:aws:organizations::999988887777:policy/o-a1b2c3d4e5/service_control_policy/p-12345678',
      },
    },
    {
      name: 'a session name with marks in it',
      text: 'User: arn:aws:sts::111122223333:assumed-role/A/a.b@c,d is not authorized to perform: kms:Decrypt.',
      message: { kind: 'denied', caller: 'arn:aws:sts::111122223333:assumed-role/A/a.b@c,d', action: 'kms:Decrypt' },
    },
    {
      name: 'a sentence that goes on in another way',
      text: `${WITH_KEY} because the moon is full`,
      message: { ...denied, resource: KEY },
    },
    { name: 'the first of two', text: `${SHORT}. ${SENTENCE}`, message: denied },
  ]
  for (const { name, text, message } of forms) test(name, () => expect(readFrom(text)).toEqual(message))
})

// authorization.md G2 and kms-behaviour.md, key states: KMS API Reference, errors.
describe('other refusals of KMS', () => {
  const forms: readonly { readonly text: string; readonly message: object }[] = [
    {
      text: 'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
      message: { kind: 'ciphertext' },
    },
    { text: `Key '${KEY}' does not exist`, message: { kind: 'notFound', resource: KEY } },
    {
      text: 'Alias arn:aws:kms:us-west-2:111122223333:alias/payments is not found.',
      message: { kind: 'notFound', resource: 'arn:aws:kms:us-west-2:111122223333:alias/payments' },
    },
    { text: `${KEY} is disabled.`, message: { kind: 'keyState', key: KEY, state: 'disabled' } },
    { text: `${KEY} is pending deletion.`, message: { kind: 'keyState', key: KEY, state: 'pendingDeletion' } },
    {
      text: `${KEY} is pending deletion (or pending replica deletion)`,
      message: { kind: 'keyState', key: KEY, state: 'pendingDeletion' },
    },
    { text: `${KEY} is pending import.`, message: { kind: 'keyState', key: KEY, state: 'pendingImport' } },
    { text: `${KEY} is unavailable.`, message: { kind: 'keyState', key: KEY, state: 'unavailable' } },
    {
      text: 'The new key policy will not allow you to update the key policy in the future.',
      message: { kind: 'lockout' },
    },
    {
      text: 'Policy contains a statement with one or more invalid principals.',
      message: { kind: 'invalidPrincipals' },
    },
  ]
  for (const { text, message } of forms) {
    test(text, () => expect(readFrom(text)).toEqual(message))
    test(`${text} from the AWS CLI`, () =>
      expect(readFrom(`\nAn error occurred (SomeException) when calling the Decrypt operation: ${text}\n`)).toEqual({
        errorCode: 'SomeException',
        operation: 'Decrypt',
        ...message,
      }))
  }
})

describe('wrappings', () => {
  const code = { errorCode: 'AccessDeniedException' }
  const operation = { operation: 'Decrypt' }
  const requestId = { requestId: REQUEST }
  const forms: readonly { readonly name: string; readonly text: string; readonly wrapping: object }[] = [
    {
      name: 'AWS CLI',
      text: `\nAn error occurred (AccessDeniedException) when calling the Decrypt operation: ${SENTENCE}\n`,
      wrapping: { ...code, ...operation },
    },
    {
      name: 'botocore after retries',
      text: `botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the Decrypt operation (reached max retries: 4): ${SENTENCE}`,
      wrapping: { ...code, ...operation },
    },
    {
      name: 'SDK for JavaScript',
      text: `AccessDeniedException: ${SENTENCE}\n    at de_Error (index.js:1:1) {\n  '$fault': 'client',\n  '$metadata': {\n    httpStatusCode: 400,\n    requestId: '${REQUEST}',\n    attempts: 1\n  },\n  __type: 'AccessDeniedException'\n}`,
      wrapping: { ...code, ...requestId },
    },
    {
      name: 'SDK for Java 1',
      text: `com.amazonaws.services.kms.model.AWSKMSException: ${SENTENCE} (Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException; Request ID: ${REQUEST}; Proxy: null)`,
      wrapping: { service: 'AWSKMS', ...code, ...requestId },
    },
    {
      name: 'SDK for Java 2',
      text: `Exception in thread "main" software.amazon.awssdk.services.kms.model.KmsException: ${SENTENCE} (Service: Kms, Status Code: 400, Request ID: ${REQUEST}) (SDK Attempt Count: 1)`,
      wrapping: { service: 'Kms', ...requestId },
    },
    {
      name: 'SDK for Go 2',
      text: `2026/08/01 09:30:00 operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: ${REQUEST}, api error AccessDeniedException: ${SENTENCE}`,
      wrapping: { service: 'KMS', ...code, ...operation, ...requestId },
    },
    {
      name: 'SDK for Go 2, an error that it knows',
      text: `operation error KMS: Decrypt, https response error StatusCode: 400, RequestID: ${REQUEST}, AccessDeniedException: ${SENTENCE}`,
      wrapping: { service: 'KMS', ...code, ...operation, ...requestId },
    },
    {
      name: 'SDK for Go 1',
      text: `AccessDeniedException: ${SENTENCE}\n\tstatus code: 400, request id: ${REQUEST}`,
      wrapping: { ...code, ...requestId },
    },
    {
      name: 'SDK for Rust',
      text: `service error: unhandled error (AccessDeniedException): Error { code: "AccessDeniedException", message: "${SENTENCE}", aws_request_id: "${REQUEST}" }`,
      wrapping: { ...code, ...requestId },
    },
    {
      name: 'SDK for Python, the response',
      text: `{'Error': {'Message': '${SENTENCE}', 'Code': 'AccessDeniedException'}, 'ResponseMetadata': {'RequestId': '${REQUEST}', 'HTTPStatusCode': 400}}`,
      wrapping: { ...code, ...requestId },
    },
    { name: 'the response body', text: `{"__type":"AccessDeniedException","Message":"${SENTENCE}"}`, wrapping: code },
    {
      name: 'the response body with a namespace',
      text: `{"__type":"com.amazonaws.kms#AccessDeniedException","Message":"${SENTENCE}"}`,
      wrapping: code,
    },
    {
      name: 'CloudTrail',
      text: JSON.stringify(
        { eventName: 'Decrypt', errorCode: 'AccessDenied', errorMessage: SENTENCE, requestID: REQUEST, eventID: 'x' },
        undefined,
        2,
      ),
      wrapping: { errorCode: 'AccessDenied', ...operation, ...requestId },
    },
    {
      name: 'a JSON log of a JSON message',
      text: JSON.stringify({
        level: 'error',
        log: `failed:\n${JSON.stringify({ code: 'AccessDeniedException', message: SENTENCE })}`,
      }),
      wrapping: code,
    },
    {
      name: 'Terraform, drawn with bars',
      text: `╷\n│ Error: reading KMS Key (${KEY}): operation error KMS: Decrypt, https response error StatusCode: 400,\n│ RequestID: ${REQUEST}, api error AccessDeniedException: ${SENTENCE.replace(' on ', '\n│ on ').replace(' because ', '\n│ because ')}\n│ \n│   with aws_kms_key.a,\n╵`,
      wrapping: { service: 'KMS', ...code, ...operation, ...requestId },
    },
    { name: 'every space a line break', text: `log: ${SENTENCE.replaceAll(' ', '\r\n    ')}`, wrapping: {} },
    { name: 'line breaks written in a string', text: `"${SENTENCE.replaceAll(' no ', '\\nno ')}"`, wrapping: {} },
    {
      name: 'words that look like the start of one',
      text: `User: nobody is disabled, Key x does not exist here; ${SENTENCE}`,
      wrapping: {},
    },
  ]
  for (const { name, text, wrapping } of forms)
    test(name, () => expect(readFrom(text)).toEqual({ ...wrapping, ...implicit }))

  test('the span is the sentence in the text given', () => {
    const text = `before ${SENTENCE.replace(' on ', '\n   on ')}. after`
    const read = parseDeniedMessage(text)
    expect(read.ok && text.slice(read.value.span.start, read.value.span.end)).toBe(SENTENCE.replace(' on ', '\n   on '))
  })
})

describe('no message', () => {
  const forms: readonly { readonly text: string; readonly message: string; readonly hint: string }[] = [
    {
      text: '',
      message: 'there is no AWS refusal in this text',
      hint: 'expected a text such as `User: … is not authorized to perform: kms:Decrypt …`',
    },
    {
      text: 'arn:aws:iam::1:user/x is not authorized to perform: kms:Decrypt',
      message: 'there is no AWS refusal in this text',
      hint: 'expected a text such as `User: … is not authorized to perform: kms:Decrypt …`',
    },
    {
      text: 'You are not authorized to perform this operation. Encoded authorization failure message: aGVsbG8',
      message: 'there is no AWS refusal in this text',
      hint: 'decode the message with `sts:DecodeAuthorizationMessage` first',
    },
    {
      text: 'x'.repeat(65_537),
      message: 'a text of 65537 characters is too long to look for one message',
      hint: 'expected at most 65536 characters',
    },
  ]
  for (const { text, message, hint } of forms) {
    test(JSON.stringify(text.slice(0, 40)), () =>
      expect(parseDeniedMessage(text)).toEqual({ ok: false, error: { message, hint, start: 0, end: text.length } }),
    )
  }

  // Every one of them fills the longest text with the beginning of something.
  const hostile = [
    'User: ',
    'User: x is not authorized to perform: ',
    'is not authorized to perform',
    'User: x is not authorized to perform ',
    'Key ',
    "Key ' does not exist ",
    'arn: is disabled ',
    'arn:is pending',
    ':::',
    '(Service: ',
    ' ',
    '\\n',
    '"\'',
    'operation error a: ',
    `${SENTENCE} (Service: x,`,
  ]
  for (const part of hostile) {
    test(`a long text of ${JSON.stringify(part.slice(0, 60))} ends`, () => {
      const text = part.repeat(Math.ceil(65_536 / part.length)).slice(0, 65_536)
      const read = parseDeniedMessage(text)
      if (read.ok) expect(read.value.kind).toBe('denied')
      else expect(read.error.message).toBe('there is no AWS refusal in this text')
    })
  }

  test('any text around a sentence leaves what the sentence says', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        fc.string({ unit: 'grapheme', maxLength: 60 }),
        (before, after) => {
          const read = parseDeniedMessage(`${before} ${SENTENCE} ${after}`)
          expect(read.ok && read.value).toMatchObject(implicit)
        },
      ),
      { numRuns: 200, seed: 8 },
    ))
})
