/**
 * Callers as the engine takes them: who signed, and where the request came from.
 *
 * The engine keeps what it has worked out for a caller with the caller's object, so the same principal from the same place
 * is the same object here. What a signature proves and what the network shows never mix: members of the network come from
 * here alone.
 *
 * Source: KMS Developer Guide, "kms:ViaService".
 */
import type { Authenticated } from '../authenticator.js'
import type { ServiceCaller } from './http-service.js'
import type { NetworkFacts, RequestFacts } from './request-facts.js'

/** A caller that is a service of somebody's own: what it asks for, it asks for its users. */
export interface CallingService {
  /** ARN of a user or of a role. */
  readonly principal: string
  /** `s3`, which becomes `s3.us-east-1.amazonaws.com` in that Region, or a whole name. */
  readonly via: string
}

/** More places than this of one principal at once start afresh. */
const MAX_PLACES = 256

type Member = keyof NetworkFacts | 'via'

const NETWORK = {
  sourceIp: undefined,
  userAgent: undefined,
  secureTransport: undefined,
  tls: undefined,
  vpcEndpointId: undefined,
  vpcEndpointAccountId: undefined,
  vpcId: undefined,
  via: undefined,
} satisfies Record<Member, undefined>

export class Callers {
  private readonly places = new WeakMap<Authenticated['caller'], Map<string, ServiceCaller>>()
  private readonly services: ReadonlyMap<string, string>

  constructor(services: readonly CallingService[] = []) {
    this.services = new Map(services.map(({ principal, via }) => [principal, via]))
  }

  of(signed: Authenticated['caller'], facts: RequestFacts): ServiceCaller {
    let places = this.places.get(signed)
    if (places === undefined) {
      places = new Map()
      this.places.set(signed, places)
    }
    let caller = places.get(facts.key)
    if (caller === undefined) {
      caller = this.join(signed, facts)
      if (places.size >= MAX_PLACES) places.clear()
      places.set(facts.key, caller)
    }
    return caller
  }

  private join(signed: Authenticated['caller'], { network }: RequestFacts): ServiceCaller {
    const proved = Object.fromEntries(Object.entries(signed).filter(([name]) => !(name in NETWORK)))
    const via = this.viaOf(signed)
    const { principal, region, accessKeyId } = signed
    return { ...proved, principal, region, accessKeyId, ...network, ...(via === undefined ? {} : { via }) }
  }

  private viaOf({ principal, roleArn, region }: Authenticated['caller']): string | undefined {
    const via = this.services.get(roleArn ?? principal) ?? this.services.get(principal)
    return via === undefined || via.includes('.') ? via : `${via}.${region}.amazonaws.com`
  }
}
