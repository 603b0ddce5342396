/**
 * An engine inside of the AWS SDK for JavaScript v3: `new KMSClient({ ...inProcess(kms, caller) })`, or the aggregated
 * `KMS`, without a server and without a network.
 *
 * The client is the SDK's own, unchanged; what is spread into it are settings that it documents. Requests are written and
 * answers read by the SDK, so its errors, waiters and paginators are its own too. Knows nothing of the SDK but the shape of
 * those settings: the package does not depend on it.
 *
 * Source: AWS SDK for JavaScript v3, "KMSClientConfig"; Smithy, "HttpHandler", "HttpAuthScheme".
 */
import { answerRequest } from './aws-json.js'
import type { KmsCaller } from './caller.js'
import type { Kms } from './engine.js'

/** Settings of a client. Any of them may be set anew after the spread; `region` says which Region is called. */
export interface InProcessSettings {
  readonly region: string
  readonly requestHandler: InProcessHandler
  readonly httpAuthSchemes: InProcessAuthScheme[]
  readonly credentials: InProcessCredentials
  readonly endpoint: string
  readonly maxAttempts: number
  readonly retryMode: 'standard'
  readonly defaultsMode: 'standard'
  readonly useDualstackEndpoint: false
  readonly useFipsEndpoint: false
  readonly userAgentAppId: () => Promise<undefined>
  readonly authSchemePreference: string[]
}

/** What of a request of the SDK's counts here. */
export interface InProcessRequest {
  readonly headers: Record<string, string>
  /** Text or bytes. */
  readonly body?: unknown
}

export interface InProcessResponse {
  readonly response: {
    statusCode: number
    headers: Record<string, string>
    body: Uint8Array
  }
}

export interface InProcessHandler {
  readonly metadata: { readonly handlerProtocol: string }
  handle(request: InProcessRequest, options?: { readonly abortSignal?: unknown }): Promise<InProcessResponse>
  updateHttpClientConfig(): void
  httpHandlerConfigs(): Record<string, never>
  destroy(): void
}

interface InProcessCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** Never set: they do not expire. */
  readonly expiration?: Date
}

interface InProcessAuthScheme {
  readonly schemeId: string
  readonly identityProvider: () => () => Promise<InProcessCredentials>
  readonly signer: {
    // The request goes out as the type in which it came in, whichever that is.
    sign<R extends InProcessRequest>(request: R, identity: unknown, properties: Record<string, unknown>): Promise<R>
  }
}

/** Tells the handler for which Region the client was made. Set in place of a signature. */
const REGION_HEADER = 'x-keyward-region'

/** Nobody checks them: who calls is the caller given to `inProcess`. */
const CREDENTIALS: InProcessCredentials = { accessKeyId: 'in-process', secretAccessKey: 'none' }

/** A name that no resolver knows: should a request ever go out, it goes nowhere. RFC 2606. */
const ENDPOINT = 'https://kms.in-process.invalid'

const MAX_REGIONS = 100

const UNSIGNED: InProcessAuthScheme = {
  schemeId: 'aws.auth#sigv4',
  identityProvider: () => () => Promise.resolve(CREDENTIALS),
  signer: {
    sign(request, _identity, { region }) {
      if (typeof region === 'string') request.headers[REGION_HEADER] = region
      return Promise.resolve(request)
    },
  },
}

/**
 * Settings for a client of the AWS SDK whose requests this engine answers, made by this caller. Errors are the SDK's
 * typed exceptions; nothing is sent again, because nothing gets lost on the way.
 */
export function inProcess(kms: Kms, caller: KmsCaller): InProcessSettings {
  return {
    region: caller.region ?? kms.region,
    requestHandler: new Handler(kms, caller),
    httpAuthSchemes: [UNSIGNED],
    credentials: CREDENTIALS,
    endpoint: ENDPOINT,
    maxAttempts: 1,
    // What would otherwise be looked for in the environment and in files of the user.
    retryMode: 'standard',
    defaultsMode: 'standard',
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: () => Promise.resolve(undefined),
    authSchemePreference: [],
  }
}

class Handler implements InProcessHandler {
  readonly metadata = { handlerProtocol: 'in-process' }
  /** The engine remembers callers by their objects, so each Region has one. */
  private readonly callers = new Map<string, KmsCaller>()

  constructor(
    private readonly kms: Kms,
    private readonly caller: KmsCaller,
  ) {}

  async handle(
    { headers, body }: InProcessRequest,
    { abortSignal }: { readonly abortSignal?: unknown } = {},
  ): Promise<InProcessResponse> {
    const signal = isSignal(abortSignal) ? abortSignal : undefined
    if (signal?.aborted === true) throw aborted()
    const request = { target: headers['x-amz-target'], body: bodyOf(body) }
    const answering = answerRequest(this.kms, request, this.callerIn(headers[REGION_HEADER]))
    const answer = await (signal === undefined ? answering : orAborted(answering, signal))
    // The client changes headers, so they are a copy of its own.
    const own = { ...answer.headers }
    return { response: { statusCode: answer.status, headers: own, body: Buffer.from(answer.body, 'utf8') } }
  }

  updateHttpClientConfig(): void {}

  httpHandlerConfigs(): Record<string, never> {
    return {}
  }

  /** The engine is the embedder's, and goes on. */
  destroy(): void {}

  private callerIn(region: string | undefined): KmsCaller {
    if (region === undefined || region === this.caller.region) return this.caller
    const known = this.callers.get(region)
    if (known !== undefined) return known
    const caller = { ...this.caller, region }
    // Names of Regions may come from ciphertexts, so from anybody.
    if (this.callers.size >= MAX_REGIONS) this.callers.clear()
    this.callers.set(region, caller)
    return caller
  }
}

function bodyOf(body: unknown): string | Uint8Array {
  if (body === undefined || body === null) return ''
  if (typeof body === 'string' || body instanceof Uint8Array) return body
  throw new TypeError('the body of a KMS request is text or bytes')
}

type Signal = Pick<AbortSignal, 'aborted'> & Partial<Pick<AbortSignal, 'addEventListener' | 'removeEventListener'>>

function isSignal(value: unknown): value is Signal {
  return typeof value === 'object' && value !== null && 'aborted' in value
}

/** Whoever gives up waiting learns nothing of the outcome; as with a network, the request may be done all the same. */
async function orAborted<T>(answering: Promise<T>, signal: Signal): Promise<T> {
  let give: (() => void) | undefined
  const giveUp = new Promise<never>((_resolve, reject) => {
    give = () => reject(aborted())
    signal.addEventListener?.('abort', give, { once: true })
  })
  try {
    return await Promise.race([answering, giveUp])
  } finally {
    if (give !== undefined) signal.removeEventListener?.('abort', give)
  }
}

/** As the SDK's own handlers name it. */
function aborted(): Error {
  const error = new Error('Request aborted')
  error.name = 'AbortError'
  return error
}
