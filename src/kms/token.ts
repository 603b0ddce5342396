/**
 * Opaque texts that clients hand back: markers of lists and grant tokens.
 *
 * Both are authenticated, so what comes back is what was handed out or it is refused. They are no secrets and no
 * permissions: a marker says where a list goes on, a grant token which grant to look at.
 *
 * Source: KMS Developer Guide, "Grant tokens"; KMS API Reference, `NextMarker`; kms-behaviour 11 and 14.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { keyArn, type KeyPlace } from './row-names.js'

const TAG_SIZE = 16
const NONCE_SIZE = 12

export class Tokens {
  /** @param secret - known to this store alone. */
  constructor(
    private readonly secret: string,
    private readonly randomBytes: (size: number) => Uint8Array,
  ) {}

  /** @param scope - what is listed; a marker of one list is none of another. */
  marker(scope: string, position: string): string {
    return this.seal(`marker ${scope}`, Buffer.from(position, 'utf8'))
  }

  /** The position; undefined when this is no marker of this list. */
  readMarker(scope: string, marker: string): string | undefined {
    return this.open(`marker ${scope}`, marker)?.toString('utf8')
  }

  /** Another one every time; all tokens of a grant are worth the same. */
  grantToken(place: KeyPlace, grantId: string): string {
    const text = Buffer.from(`${keyArn(place)} ${grantId}`, 'utf8')
    return this.seal('grant', Buffer.concat([this.randomBytes(NONCE_SIZE), text]))
  }

  /** The grant that a token is of, which need no longer exist; undefined when it is no token. */
  readGrantToken(token: string): { readonly keyArn: string; readonly grantId: string } | undefined {
    const [arn, grantId] = this.open('grant', token)?.subarray(NONCE_SIZE).toString('utf8').split(' ') ?? []
    return arn === undefined || grantId === undefined ? undefined : { keyArn: arn, grantId }
  }

  private seal(purpose: string, bytes: Buffer): string {
    return Buffer.concat([this.tag(purpose, bytes), bytes]).toString('base64')
  }

  private open(purpose: string, token: string): Buffer | undefined {
    const bytes = Buffer.from(token, 'base64')
    // The decoder skips what is no base64: what it read must be all there is.
    if (bytes.length < TAG_SIZE || bytes.toString('base64') !== token) return undefined
    const body = bytes.subarray(TAG_SIZE)
    return timingSafeEqual(bytes.subarray(0, TAG_SIZE), this.tag(purpose, body)) ? body : undefined
  }

  private tag(purpose: string, bytes: Buffer): Buffer {
    const mac = createHmac('sha256', this.secret).update(`keyward ${purpose}\0`).update(bytes).digest()
    return mac.subarray(0, TAG_SIZE)
  }
}
