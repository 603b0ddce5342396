/**
 * Worlds and policies that symbolic questions are measured on: made up by number, the same in every run.
 */
import type { PolicyDocument } from '../src/policy/document.js'
import type { WorldDefinition } from '../src/solve/world.js'
import { ACCOUNT, KEY_ARN, REGION, type Json } from './scenario.js'
import { parsed } from './world.js'

type Statement = Readonly<Record<string, Json>>

/** A small generator of numbers, so that every run asks the same. */
class Numbers {
  constructor(private state: number) {}

  below(limit: number): number {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((this.state / 2 ** 32) * limit)
  }

  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!
  }

  /** Several, in their order. */
  some(values: readonly string[], count: number): readonly string[] {
    const first = this.below(values.length)
    return Array.from({ length: count }, (_, index) => values[(first + index) % values.length]!)
  }
}

const named = (count: number, name: (number: number) => string): readonly string[] =>
  Array.from({ length: count }, (_, number) => name(number))

const ROLES = named(24, (number) => `arn:aws:iam::${ACCOUNT}:role/team-${number}/App`)
const TENANTS = named(40, (number) => `tenant-${number}`)
const SERVICES = ['s3', 'ec2', 'rds', 'sqs', 'lambda', 'secretsmanager', 'dynamodb', 'logs']
const VIA = SERVICES.map((service) => `${service}.${REGION}.amazonaws.com`)
const ACTIONS = ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey*', 'kms:ReEncrypt*', 'kms:DescribeKey']
const NETWORKS = named(12, (number) => `10.${number * 16}.0.0/12`)
const ORGANIZATION = 'o-a1b2c3d4e5'

/** Four conditions: who and through what, for whom, from where, and when. */
function fourConditions(numbers: Numbers): Json {
  const network = { [numbers.of(['IpAddress', 'NotIpAddress'])]: { 'aws:SourceIp': numbers.some(NETWORKS, 2) } }
  const age = { NumericLessThan: { 'aws:MultiFactorAuthAge': String(300 * (1 + numbers.below(12))) } }
  return {
    StringEquals: {
      'kms:EncryptionContext:tenant': numbers.some(TENANTS, 3),
      'aws:PrincipalTag/team': numbers.some(TENANTS, 2),
    },
    StringLike: {
      'kms:ViaService': numbers.below(2) === 0 ? numbers.some(VIA, 2) : [`${numbers.of(SERVICES)}.*.amazonaws.com`],
    },
    ...(numbers.below(2) === 0 ? network : age),
  }
}

function keyStatement(numbers: Numbers): Statement {
  const deny = numbers.below(6) === 0
  return {
    Effect: deny ? 'Deny' : 'Allow',
    Principal: deny ? '*' : { AWS: numbers.some(ROLES, 2) },
    Action: numbers.some(ACTIONS, 2),
    Resource: '*',
    Condition: fourConditions(numbers),
  }
}

function identityStatement(numbers: Numbers): Statement {
  return {
    Effect: numbers.below(6) === 0 ? 'Deny' : 'Allow',
    Action: numbers.some(ACTIONS, 2),
    Resource: numbers.below(3) === 0 ? KEY_ARN : `arn:aws:kms:*:${ACCOUNT}:key/*`,
    Condition: fourConditions(numbers),
  }
}

const STATEMENTS = 50
/** Statements of the newer policy that are others. */
const CHANGED = 3

const DELEGATION: Statement = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
}

export interface Pair<T> {
  readonly before: T
  readonly after: T
}

function statementPairs(
  numbers: Numbers,
  first: readonly Statement[],
  make: (numbers: Numbers) => Statement,
): Pair<readonly Statement[]> {
  const before = [...first, ...Array.from({ length: STATEMENTS - first.length }, () => make(numbers))]
  const after = [...before]
  for (let change = 0; change < CHANGED; change++) {
    after[first.length + numbers.below(STATEMENTS - first.length)] = make(numbers)
  }
  return { before, after }
}

const policyOf = (statements: readonly Statement[], kind: 'key' | 'identity'): PolicyDocument =>
  parsed({ Version: '2012-10-17', Statement: statements }, kind)

/** Two key policies of fifty statements, each with four conditions; three of them differ. */
export function keyPolicyPair(seed: number): Pair<PolicyDocument> {
  const { before, after } = statementPairs(new Numbers(seed), [], keyStatement)
  return { before: policyOf(before, 'key'), after: policyOf(after, 'key') }
}

