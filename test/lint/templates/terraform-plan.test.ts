/** Policies in plans of Terraform: Terraform, "JSON Output Format". */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TemplateValues } from '../../../src/lint/embedded-policies.js'
import { findPolicies } from '../../../src/lint/find-policies.js'
import type { LintFile } from '../../../src/lint/lint-file.js'
import { writtenOut } from '../../../src/lint/symbols.js'
import { readTerraformPlan } from '../../../src/lint/templates/terraform-plan.js'
import { moduleOf, withoutIndexes } from '../../../src/lint/templates/terraform-references.js'
import { nodeToValue } from '../../../src/text/syntax-tree.js'

const NOTHING: TemplateValues = { parameters: {} }
const STATEMENT = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: 'arn:aws:kms:*:*:key/*' }
const POLICY = { Version: '2012-10-17', Statement: [STATEMENT] }
const TEXT = JSON.stringify(POLICY)

type Values = Readonly<Record<string, unknown>>

interface Planned {
  readonly address: string
  readonly after: Values | null
  readonly unknown?: Values
  readonly actions?: readonly string[]
}

function change({ address, after, unknown = {}, actions = ['create'] }: Planned): unknown {
  const parts = withoutIndexes(address).split('.')
  const mode = parts.includes('data') ? 'data' : 'managed'
  const [type, name] = parts.slice(-2)
  return { address, mode, type, name, change: { actions, before: null, after, after_unknown: unknown } }
}

function read(plan: Values, given = NOTHING, spaces = 2): LintFile {
  const text = JSON.stringify({ format_version: '1.2', ...plan }, null, spaces)
  return findPolicies({ name: 'plan.json', text }, { isNamed: true }, [readTerraformPlan], given)
}

const changes = (...planned: readonly Planned[]): Values => ({ resource_changes: planned.map(change) })

const seen = (file: LintFile): readonly string[] =>
  file.policies.map(({ view }) => `${view.kind} ${view.kindOrigin} ${view.resource?.address}`)
const notes = (file: LintFile): readonly string[] =>
  (file.template?.notes ?? []).map(({ kind, address, detail }) => `${kind} ${address} ${detail}`)
function said(file: LintFile): unknown {
  const [policy] = file.policies
  if (policy === undefined) return undefined
  const { root, symbols } = policy.view
  return JSON.parse(JSON.stringify(nodeToValue(root)), (_key, value: unknown) =>
    typeof value === 'string' ? writtenOut(value, symbols) : value,
  )
}

