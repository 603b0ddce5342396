/**
 * Which rules run: by preset, by selection and exclusion, each rule known by its id, its name, its former names and by
 * the beginning of its id.
 *
 * Source: docs/lint.md, "Choosing rules".
 */
import type { LintRule, RuleOptionValue, Severity } from './rule.js'
import { didYouMean } from '../text/suggest.js'

export type Preset = 'default' | 'strict'

/** What a configuration or a command line says of rules. Later layers win. */
export interface RuleChoice {
  readonly preset?: Preset
  /** When not empty, only these run. */
  readonly select?: readonly string[]
  /** Run beside those of the preset. */
  readonly extend?: readonly string[]
  readonly ignore?: readonly string[]
  readonly rules?: Readonly<Record<string, RuleSetting>>
}

export type RuleSetting = 'off' | Severity | RuleSettings

export interface RuleSettings {
  readonly severity?: 'off' | Severity
  readonly options?: Readonly<Record<string, RuleOptionValue>>
}

export interface ActiveRule {
  readonly rule: LintRule
  /** Of the configuration, which wins over what the rule says. */
  readonly severity?: Severity
  readonly options: Readonly<Record<string, RuleOptionValue>>
  /** Findings of medium precision count. */
  readonly takesMedium: boolean
}

/** All rules, and how they are found by what people write. */
export class RuleRegistry {
  private readonly byName = new Map<string, LintRule>()

  constructor(readonly rules: readonly LintRule[]) {
    for (const rule of rules) {
      for (const name of [rule.id, rule.name, ...(rule.aliases ?? [])]) this.byName.set(name.toLowerCase(), rule)
    }
  }

  find(name: string): LintRule | undefined {
    return this.byName.get(name.toLowerCase())
  }

  /** The rules that an id, a name, or the beginning of an id stands for; `ALL` stands for all. */
  matching(selector: string): readonly LintRule[] {
    const exact = this.find(selector)
    if (exact !== undefined) return [exact]
    const prefix = selector.toUpperCase()
    if (prefix === 'ALL') return this.rules
    return /^[A-Z]{1,3}[0-9]{0,3}$/.test(prefix) ? this.rules.filter(({ id }) => id.startsWith(prefix)) : []
  }

  suggestion(selector: string): string | undefined {
    return didYouMean(
      selector,
      this.rules.flatMap(({ id, name }) => [id, name]),
      2,
    )
  }

  /** Selectors of a choice that stand for no rule. */
  unknown({ select = [], extend = [], ignore = [], rules = {} }: RuleChoice): readonly string[] {
    return [...select, ...extend, ...ignore, ...Object.keys(rules)].filter(
      (selector) => this.matching(selector).length === 0,
    )
  }

  /** The rules that run under the choices, of which a later one wins over those before. */
  active(choices: readonly RuleChoice[], needs: RuleNeeds = {}): readonly ActiveRule[] {
    const preset = choices.findLast((choice) => choice.preset !== undefined)?.preset ?? 'default'
    const chosen = new Set(this.rules.filter((rule) => isInPreset(rule, preset, needs)))
    const named = new Set<LintRule>()
    const settings = new Map<LintRule, RuleSettings>()
    for (const { select = [], extend = [], ignore = [], rules = {} } of choices) {
      if (select.length > 0) chosen.clear()
      for (const selector of [...select, ...extend]) {
        for (const rule of this.matching(selector)) {
          chosen.add(rule)
          named.add(rule)
        }
      }
      for (const selector of ignore) for (const rule of this.matching(selector)) chosen.delete(rule)
      for (const [selector, setting] of Object.entries(rules)) {
        for (const rule of this.matching(selector)) applySetting(rule, setting, chosen, settings)
      }
    }
    return this.rules
      .filter((rule) => chosen.has(rule))
      .map((rule) => activeRule(rule, settings.get(rule) ?? {}, preset === 'strict' || named.has(rule)))
  }
}

/** What a run has that rules outside of both presets need. */
export interface RuleNeeds {
  readonly hasBaselineVersion?: boolean
  readonly hasAssertions?: boolean
}

function isInPreset(rule: LintRule, preset: Preset, needs: RuleNeeds): boolean {
  switch (rule.default) {
    case 'on':
      return preset === 'strict' || rule.precision !== 'medium'
    case 'strict':
      return preset === 'strict'
    case 'diff':
      return needs.hasBaselineVersion === true
    case 'config':
      return needs.hasAssertions === true
  }
}

function applySetting(
  rule: LintRule,
  setting: RuleSetting,
  chosen: Set<LintRule>,
  settings: Map<LintRule, RuleSettings>,
): void {
  const { severity, options }: RuleSettings = typeof setting === 'string' ? { severity: setting } : setting
  if (severity === 'off') chosen.delete(rule)
  else if (severity !== undefined) chosen.add(rule)
  const before = settings.get(rule) ?? {}
  settings.set(rule, {
    ...before,
    ...(severity === undefined ? {} : { severity }),
    options: { ...before.options, ...options },
  })
}

function activeRule(rule: LintRule, { severity, options = {} }: RuleSettings, takesMedium: boolean): ActiveRule {
  const defaults = Object.fromEntries((rule.options ?? []).map((option) => [option.name, option.default]))
  const known = Object.entries(options).filter(([name]) => name in defaults)
  return {
    rule,
    ...(severity === undefined || severity === 'off' ? {} : { severity }),
    options: { ...defaults, ...Object.fromEntries(known) },
    takesMedium,
  }
}
