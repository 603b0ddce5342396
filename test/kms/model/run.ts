/** Random sequences of operations and time, done by the service and by the model at once. */
import { constants, createPublicKey, publicEncrypt } from 'node:crypto'
import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import type { OperationName } from '../../../src/aws/operations.js'
import type { KmsCaller } from '../../../src/kms/caller.js'
import type { KmsInputs, KmsOutputs } from '../../../src/kms/shapes.js'
import { openKeyring } from '../../../src/kms/keyring/keyring.js'
import { createMemoryStore } from '../../../src/store/memory.js'
import { ADMIN, keyArnOf, NAMED, NOBODY, REGION, testKms, type TestKms } from '../test-kms.js'
import type { Command } from './command.js'
import { DAY_MS, isPrimary, loseMaterial, newKey, stateAnswer, touch, type Kind, type ModelKey } from './model.js'
import { QuickPool } from './quick-pool.js'

const OTHER_REGION = 'eu-west-1'
const CONTEXTS: readonly Readonly<Record<string, string>>[] = [{}, { a: 'b' }, { a: 'c' }]
const MATERIAL = Buffer.alloc(32, 3)

export async function openModelKms(): Promise<TestKms> {
  const store = createMemoryStore()
  const keyring = await openKeyring({ store, rootKey: { kind: 'bytes', bytes: randomBytes(32) } })
  return testKms({ store, keyring, slow: new QuickPool(keyring.secrets) })
}

interface Sealed {
  readonly blob: Uint8Array
  key: ModelKey
  readonly plaintext: Buffer
  readonly context: number
}

let sequences = 0

/** @param seen - gets every operation with each of its answers, so that a test may say that it has met them. */
export async function runSequence(t: TestKms, commands: readonly Command[], seen: Set<string>): Promise<void> {
  const run = new Run(t, `alias/model-${++sequences}-`, seen)
  for (const kind of ['symmetric', 'mac', 'external', 'multiRegion'] as const) await run.do({ do: 'create', kind })
  await run.do({ do: 'replicate', key: 3 })
  for (const key of [0, 3]) await run.do({ do: 'encrypt', key, context: 0 })
  for (const command of commands) await run.do(command)
  await run.compare()
}

class Run {
  private readonly keys: ModelKey[] = []
  private readonly sealed: Sealed[] = []
  /** Every alias points to a key, that may be due to go. */
  private readonly aliases = new Map<string, ModelKey>()
  private readonly grants: { key: ModelKey; readonly id: string }[] = []
  private plaintexts = 0

  constructor(
    private readonly t: TestKms,
    private readonly prefix: string,
    private readonly seen: Set<string>,
  ) {}

  private get nowMs(): number {
    return this.t.clock.nowMs
  }

  private key(number: number): ModelKey {
    const key = this.keys[number % this.keys.length]
    if (key === undefined) throw new Error('a sequence begins with keys')
    return key
  }

  private alias(number: number): string {
    return `${this.prefix}${number}`
  }

  /** A key that a request names: what is due of it is done first. */
  private touched(...keys: readonly ModelKey[]): string | undefined {
    for (const key of keys) touch(key, this.nowMs)
    for (const key of keys) if (key.isGone) this.forget(key)
    return keys.some(({ isGone }) => isGone) ? 'NotFoundException' : undefined
  }

  private forget(gone: ModelKey): void {
    for (const [name, key] of this.aliases) if (key === gone) this.aliases.delete(name)
  }

  /** Does it in earnest; answers the output where it was to succeed. */
  private async expect<N extends OperationName>(
    expected: string | undefined,
    name: N,
    input: KmsInputs[N],
    caller: KmsCaller = ADMIN,
  ): Promise<KmsOutputs[N] | undefined> {
    const answer = await this.t.kms.attempt(name, input, caller)
    const told = answer.ok ? 'succeeded' : answer.error.code
    this.seen.add(`${name} ${told}`)
    expect(told, `${name} ${answer.ok ? '' : (answer.error.message ?? '')}`).toBe(expected ?? 'succeeded')
    return answer.ok ? answer.value : undefined
  }

