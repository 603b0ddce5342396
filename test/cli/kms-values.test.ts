/** Members of an input from flags and JSON, as the AWS CLI takes them. AWS CLI User Guide, "Specify parameter values". */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { API_OPERATIONS, type MemberInfo, type OperationName } from '../../src/aws/operations.js'
import { kebab, OPERATION_NAMES, operationNamed } from '../../src/cli/kms-names.js'
import { printFailure, printOutput } from '../../src/cli/kms-output.js'
import { parseShorthand } from '../../src/cli/kms-shorthand.js'
import { inputOfJson, valueOfFlag } from '../../src/cli/kms-values.js'

function shorthand(text: string): unknown {
  const parsed = parseShorthand(text)
  return parsed.ok ? parsed.value : parsed.error
}

describe('shorthand', () => {
  const CASES: readonly (readonly [string, unknown])[] = [
    ['a=b', { a: 'b' }],
    ['a=b,c=d', { a: 'b', c: 'd' }],
    ['a=', { a: '' }],
    ['a=,b=c', { a: '', b: 'c' }],
    ['a=b=c', { a: 'b=c' }],
    ['a=QUJD==', { a: 'QUJD==' }],
    ['a=b,c', { a: ['b', 'c'] }],
    ['a=b,c,d=e', { a: ['b', 'c'], d: 'e' }],
    ['a=[b,c]', { a: ['b', 'c'] }],
    ['a=[]', { a: [] }],
    ['a=[b,[c,d]],e=f', { a: ['b', ['c', 'd']], e: 'f' }],
    ['a={b=c,d=e}', { a: { b: 'c', d: 'e' } }],
    ['a={b={c=d}},e=f', { a: { b: { c: 'd' } }, e: 'f' }],
    ['a=[{b=c},{b=d}]', { a: [{ b: 'c' }, { b: 'd' }] }],
    [`a="b,c"`, { a: 'b,c' }],
    [`a='b,c',d=e`, { a: 'b,c', d: 'e' }],
    [`a="b\\"c\\\\d"`, { a: 'b"c\\d' }],
    [`a="b",c`, { a: ['b', 'c'] }],
    ['aws:kms/x=arn:aws:s3:::y', { 'aws:kms/x': 'arn:aws:s3:::y' }],
    ['鍵=🔑', { 鍵: '🔑' }],
    ['a', 'is not of the form `name=value,name=value`'],
    ['', 'is not of the form `name=value,name=value`'],
    ['=a', 'is not of the form `name=value,name=value`'],
    ['a=b,', { a: ['b', ''] }],
    ['a=b,a=c', 'has `a` twice'],
    ['a={b=c', 'has no `}` at its end'],
    ['a=[b', 'has no `]` at the end of a list'],
    ['a="b', 'has a " without its end'],
    ['a={b=c}d', 'has `d` where a comma should be'],
    [`a=${'{a='.repeat(9)}b${'}'.repeat(9)}`, 'is too deep'],
    [`a=${'['.repeat(9)}${']'.repeat(9)}`, 'is too deep'],
  ]
  test.each(CASES)('%s', (text, expected) => {
    expect(shorthand(text)).toEqual(expected)
  })

  test('a name that objects have themselves is a name', () => {
    const parsed = parseShorthand('__proto__=a,constructor=b')
    expect(parsed.ok && Object.entries(parsed.value)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ])
  })

  test('whatever is written, there is a value or one sentence', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '=', ',', '{', '}', '[', ']', '"', "'", '\\') }), (text) => {
        const parsed = parseShorthand(text)
        expect(parsed.ok || parsed.error.length > 0).toBe(true)
      }),
      { seed: 11, numRuns: 1000 },
    )
  })

  test('a long text ends in a value or in one sentence', () => {
    expect(parseShorthand(`a=${'b,'.repeat(100_000)}b`).ok).toBe(true)
    expect(parseShorthand('a={'.repeat(100_000)).ok).toBe(false)
  })
})

function info(operation: OperationName, member: string): MemberInfo {
  const found = API_OPERATIONS[operation].input[member]
  if (found === undefined) throw new Error(`${operation} has no ${member}`)
  return found
}

