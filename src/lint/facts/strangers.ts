/**
 * Whether somebody in an account that nobody has ever heard of may use a key.
 *
 * Decided by evaluation, with a caller of a fresh account who is in no organization or a fresh one, comes from an
 * address that no policy names, over the internet or through an endpoint of their own. So whatever binds the caller
 * does, and whatever anybody can have does not.
 *
 * Source: KMS Developer Guide, "Key policies in AWS KMS"; IAM User Guide, "AWS global condition context keys".
 */
import { aloneUnderDenies, EXAMPLE_ACCOUNT, keyWorld, LINT_OPTIONS, type KeyWorld } from './key-world.js'
import type { RequestContext } from '../../decide/values.js'
import type { PolicyDocument, Statement } from '../../policy/document.js'
import { accessOf, anyAccess, type AnyAccess } from '../../solve/access.js'
import { isInRange, parseIpAddress, parseIpRange } from '../../text/ip.js'

type Found = Extract<AnyAccess, { readonly answer: 'yes' }>

const foundFor = new WeakMap<PolicyDocument, Map<number, Found | undefined>>()

/** What a stranger may do by this statement of a key policy, under the Denies of the policy. */
export function strangerAccess(
  document: PolicyDocument,
  statement: number,
  account: string | undefined,
): Found | undefined {
  const known = foundFor.get(document) ?? new Map<number, Found | undefined>()
  foundFor.set(document, known)
  if (!known.has(statement)) known.set(statement, ask(document, statement, account ?? EXAMPLE_ACCOUNT))
  return known.get(statement)
}

function ask(document: PolicyDocument, index: number, account: string): Found | undefined {
  const statement = document.statements[index]
  if (statement === undefined || statement.effect !== 'Allow' || !namesEverybody(statement)) return undefined
  const alone = aloneUnderDenies(document, index)
  const world = keyWorld(alone, account)
  const fresh = freshAccount(textOf(document), account)
  const mentioned = keysOf(alone.statements)
  // Who is asked for by name may be somebody of any account.
  const byName = ['aws:principalarn', 'aws:userid', 'aws:username'].some((key) => mentioned.has(key))
  for (const context of contexts(alone, mentioned)) {
    const found = anyAccess(
      world,
      { principals: [`arn:aws:iam::${fresh}:role/Anybody`], resources: [world.arn], context, sessionPolicies: 'none' },
      LINT_OPTIONS,
    )
    if (found.answer === 'yes') return found
    const other = byName ? anyStranger(world, context, document, account) : undefined
    if (other !== undefined) return other
  }
  return undefined
}

function namesEverybody({ principal }: Statement): boolean {
  return principal !== undefined && !principal.negated && principal.entries.some(({ kind }) => kind === 'any')
}

function anyStranger(
  { arn, snapshot }: KeyWorld,
  context: RequestContext,
  document: PolicyDocument,
  account: string,
): Found | undefined {
  const scope = { resources: [arn], context, sessionPolicies: 'none' } as const
  const listed = accessOf({ snapshot }, { ...scope, standing: ['stranger'] }, { ...LINT_OPTIONS, maxListed: 20 })
  if (listed.answer === 'unknown') return undefined
  const text = textOf(document)
  for (const { callers } of listed.access) {
    const outsider = callers.find(
      ({ kind, accountId }) =>
        kind !== 'service' && accountId !== undefined && accountId !== account && !text.includes(accountId),
    )
    if (outsider === undefined) continue
    const found = anyAccess({ snapshot }, { ...scope, principals: [outsider.principal] }, LINT_OPTIONS)
    if (found.answer === 'yes') return found
  }
  return undefined
}

const texts = new WeakMap<PolicyDocument, string>()

function textOf(document: PolicyDocument): string {
  const known = texts.get(document) ?? JSON.stringify(document.statements)
  texts.set(document, known)
  return known
}

const ACCOUNTS = ['999988887777', '888877776666', '777766665555', '666655554444'] as const

