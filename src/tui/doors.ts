/**
 * What opens from where: the one list of views that lead on from a verdict, that `:` finds, and that a session file can
 * hold.
 */
import type { Destination, Door, Env, Restorer } from './app/view.js'
import { namesIn, openAsk } from './views/ask/ask-view.js'
import { restoredAnswer } from './session/saved-answer.js'
import { denialsRestorer, denialsView } from './views/denials-view.js'
import { fixDoor } from './views/fix/fix-view.js'
import { graphDoor } from './views/graph/graph-view.js'
import { restoreVerdict } from './views/verdict/restore-verdict.js'
import { whatIfDoor, whatIfRestorer } from './views/what-if/what-if-view.js'
import { whoCanDestination, whoCanDoor, whoCanRestorer } from './views/who-can/who-can-view.js'

/** From any view that has a subject. */
export const DOORS: readonly Door[] = [whatIfDoor, fixDoor, graphDoor, whoCanDoor]

const VIEWS: readonly Destination[] = [
  { label: 'view', name: 'denials', what: 'what was denied, grouped by cause', open: () => denialsView() },
  { label: 'view', name: 'new question', what: 'may somebody do something with a key?', open: (env) => openAsk(env) },
  whoCanDestination,
]

const known = new WeakMap<Env['asking'], readonly Destination[]>()

/** From everywhere, by name: the views, then everybody and every key of the world. */
export function destinations({ asking }: Env): readonly Destination[] {
  let places = known.get(asking)
  if (places === undefined) {
    places = [...VIEWS, ...namesIn(asking.world).map(destinationOf)]
    known.set(asking, places)
  }
  return places
}

function destinationOf({ part, name, what, value }: ReturnType<typeof namesIn>[number]): Destination {
  return {
    label: part === 'principal' ? 'principal' : 'key',
    name,
    what,
    open: (env) => openAsk(env, part === 'principal' ? { principal: value } : { resource: value }),
  }
}

/** What stands behind a door is had again by its answer. */
function behind(id: string, door: Door): Restorer {
  return {
    id,
    restore(saved, env) {
      const answer = restoredAnswer(saved, env.asking)
      return answer === undefined ? undefined : door.open(answer, env)
    },
  }
}

export const RESTORERS: readonly Restorer[] = [
  denialsRestorer,
  { id: 'verdict', restore: restoreVerdict },
  behind('fix', fixDoor),
  behind('graph', graphDoor),
  whatIfRestorer,
  whoCanRestorer,
]
