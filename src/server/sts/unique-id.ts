/**
 * Unique ids of users and roles: the one that is known, or one that follows from the ARN.
 *
 * Sessions, `aws:userid` and answers need one; an id that is made up is the same everywhere and never clashes with
 * another one made up.
 *
 * Source: IAM User Guide, "IAM identifiers"; sts.md 4.
 */
import { createHash } from 'node:crypto'
import type { Authorizer } from '../../explain/authorizer.js'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** After the four letters that tell what it is of. */
const LENGTH = 17

export function uniqueIdOf(authorizer: Authorizer, kind: 'user' | 'role', arn: string): string {
  return authorizer.principal(arn)?.uniqueId ?? `${kind === 'user' ? 'AIDA' : 'AROA'}${derivedFrom(arn)}`
}

function derivedFrom(arn: string): string {
  const digest = createHash('sha256').update(arn).digest()
  let text = ''
  for (let index = 0; index < LENGTH; index++) text += ALPHABET[digest[index]! & 31]
  return text
}
