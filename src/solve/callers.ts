/**
 * Who can ask: every caller that the worlds and their policies tell apart, each class with a caller that stands for it.
 *
 * Known principals stand for themselves. Everybody else is parted by what policies name: exact principals, accounts,
 * services and patterns on the principal's ARN and account. So whoever could be told apart is in a class of its own.
 *
 * Source: facts C1 to C5; IAM User Guide, "AWS JSON policy elements: Principal".
 */
import type { Snapshot } from '../graph/world.js'
import { LITERAL } from '../graph/template-value.js'
import type { GraphTables } from '../graph/tables.js'
import { splitArn } from '../text/arn.js'
import { parsePrincipalArn } from '../text/principal-arn.js'
import { alikePrincipals } from './alike.js'
import { OutOfBudget, Unanswerable, type Meter } from './budget.js'
import {
  describeRegion,
  partition,
  type PrincipalForm,
  type Region,
  type ValueDomain,
  type ValueTest,
} from './region.js'
import type { Mentioned } from './relevant.js'

/** Callers whom no policy and no grant in question tells apart. */
export interface CallerClass {
  readonly kind: 'user' | 'role' | 'session' | 'federated' | 'root' | 'service'
  /** As `AuthorizationRequest.principal` has it. A role's ARN stands for any session of it that is not named. */
  readonly principal: string
  /** Federated: the user that asked for the session, where it is known. */
  readonly userArn?: string
  /** Undefined for a service. */
  readonly accountId: string | undefined
  /**
   * `known`: a principal of a world. `named`: one that only policies or grants name. `stranger`: anybody like this one.
   */
  readonly standing: 'known' | 'named' | 'stranger'
  /** "any other role in account 111122223333" */
  readonly words: string
  /** Whether its identity policies are those of the worlds (none, where they have none), or may be any. */
  readonly identity: 'known' | 'any'
}

export interface CallerScope {
  /** Principals as `AuthorizationRequest.principal` has them; left out, everybody. */
  readonly principals?: readonly string[]
  /** Of everybody, only these; left out, all. */
  readonly standing?: readonly CallerClass['standing'][]
  /**
   * What is taken of callers whose identity policies are in no world. `none`: they have none. `any`: they may have any.
   * `auto`, when left out: `any` for accounts of which no world knows a principal.
   */
  readonly unknownIdentity?: 'none' | 'any' | 'auto'
}

/** The classes of a scope, and the known principals that are like the one of a class: the same is true of them. */
export interface ScopedCallers {
  readonly classes: readonly CallerClass[]
  readonly alike: ReadonlyMap<CallerClass, readonly CallerClass[]>
  readonly userNames: UserNames
}

/**
 * Names of the users that a world knows or a policy names. No other user of the same account has one of them, whatever the
 * path and the case.
 *
 * Source: IAM API Reference, "CreateUser": names are unique within the account and not distinguished by case.
 */
export class UserNames {
  private readonly names = new Set<string>()

  constructor(arns: Iterable<string>) {
    for (const arn of arns) {
      const name = userNameOf(arn)
      if (name !== undefined) this.names.add(name)
    }
  }

  /** Whether this user has the name of a user that is known or named. */
  isTaken(arn: string): boolean {
    const name = userNameOf(arn)
    return name !== undefined && this.names.has(name)
  }

  has(accountId: string, name: string): boolean {
    return this.names.has(`${accountId}/${name.toLowerCase()}`)
  }
}

/** With the account, as `UserNames` keeps it; undefined of who is no user. */
function userNameOf(arn: string): string | undefined {
  const parsed = parsePrincipalArn(arn)
  if (!parsed.ok || parsed.value.kind !== 'user') return undefined
  return `${parsed.value.account}/${arn.slice(arn.lastIndexOf('/') + 1).toLowerCase()}`
}

export function callersOf(
  snapshots: readonly Snapshot[],
  mentioned: Mentioned,
  resourceAccounts: Iterable<string>,
  scope: CallerScope,
  meter: Meter,
): ScopedCallers {
  const finder = new CallerFinder(snapshots, mentioned, new Set(resourceAccounts), scope, meter)
  const { userNames } = finder
  if (scope.principals !== undefined) return { classes: finder.these(scope.principals), alike: new Map(), userNames }
  const all = finder.everybody()
  const { standing } = scope
  const classes = standing === undefined ? all : all.filter((caller) => standing.includes(caller.standing))
  return { classes, alike: finder.alike, userNames }
}

const FORMS: Readonly<Record<'user' | 'role' | 'federated' | 'root', PrincipalForm>> = {
  user: 'user',
  role: 'role',
  federated: 'federatedUser',
  root: 'root',
}

/** As `AuthorizationRequest.principal` takes it. */
const SERVICE = /^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?$/

/** How often a sample that somebody known already has is set apart. */
const MAX_SETTING_APART = 64

