/**
 * The explorer put together: its views, its keys, the world that it asks.
 */
import type { AppParts } from './app/app.js'
import { destinations, DOORS } from './doors.js'
import type { Glyphs } from './frame/glyphs.js'
import { openPasted } from './views/ask/ask-view.js'
import type { Asking } from './world/asking.js'

export function partsFor(asking: Asking, glyphs: Glyphs): AppParts {
  return { asking, glyphs, doors: DOORS, destinations, openPasted }
}
