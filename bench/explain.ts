/**
 * How fast a complete explanation is, as an object and as JSON, and the story that is told of it.
 */
import { explanationJson } from '../src/explain/explanation-json.js'
import { traceJson } from '../src/source/trace-json.js'
import { cpuNsPerCall, perSecond, type Bench, type Figure } from './measure.js'
import { REQUESTS } from './scenario.js'
import { rawRequest, scenarioWorld } from './world.js'

const INPUT = 'the scenario of `decide`; a fresh request and context object each call'

function explained(world: ReturnType<typeof scenarioWorld>, which: number) {
  const explanation = world.explain(rawRequest(REQUESTS[which]!))
  if (!explanation.ok) throw new Error(explanation.error.message)
  return explanation.value
}

function figures(unit: string, work: (which: number) => unknown, atLeast?: number): readonly Figure[] {
  return REQUESTS.map(({ name }, which) => ({
    label: name,
    unit: `${unit} per CPU-second`,
    spread: perSecond(cpuNsPerCall({ calls: 10_000 }, () => work(which))),
    ...(atLeast === undefined ? {} : { target: { text: `>= ${atLeast.toLocaleString('en')}`, atLeast } }),
  }))
}

function traced(world: ReturnType<typeof scenarioWorld>, which: number) {
  const trace = world.trace(rawRequest(REQUESTS[which]!))
  if (!trace.ok) throw new Error(trace.error.message)
  return trace.value
}

export const traceObject: Bench = {
  name: 'trace',
  title: 'Complete explanation as an object: every layer, statement and condition, wanted and got',
  input: INPUT,
  run() {
    const world = scenarioWorld()
    return figures('traces', (which) => traced(world, which), 100_000)
  },
}

export const traceText: Bench = {
  name: 'trace-json',
  title: 'Complete explanation as JSON, as `keyward eval --explain` prints it',
  input: INPUT,
  run() {
    const world = scenarioWorld()
    return figures('traces', (which) => JSON.stringify(traceJson(traced(world, which))), 30_000)
  },
}

export const explainObject: Bench = {
  name: 'explain',
  title: 'The story told of it: sentences, places in the source, near misses',
  input: INPUT,
  run() {
    const world = scenarioWorld()
    return figures('stories', (which) => explained(world, which), 100_000)
  },
}

export const explainJson: Bench = {
  name: 'explain-json',
  title: 'The story as JSON, as `keyward why --json` prints it',
  input: INPUT,
  run() {
    const world = scenarioWorld()
    return figures('stories', (which) => JSON.stringify(explanationJson(explained(world, which))), 30_000)
  },
}
