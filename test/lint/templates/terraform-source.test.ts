/** Policies in configurations of Terraform: Terraform language, "Syntax"; AWS provider, "aws_iam_policy_document". */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { TemplateValues } from '../../../src/lint/embedded-policies.js'
import { findPolicies } from '../../../src/lint/find-policies.js'
import type { LintFile } from '../../../src/lint/lint-file.js'
import { writtenOut } from '../../../src/lint/symbols.js'
import { readTerraformSource } from '../../../src/lint/templates/terraform-source.js'
import { nodeToValue } from '../../../src/text/syntax-tree.js'

const NOTHING: TemplateValues = { parameters: {} }

function read(text: string, given = NOTHING): LintFile {
  return findPolicies({ name: 'main.tf', text }, { isNamed: true }, [readTerraformSource], given)
}

/** What the first policy says, symbols written out. */
function said(file: LintFile): unknown {
  const [policy] = file.policies
  if (policy === undefined) return undefined
  const { root, symbols } = policy.view
  return JSON.parse(JSON.stringify(nodeToValue(root)), (_key, value: unknown) =>
    typeof value === 'string' ? writtenOut(value, symbols) : value,
  )
}

/** What stands in the file where the first resource of the first statement is. */
function place(file: LintFile): string {
  const [policy] = file.policies
  const item = policy?.view.statements[0]?.resource?.items[0]
  if (policy === undefined || item === undefined) return ''
  const { start, end } = policy.places.span(item)
  return file.source.text.slice(start, end)
}

const notes = (file: LintFile): readonly string[] =>
  (file.template?.notes ?? []).map(({ kind, detail }) => `${kind} ${detail}`)

const STATEMENT = { Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b' }
const POLICY = { Version: '2012-10-17', Statement: [STATEMENT] }

const iamPolicy = (value: string): string => `resource "aws_iam_policy" "p" {\n  name   = "p"\n  policy = ${value}\n}\n`

describe('how a policy is written', () => {
  const heredoc = (open: string, indent: string): string =>
    iamPolicy(`${open}EOT\n${JSON.stringify(POLICY, null, 2).replaceAll(/^/gm, indent)}\n${indent}EOT`)
  const encoded = `jsonencode({
    Version = "2012-10-17"
    Statement = [
      { # who
        Effect   = "Allow", Action : "s3:GetObject"
        "Resource" = "arn:aws:s3:::b"
      },
    ]
  })`
  const document = `data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObject"]
    resources = ["arn:aws:s3:::b"]
  }
}
`
  const DOCUMENT = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::b'] }],
  }

  test.each([
    ['a heredoc', heredoc('<<', ''), POLICY, '"arn:aws:s3:::b"'],
    ['an indented heredoc', heredoc('<<-', '    '), POLICY, '"arn:aws:s3:::b"'],
    ['a heredoc with CR LF', heredoc('<<-', '  ').replaceAll('\n', '\r\n'), POLICY, '"arn:aws:s3:::b"'],
    ['a string', iamPolicy(JSON.stringify(JSON.stringify(POLICY))), POLICY, '\\"arn:aws:s3:::b\\"'],
    ['jsonencode', iamPolicy(encoded), POLICY, '"arn:aws:s3:::b"'],
    ['a local', `locals {\n  it = ${encoded}\n}\n${iamPolicy('local.it')}`, POLICY, '"arn:aws:s3:::b"'],
    [
      'a local in a template',
      `locals {\n  it = ${encoded}\n}\n${iamPolicy('"${local.it}"')}`,
      POLICY,
      '"arn:aws:s3:::b"',
    ],
    ['jsonencode in a string', iamPolicy(`"\${${encoded}}"`), POLICY, '"arn:aws:s3:::b"'],
    ['jsonencode in a heredoc', iamPolicy(`<<-EOT\n    \${${encoded}}\n  EOT`), POLICY, '"arn:aws:s3:::b"'],
    ['a document', document + iamPolicy('data.aws_iam_policy_document.d.json'), DOCUMENT, '"arn:aws:s3:::b"'],
    [
      'a document of many',
      document + iamPolicy('data.aws_iam_policy_document.d[count.index].json'),
      DOCUMENT,
      '"arn:aws:s3:::b"',
    ],
  ])('%s', (_name, text, expected, at) => {
    const file = read(text)
    expect(said(file)).toEqual(expected)
    expect(place(file)).toBe(at)
    expect(notes(file)).toEqual([])
    expect(file.policies.map(({ view }) => `${view.kind} ${view.kindOrigin} ${view.resource?.address}`)).toEqual([
      'identity template aws_iam_policy.p',
    ])
    expect(file.policies[0]?.view.document?.statements).toHaveLength(1)
  })
})

