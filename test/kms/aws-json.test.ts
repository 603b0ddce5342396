/** The awsJson 1.1 protocol. Facts: kms-behaviour 1; Smithy, "AWS JSON 1.1 protocol". */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { API_OPERATIONS, ERRORS, type ErrorCode, type OperationName } from '../../src/aws/operations.js'
import { answerRequest, bytesOf, decodeInput, encodeError, encodeOutput } from '../../src/kms/aws-json.js'
import { ADMIN, keyId, NOBODY, testKms, type TestKms } from './test-kms.js'

const NAMES = Object.keys(API_OPERATIONS) as OperationName[]

function decoded(operation: OperationName, body: string | Uint8Array): unknown {
  const input = decodeInput(operation, body)
  return input.ok ? input.value : input.error
}

describe('inputs', () => {
  interface Case {
    readonly name: string
    readonly operation: OperationName
    readonly body: string
    readonly expect: unknown
  }

  const CASES: readonly Case[] = [
    { name: 'an empty body is an empty input', operation: 'ListKeys', body: '', expect: {} },
    { name: 'an empty object', operation: 'ListKeys', body: '{}', expect: {} },
    { name: 'a text', operation: 'DescribeKey', body: '{"KeyId":"alias/a"}', expect: { KeyId: 'alias/a' } },
    {
      name: 'bytes are base64',
      operation: 'Encrypt',
      body: '{"KeyId":"a","Plaintext":"AAH//g=="}',
      expect: { KeyId: 'a', Plaintext: Buffer.from([0, 1, 255, 254]) },
    },
    {
      name: 'base64 without its padding',
      operation: 'Encrypt',
      body: '{"Plaintext":"AAH//g"}',
      expect: { Plaintext: Buffer.from([0, 1, 255, 254]) },
    },
    { name: 'no bytes', operation: 'Encrypt', body: '{"Plaintext":""}', expect: { Plaintext: Buffer.alloc(0) } },
    {
      name: 'base64 of the alphabet for URLs stays a text',
      operation: 'Encrypt',
      body: '{"Plaintext":"AAH__g=="}',
      expect: { Plaintext: 'AAH__g==' },
    },
    {
      name: 'base64 with bits left over stays a text',
      operation: 'Encrypt',
      body: '{"Plaintext":"QR=="}',
      expect: { Plaintext: 'QR==' },
    },
    {
      name: 'base64 with a line feed stays a text',
      operation: 'Encrypt',
      body: '{"Plaintext":"AAH/\\n/g=="}',
      expect: { Plaintext: 'AAH/\n/g==' },
    },
    {
      name: 'points in time are epoch seconds',
      operation: 'ImportKeyMaterial',
      body: '{"ValidTo":1768471200}',
      expect: { ValidTo: new Date('2026-01-15T10:00:00Z') },
    },
    {
      name: 'with a fraction',
      operation: 'ImportKeyMaterial',
      body: '{"ValidTo":1768471200.25}',
      expect: { ValidTo: new Date('2026-01-15T10:00:00.250Z') },
    },
    {
      name: 'as a number with an exponent',
      operation: 'ImportKeyMaterial',
      body: '{"ValidTo":1.7684712E9}',
      expect: { ValidTo: new Date('2026-01-15T10:00:00Z') },
    },
    {
      name: 'and never texts',
      operation: 'ImportKeyMaterial',
      body: '{"ValidTo":"2026-01-15T10:00:00Z"}',
      expect: { ValidTo: '2026-01-15T10:00:00Z' },
    },
    {
      name: 'bytes within a structure',
      operation: 'Decrypt',
      body: '{"Recipient":{"KeyEncryptionAlgorithm":"RSAES_OAEP_SHA_256","AttestationDocument":"AQI="}}',
      expect: {
        Recipient: { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: Buffer.from([1, 2]) },
      },
    },
    {
      name: 'lists of structures, and what their shape does not have',
      operation: 'TagResource',
      body: '{"KeyId":"a","Tags":[{"TagKey":"b","TagValue":"c","Colour":"d"}]}',
      expect: { KeyId: 'a', Tags: [{ TagKey: 'b', TagValue: 'c' }] },
    },
    {
      name: 'maps with whatever names',
      operation: 'Encrypt',
      body: '{"EncryptionContext":{"constructor":"a","":"b"}}',
      expect: { EncryptionContext: { constructor: 'a', '': 'b' } },
    },
    { name: 'null is not there', operation: 'ListKeys', body: '{"Limit":null,"Marker":"x"}', expect: { Marker: 'x' } },
    { name: 'members that no input has', operation: 'ListKeys', body: '{"limit":1,"Colour":2}', expect: {} },
    {
      name: 'members that objects have themselves',
      operation: 'ListKeys',
      body: '{"__proto__":{"Limit":1},"constructor":1}',
      expect: {},
    },
    { name: 'of one name the last', operation: 'ListKeys', body: '{"Limit":1,"Limit":2}', expect: { Limit: 2 } },
    {
      name: 'wrong types stay',
      operation: 'ListKeys',
      body: '{"Limit":"1","Marker":2}',
      expect: { Limit: '1', Marker: 2 },
    },
    { name: 'white space around', operation: 'ListKeys', body: ' \r\n\t{} ', expect: {} },
  ]

  test.each(CASES)('$name', ({ operation, body, expect: expected }) => {
    expect(decoded(operation, body)).toEqual(expected)
    expect(decoded(operation, Buffer.from(body))).toEqual(expected)
  })

  const HOSTILE: readonly (readonly [string, string | Uint8Array])[] = [
    ['half of a document', '{"KeyId":'],
    ['two documents', '{}{}'],
    ['a text', '"KeyId"'],
    ['a list', '[{"KeyId":"a"}]'],
    ['null', 'null'],
    ['a number', '1'],
    ['white space alone', ' '],
    ['another language', "{KeyId:'a'}"],
    ['a comment', '{}//'],
    ['a NUL', '\0'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a mark of the byte order', new Uint8Array([0xef, 0xbb, 0xbf, 0x7b, 0x7d])],
    ['UTF-16', Buffer.from('{"KeyId":"a"}', 'utf16le')],
    ['a hundred thousand lists without an end', '['.repeat(100_000)],
  ]

  test.each(HOSTILE)('%s is no input', (_name, body) => {
    expect(decoded('DescribeKey', body)).toEqual({ code: 'SerializationException' })
  })

  test('depth is no danger', () => {
    const depth = 100_000
    const body = `{"KeyId":${'['.repeat(depth)}${']'.repeat(depth)},"EncryptionContext":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`
    expect(decodeInput('Encrypt', body).ok).toBe(true)
  })

  test('whatever comes, there is an input or one error', () => {
    fc.assert(
      fc.property(fc.constantFrom(...NAMES), fc.oneof(fc.json(), fc.string(), fc.uint8Array()), (operation, body) => {
        const input = decodeInput(operation, body)
        expect(input.ok || input.error.code === 'SerializationException').toBe(true)
      }),
      { seed: 4, numRuns: 300 },
    )
  })

  test('base64 is read as it is written', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const text = Buffer.from(bytes).toString('base64')
        expect(bytesOf(text)).toEqual(Buffer.from(bytes))
        expect(bytesOf(text.replaceAll('=', ''))).toEqual(Buffer.from(bytes))
      }),
      { seed: 5, numRuns: 200 },
    )
  })

  test('a text is base64 when it is what its bytes are written as', () => {
    const character = fc.constantFrom(
      'A',
      'B',
      'Q',
      'R',
      'g',
      'w',
      'E',
      'k',
      '0',
      '8',
      '+',
      '/',
      '=',
      '=',
      '-',
      '_',
      ' ',
      '\n',
    )
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 9 }), (text) => {
        const bytes = Buffer.from(text, 'base64')
        const written = bytes.toString('base64')
        const isBase64 = text === written || text === written.replaceAll('=', '')
        expect(bytesOf(text)).toEqual(isBase64 ? bytes : undefined)
      }),
      { seed: 5, numRuns: 3000 },
    )
  })
})

