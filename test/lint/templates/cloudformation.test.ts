/** Policies in CloudFormation templates: CloudFormation User Guide, "Intrinsic function reference". */
import { describe, expect, test } from 'vitest'
import type { TemplateValues } from '../../../src/lint/embedded-policies.js'
import { applyEdits } from '../../../src/lint/apply-edits.js'
import { findPolicies } from '../../../src/lint/find-policies.js'
import { inlineSuppressions } from '../../../src/lint/inline-suppressions.js'
import type { LintFile } from '../../../src/lint/lint-file.js'
import { writtenOut } from '../../../src/lint/symbols.js'
import { readCloudFormation } from '../../../src/lint/templates/cloudformation.js'

const NOTHING: TemplateValues = { parameters: {} }

function read(text: string, name = 't.yaml', given = NOTHING): LintFile {
  return findPolicies({ name, text }, { isNamed: true }, [readCloudFormation], given)
}

const PARAMETERS = {
  Env: { Type: 'String', Default: 'prod' },
  NoDefault: { Type: 'String' },
  Kept: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/a/b' },
  List: { Type: 'CommaDelimitedList', Default: 'arn:aws:s3:::a, arn:aws:s3:::b' },
}
const REST = {
  AWSTemplateFormatVersion: '2010-09-09',
  Parameters: PARAMETERS,
  Mappings: { Map: { 'us-east-1': { Bucket: 'arn:aws:s3:::east' }, x: { y: 'arn:aws:s3:::y' } } },
  Conditions: {
    Yes: { 'Fn::Equals': ['a', 'a'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Open: { 'Fn::Equals': [{ Ref: 'Env' }, 'prod'] },
  },
}
const OTHERS = {
  Key: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'RSA_2048', EnableKeyRotation: { Ref: 'Env' } } },
  Bucket: { Type: 'AWS::S3::Bucket' },
  Role: { Type: 'AWS::IAM::Role', Properties: {} },
  Strange: { Type: 'Acme::Strange::Thing' },
}

interface Resolved {
  /** As a person would write it. */
  readonly written: string
  readonly standIns: readonly (string | undefined)[]
  readonly text: string
  readonly notes: readonly string[]
}

/** What becomes of the value of `Resource`. */
function resolved(file: LintFile): Resolved {
  const [policy] = file.policies
  const view = policy?.view
  const items = view?.statements[0]?.resource?.items ?? []
  return {
    written: items.map(({ value }) => writtenOut(value, view?.symbols ?? [])).join(' | '),
    standIns: (view?.symbols ?? []).map(({ standIn }) => standIn),
    text: items.map(({ start, end }) => file.source.text.slice(start, end)).join(' | '),
    notes: (file.template?.notes ?? []).map(({ kind, detail }) => `${kind} ${detail}`),
  }
}

function asJson(resource: unknown, given = NOTHING): LintFile {
  const statement = { Effect: 'Allow', Action: 's3:GetObject', Resource: resource }
  const properties = { PolicyDocument: { Version: '2012-10-17', Statement: [statement] } }
  const resources = { Policy: { Type: 'AWS::IAM::ManagedPolicy', Properties: properties }, ...OTHERS }
  return read(JSON.stringify({ ...REST, Resources: resources }, null, 2), 't.json', given)
}