  private at(key: ModelKey, caller: KmsCaller = ADMIN): KmsCaller {
    return CALLERS[key.region === REGION ? 0 : 1]!.find(({ principal }) => principal === caller.principal) ?? caller
  }

  async do(command: Command): Promise<void> {
    switch (command.do) {
      case 'create': {
        const { kind } = command
        const made = await this.t.ok('CreateKey', INPUTS[kind])
        this.keys.push(newKey(keyArnOf(made), kind))
        return
      }
      case 'encrypt':
      case 'encryptAsGrantee':
      case 'encryptByAlias':
        return this.encrypt(command.do, command.key, command.context)
      case 'decrypt':
        return this.decrypt(command.sealed, command.context, command.named)
      case 'reEncrypt': {
        const from = this.sealed[command.sealed % Math.max(1, this.sealed.length)]
        const to = this.key(command.key)
        if (from === undefined) return
        const { blob, context, plaintext } = from
        // Both keys are looked for before what is due of either is done.
        const absent = goneSource(from.key) ?? inRegion(from.key, to) ?? (to.isGone ? 'NotFoundException' : undefined)
        if (absent === undefined) this.touched(from.key)
        const expected =
          absent ??
          goneSource(from.key) ??
          this.touched(to) ??
          stateAnswer('ReEncrypt', from.key) ??
          stateAnswer('ReEncrypt', to) ??
          notSymmetric(to)
        const input = {
          CiphertextBlob: blob,
          SourceEncryptionContext: CONTEXTS[context],
          DestinationKeyId: to.arn,
        }
        const output = await this.expect(expected, 'ReEncrypt', input, this.at(from.key))
        if (output !== undefined) this.sealed.push({ blob: output.CiphertextBlob!, key: to, plaintext, context: 0 })
        return
      }
      case 'mac': {
        const key = this.key(command.key)
        const expected =
          this.touched(key) ??
          stateAnswer('GenerateMac', key) ??
          (key.kind === 'mac' ? undefined : 'InvalidKeyUsageException')
        const input = { KeyId: key.arn, Message: Buffer.from('m'), MacAlgorithm: 'HMAC_SHA_256' } as const
        const output = await this.expect(expected, 'GenerateMac', input, this.at(key))
        if (output !== undefined)
          await this.expect(undefined, 'VerifyMac', { ...input, Mac: output.Mac! }, this.at(key))
        return
      }
      case 'disable':
      case 'enable':
      case 'cancel':
      case 'delete':
        return this.changeState(command.do, this.key(command.key), command.do === 'delete' ? command.days : 0)
      case 'rotation':
      case 'noRotation':
      case 'rotate':
        return this.changeRotation(command.do, this.key(command.key), command.do === 'rotation' ? command.days : 0)
      case 'replicate':
      case 'movePrimary':
        return this.changeRegions(command.do, this.key(command.key))
      case 'import':
        return this.import(this.key(command.key), command.days)
      case 'deleteMaterial': {
        const key = this.key(command.key)
        const expected = this.touched(key) ?? stateAnswer('DeleteImportedKeyMaterial', key)
        await this.expect(expected, 'DeleteImportedKeyMaterial', { KeyId: key.arn }, this.at(key))
        if (expected === undefined && key.hasMaterial) loseMaterial(key)
        return
      }
      case 'alias':
      case 'moveAlias':
      case 'dropAlias':
        return this.changeAlias(
          command.do,
          command.name,
          command.do === 'dropAlias' ? undefined : this.key(command.key),
        )
      case 'tag':
      case 'untag':
      case 'describe':
        return this.changeTags(command.do, this.key(command.key), String(command.name))
      case 'grant': {
        const key = this.key(command.key)
        const expected = this.touched(key) ?? stateAnswer('CreateGrant', key)
        const Operations = key.kind === 'mac' ? (['GenerateMac'] as const) : (['Encrypt'] as const)
        const principals = { GranteePrincipal: NOBODY.principal, RetiringPrincipal: NAMED.principal }
        const input = { KeyId: key.arn, ...principals, Operations }
        const output = await this.expect(expected, 'CreateGrant', input, this.at(key))
        if (output === undefined) return
        key.grants.set(output.GrantId!, { isRetirable: true })
        this.grants.push({ key, id: output.GrantId! })
        return
      }
      case 'revoke':
      case 'retire': {
        const grant = this.grants[command.grant % Math.max(1, this.grants.length)]
        if (grant === undefined) return
        const { key, id } = grant
        const absent = command.do === 'retire' ? 'AccessDeniedException' : 'NotFoundException'
        const expected = this.touched(key) ?? (key.grants.has(id) ? undefined : absent)
        const name = command.do === 'retire' ? 'RetireGrant' : 'RevokeGrant'
        const caller = command.do === 'retire' ? NAMED : ADMIN
        await this.expect(expected, name, { KeyId: key.arn, GrantId: id }, this.at(key, caller))
        key.grants.delete(id)
        return
      }
      case 'wait':
        this.t.clock.nowMs += command.hours * 3_600_000
        if (!command.ticks) return
        await this.t.kms.tick()
        for (const key of this.byDue()) this.touched(key)
    }
  }

