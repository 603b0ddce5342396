/**
 * Who a key is open to, as a drawing: the statements of its policy, its grants, and the identity policies of the
 * accounts that its policy leaves the matter to.
 *
 * Draws what documents say. Whether all layers together allow a call is a question for one request or for who-can.
 *
 * Source: KMS Developer Guide, "Key policies in AWS KMS", "Grants in AWS KMS".
 */
import type { Grant } from '../../graph/grant.js'
import type { PolicyDocument, Statement } from '../../policy/document.js'
import { wantedOf } from '../condition-words.js'
import { listed, principalInWords, shortened, statementName } from '../names.js'
import { constraintWords, granteeInWords, grantName } from '../statement-words.js'
import type { Arrow, Box, Drawing } from './drawing.js'

export interface DrawnKey {
  readonly arn: string
  /** `alias/payments` */
  readonly aliases: readonly string[]
  readonly policy: PolicyDocument | undefined
  readonly grants: readonly Grant[]
  /** Statements of identity policies that are about this key. */
  readonly identity: readonly IdentityStatement[]
}

export interface IdentityStatement {
  readonly principalArn: string
  readonly accountId: string
  readonly policyName: string
  readonly statement: Statement
}

const MAX_GRANTS = 50
const MAX_IDENTITY = 100

export function drawKey(key: DrawnKey): Drawing {
  const sketch = new KeySketch(key)
  return sketch.drawing()
}

class KeySketch {
  private readonly boxes: Box[] = []
  private readonly arrows: Arrow[] = []
  private readonly principals = new Map<string, string>()
  private readonly notes: string[] = []

  constructor(private readonly key: DrawnKey) {}

  drawing(): Drawing {
    const { arn, aliases, policy, grants, identity } = this.key
    this.box('key', 'key', aliases[0] ?? arn, aliases.length === 0 ? [] : [arn, ...aliases.slice(1)])
    if (policy === undefined) this.notes.push('the policy of the key is not known')
    for (const statement of policy?.statements ?? []) this.keyStatement(statement)
    grants.slice(0, MAX_GRANTS).forEach((grant, index) => this.grant(grant, index))
    if (grants.length > MAX_GRANTS) this.notes.push(`${grants.length - MAX_GRANTS} more grants are not drawn`)
    const delegated = identity.filter(({ accountId }) => this.principals.has(accountWords(accountId)))
    delegated.slice(0, MAX_IDENTITY).forEach((each, index) => this.identityStatement(each, index))
    if (delegated.length > MAX_IDENTITY) {
      this.notes.push(`${delegated.length - MAX_IDENTITY} more statements of identity policies are not drawn`)
    }
    return { title: `Who ${aliases[0] ?? arn} is open to`, boxes: this.boxes, arrows: this.arrows, notes: this.notes }
  }

  private keyStatement(statement: Statement): void {
    const { principal, effect, index } = statement
    const id = `s${index}`
    this.box(id, effect === 'Allow' ? 'allow' : 'deny', `${effect}: ${statementName(statement)}`, gist(statement))
    this.arrow('key', id)
    const entries = principal?.entries ?? []
    for (const entry of entries) {
      const words = entry.kind === 'account' ? accountWords(entry.value) : principalWords(entry.kind, entry.value)
      this.arrow(id, this.principal(words), principal?.negated === true ? 'all but' : '')
    }
  }

  private grant(grant: Grant, index: number): void {
    const id = `g${index}`
    const { operations, constraints } = grant
    const lines = [listed(operations, 'and')]
    if (constraints !== undefined) lines.push(constraintWords({ constraints }))
    if (grant.retiringPrincipal !== undefined) lines.push(`retired by ${principalInWords(grant.retiringPrincipal)}`)
    this.box(id, 'allow', `Allow: ${grantName(grant)}`, lines)
    this.arrow('key', id)
    this.arrow(id, this.principal(granteeInWords(grant)))
  }

  private identityStatement(
    { principalArn, accountId, policyName, statement }: IdentityStatement,
    index: number,
  ): void {
    const id = `i${index}`
    const title = `${statement.effect}: ${policyName}, ${statementName(statement)}`
    this.box(id, statement.effect === 'Allow' ? 'allow' : 'deny', title, gist(statement))
    this.arrow(this.principal(accountWords(accountId)), id)
    this.arrow(id, this.principal(principalInWords(principalArn)))
  }

  /** One box for each, however many statements name it. */
  private principal(words: string): string {
    const known = this.principals.get(words)
    if (known !== undefined) return known
    const id = `p${this.principals.size}`
    this.principals.set(words, id)
    this.box(id, 'principal', words, [])
    return id
  }

  private box(id: string, kind: Box['kind'], title: string, lines: readonly string[]): void {
    this.boxes.push({ id, kind, title, lines, isDecisive: false })
  }

  private arrow(from: string, to: string, label = ''): void {
    if (this.arrows.some((arrow) => arrow.from === from && arrow.to === to)) return
    this.arrows.push({ from, to, label, isDecisive: false })
  }
}

function accountWords(accountId: string): string {
  return `account ${accountId}, by its IAM policies`
}

function principalWords(kind: string, value: string): string {
  switch (kind) {
    case 'any':
      return 'everybody'
    case 'service':
      return `service ${value}`
    default:
      return principalInWords(value)
  }
}

function gist({ action, resource, conditions }: Statement): readonly string[] {
  const patterns = (action?.patterns ?? []).map((pattern) => shortened(pattern))
  const lines = [`${action?.negated === true ? 'every action but ' : ''}${listed(patterns, 'and')}`]
  if (resource?.negated === true) lines.push(`on everything but ${listed(resource.patterns.map(shortened), 'and')}`)
  return [...lines, ...conditions.map((test) => `if ${wantedOf(test)}`)]
}
