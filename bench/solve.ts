/**
 * How fast symbolic questions are answered: differences, who can, and advice.
 *
 * Answers are looked at, so that none is fast by not being given.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { groundsOf } from '../src/explain/access-grounds.js'
import { adviseOn } from '../src/explain/advice/advise.js'
import { diff, whoCanIn } from '../src/explain/symbolic.js'
import { matrixOf, whoCanRows } from '../src/explain/who-can-report.js'
import type { Comparison } from '../src/solve/access.js'
import { comparePolicies } from '../src/solve/policies.js'
import { snapshotOf } from '../src/solve/world.js'
import { cpuNsOf, cpuNsPerCall, keep, milliseconds, spreadOf, type Bench, type Figure } from './measure.js'
import { KEY_ARN, REQUESTS, SESSION_ARN } from './scenario.js'
import { crowdedWorld, keyArn, keyPolicyPair, squareWorld, worldPair } from './solve-worlds.js'
import { parsed, rawRequest, scenarioWorld } from './world.js'

const PAIRS = 40
const ROUNDS = 5
const MILLISECONDS = 'CPU milliseconds'

const atMost = (limit: number, what = 'ms'): { readonly text: string; readonly atMost: number } => ({
  text: `<= ${limit} ${what}`,
  atMost: limit,
})

/** CPU milliseconds of each, the middle of several, after a round that nobody counts. */
function timesOf(count: number, ask: (number: number) => Comparison): readonly number[] {
  for (let number = 0; number < count; number++) {
    const { verdict, reason } = ask(number)
    if (verdict === 'unknown') throw new Error(`pair ${number} is left open: ${reason ?? ''}`)
  }
  return Array.from({ length: count }, (_, number) => {
    const rounds = Array.from({ length: ROUNDS }, () => cpuNsOf(() => keep(ask(number))) / 1e6)
    return spreadOf(rounds).median
  })
}

function figuresOf(times: readonly number[], medianMs: number, worstMs: number): readonly Figure[] {
  const worst = Math.max(...times)
  return [
    { label: 'a pair', unit: MILLISECONDS, spread: spreadOf(times), target: atMost(medianMs) },
    { label: 'the worst', unit: MILLISECONDS, spread: spreadOf([worst]), target: atMost(worstMs) },
  ]
}

export const diffKeyPolicies: Bench = {
  name: 'solve-diff',
  title: 'What changed between two key policies',
  input: `${PAIRS} pairs of 50 statements with 4 conditions each, 3 statements changed; both directions, every difference with a witness`,
  run() {
    const pairs = Array.from({ length: PAIRS }, (_, seed) => keyPolicyPair(seed))
    const ask = (number: number): Comparison => {
      const { before, after } = pairs[number]!
      return comparePolicies(before, after, 'key', { keyArn: KEY_ARN })
    }
    return figuresOf(timesOf(PAIRS, ask), 50, 100)
  },
}

export const diffWorlds: Bench = {
  name: 'solve-diff-worlds',
  title: 'What changed in effective access',
  input: `${PAIRS} pairs of worlds: a key policy and an identity policy of 50 statements with 4 conditions each, two SCPs and an RCP; 3 statements of each policy changed; read from documents`,
  run() {
    const pairs = Array.from({ length: PAIRS }, (_, seed) => worldPair(seed))
    const ask = (number: number): Comparison => diff(pairs[number]!.before, pairs[number]!.after)
    return figuresOf(timesOf(PAIRS, ask), 100, 100)
  },
}

const VERSION_PAIRS = join(process.env['KEYWARD_SHARED'] ?? '../shared', 'corpora/aws-managed-policy-version-pairs')

export const diffVersions: Bench = {
  name: 'solve-versions',
  title: 'What changed between versions of AWS managed policies',
  input: 'pairs of versions as published; all services; each asked once, the first ones before anything is compiled',
  lacks: () => (existsSync(VERSION_PAIRS) ? undefined : 'the published policies are not there'),
  run() {
    const files = readdirSync(VERSION_PAIRS).filter((name) => name.endsWith('.json'))
    let open = 0
    const times = files.map((name) => {
      const { before, after } = JSON.parse(readFileSync(join(VERSION_PAIRS, name), 'utf8')) as Record<string, unknown>
      const [old, now] = [parsed(before, 'identity'), parsed(after, 'identity')]
      return (
        cpuNsOf(() => {
          if (comparePolicies(old, now, 'identity').verdict === 'unknown') open += 1
        }) / 1e6
      )
    })
    const sorted = times.toSorted((left, right) => left - right)
    const at = (share: number): number => sorted[Math.ceil(sorted.length * share) - 1]!
    return [
      { label: `${files.length} pairs`, unit: MILLISECONDS, spread: spreadOf(times) },
      { label: 'the 95th percentile', unit: MILLISECONDS, spread: spreadOf([at(0.95)]), target: atMost(300) },
      { label: 'the worst', unit: MILLISECONDS, spread: spreadOf([at(1)]), target: atMost(5000) },
      {
        label: 'left open',
        unit: 'percent',
        spread: spreadOf([(100 * open) / files.length]),
        target: atMost(2, 'percent'),
      },
    ]
  },
}

