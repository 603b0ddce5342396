/**
 * Which ports the processes of a cluster have got where the system chose them: those that start later have to get the same,
 * also when all others have ended meanwhile.
 *
 * The first process tells it in an environment that only the others have.
 */
import type { ListenerOptions } from '../server/http/listener.js'

const VARIABLE = 'KEYWARD_CLUSTER_PORTS'

/** What a new process has to know, once others have served at these addresses. */
export function tellPorts(urls: readonly string[]): Readonly<Record<string, string>> {
  // An address without a port has that of its scheme, which nobody but a person has chosen.
  return urls.length === 0 ? {} : { [VARIABLE]: urls.map((url) => new URL(url).port).join() }
}

/** The listeners of a process of a cluster. */
export function withToldPorts(listeners: readonly ListenerOptions[]): readonly ListenerOptions[] {
  const ports = process.env[VARIABLE]?.split(',').map(Number) ?? []
  return listeners.map((listener, index) => {
    const formerPort = ports[index]
    return formerPort === undefined ? listener : { ...listener, formerPort }
  })
}