  /** Work is done in the order of its time: a replica that goes starts the clock of its primary. */
  private byDue(): readonly ModelKey[] {
    return [...this.keys, ...this.keys]
  }

  private async encrypt(how: 'encrypt' | 'encryptByAlias' | 'encryptAsGrantee', number: number, context: number) {
    const alias = this.alias(number % 3)
    const named = how === 'encryptByAlias' ? this.aliases.get(alias) : this.key(number)
    const isGrantee = how === 'encryptAsGrantee'
    const expected =
      (named === undefined ? 'NotFoundException' : this.touched(named)) ??
      (isGrantee && (named!.grants.size === 0 || named!.kind === 'mac') ? 'AccessDeniedException' : undefined) ??
      stateAnswer('Encrypt', named!) ??
      notSymmetric(named!)
    const plaintext = Buffer.from(`plaintext ${++this.plaintexts}`)
    const KeyId = how === 'encryptByAlias' ? alias : named!.arn
    const input = { KeyId, Plaintext: plaintext, EncryptionContext: CONTEXTS[context] }
    const caller = named === undefined ? ADMIN : this.at(named, isGrantee ? NOBODY : ADMIN)
    const output = await this.expect(expected, 'Encrypt', input, caller)
    if (output === undefined) return
    expect(output.KeyId).toBe(named!.arn)
    this.sealed.push({ blob: output.CiphertextBlob!, key: named!, plaintext, context })
  }

  private async decrypt(number: number, context: number, isNamed: boolean): Promise<void> {
    const sealed = this.sealed[number % Math.max(1, this.sealed.length)]
    if (sealed === undefined) return
    const { key, blob, plaintext } = sealed
    this.touched(key)
    const gone = isNamed ? 'NotFoundException' : 'AccessDeniedException'
    const expected =
      (key.isGone ? gone : undefined) ??
      stateAnswer('Decrypt', key) ??
      (context === sealed.context ? undefined : 'InvalidCiphertextException')
    const input = { CiphertextBlob: blob, EncryptionContext: CONTEXTS[context], ...(isNamed ? { KeyId: key.arn } : {}) }
    const output = await this.expect(expected, 'Decrypt', input, this.at(key))
    if (output !== undefined) expect(Buffer.from(output.Plaintext!)).toEqual(plaintext)
  }

