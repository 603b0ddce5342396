/** How a command reaches the proxies of external key stores: with authorities and a port of one's own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { readXksTransport, type ClusterOptions } from '../../src/cli/kms-clusters.js'
import { XksProxy } from '../../src/kms/xks/proxy.js'
import { ConformingProxy, CREDENTIAL } from '../kms/xks/conforming-proxy.js'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keyward-xks-'))
  for (const name of ['KEYWARD_XKS_CA_FILE', 'KEYWARD_XKS_PORT']) vi.stubEnv(name, undefined)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

test('a proxy of a private authority, on a port of its own, is trusted where that is named', async () => {
  const proxy = await ConformingProxy.start()
  onTestFinished(() => proxy.stop())
  const healthWith = async (options: ClusterOptions): Promise<string> => {
    const transport = readXksTransport(options)
    onTestFinished(() => transport.agent?.destroy())
    const client = new XksProxy(
      { endpoint: 'https://localhost', path: '/kms/xks/v1', region: 'eu-west-1', credential: CREDENTIAL },
      Date.now,
      { ...transport, timeoutMs: 30_000 },
    )
    const answer = await client.health({ kmsRequestId: 'a', kmsOperation: 'KmsHealthCheck' })
    return answer.ok ? 'ok' : answer.error.kind
  }
  const xksCaFile = write('ca.pem', `what others wrote\n${proxy.ca}`)
  const xksPort = String(proxy.port)
  expect(await healthWith({ xksCaFile, xksPort })).toBe('ok')
  expect(await healthWith({ xksPort })).toBe('tls')
  vi.stubEnv('KEYWARD_XKS_CA_FILE', xksCaFile)
  vi.stubEnv('KEYWARD_XKS_PORT', xksPort)
  expect(await healthWith({})).toBe('ok')
})

test('what is no port and no certificate is told', () => {
  expect(readXksTransport({})).toEqual({})
  for (const xksPort of ['0', '65536', 'https', '-1']) {
    expect(() => readXksTransport({ xksPort })).toThrow(`\`${xksPort}\` is no port of a proxy; expected 1 to 65535`)
  }
  const begin = '-----BEGIN CERTIFICATE-----'
  const end = '-----END CERTIFICATE-----'
  expect(() => readXksTransport({ xksCaFile: join(folder, 'none.pem') })).toThrow(/^cannot read /)
  expect(() => readXksTransport({ xksCaFile: write('a', 'nothing') })).toThrow(/^there is no certificate in PEM in /)
  expect(() => readXksTransport({ xksCaFile: write('b', `${begin}\nnonsense\n${end}\n`) })).toThrow(
    /^a certificate in .* cannot be read: /,
  )
})
