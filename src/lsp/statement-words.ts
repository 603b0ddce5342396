/**
 * A statement in words: its effect, for whom, what, on what and when; also one that AWS refuses, as far as it can be read.
 *
 * The words are those of explanations; of requests nothing is known here.
 *
 * Source: IAM User Guide, "IAM JSON policy elements reference"; KMS Developer Guide, "Default key policy".
 */
import type { Description } from './description.js'
import { wantedOf } from '../explain/condition-words.js'
import { knownStatement } from '../explain/known-statement.js'
import { quoted, shortened, statementName } from '../explain/names.js'
import type { ConditionView, PolicyView, StatementView, TextValue } from '../lint/policy-view.js'
import { writtenOut } from '../lint/symbols.js'
import type { PolicyKind, PrincipalEntry, Statement } from '../policy/document.js'
import { ELEMENT_RULES } from '../policy/element-rules.js'

export function describeStatement(view: PolicyView, statement: StatementView): Description {
  const { kind, kindIsGuessed } = view
  const plain = statementOf(view, statement)
  const known = knownStatement(plain)
  const of = `${statementName(plain)} of ${ELEMENT_RULES[kind].called}${kindIsGuessed ? ', as it seems' : ''}`
  const title =
    statement.effect === undefined ? `Neither allows nor denies: ${of}` : `${VERBS[statement.effect]}: ${of}`
  const when = statement.conditions.map((test) => testWords(view, test))
  const isDelegation =
    kind === 'key' && statement.effect === 'Allow' && plain.principal?.entries.some((entry) => entry.kind === 'account')
  return {
    title,
    rows: [
      ['Who', plain.principal === undefined ? NOBODY_NAMED[kind] : known.wantedPrincipals],
      ...(isDelegation === true ? [DELEGATION] : []),
      ['What', statement.action === undefined ? 'nothing: there is no Action' : known.actions],
      ['On', resourcesOf(kind, plain, known.resources)],
      ...(when.length === 0 ? [] : [['When', when.join('; and ')] as const]),
    ],
  }
}

const DELEGATION = ['Account', 'its root user, and whoever an IAM policy of that account allows it to'] as const

const VERBS = { Allow: 'Allows', Deny: 'Denies' } as const

/** Whom a policy speaks of that names no principal. */
const NOBODY_NAMED: Readonly<Record<PolicyKind, string>> = {
  key: 'nobody: there is no Principal',
  trust: 'nobody: there is no Principal',
  resource: 'nobody: there is no Principal',
  rcp: 'nobody: there is no Principal',
  vpce: 'nobody: there is no Principal',
  identity: 'whoever the policy is attached to',
  boundary: 'whoever the boundary is set for',
  session: 'the session it is passed to',
  scp: 'the principals of the accounts it is attached to',
}

function resourcesOf(kind: PolicyKind, { resource }: Statement, words: string): string {
  if (resource === undefined) {
    if (kind === 'trust') return 'this role'
    return kind === 'resource' ? 'the resource that the policy belongs to' : 'nothing: there is no Resource'
  }
  const isAny = !resource.negated && resource.patterns.includes('*')
  if (!isAny) return words
  return kind === 'key' ? 'this key' : 'every resource'
}

/** The test of a condition in words. */
export function describeTest(view: PolicyView, test: ConditionView): Description {
  return { title: 'This condition', rows: [['Holds when', testWords(view, test)]] }
}

function testWords({ symbols }: PolicyView, { operator, parsed, key, values }: ConditionView): string {
  if (parsed === undefined)
    return `${quoted(operator.key)}, which is no operator, says of ${shortened(writtenOut(key.key, symbols))}`
  return wantedOf({
    ...parsed,
    key: writtenOut(key.key, symbols),
    values: values.map(({ value }) => writtenOut(value, symbols)),
  })
}

/** As much of a statement as there is. */
function statementOf({ symbols }: PolicyView, view: StatementView): Statement {
  const { index, sid, effect = 'Allow', principal, action, resource } = view
  const written = ({ value }: TextValue): string => writtenOut(value, symbols)
  return {
    index,
    ...(sid === undefined ? {} : { sid: written(sid) }),
    effect,
    ...(principal === undefined
      ? {}
      : {
          principal: {
            negated: principal.negated,
            // What is no principal that AWS knows stays as it is written.
            entries: principal.entries.map((each) => each.entry ?? asWritten(written(each))),
          },
        }),
    ...(action === undefined ? {} : { action: { negated: action.negated, patterns: action.items.map(written) } }),
    ...(resource === undefined
      ? {}
      : { resource: { negated: resource.negated, patterns: resource.items.map(written) } }),
    conditions: [],
  }
}

function asWritten(value: string): PrincipalEntry {
  return { kind: value === '*' ? 'any' : 'role', value }
}
