/**
 * Two bare policy documents of one kind, compared by what they allow.
 *
 * A key policy is compared as the policy of one key in a world of which nothing else is known: callers may have any
 * identity policies and sessions any session policies. RCPs and endpoint policies are compared around a key that allows
 * everything. Policies without principals are compared by themselves, for the actions of every service.
 */
import { compilePolicy, type CompiledPolicy } from '../graph/policy.js'
import { GraphTables } from '../graph/tables.js'
import type { PolicyDocument, PolicyKind } from '../policy/document.js'
import { parsePolicyValue } from '../policy/parse.js'
import { compareAccess, within, type Comparison, type Difference, type SolveOptions } from './access.js'
import { cubesOf, type Cube } from './conditions.js'
import { NO, type DiagramId } from './diagram.js'
import { POLICY_HOLDER } from './policy-holder.js'
import { PolicyModel, type PolicyCell } from './policy-model.js'
import { PolicyWitnesses } from './policy-witness.js'
import type { SolveScope } from './scope.js'
import { appliedTo } from './statements.js'
import { snapshotOf, type WorldDefinition } from './world.js'

export interface PolicyComparisonOptions extends SolveOptions {
  /** The key of a key policy: its account decides who is of the same account. An example when left out. */
  readonly keyArn?: string
  /** Key policies, RCPs and endpoint policies: what is asked about. */
  readonly scope?: SolveScope
}

/** Names of actions that are listed of one difference at most. */
const MAX_ACTIONS = 60
const MAX_LISTED = 100
const MAX_CUBES = 8
const ENDPOINT = 'vpce-0a1b2c3d4e5f67890'

/** What the new policy allows and the old one does not, and the other way round. Both must be of this kind. */
export function comparePolicies(
  oldPolicy: PolicyDocument,
  newPolicy: PolicyDocument,
  kind: PolicyKind,
  options: PolicyComparisonOptions = {},
): Comparison {
  switch (kind) {
    case 'key':
    case 'rcp':
    case 'vpce':
      return compareAround(oldPolicy, newPolicy, kind, options)
    case 'identity':
    case 'boundary':
    case 'session':
    case 'scp':
      return compareAlone(oldPolicy, newPolicy, options)
    case 'trust':
    case 'resource': {
      const reason = `policies of kind \`${kind}\` are about resources of other services and cannot be compared`
      return { verdict: 'unknown', more: [], less: [], reason }
    }
  }
}

function compareAround(
  oldPolicy: PolicyDocument,
  newPolicy: PolicyDocument,
  kind: 'key' | 'rcp' | 'vpce',
  options: PolicyComparisonOptions,
): Comparison {
  const tables = new GraphTables()
  const arn = options.keyArn ?? exampleKey(oldPolicy, newPolicy)
  const accountId = arn.split(':')[4] ?? ''
  const open = kind === 'key' ? undefined : openKeyPolicy()
  const worldOf = (policy: PolicyDocument): WorldDefinition => {
    switch (kind) {
      case 'key':
        return { keys: [{ arn, policy }] }
      case 'rcp':
        return { keys: [{ arn, ...(open && { policy: open }) }], accounts: [{ accountId, rcps: [[policy]] }] }
      case 'vpce':
        return { keys: [{ arn, ...(open && { policy: open }) }], endpoints: [{ endpointId: ENDPOINT, policy }] }
    }
  }
  const scope: SolveScope = {
    resources: [arn],
    ...(kind === 'vpce' ? { context: { 'aws:SourceVpce': ENDPOINT } } : {}),
    ...options.scope,
  }
  const [before, after] = [oldPolicy, newPolicy].map((policy) => ({ snapshot: snapshotOf(worldOf(policy), tables) }))
  if (before === undefined || after === undefined) throw new Error('two policies make two worlds')
  return compareAccess(before, after, scope, options)
}

/** In the account that the policies themselves speak of, where they speak of one. */
function exampleKey(...policies: readonly PolicyDocument[]): string {
  for (const { statements } of policies) {
    for (const { principal } of statements) {
      const account = principal?.entries.find(({ kind }) => kind === 'account')
      if (account !== undefined) return keyIn(account.value)
    }
  }
  return keyIn('111122223333')
}