describe('where policies stand', () => {
  test.each([
    ['aws_kms_key', { policy: TEXT }, ['key']],
    ['aws_kms_key_policy', { policy: TEXT }, ['key']],
    ['aws_kms_replica_key', { policy: TEXT }, ['key']],
    ['aws_kms_external_key', { policy: TEXT }, ['key']],
    ['aws_iam_policy', { policy: TEXT }, ['identity']],
    ['aws_iam_role_policy', { policy: TEXT }, ['identity']],
    ['aws_iam_user_policy', { policy: TEXT }, ['identity']],
    ['aws_iam_group_policy', { policy: TEXT }, ['identity']],
    [
      'aws_iam_role',
      { assume_role_policy: TEXT, inline_policy: [{ policy: TEXT }, { policy: null }] },
      ['trust', 'identity'],
    ],
    ['aws_vpc_endpoint', { policy: TEXT }, ['vpce']],
    ['aws_vpc_endpoint_policy', { policy: TEXT }, ['vpce']],
    ['aws_organizations_policy', { content: TEXT, type: 'SERVICE_CONTROL_POLICY' }, ['scp']],
    ['aws_organizations_policy', { content: TEXT, type: 'RESOURCE_CONTROL_POLICY' }, ['rcp']],
    ['aws_organizations_policy', { content: '{}', type: 'TAG_POLICY' }, []],
    ['aws_ssoadmin_permission_set_inline_policy', { inline_policy: TEXT }, ['identity']],
    ['aws_s3_bucket_policy', { policy: TEXT }, ['resource']],
    ['aws_cloudwatch_log_resource_policy', { policy_document: TEXT }, ['resource']],
    ['aws_glue_resource_policy', { policy: TEXT }, []],
    ['aws_iam_policy', { policy: '' }, []],
  ])('%s %#', (type, after, kinds) =>
    expect(read(changes({ address: `${type}.x`, after })).policies.map(({ view }) => view.kind)).toEqual(kinds),
  )

  test('of modules and instances, each that says something else', () => {
    const other = JSON.stringify({ ...POLICY, Id: 'other' })
    const file = read(
      changes(
        { address: 'module.a["x.y]"].aws_iam_policy.p[0]', after: { policy: TEXT } },
        { address: 'module.a["x.y]"].aws_iam_policy.p[1]', after: { policy: TEXT } },
        { address: 'module.a["z"].aws_iam_policy.p[0]', after: { policy: other } },
        { address: 'module.b.aws_iam_policy.p["k"]', after: { policy: TEXT } },
      ),
    )
    expect(seen(file)).toEqual([
      'identity template module.a["x.y]"].aws_iam_policy.p[0]',
      'identity template module.a["z"].aws_iam_policy.p[0]',
      'identity template module.b.aws_iam_policy.p["k"]',
    ])
    expect(file.resources).toHaveLength(4)
  })
  test('what is destroyed is not there', () =>
    expect(read(changes({ address: 'aws_iam_policy.p', after: null, actions: ['delete'] })).policies).toEqual([]))
  test('what is planned, where nothing says what changes', () => {
    const resource = { address: 'aws_iam_policy.p', mode: 'managed', type: 'aws_iam_policy', values: { policy: TEXT } }
    const inner = { ...resource, address: 'module.m.aws_iam_policy.p', values: { policy: TEXT } }
    const values = {
      root_module: { resources: [resource], child_modules: [{ address: 'module.m', resources: [inner] }] },
    }
    const expected = ['identity template aws_iam_policy.p', 'identity template module.m.aws_iam_policy.p']
    expect(seen(read({ planned_values: values }))).toEqual(expected)
    expect(seen(read({ values }))).toEqual(expected)
  })
  test('a text that is no JSON is a fault at its place, once for all instances', () => {
    const after = { policy: '{"Statement": [}' }
    const instances = ['aws_iam_policy.p[0]', 'aws_iam_policy.p[1]'].map((address) => ({ address, after }))
    const { faults, source, template } = read(changes(...instances))
    expect(faults.map(({ span }) => source.text.slice(span.start, span.end))).toEqual(['}'])
    expect(source.text.slice(faults[0]?.span.start, faults[0]?.inString?.end)).toBe('}"')
    expect(template?.notes).toEqual([])
  })
  test('a reference that was escaped', () => {
    const policy = JSON.stringify({ ...POLICY, Id: 'a-${var.name}-${aws:username}' })
    const file = read(changes({ address: 'aws_iam_policy.p', after: { policy } }))
    const [note] = file.template?.notes ?? []
    expect(note).toMatchObject({ kind: 'substitutionMissing', detail: '${var.name}' })
    expect(file.source.text.slice(note?.span.start, note?.span.end)).toBe('${var.name}')
  })
})

test('places lead back through the escapes', () => {
  const policy = JSON.stringify({ Sid: 'tab\tquote"', Statement: [STATEMENT] }, null, 2)
  const file = read(changes({ address: 'aws_iam_policy.p', after: { policy } }))
  const [found] = file.policies
  const item = found?.view.statements[0]?.resource?.items[0]
  const span = item && found?.places.span(item)
  expect(file.source.text.slice(span?.start, span?.end)).toBe(String.raw`\"arn:aws:kms:*:*:key/*\"`)
})