describe('values that nobody knows yet', () => {
  const CASES: readonly (readonly [string, string, string | readonly string[], readonly (string | undefined)[]])[] = [
    ['a resource', 'aws_s3_bucket.the_logs.arn', '${aws_s3_bucket.the_logs.arn}', ['arn:aws:s3:::the-logs']],
    ['a template', '"${aws_s3_bucket.b.arn}/*"', '${aws_s3_bucket.b.arn}/*', ['arn:aws:s3:::b']],
    [
      'the account',
      '"arn:aws:sqs:*:${data.aws_caller_identity.me.account_id}:q"',
      'arn:aws:sqs:*:${data.aws_caller_identity.me.account_id}:q',
      ['111122223333'],
    ],
    ['a variable with a default', 'var.bucket', '${var.bucket}', ['arn:aws:s3:::default']],
    ['a variable without one', 'var.none', '${var.none}', [undefined]],
    ['a list of variables', 'var.list', ['${var.list[0]}', '${var.list[1]}'], ['arn:aws:s3:::a', 'arn:aws:s3:::b']],
    ['a local', 'local.bucket', 'arn:aws:s3:::local', []],
    ['a local that names itself', 'local.loop', '${local.loop}', [undefined]],
    ['a call', 'format("%s/*", var.bucket)', '${format("%s/*", var.bucket)}', [undefined]],
    ['a condition', 'var.none ? "a" : "b"', '${var.none ? "a" : "b"}', [undefined]],
    ['a loop', '[for b in var.list : b]', '${[for b in var.list : b]}', [undefined]],
    ['lists put together', 'concat(["a"], tolist(["b", "c"]))', ['a', 'b', 'c'], []],
    ['texts put together', 'join("/", ["arn:aws:s3:::b", "*"])', 'arn:aws:s3:::b/*', []],
    ['an escaped reference', '"arn:aws:s3:::b/$${aws:username}"', 'arn:aws:s3:::b/${aws:username}', []],
    ['an attribute of another module', 'module.a["x}"].arn', '${module.a["x}"].arn}', [undefined]],
  ]
  const REST = `
variable "bucket" { default = "arn:aws:s3:::default" }
variable "none" {}
variable "list" { default = ["arn:aws:s3:::a", "arn:aws:s3:::b"] }
locals {
  bucket = "arn:aws:s3:::local"
  loop   = local.loop
}
`
  test.each(CASES)('%s', (_name, written, expected, standIns) => {
    const file = read(
      `${REST}${iamPolicy(`jsonencode({ Statement = { Effect = "Allow", Action = "s3:*", Resource = ${written} } })`)}`,
    )
    expect(said(file)).toMatchObject({ Statement: { Resource: expected } })
    const symbols = file.policies[0]?.view.symbols ?? []
    expect(symbols.map(({ standIn }) => standIn)).toEqual(standIns)
  })

  test('what is given is known', () => {
    const given = { parameters: { none: 'arn:aws:s3:::given' }, account: '444455556666' }
    const text = 'jsonencode({ Statement = { Resource = [var.none, "${data.aws_caller_identity.x.account_id}"] } })'
    expect(said(read(iamPolicy(text), given))).toEqual({
      Statement: { Resource: ['arn:aws:s3:::given', '444455556666'] },
    })
  })
  test('within JSON', () => {
    const text = iamPolicy(
      '<<EOT\n{ "Statement": [{ "Resource": ["${aws_s3_bucket.b.arn}/*", "$${aws:username}", "c"] }] }\nEOT',
    )
    const file = read(text)
    expect(said(file)).toEqual({ Statement: [{ Resource: ['${aws_s3_bucket.b.arn}/*', '${aws:username}', 'c'] }] })
    const [policy] = file.policies
    const items = policy?.view.statements[0]?.resource?.items ?? []
    expect(items.map((item) => text.slice(policy?.places.span(item).start, policy?.places.span(item).end))).toEqual([
      '"${aws_s3_bucket.b.arn}/*"',
      '"$${aws:username}"',
      '"c"',
    ])
  })
})

