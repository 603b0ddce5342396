/**
 * The record of a decision: which layers took part, what each said, and which of them the decision hung on; for each
 * condition what the request had, and why it was not enough.
 *
 * Source: authorization.md B2, D1, D3, D7, K-12, K-19, K-32.
 */
import { describe, expect, test } from 'vitest'
import type { Call } from '../../src/decide/call.js'
import {
  trace,
  traceAlike,
  TraceSketches,
  type ConditionMiss,
  type LayerTrace,
  type PolicyTrace,
  type Trace,
} from '../../src/decide/trace.js'
import type { SlotValue } from '../../src/graph/atom.js'
import type { AuthorizeDocument, ConditionJson, Context } from '../reference/document.js'
import {
  A,
  ALIAS,
  B,
  DELEGATED,
  EVERYTHING,
  KEY,
  allow,
  asked,
  deny,
  grant,
  policy,
  user,
} from '../reference/example.js'
import { CallReader } from './read-calls.js'

function call(changes: Partial<AuthorizeDocument>): Call {
  return new CallReader().call(asked(changes))
}

/** `layer verdict`, with a `*` where the decision hung on it. */
function layers(from: Call): readonly string[] {
  return trace(from).layers.map(({ layer, verdict, consulted }) => `${layer} ${verdict}${consulted ? ' *' : ''}`)
}

function layerOf(name: string, from: Call): LayerTrace {
  const found = trace(from).layers.find(({ layer }) => layer === name)
  if (found === undefined) throw new Error(`no layer ${name}`)
  return found
}

const open = policy(allow('kms:*', { to: '*' }))
const refusing = policy(allow('*'), deny('kms:*'))
const everybody = policy(allow('*', { to: '*' }))

