/**
 * The engine around the operations: modes, callers, conflicts, stores that answer later, other processes, caches, limits.
 */
import { describe, expect, test } from 'vitest'
import { createAuthorizer } from '../../src/explain/authorizer.js'
import { KmsError } from '../../src/kms/failure.js'
import { openKeyring } from '../../src/kms/keyring/keyring.js'
import type { KmsCaller } from '../../src/kms/caller.js'
import { StoreError, type Store } from '../../src/kms/store.js'
import { createMemoryStore } from '../../src/store/memory.js'
import { makeKey, SAMPLES } from './operations/samples.js'
import { ACCOUNT, ADMIN, lastRecord, NOBODY, policyOf, STRANGER, testKms, type TestKms, matching } from './test-kms.js'

const TEXT = Buffer.from('text')

/** The same store, answering later. */
function later(store: Store): Store {
  return {
    id: store.id,
    get: async (name) => store.get(name),
    scan: async (prefix, options) => store.scan(prefix, options),
    commit: async (changes, audit) => {
      await Promise.resolve()
      return store.commit(changes, audit)
    },
    changesSince: async (version, limit) => store.changesSince(version, limit),
    version: async () => store.version(),
    // Also of its own commits it is told late.
    subscribe: (listener) =>
      store.subscribe((names, version, lost) => {
        setImmediate(() => {
          listener(names, version, lost)
        })
      }),
    auditRecords: async (options) => store.auditRecords(options),
    snapshot: () => store.snapshot(),
    close: () => store.close(),
  }
}

describe('errors', () => {
  test('look like those of the SDK', async () => {
    const t = await testKms()
    const error: unknown = await t.kms.call('DescribeKey', { KeyId: 'alias/none' }, ADMIN).catch((one: unknown) => one)
    expect(error).toBeInstanceOf(KmsError)
    expect(error).toMatchObject({
      name: 'NotFoundException',
      code: 'NotFoundException',
      message: `Alias arn:aws:kms:us-east-1:${ACCOUNT}:alias/none is not found.`,
      $fault: 'client',
      $metadata: { httpStatusCode: 400, requestId: lastRecord(t).requestID },
    })
    await t.kms.close()
  })

  test('an operation that there is not, and a caller that is none', async () => {
    const t = await testKms()
    expect(await t.kms.attemptNamed('DestroyWorld', {}, ADMIN)).toMatchObject({
      ok: false,
      error: { code: 'UnknownOperationException' },
    })
    expect(await t.kms.attemptNamed('constructor', {}, ADMIN)).toMatchObject({ ok: false })
    for (const caller of [{ principal: 'alice' }, { ...ADMIN, region: 'mars' }, { ...ADMIN, region: '../x' }]) {
      expect(await t.fails('ListKeys', {}, caller)).toMatch(/^UnrecognizedClientException: /)
    }
    expect(t.records).toEqual([])
    await t.kms.close()
  })

  test('input that throws when it is read', async () => {
    const t = await testKms()
    const input = {
      get KeyId(): string {
        throw new Error('no')
      },
    }
    expect(await t.fails('DescribeKey', input)).toBe('SerializationException: the input cannot be read')
    await t.kms.close()
  })

  test('a store that fails', async () => {
    const store = createMemoryStore()
    const t = await testKms({ store })
    const KeyId = await makeKey(t, 'symmetric')
    await store.close()
    expect(await t.fails('DescribeKey', { KeyId })).toMatch(/^KMSInternalException/)
    const broken = { ...later(createMemoryStore()), commit: () => Promise.reject(new StoreError('the disk is full')) }
    const other = await testKms({
      store: broken,
      keyring: await openKeyring({
        store: createMemoryStore(),
        rootKey: { kind: 'bytes', bytes: Buffer.alloc(32, 1) },
      }),
    })
    expect(await other.fails('ListKeys', {})).toMatch(/^KMSInternalException/)
  })
})