describe('functions within JSON', () => {
  const heredoc = (resource: string, more = ''): string =>
    `${more}${iamPolicy(`<<EOT\n{ "Statement": [{ "Resource": ${resource}, "Action": "s3:GetObject" }] }\nEOT`)}`
  test.each<[string, string, unknown]>([
    ['a list', heredoc('${jsonencode(["arn:aws:s3:::a", "arn:aws:s3:::b"])}'), ['arn:aws:s3:::a', 'arn:aws:s3:::b']],
    ['a local', heredoc('${jsonencode(local.it)}', 'locals {\n  it = ["a", "b"]\n}\n'), ['a', 'b']],
    ['a reference in a list', heredoc('${jsonencode([aws_s3_bucket.b.arn])}'), ['${aws_s3_bucket.b.arn}']],
    ['what nobody knows', heredoc('${jsonencode(var.x)}'), '${var.x}'],
    ['one in another', heredoc('${jsonencode(concat(["a"], [join("-", ["b", "c"])]))}'), ['a', 'b-c']],
    ['a text that is joined', heredoc('"arn:aws:s3:::${join("-", ["a", "b"])}/*"'), 'arn:aws:s3:::a-b/*'],
    ['what is not worked out', heredoc('"${lower("B")}"'), '${lower("B")}'],
  ])('%s', (_name, text, expected) => {
    expect(said(read(text))).toEqual({ Statement: [{ Resource: expected, Action: 's3:GetObject' }] })
  })
  test('are where they are written', () => {
    const written = '${jsonencode(["arn:aws:s3:::a", "arn:aws:s3:::b"])}'
    expect(place(read(heredoc(written)))).toBe(written)
  })
})

describe('what is not written down', () => {
  test.each([
    ['a variable', 'var.policy', 'planWanted var.policy'],
    ['a file', 'file("policy.json")', 'planWanted the result of file()'],
    [
      'a document of another file',
      'data.aws_iam_policy_document.far.json',
      'planWanted data.aws_iam_policy_document.far.json',
    ],
    [
      'JSON that is filled in',
      '<<EOT\n{ "Statement": ${templatefile("x", {})} }\nEOT',
      'planWanted a template that is JSON only when it has been filled in',
    ],
    ['directives', '"%{ if true }{}%{ endif }"', 'planWanted a template with directives'],
    ['a condition', 'var.x ? "{}" : "{}"', 'planWanted an expression'],
    ['a forgotten reference', '<<EOT\n{"Id": "$${var.name}"}\nEOT', 'substitutionMissing ${var.name}'],
  ])('%s', (_name, value, expected) => expect(notes(read(iamPolicy(value)))).toEqual([expected]))
  test.each([
    ['a text', String.raw`"{\"Statement\": [}"`, '}'],
    ['a heredoc', '<<-EOT\n    {\n      "Statement": nothing\n    }\n  EOT', 'nothing'],
  ])('%s that is no JSON is a fault at its place', (_name, value, expected) => {
    const { faults, source } = read(iamPolicy(value))
    expect(faults.map(({ span }) => source.text.slice(span.start, span.end))).toEqual([expected])
  })
})