  private async changeState(what: 'disable' | 'enable' | 'cancel' | 'delete', key: ModelKey, window: number) {
    const name = STATE_OPERATIONS[what]
    const lacksMaterial = what === 'enable' && !key.hasMaterial && key.state === 'Disabled'
    const gone = this.touched(key)
    const lacks = what === 'enable' && !key.hasMaterial ? 'KMSInvalidStateException' : undefined
    const expected = gone ?? stateAnswer(name, key) ?? lacks
    expect(lacksMaterial && expected === undefined).toBe(false)
    const input = what === 'delete' ? { KeyId: key.arn, PendingWindowInDays: window } : { KeyId: key.arn }
    await this.expect(expected, name, input, this.at(key))
    if (expected !== undefined) return
    if (what === 'delete') {
      const waits = isPrimary(key) && key.family.members.length > 1
      key.state = waits ? 'PendingReplicaDeletion' : 'PendingDeletion'
      key.windowDays = window
      key.deletionAtMs = waits ? undefined : this.nowMs + window * DAY_MS
    } else {
      key.state = what === 'enable' ? 'Enabled' : 'Disabled'
      key.deletionAtMs = undefined
    }
  }

  private async changeRotation(what: 'rotation' | 'noRotation' | 'rotate', key: ModelKey, periodDays: number) {
    const name = ROTATION_OPERATIONS[what]
    const { family } = key
    const gone = this.touched(key)
    const kind =
      key.kind === 'mac' || (!isPrimary(key) && key.kind === 'multiRegion' && key.state !== 'Creating')
        ? 'UnsupportedOperationException'
        : undefined
    const soon =
      what === 'rotate' && (family.rotation?.nextAtMs ?? Infinity) - this.nowMs <= 20 * 60_000
        ? 'ConflictException'
        : undefined
    // On demand, what can never be rotated is refused after its state was looked at.
    const byKind = what === 'rotate' ? undefined : kind
    const expected = gone ?? byKind ?? stateAnswer(name, key) ?? kind ?? soon
    const input = what === 'rotation' ? { KeyId: key.arn, RotationPeriodInDays: periodDays } : { KeyId: key.arn }
    await this.expect(expected, name, input, this.at(key))
    if (expected !== undefined) return
    if (what === 'rotate') family.rotations++
    else family.rotation = what === 'rotation' ? { periodDays, nextAtMs: this.nowMs + periodDays * DAY_MS } : undefined
  }

  private async changeRegions(what: 'replicate' | 'movePrimary', key: ModelKey): Promise<void> {
    const { family } = key
    const there = key.region === REGION ? OTHER_REGION : REGION
    const wasGone = key.isGone ? 'NotFoundException' : undefined
    const notPrimary = key.kind !== 'multiRegion' || !isPrimary(key) ? 'UnsupportedOperationException' : undefined
    const other = family.members.find(({ region }) => region === there)
    if (what === 'replicate') {
      const taken = other === undefined ? undefined : 'AlreadyExistsException'
      const expected = this.touched(key) ?? stateAnswer('ReplicateKey', key) ?? notPrimary ?? taken
      const input = { KeyId: key.arn, ReplicaRegion: there }
      const output = await this.expect(expected, 'ReplicateKey', input, this.at(key))
      if (output === undefined) return
      this.replace(newKey(output.ReplicaKeyMetadata?.Arn ?? '', 'multiRegion', family))
      return
    }
    // The replica is looked for before what is due of the primary is done.
    const absent = wasGone ?? notPrimary ?? (other === undefined ? 'NotFoundException' : undefined)
    const expected =
      absent ??
      this.touched(key) ??
      (other === undefined ? undefined : this.touched(other)) ??
      stateAnswer('UpdatePrimaryRegion', key) ??
      (other === undefined ? undefined : stateAnswer('UpdatePrimaryRegion', other))
    await this.expect(expected, 'UpdatePrimaryRegion', { KeyId: key.arn, PrimaryRegion: there }, this.at(key))
    if (expected === undefined) family.primaryRegion = there
  }

