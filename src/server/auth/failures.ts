/**
 * How authentication fails, in AWS's words. Nothing that a request brought is repeated but what tells its sender where to
 * look, and that is cut short; signatures and tokens never are.
 *
 * Source: messages of AWS services as public issues quote them; facts sts 1, kms-behaviour 1.
 */
import type { AuthenticationFailure } from '../authenticator.js'

export type Refused = { readonly ok: false; readonly error: AuthenticationFailure }

const MOST_SHOWN = 64
const SHOWN = /^[\x20-\x7e]*$/

export function missing(): Refused {
  return refused('MissingAuthenticationTokenException', 'Missing Authentication Token')
}

export function incomplete(message: string): Refused {
  return refused('IncompleteSignatureException', message)
}

export function invalid(message: string): Refused {
  return refused('InvalidSignatureException', message)
}

/** Of an unknown key, a token that is missing, wrong or of another key, and one whose parent is gone: all the same. */
export const UNRECOGNIZED = refused(
  'UnrecognizedClientException',
  'The security token included in the request is invalid.',
)

export const EXPIRED = refused('ExpiredTokenException', 'The security token included in the request is expired')

export const MISMATCH = invalid(
  'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and ' +
    'signing method. Consult the service documentation for details.',
)

/** A text of the request between quotation marks; only its length where it is long or no plain text. */
export function shown(text: string): string {
  return text.length <= MOST_SHOWN && SHOWN.test(text) ? `'${text}'` : `a text of ${text.length} characters`
}

function refused(code: AuthenticationFailure['code'], message: string): Refused {
  return { ok: false, error: { code, message } }
}
