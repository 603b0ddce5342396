import { readFileSync } from 'node:fs'
import { test } from 'vitest'
import { RULES } from '../../src/lint/rules/index.js'
import { runCase, writings, type CaseFile } from './rule-cases.js'
test('x', () => {
  const noEffect: string[] = []; const noHelp: string[] = []; const wit: string[] = []
  for (const rule of RULES) {
    if (rule.on === 'run' || rule.on === 'template') continue
    const cases = JSON.parse(readFileSync(new URL(`rules/${rule.id}.json`, import.meta.url), 'utf8')) as CaseFile
    let total = 0, w = 0
    for (const c of cases.firing) {
      for (const f of runCase([rule], c, writings(c)[0]!)) {
        total++
        if (f.witness) w++
        if (f.effect === undefined) noEffect.push(`${rule.id} ${f.severity} ${f.message.slice(0, 80)}`)
        if (f.help === undefined) noHelp.push(`${rule.id} ${f.severity} ${f.message.slice(0, 80)}`)
      }
    }
    if (w > 0 || /^(LOG|DIF|ASR)|KEY00[1-9]/.test(rule.id)) wit.push(`${rule.id} ${w}/${total}`)
  }
  console.log('NOEFFECT\n' + noEffect.join('\n')); console.log('NOHELP\n' + noHelp.join('\n')); console.log('WIT ' + wit.join(', '))
})
