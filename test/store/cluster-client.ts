/**
 * A client of a service that many processes share. It talks to one of them, and now and then goes to another, after the time
 * in which that one must have seen everything that was acknowledged to it.
 *
 * When a process ends before it has answered, nobody has told what became of the request. The audit says it, as it is
 * written with what it tells of: a request that is in it was done, and is not done again; one that is not in it was not.
 */
import type { OperationName } from '../../src/aws/operations.js'
import type { AuditRecord } from '../../src/kms/audit-record.js'
import type { KmsCaller } from '../../src/kms/caller.js'
import type { Kms } from '../../src/kms/engine.js'
import type { Answer } from '../../src/kms/pipeline.js'
import type { KmsInputs, KmsOutputs } from '../../src/kms/shapes.js'
import type { AnyAnswer, ServiceConnection, ServiceProcess } from './cluster-process.js'

export interface ClusterView {
  /** One that is running, or will be. */
  process(place: number): Promise<ServiceProcess>
  readonly places: number
  /** The record of a request that was not answered; definite, as nothing of it can be written any more. */
  recordOf(request: string): Promise<AuditRecord | undefined>
  /** How long after an acknowledgement every process has seen what was acknowledged. */
  readonly lagMs: number
}

/** What they answer is not looked at, or follows from the request. */
const ANSWERS: Partial<
  Record<OperationName, (record: AuditRecord, input: Readonly<Record<string, unknown>>) => object>
> = {
  ...Object.fromEntries(
    [
      'DisableKey',
      'EnableKey',
      'CancelKeyDeletion',
      'ScheduleKeyDeletion',
      'EnableKeyRotation',
      'DisableKeyRotation',
      'RotateKeyOnDemand',
      'UpdatePrimaryRegion',
      'ImportKeyMaterial',
      'DeleteImportedKeyMaterial',
      'CreateAlias',
      'UpdateAlias',
      'DeleteAlias',
      'TagResource',
      'UntagResource',
      'UpdateKeyDescription',
      'RevokeGrant',
      'RetireGrant',
    ].map((name) => [name, () => ({})]),
  ),
  CreateGrant: ({ responseElements }) => ({ GrantId: responseElements?.['grantId'] }),
  ReplicateKey: (_record, { KeyId, ReplicaRegion }) => {
    const parts = String(KeyId).split(':')
    parts[3] = String(ReplicaRegion)
    return { ReplicaKeyMetadata: { Arn: parts.join(':') } }
  },
}

export interface ClientStatistics {
  requests: number
  unanswered: number
  moves: number
  /** Of requests whose answer was lost, those that the audit knew. */
  recovered: number
  /** That were acknowledged as done: the audit must have every one of them. */
  readonly acknowledged: Set<string>
  /** From where the process had gone until another one answered. */
  readonly recoveryMs: number[]
}

export function newStatistics(): ClientStatistics {
  return { requests: 0, unanswered: 0, moves: 0, recovered: 0, acknowledged: new Set(), recoveryMs: [] }
}

export class ClusterClient implements Pick<Kms, 'attempt' | 'call' | 'tick'> {
  private place: number
  private process: ServiceProcess | undefined
  private connection: ServiceConnection | undefined
  private requests = 0

  constructor(
    private readonly cluster: ClusterView,
    private readonly name: string,
    private readonly dice: () => number,
    private readonly statistics: ClientStatistics,
  ) {
    this.place = Math.floor(dice() * cluster.places)
  }

  async attempt<N extends OperationName>(name: N, input: unknown, caller: KmsCaller): Promise<Answer<N>> {
    if (this.dice() < 0.02) await this.move()
    let lostMs: number | undefined
    for (;;) {
      const request = `${this.name}/${++this.requests}`
      const answer = await this.askUntilKnown(request, name, input, caller, (atMs) => (lostMs ??= atMs))
      if (answer === undefined) continue
      if (lostMs !== undefined) this.statistics.recoveryMs.push(performance.now() - lostMs)
      if (answer.ok) this.statistics.acknowledged.add(request)
      // A process answers what it was asked.
      return answer as Answer<N>
    }
  }

  async call<N extends OperationName>(name: N, input: KmsInputs[N], caller: KmsCaller): Promise<KmsOutputs[N]> {
    const answer = await this.attempt(name, input, caller)
    if (!answer.ok) throw new Error(`${name}: ${answer.error.code} ${answer.error.message ?? ''}`)
    return answer.value
  }

  tick(): Promise<number> {
    return Promise.resolve(0)
  }

  /** To another process, which by then has seen everything that this client was told. */
  async move(): Promise<void> {
    this.close()
    this.place = this.otherPlace(this.place)
    this.statistics.moves++
    await pause(this.cluster.lagMs)
  }

  close(): void {
    this.connection?.close()
    this.connection = undefined
  }

  /** Undefined where it was done and its answer is lost, or was not done: it may be asked anew. */
  private async askUntilKnown(
    request: string,
    name: OperationName,
    input: unknown,
    caller: KmsCaller,
    onLost: (atMs: number) => void,
  ): Promise<AnyAnswer | undefined> {
    this.statistics.requests++
    const connection = await this.connected()
    const answer = await connection.ask(name, input, { ...caller, userAgent: request })
    if (answer !== undefined) return answer
    onLost(performance.now())
    this.statistics.unanswered++
    await this.move()
    const record = await this.cluster.recordOf(request)
    if (record === undefined) return undefined
    this.statistics.recovered++
    const made = ANSWERS[name]
    if (made === undefined || record.errorCode !== undefined) return undefined
    return {
      ok: true,
      requestId: record.requestID ?? '',
      value: made(record, input as Readonly<Record<string, unknown>>) as never,
    }
  }

  /** One that has come into the place of another has seen everything when it was ready. */
  private async connected(): Promise<ServiceConnection> {
    const process = await this.cluster.process(this.place)
    if (process !== this.process) this.close()
    this.process = process
    this.connection ??= process.connect()
    return this.connection
  }

  private otherPlace(than: number): number {
    const { places } = this.cluster
    return places === 1 ? 0 : (than + 1 + Math.floor(this.dice() * (places - 1))) % places
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
}
