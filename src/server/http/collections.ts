/**
 * How the process of a server collects its short-lived objects: on the thread that answers, and on no other.
 *
 * What a request leaves behind is little, and V8 shares even that out among threads and waits for the last of them. Where the
 * other cores have work, as they have with a client or another server process on the machine, that wait takes ten times as
 * long as the collection does, and every request of that moment waits with it. Collections of the old generation stay on
 * threads of their own.
 *
 * Source: V8, `flag-definitions.h`, `parallel_scavenge`; Node.js documentation, `v8.setFlagsFromString`.
 */
import { setFlagsFromString } from 'node:v8'

/** Of the whole process. V8 looks at it at every collection, so that it counts whenever it is set. */
export function collectOnThisThread(): void {
  setFlagsFromString('--no-parallel-scavenge')
}