  /** A replica that is made again has the ARN and the material of the one that was there. */
  private replace(replica: ModelKey): void {
    const former = this.keys.findIndex(({ arn }) => arn === replica.arn)
    if (former < 0) {
      this.keys.push(replica)
      return
    }
    this.keys[former] = replica
    for (const list of [this.sealed, this.grants]) {
      for (const one of list) if (one.key.arn === replica.arn) one.key = replica
    }
  }

  private async import(key: ModelKey, days: number): Promise<void> {
    const wanted = { KeyId: key.arn, WrappingAlgorithm: 'RSAES_OAEP_SHA_256', WrappingKeySpec: 'RSA_2048' } as const
    const expected = this.touched(key) ?? stateAnswer('GetParametersForImport', key)
    const parameters = await this.expect(expected, 'GetParametersForImport', wanted, this.at(key))
    if (parameters === undefined) return
    const publicKey = createPublicKey({ key: Buffer.from(parameters.PublicKey!), format: 'der', type: 'spki' })
    const oaep = { key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }
    const validToMs = days === 0 ? undefined : this.nowMs + days * DAY_MS
    const life =
      validToMs === undefined
        ? ({ ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE' } as const)
        : { ValidTo: new Date(validToMs) }
    const input = {
      KeyId: key.arn,
      ImportToken: parameters.ImportToken!,
      EncryptedKeyMaterial: publicEncrypt(oaep, MATERIAL),
      ...life,
    }
    await this.expect(stateAnswer('ImportKeyMaterial', key), 'ImportKeyMaterial', input, this.at(key))
    key.hasMaterial = true
    key.wasImported = true
    key.expiresAtMs = validToMs
    if (key.state === 'PendingImport') key.state = 'Enabled'
  }

  private async changeAlias(what: 'alias' | 'moveAlias' | 'dropAlias', number: number, key: ModelKey | undefined) {
    const AliasName = this.alias(number)
    const current = this.aliases.get(AliasName)
    if (key === undefined) {
      const expected = current === undefined ? 'NotFoundException' : this.touched(current)
      await this.expect(expected, 'DeleteAlias', { AliasName })
      this.aliases.delete(AliasName)
      current?.aliases.delete(AliasName)
      return
    }
    const input = { AliasName, TargetKeyId: key.arn }
    const isElsewhere = key.region !== REGION ? 'NotFoundException' : undefined
    if (what === 'alias') {
      const gone = isElsewhere ?? this.touched(key) ?? stateAnswer('CreateAlias', key)
      // The name of a key that is due to go is taken until somebody looks at that key.
      const expected = gone ?? (this.aliases.has(AliasName) ? 'AlreadyExistsException' : undefined)
      await this.expect(expected, 'CreateAlias', input)
      if (expected !== undefined) return
    } else {
      const gone = current === undefined ? 'NotFoundException' : (isElsewhere ?? this.touched(current, key))
      const isOther = current !== undefined && (current.kind === 'mac') !== (key.kind === 'mac')
      const expected = gone ?? stateAnswer('UpdateAlias', key) ?? (isOther ? 'ValidationException' : undefined)
      await this.expect(expected, 'UpdateAlias', input)
      if (expected !== undefined) return
      current?.aliases.delete(AliasName)
    }
    this.aliases.set(AliasName, key)
    key.aliases.add(AliasName)
  }

  private async changeTags(what: 'tag' | 'untag' | 'describe', key: ModelKey, text: string): Promise<void> {
    const name = what === 'tag' ? 'TagResource' : what === 'untag' ? 'UntagResource' : 'UpdateKeyDescription'
    const expected = this.touched(key) ?? stateAnswer(name, key)
    const KeyId = key.arn
    if (what === 'tag') {
      const Tags = [{ TagKey: text, TagValue: `${this.plaintexts}` }]
      await this.expect(expected, 'TagResource', { KeyId, Tags }, this.at(key))
    } else if (what === 'untag') await this.expect(expected, 'UntagResource', { KeyId, TagKeys: [text] }, this.at(key))
    else await this.expect(expected, 'UpdateKeyDescription', { KeyId, Description: text }, this.at(key))
    if (expected !== undefined) return
    if (what === 'tag') key.tags.set(text, `${this.plaintexts}`)
    else if (what === 'untag') key.tags.delete(text)
    else key.description = text
  }

  /** Everything that there is, in the service and in the model. */
  async compare(): Promise<void> {
    for (const key of this.keys) {
      const gone = this.touched(key)
      const KeyId = key.arn
      const caller = this.at(key)
      const metadata = (await this.expect(gone, 'DescribeKey', { KeyId }, caller))?.KeyMetadata
      if (metadata === undefined) continue
      expect([KeyId, metadata.KeyState, metadata.Enabled, metadata.Description]).toEqual([
        KeyId,
        key.state,
        key.state === 'Enabled',
        key.description,
      ])
      expect(metadata.DeletionDate?.getTime()).toBe(key.state === 'PendingDeletion' ? key.deletionAtMs : undefined)
      expect(metadata.MultiRegionConfiguration?.PrimaryKey?.Region).toBe(
        key.kind === 'multiRegion' ? key.family.primaryRegion : undefined,
      )
      const { Grants = [] } = (await this.expect(undefined, 'ListGrants', { KeyId }, caller)) ?? {}
      expect(Grants.map(({ GrantId = '' }) => GrantId).toSorted()).toEqual([...key.grants.keys()].toSorted())
      const { Tags = [] } = (await this.expect(undefined, 'ListResourceTags', { KeyId }, caller)) ?? {}
      expect(Tags.map(({ TagKey, TagValue }) => [TagKey, TagValue])).toEqual([...key.tags])
      const { Aliases = [] } = (await this.expect(undefined, 'ListAliases', { KeyId }, caller)) ?? {}
      expect(Aliases.map(({ AliasName = '' }) => AliasName).toSorted()).toEqual([...key.aliases].toSorted())
      if (key.kind === 'mac') continue
      const status = await this.expect(undefined, 'GetKeyRotationStatus', { KeyId }, caller)
      const { rotation, rotations } = key.family
      const isOn = rotation !== undefined && !key.state.endsWith('Deletion')
      expect([status?.KeyRotationEnabled, status?.NextRotationDate?.getTime()]).toEqual([
        isOn,
        isOn ? rotation.nextAtMs : undefined,
      ])
      const { Rotations = [] } = (await this.expect(undefined, 'ListKeyRotations', { KeyId }, caller)) ?? {}
      expect(Rotations).toHaveLength(rotations)
    }
    for (let number = 0; number < this.sealed.length; number++) {
      await this.decrypt(number, this.sealed[number]!.context, false)
    }
  }
}

function goneSource({ isGone }: ModelKey): string | undefined {
  return isGone ? 'AccessDeniedException' : undefined
}

/** A key is not found from another Region. */
function inRegion(from: ModelKey, to: ModelKey): string | undefined {
  return from.region === to.region ? undefined : 'NotFoundException'
}

function notSymmetric({ kind }: ModelKey): string | undefined {
  return kind === 'mac' ? 'InvalidKeyUsageException' : undefined
}

const CALLERS: readonly (readonly KmsCaller[])[] = [
  [ADMIN, NOBODY, NAMED],
  [ADMIN, NOBODY, NAMED].map((caller) => ({ ...caller, region: OTHER_REGION })),
]

const INPUTS: Readonly<Record<Kind, KmsInputs['CreateKey']>> = {
  symmetric: {},
  mac: { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
  external: { Origin: 'EXTERNAL' },
  multiRegion: { MultiRegion: true },
}

const STATE_OPERATIONS = {
  disable: 'DisableKey',
  enable: 'EnableKey',
  cancel: 'CancelKeyDeletion',
  delete: 'ScheduleKeyDeletion',
} as const

const ROTATION_OPERATIONS = {
  rotation: 'EnableKeyRotation',
  noRotation: 'DisableKeyRotation',
  rotate: 'RotateKeyOnDemand',
} as const
