/**
 * Forms of principals that have rules of their own: wildcards inside a name, and groups.
 *
 * Source: IAM User Guide, "AWS JSON policy elements: Principal".
 */
import { arnFields } from './resource-entries.js'

export function hasWildcard(text: string): boolean {
  return text.includes('*') || text.includes('?')
}

export function isGroupArn(text: string): boolean {
  const arn = arnFields(text)
  return arn?.service === 'iam' && arn.resource.startsWith('group/')
}