/** @param written - of `Resource`, as it stands in YAML. */
function asYaml(written: string): LintFile {
  const lines = [
    `AWSTemplateFormatVersion: '2010-09-09'`,
    `Parameters: ${JSON.stringify(PARAMETERS)}`,
    `Mappings: ${JSON.stringify(REST.Mappings)}`,
    `Conditions: ${JSON.stringify(REST.Conditions)}`,
    'Resources:',
    '  Policy:',
    '    Type: AWS::IAM::ManagedPolicy',
    '    Properties:',
    '      PolicyDocument:',
    '        Version: 2012-10-17',
    '        Statement:',
    '          - Effect: Allow',
    '            Action: s3:GetObject',
    `            Resource: ${written}`,
    ...Object.entries(OTHERS).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}`),
  ]
  return read(lines.join('\n'))
}

const KEY_ARN = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'

interface Case {
  readonly name: string
  readonly long: unknown
  readonly short: string
  readonly written: string
  readonly standIns?: readonly (string | undefined)[]
  readonly notes?: readonly string[]
}

const CASES: readonly Case[] = [
  {
    name: 'Ref of a pseudo parameter',
    long: { Ref: 'AWS::Partition' },
    short: '!Ref AWS::Partition',
    written: '${AWS::Partition}',
    standIns: ['aws'],
  },
  { name: 'Ref of a parameter', long: { Ref: 'Env' }, short: '!Ref Env', written: '${Env}', standIns: ['prod'] },
  {
    name: 'Ref of a parameter without a default',
    long: { Ref: 'NoDefault' },
    short: '!Ref NoDefault',
    written: '${NoDefault}',
    standIns: [undefined],
    notes: ['unresolved ${NoDefault}'],
  },
  {
    name: 'the default of a kept parameter is its name only',
    long: { Ref: 'Kept' },
    short: '!Ref Kept',
    written: '${Kept}',
    standIns: [undefined],
    notes: ['unresolved ${Kept}'],
  },
  {
    name: 'Ref of a list',
    long: [{ Ref: 'List' }],
    short: '[!Ref List]',
    written: '${List}[0] | ${List}[1]',
    standIns: ['arn:aws:s3:::a', 'arn:aws:s3:::b'],
  },
  {
    name: 'Ref of a key',
    long: { Ref: 'Key' },
    short: '!Ref Key',
    written: '${Key}',
    standIns: ['1234abcd-12ab-34cd-56ef-1234567890ab'],
  },
  {
    name: 'Ref of a type that says nothing of its value',
    long: { Ref: 'Strange' },
    short: '!Ref Strange',
    written: '${Strange}',
    standIns: [undefined],
    notes: ['unresolved ${Strange}'],
  },
  {
    name: 'GetAtt',
    long: { 'Fn::GetAtt': ['Key', 'Arn'] },
    short: '!GetAtt Key.Arn',
    written: '${Key.Arn}',
    standIns: [KEY_ARN],
  },
  {
    name: 'GetAtt as one text',
    long: { 'Fn::GetAtt': 'Role.Arn' },
    short: '!GetAtt [Role, Arn]',
    written: '${Role.Arn}',
    standIns: ['arn:aws:iam::111122223333:role/Role'],
  },
  {
    name: 'Sub',
    long: { 'Fn::Sub': 'arn:${AWS::Partition}:s3:::${Bucket}/*' },
    short: '!Sub arn:${AWS::Partition}:s3:::${Bucket}/*',
    written: 'arn:${AWS::Partition}:s3:::${Bucket}/*',
    standIns: ['aws', 'bucket'],
  },
  {
    name: 'Sub leaves variables of IAM',
    long: { 'Fn::Sub': 'arn:aws:s3:::b/${!aws:username}' },
    short: '!Sub arn:aws:s3:::b/${!aws:username}',
    written: 'arn:aws:s3:::b/${aws:username}',
  },
  {
    name: 'Sub with values of its own',
    long: { 'Fn::Sub': ['arn:aws:s3:::${Name}', { Name: { Ref: 'Env' } }] },
    short: '!Sub ["arn:aws:s3:::${Name}", { Name: !Ref Env }]',
    written: 'arn:aws:s3:::${Env}',
    standIns: ['prod'],
  },
  {
    name: 'Sub with an attribute',
    long: { 'Fn::Sub': '${Key.Arn}' },
    short: "!Sub '${Key.Arn}'",
    written: '${Key.Arn}',
    standIns: [KEY_ARN],
  },
  {
    name: 'Join',
    long: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':s3:::b']] },
    short: '!Join ["", ["arn:", !Ref AWS::Partition, ":s3:::b"]]',
    written: 'arn:${AWS::Partition}:s3:::b',
    standIns: ['aws'],
  },
  {
    name: 'Join of a list parameter',
    long: { 'Fn::Join': [',', { Ref: 'List' }] },
    short: '!Join [",", !Ref List]',
    written: '${List}[0],${List}[1]',
    standIns: ['arn:aws:s3:::a', 'arn:aws:s3:::b'],
  },
  {
    name: 'If of a condition that holds',
    long: { 'Fn::If': ['Yes', 'a', 'b'] },
    short: '!If [Yes, a, b]',
    written: 'a',
  },
  {
    name: 'If of a condition that does not',
    long: { 'Fn::If': ['No', 'a', 'b'] },
    short: '!If [No, a, b]',
    written: 'b',
  },
  {
    name: 'If of a condition that nobody knows',
    long: { 'Fn::If': ['Open', 'a', 'b'] },
    short: '!If [Open, a, b]',
    written: 'a',
    notes: ['unresolved Fn::If of Open, of which the first value is taken'],
  },
  {
    name: 'If with nothing',
    long: ['x', { 'Fn::If': ['Open', { Ref: 'AWS::NoValue' }, 'b'] }],
    short: '[x, !If [Open, !Ref "AWS::NoValue", b]]',
    written: 'x | b',
    notes: ['unresolved Fn::If of Open, of which the second value is taken'],
  },
  { name: 'nothing', long: ['x', { Ref: 'AWS::NoValue' }], short: '[x, !Ref "AWS::NoValue"]', written: 'x' },
  {
    name: 'FindInMap of literals',
    long: { 'Fn::FindInMap': ['Map', 'x', 'y'] },
    short: '!FindInMap [Map, x, y]',
    written: 'arn:aws:s3:::y',
  },
  {
    name: 'FindInMap by Region',
    long: { 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'Bucket'] },
    short: '!FindInMap [Map, !Ref "AWS::Region", Bucket]',
    written: '${Map.us-east-1.Bucket}',
    standIns: ['us-east-1', 'arn:aws:s3:::east'],
  },
  {
    name: 'Select and Split',
    long: { 'Fn::Select': ['1', { 'Fn::Split': ['|', 'a|b'] }] },
    short: '!Select [1, !Split ["|", "a|b"]]',
    written: 'b',
  },
  {
    name: 'Split of what is unknown',
    long: { 'Fn::Select': [0, { 'Fn::Split': ['/', { Ref: 'NoDefault' }] }] },
    short: '!Select [0, !Split ["/", !Ref NoDefault]]',
    written: 'Fn::Select',
    standIns: [undefined, undefined, undefined],
    notes: ['unresolved ${NoDefault}', 'unresolved Fn::Split', 'unresolved Fn::Select'],
  },
  {
    name: 'ImportValue',
    long: { 'Fn::ImportValue': 'shared-key' },
    short: '!ImportValue shared-key',
    written: 'Fn::ImportValue',
    standIns: [undefined],
    notes: ['unresolved Fn::ImportValue'],
  },
  {
    name: 'a dynamic reference',
    long: 'arn:aws:s3:::{{resolve:ssm:/a:1}}/*',
    short: "'arn:aws:s3:::{{resolve:ssm:/a:1}}/*'",
    written: 'arn:aws:s3:::{{resolve:ssm:/a:1}}/*',
    standIns: [undefined],
    notes: ['unresolved {{resolve:ssm:/a:1}}'],
  },
  {
    name: 'a forgotten Sub',
    long: 'arn:aws:s3:::${Bucket}',
    short: "'arn:aws:s3:::${Bucket}'",
    written: 'arn:aws:s3:::${Bucket}',
    notes: ['substitutionMissing ${Bucket}'],
  },
  {
    name: 'a variable of IAM is no forgotten Sub',
    long: 'arn:aws:s3:::b/${aws:username}',
    short: "'arn:aws:s3:::b/${aws:username}'",
    written: 'arn:aws:s3:::b/${aws:username}',
  },
]

describe.each(CASES)('$name', ({ long, short, written, standIns = [], notes = [] }) => {
  test('long form in JSON', () => expect(resolved(asJson(long))).toMatchObject({ written, standIns, notes }))
  test('long form in YAML', () =>
    expect(resolved(asYaml(JSON.stringify(long)))).toMatchObject({ written, standIns, notes }))
  test('short form in YAML', () => expect(resolved(asYaml(short))).toMatchObject({ written, standIns, notes }))
})

test('what is worked out stands at its expression', () => {
  expect(resolved(asYaml('!Sub arn:aws:s3:::${Bucket}')).text).toBe('!Sub arn:aws:s3:::${Bucket}')
  expect(resolved(asYaml('[!GetAtt Key.Arn, "b"]')).text).toBe('!GetAtt Key.Arn | "b"')
  expect(resolved(asJson('plain')).text).toBe('"plain"')
})

describe('what is given is known', () => {
  const given: TemplateValues = {
    parameters: { Env: 'test', 'shared-key': 'arn:aws:s3:::shared', List: 'a, b' },
    account: '444455556666',
    region: 'eu-west-1',
    partition: 'aws-cn',
  }
  test.each([
    ['a parameter', { Ref: 'Env' }, 'test'],
    ['a list', [{ Ref: 'List' }], 'a | b'],
    ['an import', { 'Fn::ImportValue': { 'Fn::Sub': 'shared-key' } }, 'arn:aws:s3:::shared'],
    [
      'where it is deployed',
      { 'Fn::Sub': '${AWS::Partition}/${AWS::AccountId}/${AWS::Region}' },
      'aws-cn/444455556666/eu-west-1',
    ],
    ['what a condition hangs on', { 'Fn::If': ['Open', 'a', 'b'] }, 'b'],
  ])('%s', (_name, value, written) =>
    expect(resolved(asJson(value, given))).toMatchObject({ written, standIns: [], notes: [] }),
  )
  test('the resource knows where it is', () =>
    expect(asJson('*', given).policies[0]?.view.resource).toMatchObject({
      account: '444455556666',
      region: 'eu-west-1',
    }))
})

const STATEMENT = { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' }
const DOCUMENT = { Version: '2012-10-17', Statement: [STATEMENT] }

describe('where policies stand', () => {
  const found = (type: string, properties: unknown): readonly string[] =>
    read(JSON.stringify({ Resources: { R: { Type: type, Properties: properties } } }), 't.json').policies.map(
      ({ view }) => `${view.kind} ${view.kindOrigin} ${view.where.pointer} ${view.statements.length}`,
    )

  test.each<[string, unknown, readonly string[]]>([
    ['AWS::KMS::Key', { KeyPolicy: DOCUMENT }, ['key template /Resources/R/Properties/KeyPolicy 1']],
    ['AWS::KMS::ReplicaKey', { KeyPolicy: DOCUMENT }, ['key template /Resources/R/Properties/KeyPolicy 1']],
    ['AWS::IAM::Policy', { PolicyDocument: DOCUMENT }, ['identity template /Resources/R/Properties/PolicyDocument 1']],
    [
      'AWS::IAM::Role',
      { AssumeRolePolicyDocument: DOCUMENT, Policies: [{ PolicyName: 'p', PolicyDocument: DOCUMENT }] },
      [
        'trust template /Resources/R/Properties/AssumeRolePolicyDocument 1',
        'identity template /Resources/R/Properties/Policies/0/PolicyDocument 1',
      ],
    ],
    ['AWS::EC2::VPCEndpoint', { PolicyDocument: DOCUMENT }, ['vpce template /Resources/R/Properties/PolicyDocument 1']],
    [
      'AWS::Organizations::Policy',
      { Type: 'SERVICE_CONTROL_POLICY', Content: DOCUMENT },
      ['scp template /Resources/R/Properties/Content 1'],
    ],
    [
      'AWS::Organizations::Policy',
      { Type: 'RESOURCE_CONTROL_POLICY', Content: JSON.stringify(DOCUMENT) },
      ['rcp template  1'],
    ],
    ['AWS::Organizations::Policy', { Type: 'TAG_POLICY', Content: {} }, []],
    ['AWS::SSO::PermissionSet', { InlinePolicy: JSON.stringify(DOCUMENT) }, ['identity template  1']],
    [
      'AWS::SSO::PermissionSet',
      { InlinePolicy: { 'Fn::ToJsonString': DOCUMENT } },
      ['identity template /Resources/R/Properties/InlinePolicy 1'],
    ],
    [
      'AWS::Serverless::Function',
      { Policies: ['AmazonS3ReadOnlyAccess', { S3ReadPolicy: { BucketName: 'b' } }, { Statement: STATEMENT }] },
      ['identity template /Resources/R/Properties/Policies/2 1'],
    ],
    ['AWS::Serverless::StateMachine', { Policies: DOCUMENT }, ['identity template /Resources/R/Properties/Policies 1']],
    ['AWS::S3::Bucket', { BucketName: 'b' }, []],
    [
      'AWS::IAM::Role',
      {
        Policies: { 'Fn::If': ['C', [{ 'Fn::If': ['D', { PolicyDocument: DOCUMENT }, { Ref: 'AWS::NoValue' }] }], []] },
      },
      ['identity template /Resources/R/Properties/Policies/Fn::If/1/0/Fn::If/1/PolicyDocument 1'],
    ],
    [
      'AWS::KMS::Key',
      { KeyPolicy: { 'Fn::If': ['C', DOCUMENT, { Statement: [STATEMENT, STATEMENT] }] } },
      [
        'key template /Resources/R/Properties/KeyPolicy/Fn::If/1 1',
        'key template /Resources/R/Properties/KeyPolicy/Fn::If/2 2',
      ],
    ],
  ])('%s %#', (type, properties, expected) => expect(found(type, properties)).toEqual(expected))
})

describe('JSON in a string', () => {
  const template = (policy: string): string =>
    [
      'Resources:',
      '  Set:',
      '    Type: AWS::SSO::PermissionSet',
      '    Properties:',
      `      InlinePolicy: ${policy}`,
    ].join('\n')
  const place = (file: LintFile): string => {
    const [policy] = file.policies
    const item = policy?.view.statements[0]?.resource?.items[0]
    if (policy === undefined || item === undefined) return ''
    const { start, end } = policy.places.span(item)
    return file.source.text.slice(start, end)
  }

  test.each([
    ['in double quotes', JSON.stringify('{"Statement":[{"Resource":"a\\tb"}]}'), String.raw`\"a\\tb\"`],
    ['in single quotes', `'{"Statement":[{"Resource":"it''s"}]}'`, `"it''s"`],
    ['in a block', '|\n        {\n          "Statement": [{ "Resource": "x" }]\n        }', '"x"'],
  ])('%s', (_name, written, expected) => expect(place(read(template(written)))).toBe(expected))

  test('that was put together has only the place of the whole', () => {
    const sub = `!Sub '{"Statement":[{"Resource":"\${AWS::Partition}"}]}'`
    expect(place(read(template(sub)))).toBe(sub)
  })
  test.each([
    ['in single quotes', `'{"Statement": [,'`, ',', 'expected a value, found `,`'],
    ['in double quotes', JSON.stringify('{"Statement": "a" "b"}'), String.raw`\"b\"`, 'expected `,` or `}`'],
    ['a list', `'[1]'`, '[1]', 'a policy is a JSON object'],
  ])('that cannot be read is a fault at its place: %s', (_name, written, at, message) => {
    const { faults, source, policies, template: found } = read(template(written))
    expect(policies).toEqual([])
    expect(found?.notes).toEqual([])
    expect(new Set(faults.map(({ inString }) => inString?.start)).size).toBe(1)
    const [fault] = faults
    expect(source.text.slice(fault?.span.start, fault?.span.end)).toBe(at)
    expect(fault?.message).toContain(message)
  })
  test('that is put together may be JSON later', () => {
    const { faults, template: found } = read(template(`!Sub '{"Statement": \${Statements}}'`))
    expect(faults).toEqual([])
    expect(found?.notes.map(({ detail }) => detail)).toContain('a text that is JSON only when it has been put together')
  })
})

