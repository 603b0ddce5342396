/**
 * One statement: its elements checked against what this kind of policy takes, and read.
 *
 * Knows nothing of other statements or of evaluation.
 *
 * Source: IAM User Guide, "IAM JSON policy elements reference"; authorization.md A1, A2.
 */
import { actionError } from './action-pattern.js'
import { readConditions } from './condition.js'
import type { Effect, PatternElement, PolicyVersion, PrincipalElement, Statement } from './document.js'
import { STATEMENT_ELEMENTS, type ElementRules } from './element-rules.js'
import type { Path } from './findings.js'
import { readPrincipal } from './principal.js'
import { headOf, itemPath, textItems, type Reading, type TextItem } from './reading.js'
import { spanInString } from './string-place.js'
import { actionBit } from '../aws/action.js'
import { KMS_ACTIONS } from '../aws/actions.js'
import { parseArnPattern } from '../text/arn-pattern.js'
import { quote } from '../text/escape.js'
import type { TextError } from '../text/grammar-reader.js'
import type { Span } from '../text/source.js'
import { didYouMean } from '../text/suggest.js'
import type { Member, SyntaxNode } from '../text/syntax-tree.js'
import { hasVariable } from '../text/template.js'

const ALPHANUMERIC = /^[A-Za-z0-9]*$/
/** Characters that no action name has, so that a pattern with one matches nothing. */
const ODD_IN_ACTION = /[^A-Za-z0-9:*?_.-]/

type ElementName = (typeof STATEMENT_ELEMENTS)[number]
type Elements = Partial<Record<ElementName, Member>>

/** Reads a statement; undefined when it has an error, which is then among the findings. */
export function readStatement(node: SyntaxNode, index: number, path: Path, reading: Reading): Statement | undefined {
  if (node.kind !== 'object') return undefined
  const elements: Elements = {}
  // Members of other names are reported by the shape check.
  for (const member of node.members) if (isElementName(member.key)) elements[member.key] = member

  const sid = readSid(elements.Sid, path, reading)
  const effect = readEffect(elements.Effect, path, reading)
  const principal = principalOf(elements, node, effect, path, reading)
  const action = actionOf(elements, node, path, reading)
  const resource = resourceOf(elements, node, path, reading)
  const conditions =
    elements.Condition === undefined ? [] : readConditions(elements.Condition.value, [...path, 'Condition'], reading)
  if (effect === undefined) return undefined

  return {
    index,
    ...(sid === undefined ? {} : { sid }),
    effect,
    ...(principal === undefined ? {} : { principal }),
    ...(action === undefined ? {} : { action }),
    ...(resource === undefined ? {} : { resource }),
    conditions,
  }
}

const ELEMENT_NAMES: ReadonlySet<string> = new Set(STATEMENT_ELEMENTS)

function isElementName(name: string): name is ElementName {
  return ELEMENT_NAMES.has(name)
}

function keySpan({ keyStart, keyEnd }: Member): Span {
  return { start: keyStart, end: keyEnd }
}

function readSid(member: Member | undefined, path: Path, { rules, text, findings }: Reading): string | undefined {
  if (member?.value.kind !== 'string') return undefined
  const { value } = member.value
  if (rules.sid === 'alphanumeric' && !ALPHANUMERIC.test(value)) {
    const at = value.search(/[^A-Za-z0-9]/)
    const span = spanInString(text, member.value, value, at, at + 1)
    findings.error(
      `Sid ${quote(value)} has the character ${quote(value.charAt(at))}`,
      span,
      [...path, 'Sid'],
      `the Sid of ${rules.called} takes letters and digits`,
    )
  }
  return value
}