class CallerFinder {
  private readonly tables: GraphTables
  private readonly known = new Set<string>()
  /** Accounts of which a world knows a principal. */
  private readonly peopled = new Set<string>()
  readonly alike = new Map<CallerClass, readonly CallerClass[]>()
  readonly userNames: UserNames

  constructor(
    private readonly snapshots: readonly Snapshot[],
    private readonly mentioned: Mentioned,
    private readonly resourceAccounts: ReadonlySet<string>,
    private readonly scope: CallerScope,
    private readonly meter: Meter,
  ) {
    const [first] = snapshots
    if (first === undefined) throw new Error('a question needs a world')
    this.tables = first.tables
    for (const { principals } of snapshots) {
      for (const [arn, { accountId }] of principals.entries()) {
        this.known.add(arn)
        this.peopled.add(accountId)
      }
    }
    this.userNames = new UserNames([...this.known, ...mentioned.arns])
  }

  these(principals: readonly string[]): readonly CallerClass[] {
    return principals.map((principal) => {
      const found = this.namedCaller(principal)
      if (found === undefined) throw new Unanswerable(`\`${principal}\` is no caller`)
      return found
    })
  }

  everybody(): readonly CallerClass[] {
    const found = new Map<string, CallerClass>()
    const add = (caller: CallerClass | undefined): void => {
      if (caller === undefined) return
      const key = `${caller.principal} ${caller.userArn ?? ''}`
      if (!found.has(key)) found.set(key, caller)
    }
    for (const [first, ...others] of alikePrincipals(this.snapshots, this.mentioned, this.known)) {
      const caller = first === undefined ? undefined : this.namedCaller(first)
      if (caller === undefined) continue
      add(caller)
      if (others.length > 0)
        this.alike.set(
          caller,
          others.map((principal) => ({ ...caller, principal, words: principal })),
        )
    }
    for (const arn of this.mentioned.arns) add(this.namedCaller(arn))
    for (const name of this.mentioned.services) add(this.namedCaller(name))
    for (const caller of this.strangers('user')) add(caller)
    for (const caller of this.strangers('role')) add(caller)
    for (const caller of this.strangers('root')) add(caller)
    const federated = this.strangers('federated')
    for (const caller of federated) {
      add(caller)
      for (const user of found.values()) {
        if (user.kind !== 'user' || user.accountId !== caller.accountId || user.standing === 'stranger') continue
        const session = sessionOf(user, caller)
        add(session)
        const others = this.alike.get(user)
        if (others !== undefined)
          this.alike.set(
            session,
            others.map((other) => sessionOf(other, caller)),
          )
      }
    }
    for (const caller of this.strangeServices()) add(caller)
    return [...found.values()]
  }

  // ------------------------------------------------------------------------------------------------------------ named

  private namedCaller(principal: string): CallerClass | undefined {
    const parsed = parsePrincipalArn(principal)
    if (!parsed.ok) {
      if (!SERVICE.test(principal)) return undefined
      return {
        kind: 'service',
        principal,
        accountId: undefined,
        standing: 'named',
        words: `the service ${principal}`,
        identity: 'known',
      }
    }
    const { account } = parsed.value
    const entry = this.entryOf(principal)
    const isKnown = this.known.has(entry)
    const base = {
      principal,
      accountId: account,
      standing: isKnown ? ('known' as const) : ('named' as const),
      identity: isKnown ? ('known' as const) : this.identityOf(account),
    }
    switch (parsed.value.kind) {
      case 'root':
        return { ...base, kind: 'root', identity: 'known', words: `the root user of account ${account}` }
      case 'user':
        return { ...base, kind: 'user', words: principal }
      case 'role':
        return { ...base, kind: 'role', words: principal }
      case 'session':
        return { ...base, kind: 'session', words: principal }
      case 'federatedUser':
        return { ...base, kind: 'federated', words: principal }
    }
  }

  /** Under which ARN a world would keep the policies of a caller. */
  private entryOf(principal: string): string {
    const parsed = parsePrincipalArn(principal)
    if (!parsed.ok || parsed.value.kind !== 'session') return principal
    const { account, role } = parsed.value
    for (const { roleNames } of this.snapshots) {
      const arn = roleNames.get(`${account}/${role}`)
      if (arn !== undefined) return arn
    }
    return principal
  }

  private identityOf(accountId: string): 'known' | 'any' {
    switch (this.scope.unknownIdentity ?? 'auto') {
      case 'none':
        return 'known'
      case 'any':
        return 'any'
      case 'auto':
        return this.peopled.has(accountId) ? 'known' : 'any'
    }
  }

  // -------------------------------------------------------------------------------------------------------- strangers