function freshAccount(text: string, own: string): string {
  return ACCOUNTS.find((account) => account !== own && !text.includes(account)) ?? '555544443333'
}

/** In lower case. */
function keysOf(statements: readonly Statement[]): ReadonlySet<string> {
  return new Set(statements.flatMap(({ conditions }) => conditions.map(({ key }) => key.toLowerCase())))
}

const NETWORK: readonly string[] = [
  'aws:SourceIp',
  'aws:VpcSourceIp',
  'aws:SourceVpc',
  'aws:SourceVpcArn',
  'aws:SourceVpce',
  'aws:VpceAccount',
  'aws:VpceOrgID',
  'aws:VpceOrgPaths',
]
const ORGANIZATION: readonly string[] = ['aws:PrincipalOrgID', 'aws:PrincipalOrgPaths']
const ORG_ID = 'o-7f3k9q2x5z'

/** Requests of a stranger, by what the policy asks about. */
function contexts(document: PolicyDocument, mentioned: ReadonlySet<string>): readonly RequestContext[] {
  const asks = (keys: readonly string[]): boolean => keys.some((key) => mentioned.has(key.toLowerCase()))
  const without = (keys: readonly string[]): RequestContext => Object.fromEntries(keys.map((key) => [key, null]))
  const organizations: readonly RequestContext[] = asks(ORGANIZATION)
    ? [
        without(ORGANIZATION),
        { 'aws:PrincipalOrgID': ORG_ID, 'aws:PrincipalOrgPaths': [`${ORG_ID}/r-9k3f/ou-9k3f-7xq2z5k1/`] },
      ]
    : [{}]
  const networks: readonly RequestContext[] = asks(NETWORK)
    ? [
        { ...without(NETWORK), 'aws:SourceIp': publicAddress(document) },
        {
          ...without(NETWORK),
          'aws:VpcSourceIp': '10.0.7.19',
          'aws:SourceVpc': 'vpc-0f7e6d5c4b3a29181',
          'aws:SourceVpcArn': 'arn:aws:ec2:us-east-1:999988887777:vpc/vpc-0f7e6d5c4b3a29181',
          'aws:SourceVpce': 'vpce-0f7e6d5c4b3a29181',
          'aws:VpceAccount': '999988887777',
          'aws:VpceOrgID': ORG_ID,
          'aws:VpceOrgPaths': [`${ORG_ID}/r-9k3f/ou-9k3f-7xq2z5k1/`],
        },
      ]
    : [{}]
  const ids: RequestContext = bindsUserId(document) ? { 'aws:userid': 'AIDA7F3K9Q2X5Z8W1V6TB' } : {}
  return organizations.flatMap((organization) =>
    networks.map((network): RequestContext => ({ ...organization, ...network, ...ids })),
  )
}

/** The id of a user or role comes first in `aws:userid`, and nobody can choose it. */
function bindsUserId({ statements }: PolicyDocument): boolean {
  return statements.some(({ conditions }) =>
    conditions.some(
      ({ key, values }) =>
        key.toLowerCase() === 'aws:userid' && values.some((value) => /^A[A-Z]{3}[A-Z0-9]/.test(value)),
    ),
  )
}

const ADDRESSES = ['51.77.19.201', '185.34.71.9', '23.91.140.77', '94.213.6.118'] as const
/** A wider range than this is half of the internet. */
const NARROW_BITS = 8

function publicAddress({ statements }: PolicyDocument): string {
  const ranges = statements.flatMap(({ conditions }) =>
    conditions.flatMap(({ key, values }) =>
      key.toLowerCase() === 'aws:sourceip' ? values.flatMap((value) => parseIpRange(value) ?? []) : [],
    ),
  )
  const narrow = ranges.filter(({ prefixLength }) => prefixLength >= NARROW_BITS)
  const free = ADDRESSES.find((text) => {
    const address = parseIpAddress(text)
    return address !== undefined && !narrow.some((range) => isInRange(address, range))
  })
  return free ?? ADDRESSES[0]
}