const PRINCIPALS = 10_000

export const whoCan: Bench = {
  name: 'solve-who-can',
  title: 'Who can decrypt with one key',
  input: `${PRINCIPALS.toLocaleString('en')} principals with policies of four kinds and tags of two, all in an account with two SCPs and an RCP; strangers included`,
  run() {
    const definition = crowdedWorld(PRINCIPALS)
    const snapshot = snapshotOf(definition)
    const scope = { actions: ['kms:Decrypt'], resources: [KEY_ARN] }
    const options = { maxListed: Number.MAX_SAFE_INTEGER }
    const asked = (): ReturnType<typeof whoCanIn> => {
      const list = whoCanIn(snapshot, scope, options)
      if (list.answer !== 'complete') throw new Error(`left open: ${list.reason ?? ''}`)
      return list
    }
    const list = asked()
    if (list.answer === 'unknown' || list.access.flatMap(({ callers }) => callers).length < PRINCIPALS / 2)
      throw new Error('too few can')
    const answer = cpuNsPerCall({ calls: 1, rounds: 7 }, asked)
    const rows = cpuNsPerCall({ calls: 1, rounds: 7 }, () =>
      whoCanRows(
        list.access,
        ({ arn }) => arn ?? '',
        (each) => {
          const grounds = groundsOf(snapshot, each)
          return (caller) =>
            (grounds.get(caller) ?? []).map(({ parts, ...ground }) => ({
              ...ground,
              because: parts.map(({ layer }) => layer),
            }))
        },
      ),
    )
    const lowered = cpuNsPerCall({ calls: 1, rounds: 5 }, () => snapshotOf(definition))
    return [
      {
        label: 'the answer, of a world in memory',
        unit: MILLISECONDS,
        spread: milliseconds(answer),
        target: atMost(100),
      },
      { label: 'a row for each caller, with what it rests on', unit: MILLISECONDS, spread: milliseconds(rows) },
      { label: 'the world itself, from documents', unit: MILLISECONDS, spread: milliseconds(lowered) },
    ]
  },
}

const SIDE = 1000

export const matrix: Bench = {
  name: 'solve-matrix',
  title: 'Principals by keys: who can decrypt with which',
  input: `${SIDE.toLocaleString('en')} principals with policies of four kinds, ${SIDE.toLocaleString('en')} keys each of which names a role of its own; strangers included; once, as \`keyward who-can --matrix\` asks it`,
  run() {
    const snapshot = snapshotOf(squareWorld(SIDE, SIDE))
    const keys = Array.from({ length: SIDE }, (_, number) => ({ what: String(number), arn: keyArn(number) }))
    let progress = 0
    let cells = 0
    const nanoseconds = cpuNsOf(() => {
      const options = { maxListed: Number.MAX_SAFE_INTEGER, onProgress: () => void (progress += 1) }
      const list = whoCanIn(snapshot, { actions: ['kms:Decrypt'] }, options)
      if (list.answer !== 'complete') throw new Error(`left open: ${list.reason ?? ''}`)
      const made = matrixOf(
        whoCanRows(
          list.access,
          ({ arn }) => arn ?? '',
          () => () => [],
        ),
        keys,
      )
      cells = made.cells.flat().filter((cell) => cell !== 'no').length
    })
    if (cells < (SIDE * SIDE) / 2 || progress === 0) throw new Error(`${cells} cells, ${progress} calls of progress`)
    return [
      {
        label: 'the matrix, of a world in memory',
        unit: 'CPU seconds',
        spread: spreadOf([nanoseconds / 1e9]),
        target: atMost(30, 's'),
      },
      {
        label: 'memory of the process at most',
        unit: 'MB',
        spread: spreadOf([process.resourceUsage().maxRSS / 1000]),
        target: atMost(1000, 'MB'),
      },
    ]
  },
}

export const advice: Bench = {
  name: 'solve-advice',
  title: 'The cheapest changes that would allow a denied call',
  input: `the denied requests of \`decide\`; five alternatives at most, each with its edit; the call of ${SESSION_ARN.split('/')[1] ?? ''} traced before`,
  run() {
    const world = scenarioWorld()
    // A search that finds nothing takes its time as well.
    const denied = REQUESTS.filter(({ expected }) => expected !== 'allow')
    return denied.flatMap((request) => {
      const traced = world.trace(rawRequest(request))
      if (!traced.ok) throw new Error(traced.error.message)
      const found = adviseOn(traced.value)
      const spread = milliseconds(cpuNsPerCall({ calls: 50, rounds: 7 }, () => adviseOn(traced.value)))
      const label = `${request.name}: ${found.advice.length} alternatives`
      return [{ label, unit: MILLISECONDS, spread, target: atMost(10) }]
    })
  },
}
