/**
 * Whether a Deny hits calls that AWS services make: for a principal through forward access sessions, or by themselves.
 *
 * Asked of the tests alone: one that such a call is known to fail spares it, and so does one by which the author has
 * plainly thought of services.
 *
 * Source: authorization.md E, restated from IAM User Guide, "AWS global condition context keys" (aws:ViaAWSService,
 * aws:PrincipalIsAWSService, aws:SourceVpce) and "Forward access sessions".
 */
import { resultWithoutKey } from './absent-key.js'
import { neverCarriedBy } from './caller-class.js'
import { keyPresence } from './condition-key-facts.js'
import { mayTestMore } from './condition-tests.js'
import type { ConditionView, StatementView } from '../policy-view.js'

/** In calls for a principal these are the service's own, or not there at all. */
const NETWORK: ReadonlySet<string> = new Set([
  'aws:sourceip',
  'aws:vpcsourceip',
  'aws:sourcevpc',
  'aws:sourcevpcarn',
  'aws:sourcevpce',
])
/** Who tests one of these has thought of calls through services. */
const THROUGH_SERVICES: ReadonlySet<string> = new Set([
  'aws:viaawsservice',
  'aws:calledvia',
  'aws:calledviafirst',
  'aws:calledvialast',
  'kms:viaservice',
  'aws:principalisawsservice',
])
const BY_SERVICES: ReadonlySet<string> = new Set([
  'aws:principalisawsservice',
  'aws:principalservicename',
  'aws:principalservicenameslist',
  'aws:principaltype',
])
const OF_CALLER: ReadonlySet<string> = new Set(['aws:principalorgid', 'aws:principalorgpaths', 'aws:principalaccount'])

/** The test of the network by which the Deny hits calls through services; undefined where they are spared. */
export function networkGuard(statement: StatementView): ConditionView | undefined {
  const { conditions, effect } = statement
  if (effect !== 'Deny' || mayTestMore(statement)) return undefined
  const guard = conditions.find((test) => isNegated(test) && NETWORK.has(nameOf(test)))
  if (guard === undefined) return undefined
  const isSpared = conditions.some((test) => {
    const name = nameOf(test)
    // A key of the network that has to be there is not there in such a call, but for the address.
    const isRequired = NETWORK.has(name) && name !== 'aws:sourceip' && resultWithoutKey(test) === false
    return THROUGH_SERVICES.has(name) || isRequired
  })
  return isSpared ? undefined : guard
}

/** The test of the caller by which the Deny hits calls of service principals; undefined where they are spared. */
export function callerGuard(statement: StatementView): ConditionView | undefined {
  const { conditions, effect, principal } = statement
  if (effect !== 'Deny' || mayTestMore(statement)) return undefined
  if (principal !== undefined && !principal.negated && !principal.entries.some(({ value }) => value === '*'))
    return undefined
  const guard = conditions.find((test) => isNegated(test) && OF_CALLER.has(nameOf(test)))
  if (guard === undefined) return undefined
  const isSpared = conditions.some((test) => {
    const name = nameOf(test)
    if (BY_SERVICES.has(name) || keyPresence(name) === 'serviceCaller') return true
    return neverCarriedBy(name, 'service') && resultWithoutKey(test) === false
  })
  return isSpared ? undefined : guard
}

function nameOf({ key }: ConditionView): string {
  return key.key.toLowerCase()
}

function isNegated({ parsed }: ConditionView): boolean {
  return parsed?.negated === true && parsed.set !== 'ForAnyValue'
}
