/**
 * Linting inside one process: a policy that names thousands of actions.
 */
import { servicePrefixes, serviceByPrefix } from '../src/aws/service.js'
import { EMBEDDED_READERS } from '../src/cli/lint-readers.js'
import { defaultConfig } from '../src/lint/config.js'
import { Linter } from '../src/lint/lint.js'
import { RULES } from '../src/lint/rules/index.js'
import { actionPolicy } from './lint-inputs.mjs'
import { cpuNsOf, keep, spreadOf, type Bench, type Figure } from './measure.js'

const ACTIONS = 4500
const ROUNDS = 15
const WARM_UP = 10

export const lintActions: Bench = {
  name: 'lint-actions',
  title: 'A policy of 4,500 actions',
  input: `${ACTIONS.toLocaleString('en')} actions of every service in statements of a hundred; all default rules; another text each time`,
  run: linting,
}

function linting(): readonly Figure[] {
  const linter = new Linter(RULES, {
    config: defaultConfig(),
    choice: {},
    today: '2026-01-01',
    readers: EMBEDDED_READERS,
  })
  const text = JSON.stringify(actionPolicy(names()), undefined, 2)
  let number = 0
  const lint = (): number => {
    const source = { name: 'policy.json', text: text.replace('"Part0"', `"Part${1000 + number++}"`) }
    return cpuNsOf(() => {
      const { findings, policies } = linter.look(source, true)
      if (policies !== 1) throw new Error('the policy was not found')
      if (findings.some(({ rule }) => rule.id.startsWith('ACT'))) throw new Error('an action is not known')
      keep(findings)
    })
  }
  const first = lint()
  for (let round = 0; round < WARM_UP; round++) lint()
  const others = Array.from({ length: ROUNDS }, lint)
  return [
    {
      label: 'one of many',
      unit: 'ms CPU',
      spread: spreadOf(others.map((ns) => ns / 1e6)),
      target: { text: '<= 50', atMost: 50 },
    },
    { label: 'the first of a process, which reads the catalogue', unit: 'ms CPU', spread: spreadOf([first / 1e6]) },
  ]
}

/** Evenly out of all there are. */
function names(): readonly string[] {
  const all = servicePrefixes().flatMap((prefix) =>
    [...(serviceByPrefix(prefix)?.actions.values() ?? [])].map(({ name }) => `${prefix}:${name}`),
  )
  return Array.from({ length: ACTIONS }, (_, index) => all[Math.floor((index * all.length) / ACTIONS)] ?? '')
}