describe('flags', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'keyward-values-'))
    writeFileSync(join(folder, 'bytes'), new Uint8Array([0, 255]))
    writeFileSync(join(folder, 'base64'), 'AP8=\n')
    writeFileSync(join(folder, 'policy'), '{"Statement":[]}')
    writeFileSync(join(folder, 'tags'), '[{"TagKey":"a","TagValue":"b"}]')
    writeFileSync(join(folder, 'context'), '{"tenant":"blue, green"}')
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function flag(operation: OperationName, member: string, ...words: string[]): unknown {
    const written = words.map((word) => word.replace('FOLDER', folder))
    const value = valueOfFlag(info(operation, member), '--flag', written)
    return value.ok ? value.value : value.error.replace(folder, 'FOLDER')
  }

  const CASES: readonly (readonly [string, OperationName, string, readonly string[], unknown])[] = [
    ['a text', 'DescribeKey', 'KeyId', ['alias/a'], 'alias/a'],
    ['the text of a file', 'PutKeyPolicy', 'Policy', ['file://FOLDER/policy'], '{"Statement":[]}'],
    ['bytes in base64', 'Encrypt', 'Plaintext', ['AP8='], Buffer.from([0, 255])],
    ['bytes of a file', 'Encrypt', 'Plaintext', ['fileb://FOLDER/bytes'], Buffer.from([0, 255])],
    ['base64 in a file', 'Encrypt', 'Plaintext', ['file://FOLDER/base64'], Buffer.from([0, 255])],
    ['no base64', 'Encrypt', 'Plaintext', ['-_-_'], '`--flag`: expected base64, or `fileb://path` for a file as it is'],
    ['no file', 'Encrypt', 'Plaintext', ['fileb://FOLDER/none'], 'cannot read `FOLDER/none`: there is no such file'],
    ['a number', 'ListKeys', 'Limit', ['10'], 10],
    ['no number', 'ListKeys', 'Limit', ['1e3'], '`--flag`: expected a whole number'],
    ['a day', 'ImportKeyMaterial', 'ValidTo', ['2026-03-15'], new Date('2026-03-15T00:00:00Z')],
    ['a moment', 'ImportKeyMaterial', 'ValidTo', ['2026-03-15T12:00:00+02:00'], new Date('2026-03-15T10:00:00Z')],
    ['epoch seconds', 'ImportKeyMaterial', 'ValidTo', ['1773576000.5'], new Date(1_773_576_000_500)],
    [
      'no moment',
      'ImportKeyMaterial',
      'ValidTo',
      ['2026-02-30T99:00Z'],
      '`--flag`: expected a point in time such as 2026-03-15T12:00:00Z',
    ],
    ['several words', 'CreateGrant', 'Operations', ['Encrypt', 'Decrypt'], ['Encrypt', 'Decrypt']],
    ['a list in JSON', 'CreateGrant', 'Operations', ['["Encrypt","Decrypt"]'], ['Encrypt', 'Decrypt']],
    ['a list of no texts', 'CreateGrant', 'Operations', ['[1]'], '`--flag`: expected a text'],
    [
      'structures in shorthand',
      'TagResource',
      'Tags',
      ['TagKey=a,TagValue=b', 'TagKey=c,TagValue='],
      [
        { TagKey: 'a', TagValue: 'b' },
        { TagKey: 'c', TagValue: '' },
      ],
    ],
    ['structures in JSON', 'TagResource', 'Tags', ['[{"TagKey":"a"}]'], [{ TagKey: 'a' }]],
    ['each of them in JSON', 'TagResource', 'Tags', ['{"TagKey":"a"}', 'TagKey=b'], [{ TagKey: 'a' }, { TagKey: 'b' }]],
    ['structures in a file', 'TagResource', 'Tags', ['file://FOLDER/tags'], [{ TagKey: 'a', TagValue: 'b' }]],
    ['a map', 'Encrypt', 'EncryptionContext', ['a=b,c=d'], { a: 'b', c: 'd' }],
    ['a map in several words', 'Encrypt', 'EncryptionContext', ['a=b', 'c=d'], { a: 'b', c: 'd' }],
    ['a map in JSON', 'Encrypt', 'EncryptionContext', ['{"a":"b,c"}'], { a: 'b,c' }],
    ['a map in a file', 'Encrypt', 'EncryptionContext', ['file://FOLDER/context'], { tenant: 'blue, green' }],
    ['a map with commas', 'Encrypt', 'EncryptionContext', ["a='b,c'"], { a: 'b,c' }],
    [
      'a map to lists',
      'Encrypt',
      'EncryptionContext',
      ['a=b,c'],
      '`--flag`: expected names and texts: `name=value,name=value`',
    ],
    [
      'a structure',
      'CreateGrant',
      'Constraints',
      ['EncryptionContextSubset={a=b,c=d}'],
      { EncryptionContextSubset: { a: 'b', c: 'd' } },
    ],
    [
      'bytes within a structure',
      'Decrypt',
      'Recipient',
      ['KeyEncryptionAlgorithm=RSAES_OAEP_SHA_256,AttestationDocument=AP8='],
      { KeyEncryptionAlgorithm: 'RSAES_OAEP_SHA_256', AttestationDocument: Buffer.from([0, 255]) },
    ],
    [
      'an unknown member',
      'CreateGrant',
      'Constraints',
      ['EncryptionContextSubsets={a=b}'],
      '`--flag` has no member `EncryptionContextSubsets`; did you mean `EncryptionContextSubset`?',
    ],
    [
      'bytes for a text',
      'DescribeKey',
      'KeyId',
      ['fileb://x'],
      '`fileb://x`: only bytes come from `fileb://`; use `file://`',
    ],
  ]
  test.each(CASES)('%s', (_name, operation, member, words, expected) => {
    expect(flag(operation, member, ...words)).toEqual(expected)
  })
})

