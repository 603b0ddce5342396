/**
 * The explorer put together: its views, its keys, the world that it asks.
 */
import { Answerer } from '../source/answer/answer-question.js'
import { readWorld } from '../source/world/read-world.js'
import type { AppParts } from './app/app.js'
import type { Destination } from './app/view.js'
import { destinations, DOORS } from './doors.js'
import type { Glyphs } from './frame/glyphs.js'
import { openPasted } from './views/ask/ask-view.js'
import { Asking } from './world/asking.js'

export function partsFor(asking: Asking, glyphs: Glyphs): AppParts {
  return { asking, glyphs, doors: DOORS, destinations, openPasted }
}

const NOWHERE: readonly Destination[] = []

/** While the world is read: nobody can be asked, and there is nowhere to go. */
export function partsWhileReading(name: string, glyphs: Glyphs): AppParts {
  const nothing = readWorld([])
  const world = nothing.ok ? nothing.value : nothing.error.world
  return {
    asking: new Asking(name, world, new Answerer(world)),
    glyphs,
    doors: [],
    destinations: () => NOWHERE,
    openPasted: () => ({ ok: false, error: 'the world is still being read; paste it again when that is done' }),
  }
}