describe('modes', () => {
  test('audit lets through, and records what would have been denied and why', async () => {
    const warnings: string[] = []
    const t = await testKms({ mode: 'audit', onWarning: (warning) => void warnings.push(warning) })
    expect(warnings).toEqual([matching(/mode `audit`/)])
    const KeyId = await makeKey(t, 'symmetric')
    expect(await t.fails('DescribeKey', { KeyId }, NOBODY)).toBe('succeeded')
    expect(lastRecord(t)).toMatchObject({
      eventName: 'DescribeKey',
      responseElements: null,
      keyward: {
        wouldBeDenied: [
          {
            mode: 'audit',
            action: 'kms:DescribeKey',
            resource: KeyId,
            message: matching(/no identity-based policy/),
            explanation: { verdict: 'implicitDeny' },
          },
        ],
      },
    })
    expect(lastRecord(t).errorCode).toBeUndefined()
    expect(t.denied.at(-1)).toMatchObject({ action: 'kms:DescribeKey', isRefused: false })
    // What the caller may do leaves no trace of that kind.
    await t.ok('DescribeKey', { KeyId })
    expect(lastRecord(t).keyward).toBeUndefined()
    await t.kms.close()
  })

  test('allowAll asks nobody, and says so', async () => {
    const warnings: string[] = []
    const t = await testKms({ mode: 'allowAll', onWarning: (warning) => void warnings.push(warning) })
    expect(warnings).toEqual([matching(/mode `allowAll`/)])
    const KeyId = await makeKey(t, 'symmetric')
    expect(await t.fails('DescribeKey', { KeyId }, NOBODY)).toBe('succeeded')
    expect(lastRecord(t).keyward).toBeUndefined()
    await t.kms.close()
  })

  test('what the caller is told has nothing of the explanation', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    const answer = await t.kms.attempt('DescribeKey', { KeyId }, NOBODY)
    expect(Object.keys(answer).sort()).toEqual(['error', 'ok', 'requestId'])
    expect(answer.ok ? [] : Object.keys(answer.error).sort()).toEqual(['code', 'message'])
    await t.kms.close()
  })

  test('a hook that throws decides nothing', async () => {
    const t = await testKms({
      onDenied: () => {
        throw new Error('hook')
      },
    })
    const KeyId = await makeKey(t, 'symmetric')
    expect(await t.fails('DescribeKey', { KeyId }, NOBODY)).toMatch(/^AccessDeniedException/)
    await t.kms.close()
  })
})

describe('a store that answers later', () => {
  for (const sample of SAMPLES) {
    test(sample.name, async () => {
      const t = await testKms({ store: later(createMemoryStore()) })
      const arn = await makeKey(t, sample.key)
      expect(await t.fails(sample.name, await sample.input(t, arn))).toBe('succeeded')
      await t.kms.close()
      expect(t.secrets.live).toBe(0)
    })
  }

  test('a crowd that changes one key loses nothing', async () => {
    const t = await testKms({ store: later(createMemoryStore()), quotas: { tagsPerKey: 100 } })
    const KeyId = await makeKey(t, 'symmetric')
    const names = Array.from({ length: 64 }, (_, index) => `t${index}`)
    await Promise.all(names.map((TagKey) => t.ok('TagResource', { KeyId, Tags: [{ TagKey, TagValue: '' }] })))
    const { KeyMetadata } = await t.ok('DescribeKey', { KeyId })
    expect(KeyMetadata?.KeyId).toBe(KeyId.slice(-36))
    const first = await t.ok('ListResourceTags', { KeyId })
    const second = await t.ok('ListResourceTags', { KeyId, Marker: first.NextMarker })
    const tagged = [...first.Tags!, ...second.Tags!].map(({ TagKey }) => TagKey)
    expect(tagged.sort()).toEqual(names.sort())
    await t.kms.close()
  })

  test('whoever asks after a change was answered gets what it left, however many ask', async () => {
    const t = await testKms({ store: later(createMemoryStore()) })
    const KeyId = await makeKey(t, 'symmetric')
    for (let round = 0; round < 5; round++) {
      await t.ok('DisableKey', { KeyId })
      const refused = await Promise.all(Array.from({ length: 8 }, () => t.fails('Encrypt', { KeyId, Plaintext: TEXT })))
      expect(new Set(refused)).toEqual(new Set([`DisabledException: ${KeyId} is disabled.`]))
      await t.ok('EnableKey', { KeyId })
      const allowed = await Promise.all(Array.from({ length: 8 }, () => t.fails('Encrypt', { KeyId, Plaintext: TEXT })))
      expect(new Set(allowed)).toEqual(new Set(['succeeded']))
    }
    await t.kms.close()
  })

  test('many callers load one key once', async () => {
    const inner = createMemoryStore()
    const first = await testKms({ store: inner, keyring: await keyringOf(inner) })
    const KeyId = await makeKey(first, 'symmetric')
    let reads = 0
    const counted = later(inner)
    const store: Store = {
      ...counted,
      get: async (name) => {
        if (name.startsWith('key/')) reads++
        return counted.get(name)
      },
    }
    const t = await testKms({ store, keyring: await keyringOf(inner) })
    await Promise.all(Array.from({ length: 20 }, () => t.ok('Encrypt', { KeyId, Plaintext: TEXT })))
    expect(reads).toBe(1)
  })
})

