/**
 * The work of `keyward explain`: the page of a rule, made from the rule, or that of a cause from the documentation.
 */
import { readFileSync } from 'node:fs'
import { CAUSES, type CauseCode } from '../aws/causes.js'
import { rulePage } from '../lint/report/rule-page.js'
import { RuleRegistry } from '../lint/rule-set.js'
import { RULES } from '../lint/rules/index.js'
import { quote } from '../text/escape.js'
import { didYouMean } from '../text/suggest.js'
import { EXIT, type ExitCode } from './exit-codes.js'
import { writeError, writeOut } from './terminal.js'

export async function runExplain(name: string, docs: URL): Promise<ExitCode> {
  const registry = new RuleRegistry(RULES)
  const rule = registry.find(name)
  if (rule !== undefined) {
    await writeOut(rulePage(rule))
    return EXIT.ok
  }
  const cause = name.toLowerCase()
  if (isCause(cause)) {
    await writeOut(readFileSync(new URL(`causes/${cause}.md`, docs), 'utf8'))
    return EXIT.ok
  }
  const many = registry.matching(name)
  if (many.length > 0) {
    await writeOut(many.map(({ id, name: called, docs: { what } }) => `${id}  ${called}: ${what}\n`).join(''))
    return EXIT.ok
  }
  const meant = registry.suggestion(name) ?? didYouMean(name, Object.keys(CAUSES), 2)
  const hint = meant === undefined ? '`keyward explain ALL` lists the rules' : `did you mean \`${meant}\`?`
  writeError(`keyward: no rule or cause is called ${quote(name)}; ${hint}\n`)
  return EXIT.usage
}

function isCause(name: string): name is CauseCode {
  return Object.hasOwn(CAUSES, name)
}
