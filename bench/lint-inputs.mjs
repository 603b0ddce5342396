/**
 * What the benchmarks of `keyward lint` lint: policies and a Terraform plan of given sizes, always the same.
 */

const ACCOUNT = '111122223333'

const TEAMS = ['payments', 'orders', 'ledger', 'search', 'mail', 'reports', 'archive', 'stream', 'vault', 'billing']
const USES = [
  ['kms:Decrypt', 'kms:DescribeKey'],
  ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
  ['kms:ReEncryptFrom', 'kms:ReEncryptTo'],
  ['kms:CreateGrant', 'kms:ListGrants', 'kms:RevokeGrant'],
]

/** A key policy of this many statements, each of which says something of its own: 61 of them are 30 KB. */
export function keyPolicy(statements) {
  const statement = (number) => {
    const team = TEAMS[number % TEAMS.length]
    const actions = USES[number % USES.length]
    const isDeny = number % 12 === 11
    return {
      Sid: `${isDeny ? 'Deny' : 'Use'}Of${team}${number}`,
      Effect: isDeny ? 'Deny' : 'Allow',
      Principal: { AWS: isDeny ? '*' : `arn:aws:iam::${ACCOUNT}:role/${team}/Service${number}` },
      Action: actions,
      Resource: '*',
      Condition: {
        StringEquals: {
          [`kms:EncryptionContext:team${number}`]: team,
          'kms:ViaService': [`s3.eu-west-${(number % 3) + 1}.amazonaws.com`, 'secretsmanager.eu-west-1.amazonaws.com'],
        },
        ...(isDeny ? { StringNotEquals: { 'aws:PrincipalTag/team': team } } : {}),
        ...(actions.includes('kms:CreateGrant') ? { Bool: { 'kms:GrantIsForAWSResource': 'true' } } : {}),
      },
    }
  }
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'Account',
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
      ...Array.from({ length: statements - 1 }, (_, number) => statement(number)),
    ],
  }
}

/** The same as YAML, in blocks as people write it. */
export function asYaml(value, indent = '') {
  if (Array.isArray(value)) {
    return value.map((item) => `${indent}- ${asYaml(item, `${indent}  `).trimStart()}`).join('')
  }
  if (typeof value !== 'object' || value === null) return `${indent}${JSON.stringify(value)}\n`
  return Object.entries(value)
    .map(([key, inner]) => {
      const name = /^[A-Za-z]+$/.test(key) ? key : JSON.stringify(key)
      return typeof inner === 'object'
        ? `${indent}${name}:\n${asYaml(inner, `${indent}  `)}`
        : `${indent}${name}: ${JSON.stringify(inner)}\n`
    })
    .join('')
}

/** An identity policy with these actions in statements of a hundred. */
export function actionPolicy(actions) {
  const parts = Array.from({ length: Math.ceil(actions.length / 100) }, (_, part) =>
    actions.slice(part * 100, (part + 1) * 100),
  )
  return {
    Version: '2012-10-17',
    Statement: parts.map((part, number) => ({ Sid: `Part${number}`, Effect: 'Allow', Action: part, Resource: '*' })),
  }
}

/** The parts of a plan as `terraform show -json` prints it, until it has so many characters. */
export function* terraformPlan(characters) {
  yield '{"format_version":"1.2","terraform_version":"1.9.5","planned_values":{"root_module":{}},"resource_changes":['
  let count = 0
  for (let written = 0; written < characters * (1 - CONFIGURED); count++) {
    const text = (count === 0 ? '' : ',') + JSON.stringify(resource(count))
    written += text.length
    yield text
  }
  yield '],"configuration":{"root_module":{"resources":['
  for (let number = 0; number < count; number++) yield (number === 0 ? '' : ',') + JSON.stringify(configured(number))
  yield ']}}}\n'
}

/** Part of a plan that says what its resources were written as. */
const CONFIGURED = 0.12

function configured(number) {
  const { address, type, name } = resource(number)
  const written = { references: [`var.${name}`] }
  const expressions = type === 'aws_kms_key' ? { policy: written } : { function_name: written, memory_size: {} }
  return { address, mode: 'managed', type, name, provider_config_key: 'aws', expressions, schema_version: 0 }
}

/** One key in thirty resources: the rest of a plan is about other things. */
function resource(number) {
  const name = `r${number}`
  if (number % 30 !== 0) {
    const environment = Object.fromEntries(
      Array.from({ length: 30 }, (_, each) => [`VARIABLE_${each}`, `value ${number * each} of ${name}`]),
    )
    const values = { function_name: name, memory_size: 256, environment: [{ variables: environment }], tags: { name } }
    return created('aws_lambda_function', name, values)
  }
  const policy = JSON.stringify(keyPolicy(4 + (number % 7)))
  return created('aws_kms_key', name, { description: name, enable_key_rotation: true, policy })
}

function created(type, name, after) {
  const change = { actions: ['create'], before: null, after, after_unknown: {} }
  return { address: `${type}.${name}`, mode: 'managed', type, name, change }
}
