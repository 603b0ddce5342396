/**
 * Domains: which values an attribute of a request can really have, as a language, and what such a value looks like.
 *
 * A domain holds every value that a real request can carry, so that nothing is missed; lengths that only AWS limits
 * are not among its rules. Knows no policies.
 *
 * Source: AWS General Reference, "Amazon Resource Names"; IAM User Guide, "IAM identifiers", "IAM and AWS STS quotas";
 * KMS Developer Guide, "Key identifiers"; AWS Organizations API Reference, "Organization".
 */
import { LRUCache } from 'lru-cache'
import { DomainLanguage, EVERY_UNIT, type Part } from './region-language.js'

/** `role` is the role's own ARN with its path, `session` the ARN of a session, without one. */
export type PrincipalForm = 'role' | 'user' | 'session' | 'federatedUser' | 'root' | 'service'

/** A list of accounts or Regions narrows the domain to these; left out, any. */
export type ValueDomain =
  /** Any text, also the empty one. `words` are values that look real here, the best first. */
  | { readonly kind: 'text'; readonly words?: readonly string[] }
  /** Exactly these. */
  | { readonly kind: 'oneOf'; readonly values: readonly string[] }
  | {
      readonly kind: 'keyArn' | 'aliasArn'
      readonly accounts?: readonly string[]
      readonly regions?: readonly string[]
    }
  /** `alias/...` alone. */
  | { readonly kind: 'aliasName' }
  | { readonly kind: 'principal'; readonly forms: readonly PrincipalForm[]; readonly accounts?: readonly string[] }
  /**
   * An ARN of any service. Values that a Resource pattern covers only because a `*` runs across a colon are left out.
   */
  | { readonly kind: 'arn' }
  /** `service:action` in lower case, which stands for every case. */
  | { readonly kind: 'action' }
  | { readonly kind: 'account' | 'region' | 'organization' | 'servicePrincipal' | 'viaService' }
  /** A whole number is 0, 1, 2 ...; otherwise any decimal. */
  | { readonly kind: 'number'; readonly whole: boolean }
  | { readonly kind: 'date' | 'boolean' | 'address' }

/** The closed list of a domain that has one. */
export function closedValues(domain: ValueDomain): readonly string[] | undefined {
  if (domain.kind === 'oneOf') return domain.values
  return domain.kind === 'boolean' ? ['true', 'false'] : undefined
}

/** No star can cross a colon to any effect: every value has the five colons of an ARN, or the domain says so. */
export function isFieldwise(domain: ValueDomain): boolean {
  switch (domain.kind) {
    case 'keyArn':
    case 'aliasArn':
    case 'arn':
      return true
    default:
      return false
  }
}

/** Building a language takes longer than most partitions, and policies ask the same few. */
const languages = new LRUCache<string, DomainLanguage>({ max: 64 })

export function languageOf(domain: ValueDomain): DomainLanguage {
  const key = JSON.stringify(domain)
  const known = languages.get(key)
  if (known !== undefined) return known
  const { parts, examples } = describe(domain)
  const language = new DomainLanguage(parts, examples)
  languages.set(key, language)
  return language
}

// ------------------------------------------------------------------------------------------------------- characters
// In the order in which a sample should use them.

const LOWER = 'xyzwvutsrqponmlkjihgfedcba'
const DIGITS = '1234567890'
const UPPER = LOWER.toUpperCase()
const HEX = '123456789abcdef0'
/** Names of roles, users, sessions. */
const NAME = `${LOWER}${UPPER}${DIGITS}-_.+=,@`
/** Paths take every visible ASCII character; those that are wildcards in a policy are no part of a principal here. */
const PATH = `${NAME}!"#$%&'():;<>[\\]^\`{|}~`
const KEY_ID = `${LOWER}${DIGITS}-${UPPER}`
const ALIAS = `${LOWER}${DIGITS}${UPPER}-_/`
const LABEL = `${LOWER}${DIGITS}-`

const many = (chars: string): Part => ({ chars, min: 1, isOpen: true })
const any = (chars: string): Part => ({ chars, min: 0, isOpen: true })
const exactly = (chars: string, min: number): Part => ({ chars, min, isOpen: false })
const between = (chars: string, min: number, max: number): Part => ({
  either: Array.from({ length: max - min + 1 }, (_, more) => [exactly(chars, min + more)]),
})
const oneOf = (texts: readonly string[]): Part => ({ either: texts.map((text) => [text]) })
const optional = (...parts: readonly Part[]): Part => ({ either: [parts, []] })