describe('documents', () => {
  const document = (body: string, more = ''): string =>
    `data "aws_iam_policy_document" "d" {\n${body}\n}\n${more}\nresource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n`

  test('every argument', () => {
    const file = read(
      document(`
  version   = "2008-10-17"
  policy_id = "id"
  statement {
    sid         = "One"
    effect      = "Deny"
    not_actions = ["kms:*"]
    not_resources = ["*"]
    not_principals {
      type        = "AWS"
      identifiers = ["111122223333"]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["a", "&{aws:username}"]
    }
    condition {
      test     = "StringEquals"
      variable = "kms:CallerAccount"
      values   = ["1"]
    }
  }
  statement {
    actions   = ["kms:*"]
    resources = ["*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
  }`),
    )
    expect(said(file)).toEqual({
      Version: '2008-10-17',
      Id: 'id',
      Statement: [
        {
          Sid: 'One',
          Effect: 'Deny',
          NotAction: ['kms:*'],
          NotResource: ['*'],
          NotPrincipal: { AWS: ['111122223333'] },
          Condition: { StringEquals: { 'kms:ViaService': ['a', '${aws:username}'], 'kms:CallerAccount': ['1'] } },
        },
        { Effect: 'Allow', Action: ['kms:*'], Resource: ['*'], Principal: '*' },
      ],
    })
    expect(file.policies[0]?.view).toMatchObject({ kind: 'key', resource: { address: 'aws_kms_key.k' } })
  })
  test('taken in by others', () => {
    const one = 'data "aws_iam_policy_document" "one" {\n  statement {\n    sid = "One"\n  }\n}\n'
    const file = read(
      document(
        '  source_policy_documents = [data.aws_iam_policy_document.one.json]\n  statement {\n    sid = "Two"\n  }',
        one,
      ),
    )
    expect(said(file)).toMatchObject({ Statement: [{ Sid: 'One' }, { Sid: 'Two' }] })
    expect(file.policies).toHaveLength(1)
  })
  test.each([
    ['overriding', '  override_policy_documents = [var.x]', 'a document that overrides another'],
    ['taking in what is not here', '  source_policy_documents = [var.x]', 'a document that takes in var.x'],
    ['dynamic', '  dynamic "statement" {\n    for_each = var.x\n    content {}\n  }', 'a document with dynamic blocks'],
    [
      'taking in itself',
      '  source_policy_documents = [data.aws_iam_policy_document.d.json]',
      'a document that takes in data.aws_iam_policy_document.d.json',
    ],
  ])('%s', (_name, body, expected) => {
    const file = read(document(body))
    expect(notes(file)).toEqual([`planWanted ${expected}`])
    expect(file.policies).toEqual([])
  })
  test('one that nothing here uses is judged by its content', () => {
    const file = read(
      'data "aws_iam_policy_document" "d" {\n  statement {\n    actions = ["s3:GetObject"]\n    resources = ["*"]\n  }\n}\n',
    )
    expect(file.policies.map(({ view }) => `${view.kind} ${view.kindOrigin}`)).toEqual(['identity content'])
  })
})

