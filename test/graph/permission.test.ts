/**
 * What lets a caller in, layer by layer: for each kind of request and each set of questions answered yes, the outcome.
 *
 * `combine.test.ts` holds what is true of every kind; here stand the rows of the tables.
 * Source: authorization.md C3, D1, D3, D6, D7, F2, F6, G3, K-14, K-15.
 */
import { describe, expect, test } from 'vitest'
import { combine, layersOf, type Layer, type Leaf, type RequestKind } from '../../src/graph/combine.js'

const SAME: RequestKind = {
  target: 'key',
  relation: 'same',
  identity: 'policies',
  session: 'none',
  boundary: false,
  scp: false,
  rcp: false,
  vpce: false,
  crossAccountUse: true,
  retire: false,
}

/** `decision layer` of a kind when these questions, and no others, are answered yes. */
function outcome(kind: Partial<RequestKind>, yes: readonly Leaf[]): string {
  return combine<() => string>(
    { ...SAME, ...kind },
    {
      outcome:
        ({ decision, layer }) =>
        () =>
          `${decision} ${layer}`,
      ask: (leaf, then, otherwise) => () => (yes.includes(leaf) ? then() : otherwise()),
    },
  )()
}

type Row = readonly [page: string, kind: Partial<RequestKind>, yes: readonly Leaf[], outcome: string]

const CROSS = { relation: 'cross' } as const
const ROOT = { identity: 'root' } as const
const SERVICE = { relation: 'service', identity: 'none' } as const
const LIMITED = { boundary: true, session: 'some' } as const
const LIMITS = ['allowBoundary', 'allowSession'] as const
const UNLISTED = { session: 'missing' } as const