describe('keys', () => {
  const key = (statement: unknown): LintFile =>
    read(
      JSON.stringify({
        Resources: {
          Key: { Type: 'AWS::KMS::Key', Properties: { KeySpec: 'RSA_2048', KeyPolicy: { Statement: [statement] } } },
        },
      }),
      't.json',
    )
  test('their properties are known', () =>
    expect(key(STATEMENT).policies[0]?.view.resource?.properties).toEqual({ KeySpec: 'RSA_2048' }))
  test('what hangs on a function is not', () =>
    expect(asJson('*').template?.resources[1]).toMatchObject({
      address: 'Resources/Key',
      properties: { KeySpec: 'RSA_2048' },
    }))
  test.each([{ 'Fn::GetAtt': ['Key', 'Arn'] }, { 'Fn::Sub': '${Key}' }, { Ref: 'Key' }])(
    'a policy that names its own key: %j',
    (resource) =>
      expect(key({ ...STATEMENT, Resource: resource }).template?.notes).toMatchObject([
        { kind: 'selfReference', address: 'Resources/Key', detail: 'Key' },
      ]),
  )
})

test('suppressions in Metadata', () => {
  const metadata = { keyward: { ignore: [{ rule: 'KMS012', reason: 'rotated by hand', until: '2027-01-01' }] } }
  const file = read(
    JSON.stringify({
      Resources: { Key: { Type: 'AWS::KMS::Key', Metadata: metadata, Properties: { KeyPolicy: DOCUMENT } } },
    }),
    't.json',
  )
  expect(inlineSuppressions(file)).toMatchObject([
    { rules: ['KMS012'], reason: 'rotated by hand', until: '2027-01-01' },
  ])
})