function readEffect(member: Member | undefined, path: Path, { rules, findings }: Reading): Effect | undefined {
  if (member?.value.kind !== 'string') return undefined
  const { value } = member.value
  if (value !== 'Allow' && value !== 'Deny') {
    const best = didYouMean(value, ['Allow', 'Deny'])
    const hint = best === undefined ? 'expected `Allow` or `Deny`' : `did you mean \`${best}\`?`
    findings.error(`${quote(value)} is not an effect`, member.value, [...path, 'Effect'], hint)
    return undefined
  }
  if (value === 'Allow' && rules.effects === 'Deny only') {
    findings.error(
      `the effect of ${rules.called} cannot be \`Allow\``,
      member.value,
      [...path, 'Effect'],
      'expected `Deny`',
    )
  }
  return value
}

/** Of an element and its Not… form one may be there; both are an error at the second. */
function oneOf(
  plain: Member | undefined,
  negated: Member | undefined,
  path: Path,
  { findings }: Reading,
): Member | undefined {
  if (plain === undefined || negated === undefined) return plain ?? negated
  const [first, second] = plain.keyStart < negated.keyStart ? [plain, negated] : [negated, plain]
  findings.error(
    `the statement has \`${first.key}\` and \`${second.key}\``,
    keySpan(second),
    [...path, second.key],
    'expected one of them',
  )
  return first
}

function principalOf(
  elements: Elements,
  node: SyntaxNode,
  effect: Effect | undefined,
  path: Path,
  reading: Reading,
): PrincipalElement | undefined {
  const { rules, findings, text } = reading
  const { Principal: plain, NotPrincipal: negated } = elements
  if (rules.principal === 'forbidden') {
    for (const member of [plain, negated]) {
      if (member !== undefined) {
        findings.error(
          `${rules.called} cannot have \`${member.key}\``,
          keySpan(member),
          [...path, member.key],
          'the principal is whoever the policy is attached to',
        )
      }
    }
    return undefined
  }
  if (negated !== undefined && rules.notPrincipal === 'forbidden') {
    findings.error(
      `${rules.called} cannot have \`NotPrincipal\``,
      keySpan(negated),
      [...path, negated.key],
      'expected `"Principal": "*"`',
    )
    return undefined
  }
  const member = oneOf(plain, negated, path, reading)
  if (member === undefined) {
    findings.error(
      'the statement has no `Principal`',
      headOf(node, text),
      path,
      `each statement of ${rules.called} needs one`,
    )
    return undefined
  }
  if (negated !== undefined && effect === 'Allow') {
    findings.error(
      '`NotPrincipal` cannot stand with `Allow`',
      keySpan(negated),
      [...path, negated.key],
      'expected `Principal`, or the effect `Deny`',
    )
  }
  return readPrincipal(member.value, member === negated, [...path, member.key], reading)
}

function actionOf(elements: Elements, node: SyntaxNode, path: Path, reading: Reading): PatternElement | undefined {
  const { rules, findings, text } = reading
  const { Action: plain, NotAction: negated } = elements
  if (negated !== undefined && rules.notAction === 'forbidden') {
    findings.error(
      `${rules.called} cannot have \`NotAction\``,
      keySpan(negated),
      [...path, negated.key],
      'expected `Action`',
    )
    return undefined
  }
  const member = oneOf(plain, negated, path, reading)
  if (member === undefined) {
    if (rules.action === 'required')
      findings.error('the statement has no `Action`', headOf(node, text), path, 'expected `Action` or `NotAction`')
    else findings.diagnostic('the statement has no `Action` and so has no effect', headOf(node, text), path)
    return undefined
  }
  const check = (pattern: string): TextError | undefined => actionError(pattern, rules)
  return readPatterns(member, member === negated, check, doubtAction, path, reading)
}

