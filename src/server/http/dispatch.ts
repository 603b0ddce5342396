/**
 * Which service a request is for: by its form where that says so, else by the scope of its signature.
 *
 * Nothing here is proved yet; the endpoint refuses a signature that was made for another service than the one found here.
 *
 * Source: Smithy, "AWS JSON 1.1 protocol", "AWS query protocol"; IAM User Guide, "Elements of an AWS API request signature".
 */
import type { SignedService } from '../authenticator.js'
import { AWS_JSON } from './kms-service.js'

const FORM = 'application/x-www-form-urlencoded'
/** `AKID/20260102/us-east-1/sts/aws4_request`; in a query its slashes are encoded. */
const SCOPE = /Credential=[^/%,&\s]{1,256}(?:\/|%2F)\d{8}(?:\/|%2F)[\w-]{1,64}(?:\/|%2F)(kms|sts)(?:\/|%2F)aws4_request/

export interface Dispatched {
  readonly method: string
  readonly query: string
  readonly contentType: string | undefined
  readonly authorization: string | undefined
}

export function serviceOf({ method, query, contentType, authorization }: Dispatched): SignedService {
  if (contentType === AWS_JSON) return 'kms'
  if (contentType === FORM || method === 'GET') return 'sts'
  const [, service] = SCOPE.exec(authorization ?? query) ?? []
  return service === 'sts' ? 'sts' : 'kms'
}

/** In lower case and without parameters. */
export function mediaType(contentType: string | undefined): string | undefined {
  if (contentType === undefined || contentType === AWS_JSON) return contentType
  return contentType.split(';', 1)[0]?.trim().toLowerCase()
}