describe('what is no template', () => {
  test.each(['{"Resources": {}}', '{"Resources": {"a": {"Type": "x"}}}', '{"a": 1}', '[]'])('%s', (text) =>
    expect(read(text, 't.json').template).toBeUndefined(),
  )
  test('an unknown tag of a preprocessor is one finding', () =>
    expect(
      read('Resources:\n  A:\n    Type: AWS::IAM::Role\n    Properties: !Rain::Embed x\n').faults.map(
        ({ message }) => message,
      ),
    ).toEqual(['unknown tag `!Rain::Embed`']))
  test('loops of CloudFormation are said', () =>
    expect(
      read(
        JSON.stringify({ Resources: { A: { Type: 'AWS::IAM::Role' }, 'Fn::ForEach::R': ['x', ['a'], {}] } }),
        't.json',
      ).template?.notes,
    ).toMatchObject([{ kind: 'unresolved', detail: 'Fn::ForEach::R' }]))
})

test('deep nesting and wide templates end', () => {
  let value: unknown = 'x'
  for (let depth = 0; depth < 36; depth++) value = { 'Fn::Join': ['', [value]] }
  expect(resolved(asJson(value)).notes).toContain('unresolved a value nested too deeply')
  const many = Array.from({ length: 8000 }, (_, index) => ({ 'Fn::Sub': `\${AWS::AccountId}-${index}` }))
  expect(asJson(many).policies[0]?.view.symbols.length).toBe(6400)
})