describe('layers', () => {
  const CASES: readonly (readonly [name: string, changes: Partial<AuthorizeDocument>, layers: readonly string[]])[] = [
    ['nothing allows', {}, ['keyPolicy implicitDeny *', 'identity implicitDeny *']],
    ['the key policy allows', { keyPolicy: open }, ['keyPolicy allow *', 'identity implicitDeny *']],
    [
      'both are needed',
      { keyPolicy: DELEGATED, identityPolicies: [EVERYTHING] },
      ['keyPolicy allow *', 'identity allow *'],
    ],
    // The first Deny ends it: nobody asks what stands after it.
    [
      'an SCP denies',
      {
        keyPolicy: open,
        scps: { [A]: [[refusing]] },
        identityPolicies: [refusing],
        vpcEndpointPolicy: everybody,
        context: { 'aws:SourceVpce': 'vpce-1' },
      },
      ['scp explicitDeny *', 'vpce allow', 'keyPolicy allow', 'identity explicitDeny'],
    ],
    [
      'an SCP does not allow',
      { keyPolicy: open, scps: { [A]: [[EVERYTHING], [policy(allow('s3:*'))]] } },
      ['scp implicitDeny *', 'keyPolicy allow *', 'identity implicitDeny *'],
    ],
    [
      'one level denies and another does not allow',
      { keyPolicy: open, scps: { [A]: [[policy(allow('s3:*'))], [refusing]] } },
      ['scp explicitDeny *', 'keyPolicy allow', 'identity implicitDeny'],
    ],
    [
      'an RCP denies',
      { keyPolicy: open, rcps: { [A]: [[policy(deny('kms:*', { to: '*' }))]] } },
      ['rcp explicitDeny *', 'keyPolicy allow', 'identity implicitDeny'],
    ],
    [
      'boundary and session',
      {
        keyPolicy: DELEGATED,
        identityPolicies: [EVERYTHING],
        permissionsBoundary: EVERYTHING,
        sessionPolicies: [policy(allow('s3:*'))],
      },
      ['keyPolicy allow *', 'identity allow *', 'boundary allow *', 'session implicitDeny *'],
    ],
    ['a grant', { grants: [grant()] }, ['keyPolicy implicitDeny *', 'identity implicitDeny *', 'grant allow *']],
    [
      'a grant to another',
      { grants: [grant({ GranteePrincipal: user(A, 'Bob').arn })] },
      ['keyPolicy implicitDeny *', 'identity implicitDeny *', 'grant implicitDeny *'],
    ],
    // RetireGrant is about grants also where there is none; the key policy has no say.
    ['nothing to retire', { action: 'kms:RetireGrant' }, ['identity implicitDeny *', 'grant implicitDeny *']],
    [
      'an action on what it is not authorised on',
      { action: 'kms:Decrypt', resource: { type: 'alias', arn: ALIAS }, identityPolicies: [EVERYTHING] },
      ['identity allow *', 'operation implicitDeny *'],
    ],
    [
      'an operation that stays at home',
      { action: 'kms:PutKeyPolicy', principal: user(B, 'Bob'), keyPolicy: open, identityPolicies: [EVERYTHING] },
      ['keyPolicy allow *', 'identity allow *', 'operation implicitDeny *'],
    ],
  ]
  test.each(CASES)('%s', (_name, changes, expected) => {
    expect(layers(call(changes))).toEqual(expected)
  })

  test('a refused operation has nothing more to tell', () => {
    const refused = call({ resource: { type: 'alias', arn: ALIAS } })
    expect(layerOf('operation', refused)).toEqual({
      layer: 'operation',
      verdict: 'implicitDeny',
      consulted: true,
      policies: [],
      grants: [],
    })
  })

  // D7: AWS's default endpoint policy, of which there is no text.
  test('an endpoint without a policy of its own allows', () => {
    const through = { ...call({ keyPolicy: open }), endpoint: { policy: undefined } }
    expect(layerOf('vpce', through)).toMatchObject({ verdict: 'allow', policies: [], grants: [] })
  })

  test('another service need not have a policy, a key must', () => {
    const key = call({ identityPolicies: [EVERYTHING], keyPolicy: null })
    expect(key.keyPolicy).toBeUndefined()
    expect(layers(key)).toEqual(['keyPolicy implicitDeny *', 'identity allow *'])
    expect(layerOf('keyPolicy', key)).toMatchObject({ policies: [], grants: [] })
    const resource = { type: 'other', arn: 'arn:aws:s3:::b', accountId: undefined, awsManagedKey: false } as const
    const other: Call = { ...call({ action: 's3:GetObject', identityPolicies: [EVERYTHING] }), resource }
    expect(layers(other)).toEqual(['keyPolicy implicitDeny *', 'identity allow *'])
    expect(layers({ ...other, keyPolicy: undefined })).toEqual(['identity allow *'])
  })

  test('a policy is told with its place, a guardrail with its account and level too', () => {
    const two = [EVERYTHING, EVERYTHING] as const
    const placed = call({
      principal: user(B, 'Bob'),
      keyPolicy: open,
      identityPolicies: two,
      scps: { [B]: [[EVERYTHING], two] },
      rcps: { [A]: [[policy(deny('kms:Sign', { to: '*' }))]] },
      grants: [grant()],
    })
    const places = (name: string): readonly object[] =>
      layerOf(name, placed).policies.map(({ layer, account, level, policy: place }) => ({
        layer,
        account,
        level,
        place,
      }))
    expect(places('identity')).toEqual([
      { layer: 'identity', account: undefined, level: undefined, place: 0 },
      { layer: 'identity', account: undefined, level: undefined, place: 1 },
    ])
    expect(places('scp')).toEqual([
      { layer: 'scp', account: B, level: 0, place: 0 },
      { layer: 'scp', account: B, level: 1, place: 0 },
      { layer: 'scp', account: B, level: 1, place: 1 },
    ])
    expect(places('rcp')).toEqual([{ layer: 'rcp', account: A, level: 0, place: 0 }])
    for (const name of ['identity', 'scp', 'rcp', 'keyPolicy']) expect(layerOf(name, placed).grants).toEqual([])
    expect(layerOf('grant', placed)).toMatchObject({ policies: [], grants: [{ grant: { grantId: 'g-1' } }] })
  })
})

