/**
 * References of Terraform: what stands in for a value that deployment alone can tell, and the symbols of a policy.
 *
 * Source: Terraform language, "References to named values"; Terraform AWS provider, "Attribute reference" of each type.
 */
import type { TemplateValues } from '../embedded-policies.js'
import type { SymbolicValue } from '../policy-view.js'
import type { TemplateNote } from '../rule.js'
import { MAX_SYMBOLS, symbolCharacter } from '../symbols.js'
import type { Span } from '../../text/source.js'
import { givenValue } from './given-values.js'
import { STAND_IN_ACCOUNT, STAND_IN_KEY_ID, STAND_IN_REGION } from './cloudformation-stand-ins.js'

const AT = `${STAND_IN_REGION}:${STAND_IN_ACCOUNT}`

/** What is known of a reference before deployment, because somebody gave it. */
export function givenReference(reference: string, given: TemplateValues): string | undefined {
  const [first = '', type = '', , attribute = ''] = withoutIndexes(reference).split('.')
  if (first === 'var') return givenValue(type, given)
  if (first !== 'data') return undefined
  if (type === 'aws_caller_identity' && (attribute === 'account_id' || attribute === 'id')) return given.account
  if (type === 'aws_region' && REGION_ATTRIBUTES.has(attribute)) return given.region
  return type === 'aws_partition' && attribute === 'partition' ? given.partition : undefined
}

const REGION_ATTRIBUTES: ReadonlySet<string> = new Set(['name', 'region', 'id'])

/** A value of the right form; undefined where the form is not known. */
export function standInOfReference(reference: string): string | undefined {
  const parts = withoutIndexes(reference).split('.')
  if (parts[0] === 'data') return standInOfData(parts[1] ?? '', parts[2] ?? '', parts[3] ?? '')
  const [type = '', name = '', attribute = ''] = parts
  return type.startsWith('aws_') ? standInOfResource(type, name, attribute) : undefined
}

function standInOfData(type: string, name: string, attribute: string): string | undefined {
  switch (type) {
    case 'aws_caller_identity':
      if (attribute === 'arn') return `arn:aws:iam::${STAND_IN_ACCOUNT}:user/deployer`
      return attribute === 'account_id' || attribute === 'id' ? STAND_IN_ACCOUNT : undefined
    case 'aws_region':
      return REGION_ATTRIBUTES.has(attribute) ? STAND_IN_REGION : undefined
    case 'aws_partition':
      if (attribute === 'dns_suffix') return 'amazonaws.com'
      return attribute === 'partition' || attribute === 'id' ? 'aws' : undefined
    default:
      return standInOfResource(type, name, attribute)
  }
}

function standInOfResource(type: string, name: string, attribute: string): string | undefined {
  if (attribute === 'arn') return standInOfArn(type, name)
  switch (type) {
    case 'aws_kms_key':
    case 'aws_kms_replica_key':
    case 'aws_kms_external_key':
      return attribute === 'key_id' || attribute === 'id' ? STAND_IN_KEY_ID : undefined
    case 'aws_s3_bucket':
      return attribute === 'id' || attribute === 'bucket' ? bucketName(name) : undefined
    case 'aws_iam_role':
    case 'aws_iam_user':
    case 'aws_iam_group':
      return attribute === 'name' || attribute === 'id' ? name : undefined
    default:
      return attribute === 'name' ? name : undefined
  }
}

function standInOfArn(type: string, name: string): string | undefined {
  switch (type) {
    case 'aws_kms_key':
    case 'aws_kms_replica_key':
    case 'aws_kms_external_key':
      return `arn:aws:kms:${AT}:key/${STAND_IN_KEY_ID}`
    case 'aws_kms_alias':
      return `arn:aws:kms:${AT}:alias/${name}`
    case 'aws_iam_role':
      return `arn:aws:iam::${STAND_IN_ACCOUNT}:role/${name}`
    case 'aws_iam_user':
      return `arn:aws:iam::${STAND_IN_ACCOUNT}:user/${name}`
    case 'aws_iam_group':
      return `arn:aws:iam::${STAND_IN_ACCOUNT}:group/${name}`
    case 'aws_iam_policy':
      return `arn:aws:iam::${STAND_IN_ACCOUNT}:policy/${name}`
    case 'aws_s3_bucket':
      return `arn:aws:s3:::${bucketName(name)}`
    case 'aws_lambda_function':
      return `arn:aws:lambda:${AT}:function:${name}`
    case 'aws_cloudwatch_log_group':
      return `arn:aws:logs:${AT}:log-group:${name}`
    case 'aws_dynamodb_table':
      return `arn:aws:dynamodb:${AT}:table/${name}`
    case 'aws_secretsmanager_secret':
      return `arn:aws:secretsmanager:${AT}:secret:${name}-AbCdEf`
    case 'aws_sns_topic':
      return `arn:aws:sns:${AT}:${name}`
    case 'aws_sqs_queue':
      return `arn:aws:sqs:${AT}:${name}`
    default:
      return undefined
  }
}

function bucketName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** `module.a["x"].aws_kms_key.k[0]` as the configuration has it: `module.a.aws_kms_key.k`. */
export function withoutIndexes(address: string): string {
  if (!address.includes('[')) return address
  let out = ''
  let from = 0
  for (let at = 0; at < address.length; at++) {
    if (address[at] !== '[') continue
    out += address.slice(from, at)
    at = indexEnd(address, at) - 1
    from = at + 1
  }
  return out + address.slice(from)
}

/** What stands in front of a resource's type in its address: `module.a["x"].`. */
export function moduleOf(address: string): string {
  let at = 0
  while (address.startsWith(MODULE, at)) {
    let end = at + MODULE.length
    while (end < address.length && address[end] !== '.' && address[end] !== '[') end++
    if (address[end] === '[') end = indexEnd(address, end)
    at = end + 1
  }
  return address.slice(0, at)
}

const MODULE = 'module.'

/** Behind the bracket that closes an index; what stands in its quotes closes nothing. */
function indexEnd(address: string, start: number): number {
  let isQuoted = false
  for (let at = start + 1; at < address.length; at++) {
    const character = address[at]
    if (character === '\\' && isQuoted) at++
    else if (character === '"') isQuoted = !isQuoted
    else if (character === ']' && !isQuoted) return at + 1
  }
  return address.length
}

/** The symbols of one policy, and notes of those that nothing stands in for. */
export class SymbolTable {
  readonly symbols: SymbolicValue[] = []
  readonly notes: TemplateNote[] = []

  /** @param offset - where the text of the policy begins in the file that `span` is a place of. */
  constructor(
    private readonly address: string,
    private readonly offset: number,
  ) {}

  /** What to put into a value for this expression. */
  character(expression: string, { start, end }: Span, standIn: string | undefined): string {
    // What comes beyond stands there as it is written, and is seen to be unresolved.
    if (this.symbols.length >= MAX_SYMBOLS) return expression
    const span = { start: start - this.offset, end: end - this.offset }
    this.symbols.push({ expression, span, ...(standIn === undefined ? {} : { standIn }) })
    if (standIn === undefined) {
      this.notes.push({ kind: 'unresolved', span: { start, end }, address: this.address, detail: expression })
    }
    return symbolCharacter(this.symbols.length - 1)
  }
}
