/**
 * Other programs on the scenario of the benchmark: is each of the three answers right, and how many a CPU-second?
 *
 *   node run.mjs scenario.json      (bench/run.mjs writes the file and starts this)
 *
 * iam-simulate is given the AWS policies as they are. Cedar and Casbin have no notion of AWS's layers: the sixteen
 * statements were translated by hand, with the layers already combined (an Allow that needs two policies is one rule),
 * which makes their task smaller than the others'. A denial counts as explicit where the program names a denying rule.
 */
import { readFileSync } from 'node:fs'
import { cedarPeer } from './cedar.mjs'
import { casbinPeer } from './casbin.mjs'
import { iamSimulatePeer } from './iam-simulate.mjs'

const scenario = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const ROUNDS = 9

/** Rounds of about 200 ms of processor time each. */
async function measure(decide, requests) {
  const pass = async (times) => {
    const before = process.cpuUsage()
    for (let number = 0; number < times; number++) {
      const { context, encryptionContext, ...rest } = requests[number % requests.length]
      const answer = decide({ ...rest, context: { ...context }, encryptionContext: { ...encryptionContext } })
      if (answer instanceof Promise) await answer
    }
    const { user, system } = process.cpuUsage(before)
    return ((user + system) * 1000) / times
  }
  await pass(30)
  const calls = Math.max(30, Math.round(2e8 / (await pass(60)) / 3) * 3)
  await pass(calls)
  const rates = []
  for (let round = 0; round < ROUNDS; round++) rates.push(1e9 / (await pass(calls)))
  rates.sort((left, right) => left - right)
  return { median: rates[ROUNDS >> 1], least: rates[0], most: rates[ROUNDS - 1] }
}

const results = []
for (const make of [iamSimulatePeer, cedarPeer, casbinPeer]) {
  const { label, note, decide } = await make(scenario)
  const wrong = []
  for (const request of scenario.REQUESTS) {
    const said = await decide(request)
    if (said !== request.expected) wrong.push({ request: request.name, said, expected: request.expected })
  }
  results.push({ label, note, wrong, perSecond: await measure(decide, scenario.REQUESTS) })
}
console.log(JSON.stringify(results))
