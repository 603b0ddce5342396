/**
 * The `grants` of a simulation document and the `createGrant` of its request, by the names of the KMS API.
 *
 * What CreateGrant would refuse about a grant in itself is refused here.
 *
 * Source: KMS API Reference, "CreateGrant", "GrantListEntry", "GrantConstraints".
 */
import { KMS_ACTIONS } from '../aws/actions.js'
import type { GrantRequest } from '../decide/facts.js'
import { GrantSet, type Grant, type GrantConstraints } from '../graph/grant.js'
import { isAccountId, parseKeyArn } from '../text/arn.js'
import { quote } from '../text/escape.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import { didYouMean } from '../text/suggest.js'
import type { SyntaxNode, SyntaxPath } from '../text/syntax-tree.js'
import { ObjectReader, type Reading } from './object-reader.js'

/** Grants as they stand in the document; a bare key id is one of the resource's account and Region. */
export class ReadGrants {
  private readonly whole: GrantSet | undefined

  constructor(private readonly grants: readonly Grant[]) {
    this.whole = grants.every(({ keyArn }) => keyArn.includes(':')) ? new GrantSet(grants) : undefined
  }

  /** With every key spelled out, as seen from a key. */
  forKey(keyArn: string | undefined): GrantSet {
    if (this.whole !== undefined) return this.whole
    const prefix = keyArn === undefined ? '' : keyArn.slice(0, keyArn.lastIndexOf('/') + 1)
    return new GrantSet(
      this.grants.map((grant) => (grant.keyArn.includes(':') ? grant : { ...grant, keyArn: prefix + grant.keyArn })),
    )
  }
}

export const NO_GRANTS = new ReadGrants([])

const PRINCIPALS = [
  'GranteePrincipal',
  'GranteeServicePrincipal',
  'RetiringPrincipal',
  'RetiringServicePrincipal',
] as const

const GRANT_MEMBERS = [
  'GrantId',
  'KeyId',
  'Name',
  'CreationDate',
  ...PRINCIPALS,
  'IssuingAccount',
  'Operations',
  'Constraints',
  'propagated',
]

const REQUEST_MEMBERS = ['KeyId', 'Name', ...PRINCIPALS, 'Operations', 'Constraints', 'GrantTokens', 'DryRun']

export function readGrants(reading: Reading, node: SyntaxNode, path: SyntaxPath): ReadGrants | undefined {
  if (node.kind !== 'array') {
    reading.wrongType(node, path, 'a list of grants')
    return undefined
  }
  const grants: Grant[] = []
  const ids = new Set<string>()
  for (const [index, item] of node.items.entries()) {
    const grant = readGrant(reading, item, [...path, index], ids)
    if (grant !== undefined) grants.push(grant)
  }
  return new ReadGrants(grants)
}

function readGrant(reading: Reading, node: SyntaxNode, path: SyntaxPath, ids: Set<string>): Grant | undefined {
  const members = ObjectReader.open(reading, node, path, GRANT_MEMBERS)
  if (members === undefined) return undefined
  const grantId = members.requiredText('GrantId', 'the id of the grant')
  const keyArn = members.requiredText('KeyId', 'the ARN or id of the key')
  const operations =
    members.required('Operations', 'a list of operations') === undefined ? undefined : readOperations(members)
  const issuingAccount = readAccount(members)
  const propagated = members.flag('propagated') ?? true
  const constraints = readConstraints(members)
  const principals = readPrincipals(members, true)
  members.text('Name')
  if (grantId !== undefined) {
    if (ids.has(grantId)) members.error('GrantId', `the grant ${quote(grantId, 80)} is listed twice`)
    ids.add(grantId)
  }
  if (keyArn !== undefined && keyArn.includes(':') && parseKeyArn(keyArn) === undefined) {
    members.error('KeyId', `${quote(keyArn, 200)} is not the ARN of a KMS key`)
  }
  if (grantId === undefined || keyArn === undefined || operations === undefined) return undefined
  return {
    grantId,
    keyArn,
    ...principals,
    operations,
    ...(issuingAccount === undefined ? {} : { issuingAccount }),
    ...(constraints === undefined ? {} : { constraints }),
    propagated,
  }
}

export function readGrantRequest(reading: Reading, node: SyntaxNode, path: SyntaxPath): GrantRequest | undefined {
  const members = ObjectReader.open(reading, node, path, REQUEST_MEMBERS)
  if (members === undefined) return undefined
  const constraints = readConstraints(members)
  return {
    operations: readOperations(members),
    ...readPrincipals(members, false),
    ...(constraints === undefined ? {} : { constraints }),
  }
}