describe('documents that are read during apply', () => {
  const EXPRESSIONS = {
    statement: [
      { resources: { references: ['aws_s3_bucket.b.arn', 'aws_s3_bucket.b'] }, actions: { constant_value: ['s3:*'] } },
    ],
  }
  const configuration = {
    root_module: {
      resources: [
        {
          address: 'aws_iam_policy.p',
          type: 'aws_iam_policy',
          mode: 'managed',
          expressions: {
            policy: { references: ['data.aws_iam_policy_document.d.json', 'data.aws_iam_policy_document.d'] },
          },
        },
        {
          address: 'data.aws_iam_policy_document.d',
          type: 'aws_iam_policy_document',
          mode: 'data',
          expressions: EXPRESSIONS,
        },
      ],
    },
  }
  const after = {
    statement: [
      {
        sid: null,
        effect: null,
        actions: ['s3:*'],
        resources: [null, 'arn:aws:s3:::c'],
        principals: [],
        condition: [{ test: 'Bool', variable: 'aws:SecureTransport', values: ['true'] }],
      },
    ],
    version: null,
    source_policy_documents: null,
  }
  const unknown = { id: true, json: true, statement: [{ resources: [true, false] }] }
  const consumer: Planned = { address: 'aws_iam_policy.p', after: {}, unknown: { policy: true, arn: true } }
  const document: Planned = { address: 'data.aws_iam_policy_document.d', after, unknown, actions: ['read'] }

  test('with a symbol for what is not known', () => {
    const file = read({ ...changes(consumer, document), configuration })
    expect(said(file)).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['s3:*'],
          Resource: ['${aws_s3_bucket.b.arn}', 'arn:aws:s3:::c'],
          Condition: { Bool: { 'aws:SecureTransport': ['true'] } },
        },
      ],
    })
    expect(seen(file)).toEqual(['identity template aws_iam_policy.p'])
    expect(file.policies[0]?.view.symbols.map(({ standIn }) => standIn)).toEqual(['arn:aws:s3:::b'])
    expect(file.policies[0]?.view.document?.statements).toHaveLength(1)
    const items = file.policies[0]?.view.statements[0]?.resource?.items ?? []
    const spans = items.map((item) => file.policies[0]!.places.span(item))
    expect(spans.map(({ start, end }) => file.source.text.slice(start, end))).toEqual(['null', '"arn:aws:s3:::c"'])
  })
  test('without the configuration nobody knows whose document it is', () =>
    expect(notes(read(changes(consumer, document)))).toEqual(['unresolved aws_iam_policy.p policy, known after apply']))
  test('a document that takes in one that is not known says too little', () =>
    expect(
      notes(
        read({
          ...changes(consumer, { ...document, unknown: { ...unknown, source_policy_documents: true } }),
          configuration,
        }),
      ),
    ).toEqual(['unresolved aws_iam_policy.p policy, known after apply, from data.aws_iam_policy_document.d.json']))
  test('of the same instance in the same module', () => {
    const inModule = { root_module: { module_calls: { m: { module: configuration.root_module } } } }
    const at = (planned: Planned, module: string): Planned => ({
      ...planned,
      address: `${module}.${planned.address}["k"]`,
    })
    const file = read({
      ...changes(at(consumer, 'module.m["a"]'), at(document, 'module.m["a"]')),
      configuration: inModule,
    })
    expect(seen(file)).toEqual(['identity template module.m["a"].aws_iam_policy.p["k"]'])
  })
  test('those that were read before and that nothing here uses', () => {
    const earlier = (name: string, json: unknown, more: Values = {}): unknown => ({
      address: `data.aws_iam_policy_document.${name}`,
      mode: 'data',
      type: 'aws_iam_policy_document',
      values: { json: JSON.stringify(json, null, 2), ...more },
    })
    const part = { ...POLICY, Id: 'part' }
    const { Version, Statement } = POLICY
    const resources = [
      earlier('used', { Statement, Version }),
      earlier('part', part),
      earlier('other', { ...POLICY, Id: 'other' }, { source_policy_documents: [JSON.stringify(part)] }),
    ]
    const file = read({
      ...changes({ address: 'aws_iam_policy.p', after: { policy: TEXT } }),
      prior_state: { values: { root_module: { resources } } },
    })
    expect(seen(file)).toEqual([
      'identity template aws_iam_policy.p',
      'identity content data.aws_iam_policy_document.other',
    ])
  })
})

describe('keys', () => {
  const resources = (...list: readonly (readonly [string, Values])[]): Values => ({
    root_module: {
      resources: list.map(([address, expressions]) => ({
        address,
        type: address.split('.')[0],
        mode: 'managed',
        expressions,
      })),
    },
  })
  const key: Planned = {
    address: 'aws_kms_key.k',
    after: {
      arn: 'arn:aws:kms:eu-west-1:444455556666:key/1',
      key_id: '1',
      policy: TEXT,
      customer_master_key_spec: 'RSA_2048',
      rotation_period_in_days: null,
      is_enabled: true,
    },
    actions: ['no-op'],
  }

  test('under the names of the API, with their account and Region', () =>
    expect(read(changes(key)).policies[0]?.view.resource).toEqual({
      type: 'aws_kms_key',
      address: 'aws_kms_key.k',
      account: '444455556666',
      region: 'eu-west-1',
      properties: { KeySpec: 'RSA_2048', Enabled: true },
    }))
  test.each([
    ['aws_kms_external_key', {}, 'EXTERNAL'],
    ['aws_kms_key', { custom_key_store_id: 'cks-1' }, 'AWS_CLOUDHSM'],
    ['aws_kms_key', { custom_key_store_id: 'cks-1', xks_key_id: 'x' }, 'EXTERNAL_KEY_STORE'],
  ])('%s with %j is of origin %s', (type, after, origin) =>
    expect(read(changes({ address: `${type}.k`, after })).resources[0]?.properties['Origin']).toBe(origin),
  )
  test('a policy that the configuration does not set is the one AWS gave', () => {
    expect(read({ ...changes(key), configuration: resources(['aws_kms_key.k', {}]) }).policies).toEqual([])
    const unset: Planned = { address: 'aws_kms_key.k', after: {}, unknown: { policy: true } }
    expect(notes(read({ ...changes(unset), configuration: resources(['aws_kms_key.k', {}]) }))).toEqual([])
  })
  test('a policy that is set twice', () => {
    const file = read({
      ...changes(key, { address: 'aws_kms_key_policy.p', after: { policy: TEXT }, unknown: { key_id: true } }),
      configuration: resources(
        ['aws_kms_key.k', { policy: {} }],
        ['aws_kms_key_policy.p', { key_id: { references: ['aws_kms_key.k.id', 'aws_kms_key.k'] }, policy: {} }],
      ),
    })
    expect(notes(file)).toEqual([
      'policySetTwice aws_kms_key_policy.p the policy of aws_kms_key.k is set by aws_kms_key.k and by aws_kms_key_policy.p',
    ])
  })
  test('a grant', () => {
    const after = {
      key_id: 'k',
      grantee_principal: 'g',
      operations: ['Decrypt'],
      constraints: [{ encryption_context_equals: { a: 'b' }, encryption_context_subset: {} }],
      name: null,
    }
    const file = read(changes({ address: 'aws_kms_grant.g', after, unknown: { grant_id: true } }))
    expect(file.grants.map(({ root }) => nodeToValue(root))).toEqual([
      {
        KeyId: 'k',
        GranteePrincipal: 'g',
        Operations: ['Decrypt'],
        Constraints: { EncryptionContextEquals: { a: 'b' } },
      },
    ])
  })
})

