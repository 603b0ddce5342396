/**
 * Making the graph: compiling many statements, what they hold in memory, and changing one policy of a live world.
 */
import { createAuthorizer } from '../src/explain/authorizer.js'
import { compilePolicy, type CompiledPolicy } from '../src/graph/policy.js'
import { GraphTables } from '../src/graph/tables.js'
import { bytesInUse, cpuNsOf, cpuNsPerCall, keep, microseconds, milliseconds, spreadOf, type Bench } from './measure.js'
import { ACCOUNT, KEY_ARN, KEY_POLICY, REGION, ROLE_ARN, type Json } from './scenario.js'
import { parsed } from './world.js'

const PER_POLICY = 10

/** A policy of ten statements, no two alike: another key in each, another tenant in every third. */
function uniquePolicy(first: number): Json {
  const statement = (number: number): Json => ({
    Sid: `S${number}`,
    Effect: number % 10 === 9 ? 'Deny' : 'Allow',
    Action: ACTIONS[number % ACTIONS.length]!,
    Resource: `arn:aws:kms:${REGION}:${ACCOUNT}:key/${number.toString(16).padStart(8, '0')}-12ab-34cd-56ef-1234567890ab`,
    ...(number % 3 === 0 && {
      Condition: { StringEquals: { 'kms:EncryptionContext:tenant': [`tenant-${number}`, `tenant-${number + 1}`] } },
    }),
  })
  return {
    Version: '2012-10-17',
    Statement: Array.from({ length: PER_POLICY }, (_, index) => statement(first + index)),
  }
}

const ACTIONS: readonly Json[] = [
  'kms:Decrypt',
  ['kms:Decrypt', 'kms:GenerateDataKey*'],
  'kms:*',
  ['kms:Encrypt', 'kms:ReEncrypt*', 'kms:DescribeKey'],
]

export const compile: Bench = {
  name: 'compile',
  title: 'Compile 10,000 statements',
  input: '1,000 identity policies of 10 statements, no two statements alike; into empty tables each round',
  run() {
    const sources = Array.from({ length: 1000 }, (_, number) => JSON.stringify(uniquePolicy(number * PER_POLICY)))
    const documents = sources.map((text) => parsed(text, 'identity'))
    const compileAll = (): void => {
      const tables = new GraphTables()
      for (const document of documents) keep(compilePolicy(tables, document))
    }
    const readAll = (): void => {
      for (const text of sources) keep(parsed(text, 'identity'))
    }
    const cold = cpuNsOf(compileAll)
    const warm = cpuNsPerCall({ calls: 1, rounds: 9 }, compileAll)
    const reading = cpuNsPerCall({ calls: 1, rounds: 5 }, readAll)
    return [
      { label: 'compile', unit: 'ms CPU', spread: milliseconds(warm), target: { text: '<= 150', atMost: 150 } },
      { label: 'compile, first time in the process', unit: 'ms CPU', spread: milliseconds(spreadOf([cold])) },
      { label: 'read from JSON text with every check', unit: 'ms CPU', spread: milliseconds(reading) },
    ]
  },
}

export const memory: Bench = {
  name: 'memory',
  title: 'Memory of 1,000,000 unique statements',
  input: '100,000 identity policies of 10 statements, no two statements alike; after garbage collection',
  run() {
    const before = bytesInUse()
    const tables = new GraphTables()
    const policies: CompiledPolicy[] = []
    let units = 0
    for (let number = 0; number < 100_000; number++) {
      const text = JSON.stringify(uniquePolicy(number * PER_POLICY))
      units += text.length
      policies.push(compilePolicy(tables, parsed(text, 'identity')))
    }
    const total = bytesInUse() - before
    if (tables.rows.size !== 1_000_000 || policies.length !== 100_000) throw new Error('the statements are not unique')
    return [
      {
        label: 'graph and policy texts',
        unit: 'MB',
        spread: spreadOf([total / 1e6]),
        target: { text: '<= 500', atMost: 500 },
      },
      { label: 'of which texts, kept for explanations', unit: 'MB', spread: spreadOf([units / 1e6]) },
    ]
  },
}

export const put: Bench = {
  name: 'put',
  title: 'Put one key policy into a live world of 10,000 keys',
  input: 'key policies of 6 statements, each for its own role; the world answers a request after every change',
  run() {
    const world = createAuthorizer()
    const template = JSON.stringify(KEY_POLICY)
    const arn = (number: number): string => KEY_ARN.replace('1234abcd', number.toString(16).padStart(8, '0'))
    const text = (role: string): string => template.replaceAll(`${ROLE_ARN}"`, `arn:aws:iam::${ACCOUNT}:role/${role}"`)
    for (let number = 0; number < 10_000; number++) {
      world.putKey({ arn: arn(number), policy: parsed(text(`Role${number}`), 'key') })
    }
    // Each time a role that the world has not met, so nothing of the policy is known.
    let next = 10_000
    const put = (count: number) => {
      const changes = Array.from({ length: count }, (_, index) => {
        const source = text(`Role${next++}`)
        return { arn: arn((index * 7919) % 10_000), source, policy: parsed(source, 'key') }
      })
      return changes
    }
    const spreadOfRounds = (work: (change: ReturnType<typeof put>[number]) => void) =>
      spreadOf(
        Array.from({ length: 9 }, () => {
          const changes = put(500)
          return cpuNsOf(() => changes.forEach(work)) / changes.length
        }),
      )
    const ask = (resource: string): void =>
      keep(world.authorize({ principal: ROLE_ARN, action: 'kms:Decrypt', resource, context: {}, derive: false }))
    const changed = spreadOfRounds(({ arn: key, policy }) => world.putKey({ arn: key, policy }))
    const answered = spreadOfRounds(({ arn: key, policy }) => {
      world.putKey({ arn: key, policy })
      ask(key)
    })
    const read = spreadOfRounds(({ arn: key, source }) => {
      world.putKey({ arn: key, policy: parsed(source, 'key') })
      ask(key)
    })
    const target = { text: '<= 200', atMost: 200 }
    return [
      { label: 'put a parsed policy', unit: 'us CPU', spread: microseconds(changed), target },
      { label: 'and ask for that key', unit: 'us CPU', spread: microseconds(answered), target },
      { label: 'read from JSON text, put and ask', unit: 'us CPU', spread: microseconds(read) },
    ]
  },
}
