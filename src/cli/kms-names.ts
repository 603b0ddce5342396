/**
 * Operations and members by the names that a command line has for them: `generate-data-key`, `--key-id`.
 *
 * Source: AWS CLI, which makes its names in this way.
 */
import { API_OPERATIONS, type OperationName } from '../aws/operations.js'

export const OPERATION_NAMES: readonly OperationName[] = Object.keys(API_OPERATIONS).filter(isOperationName)

/** `KeyId` as `key-id`. */
export function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
}

/** An operation written either way: `GenerateDataKey`, `generate-data-key`. */
export function operationNamed(word: string): OperationName | undefined {
  return isOperationName(word) ? word : OPERATION_NAMES.find((name) => kebab(name) === word)
}

function isOperationName(name: string): name is OperationName {
  return Object.hasOwn(API_OPERATIONS, name)
}