describe('what is no plan', () => {
  test.each(['{}', '{"format_version": "1.0"}', '[{"format_version": 1, "values": 1}]', '{"a": "format_version"}'])(
    '%s',
    (text) =>
      expect(
        findPolicies({ name: 'x.json', text }, { isNamed: true }, [readTerraformPlan], NOTHING).template,
      ).toBeUndefined(),
  )
  test('a long text that is no JSON is left to who reads JSON', () => {
    const text = `{"format_version": "1.0", "values": {}, "x": "${'y'.repeat(4 * 1024 * 1024)}"`
    const file = findPolicies({ name: 'x.json', text }, { isNamed: true }, [readTerraformPlan], NOTHING)
    expect(file.faults).toHaveLength(1)
  })
})

test('a long plan says what a short one says', () => {
  const planned = { address: 'aws_iam_policy.p', after: { policy: TEXT } }
  const padding = { address: 'aws_instance.i', after: { text: '"\\{['.repeat(1_200_000) } }
  const short = read(changes(planned))
  const long = read(changes(padding, planned))
  expect(long.root).toBeUndefined()
  expect(seen(long)).toEqual(seen(short))
  expect(said(long)).toEqual(said(short))
})

test('addresses lose their indexes and keep their module', () => {
  const index = fc.oneof(
    fc.constant(''),
    fc.nat(9).map((n) => `[${n}]`),
    fc.string().map((s) => `[${JSON.stringify(s)}]`),
  )
  const name = fc.constantFrom('a', 'aws_kms_key', 'data', 'b-c')
  const module = fc.tuple(name, index)
  fc.assert(
    fc.property(fc.array(module, { maxLength: 3 }), name, index, (modules, own, last) => {
      const prefix = modules.map(([called, at]) => `module.${called}${at}.`).join('')
      const address = `${prefix}aws_kms_key.${own}${last}`
      expect(withoutIndexes(address)).toBe(
        `${modules.map(([called]) => `module.${called}.`).join('')}aws_kms_key.${own}`,
      )
      expect(moduleOf(address)).toBe(prefix)
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('whatever a plan holds, reading it ends without an error', () => {
  const plan = changes({ address: 'aws_iam_policy.p', after: { policy: TEXT }, unknown: { policy: true } })
  const text = JSON.stringify({
    format_version: '1.2',
    ...plan,
    configuration: { root_module: {} },
    prior_state: { values: {} },
  })
  const cut = fc.record({
    at: fc.nat(text.length),
    length: fc.nat(40),
    put: fc.constantFrom('', '"', '{', ']', 'null', '\\', '1e9'),
  })
  fc.assert(
    fc.property(cut, ({ at, length, put }) => {
      const mutated = text.slice(0, at) + put + text.slice(at + length)
      findPolicies({ name: 'x.json', text: mutated }, { isNamed: true }, [readTerraformPlan], NOTHING)
      readTerraformPlan({ name: 'x.json', text: mutated }, 'json', undefined, NOTHING)
    }),
    { seed: 2, numRuns: 500 },
  )
})
