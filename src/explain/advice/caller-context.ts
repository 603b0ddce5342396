/**
 * The condition keys by which an exception is made for one caller, as requests of that caller have them.
 *
 * A call knows the values of the keys that its policies ask for; an exception asks for one that perhaps none did.
 */
import { deriveContextKey } from '../../decide/derive.js'
import type { Call } from '../../decide/call.js'

/** By their names in lower case; a key that is not here is not in the request. */
export type CallerContext = Readonly<Record<string, string>>

export const CALLER_KEYS = ['aws:PrincipalArn', 'aws:PrincipalServiceName'] as const

/** What AWS makes of the caller. */
export function derivedCallerContext({ subject, action }: Call): CallerContext {
  const { type, arn, accountId, roleArn } = subject.caller
  const principal = {
    type,
    arn,
    ...(accountId === undefined ? {} : { accountId }),
    ...(roleArn === undefined ? {} : { roleArn }),
  }
  const facts = { action, principal, resource: { type: 'none' }, request: {} } as const
  const found = CALLER_KEYS.flatMap((key) => {
    const value = deriveContextKey(key, facts)
    return typeof value === 'string' ? [[key.toLowerCase(), value] as const] : []
  })
  return Object.fromEntries(found)
}