describe('a condition that does not hold', () => {
  const TENANT = 'kms:EncryptionContext:tenant'
  type Got = string | readonly string[] | undefined
  const CASES: readonly (readonly [when: ConditionJson, context: Context, miss: ConditionMiss, got: Got])[] = [
    [{ StringEquals: { [TENANT]: 'a' } }, {}, 'absent', undefined],
    [{ StringEquals: { [TENANT]: 'a' } }, { [TENANT]: 'b' }, 'value', 'b'],
    [{ StringNotEquals: { [TENANT]: 'a' } }, { [TENANT]: 'a' }, 'value', 'a'],
    // K-19.
    [{ StringEquals: { 'aws:ResourceTag/team': 'a' } }, { 'aws:ResourceTag/team': 'a' }, 'hidden', undefined],
    // The key of the first slot is seen as any other.
    [{ StringEquals: { 'aws:SourceVpce': 'vpce-2' } }, { 'aws:SourceVpce': 'vpce-1' }, 'value', 'vpce-1'],
    // K-12, save for a list of one empty text, which is one value.
    [{ StringEquals: { [TENANT]: 'a' } }, { [TENANT]: ['a', 'b'] }, 'severalValues', ['a', 'b']],
    [{ StringEquals: { [TENANT]: 'a' } }, { [TENANT]: [''] }, 'value', ['']],
    [{ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }, { 'aws:TagKeys': ['a', 'b'] }, 'value', ['a', 'b']],
    // K-32.
    [{ NumericEquals: { [TENANT]: '7' } }, { [TENANT]: 'x' }, 'uncomparable', 'x'],
    [{ 'ForAnyValue:NumericEquals': { [TENANT]: '7' } }, { [TENANT]: ['8', 'x'] }, 'uncomparable', ['8', 'x']],
    [{ 'ForAnyValue:NumericEquals': { [TENANT]: '7' } }, { [TENANT]: ['8', '9'] }, 'value', ['8', '9']],
    // `Null` compares nothing.
    [{ Null: { [TENANT]: 'true' } }, { [TENANT]: 'a' }, 'value', 'a'],
    [{ Null: { [TENANT]: 'true' } }, { [TENANT]: ['a', 'b'] }, 'value', ['a', 'b']],
    [{ Null: { [TENANT]: 'false' } }, {}, 'absent', undefined],
    // One that can never hold.
    [{ 'ForAnyValue:Null': { [TENANT]: 'true' } }, { [TENANT]: 'a' }, 'value', 'a'],
    [{ Null: { [TENANT]: [] } }, { [TENANT]: ['a', 'b'] }, 'value', ['a', 'b']],
  ]
  test.each(CASES)('%j with %j is told as %s', (when, context, miss, got) => {
    const one = call({ keyPolicy: policy(allow('kms:*', { to: '*', when })), context })
    const statement = layerOf('keyPolicy', one).policies[0]?.statements[0]
    expect(statement).toMatchObject({ applies: false, failed: ['condition'] })
    expect(statement?.conditions.map((each) => [each.holds, each.miss, each.got])).toEqual([[false, miss, got]])
  })

  // A test that can never hold compares nothing, whatever the first condition of the graph could compare.
  test('and never can is told as another value beside one that cannot be compared', () => {
    const when = {
      NumericEquals: { 'kms:RotationPeriodInDays': '7' },
      'ForAnyValue:Null': { [TENANT]: 'true' },
    }
    const one = call({
      keyPolicy: policy(allow('kms:*', { to: '*', when })),
      context: { 'kms:RotationPeriodInDays': 'soon', [TENANT]: 'a' },
    })
    const [first, second] = layerOf('keyPolicy', one).policies[0]?.statements[0]?.conditions ?? []
    expect([first?.miss, second?.miss]).toEqual(['uncomparable', 'value'])
  })

  test('stands beside those that do, each with its own', () => {
    const when = { StringEquals: { [TENANT]: 'a', 'aws:username': 'Alice' }, Bool: { 'aws:SecureTransport': 'true' } }
    const context = { [TENANT]: 'a', 'aws:username': 'Bob', 'aws:SecureTransport': 'maybe' }
    const one = call({ keyPolicy: policy(allow('kms:Sign', { to: { AWS: B }, on: KEY.replace(A, B), when })), context })
    const statement = layerOf('keyPolicy', one).policies[0]?.statements[0]
    expect(statement?.failed).toEqual(['principal', 'action', 'resource', 'condition'])
    expect(statement?.conditions.map(({ test: { key }, holds, miss }) => [key, holds, miss])).toEqual([
      [TENANT, true, undefined],
      ['aws:username', false, 'value'],
      ['aws:SecureTransport', false, 'uncomparable'],
    ])
  })
})