  private strangers(kind: keyof typeof FORMS): readonly CallerClass[] {
    const domain: ValueDomain = { kind: 'principal', forms: [FORMS[kind]] }
    const isTaken = (arn: string): boolean => kind !== 'root' && (this.mentioned.arns.has(arn) || this.known.has(arn))
    const tests = [...this.patternTests(), ...this.accountTests(), ...(kind === 'role' ? [LINKED_ROLE] : [])]
    const apart = new Set<string>()
    let regions = this.regions(tests, domain)
    // Where a sample is somebody known, that one is set apart, until there is a sample that is nobody.
    for (let round = 0; ; round++) {
      const clashes = regions.map(({ sample }) => sample).filter((sample) => isTaken(sample) && !apart.has(sample))
      if (clashes.length === 0) break
      this.meter.require(round, MAX_SETTING_APART, 'principals like those that are sought')
      for (const sample of clashes) {
        tests.push(isExactly(sample))
        apart.add(sample)
      }
      regions = this.regions(tests, domain)
    }
    return regions.flatMap((region) => {
      const { sample } = region
      if (isTaken(sample)) return []
      const accountId = splitArn(sample)?.account
      if (accountId === undefined) return []
      const others =
        kind === 'root' ? `the root user of an account such as ${accountId}` : describeRegion(region, tests, domain)
      const isNamed = this.mentioned.accounts.has(accountId) || this.resourceAccounts.has(accountId)
      const words = kind === 'root' && isNamed ? `the root user of account ${accountId}` : others
      const identity = kind === 'root' ? 'known' : this.identityOf(accountId)
      const standing = kind === 'root' && isNamed ? 'named' : 'stranger'
      return [{ kind, principal: sample, accountId, standing, words, identity }]
    })
  }

  private strangeServices(): readonly CallerClass[] {
    const domain: ValueDomain = { kind: 'servicePrincipal' }
    const named = [...this.mentioned.services]
    const tests = [
      ...named.map(isExactly),
      ...this.plainTests('aws:principalservicename'),
      ...this.plainTests('aws:principalservicenameslist'),
    ]
    return this.regions(tests, domain).flatMap(({ sample }) =>
      named.includes(sample) || !SERVICE.test(sample)
        ? []
        : [
            {
              kind: 'service',
              principal: sample,
              accountId: undefined,
              standing: 'stranger',
              words: `a service such as ${sample}`,
              identity: 'known',
            },
          ],
    )
  }

  private patternTests(): ValueTest[] {
    return [
      // No ARN is a number, a date, a flag, an address or bytes: such tests tell no ARNs apart.
      ...this.plainTests('aws:principalarn').filter(
        ({ operator }) => operator.startsWith('String') || operator === 'ArnLike',
      ),
      ...this.plainTests('aws:principalaccount').map(ofAccount),
      ...this.plainTests('kms:calleraccount').map(ofAccount),
    ]
  }

  private accountTests(): readonly ValueTest[] {
    const accounts = new Set([...this.mentioned.accounts, ...this.resourceAccounts])
    for (const { accounts: known } of this.snapshots) for (const [id] of known.entries()) accounts.add(id)
    for (const id of this.peopled) accounts.add(id)
    return [...accounts].map((id): ValueTest => ({
      kind: 'matches',
      operator: 'StringEquals',
      marked: [LITERAL + id],
      of: 'account',
    }))
  }

  /** The tests of a condition key whose answer hangs on its own value alone. */
  private plainTests(key: string): readonly ConditionTestOfValue[] {
    const slot = this.tables.findSlot(key)
    const tests = new Map<string, ConditionTestOfValue>()
    for (const atom of this.mentioned.atoms.get(slot) ?? []) {
      const { operator, marked } = this.tables.atom(atom)
      if (operator === 'Null' || !marked.every((value) => value.startsWith(LITERAL))) continue
      const asked = JSON.stringify([operator, marked])
      tests.set(asked, { kind: 'matches', operator, marked })
      if (operator === 'ArnLike') tests.set(`uncomparable ${asked}`, { kind: 'uncomparable', operator, marked })
    }
    return [...tests.values()]
  }

  private regions(tests: readonly ValueTest[], domain: ValueDomain): readonly Region[] {
    const { maxRegions } = this.meter.limits
    const found = partition(tests, domain, { maxRegions, maxStates: maxRegions * STATES_PER_REGION })
    if (!found.ok) throw new OutOfBudget(`the callers cannot be told apart: ${found.error.detail}`)
    return found.value
  }
}

const STATES_PER_REGION = 64

/** SCPs and RCPs do not limit the roles that services make for themselves. */
const LINKED_ROLE: ValueTest = {
  kind: 'matches',
  operator: 'ArnLike',
  marked: [`${LITERAL}arn:*:iam::*:role/aws-service-role/*`],
}

type ConditionTestOfValue = Extract<ValueTest, { readonly kind: 'matches' | 'uncomparable' }>

/** A federated session of a user, like one of nobody in particular. */
function sessionOf({ principal, identity, standing }: CallerClass, session: CallerClass): CallerClass {
  return { ...session, userArn: principal, identity, standing, words: `a federated session of ${principal}` }
}

function isExactly(text: string): ValueTest {
  return { kind: 'matches', operator: 'StringEquals', marked: [LITERAL + text] }
}

function ofAccount(test: ConditionTestOfValue): ValueTest {
  return { ...test, of: 'account' }
}