test('functions that double a text with each level end', () => {
  let value: unknown = 'xxxxxxxx'
  for (let depth = 0; depth < 28; depth++) value = { 'Fn::Sub': ['${A}${A}', { A: value }] }
  expect(resolved(asJson(value)).notes).toContain('unresolved Fn::Sub')
})

test('conditions that name each other end', () => {
  const conditions: Record<string, unknown> = { C0: { 'Fn::And': [{ Condition: 'C0' }, { Condition: 'C40' }] } }
  for (let index = 1; index <= 40; index++) {
    conditions[`C${index}`] = { 'Fn::Or': [{ Condition: `C${index - 1}` }, { Condition: `C${index - 1}` }] }
  }
  const policy = { Statement: { ...STATEMENT, Resource: { 'Fn::If': ['C40', 'a', 'b'] } } }
  const resources = { R: { Type: 'AWS::IAM::ManagedPolicy', Properties: { PolicyDocument: policy } } }
  const file = read(JSON.stringify({ Conditions: conditions, Resources: resources }), 't.json')
  expect(file.template?.notes).toMatchObject([{ kind: 'unresolved' }])
})

describe('what can be mended', () => {
  /** The text after the fix of the first note. */
  const mended = (text: string, name: string): string | undefined => {
    const fix = read(text, name).template?.notes[0]?.fix
    return fix && applyEdits(text, [fix]).text
  }
  const inJson = (resource: string): string =>
    `{"Resources": {"Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Statement": {"Resource": ${resource}}}}}}}`
  const inYaml = (resource: string): string =>
    `Resources:\n  Key:\n    Type: AWS::KMS::Key\n    Properties:\n      KeyPolicy:\n        Statement:\n          Resource: ${resource}\n          Sid: After\n`

  test.each([
    ['"${AWS::Region}"', '{ "Fn::Sub": "${AWS::Region}" }'],
    ['{"Fn::GetAtt": ["Key", "Arn"]}', '"*"'],
    ['["a", {"Fn::Sub": "${Key.Arn}"}]', '["a", "*"]'],
  ])('JSON: %s', (before, after) => expect(mended(inJson(before), 't.json')).toBe(inJson(after)))

  test.each([
    ["'${AWS::Region}'", "!Sub '${AWS::Region}'"],
    ['a-${AWS::Region}', '!Sub a-${AWS::Region}'],
    ['!GetAtt Key.Arn', '"*"'],
    ['[a, !Sub "${Key.Arn}/*"]', '[a, "*"]'],
    [
      '\n            - a\n            - Fn::GetAtt:\n                - Key\n                - Arn',
      '\n            - a\n            - "*"',
    ],
    ['\n            Fn::GetAtt: [Key, Arn]', '\n            "*"'],
  ])('YAML: %j', (before, after) => expect(mended(inYaml(before), 't.yaml')).toBe(inYaml(after)))

  test.each([
    ['beside a variable of IAM', '"${AWS::Region}${aws:username}"'],
    ['a part of a text', '{"Fn::Join": ["", [{"Fn::GetAtt": ["Key", "Arn"]}]]}'],
  ])('not %s', (_name, resource) => {
    expect(read(inJson(resource), 't.json').template?.notes).toHaveLength(1)
    expect(mended(inJson(resource), 't.json')).toBeUndefined()
  })
})

test('openings without number end', () => {
  const text = `${'${'.repeat(500_000)}}`
  expect(resolved(asJson(text)).notes).toEqual([])
})