function keyringOf(store: Store): ReturnType<typeof openKeyring> {
  return openKeyring({ store, rootKey: { kind: 'bytes', bytes: Buffer.alloc(32, 7) } })
}

describe('two engines on one store', () => {
  async function two(): Promise<readonly [TestKms, TestKms]> {
    const store = createMemoryStore()
    return [
      await testKms({ store, keyring: await keyringOf(store) }),
      await testKms({ store, keyring: await keyringOf(store) }),
    ]
  }

  test('what one changes, the other sees', async () => {
    const [one, other] = await two()
    const KeyId = await makeKey(one, 'symmetric')
    const { CiphertextBlob } = await one.ok('Encrypt', { KeyId, Plaintext: TEXT })
    expect((await other.ok('Decrypt', { CiphertextBlob: CiphertextBlob! })).Plaintext).toEqual(Uint8Array.from(TEXT))
    await other.ok('DisableKey', { KeyId })
    expect(await one.fails('Encrypt', { KeyId, Plaintext: TEXT })).toBe(`DisabledException: ${KeyId} is disabled.`)
    await one.ok('EnableKey', { KeyId })
    expect(await other.fails('Encrypt', { KeyId, Plaintext: TEXT })).toBe('succeeded')
    expect(await one.fails('Encrypt', { KeyId, Plaintext: TEXT }, NOBODY)).toMatch(/^AccessDenied/)
    const grant = await other.ok('CreateGrant', { KeyId, GranteePrincipal: NOBODY.principal, Operations: ['Encrypt'] })
    expect(await one.fails('Encrypt', { KeyId, Plaintext: TEXT }, NOBODY)).toBe('succeeded')
    await other.ok('RevokeGrant', { KeyId, GrantId: grant.GrantId! })
    expect(await one.fails('Encrypt', { KeyId, Plaintext: TEXT }, NOBODY)).toMatch(/^AccessDenied/)
    await other.ok('CreateAlias', { AliasName: 'alias/app', TargetKeyId: KeyId })
    expect(await one.fails('Encrypt', { KeyId: 'alias/app', Plaintext: TEXT })).toBe('succeeded')
    const next = await makeKey(other, 'symmetric')
    await other.ok('UpdateAlias', { AliasName: 'alias/app', TargetKeyId: next })
    expect((await one.ok('Encrypt', { KeyId: 'alias/app', Plaintext: TEXT })).KeyId).toBe(next)
  })

  test('a policy that one takes away no longer allows at the other', async () => {
    const [one, other] = await two()
    const policy = (...names: readonly KmsCaller[]): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: names.map(({ principal }) => principal) },
            Action: 'kms:*',
            Resource: '*',
          },
        ],
      })
    const KeyId = await makeKey(one, 'symmetric', { Policy: policy(ADMIN, NOBODY) })
    for (let use = 0; use < 5; use++) expect(await one.fails('DescribeKey', { KeyId }, NOBODY)).toBe('succeeded')
    await other.ok('PutKeyPolicy', { KeyId, Policy: policy(ADMIN) })
    expect(await one.fails('DescribeKey', { KeyId }, NOBODY)).toMatch(/^AccessDenied/)
  })
})

