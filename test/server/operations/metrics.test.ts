/** What is counted, by a server to which it happens. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics } from '../../../src/server/operations/metrics.js'
import { ClusterMetrics } from '../../../src/server/operations/cluster-metrics.js'
import { Tally } from '../../../src/server/operations/tally.js'
import { watchKeyring } from '../../../src/server/operations/taps.js'
import { KeyringError } from '../../../src/kms/keyring/keyring-error.js'
import { SecretPool } from '../../../src/kms/crypto/secret.js'
import { NOBODY, REGION } from '../../kms/test-kms.js'
import { operatingServer, readMetrics } from './operating-server.js'

interface KeyAnswer {
  readonly KeyMetadata: { readonly KeyId: string }
}

test('requests, denials, refusals and keys are counted', async () => {
  const { post, metrics } = await operatingServer()
  const { KeyId } = ((await post('CreateKey')).json as unknown as KeyAnswer).KeyMetadata
  const Plaintext = Buffer.from('x').toString('base64')
  expect((await post('Encrypt', { KeyId, Plaintext })).status).toBe(200)
  const nobody = { authorization: `Fake ${NOBODY.principal} ${REGION} kms` }
  expect((await post('Encrypt', { KeyId, Plaintext }, nobody)).json['__type']).toBe('AccessDeniedException')
  expect((await post('Encrypt', {}, { authorization: 'Fake !wrong' })).status).toBe(400)
  expect((await post('NoSuchOperation')).status).toBe(400)
  expect((await post('ScheduleKeyDeletion', { KeyId })).status).toBe(200)
  expect((await post('Encrypt', { KeyId, Plaintext })).json['__type']).toBe('KMSInvalidStateException')

  const found = await metrics()
  const expected = {
    'keyward_requests_total{service="kms",operation="CreateKey",code="ok"}': 1,
    'keyward_requests_total{service="kms",operation="Encrypt",code="ok"}': 1,
    'keyward_requests_total{service="kms",operation="Encrypt",code="AccessDeniedException"}': 1,
    'keyward_requests_total{service="kms",operation="Encrypt",code="KMSInvalidStateException"}': 1,
    'keyward_requests_total{service="kms",operation="unknown",code="InvalidSignatureException"}': 1,
    'keyward_requests_total{service="kms",operation="unknown",code="UnknownOperationException"}': 1,
    'keyward_request_duration_seconds_count{service="kms",operation="Encrypt"}': 3,
    'keyward_authentication_failures_total{code="InvalidSignatureException"}': 1,
    'keyward_denied_total{layer="identity",cause="identity-no-policy"}': 1,
    keyward_pending_deletion_use_total: 1,
    keyward_root_key_failures_total: 0,
    'keyward_store_commits_total{outcome="done"}': 5,
    keyward_ready: 1,
    keyward_processes: 1,
    keyward_loaded_keys: 1,
    keyward_requests_in_flight: 0,
    keyward_requests_waiting: 0,
  }
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, found.get(name)]))).toEqual(expected)
  expect(found.get('keyward_secrets_in_memory')).toBeGreaterThan(0)
  expect(found.has('process_cpu_user_seconds_total')).toBe(true)
})

test('what is throttled is counted by its reason, and told at once', async () => {
  const { post, metrics } = await operatingServer({ limits: { principalRate: { perSecond: 0.001 } } })
  expect((await post('ListKeys')).status).toBe(200)
  const throttled = await post('ListKeys')
  expect([throttled.status, throttled.json['__type']]).toEqual([400, 'ThrottlingException'])
  const found = await metrics()
  expect(found.get('keyward_throttled_total{reason="principal"}')).toBe(1)
  expect(found.get('keyward_requests_total{service="kms",operation="ListKeys",code="ThrottlingException"}')).toBe(1)
})

test('failures of the root key are counted, and what clients send as an import token is none', async () => {
  let failures = 0
  const broken = (): never => {
    throw new KeyringError('broken')
  }
  const keyring = watchKeyring(
    {
      secrets: new SecretPool(),
      wrap: broken,
      unwrap: broken,
      guard: () => ({ kind: 'check', name: 'root-key', expect: 'any' }),
      refresh: () => Promise.reject(new KeyringError('broken')),
      close: () => undefined,
    },
    () => failures++,
  )
  const binding = { keyArn: 'arn', materialId: 'm' }
  expect(() => keyring.wrap(Buffer.alloc(1), { ...binding, purpose: 'key material' })).toThrow(KeyringError)
  expect(() => keyring.unwrap('', { ...binding, purpose: 'custom key store' })).toThrow(KeyringError)
  expect(() => keyring.unwrap('', { ...binding, purpose: 'import token' })).toThrow(KeyringError)
  await expect(keyring.refresh()).rejects.toThrow(KeyringError)
  expect(failures).toBe(3)
})

test('labels that should be a closed set and are not are counted together in the end', async () => {
  const { default: client } = await import('prom-client')
  const tally = new Tally(['code'])
  for (let count = 0; count < 5000; count++) tally.add(`code-${count}`)
  const registry = new client.Registry()
  const counter = new client.Counter({ name: 'c', help: 'h', labelNames: ['code'], registers: [registry] })
  tally.writeTo(counter)
  const found = readMetrics(await registry.metrics())
  expect(found.size).toBe(4097)
  expect(found.get('c{code="other"}')).toBe(5000 - 4096)
})

test('several processes are told as one, and what one had counted stays when it has ended', async () => {
  const metrics = await ClusterMetrics.load()
  const done = (count: number) => async () => {
    const each = await createMetrics()
    for (let request = 0; request < count; request++) each.requestEnded(REQUEST)
    return each.values()
  }
  metrics.told(1, await done(3)())
  metrics.told(2, await done(4)())
  const source = metrics.source(() => Promise.resolve())
  const requests = 'keyward_requests_total{service="kms",operation="Sign",code="ok"}'
  const seconds = 'keyward_request_duration_seconds_count{service="kms",operation="Sign"}'
  const read = async () => readMetrics(await source.text())
  expect((await read()).get(requests)).toBe(7)
  metrics.hasEnded(1)
  metrics.hasRestarted()
  const after = await read()
  expect([after.get(requests), after.get(seconds)]).toEqual([7, 7])
  expect([after.get('keyward_processes'), after.get('keyward_process_restarts_total')]).toEqual([1, 1])
  metrics.told(3, await done(1)())
  metrics.hasEnded(2)
  metrics.hasEnded(3)
  expect((await read()).get(requests)).toBe(8)
  // Told before its end, and arrived after it.
  metrics.told(3, await done(2)())
  expect((await read()).get(requests)).toBe(9)
  const one = await done(1)()
  for (let worker = 4; worker < 104; worker++) {
    metrics.told(worker, one)
    metrics.hasEnded(worker)
    expect((await read()).get(requests)).toBe(6 + worker)
  }
})

const REQUEST = {
  service: 'kms',
  operation: 'Sign',
  status: 200,
  requestId: 'r',
  durationMs: 1,
  bytesIn: 1,
  bytesOut: 1,
  outcome: 'answered',
} as const

// ------------------------------------------------------------------------------------------------------- documentation

/** Every metric of ours, as Prometheus knows it. */
async function metricNames(): Promise<readonly string[]> {
  const values = await (await createMetrics()).values()
  return [...values.map(({ name }) => name), 'keyward_process_restarts_total'].filter((name) =>
    name.startsWith('keyward_'),
  )
}

