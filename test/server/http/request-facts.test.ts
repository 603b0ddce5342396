/** What a request tells of its network, and who is believed. */
import { describe, expect, test } from 'vitest'
import { Callers } from '../../../src/server/http/callers.js'
import {
  FactReader,
  parseRanges,
  type Headers,
  type Peer,
  type VpcEndpoint,
} from '../../../src/server/http/request-facts.js'

const PROXIES = ['10.0.0.0/8', '2001:db8::/32']
const ENDPOINT: VpcEndpoint = { id: 'vpce-1a2b', accountId: '111122223333', vpcId: 'vpc-1' }
const TLS = { version: 'TLSv1.3', cipherSuite: 'TLS_AES_128_GCM_SHA256' }

function reader(proxies: readonly string[] = PROXIES): FactReader {
  const ranges = parseRanges(proxies)
  if (!ranges.ok) throw new Error(ranges.error)
  return new FactReader(ranges.value, (id) => (id === ENDPOINT.id ? ENDPOINT : undefined))
}

function facts(peer: Partial<Peer>, headers: Headers, of = reader()): unknown {
  const connection = of.connection({ address: '203.0.113.5', tls: undefined, vpcEndpointId: undefined, ...peer })
  const result = connection.of(headers)
  if (!result.ok) return result.error
  return result.value.network
}

const FORGED = {
  'x-forwarded-for': '198.51.100.1',
  'x-forwarded-proto': 'https',
  'x-amzn-tls-version': 'TLSv1.3',
  'x-amzn-tls-cipher-suite': 'TLS_AES_128_GCM_SHA256',
  'x-keyward-vpc-endpoint-id': 'vpce-1a2b',
  forwarded: 'for=198.51.100.1;proto=https',
  'x-real-ip': '198.51.100.1',
  via: '1.1 proxy',
  'x-amz-source-vpce': 'vpce-1a2b',
}

describe('a client that is no trusted proxy changes nothing by its headers', () => {
  test.each([
    ['from anywhere', '203.0.113.5', '203.0.113.5'],
    ['as a mapped address', '::ffff:203.0.113.5', '203.0.113.5'],
    ['over IPv6', '2001:DB9::1', '2001:db9::1'],
    ['link-local', 'fe80::1%eth0', 'fe80::1'],
    ['from this machine', '127.0.0.1', '127.0.0.1'],
  ])('%s', (_name, address, sourceIp) => {
    expect(facts({ address }, FORGED)).toEqual({ sourceIp, secureTransport: false })
  })

  test('over TLS', () => {
    expect(facts({ tls: TLS }, { ...FORGED, host: 'kms.test', 'x-forwarded-proto': 'http' })).toEqual({
      sourceIp: '203.0.113.5',
      secureTransport: true,
      tls: { ...TLS, host: 'kms.test' },
    })
  })

  test('behind the listener of a VPC endpoint', () => {
    expect(
      facts({ vpcEndpointId: 'vpce-1a2b' }, { ...FORGED, 'x-keyward-vpc-endpoint-id': 'vpce-other' }),
    ).toMatchObject({ vpcEndpointId: 'vpce-1a2b', vpcEndpointAccountId: '111122223333', vpcId: 'vpc-1' })
  })

  test('where nobody is trusted', () => {
    expect(facts({ address: '10.0.0.1' }, FORGED, reader([]))).toEqual({ sourceIp: '10.0.0.1', secureTransport: false })
  })
})