function keyIn(account: string): string {
  return `arn:aws:kms:eu-west-1:${account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
}

function openKeyPolicy(): PolicyDocument {
  const statement = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*' }
  const parsed = parsePolicyValue({ Version: '2012-10-17', Statement: statement }, 'key')
  if (!parsed.ok) throw new Error('a key policy that allows everything is refused')
  return parsed.value
}

function compareAlone(oldPolicy: PolicyDocument, newPolicy: PolicyDocument, options: SolveOptions): Comparison {
  const tables = new GraphTables()
  const policies: readonly CompiledPolicy[] = [oldPolicy, newPolicy].map((policy) => compilePolicy(tables, policy))
  const asked = within(() => {
    const model = new PolicyModel(policies, options)
    return {
      more: listed(model, options, ({ allowed: [before = NO, after = NO] }) => [after, before], [false, true]),
      less: listed(model, options, ({ allowed: [before = NO, after = NO] }) => [before, after], [true, false]),
    }
  })
  if (!asked.ok) return { verdict: 'unknown', more: [], less: [], reason: asked.error }
  const { more, less } = asked.value
  const reasons = [...new Set([more.reason, less.reason].filter((reason) => reason !== undefined))]
  const unshown = (more.found > 0 && more.listed.length === 0) || (less.found > 0 && less.listed.length === 0)
  const both = more.listed.length > 0 && less.listed.length > 0
  const one = more.listed.length > 0 ? 'more' : less.listed.length > 0 ? 'less' : 'equivalent'
  return {
    verdict: both ? 'incomparable' : unshown ? 'unknown' : one,
    more: more.listed,
    less: less.listed,
    ...(reasons.length === 0 ? {} : { reason: reasons.join('; ') }),
  }
}

interface Listed {
  readonly listed: readonly Difference[]
  /** Cells in which there is some difference. */
  readonly found: number
  readonly reason: string | undefined
}

function listed(
  model: PolicyModel,
  { maxListed = MAX_LISTED, maxCubes = MAX_CUBES }: SolveOptions,
  sides: (cell: PolicyCell) => readonly [DiagramId, DiagramId],
  expected: readonly boolean[],
): Listed {
  const { diagrams } = model
  const witnesses = new PolicyWitnesses(model)
  const differences: Difference[] = []
  let found = 0
  let unshown = 0
  for (const cell of model.cells) {
    const [left, right] = sides(cell)
    const node = left === right ? NO : diagrams.all([left, diagrams.not(right), cell.real])
    if (node === NO) continue
    found += 1
    if (differences.length >= maxListed) continue
    const witness = witnesses.find(cell, node, expected)
    if (witness === undefined) {
      unshown += 1
      continue
    }
    const { cubes, complete } = policyCubes(model, cell, node, maxCubes)
    const [before, after] = witness.calls.map(appliedTo)
    const names = cell.actions.map(({ name }) => name)
    differences.push({
      callers: [POLICY_HOLDER],
      actions: names.slice(0, MAX_ACTIONS),
      moreActions: Math.max(0, names.length - MAX_ACTIONS),
      resource: { type: cell.type, arn: witness.request.resource },
      cubes,
      complete,
      witness,
      before: before ?? [],
      after: after ?? [],
    })
  }
  const reasons: string[] = []
  if (unshown > 0)
    reasons.push('some of it hangs on policy variables for which no request could be made', ...model.space.losses)
  if (differences.length + unshown < found) reasons.push(`only ${differences.length} of ${found} are listed`)
  return { listed: differences, found, reason: reasons.length === 0 ? undefined : reasons.join('; ') }
}

/** Cubes with the resource among their conditions. */
function policyCubes(
  { space, opaque }: PolicyModel,
  { resource }: PolicyCell,
  node: DiagramId,
  limit: number,
): { readonly cubes: readonly Cube[]; readonly complete: boolean } {
  return cubesOf(space, opaque, node, limit, {
    other: {
      level: resource.level,
      condition: (choices) => ({
        key: undefined,
        values: choices.map((choice) => resource.samples[choice]),
        words: choices.map((choice) => `the resource is ${resource.words(choice)}`),
      }),
    },
  })
}