describe('JSON', () => {
  function json(operation: OperationName, text: string): unknown {
    const input = inputOfJson(operation, text, '--input')
    return input.ok ? input.value : input.error
  }

  const CASES: readonly (readonly [string, OperationName, string, unknown])[] = [
    ['nothing', 'ListKeys', '{}', {}],
    [
      'bytes and maps',
      'Encrypt',
      '{"KeyId":"a","Plaintext":"AP8=","EncryptionContext":{"a":"b"}}',
      { KeyId: 'a', Plaintext: Buffer.from([0, 255]), EncryptionContext: { a: 'b' } },
    ],
    ['null', 'ListKeys', '{"Limit":null}', {}],
    ['an epoch', 'ImportKeyMaterial', '{"ValidTo":1773576000}', { ValidTo: new Date(1_773_576_000_000) }],
    ['an unknown member', 'ListKeys', '{"Limt":1}', '`--input` has no member `Limt`; did you mean `Limit`?'],
    [
      'one of a structure',
      'TagResource',
      '{"Tags":[{"a":1}]}',
      '`--input.Tags` has no member `a`; it has TagKey, TagValue',
    ],
    ['a wrong type', 'ListKeys', '{"Limit":"many"}', '`--input.Limit`: expected a whole number'],
    ['a list', 'ListKeys', '[]', '`--input`: expected an object'],
    ['half of it', 'ListKeys', '{"Limit":', expect.stringMatching(/^`--input` is not JSON, at character \d+: /)],
  ]
  test.each(CASES)('%s', (_name, operation, text, expected) => {
    expect(json(operation, text)).toEqual(expected)
  })
})

describe('names', () => {
  test('of operations and members are those of the AWS CLI', () => {
    expect(
      ['KeyId', 'ReEncrypt', 'CloudHsmClusterId', 'XksProxyUriEndpoint', 'GenerateDataKeyPair'].map(kebab),
    ).toEqual(['key-id', 're-encrypt', 'cloud-hsm-cluster-id', 'xks-proxy-uri-endpoint', 'generate-data-key-pair'])
  })

  test('each operation is found either way, and nothing else', () => {
    for (const name of OPERATION_NAMES)
      expect([operationNamed(name), operationNamed(kebab(name))]).toEqual([name, name])
    expect(['encryptx', 'constructor', '', 'Generate-Data-Key'].map(operationNamed)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})

describe('output', () => {
  test('is as the AWS CLI prints it', () => {
    const output = {
      Truncated: false,
      Aliases: [
        { CreationDate: new Date('2026-01-15T10:00:00.250Z'), AliasName: 'alias/a' },
        { CreationDate: new Date('2026-01-15T10:00:00Z'), AliasName: 'alias/鍵' },
      ],
    }
    expect(printOutput('ListAliases', output)).toBe(`{
    "Aliases": [
        {
            "AliasName": "alias/a",
            "CreationDate": "2026-01-15T10:00:00.250000+00:00"
        },
        {
            "AliasName": "alias/鍵",
            "CreationDate": "2026-01-15T10:00:00+00:00"
        }
    ],
    "Truncated": false
}
`)
  })

  test('is nothing where there is nothing', () => {
    expect(printOutput('EnableKey', {})).toBe('')
    expect(printOutput('ConnectCustomKeyStore', {})).toBe('')
  })

  test('cannot move the cursor, hide anything or turn a line around', () => {
    const text = printOutput('CreateKey', { KeyMetadata: { Description: 'a\u001b[31m\u009b1m\u202eb\u200bc\n' } })
    expect(text).toContain(String.raw`"a\u001b[31m\u009b1m\u202eb\u200bc\n"`)
    expect(JSON.parse(text)).toEqual({ KeyMetadata: { Description: 'a\u001b[31m\u009b1m\u202eb\u200bc\n' } })
  })

  test('errors are worded as the AWS CLI words them', () => {
    const told = printFailure('Encrypt', { code: 'DisabledException', message: 'a\u001b is disabled.' })
    expect(told).toMatch(
      /^An error occurred \(DisabledException\) when calling the Encrypt operation: a.+ is disabled\.\n$/,
    )
    expect(told).not.toContain('\u001b')
    expect(printFailure('Decrypt', { code: 'InvalidCiphertextException' })).toBe(
      'An error occurred (InvalidCiphertextException) when calling the Decrypt operation\n',
    )
  })
})