describe('outputs', () => {
  const AT = new Date('2026-01-15T10:00:00.250Z')
  const CASES: readonly (readonly [string, OperationName, object, string])[] = [
    ['a text', 'CancelKeyDeletion', { KeyId: 'a' }, '{"KeyId":"a"}'],
    ['bytes', 'GenerateRandom', { Plaintext: new Uint8Array([0, 1, 255, 254]) }, '{"Plaintext":"AAH//g=="}'],
    [
      'a part of a larger buffer',
      'GenerateRandom',
      { Plaintext: new Uint8Array([9, 0, 1, 9]).subarray(1, 3) },
      '{"Plaintext":"AAE="}',
    ],
    ['no bytes', 'GenerateRandom', { Plaintext: new Uint8Array() }, '{"Plaintext":""}'],
    ['a point in time', 'ScheduleKeyDeletion', { DeletionDate: AT }, '{"DeletionDate":1768471200.25}'],
    [
      'points in time within structures',
      'CreateKey',
      { KeyMetadata: { KeyId: 'a', CreationDate: AT, Description: undefined } },
      '{"KeyMetadata":{"KeyId":"a","CreationDate":1768471200.25}}',
    ],
    [
      'and within lists of them',
      'ListAliases',
      { Aliases: [{ AliasName: 'alias/a', CreationDate: AT }], Truncated: false },
      '{"Aliases":[{"AliasName":"alias/a","CreationDate":1768471200.25}],"Truncated":false}',
    ],
    ['lists of texts', 'ListKeyPolicies', { PolicyNames: ['default'] }, '{"PolicyNames":["default"]}'],
    ['what the output does not have', 'GenerateRandom', { Secret: 'a' }, '{}'],
    ['nothing', 'EnableKey', {}, ''],
    ['a structure without members', 'ConnectCustomKeyStore', {}, '{}'],
  ]
  test.each(CASES)('%s', (_name, operation, output, body) => {
    expect(encodeOutput(operation, output)).toBe(body)
  })

  test('which operations answer with no body, and which with an empty object', () => {
    const bodies = NAMES.filter((name) => Object.keys(API_OPERATIONS[name].output).length === 0).map((name) => [
      name,
      encodeOutput(name, {}),
    ])
    expect(Object.fromEntries(bodies)).toEqual({
      ConnectCustomKeyStore: '{}',
      DeleteCustomKeyStore: '{}',
      DisconnectCustomKeyStore: '{}',
      UpdateCustomKeyStore: '{}',
      CreateAlias: '',
      DeleteAlias: '',
      DisableKey: '',
      DisableKeyRotation: '',
      EnableKey: '',
      EnableKeyRotation: '',
      PutKeyPolicy: '',
      RetireGrant: '',
      RevokeGrant: '',
      TagResource: '',
      UntagResource: '',
      UpdateAlias: '',
      UpdateKeyDescription: '',
      UpdatePrimaryRegion: '',
    })
  })
})

