/** `keyward redundant`: which statements change nothing, of one policy and across a world. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { registerRedundant } from '../../src/cli/redundant.js'
import { runCommand } from './run-command.js'

const folder = mkdtempSync(join(tmpdir(), 'keyward-redundant-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Printed {
  readonly statements: readonly {
    readonly policy: string
    readonly statement: string
    readonly index: number
    readonly reason: string
  }[]
  readonly unknown: readonly string[]
}

async function redundant(...args: readonly string[]): Promise<Printed & { readonly exitCode: unknown }> {
  const { out, exitCode } = await runCommand(registerRedundant, ['redundant', '--json', ...args])
  return { ...(JSON.parse(out) as Printed), exitCode }
}

function policy(name: string, statements: readonly object[]): string {
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify({ Version: '2012-10-17', Statement: statements }))
  return file
}

const allow = (action: string, more: object = {}): object => ({
  Effect: 'Allow',
  Action: action,
  Resource: '*',
  ...more,
})

test('an identity policy by itself: covered, unreachable, idle, each with its reason', async () => {
  const never = { StringEquals: { 'aws:RequestedRegion': 'a' }, StringNotEquals: { 'aws:RequestedRegion': 'a' } }
  const file = policy('identity', [
    allow('kms:*'),
    allow('kms:Decrypt'),
    allow('s3:GetObject', { Condition: never }),
    { Effect: 'Deny', Action: 'ec2:*', Resource: '*' },
    allow('kms:*'),
  ])
  const { statements, exitCode } = await redundant(file)
  expect(statements.map(({ index, reason }) => [index, reason])).toEqual([
    [1, 'covered'],
    [2, 'unreachable'],
    [3, 'idle'],
    [4, 'duplicate'],
  ])
  expect(exitCode).toBe(1)
})

test('a policy in which everything counts', async () => {
  const file = policy('needed', [
    allow('kms:Decrypt'),
    { Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
  ])
  expect(await redundant(file)).toEqual({ version: 1, statements: [], unknown: [], exitCode: 0 })
})

test('a key policy: a statement that a Deny shadows', async () => {
  const root = { AWS: 'arn:aws:iam::111122223333:root' }
  const file = policy('key', [
    { Effect: 'Allow', Principal: root, Action: 'kms:*', Resource: '*' },
    {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::222233334444:role/Partner' },
      Action: 'kms:Encrypt',
      Resource: '*',
    },
    {
      Effect: 'Deny',
      Principal: '*',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringNotEquals: { 'kms:CallerAccount': '111122223333' } },
    },
  ])
  const { statements } = await redundant(file)
  expect(statements.map(({ index, reason }) => [index, reason])).toContainEqual([1, 'denied'])
})

// "identity and SCP": a text that several have is edited once, and Action * is about every service.
test('across a world: nothing is told to go that another principal, account or service needs', async () => {
  const world = join(folder, 'shared')
  mkdirSync(world)
  const only = (statement: object): object => ({ Version: '2012-10-17', Statement: statement })
  const root = { AWS: 'arn:aws:iam::111122223333:root' }
  const nodes = ['111122223333', '222233334444', '999999999999']
  const body = {
    keyward: 'world/1',
    organization: {
      id: 'o-a1b2c3d4e5',
      managementAccount: '999999999999',
      root: { id: 'r-a1b2', name: 'Root', scps: ['FullAWSAccess', 'Keep'], accounts: nodes },
    },
    scps: { Keep: only({ Sid: 'NoDecrypt', Effect: 'Deny', Action: 'kms:Decrypt', Resource: '*' }) },
    accounts: {
      '999999999999': { scps: ['FullAWSAccess'] },
      '222233334444': { scps: ['FullAWSAccess'], users: { idle: {} } },
      '111122223333': {
        scps: ['FullAWSAccess'],
        region: 'us-west-2',
        policies: {
          Shared: only(allow('kms:Encrypt')),
          Keys: only(allow('kms:Sign')),
        },
        users: {
          free: { attached: ['Shared'], policies: { Read: only(allow('kms:Decrypt')) } },
          bound: { attached: ['Shared'], boundary: 'Keys' },
          both: { policies: { Both: only([{ Effect: 'Deny', Action: 'kms:*', Resource: '*' }, allow('*')]) } },
        },
        keys: {
          '1234abcd-12ab-34cd-56ef-1234567890ab': { policy: only({ ...allow('kms:*'), Principal: root }) },
        },
      },
    },
  }
  writeFileSync(join(world, 'world.json'), JSON.stringify(body))
  const { statements } = await redundant(world)
  expect(statements.map(({ policy: owner, index, reason }) => [owner, index, reason])).toEqual([
    ['identity policy of arn:aws:iam::111122223333:user/free', 0, 'denied'],
    ['permissions boundary of arn:aws:iam::111122223333:user/bound', 0, 'denied'],
  ])
}, 30_000)

test('across a world: an Allow of every service stays, whatever an SCP leaves of KMS', async () => {
  const { statements } = await redundant(
    'fixtures/acme/world',
    '--principals',
    '123456789012:role/lab/Researcher',
    '--keys',
    'alias/payments',
  )
  expect(statements.filter(({ policy: owner }) => owner.includes('role/lab/Researcher'))).toEqual([])
  // FullAWSAccess and its like for RCPs, which have no Sid.
  expect(statements.filter(({ statement }) => statement === 'statement 1')).toEqual([])
}, 30_000)