describe('resources', () => {
  const text = `jsonencode({ Statement = [] })`
  test.each([
    ['aws_kms_key', 'policy', 'key'],
    ['aws_kms_key_policy', 'policy', 'key'],
    ['aws_kms_replica_key', 'policy', 'key'],
    ['aws_kms_external_key', 'policy', 'key'],
    ['aws_iam_role_policy', 'policy', 'identity'],
    ['aws_iam_user_policy', 'policy', 'identity'],
    ['aws_iam_group_policy', 'policy', 'identity'],
    ['aws_iam_role', 'assume_role_policy', 'trust'],
    ['aws_vpc_endpoint', 'policy', 'vpce'],
    ['aws_organizations_policy', 'content', 'scp'],
    ['aws_ssoadmin_permission_set_inline_policy', 'inline_policy', 'identity'],
  ])('%s', (type, attribute, kind) =>
    expect(read(`resource "${type}" "x" {\n  ${attribute} = ${text}\n}`).policies.map(({ view }) => view.kind)).toEqual(
      [kind],
    ),
  )
  test('policies of a role', () =>
    expect(
      read(`resource "aws_iam_role" "x" {\n  inline_policy {\n    policy = ${text}\n  }\n  inline_policy {}\n}`)
        .policies,
    ).toHaveLength(1))
  test('a policy of an organization says its type', () =>
    expect(
      read(`resource "aws_organizations_policy" "x" {\n  type = "RESOURCE_CONTROL_POLICY"\n  content = ${text}\n}`)
        .policies[0]?.view.kind,
    ).toBe('rcp'))

  test('a key under the names of the API', () => {
    const file = read(
      'resource "aws_kms_key" "k" {\n  customer_master_key_spec = "RSA_2048"\n  enable_key_rotation = true\n  deletion_window_in_days = 7\n  multi_region = var.x\n}',
    )
    expect(file.resources[0]).toMatchObject({
      type: 'aws_kms_key',
      address: 'aws_kms_key.k',
      properties: { KeySpec: 'RSA_2048', EnableKeyRotation: true, PendingWindowInDays: 7 },
    })
    expect(Object.keys(file.resources[0]?.places ?? {})).toContain('MultiRegion')
  })
  test('a policy that names its own key', () =>
    expect(
      notes(
        read(
          'resource "aws_kms_key" "k" {\n  policy = jsonencode({ Statement = { Resource = aws_kms_key.k.arn } })\n}',
        ),
      ),
    ).toContain('selfReference aws_kms_key.k'))
  test('a policy that is set twice', () => {
    const twice = `resource "aws_kms_key" "k" {\n  policy = ${text}\n}\nresource "aws_kms_key_policy" "p" {\n  key_id = aws_kms_key.k.id\n  policy = ${text}\n}`
    expect(notes(read(twice))).toEqual([
      'policySetTwice the policy of aws_kms_key.k is set by aws_kms_key.k and by aws_kms_key_policy.p',
    ])
  })
  test('a grant', () => {
    const file = read(
      'resource "aws_kms_grant" "g" {\n  key_id = aws_kms_key.k.key_id\n  grantee_principal = aws_iam_role.r.arn\n  operations = ["Decrypt"]\n  constraints {\n    encryption_context_equals = { a = "b" }\n  }\n}',
    )
    expect(file.grants.map(({ root, key }) => [nodeToValue(root), key?.address])).toEqual([
      [{ Operations: ['Decrypt'], Constraints: { EncryptionContextEquals: { a: 'b' } } }, 'aws_kms_key.k'],
    ])
  })
  test('one document for several resources is one policy', () => {
    const shared = 'data "aws_iam_policy_document" "d" {}\n'
    const use = (name: string): string =>
      `resource "aws_iam_role" "${name}" {\n  assume_role_policy = data.aws_iam_policy_document.d.json\n}\n`
    expect(read(shared + use('a') + use('b')).policies).toHaveLength(1)
  })
  test('nothing to check is nothing', () => {
    expect(read('resource "aws_instance" "x" {}').template).toBeUndefined()
    expect(read('module "x" { source = "./aws_x" }').template).toBeUndefined()
  })
})