describe('what is kept in memory', () => {
  test('is bounded, and what falls out is loaded again', async () => {
    const authorizer = createAuthorizer({ uncomparable: 'deny' })
    const t = await testKms({ authorizer, maxLoadedKeys: 2, maxReadyMaterials: 2 })
    const keys: { readonly arn: string; readonly blob: Uint8Array }[] = []
    for (let count = 0; count < 5; count++) {
      const arn = await makeKey(t, 'symmetric')
      keys.push({ arn, blob: (await t.ok('Encrypt', { KeyId: arn, Plaintext: TEXT })).CiphertextBlob! })
    }
    const knows = (arn: string): boolean =>
      authorizer.authorize({ principal: ADMIN.principal, action: 'kms:Encrypt', resource: arn }).decision === 'allow'
    expect(keys.filter(({ arn }) => knows(arn))).toHaveLength(2)
    for (const { arn, blob } of [...keys, ...keys]) {
      expect((await t.ok('Decrypt', { CiphertextBlob: blob })).KeyId).toBe(arn)
    }
    expect(keys.filter(({ arn }) => knows(arn))).toHaveLength(2)
    await t.kms.close()
    expect(t.secrets.live).toBe(0)
  })

  test('a new engine finds everything in the store', async () => {
    const store = createMemoryStore()
    const first = await testKms({ store, keyring: await keyringOf(store) })
    const KeyId = await makeKey(first, 'symmetric')
    await first.ok('CreateGrant', { KeyId, GranteePrincipal: NOBODY.principal, Operations: ['Decrypt'] })
    const { CiphertextBlob } = await first.ok('Encrypt', { KeyId, Plaintext: TEXT })
    await first.kms.close()
    const second = await testKms({ store, keyring: await keyringOf(store) })
    expect(await second.fails('Decrypt', { CiphertextBlob }, NOBODY)).toBe('succeeded')
    expect((await second.ok('GetKeyLastUsage', { KeyId })).KeyLastUsage).toMatchObject({ Operation: 'Decrypt' })
    await second.kms.close()
  })
})

describe('grants on their way', () => {
  test('count by their token at once, and without it after a while', async () => {
    const t = await testKms({ grantPropagationMs: 60_000 })
    const KeyId = await makeKey(t, 'symmetric')
    await t.ok('DescribeKey', { KeyId })
    const { GrantToken } = await t.ok('CreateGrant', {
      KeyId,
      GranteePrincipal: NOBODY.principal,
      Operations: ['Encrypt'],
    })
    const input = { KeyId, Plaintext: TEXT }
    expect(await t.fails('Encrypt', input, NOBODY)).toMatch(/^AccessDenied/)
    expect(await t.fails('Encrypt', { ...input, GrantTokens: [GrantToken] }, NOBODY)).toBe('succeeded')
    expect(await t.fails('Encrypt', { ...input, GrantTokens: ['bm90IGEgdG9rZW4='] }, NOBODY)).toBe(
      'InvalidGrantTokenException: Invalid grant token.',
    )
    t.clock.nowMs += 59_999
    expect(await t.fails('Encrypt', input, NOBODY)).toMatch(/^AccessDenied/)
    t.clock.nowMs += 1
    expect(await t.fails('Encrypt', input, NOBODY)).toBe('succeeded')
    await t.kms.close()
  })
})