type Principals = Pick<
  Grant,
  'granteePrincipal' | 'granteeServicePrincipal' | 'retiringPrincipal' | 'retiringServicePrincipal'
>

function readPrincipals(members: ObjectReader, isGranted: boolean): Principals {
  const granteePrincipal = members.text('GranteePrincipal')
  const granteeServicePrincipal = members.text('GranteeServicePrincipal')
  const retiringPrincipal = members.text('RetiringPrincipal')
  const retiringServicePrincipal = members.text('RetiringServicePrincipal')
  if (granteePrincipal !== undefined && granteeServicePrincipal !== undefined) {
    members.error('GranteeServicePrincipal', 'a grant has `GranteePrincipal` or `GranteeServicePrincipal`, not both')
  }
  if (retiringPrincipal !== undefined && retiringServicePrincipal !== undefined) {
    members.error('RetiringServicePrincipal', 'a grant has `RetiringPrincipal` or `RetiringServicePrincipal`, not both')
  }
  if (isGranted && granteePrincipal === undefined && granteeServicePrincipal === undefined) {
    members.missing('GranteePrincipal', 'the ARN of the grantee')
  }
  checkPrincipal(members, 'GranteePrincipal', granteePrincipal)
  checkPrincipal(members, 'RetiringPrincipal', retiringPrincipal)
  return {
    ...(granteePrincipal === undefined ? {} : { granteePrincipal }),
    ...(granteeServicePrincipal === undefined ? {} : { granteeServicePrincipal }),
    ...(retiringPrincipal === undefined ? {} : { retiringPrincipal }),
    ...(retiringServicePrincipal === undefined ? {} : { retiringServicePrincipal }),
  }
}

/** Grants that services made long ago show the service's name, and those of deleted principals a unique id. */
function checkPrincipal(members: ObjectReader, name: string, text: string | undefined): void {
  if (text === undefined || !text.startsWith('arn:')) return
  const parsed = parsePrincipalArn(text)
  if (!parsed.ok) members.error(name, `${quote(name)}: ${parsed.error.message}`)
}

function readOperations(members: ObjectReader): readonly string[] {
  const list = members.list('Operations') ?? []
  const grantable = grantableOperations()
  const operations: string[] = []
  for (const [index, item] of list.entries()) {
    if (members.reading.isFull) break
    const path = [...members.pathOf('Operations'), index]
    if (item.kind !== 'string') members.reading.wrongType(item, path, 'the name of an operation')
    else if (grantable.includes(item.value)) operations.push(item.value)
    else {
      const name = item.value.replace(/^kms:/i, '')
      const meant = grantable.includes(name) ? name : didYouMean(name, grantable, 2)
      const hint = meant === undefined ? '' : `; did you mean ${quote(meant)}?`
      members.reading.error(`a grant cannot allow the operation ${quote(item.value)}${hint}`, path, item)
    }
  }
  return operations
}

function grantableOperations(): readonly string[] {
  return KMS_ACTIONS.filter(({ grantable }) => grantable).map(({ name }) => name.slice('kms:'.length))
}

/** Twelve digits, or the account's root ARN as ListGrants shows it. */
function readAccount(members: ObjectReader): string | undefined {
  const text = members.text('IssuingAccount')
  if (text === undefined || isAccountId(text)) return text
  const parsed = parsePrincipalArn(text)
  if (parsed.ok && parsed.value.kind === 'root') return parsed.value.account
  members.error(
    'IssuingAccount',
    `\`IssuingAccount\` is ${quote(text, 80)}; expected 12 digits or an account's root ARN`,
  )
  return undefined
}

const CONSTRAINT_MEMBERS = ['EncryptionContextEquals', 'EncryptionContextSubset', 'SourceArn']

function readConstraints(grant: ObjectReader): GrantConstraints | undefined {
  const node = grant.get('Constraints')
  if (node === undefined) return undefined
  const members = ObjectReader.open(grant.reading, node, grant.pathOf('Constraints'), CONSTRAINT_MEMBERS)
  if (members === undefined) return undefined
  const encryptionContextEquals = members.record('EncryptionContextEquals')
  const encryptionContextSubset = members.record('EncryptionContextSubset')
  const sourceArn = members.text('SourceArn')
  if (encryptionContextEquals !== undefined && encryptionContextSubset !== undefined) {
    members.error(
      'EncryptionContextSubset',
      'a grant has `EncryptionContextEquals` or `EncryptionContextSubset`, not both',
    )
  }
  return {
    ...(encryptionContextEquals === undefined ? {} : { encryptionContextEquals }),
    ...(encryptionContextSubset === undefined ? {} : { encryptionContextSubset }),
    ...(sourceArn === undefined ? {} : { sourceArn }),
  }
}