describe('what is malformed or hostile ends', () => {
  const wide = (text: string): string => text.repeat(100_000)
  test.each([
    ['deep blocks', `aws_ ${wide('a {\n')}`],
    ['deep lists', `a = ${wide('[')} # aws_`],
    ['deep objects', `a = ${wide('{a=')} # aws_`],
    ['deep calls', `a = ${wide('aws_(')}`],
    ['open interpolations', `${wide('"${\n')} aws_`],
    ['open heredocs', `aws_ = ${wide('<<A\n')}`],
    ['open strings', `aws_ = ${wide('"\n')}`],
    ['interpolations in each other', `aws_ = "${wide('${"')}`],
    ['functions in each other', `aws_ = ${wide('"${jsonencode(')}`],
    ['closing brackets', wide('}])')],
    ['signs', `aws_ ${wide('= ')}`],
    ['comments', `aws_ ${wide('/* # // ')}`],
    ['indexes', `a = aws_x${wide('[')}`],
    ['dots', `a = aws_x${wide('.')}`],
  ])('%s', (_name, text) => expect(read(text).policies).toEqual([]))

  test('locals that double with each level', () => {
    const locals = Array.from(
      { length: 60 },
      (_, index) => `  a${index} = "\${local.a${index + 1}}\${local.a${index + 1}}"\n`,
    )
    const file = read(
      `locals {\n${locals.join('')}  a60 = "x"\n}\n${iamPolicy('jsonencode({ Statement = { Resource = local.a0 } })')}`,
    )
    expect(file.policies).toHaveLength(1)
  })
  test.each(['jsonencode', 'join'])('texts that grow by %s', (name) => {
    const call =
      name === 'join' ? (list: string): string => `join("", ${list})` : (list: string): string => `jsonencode(${list})`
    const again = (what: string): string => `[${Array.from({ length: 40 }, () => what).join(', ')}]`
    const locals = Array.from({ length: 12 }, (_, index) => `  a${index} = ${call(again(`local.a${index + 1}`))}\n`)
    const text = `locals {\n${locals.join('')}  a12 = "${'x'.repeat(1000)}"\n}\n`
    expect(read(`${text}${iamPolicy('"${jsonencode({ Id = local.a0 })}"')}`).policies).toHaveLength(1)
  })
  test('templates in each other, in JSON', () => {
    const deep = `${'${"'.repeat(5000)}x${'"}'.repeat(5000)}`
    const text = JSON.stringify({ resource: { aws_iam_policy: { p: { policy: deep } } } })
    expect(findPolicies({ name: 'a.tf.json', text }, { isNamed: true }, [readTerraformSource]).policies).toEqual([])
  })
  test('a policy in templates in each other', () => {
    const deep = `${'"${'.repeat(5000)}x${'}"'.repeat(5000)}`
    expect(read(iamPolicy(deep)).policies).toEqual([])
  })
  test('documents that take in each other twice', () => {
    const documents = Array.from({ length: 30 }, (_, index) => {
      const next = `data.aws_iam_policy_document.d${index + 1}.json`
      return `data "aws_iam_policy_document" "d${index}" {\n  source_policy_documents = [${next}, ${next}]\n  statement {}\n}\n`
    })
    const file = read(`${documents.join('')}${iamPolicy('data.aws_iam_policy_document.d0.json')}`)
    expect(file.template?.notes.map(({ kind }) => kind)).toContain('planWanted')
  })
})

test('whatever a configuration holds, reading it ends, and every place is in the file', () => {
  const pieces = [
    'resource "aws_kms_key" "k" {\n',
    'data "aws_iam_policy_document" "d" {\n',
    'policy = ',
    'jsonencode(',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '"',
    '\n',
    ' = ',
    ',',
    'Statement',
    'Resource',
    '${',
    '%{',
    '$${',
    '<<EOT\n',
    'EOT\n',
    '# ',
    '/*',
    '*/',
    '\\',
    'local.a',
    'locals { a = ',
    'var.b',
    'aws_kms_key.k.arn',
    'data.aws_iam_policy_document.d.json',
    'statement {\n',
    'dynamic "statement" {\n',
    '"{\\"Statement\\":[]}"',
    'for x in y : x',
    '1e5',
    '...',
    '\r\n',
    '\ud800',
  ]
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 40 }), (chosen) => {
      const text = chosen.join('')
      for (const { view, places } of read(text).policies) {
        for (const { node } of view.statements) {
          const { start, end } = places.span(node)
          expect(start >= 0 && start <= end && end <= text.length).toBe(true)
        }
      }
    }),
    { seed: 3, numRuns: 2000 },
  )
})

