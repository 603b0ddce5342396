/**
 * One entry of Action or NotAction: `service:Name` with wildcards in the name, or `*`.
 *
 * Knows the grammar of an action and nothing of what the services offer.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Action"; authorization.md A1, A2, A6.
 */
import type { ElementRules } from './element-rules.js'
import { quote } from '../text/escape.js'
import type { TextError } from '../text/grammar-reader.js'

const SERVICE_PREFIX = /^[A-Za-z0-9-]+$/
const WELL_FORMED = /^[A-Za-z0-9-]+:[^:]+$/

/** What is wrong with an action pattern, or undefined. */
export function actionError(pattern: string, rules: ElementRules): TextError | undefined {
  // Nearly every action there is.
  if (rules.onlyService === undefined && WELL_FORMED.test(pattern)) return undefined
  const whole = { start: 0, end: pattern.length }
  if (pattern === '*') {
    if (rules.anyAction === 'allowed') return undefined
    return {
      ...whole,
      message: `\`*\` alone cannot be an action of ${rules.called}`,
      hint: 'expected a service prefix, as in `kms:*`',
    }
  }
  const colon = pattern.indexOf(':')
  if (colon < 0) {
    return {
      ...whole,
      message: `${quote(pattern)} is not an action`,
      hint: 'expected `service:Name`, as in `kms:Decrypt`, or `*`',
    }
  }
  const prefix = pattern.slice(0, colon)
  const name = pattern.slice(colon + 1)
  const atPrefix = { start: 0, end: colon }
  if (prefix.includes('*') || prefix.includes('?')) {
    const hint =
      pattern === '*:*' && rules.anyAction === 'allowed'
        ? 'expected `*` alone, or a service prefix as in `kms:*`'
        : 'expected a service prefix, as in `kms:*`'
    return { ...atPrefix, message: `the service prefix of action ${quote(pattern)} has a wildcard`, hint }
  }
  if (!SERVICE_PREFIX.test(prefix)) {
    const span = prefix === '' ? whole : atPrefix
    return {
      ...span,
      message: `${quote(prefix)} is not a service prefix in action ${quote(pattern)}`,
      hint: 'expected `service:Name`, as in `kms:Decrypt`',
    }
  }
  if (name === '') {
    return {
      ...whole,
      message: `action ${quote(pattern)} has no name after its service prefix`,
      hint: `expected a name, or \`${prefix}:*\``,
    }
  }
  const second = name.indexOf(':')
  if (second >= 0) {
    const start = colon + 1 + second
    return {
      start,
      end: start + 1,
      message: `action ${quote(pattern)} has more than one colon`,
      hint: 'expected `service:Name`, as in `kms:Decrypt`',
    }
  }
  if (rules.onlyService !== undefined && prefix.toLowerCase() !== rules.onlyService) {
    return {
      ...atPrefix,
      message: `action ${quote(pattern)} cannot stand in ${rules.called}`,
      hint: `expected an action of \`${rules.onlyService}\`, as in \`sts:AssumeRole\``,
    }
  }
  return undefined
}