const PARTITION: readonly Part[] = ['aws', { repeat: ['-', many(LOWER)] }]
const DOTTED: readonly Part[] = [many(LABEL), '.', many(LABEL), { repeat: ['.', many(LABEL)] }]

const account = (accounts: readonly string[] | undefined): Part =>
  accounts === undefined ? exactly(DIGITS, 12) : oneOf(accounts)
const region = (regions: readonly string[] | undefined): Part => (regions === undefined ? many(LABEL) : oneOf(regions))

// ---------------------------------------------------------------------------------------------------------- domains

interface Described {
  readonly parts: readonly Part[]
  /** Values that look real, the best first. */
  readonly examples: readonly string[]
}

const ACCOUNTS = ['111122223333', '444455556666', '999988887777']
const REGIONS = ['eu-west-1', 'us-east-1', 'ap-southeast-2']
const KEYS = [
  '1234abcd-12ab-34cd-56ef-1234567890ab',
  '0987dcba-09fe-87dc-65ba-ab0987654321',
  'mrk-1234abcd12ab34cd56ef1234567890ab',
]
const NAMES = ['other', 'another', 'some', 'guest', 'visitor']
const SERVICES = ['s3', 'ec2', 'lambda', 'dynamodb', 'rds']

const each = (texts: readonly string[], make: (text: string) => string): string[] => texts.map(make)

function describe(domain: ValueDomain): Described {
  switch (domain.kind) {
    case 'text':
      return { parts: [{ chars: EVERY_UNIT, min: 0, isOpen: true }], examples: [...(domain.words ?? []), ...NAMES] }
    case 'oneOf':
      return { parts: [oneOf(domain.values)], examples: domain.values }
    case 'boolean':
      return { parts: [oneOf(['true', 'false'])], examples: ['true', 'false'] }
    case 'keyArn':
      return kmsArn(
        domain,
        ['key/', many(KEY_ID)],
        each(KEYS, (id) => `key/${id}`),
      )
    case 'aliasArn':
      return kmsArn(
        domain,
        ['alias/', many(ALIAS)],
        each(NAMES, (name) => `alias/${name}`),
      )
    case 'aliasName':
      return { parts: ['alias/', many(ALIAS)], examples: each(NAMES, (name) => `alias/${name}`) }
    case 'principal':
      return {
        parts: [{ either: domain.forms.map((form) => principalParts(form, domain.accounts)) }],
        examples: domain.forms.flatMap((form) => principalExamples(form, domain.accounts ?? ACCOUNTS)),
      }
    case 'arn':
      return {
        parts: ['arn:', ...PARTITION, ':', many(LABEL), ':', any(LABEL), ':', any(LABEL), ':', many(EVERY_UNIT)],
        examples: [
          ...each(KEYS, (id) => `arn:aws:kms:eu-west-1:111122223333:key/${id}`),
          ...each(NAMES, (name) => `arn:aws:s3:::${name}`),
          ...each(NAMES, (name) => `arn:aws:iam::111122223333:role/${name}`),
        ],
      }
    case 'action':
      return {
        parts: [many(LABEL), ':', many(`${LOWER}${DIGITS}`)],
        examples: ['s3:getobject', 'kms:decrypt', 'ec2:runinstances', 'iam:getuser'],
      }
    case 'account':
      return { parts: [exactly(DIGITS, 12)], examples: ACCOUNTS }
    case 'region':
      return { parts: [many(LABEL)], examples: REGIONS }
    case 'organization':
      return {
        parts: ['o-', many(`${LOWER}${DIGITS}`)],
        examples: ['o-a1b2c3d4e5', 'o-z9y8x7w6v5', 'o-otherorg01'],
      }
    case 'servicePrincipal':
      return { parts: DOTTED, examples: each(SERVICES, (name) => `${name}.amazonaws.com`) }
    case 'viaService':
      return {
        parts: DOTTED,
        examples: REGIONS.flatMap((id) => each(SERVICES, (name) => `${name}.${id}.amazonaws.com`)),
      }
    case 'number':
      return describeNumber(domain.whole)
    case 'date':
      return {
        parts: [exactly(DIGITS, 4), '-', two, '-', two, 'T', two, ':', two, ':', two, optional('.', many(DIGITS)), 'Z'],
        examples: ['2026-01-01T00:00:00Z', '2030-06-30T12:00:00Z'],
      }
    case 'address':
      return {
        parts: [{ either: [[octet, '.', octet, '.', octet, '.', octet], ...ipv6Forms()] }],
        examples: ['203.0.113.1', '198.51.100.7', '2001:db8::1'],
      }
  }
}