describe('the files of a folder', () => {
  const readBeside = (name: string, files: Readonly<Record<string, string>>): LintFile => {
    const siblings = Object.entries(files).flatMap(([other, text]) => (other === name ? [] : { name: other, text }))
    const text = files[name] ?? ''
    return findPolicies({ name, text }, { isNamed: true }, [readTerraformSource], { ...NOTHING, siblings })
  }
  const seen = ({ policies }: LintFile): readonly string[] =>
    policies.map(({ view }) => `${view.kind} ${view.kindOrigin} ${view.resource?.address}`)
  const KEY = 'resource "aws_kms_key" "k" {\n  policy = data.aws_iam_policy_document.d.json\n}\n'
  const LOCALS = `locals {\n  actions = ["s3:GetObject"]\n  policy  = jsonencode(${JSON.stringify(POLICY)})\n}\n`
  const DOCUMENT =
    'data "aws_iam_policy_document" "d" {\n  statement {\n    actions   = local.actions\n    resources = ["*"]\n  }\n}\n'
  const USES = iamPolicy('local.policy')

  test('locals of another file count, at the place that names them', () => {
    const file = readBeside('b.tf', { 'a.tf': LOCALS, 'b.tf': DOCUMENT })
    const [item] = file.policies[0]?.view.statements[0]?.action?.items ?? []
    const span = item === undefined ? undefined : file.policies[0]?.places.span(item)
    expect(item?.value).toBe('s3:GetObject')
    expect(file.source.text.slice(span?.start, span?.end)).toBe('local.actions')
  })
  test('a document is what another file uses it for, and is checked where it stands', () => {
    const files = { 'a.tf': LOCALS, 'b.tf': DOCUMENT, 'c.tf': KEY }
    expect(seen(readBeside('b.tf', files))).toEqual(['key template aws_kms_key.k'])
    expect(seen(readBeside('c.tf', files))).toEqual([])
    expect(notes(readBeside('c.tf', files))).toEqual([])
  })
  test('a local that is a policy is checked where it stands', () => {
    const files = { 'a.tf': LOCALS, 'b.tf': USES }
    expect(seen(readBeside('a.tf', files))).toEqual(['identity template aws_iam_policy.p'])
    expect(seen(readBeside('b.tf', files))).toEqual([])
  })
  test('what is nowhere asks for the plan', () =>
    expect(notes(readBeside('b.tf', { 'a.tf': 'locals {\n}\n', 'b.tf': USES }))).toEqual(['planWanted local.policy']))
  test('two places that set one policy are told of in the later file', () => {
    const second = 'resource "aws_kms_key_policy" "p" {\n  key_id = aws_kms_key.k.id\n  policy = "{}"\n}\n'
    const files = { 'a.tf': KEY, 'b.tf': second }
    const both = ['a.tf', 'b.tf'].map((name) => notes(readBeside(name, files)).filter((note) => note.includes('Twice')))
    expect(both).toEqual([
      [],
      ['policySetTwice the policy of aws_kms_key.k is set by aws_kms_key.k and by aws_kms_key_policy.p'],
    ])
  })
  test('a file that is broken does not spoil the others', () => {
    const files = { 'a.tf': 'resource "x" {', 'b.tf': DOCUMENT, 'c.tf': LOCALS }
    expect(readBeside('b.tf', files).policies[0]?.view.statements[0]?.action?.items[0]?.value).toBe('s3:GetObject')
  })
})

test('what is never closed ends with the text', () => {
  const text = 'resource "aws_kms_key" "k" {\n  policy = jsonencode({ Id = "${x\n# the end'
  const { template, policies } = read(text)
  for (const { span } of template?.resources ?? []) expect(span.end).toBeLessThanOrEqual(text.length)
  expect(policies).toEqual([])
  for (const { span } of template?.notes ?? []) expect(span.end).toBeLessThanOrEqual(text.length)
})