describe('errors', () => {
  const CASES: readonly (readonly [ErrorCode, string | undefined, number, string])[] = [
    ['NotFoundException', 'gone', 400, '{"__type":"NotFoundException","message":"gone"}'],
    ['DisabledException', undefined, 400, '{"__type":"DisabledException"}'],
    ['InvalidCiphertextException', undefined, 400, '{"__type":"InvalidCiphertextException"}'],
    ['KMSInvalidStateException', 'no', 400, '{"__type":"KMSInvalidStateException","message":"no"}'],
    ['AlreadyExistsException', 'no', 400, '{"__type":"AlreadyExistsException","message":"no"}'],
    ['DryRunOperationException', 'no', 400, '{"__type":"DryRunOperationException","message":"no"}'],
    ['ValidationException', 'no', 400, '{"__type":"ValidationException","message":"no"}'],
    ['ThrottlingException', 'no', 400, '{"__type":"ThrottlingException","message":"no"}'],
    ['AccessDeniedException', 'User: a is', 400, '{"__type":"AccessDeniedException","Message":"User: a is"}'],
    ['KMSInternalException', 'no', 500, '{"__type":"KMSInternalException","message":"no"}'],
    ['KeyUnavailableException', 'no', 500, '{"__type":"KeyUnavailableException","message":"no"}'],
    ['DependencyTimeoutException', 'no', 503, '{"__type":"DependencyTimeoutException","message":"no"}'],
    ['ServiceUnavailable', 'no', 503, '{"__type":"ServiceUnavailable","message":"no"}'],
  ]
  test.each(CASES)('%s', (code, message, status, body) => {
    expect(encodeError(message === undefined ? { code } : { code, message })).toEqual({ status, body })
  })

  test('every fault of a client is 400, every other 500 or 503', () => {
    for (const code of Object.keys(ERRORS) as ErrorCode[]) {
      const { status } = encodeError({ code })
      expect(ERRORS[code].fault === 'client' ? status === 400 : [500, 503].includes(status), code).toBe(true)
    }
  })
})