// What no value of a condition key changes is worked out once for a caller, resource and action; the rest each time.
describe('a trace of what was asked before', () => {
  const TENANT = 'kms:EncryptionContext:tenant'
  const when = { StringEquals: { [TENANT]: 'a' } }
  type SlotKeys = Readonly<Record<string, SlotValue>>

  function answering(from: Call, values: SlotKeys): Call {
    const changed = [...from.values]
    for (const [key, value] of Object.entries(values)) changed[from.keyPolicy!.tables.findSlot(key)] = value
    return { ...from, values: changed }
  }

  const policiesOf = (from: Trace, name: string): readonly PolicyTrace[] =>
    from.layers.find(({ layer }) => layer === name)?.policies ?? []

  test('is that of one that nobody asked before', () => {
    const first = call({
      keyPolicy: policy(
        allow('kms:*', { to: { AWS: user(A).arn }, when }),
        allow('kms:Decrypt', { to: '*', when: { StringEquals: { 'aws:userid': 'x', [TENANT]: 'b' } } }),
        deny('kms:*', { to: '*', when: { Bool: { 'aws:SecureTransport': 'false' } } }),
        deny('kms:Sign', { to: '*' }),
      ),
      identityPolicies: [
        policy(
          allow('kms:*', { on: `arn:aws:kms:*:${A}:key/\${aws:PrincipalTag/key}*` }),
          allow('kms:*', {
            on: 'arn:aws:s3:::b',
            when: { StringLike: { 'aws:userid': '${aws:PrincipalTag/key}*' } },
          }),
          deny('kms:*', { when: { StringEquals: { 'aws:userid': 'bad' } } }),
        ),
        EVERYTHING,
      ],
      context: {},
    })
    const sketches = new TraceSketches()
    const ROUNDS: readonly SlotKeys[] = [
      {},
      {},
      { [TENANT]: 'a' },
      { [TENANT]: 'a' },
      { [TENANT]: 'b', 'aws:userid': 'x' },
      { [TENANT]: 'b', 'aws:userid': 'x', 'aws:SecureTransport': 'false' },
      { [TENANT]: 'b', 'aws:userid': 'x', 'aws:SecureTransport': 'true' },
      { 'aws:PrincipalTag/key': '1234', 'aws:userid': '1234:x' },
      { 'aws:PrincipalTag/key': '5678', 'aws:userid': '1234:x' },
      { 'aws:PrincipalTag/key': '5678', 'aws:userid': 'bad' },
      { 'aws:PrincipalTag/key': '1234' },
      { [TENANT]: ['a', 'b'] },
      { [TENANT]: ['a'] },
      {},
    ]
    const rounds = [...ROUNDS, ...ROUNDS.toReversed()].map((values) => answering(first, values))
    const traced = rounds.map((one) => traceAlike(one, sketches))
    // Compared when all have been made: a later one leaves the earlier as they were.
    expect(traced).toEqual(rounds.map((one) => trace(one)))
  })

  // A condition hangs on its own keys, on those of its variables, and on no others.
  const TEAM = '${aws:PrincipalTag/team}'
  const HANGS: readonly (readonly [
    name: string,
    when: ConditionJson,
    before: SlotKeys,
    after: SlotKeys,
    applies: readonly [before: boolean, after: boolean],
  ])[] = [
    [
      'the key of the first slot',
      { StringEquals: { 'aws:SourceVpce': 'vpce-1' } },
      {},
      { 'aws:SourceVpce': 'vpce-1' },
      [false, true],
    ],
    [
      'the variable of one condition of two',
      { StringEquals: { [TENANT]: 'a', 'aws:userid': TEAM } },
      { [TENANT]: 'a', 'aws:userid': 'x', 'aws:PrincipalTag/team': 'x' },
      { [TENANT]: 'a', 'aws:userid': 'x', 'aws:PrincipalTag/team': 'y' },
      [true, false],
    ],
    [
      'the variable of one value of two',
      { StringEquals: { 'aws:userid': ['a', TEAM] } },
      { 'aws:userid': 'x', 'aws:PrincipalTag/team': 'x' },
      { 'aws:userid': 'x', 'aws:PrincipalTag/team': 'y' },
      [true, false],
    ],
  ]
  test.each(HANGS)('hangs on %s', (_name, condition, before, after, [held, holds]) => {
    const first = call({ keyPolicy: policy(allow('kms:*', { to: '*', when: condition })) })
    const sketches = new TraceSketches()
    const applies = [before, after, before].map(
      (values) => policiesOf(traceAlike(answering(first, values), sketches), 'keyPolicy')[0]?.statements[0]?.applies,
    )
    expect(applies).toEqual([held, holds, held])
  })

  test('tells of an account and a level with guardrails alone', () => {
    const first = call({
      keyPolicy: policy(allow('kms:*', { to: '*', when })),
      scps: { [A]: [[policy(allow('*', { when }))]] },
    })
    const found = traceAlike(answering(first, { [TENANT]: 'a' }), new TraceSketches())
    const names = (name: string): readonly string[] => Object.keys(policiesOf(found, name)[0] ?? {}).sort()
    expect(names('keyPolicy')).toEqual(['compiled', 'document', 'layer', 'policy', 'statements'])
    expect(names('scp')).toEqual(['account', 'compiled', 'document', 'layer', 'level', 'policy', 'statements'])
  })

  test('is made of the same records where nothing has changed for a policy', () => {
    const first = call({
      keyPolicy: policy(allow('kms:*', { to: '*', when }), deny('kms:Sign', { to: '*' })),
      identityPolicies: [EVERYTHING],
    })
    const sketches = new TraceSketches()
    const policies = (values: SlotKeys): readonly unknown[] => {
      const found = traceAlike(answering(first, values), sketches)
      return [policiesOf(found, 'keyPolicy')[0], policiesOf(found, 'identity')[0]]
    }
    const [key, identity] = policies({ [TENANT]: 'a' })
    const [again, alike] = policies({ [TENANT]: 'a', 'aws:userid': 'x' })
    expect([again === key, alike === identity]).toEqual([true, true])
    const [other, always] = policies({ [TENANT]: 'b' })
    expect([other === key, always === identity]).toEqual([false, true])
  })

  // Callers choose the values, and what is kept lives as long as the caller is known.
  test.each([
    [256, true],
    [257, false],
  ] as const)('remembers a value of %i characters: %s', (length, isKept) => {
    const sketches = new TraceSketches()
    const both = { StringEquals: { [TENANT]: 'a', 'aws:userid': 'x' } }
    const first = call({ keyPolicy: policy(allow('kms:*', { to: '*', when: both })) })
    const one = answering(first, { [TENANT]: 'a'.repeat(length), 'aws:userid': 'x' })
    const [before] = policiesOf(traceAlike(one, sketches), 'keyPolicy')
    const [after] = policiesOf(traceAlike(one, sketches), 'keyPolicy')
    expect(after).toEqual(before)
    expect(after === before).toBe(isKept)
  })

  test('tells of a policy where it stands now', () => {
    const sketches = new TraceSketches()
    const first = call({
      keyPolicy: open,
      identityPolicies: [refusing, EVERYTHING],
      scps: { [A]: [[EVERYTHING], [EVERYTHING, refusing]] },
    })
    const [refuses, allows] = first.identity
    const scps = first.scps!.flat()
    const [above, below, denies] = scps
    const VARIANTS: readonly Call[] = [
      first,
      { ...first, identity: [allows!, refuses!] },
      { ...first, identity: [allows!] },
      { ...first, identity: [allows!, allows!] },
      { ...first, scps: [[above!, below!], [denies!]] },
      { ...first, scps: [[above!], [below!], [denies!]] },
      { ...first, scps: [[above!], [below!]] },
      { ...first, scps: [[below!], [below!]] },
      { ...first, keyPolicy: undefined },
      { ...first, keyPolicy: allows! },
      first,
    ]
    for (const variant of [...VARIANTS, ...VARIANTS.toReversed()]) {
      expect(traceAlike(variant, sketches)).toEqual(trace(variant))
    }
  })
})
