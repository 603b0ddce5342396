/**
 * Opaque texts that clients hand back: markers of lists and grant tokens.
 *
 * Both are authenticated, so what comes back is what was handed out or it is refused. They are no secrets and no
 * permissions: a marker says where a list goes on, a grant token which grant to look at.
 *
 * Source: KMS Developer Guide, "Grant tokens"; KMS API Reference, `NextMarker`; kms-behaviour 11 and 14.
 */
import { timingSafeEqual } from 'node:crypto'
import { HmacKey } from './crypto/hmac.js'
import { SecretPool } from './crypto/secret.js'
import { keyArn, type KeyPlace } from './row-names.js'

const TAG_SIZE = 16
const NONCE_SIZE = 12
/** Random bytes are asked for by the page: asking for 12 costs as much. */
const PAGE_SIZE = 341 * NONCE_SIZE

const GRANT_LABEL = labelOf('grant')
/** Of a grant token that is being made: the label at the end of the tag's place, and room for the nonce. */
const GRANT_HEAD = GRANT_LABEL.padStart(TAG_SIZE, '\0') + '\0'.repeat(NONCE_SIZE)

export class Tokens {
  private readonly key: HmacKey
  private page: Uint8Array = new Uint8Array(0)
  private used = 0

  /** @param secret - known to this store alone. */
  constructor(
    secret: string,
    private readonly randomBytes: (size: number) => Uint8Array,
  ) {
    this.key = new HmacKey('sha256', Buffer.from(secret, 'utf8'), new SecretPool())
  }

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
    // One buffer for all of it: the tag takes the place of the label, with which it is computed.
    const bytes = Buffer.from(`${GRANT_HEAD}${keyArn(place)} ${grantId}`, 'utf8')
    bytes.set(this.nonce(), TAG_SIZE)
    this.key.mac(bytes.subarray(TAG_SIZE - GRANT_LABEL.length)).copy(bytes, 0, 0, TAG_SIZE)
    return bytes.toString('base64')
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
    const message = Buffer.concat([Buffer.from(labelOf(purpose), 'utf8'), bytes])
    return this.key.mac(message).subarray(0, TAG_SIZE)
  }

  private nonce(): Uint8Array {
    if (this.used === this.page.length) {
      this.page = this.randomBytes(PAGE_SIZE)
      this.used = 0
    }
    return this.page.subarray(this.used, (this.used += NONCE_SIZE))
  }
}

/** What a tag is for. */
function labelOf(purpose: string): string {
  return `keyward ${purpose}\0`
}
