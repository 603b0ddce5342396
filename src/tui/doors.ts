/**
 * What opens from where: the one list of views that lead on from a verdict, that `:` finds, and that a session file can
 * hold.
 */
import type { Destination, Door, Env, Restorer } from './app/view.js'
import { namesIn, openAsk } from './views/ask/ask-view.js'
import { denialsView } from './views/denials-view.js'
import { fixDoor } from './views/fix/fix-view.js'
import { graphDoor } from './views/graph/graph-view.js'
import { restoreVerdict } from './views/verdict/restore-verdict.js'
import { whatIfDoor } from './views/what-if/what-if-view.js'
import { whoCanDestination, whoCanDoor, whoCanRestorer } from './views/who-can/who-can-view.js'

/** From any view that has a subject. */
export const DOORS: readonly Door[] = [whatIfDoor, fixDoor, graphDoor, whoCanDoor]

const VIEWS: readonly Destination[] = [
  { label: 'view', name: 'denials', what: 'what was denied, grouped by cause', open: denialsView },
  { label: 'view', name: 'new question', what: 'may somebody do something with a key?', open: (env) => openAsk(env) },
  whoCanDestination,
]

/** From everywhere, by name: the views, then everybody and every key of the world. */
export function destinations({ asking }: Env): readonly Destination[] {
  return [
    ...VIEWS,
    ...namesIn(asking.world).map(({ part, name, what, value }): Destination => ({
      label: part === 'principal' ? 'principal' : 'key',
      name,
      what,
      open: (env) => openAsk(env, part === 'principal' ? { principal: value } : { resource: value }),
    })),
  ]
}

export const RESTORERS: readonly Restorer[] = [
  { id: 'denials', restore: () => denialsView() },
  { id: 'verdict', restore: restoreVerdict },
  whoCanRestorer,
]
