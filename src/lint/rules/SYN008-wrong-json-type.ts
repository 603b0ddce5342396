/**
 * A value of the wrong JSON type: a number as `Sid`, a list inside the list of `Action`, an object as `Resource`.
 *
 * Source: IAM User Guide, "Grammar of the IAM JSON policy language".
 */
import { replaceNode } from '../edits.js'
import type { PolicyView } from '../policy-view.js'
import type { Fix, PolicyRule, Report } from '../rule.js'
import { firstSymbol } from '../symbols.js'
import { headOf } from '../../policy/reading.js'
import { nodeToValue, type Member, type SyntaxNode } from '../../text/syntax-tree.js'

export const wrongJsonType: PolicyRule = {
  on: 'policy',
  id: 'SYN008',
  name: 'wrong-json-type',
  severity: 'error',
  precision: 'certain',
  default: 'on',
  kinds: 'all',
  fix: 'safe',

  docs: {
    what: 'A value of the wrong JSON type: a number as `Sid`, a list inside the list of `Action`, an object as `Resource`.',
    why: 'AWS refuses the policy.',
    bad: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        [\n          "kms:Encrypt"\n        ]\n      ],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    good: [
      {
        kind: 'identity',
        text: '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Effect": "Allow",\n      "Action": [\n        "kms:Encrypt"\n      ],\n      "Resource": "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"\n    }\n  ]\n}',
      },
    ],
    fix: 'Use the type the grammar names. `--fix` takes a list out of a list.',
    whenToIgnore: 'Never.',
    equivalents: [{ tool: 'IAM Access Analyzer', code: 'DATA_TYPE_MISMATCH' }],
    source: 'IAM User Guide, "Grammar of the IAM JSON policy language"',
  },
  check({ policy }, report) {
    const found = new WrongTypes(policy, report)
    found.document(policy.root)
  },
}

class WrongTypes {
  constructor(
    private readonly policy: PolicyView,
    private readonly report: Report,
  ) {}

  document(root: SyntaxNode): void {
    if (root.kind !== 'object') return this.say(root, 'a policy', 'expected an object with `Statement`')
    for (const { key, value } of root.members) {
      if (key === 'Version' || key === 'Id') this.string(value, `\`${key}\``)
      else if (key === 'Statement' && value.kind !== 'object' && value.kind !== 'array') {
        this.say(value, '`Statement`', 'expected a statement or a list of statements')
      }
    }
    for (const { node, members } of this.policy.statements) {
      const isListed = this.policy.statement?.value.kind === 'array'
      if (node.kind === 'object') for (const member of members) this.element(member)
      else if (isListed) this.say(node, 'a statement', 'expected an object with `Effect`')
    }
  }

  private element({ key, value }: Member): void {
    switch (key) {
      case 'Sid':
      case 'Effect':
        return this.string(value, `\`${key}\``)
      case 'Action':
      case 'NotAction':
      case 'Resource':
      case 'NotResource':
        return this.strings(value, `\`${key}\``, `an entry of \`${key}\``)
      case 'Principal':
      case 'NotPrincipal':
        return this.principal(value, key)
      case 'Condition':
        return this.condition(value)
      default:
        return undefined
    }
  }

  private principal(node: SyntaxNode, key: string): void {
    if (node.kind === 'object') {
      for (const { key: type, value } of node.members)
        this.strings(value, `\`${type}\``, `a principal under \`${type}\``)
    } else if (node.kind !== 'string') {
      this.say(node, `\`${key}\``, 'expected `"*"` or an object such as `{ "AWS": "111122223333" }`')
    }
  }

  private condition(node: SyntaxNode): void {
    if (node.kind !== 'object') return this.say(node, '`Condition`', 'expected an object of operators')
    for (const operator of node.members) {
      if (operator.value.kind !== 'object') {
        this.say(operator.value, `the block of \`${operator.key}\``, 'expected an object of condition keys')
        continue
      }
      for (const { value } of operator.value.members) {
        const items = value.kind === 'array' ? value.items : [value]
        const wrong = items.filter((item) => !isScalar(item))
        for (const item of wrong)
          this.say(item, 'the value of a condition key', 'expected text, a number or a boolean', value)
      }
    }
  }

  private string(node: SyntaxNode, what: string): void {
    if (node.kind !== 'string') this.say(node, what, 'expected a string')
  }

  private strings(node: SyntaxNode, what: string, item: string): void {
    if (node.kind === 'string') return
    if (node.kind !== 'array') return this.say(node, what, 'expected a string or a list of strings')
    for (const entry of node.items) if (entry.kind !== 'string') this.say(entry, item, 'expected a string', node)
  }

  private say(node: SyntaxNode, what: string, help: string, list?: SyntaxNode): void {
    // What stands for a value that is not known yet may be of any type.
    if (node.kind === 'string' && firstSymbol(node.value) >= 0) return
    const fix = list === undefined ? undefined : this.unnested(list)
    this.report({
      at: node.kind === 'object' || node.kind === 'array' ? headOf(node, this.policy.where.source.text) : node,
      message: `${what} cannot be ${describe(node)}`,
      effect: 'AWS refuses the policy',
      help,
      ...(fix === undefined ? {} : { fix }),
    })
  }

  /** A list whose one item is the list that was meant. */
  private unnested(list: SyntaxNode): Fix | undefined {
    if (list.kind !== 'array') return undefined
    const [inner, ...more] = list.items
    if (inner?.kind !== 'array' || more.length > 0 || !inner.items.every(isScalar)) return undefined
    const edits = replaceNode(this.policy.where, list, nodeToValue(inner))
    return { safety: 'safe', title: 'take the list out of the list', edits, repair: true }
  }
}

function isScalar({ kind }: SyntaxNode): boolean {
  return kind === 'string' || kind === 'number' || kind === 'boolean'
}

function describe(node: SyntaxNode): string {
  switch (node.kind) {
    case 'object':
      return 'an object'
    case 'array':
      return 'a list'
    case 'null':
      return 'null'
    case 'string':
      return 'text'
    case 'number':
      return 'a number'
    case 'boolean':
      return 'a boolean'
  }
}
