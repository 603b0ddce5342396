/**
 * The canonical form against the cases that AWS has published with their signatures: the Signature Version 4 test suite
 * (`aws-sig-v4-test-suite`) and the example of the IAM User Guide, "Create a signed AWS API request".
 *
 * Their scopes are of other services, which are refused here; so a case is read in the scope of KMS, and its signature made
 * of the canonical request that this gives, in the scope of the case.
 */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { readSignature } from '../../../src/server/auth/sigv4.js'
import { bytesAsText } from './auth-fixture.js'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const AT = '20150830T123600Z'
const AT_MS = Date.UTC(2015, 7, 30, 12, 36, 0)
const HOST: Header = ['Host', 'example.amazonaws.com']
const DATE: Header = ['X-Amz-Date', AT]
const UNRESERVED = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const TOKEN =
  'AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthA' +
  'x7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9' +
  'q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=='

type Header = readonly [name: string, value: string]

interface Case {
  readonly name: string
  readonly method?: string
  readonly target?: string
  /** Besides host and date, which come first and last. */
  readonly headers?: readonly Header[]
  readonly signed?: string
  readonly body?: string
  readonly service?: string
  readonly signature: string
}

const CASES: readonly Case[] = [
  { name: 'get-vanilla', signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31' },
  {
    name: 'get-vanilla-empty-query-key',
    target: '/?Param1=value1',
    signature: 'a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb',
  },
  {
    name: 'get-vanilla-query-order-key-case',
    target: '/?Param2=value2&Param1=value1',
    signature: 'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  },
  {
    name: 'get-vanilla-query-order-key',
    target: '/?Param1=value2&Param1=Value1',
    signature: 'eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1',
  },
  {
    name: 'get-vanilla-query-order-value',
    target: '/?Param1=value2&Param1=value1',
    signature: '5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694',
  },
  {
    name: 'get-vanilla-query-order-encoded',
    target: '/?Param-3=Value3&Param=Value2&%E1%88%B4=Value1',
    signature: '371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac',
  },
  {
    name: 'get-vanilla-query-unreserved',
    target: `/?${UNRESERVED}=${UNRESERVED}`,
    signature: '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  },
  {
    name: 'get-vanilla-utf8-query',
    target: bytesAsText('/?\u1234=bar'),
    signature: '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  },
  {
    name: 'get-unreserved',
    target: `/${UNRESERVED}`,
    signature: '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
  },
  {
    name: 'get-utf8',
    target: bytesAsText('/\u1234'),
    signature: '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
  },
  {
    name: 'get-header-key-duplicate',
    headers: [
      ['My-Header1', 'value2'],
      ['My-Header1', 'value2'],
      ['My-Header1', 'value1'],
    ],
    signed: 'host;my-header1;x-amz-date',
    signature: 'c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea',
  },
  {
    name: 'get-header-value-multiline',
    headers: [['My-Header1', 'value1\n  value2\n     value3']],
    signed: 'host;my-header1;x-amz-date',
    signature: 'cfd34249e4b1c8d6b91ef74165d41a32e5fab3306300901bb65a51a73575eefd',
  },
  {
    name: 'get-header-value-order',
    headers: [
      ['My-Header1', 'value4'],
      ['My-Header1', 'value1'],
      ['My-Header1', 'value3'],
      ['My-Header1', 'value2'],
    ],
    signed: 'host;my-header1;x-amz-date',
    signature: '08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01',
  },
  {
    name: 'get-header-value-trim',
    headers: [
      ['My-Header1', ' value1'],
      ['My-Header2', ' "a   b   c"'],
    ],
    signed: 'host;my-header1;my-header2;x-amz-date',
    signature: 'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  },
  {
    name: 'post-vanilla',
    method: 'POST',
    signature: '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  },
  {
    name: 'post-vanilla-query',
    method: 'POST',
    target: '/?Param1=value1',
    signature: '28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11',
  },
  {
    name: 'post-header-key-sort',
    method: 'POST',
    headers: [['My-Header1', 'value1']],
    signed: 'host;my-header1;x-amz-date',
    signature: 'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
  },
  {
    name: 'post-header-value-case',
    method: 'POST',
    headers: [['My-Header1', 'VALUE1']],
    signed: 'host;my-header1;x-amz-date',
    signature: 'cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d',
  },
  {
    name: 'post-x-www-form-urlencoded',
    method: 'POST',
    headers: [['Content-Type', 'application/x-www-form-urlencoded']],
    signed: 'content-type;host;x-amz-date',
    body: 'Param1=value1',
    signature: 'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  },
  {
    name: 'post-x-www-form-urlencoded-parameters',
    method: 'POST',
    headers: [['Content-Type', 'application/x-www-form-urlencoded; charset=utf8']],
    signed: 'content-type;host;x-amz-date',
    body: 'Param1=value1',
    signature: '1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe',
  },
  {
    name: 'post-sts-header-before',
    method: 'POST',
    headers: [['X-Amz-Security-Token', TOKEN]],
    signed: 'host;x-amz-date;x-amz-security-token',
    signature: '85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead',
  },
  {
    name: 'normalize-path/get-relative',
    target: '/example/..',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'normalize-path/get-relative-relative',
    target: '/example1/example2/../..',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'normalize-path/get-slash',
    target: '//',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'normalize-path/get-slash-dot-slash',
    target: '/./',
    signature: '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
  },
  {
    name: 'normalize-path/get-slash-pointless-dot',
    target: '/./example',
    signature: 'ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5',
  },
  {
    name: 'normalize-path/get-slashes',
    target: '//example//',
    signature: '9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84',
  },
  {
    name: 'normalize-path/get-space',
    target: '/example space/',
    signature: '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
  },
  {
    name: 'get-special-character',
    target: '/example/$delete',
    signature: 'a853c9b21b528b19643d00910d35b83a10c366a10833ceefb45edd6c80e40f27',
  },
  {
    name: 'IAM User Guide: ListUsers',
    target: '/?Version=2010-05-08&Action=ListUsers',
    headers: [
      ['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8'],
      ['Host', 'iam.amazonaws.com'],
    ],
    signed: 'content-type;host;x-amz-date',
    service: 'iam',
    signature: '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
  },
]

describe('published cases', () => {
  test.each(CASES)('$name', (one) => {
    const { method = 'GET', target = '/', headers = [], signed = 'host;x-amz-date', body = '' } = one
    const authorization =
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request, ' +
      `SignedHeaders=${signed}, Signature=${'0'.repeat(64)}`
    const hosts = headers.some(([name]) => name === 'Host') ? [] : [HOST]
    const read = readSignature(
      {
        method,
        target,
        headers: [...hosts, ...headers, DATE, ['Authorization', authorization]],
        body: Buffer.from(body),
      },
      AT_MS,
      300_000,
    )
    if (!read.ok) throw new Error(read.error.message)
    const lines = read.value.stringToSign.split('\n')
    expect(lines.slice(0, 3)).toEqual(['AWS4-HMAC-SHA256', AT, '20150830/us-east-1/kms/aws4_request'])
    expect(signature(one.service ?? 'service', lines[3] ?? '')).toBe(one.signature)
  })

  // The case has two parameters, `@#$%^` and `+`, the second of which is a blank (AWS's test suite of 2011).
  test('a `+` in a query is a blank, a `%` without digits is itself', () => {
    expect(hashOf('/?@#$%^&+=/,?><`";:\\|')).toBe(hashOf('/?%20=%2F%2C%3F%3E%3C%60%22%3B%3A%5C%7C&%40%23%24%25%5E='))
  })

  test('bytes that are no UTF-8 are encoded as they are', () => {
    expect(hashOf('/?a=%ff%FE')).toBe(hashOf('/?a=\u00ff\u00fe'))
    expect(hashOf('/?a=%ff')).not.toBe(hashOf('/?a=%fe'))
  })
})

function hashOf(target: string): string {
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kms/aws4_request, ' +
    `SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}`
  const headers = [HOST, DATE, ['Authorization', authorization]] as const
  const read = readSignature({ method: 'POST', target, headers, body: Buffer.alloc(0) }, AT_MS, 300_000)
  if (!read.ok) throw new Error(read.error.message)
  return read.value.stringToSign.split('\n')[3] ?? ''
}

function signature(service: string, canonicalHash: string): string {
  const key = ['20150830', 'us-east-1', service, 'aws4_request'].reduce<Buffer | string>(
    (before, part) => createHmac('sha256', before).update(part).digest(),
    `AWS4${SECRET}`,
  )
  const text = `AWS4-HMAC-SHA256\n${AT}\n20150830/us-east-1/${service}/aws4_request\n${canonicalHash}`
  return createHmac('sha256', key).update(text).digest('hex')
}