describe('the identity side', () => {
  test('session policies, boundaries, SCPs and endpoints take part', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    const role = `arn:aws:iam::${ACCOUNT}:role/App`
    const principal = `arn:aws:sts::${ACCOUNT}:assumed-role/App/job`
    const allow = (Action: string) =>
      policyOf('identity', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] })
    t.kms.identities.putPrincipal({ arn: role, policies: [allow('kms:*')] })
    const input = { KeyId, Plaintext: TEXT }
    expect(await t.fails('Encrypt', input, { principal })).toBe('succeeded')
    const limited = { principal, sessionPolicies: [policyOf('session', JSON.parse(SESSION_POLICY))] }
    expect(await t.fails('Encrypt', input, limited)).toMatch(/no session policy allows/)
    expect(await t.fails('DescribeKey', { KeyId }, limited)).toBe('succeeded')
    t.kms.identities.putEndpoint({
      endpointId: 'vpce-1',
      policy: policyOf('vpce', {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: '*', Action: 'kms:DescribeKey', Resource: '*' }],
      }),
    })
    const inVpc = { principal, vpcEndpointId: 'vpce-1', sourceIp: '10.0.0.1' }
    expect(await t.fails('Encrypt', input, inVpc)).toMatch(/no VPC endpoint policy allows/)
    expect(await t.fails('DescribeKey', { KeyId }, inVpc)).toBe('succeeded')
    t.kms.identities.putAccount({
      accountId: ACCOUNT,
      scps: [
        [
          policyOf('scp', {
            Version: '2012-10-17',
            Statement: [
              { Effect: 'Allow', Action: '*', Resource: '*' },
              { Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' },
            ],
          }),
        ],
      ],
    })
    expect(await t.fails('Encrypt', input, { principal })).toMatch(/with an explicit deny in a service control policy/)
    await t.kms.close()
  })

  const SESSION_POLICY = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: '*' }],
  })

  test('a federated session is its user cut down by its session policies', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    const principal = `arn:aws:sts::${ACCOUNT}:federated-user/Bob`
    const sessionPolicies = [policyOf('session', JSON.parse(SESSION_POLICY))]
    const session = { principal, userArn: ADMIN.principal }
    expect(await t.fails('DescribeKey', { KeyId }, session)).toMatch(/^AccessDenied/)
    expect(await t.fails('DescribeKey', { KeyId }, { ...session, sessionPolicies })).toBe('succeeded')
    expect(await t.fails('GetKeyPolicy', { KeyId }, { ...session, sessionPolicies })).toMatch(/^AccessDenied/)
    await t.kms.close()
  })

  test('a service reaches keys whose policies name it, and has records in their accounts alone', async () => {
    const t = await testKms()
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: ADMIN.principal }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Principal: { Service: 'logs.amazonaws.com' },
          Action: 'kms:Encrypt',
          Resource: '*',
          Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } },
        },
      ],
    })
    const KeyId = await makeKey(t, 'symmetric', { Policy })
    const service = { principal: 'logs.amazonaws.com', sourceAccount: ACCOUNT }
    const before = t.records.length
    expect(await t.fails('Encrypt', { KeyId, Plaintext: TEXT }, service)).toBe('succeeded')
    expect(t.records.slice(before)).toMatchObject([
      {
        userIdentity: { type: 'AWSService', invokedBy: 'logs.amazonaws.com' },
        sourceIPAddress: 'logs.amazonaws.com',
        recipientAccountId: ACCOUNT,
      },
    ])
    expect(await t.fails('Encrypt', { KeyId, Plaintext: TEXT }, { principal: 'logs.amazonaws.com' })).toMatch(
      /^AccessDenied/,
    )
    expect(await t.fails('CreateKey', {}, service)).toMatch(/^AccessDenied/)
    await t.kms.close()
  })

  test('a role that becomes known counts with its path, also for a caller who has called before', async () => {
    const t = await testKms()
    const role = `arn:aws:iam::${ACCOUNT}:role/teams/blue/App`
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: ADMIN.principal }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Principal: '*',
          Action: 'kms:DescribeKey',
          Resource: '*',
          Condition: { ArnEquals: { 'aws:PrincipalArn': role } },
        },
      ],
    })
    const KeyId = await makeKey(t, 'symmetric', { Policy })
    const session = { principal: `arn:aws:sts::${ACCOUNT}:assumed-role/App/job` }
    expect(await t.fails('DescribeKey', { KeyId }, session)).toMatch(/^AccessDenied/)
    t.kms.identities.putPrincipal({ arn: role, policies: [], uniqueId: 'AROAAPPAPPAPPAPPAPP1' })
    expect(await t.fails('DescribeKey', { KeyId }, session)).toBe('succeeded')
    expect(lastRecord(t).userIdentity).toMatchObject({
      principalId: 'AROAAPPAPPAPPAPPAPP1:job',
      sessionContext: { sessionIssuer: { arn: role } },
    })
    await t.kms.close()
  })

  test('changes of principals count at once', async () => {
    const t = await testKms()
    const KeyId = await makeKey(t, 'symmetric')
    for (let use = 0; use < 5; use++) await t.ok('Encrypt', { KeyId, Plaintext: TEXT })
    t.kms.identities.putPrincipal({ arn: ADMIN.principal, policies: [] })
    expect(await t.fails('Encrypt', { KeyId, Plaintext: TEXT })).toMatch(/^AccessDenied/)
    await t.kms.close()
  })
})

describe('rates', () => {
  test('are off, or hold for an account in a Region', async () => {
    const t = await testKms({ rates: { ListKeys: 2 } })
    const says =
      'ThrottlingException: You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.'
    expect(await t.fails('ListKeys', {})).toBe('succeeded')
    expect(await t.fails('ListKeys', {})).toBe('succeeded')
    expect(await t.fails('ListKeys', {})).toBe(says)
    expect(lastRecord(t)).toMatchObject({ eventName: 'ListKeys', errorCode: 'ThrottlingException' })
    expect(await t.fails('ListKeys', {}, STRANGER)).toBe('succeeded')
    expect(await t.fails('ListKeys', {}, { ...ADMIN, region: 'eu-west-1' })).toBe('succeeded')
    t.clock.nowMs += 500
    expect(await t.fails('ListKeys', {})).toBe('succeeded')
    expect(await t.fails('ListKeys', {})).toBe(says)
    await t.kms.close()
  })
})