const two = exactly(DIGITS, 2)

function kmsArn(
  { accounts, regions }: { readonly accounts?: readonly string[]; readonly regions?: readonly string[] },
  resource: readonly Part[],
  resources: readonly string[],
): Described {
  return {
    parts: ['arn:', ...PARTITION, ':kms:', region(regions), ':', account(accounts), ':', ...resource],
    examples: (accounts ?? ACCOUNTS)
      .slice(0, 3)
      .flatMap((id) =>
        (regions ?? REGIONS)
          .slice(0, 3)
          .flatMap((name) => each(resources, (text) => `arn:aws:kms:${name}:${id}:${text}`)),
      ),
  }
}

function principalParts(form: PrincipalForm, accounts: readonly string[] | undefined): readonly Part[] {
  const start = (service: string): readonly Part[] => ['arn:', ...PARTITION, `:${service}::`, account(accounts), ':']
  const path: Part = { repeat: [many(PATH), '/'] }
  switch (form) {
    case 'role':
      return [...start('iam'), 'role/', path, many(NAME)]
    case 'user':
      return [...start('iam'), 'user/', path, many(NAME)]
    case 'session':
      return [...start('sts'), 'assumed-role/', many(NAME), '/', many(NAME)]
    case 'federatedUser':
      return [...start('sts'), 'federated-user/', many(NAME)]
    case 'root':
      return [...start('iam'), 'root']
    case 'service':
      return DOTTED
  }
}

function principalExamples(form: PrincipalForm, accounts: readonly string[]): readonly string[] {
  return accounts.slice(0, 3).flatMap((id) => principalsOf(form, id))
}

function principalsOf(form: PrincipalForm, id: string): readonly string[] {
  switch (form) {
    case 'role':
      return each(NAMES, (name) => `arn:aws:iam::${id}:role/${name}`)
    case 'user':
      return each(NAMES, (name) => `arn:aws:iam::${id}:user/${name}`)
    case 'session':
      return each(NAMES, (name) => `arn:aws:sts::${id}:assumed-role/${name}/session`)
    case 'federatedUser':
      return each(NAMES, (name) => `arn:aws:sts::${id}:federated-user/${name}`)
    case 'root':
      return [`arn:aws:iam::${id}:root`]
    case 'service':
      return each(SERVICES, (name) => `${name}.amazonaws.com`)
  }
}

function describeNumber(whole: boolean): Described {
  const integer: Part = { either: [['0'], [exactly(DIGITS.slice(0, -1), 1), any(DIGITS)]] }
  if (whole) return { parts: [integer], examples: ['1', '7', '30'] }
  return { parts: [optional('-'), integer, optional('.', many(DIGITS))], examples: ['1', '7', '30', '0.5', '-1'] }
}

const octet: Part = {
  either: [
    [exactly(DIGITS, 1)],
    [exactly(DIGITS.slice(0, -1), 1), exactly(DIGITS, 1)],
    ['1', exactly(DIGITS, 2)],
    ['2', exactly('01234', 1), exactly(DIGITS, 1)],
    ['25', exactly('012345', 1)],
  ],
}

/** All eight groups, or fewer with `::` in their place. */
function ipv6Forms(): readonly (readonly Part[])[] {
  const group = between(HEX, 1, 4)
  const groups = (count: number): readonly Part[] =>
    Array.from({ length: count }, (_, index): readonly Part[] => (index === 0 ? [group] : [':', group])).flat()
  const forms = [groups(8)]
  for (let before = 0; before <= 7; before++) {
    for (let after = 0; before + after <= 7; after++) forms.push([...groups(before), '::', ...groups(after)])
  }
  return forms
}
