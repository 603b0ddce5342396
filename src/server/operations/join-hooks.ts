/**
 * Several who look at requests, as one. The first that refuses a request decides; whoever stands first stands outermost.
 */
import type { Awaitable } from '../../kms/store.js'
import type { ServerHooks } from '../http/hooks.js'
import type { ServiceAnswer } from '../http/http-service.js'

type Around = NonNullable<ServerHooks['around']>

export function joinHooks(all: readonly ServerHooks[]): ServerHooks {
  const admits = all.flatMap(({ admit }) => admit ?? [])
  const ends = all.flatMap(({ onRequest }) => onRequest ?? [])
  const connections = all.flatMap(({ onConnection }) => onConnection ?? [])
  const around = all.flatMap((each) => each.around ?? []).reduceRight(nest, undefined)
  return {
    ...(admits.length > 0 && {
      admit: (request) => {
        for (const admit of admits) {
          const refused = admit(request)
          if (refused !== undefined) return refused
        }
        return undefined
      },
    }),
    ...(ends.length > 0 && {
      onRequest: (done) => {
        for (const end of ends) end(done)
      },
    }),
    ...(connections.length > 0 && {
      onConnection: (event) => {
        for (const each of connections) each(event)
      },
    }),
    ...(around !== undefined && { around }),
  }
}

function nest(inner: Around | undefined, outer: Around): Around {
  if (inner === undefined) return outer
  return (request, headers, run) =>
    outer(request, headers, (): Awaitable<ServiceAnswer> => inner(request, headers, run))
}
