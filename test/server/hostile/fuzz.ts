/**
 * A server with everything behind it, asked by requests that were changed and signed anew: by somebody who may do nothing,
 * for whom nothing may succeed, and by somebody who may do everything, who gets further in.
 */
import { randomBytes } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import { createAuthorizer } from '../../../src/explain/authorizer.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import { createAuthenticate } from '../../../src/server/auth/authenticate.js'
import { openCredentials } from '../../../src/server/auth/credentials.js'
import { startServer } from '../../../src/server/http/server.js'
import { createSts } from '../../../src/server/sts/sts.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import type { AccessKeys } from '../clients/serve-process.js'
import { EVERY_OPERATION } from '../../kms/every-operation.js'
import { fixture } from '../../kms/sdk-fixture.js'
import { policyOf, START_MS } from '../../kms/test-kms.js'
import { mutantOf } from './mutants.js'
import { codeOf, diceOf, FORM_TYPE, operation, signedBytes, userArn, WireClient, type Unsigned } from './wire.js'

const CLIENTS = 8
const DATE = new Date(START_MS).toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
const ROLE = 'arn:aws:iam::111122223333:role/App'
/** Of STS: they ask for no permission. */
const FOR_EVERYBODY = /<Get(?:CallerIdentity|SessionToken)Response /
/** What a defect of ours answers. */
const DEFECT = /^(?:InternalFailure|KMSInternalException|ServiceFailure|InternalError)$/

export interface FuzzOptions {
  readonly seed: number
  readonly asNobody: number
  readonly asAdmin: number
}

export interface FuzzReport {
  /** Answers by status and code. */
  readonly nobody: ReadonlyMap<string, number>
  readonly admin: ReadonlyMap<string, number>
  readonly seeds: number
}

export async function fuzz({ seed, asNobody, asAdmin }: FuzzOptions): Promise<FuzzReport> {
  const server = await fuzzedServer()
  const seeds = await seedsOf(server)
  const nobody = await sendMutants(server, seeds, { keys: server.nobody, count: asNobody, seed, mayDo: FOR_EVERYBODY })
  const admin = await sendMutants(server, seeds, { keys: server.admin, count: asAdmin, seed: seed + 1, mayDo: /^/ })
  expect(server.warnings).toEqual([])
  await expect.poll(() => server.load(), { timeout: 240_000 }).toEqual({ connections: 0, inFlight: 0 })
  return { nobody, admin, seeds: seeds.length }
}

interface Sending {
  readonly keys: AccessKeys
  readonly count: number
  readonly seed: number
  /** Bodies of answers that may be successes. */
  readonly mayDo: RegExp
}

async function sendMutants(
  { url }: FuzzedServer,
  seeds: readonly Unsigned[],
  { keys, count, seed, mayDo }: Sending,
): Promise<ReadonlyMap<string, number>> {
  const answers = new Map<string, number>()
  let next = 0
  const lanes = Array.from({ length: CLIENTS }, async () => {
    const client = new WireClient(url)
    for (let index = next++; index < count; index = next++) {
      const mutant = mutantOf(seeds, index, diceOf(seed * 1_000_003 + index))
      const answer = await client.ask(signedBytes(url, keys, mutant, DATE))
      const code = codeOf(answer)
      const wrong = wrongWith(answer.status, code, answer.body, mayDo)
      if (wrong !== undefined) expect.fail(`${wrong}: mutant ${index} of ${seed}: ${JSON.stringify(shown(mutant))}`)
      const kind = `${answer.status} ${code}`.trim()
      answers.set(kind, (answers.get(kind) ?? 0) + 1)
    }
    client.close()
  })
  await Promise.all(lanes)
  return answers
}

function wrongWith(status: number, code: string, body: string, mayDo: RegExp): string | undefined {
  if (status === 0) return 'no answer'
  if (DEFECT.test(code)) return code
  if (status >= 300) return code === '' ? `an error ${status} without a code` : undefined
  return mayDo.test(body) ? undefined : `unauthorised success ${body}`
}

function shown(mutant: Unsigned): object {
  return { ...mutant, body: mutant.body.toString('latin1').slice(0, 2000) }
}

// ------------------------------------------------------------------------------------------------------------ server

interface FuzzedServer extends Awaited<ReturnType<typeof fixture>> {
  readonly url: string
  readonly nobody: AccessKeys
  readonly admin: AccessKeys
  readonly warnings: readonly string[]
  readonly load: () => { readonly connections: number; readonly inFlight: number }
}

async function fuzzedServer(): Promise<FuzzedServer> {
  const nowMs = (): number => START_MS
  const store = createMemoryStore()
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes: randomBytes(32) } })
  const credentials = await openCredentials({ store, keyring, nowMs })
  const authorizer = createAuthorizer({ uncomparable: 'deny' })
  const kms = await fixture({ store, keyring, authorizer })
  const trust = policyOf('trust', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: userArn('admin') }, Action: 'sts:AssumeRole' },
  })
  authorizer.putPrincipal({ arn: ROLE, policies: [], trust })
  const warnings: string[] = []
  const server = await startServer({
    backend: {
      kms: kms.kms,
      sts: createSts({ authorizer, credentials, store, mode: 'enforce', nowMs }),
      authenticate: createAuthenticate({ credentials, nowMs }),
    },
    onWarning: (message) => void warnings.push(message),
  })
  await server.ready
  onTestFinished(async () => {
    await server.close({ now: true })
    await kms.kms.close()
    credentials.close()
    keyring.close()
  })
  const keysOf = async (name: string): Promise<AccessKeys> => {
    const made = await credentials.add({ principal: userArn(name) })
    if (!made.ok) throw new Error(made.error)
    return made.value
  }
  return {
    ...kms,
    url: server.urls[0] ?? '',
    nobody: await keysOf('nobody'),
    admin: await keysOf('admin'),
    warnings,
    load: () => server.load(),
  }
}

/** A request for every operation, each of which would succeed for an administrator. */
async function seedsOf(server: FuzzedServer): Promise<readonly Unsigned[]> {
  let keyStore: Promise<string> | undefined
  const service = { ...server, keyStore: () => (keyStore ??= server.keyStore()) }
  const seeds: Unsigned[] = []
  for (const [name, [prepare]] of Object.entries(EVERY_OPERATION)) {
    seeds.push(operation(name, JSON.stringify(await prepare(service), asOnWire)))
  }
  const sts = {
    GetCallerIdentity: {},
    GetSessionToken: { DurationSeconds: '900' },
    GetFederationToken: { Name: 'fed', Policy: '{"Version":"2012-10-17","Statement":[]}' },
    AssumeRole: { RoleArn: ROLE, RoleSessionName: 'deploy' },
  }
  for (const [Action, fields] of Object.entries(sts)) {
    const body = new URLSearchParams({ Action, Version: '2011-06-15', ...fields }).toString()
    seeds.push({ service: 'sts', headers: { 'Content-Type': FORM_TYPE }, body })
  }
  return seeds
}

/** Bytes as base64, times as seconds. */
function asOnWire(this: unknown, key: string, value: unknown): unknown {
  const before: unknown = Reflect.get(Object(this), key)
  if (before instanceof Date) return before.getTime() / 1000
  return before instanceof Uint8Array ? Buffer.from(before).toString('base64') : value
}