function resourceOf(elements: Elements, node: SyntaxNode, path: Path, reading: Reading): PatternElement | undefined {
  const { rules, findings, text, version } = reading
  const { Resource: plain, NotResource: negated } = elements
  if (rules.resource === 'forbidden') {
    for (const member of [plain, negated]) {
      if (member !== undefined) {
        findings.error(
          `${rules.called} cannot have \`${member.key}\``,
          keySpan(member),
          [...path, member.key],
          'the resource is the role the policy belongs to',
        )
      }
    }
    return undefined
  }
  const member = oneOf(plain, negated, path, reading)
  if (member === undefined) {
    if (rules.resource === 'required')
      findings.error(
        'the statement has no `Resource`',
        headOf(node, text),
        path,
        'expected `Resource` or `NotResource`',
      )
    else if (rules.resource === 'no effect')
      findings.diagnostic('the statement has no `Resource` and so has no effect', headOf(node, text), path)
    return undefined
  }
  const check = (pattern: string): TextError | undefined => resourceError(pattern, version, rules)
  return readPatterns(member, member === negated, check, doubtResource, path, reading)
}

function resourceError(pattern: string, version: PolicyVersion, rules: ElementRules): TextError | undefined {
  if (pattern === '*') return undefined
  const completes = rules.shortArn === 'completed'
  const variables = version === '2012-10-17'
  const known = inOrder[variables ? 1 : 0][completes ? 1 : 0]
  if (known.has(pattern)) return undefined
  const parsed = parseArnPattern(pattern, { place: 'resource', variables, completes })
  if (!parsed.ok) return parsed.error
  if (known.size >= MAX_IN_ORDER) known.clear()
  if (pattern.length <= MAX_REMEMBERED) known.add(pattern)
  return undefined
}

/** Resources without an error, by whether they have variables and are completed: many policies name the same. */
const inOrder = [
  [new Set<string>(), new Set<string>()],
  [new Set<string>(), new Set<string>()],
] as const
const MAX_IN_ORDER = 5000
const MAX_REMEMBERED = 500

function readPatterns(
  member: Member,
  negated: boolean,
  check: (pattern: string) => TextError | undefined,
  doubt: Doubt,
  path: Path,
  reading: Reading,
): PatternElement | undefined {
  const { findings, text } = reading
  const { key, value: node } = member
  if (node.kind !== 'string' && node.kind !== 'array') return undefined
  const patterns: string[] = []
  for (const item of textItems(node)) {
    patterns.push(item.value)
    const error = check(item.value)
    if (error === undefined) doubt(item, key, path, reading)
    else {
      const isWhole = error.start === 0 && error.end === item.value.length
      const span = isWhole ? item.node : spanInString(text, item.node, item.value, error.start, error.end)
      findings.error(error.message, span, itemPath(path, key, item), error.hint)
    }
  }
  if (node.kind === 'array' && node.items.length === 0) {
    findings.diagnostic(`\`${key}\` is empty, so the statement has no effect`, node, [...path, key])
  }
  return { negated, patterns }
}

/** Says what is legal in a pattern and still looks wrong. */
type Doubt = (item: TextItem, key: string, path: Path, reading: Reading) => void

const doubtAction: Doubt = (item, key, path, { findings }) => {
  const { value, node } = item
  if (ODD_IN_ACTION.test(value)) {
    findings.diagnostic(
      `no action can match ${quote(value)}`,
      node,
      itemPath(path, key, item),
      'action names are letters and digits',
    )
  } else if (isKmsName(value) && actionBit(value) === undefined) {
    findings.diagnostic(`unknown KMS action ${quote(value)}`, node, itemPath(path, key, item), () => {
      const best = didYouMean(
        value,
        KMS_ACTIONS.map(({ name }) => name),
      )
      return best === undefined ? undefined : `did you mean \`${best}\`?`
    })
  }
}

function isKmsName(action: string): boolean {
  return /^kms:/i.test(action) && !action.includes('*') && !action.includes('?')
}

/** Under the older version `${…}` is literal text, which is hardly what was meant. */
const doubtResource: Doubt = (item, key, path, { version, findings }) => {
  if (version === '2012-10-17' || !hasVariable(item.value)) return
  findings.diagnostic(
    `\`\${…}\` in ${quote(item.value)} is literal text under version \`2008-10-17\``,
    item.node,
    itemPath(path, key, item),
    'policy variables need `"Version": "2012-10-17"`',
  )
}