describe('configurations in JSON', () => {
  const readJsonFile = (value: unknown, siblings: readonly { name: string; text: string }[] = []): LintFile =>
    findPolicies(
      { name: 'main.tf.json', text: JSON.stringify(value, null, 2) },
      { isNamed: true },
      [readTerraformSource],
      { ...NOTHING, siblings },
    )
  const resource = (type: string, body: unknown): unknown => ({ resource: { [type]: { p: body } } })

  test.each([
    ['a text', resource('aws_iam_policy', { policy: JSON.stringify(POLICY) }), POLICY, String.raw`\"arn:aws:s3:::b\"`],
    ['a list of blocks', resource('aws_iam_policy', [{ policy: JSON.stringify(POLICY) }]), POLICY, undefined],
    [
      'a document',
      {
        '//': 'a comment',
        ...(resource('aws_iam_policy', { policy: '${data.aws_iam_policy_document.d.json}' }) as object),
        data: {
          aws_iam_policy_document: {
            d: { statement: [{ '//': 'who', actions: ['s3:GetObject'], resources: ['arn:aws:s3:::b'] }] },
          },
        },
      },
      {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:aws:s3:::b'] }],
      },
      '"arn:aws:s3:::b"',
    ],
    [
      'a function, with quotes in its string',
      resource('aws_iam_policy', {
        policy:
          '${jsonencode({"Version" = "2012-10-17", "Statement" = [{"Effect" = "Allow", "Action" = "s3:GetObject", "Resource" = "arn:aws:s3:::${join("", ["b"])}"}]})}',
      }),
      POLICY,
      undefined,
    ],
    [
      'a function within JSON',
      resource('aws_iam_policy', { policy: '{"Id": ${jsonencode(["a", "b"])}, "Sid": "${join("-", ["c", "d"])}"}' }),
      { Id: ['a', 'b'], Sid: 'c-d' },
      undefined,
    ],
    [
      'a local',
      {
        locals: { arn: 'arn:aws:s3:::b' },
        ...(resource('aws_iam_policy', { policy: '{"Id":"${local.arn}"}' }) as object),
      },
      { Id: 'arn:aws:s3:::b' },
      undefined,
    ],
  ])('%s', (_name, value, expected, at) => {
    const file = readJsonFile(value)
    expect(said(file)).toEqual(expected)
    if (at !== undefined) expect(place(file)).toBe(at)
  })
  test('beside files in the native syntax', () => {
    const text = 'locals {\n  id = "X"\n}\n'
    const file = readJsonFile(resource('aws_iam_policy', { policy: '{"Id":"${local.id}"}' }), [{ name: 'a.tf', text }])
    expect(said(file)).toEqual({ Id: 'X' })
  })
  test('and native files beside them', () => {
    const text = JSON.stringify({ locals: [{ id: 'X' }] })
    const file = findPolicies(
      { name: 'a.tf', text: iamPolicy('"{\\"Id\\":\\"${local.id}\\"}"') },
      { isNamed: true },
      [readTerraformSource],
      { ...NOTHING, siblings: [{ name: 'b.tf.json', text }] },
    )
    expect(said(file)).toEqual({ Id: 'X' })
  })
  test('other JSON is none', () => {
    const text = JSON.stringify(resource('aws_iam_policy', { policy: JSON.stringify(POLICY) }))
    expect(findPolicies({ name: 'x.json', text }, { isNamed: true }, [readTerraformSource]).template).toBeUndefined()
  })
  test('any data is read', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        for (const shape of [
          { resource: value },
          { data: { aws_iam_policy_document: value } },
          { locals: value, aws_: 1 },
        ]) {
          expect(readJsonFile(shape).faults).toEqual([])
        }
      }),
      { seed: 7, numRuns: 200 },
    )
  })
})
