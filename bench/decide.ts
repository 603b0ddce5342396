/**
 * How fast a decision is: from a raw request, through a bound gate, and where no two requests in a row are alike.
 */
import { createAuthorizer, type Authorizer } from '../src/explain/authorizer.js'
import type { AuthorizationRequest } from '../src/decide/resolve.js'
import {
  cpuNsOf,
  cpuNsPerCall,
  keep,
  p99Ns,
  perSecond,
  spreadOf,
  type Bench,
  type Figure,
  type Spread,
} from './measure.js'
import {
  ACCOUNT,
  KEY_ARN,
  KEY_POLICY,
  REQUESTS,
  ROLE_ARN,
  SESSION_ARN,
  type Json,
  type ScenarioRequest,
} from './scenario.js'
import { parsed, rawBoundRequest, rawRequest, scenarioGate, scenarioWorld } from './world.js'

const CALLS = 200_000
const SCENARIO = 'key policy 6 statements (4 with conditions), 4 identity policies, SCP 2, RCP 2, 16 context keys'

/** The three requests in turn; the figure of all is for a mix of equal parts. */
function byRequest(
  make: (which: number) => () => unknown,
  { calls, target }: { readonly calls: number; readonly target?: Figure['target'] },
): readonly Figure[] {
  const spreads = REQUESTS.map((_, which) => cpuNsPerCall({ calls }, make(which)))
  const mean = (part: keyof Spread): number => spreads.reduce((sum, each) => sum + each[part], 0) / spreads.length
  const mixed = spreadOf([mean('median'), mean('least'), mean('most')])
  return [
    {
      label: 'all three in equal parts',
      unit: 'decisions per CPU-second',
      spread: perSecond(mixed),
      ...(target && { target }),
    },
    ...REQUESTS.map(({ name }, which) => ({
      label: name,
      unit: 'ns CPU',
      spread: spreads[which] ?? mixed,
    })),
  ]
}

export const decideRaw: Bench = {
  name: 'decide',
  title: 'Decide, raw request object',
  input: `${SCENARIO}; a fresh request and context object each call`,
  run() {
    const world = scenarioWorld()
    const figures = byRequest((which) => () => world.authorize(rawRequest(REQUESTS[which]!)), {
      calls: CALLS,
      target: { text: '>= 1,000,000', atLeast: 1e6 },
    })
    const p99 = p99Ns((number) => world.authorize(rawRequest(REQUESTS[number % REQUESTS.length]!)), { calls: 100_000 })
    return [
      ...figures,
      {
        label: 'p99 of single calls, the three in turn',
        unit: 'ns wall',
        spread: p99,
        target: { text: '<= 3,000', atMost: 3000 },
      },
    ]
  },
}

export const decideParsed: Bench = {
  name: 'decide-json',
  title: 'Decide, requests that come from JSON.parse',
  input: `${SCENARIO}; 20,000 requests a round, parsed anew outside the measured time, so no text is known to the engine`,
  run() {
    const world = scenarioWorld()
    const count = 20_000
    const text = JSON.stringify(
      Array.from({ length: count }, (_, number) => rawRequest(REQUESTS[number % REQUESTS.length]!)),
    )
    const times = Array.from({ length: 11 }, () => {
      const requests = JSON.parse(text) as readonly AuthorizationRequest[]
      return onePass(requests, (request) => world.authorize(request))
    })
    return [
      { label: 'all three in turn', unit: 'decisions per CPU-second', spread: perSecond(spreadOf(times.slice(2))) },
    ]
  },
}

function onePass(
  requests: readonly AuthorizationRequest[],
  authorize: (request: AuthorizationRequest) => unknown,
): number {
  const work = cpuNsOf(() => {
    for (const request of requests) keep(authorize(request))
  })
  return work / requests.length
}

export const decideDerived: Bench = {
  name: 'decide-derive',
  title: 'Decide, condition keys derived',
  input: `${SCENARIO}, of which the request gives the caller, the action, the key, its encryption context and four keys`,
  run() {
    const world = scenarioWorld()
    const make = (which: number) => {
      const { principal, action, resource, encryptionContext, context } = REQUESTS[which]!
      return (): unknown =>
        world.authorize({
          principal,
          action,
          resource,
          encryptionContext: { ...encryptionContext },
          context: {
            'aws:PrincipalOrgID': context['aws:PrincipalOrgID'],
            'aws:SecureTransport': 'true',
            'aws:CurrentTime': context['aws:CurrentTime'],
            'kms:ViaService': context['kms:ViaService'],
          },
        })
    }
    return byRequest(make, { calls: CALLS / 4 })
  },
}

export const decideBound: Bench = {
  name: 'bound',
  title: 'Decide through a bound gate',
  input: `${SCENARIO}; caller and key bound once, a fresh request and context object each call`,
  run() {
    const gate = scenarioGate(scenarioWorld())
    return byRequest((which) => () => gate.authorize(rawBoundRequest(REQUESTS[which]!)), {
      calls: CALLS * 2,
      target: { text: '>= 4,000,000', atLeast: 4e6 },
    })
  },
}

const PAIRS = 10_000

export const decideScattered: Bench = {
  name: 'decide-scattered',
  title: 'Decide where no caller or key comes again soon',
  input: `10,000 keys and 10,000 roles, each key with a policy of 6 statements for its own role; requests for ${PAIRS.toLocaleString('en')} pairs in a scattered order`,
  run() {
    const world = createAuthorizer()
    const template = JSON.stringify(KEY_POLICY)
    const pairs = Array.from({ length: PAIRS }, (_, number) => {
      const role = `Payments${number}`
      const keyArn = KEY_ARN.replace('1234abcd', number.toString(16).padStart(8, '0'))
      const policy = JSON.parse(template.replaceAll(`${ROLE_ARN}"`, `arn:aws:iam::${ACCOUNT}:role/${role}"`)) as Json
      world.putKey({ arn: keyArn, policy: parsed(policy, 'key') })
      return requestBy(SESSION_ARN.replace('Payments', role), keyArn)
    })
    // A full cycle through all pairs in no order: the step and the number of pairs share no divisor.
    const ask = (asked: Authorizer, number: number): unknown =>
      asked.authorize(rawRequest(pairs[(number * 7919) % PAIRS]!))
    const answer = world.authorize(rawRequest(pairs[17]!))
    if (answer.decision !== 'allow') throw new Error(`a scattered request is decided ${answer.decision}`)
    // A fork knows the same policies and has met nobody yet.
    const first = Array.from({ length: 7 }, () => {
      const fork = world.fork()
      return cpuNsOf(() => {
        for (let number = 0; number < PAIRS; number++) keep(ask(fork, number))
      })
    })
    const again = cpuNsPerCall({ calls: PAIRS * 4, rounds: 5 }, (number) => ask(world, number))
    const unit = 'decisions per CPU-second'
    return [
      {
        label: 'allow, every pair for the first time',
        unit,
        spread: perSecond(spreadOf(first.slice(2).map((time) => time / PAIRS))),
      },
      { label: 'allow, every pair again and again', unit, spread: perSecond(again) },
    ]
  },
}

function requestBy(principal: string, resource: string): ScenarioRequest {
  const { name, expected, action, encryptionContext, context } = REQUESTS[0]!
  return { name, expected, principal, action, resource, encryptionContext, context }
}