describe('a request and its answer', () => {
  const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

  function ask({ kms }: TestKms, operation: string, input: object | string, caller = ADMIN) {
    const body = typeof input === 'string' ? input : JSON.stringify(input)
    return answerRequest(kms, { target: `TrentService.${operation}`, body }, caller)
  }

  test('is the operation with its request id', async () => {
    const t = await testKms()
    const answer = await ask(t, 'CreateKey', { Description: 'made' })
    expect(answer.status).toBe(200)
    expect(answer.headers).toEqual({
      'content-type': 'application/x-amz-json-1.1',
      'x-amzn-requestid': t.records[0]?.requestID,
    })
    expect(JSON.parse(answer.body)).toMatchObject({ KeyMetadata: { Description: 'made', CreationDate: 1768471200 } })
  })

  test('through encryption and back', async () => {
    const t = await testKms()
    const KeyId = keyId(await t.ok('CreateKey', {}))
    const { body } = await ask(t, 'Encrypt', { KeyId, Plaintext: 'aGVsbG8=' })
    const { CiphertextBlob } = JSON.parse(body) as { CiphertextBlob: string }
    const opened = await ask(t, 'Decrypt', { CiphertextBlob })
    expect(JSON.parse(opened.body)).toMatchObject({ Plaintext: 'aGVsbG8=' })
  })

  test('an operation without an output has no body', async () => {
    const t = await testKms()
    const KeyId = keyId(await t.ok('CreateKey', {}))
    expect(await ask(t, 'DisableKey', { KeyId })).toMatchObject({ status: 200, body: '' })
  })

  test('a denial says no more than AWS says', async () => {
    const t = await testKms()
    const KeyId = keyId(await t.ok('CreateKey', {}))
    const answer = await ask(t, 'DescribeKey', { KeyId }, NOBODY)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toEqual({ __type: 'AccessDeniedException', Message: t.denied[0]?.message })
  })

  const REFUSED: readonly (readonly [string, string | undefined, string, string])[] = [
    ['an operation that there is not', 'TrentService.Open', '{}', 'UnknownOperationException'],
    ['one of another case', 'TrentService.encrypt', '{}', 'UnknownOperationException'],
    ['another service', 'DynamoDB_20120810.ListTables', '{}', 'UnknownOperationException'],
    ['a name that objects have themselves', 'TrentService.constructor', '{}', 'UnknownOperationException'],
    ['more than a name', 'TrentService.ListKeys.ListKeys', '{}', 'UnknownOperationException'],
    ['no name', 'TrentService.', '{}', 'UnknownOperationException'],
    ['no target', undefined, '{}', 'UnknownOperationException'],
    ['a body that cannot be read', 'TrentService.ListKeys', '{', 'SerializationException'],
  ]
  test.each(REFUSED)('%s', async (_name, target, body, code) => {
    const { kms } = await testKms()
    const answer = await answerRequest(kms, { target, body }, ADMIN)
    expect(answer).toMatchObject({ status: 400, body: JSON.stringify({ __type: code }) })
    expect(answer.headers['x-amzn-requestid']).toMatch(UUID)
  })

  const WRONG: readonly (readonly [string, OperationName, string, string])[] = [
    ['bytes that are no base64', 'Encrypt', '{"KeyId":"a","Plaintext":"***"}', 'SerializationException'],
    ['bytes as a list of numbers', 'Encrypt', '{"KeyId":"a","Plaintext":[1,2]}', 'SerializationException'],
    ['a number for a text', 'DescribeKey', '{"KeyId":1}', 'SerializationException'],
    ['a text for a number', 'ListKeys', '{"Limit":"1"}', 'SerializationException'],
    ['a number beyond all', 'ListKeys', '{"Limit":1e400}', 'SerializationException'],
    ['a point in time beyond all', 'ImportKeyMaterial', IMPORT('1e400'), 'SerializationException'],
    ['a text for a point in time', 'ImportKeyMaterial', IMPORT('"tomorrow"'), 'SerializationException'],
    [
      'a list for a map',
      'Encrypt',
      '{"KeyId":"a","Plaintext":"AA==","EncryptionContext":[]}',
      'SerializationException',
    ],
    ['a structure for a list', 'TagResource', '{"KeyId":"a","Tags":{"TagKey":"a"}}', 'SerializationException'],
    ['what has to be there', 'DescribeKey', '{}', 'ValidationException'],
    ['too much of it', 'ListKeys', '{"Limit":1001}', 'ValidationException'],
  ]
  test.each(WRONG)('%s', async (_name, operation, body, code) => {
    const t = await testKms()
    const answer = await ask(t, operation, body)
    expect(answer.status).toBe(400)
    expect(JSON.parse(answer.body)).toMatchObject({ __type: code })
  })
})

function IMPORT(validTo: string): string {
  return `{"KeyId":"a","ImportToken":"AA==","EncryptedKeyMaterial":"AA==","ValidTo":${validTo}}`
}
