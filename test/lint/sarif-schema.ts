/**
 * The JSON schema of SARIF 2.1.0, as a check. The schema is one of draft 4; nothing in it reads differently to a validator
 * of draft 7 once its `id` and `$schema` are gone.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Ajv, type ValidateFunction } from 'ajv'

let validate: ValidateFunction | undefined

export function sarifErrors(log: unknown): readonly string[] {
  validate ??= compile()
  return validate(log)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
}

function compile(): ValidateFunction {
  const require = createRequire(import.meta.url)
  const folder = dirname(require.resolve('@microsoft/jest-sarif'))
  const path = join(folder, 'schemas/sarif-2.1.0-rtm.5.json')
  const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  return new Ajv({ strict: false, allErrors: true, validateFormats: false, unicodeRegExp: false }).compile(schema)
}