const KEY: readonly Row[] = [
  ['D1', {}, [], 'implicitDeny keyPolicy'],
  ['D2.1', {}, ['allowIdentity'], 'implicitDeny keyPolicy'],
  // C3, line by line: what a class of the key policy still needs.
  ['C3 direct', LIMITED, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['C3 direct', UNLISTED, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['C3 via', {}, ['keyPolicyVia'], 'allow keyPolicy'],
  ['C3 via', LIMITED, ['keyPolicyVia', ...LIMITS], 'allow keyPolicy'],
  ['C3 via', LIMITED, ['keyPolicyVia', 'allowSession', 'allowIdentity'], 'implicitDeny boundary'],
  ['C3 via', LIMITED, ['keyPolicyVia', 'allowBoundary', 'allowIdentity'], 'implicitDeny session'],
  ['C3 via', LIMITED, ['keyPolicyVia'], 'implicitDeny boundary'],
  ['C3 via', UNLISTED, ['keyPolicyVia'], 'implicitDeny session'],
  ['C3 account', {}, ['keyPolicyAccount', 'allowIdentity'], 'allow identity'],
  ['C3 account', {}, ['keyPolicyAccount'], 'implicitDeny identity'],
  ['C3 account', LIMITED, ['keyPolicyAccount', 'allowIdentity', ...LIMITS], 'allow identity'],
  ['C3 account', LIMITED, ['keyPolicyAccount', ...LIMITS], 'implicitDeny identity'],
  ['C3 account', LIMITED, ['keyPolicyAccount', 'allowIdentity', 'allowSession'], 'implicitDeny boundary'],
  ['C3 account', LIMITED, ['keyPolicyAccount', 'allowIdentity', 'allowBoundary'], 'implicitDeny session'],
  // A role that the key policy names and a boundary cuts is not let in by the account either.
  ['C3', LIMITED, ['keyPolicyVia', 'keyPolicyAccount', 'allowIdentity', 'allowSession'], 'implicitDeny boundary'],
  // C2, C3: what names the account of a root user names it.
  ['C3 root', ROOT, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['C3 root', ROOT, [], 'implicitDeny keyPolicy'],
  // D1.6: a service is let in by a statement that names it, and by nothing else.
  ['D1.6 service', SERVICE, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['D1.6 service', SERVICE, ['keyPolicyVia', 'keyPolicyAccount', 'allowIdentity'], 'implicitDeny keyPolicy'],
  ['D1.6 service', SERVICE, ['grantDirect'], 'allow grant'],
]

const ACROSS: readonly Row[] = [
  ['D6.1', CROSS, ['keyPolicyDirect'], 'implicitDeny identity'],
  ['D6.1', CROSS, ['allowIdentity'], 'implicitDeny keyPolicy'],
  ['D6.2', CROSS, ['keyPolicyDirect', 'allowIdentity'], 'allow identity'],
  ['D6.2', CROSS, ['keyPolicyVia', 'allowIdentity'], 'allow identity'],
  ['D6.2', CROSS, ['keyPolicyAccount', 'allowIdentity'], 'allow identity'],
  ['C3', { ...CROSS, ...LIMITED }, ['keyPolicyDirect', 'allowIdentity', 'allowSession'], 'implicitDeny boundary'],
  ['C3', { ...CROSS, ...LIMITED }, ['keyPolicyVia', 'allowIdentity', 'allowBoundary'], 'implicitDeny session'],
  ['C3', { ...CROSS, ...LIMITED }, ['keyPolicyAccount', 'allowIdentity', ...LIMITS], 'allow identity'],
  // A root user has no identity policies: the key policy is all that allows.
  ['D1', { ...CROSS, ...ROOT }, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['D1', { ...CROSS, ...ROOT }, [], 'implicitDeny keyPolicy'],
  ['D6.3', { ...CROSS, crossAccountUse: false }, ['keyPolicyDirect', 'allowIdentity'], 'implicitDeny operation'],
  ['D6.3', { ...CROSS, crossAccountUse: false }, ['grantDirect'], 'implicitDeny operation'],
  ['D6.3', { crossAccountUse: false }, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['F2', CROSS, ['grantDirect'], 'allow grant'],
]

const GRANTS: readonly Row[] = [
  ['F2', {}, ['grantDirect'], 'allow grant'],
  ['F2', {}, ['grantDirect', 'keyPolicyAccount'], 'allow grant'],
  ['K-14', LIMITED, ['grantDirect'], 'allow grant'],
  ['K-14', LIMITED, ['grantVia', ...LIMITS], 'allow grant'],
  ['K-14', LIMITED, ['grantVia', 'allowSession'], 'implicitDeny keyPolicy'],
  ['K-14', LIMITED, ['grantVia', 'allowBoundary'], 'implicitDeny keyPolicy'],
  ['K-15', {}, ['grantAccount'], 'implicitDeny keyPolicy'],
  ['K-15', {}, ['grantAccount', 'allowIdentity'], 'allow grant'],
  ['K-15', LIMITED, ['grantAccount', 'allowIdentity', 'allowSession'], 'implicitDeny keyPolicy'],
  ['K-15', LIMITED, ['grantAccount', 'allowIdentity', ...LIMITS], 'allow grant'],
  // D1.7: where the key policy delegates, what fails on the identity side is named.
  ['D1.7', {}, ['grantAccount', 'keyPolicyAccount'], 'implicitDeny identity'],
  ['D1.7', LIMITED, ['grantVia', 'keyPolicyVia', 'allowBoundary'], 'implicitDeny session'],
  // Only a key has grants.
  ['F2', { target: 'alias' }, ['grantDirect'], 'implicitDeny identity'],
  ['F2', { target: 'none' }, ['grantDirect'], 'implicitDeny identity'],
  ['F2', { target: 'other' }, ['grantDirect'], 'implicitDeny identity'],
]

const RETIRE = { retire: true } as const

const RETIRING: readonly Row[] = [
  ['F6', RETIRE, [], 'implicitDeny grant'],
  ['F6', RETIRE, ['keyPolicyDirect', 'allowIdentity'], 'implicitDeny grant'],
  ['F6', RETIRE, ['grantDirect'], 'allow grant'],
  ['F6', { ...RETIRE, ...LIMITED }, ['grantDirect'], 'allow grant'],
  ['F6', { ...RETIRE, ...LIMITED }, ['grantVia', ...LIMITS], 'allow grant'],
  ['F6', { ...RETIRE, ...LIMITED }, ['grantVia', 'allowSession'], 'implicitDeny boundary'],
  ['F6', { ...RETIRE, ...LIMITED }, ['grantVia', 'allowBoundary'], 'implicitDeny session'],
  ['F6', RETIRE, ['grantAccount', 'allowIdentity'], 'allow identity'],
  ['F6', RETIRE, ['grantAccount'], 'implicitDeny identity'],
  ['F6', { ...RETIRE, ...LIMITED }, ['grantAccount', 'allowIdentity', 'allowSession'], 'implicitDeny boundary'],
  ['F6', { ...RETIRE, ...ROOT }, ['grantAccount'], 'allow grant'],
  ['F6', { ...RETIRE, ...CROSS }, ['grantDirect'], 'allow grant'],
  ['F6', { ...RETIRE, ...SERVICE }, ['grantDirect'], 'allow grant'],
]

const OTHERS: readonly Row[] = [
  ['D3', { target: 'none' }, ['allowIdentity'], 'allow identity'],
  ['D3', { target: 'none' }, ['keyPolicyDirect'], 'implicitDeny identity'],
  ['D3', { target: 'none', ...ROOT }, [], 'allow identity'],
  ['D3', { target: 'none', ...SERVICE }, ['keyPolicyDirect', 'allowIdentity'], 'implicitDeny identity'],
  ['D3', { target: 'none', ...LIMITED }, ['allowIdentity', 'allowSession'], 'implicitDeny boundary'],
  ['D3', { target: 'alias', ...LIMITED }, ['allowIdentity', 'allowBoundary'], 'implicitDeny session'],
  ['D5', { target: 'alias' }, ['allowIdentity'], 'allow identity'],
  ['D3', { target: 'mismatch' }, ['keyPolicyDirect', 'allowIdentity', 'grantDirect'], 'implicitDeny operation'],
  ['D3', { target: 'mismatch', ...RETIRE }, ['grantDirect'], 'implicitDeny operation'],
  // Other services: within an account either side is enough, across accounts both are needed.
  ['IUG', { target: 'other' }, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['IUG', { target: 'other' }, ['allowIdentity'], 'allow identity'],
  ['IUG', { target: 'other' }, ['keyPolicyAccount'], 'implicitDeny identity'],
  ['IUG', { target: 'other', ...LIMITED }, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['IUG', { target: 'other', ...LIMITED }, ['keyPolicyVia', ...LIMITS], 'allow keyPolicy'],
  ['IUG', { target: 'other', ...LIMITED }, ['keyPolicyVia', 'allowSession'], 'implicitDeny boundary'],
  ['IUG', { target: 'other', ...CROSS }, ['keyPolicyDirect'], 'implicitDeny identity'],
  ['IUG', { target: 'other', ...CROSS }, ['allowIdentity'], 'implicitDeny keyPolicy'],
  ['IUG', { target: 'other', ...CROSS }, ['keyPolicyAccount', 'allowIdentity'], 'allow identity'],
  ['IUG', { target: 'other', ...CROSS, ...ROOT }, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['IUG', { target: 'other', ...SERVICE }, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['IUG', { target: 'other', ...SERVICE }, ['keyPolicyAccount'], 'implicitDeny keyPolicy'],
]

const EVERYTHING = ['keyPolicyDirect', 'allowIdentity', 'grantDirect'] as const
const GUARDED = { scp: true, vpce: true } as const

const GUARDRAILS: readonly Row[] = [
  ['D1.3', GUARDED, [...EVERYTHING], 'implicitDeny scp'],
  ['D1.4', GUARDED, [...EVERYTHING, 'allowScp'], 'implicitDeny vpce'],
  ['D1.3', GUARDED, [...EVERYTHING, 'allowVpce'], 'implicitDeny scp'],
  ['D7', GUARDED, ['allowScp', 'allowVpce'], 'implicitDeny keyPolicy'],
  ['D1', GUARDED, [...EVERYTHING, 'allowScp', 'allowVpce'], 'allow keyPolicy'],
  // The operation is named after the guardrails.
  ['D1.5', { ...GUARDED, ...CROSS, crossAccountUse: false }, ['allowScp'], 'implicitDeny vpce'],
  ['D1.5', { ...GUARDED, target: 'mismatch' }, ['allowScp', 'allowVpce'], 'implicitDeny operation'],
  // D1.2: RCPs only deny.
  ['D1.2', { rcp: true }, ['keyPolicyDirect'], 'allow keyPolicy'],
  ['D1.1', { rcp: true }, ['keyPolicyDirect', 'denyRcp'], 'explicitDeny rcp'],
]

const TABLES = { KEY, ACROSS, GRANTS, RETIRING, OTHERS, GUARDRAILS }

for (const [name, rows] of Object.entries(TABLES)) {
  describe(name.toLowerCase(), () => {
    test.each(rows)('%s: %j with %j is %s', (_page, kind, yes, expected) => {
      expect(outcome(kind, yes)).toBe(expected)
    })
  })
}

describe('the layers that take part', () => {
  const CASES: readonly (readonly [kind: Partial<RequestKind>, layers: readonly Layer[]])[] = [
    [{}, ['keyPolicy', 'identity', 'grant']],
    [
      { ...GUARDED, ...LIMITED, rcp: true },
      ['rcp', 'scp', 'vpce', 'keyPolicy', 'identity', 'boundary', 'session', 'grant'],
    ],
    // RetireGrant: neither the key policy nor an RCP has a say.
    [RETIRE, ['identity', 'grant']],
    [{ ...ROOT, ...LIMITED }, ['keyPolicy', 'grant']],
    [SERVICE, ['keyPolicy', 'grant']],
    [UNLISTED, ['keyPolicy', 'identity', 'session', 'grant']],
    [{ target: 'alias' }, ['identity']],
    [{ target: 'none' }, ['identity']],
    [{ target: 'other' }, ['keyPolicy', 'identity']],
    [{ target: 'mismatch' }, ['identity']],
  ]
  test.each(CASES)('of %j are %j', (kind, layers) => {
    expect(layersOf({ ...SAME, ...kind }).map(({ layer }) => layer)).toEqual(layers)
  })
})
