/**
 * How fast a complete explanation is: as an object, and as the JSON that `keyward why --json` prints.
 */
import { explanationJson } from '../src/explain/explanation-json.js'
import { cpuNsPerCall, perSecond, type Bench, type Figure } from './measure.js'
import { REQUESTS } from './scenario.js'
import { rawRequest, scenarioWorld } from './world.js'

const INPUT = 'the scenario of `decide`; a fresh request and context object each call'

function explained(world: ReturnType<typeof scenarioWorld>, which: number) {
  const explanation = world.explain(rawRequest(REQUESTS[which]!))
  if (!explanation.ok) throw new Error(explanation.error.message)
  return explanation.value
}

function figures(work: (which: number) => unknown, atLeast: number): readonly Figure[] {
  return REQUESTS.map(({ name }, which) => ({
    label: name,
    unit: 'explanations per CPU-second',
    spread: perSecond(cpuNsPerCall({ calls: 10_000 }, () => work(which))),
    target: { text: `>= ${atLeast.toLocaleString('en')}`, atLeast },
  }))
}

export const traceObject: Bench = {
  name: 'trace',
  title: 'The record that an explanation is made from',
  input: INPUT,
  run() {
    const world = scenarioWorld()
    return REQUESTS.map((request) => ({
      label: request.name,
      unit: 'traces per CPU-second',
      spread: perSecond(cpuNsPerCall({ calls: 20_000 }, () => world.trace(rawRequest(request)))),
    }))
  },
}

export const explainObject: Bench = {
  name: 'explain',
  title: 'Complete explanation as an object',
  input: INPUT,
  run() {
    const world = scenarioWorld()
    return figures((which) => explained(world, which), 100_000)
  },
}

export const explainJson: Bench = {
  name: 'explain-json',
  title: 'Complete explanation as JSON text',
  input: INPUT,
  run() {
    const world = scenarioWorld()
    return figures((which) => JSON.stringify(explanationJson(explained(world, which))), 30_000)
  },
}