const SCPS: readonly (readonly Json[])[] = [
  [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    {
      Effect: 'Deny',
      NotAction: ['iam:*', 'sts:*'],
      Resource: '*',
      Condition: { StringNotEquals: { 'aws:RequestedRegion': [REGION, 'eu-central-1'] } },
    },
  ],
  [
    { Effect: 'Allow', Action: ['kms:*', 's3:*'], Resource: '*' },
    {
      Effect: 'Deny',
      Action: 'kms:ScheduleKeyDeletion',
      Resource: '*',
      Condition: { ArnNotLike: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:role/break-glass/*` } },
    },
  ],
]

const RCPS: readonly Json[] = [
  {
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:*',
    Resource: '*',
    Condition: {
      StringNotEqualsIfExists: { 'aws:PrincipalOrgID': ORGANIZATION },
      BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' },
    },
  },
  {
    Effect: 'Deny',
    Principal: '*',
    Action: 'kms:*',
    Resource: '*',
    Condition: { Bool: { 'aws:SecureTransport': 'false' } },
  },
]

export function guardrails(): NonNullable<WorldDefinition['accounts']> {
  const version = '2012-10-17'
  return [
    {
      accountId: ACCOUNT,
      organizationId: ORGANIZATION,
      scps: SCPS.map((Statement) => [parsed({ Version: version, Statement }, 'scp')]),
      rcps: [[parsed({ Version: version, Statement: RCPS }, 'rcp')]],
    },
  ]
}

/** A role with fifty statements on a key with fifty, under guardrails; three statements of each policy differ. */
export function worldPair(seed: number): Pair<WorldDefinition> {
  const numbers = new Numbers(seed)
  const key = statementPairs(numbers, [DELEGATION], keyStatement)
  const identity = statementPairs(numbers, [], identityStatement)
  const accounts = guardrails()
  const world = (which: keyof Pair<unknown>): WorldDefinition => ({
    accounts,
    keys: [{ arn: KEY_ARN, policy: policyOf(key[which], 'key') }],
    principals: [{ arn: ROLES[0]!, policies: [policyOf(identity[which], 'identity')] }],
  })
  return { before: world('before'), after: world('after') }
}

/** Kinds of principals, each with policies of its own. */
const IDENTITY_KINDS: readonly (readonly Statement[])[] = [
  [{ Effect: 'Allow', Action: ['s3:*', 'sqs:*'], Resource: '*' }],
  [{ Effect: 'Allow', Action: ['kms:Decrypt', 'kms:DescribeKey'], Resource: `arn:aws:kms:*:${ACCOUNT}:key/*` }],
  [
    {
      Effect: 'Allow',
      Action: 'kms:*',
      Resource: '*',
      Condition: { StringEquals: { 'kms:ViaService': VIA.slice(0, 2) } },
    },
  ],
  [
    { Effect: 'Allow', Action: '*', Resource: '*' },
    {
      Effect: 'Deny',
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'false' } },
    },
  ],
]

function principalsOf(count: number): NonNullable<WorldDefinition['principals']> {
  const kinds = IDENTITY_KINDS.map((statements) => [policyOf(statements, 'identity')])
  return Array.from({ length: count }, (_, number) => ({
    arn: `arn:aws:iam::${ACCOUNT}:${number % 4 === 3 ? 'user' : 'role'}/team-${number % 50}/principal-${number}`,
    policies: kinds[(number >> 2) % kinds.length]!,
    tags: { team: `tenant-${number % 2}` },
  }))
}

const BY_TENANT: Statement = {
  Effect: 'Allow',
  Principal: { AWS: ROLES[0]! },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
  Resource: '*',
  Condition: { StringEquals: { 'kms:EncryptionContext:tenant': ['tenant-0', 'tenant-1'] } },
}

const ADMINISTRATORS: Statement = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/team-0/principal-0` },
  Action: ['kms:Put*', 'kms:Describe*', 'kms:Enable*'],
  Resource: '*',
}

/** Principals of four kinds, and one key that leaves them to their policies and names two roles besides. */
export function crowdedWorld(principals: number): WorldDefinition {
  return {
    accounts: guardrails(),
    keys: [{ arn: KEY_ARN, policy: policyOf([DELEGATION, BY_TENANT, ADMINISTRATORS], 'key') }],
    principals: principalsOf(principals),
  }
}

export function keyArn(number: number): string {
  return `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-${number.toString(16).padStart(12, '0')}`
}

/** The same with many keys, the policy of each naming another role. */
export function squareWorld(principals: number, keys: number): WorldDefinition {
  return {
    accounts: guardrails(),
    keys: Array.from({ length: keys }, (_, number) => ({
      arn: keyArn(number),
      policy: policyOf(
        [DELEGATION, { ...ADMINISTRATORS, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/owner-${number}` } }],
        'key',
      ),
    })),
    principals: principalsOf(principals),
  }
}