test('the list in the documentation is the list of the code', async () => {
  const page = readFileSync('docs/operations.md', 'utf8')
  const listed = [...page.matchAll(/^\| `(keyward_\w+)/gm)].map(([, name]) => name)
  expect(new Set(listed)).toEqual(new Set(await metricNames()))
  expect(listed).toHaveLength(new Set(listed).size)
})

interface Rules {
  readonly groups: readonly {
    readonly name: string
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly for?: string
      readonly labels: { readonly severity: string }
      readonly annotations: { readonly summary: string; readonly description: string }
    }[]
  }[]
}

test('the example alerts name only metrics that there are', async () => {
  const { groups } = parse(readFileSync('docs/alerts/keyward.rules.yaml', 'utf8')) as Rules
  const rules = groups.flatMap((group) => group.rules)
  const names = new Set(await metricNames())
  for (const { alert, expr, annotations, labels } of rules) {
    const used = [...expr.matchAll(/keyward_\w+/g)].map(([name]) => name.replace(/_(?:bucket|sum|count)$/, ''))
    expect(used.length, alert).toBeGreaterThan(0)
    for (const name of used) expect(names, `${alert}: ${name}`).toContain(name)
    expect(annotations.summary, alert).toMatch(/\S/)
    expect(annotations.description, alert).toMatch(/\S/)
    expect(['critical', 'warning'], alert).toContain(labels.severity)
  }
  expect(rules.map(({ alert }) => alert)).toEqual(
    expect.arrayContaining([
      'KeywardDenialSpike',
      'KeywardKeyPendingDeletionUsed',
      'KeywardRootKeyFailure',
      'KeywardThrottling',
      'KeywardNotReady',
    ]),
  )
})
