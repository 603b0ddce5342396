/**
 * MFA inputs: no devices are known here, so whoever sends a code is refused in AWS's words and nobody is believed.
 *
 * Source: IAM User Guide, "Secure API access with MFA"; sts.md 3.
 */
import type { StsFailure } from './failure.js'
import type { MfaInput } from './inputs.js'

export function mfaFailure({ serialNumber, tokenCode }: MfaInput): StsFailure | undefined {
  if (serialNumber === undefined && tokenCode === undefined) return undefined
  const reason =
    serialNumber === undefined || tokenCode === undefined
      ? 'must provide both MFA serial number and one time pass code.'
      : 'unable to validate MFA code. Please verify your MFA serial number is valid and associated with this user.'
  return { code: 'AccessDenied', message: `MultiFactorAuthentication failed, ${reason}` }
}