// RFC 7239, section 7.4: what a client writes stands to the left of what a proxy writes.
describe('the source address behind a trusted proxy', () => {
  test.each([
    ['one hop', '198.51.100.7', '198.51.100.7'],
    ['a client that writes one of its own', '1.1.1.1, 198.51.100.7', '198.51.100.7'],
    ['a client that names a trusted one', '10.0.0.9, 198.51.100.7', '198.51.100.7'],
    ['two trusted hops', '198.51.100.7, 10.0.0.2, 10.0.0.3', '198.51.100.7'],
    ['a forged one before two trusted hops', '6.6.6.6, 198.51.100.7,10.0.0.2', '198.51.100.7'],
    ['trusted ones alone', '10.0.0.7, 10.0.0.8', '10.0.0.7'],
    ['a port', '198.51.100.7:4711', '198.51.100.7'],
    ['IPv6', '2001:DB9::7', '2001:db9::7'],
    ['IPv6 with a port', '[2001:db9::7]:4711', '2001:db9::7'],
    ['IPv6 in brackets', '[2001:db9::7]', '2001:db9::7'],
    ['a mapped one', '::ffff:198.51.100.7', '198.51.100.7'],
    ['a mapped one that is trusted', '198.51.100.7, ::ffff:10.0.0.2', '198.51.100.7'],
    ['nonsense that no proxy has written', 'nonsense, 198.51.100.7', '198.51.100.7'],
  ])('%s', (_name, list, sourceIp) => {
    expect(facts({ address: '10.0.0.1' }, { 'x-forwarded-for': list })).toMatchObject({ sourceIp })
  })

  test('no list: the proxy itself', () => {
    expect(facts({ address: '10.0.0.1' }, {})).toEqual({ sourceIp: '10.0.0.1', secureTransport: false })
  })

  test.each([
    ['nothing', ''],
    ['a name', 'unknown'],
    ['an obfuscated one', '198.51.100.7, _hidden'],
    ['an empty one at the end', '198.51.100.7, '],
    ['octal parts', '198.051.100.7'],
    ['a zone', 'fe80::1%eth0'],
    ['a port that is none', '198.51.100.7:http'],
    ['more hops than there are', Array(60).fill('10.0.0.2').join(',')],
  ])('refused: %s', (_name, list) => {
    expect(facts({ address: '10.0.0.1' }, { 'x-forwarded-for': list })).toMatch(
      /^the header x-forwarded-for of a trusted proxy cannot be read: /,
    )
  })
})

describe('encryption behind a trusted proxy', () => {
  test.each([
    ['https', undefined, true],
    ['HTTPS', undefined, true],
    ['http', TLS, false],
    ['https, http', undefined, false],
    ['http,https', undefined, false],
    ['https,https', undefined, true],
    [undefined, TLS, true],
    [undefined, undefined, false],
  ])('%s, itself with %o: %s', (scheme, tls, secureTransport) => {
    expect(facts({ address: '10.0.0.1', tls }, { 'x-forwarded-proto': scheme })).toMatchObject({ secureTransport })
  })

  test('what the proxy tells of it', () => {
    const told = { 'x-amzn-tls-version': 'TLSv1.2', 'x-amzn-tls-cipher-suite': 'ECDHE-RSA-AES128-GCM-SHA256' }
    const tls = { version: 'TLSv1.2', cipherSuite: 'ECDHE-RSA-AES128-GCM-SHA256', host: 'kms' }
    const headers = { host: 'kms', ...told }
    expect(facts({ address: '10.0.0.1' }, { ...headers, 'x-forwarded-proto': 'https' })).toMatchObject({ tls })
    expect(facts({ address: '10.0.0.1' }, { ...headers, 'x-forwarded-proto': 'http' })).not.toHaveProperty('tls')
    expect(facts({ address: '10.0.0.1', tls: TLS }, headers)).toMatchObject({ tls: { ...TLS, host: 'kms' } })
  })

  test('refused: a scheme that is none', () => {
    expect(facts({ address: '10.0.0.1' }, { 'x-forwarded-proto': 'wss' })).toMatch(/x-forwarded-proto/)
  })
})

describe('a VPC endpoint behind a trusted proxy', () => {
  const header = 'x-keyward-vpc-endpoint-id'

  test('its attributes follow', () => {
    expect(facts({ address: '10.0.0.1' }, { [header]: 'vpce-1a2b' })).toMatchObject({
      vpcEndpointId: 'vpce-1a2b',
      vpcEndpointAccountId: '111122223333',
      vpcId: 'vpc-1',
    })
  })

  test('one that nobody knows has none', () => {
    expect(facts({ address: '10.0.0.1' }, { [header]: 'vpce-9' })).toEqual({
      sourceIp: '10.0.0.1',
      secureTransport: false,
      vpcEndpointId: 'vpce-9',
    })
  })

  test.each([['vpce-1, vpce-2'], ['vpc-1'], ['vpce-A'], ['']])('refused: %j', (id) => {
    expect(facts({ address: '10.0.0.1' }, { [header]: id })).toMatch(/x-keyward-vpc-endpoint-id/)
  })
})

describe('one connection', () => {
  test('keeps its facts while nothing changes, and makes others when something does', () => {
    let endpoint: VpcEndpoint = { id: 'vpce-1', vpcId: 'vpc-1' }
    const of = new FactReader([], () => endpoint)
    const connection = of.connection({ address: '203.0.113.5', tls: TLS, vpcEndpointId: 'vpce-1' })
    const ask = (agent: string, host = 'kms'): unknown => {
      const result = connection.of({ 'user-agent': agent, host })
      return result.ok ? result.value.network : result.error
    }
    const first = ask('boto')
    expect(ask('boto')).toBe(first)
    expect(ask('curl')).toMatchObject({ userAgent: 'curl' })
    expect(ask('boto', 'other')).toMatchObject({ tls: { host: 'other' } })
    expect(ask('boto')).toEqual(first)
    endpoint = { id: 'vpce-1', vpcId: 'vpc-2' }
    expect(ask('boto')).toMatchObject({ vpcId: 'vpc-1' })
    of.changed()
    expect(ask('boto')).toMatchObject({ vpcId: 'vpc-2' })
  })

  test('cuts what is too long for a record', () => {
    expect(facts({}, { 'user-agent': 'a'.repeat(5000) })).toMatchObject({ userAgent: 'a'.repeat(1024) })
  })
})

describe('callers', () => {
  const signed = { principal: 'arn:aws:iam::111122223333:user/Ann', region: 'eu-west-1', accessKeyId: 'AKIA' }
  const place = { network: { sourceIp: '203.0.113.5', secureTransport: false }, key: '1' }

  test('are one object for one place', () => {
    const callers = new Callers()
    const caller = callers.of(signed, place)
    expect(caller).toEqual({ ...signed, sourceIp: '203.0.113.5', secureTransport: false })
    expect(callers.of(signed, { ...place })).toBe(caller)
    expect(callers.of({ ...signed }, place)).not.toBe(caller)
    expect(callers.of(signed, { network: { sourceIp: '203.0.113.6' }, key: '2' })).toMatchObject({
      sourceIp: '203.0.113.6',
    })
  })

  test('have no network but that of the request', () => {
    const forged = {
      ...signed,
      sourceIp: '1.1.1.1',
      vpcEndpointId: 'vpce-1',
      vpcId: 'vpc-1',
      via: 's3',
      userAgent: 'x',
    }
    expect(new Callers().of({ ...forged, tls: { ...TLS } }, { network: { secureTransport: false }, key: '' })).toEqual({
      ...signed,
      secureTransport: false,
    })
  })

  // KMS Developer Guide, "kms:ViaService".
  test.each([
    ['a user', signed, 's3', 's3.eu-west-1.amazonaws.com'],
    ['a whole name', signed, 's3.us-east-1.amazonaws.com', 's3.us-east-1.amazonaws.com'],
    [
      'a session of a role',
      { ...signed, principal: 'arn:aws:sts::1:assumed-role/R/s', roleArn: signed.principal },
      'ebs',
      'ebs.eu-west-1.amazonaws.com',
    ],
  ])('that are services: %s', (_name, who, via, expected) => {
    const callers = new Callers([{ principal: signed.principal, via }])
    expect(callers.of(who, place)).toMatchObject({ via: expected })
    expect(callers.of({ ...signed, principal: 'arn:aws:iam::111122223333:user/Bob' }, place)).not.toHaveProperty('via')
  })
})

test.each(['10.0.0.0/33', 'localhost', '10.0.0', ''])('%j is no range', (text) => {
  expect(parseRanges([text])).toEqual({
    ok: false,
    error: `\`${text}\` is no address or range such as 10.0.0.0/8`,
  })
})
