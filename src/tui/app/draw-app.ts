/**
 * The frame around the view on top: where one is, what the world and the events are called, what keys there are.
 *
 * Exactly as many lines as the screen has, none wider than it.
 */
import { cutLine, lineWidth, NO_LINE, span, spread, type Line, type Span } from '../frame/span.js'
import { cutStartToWidth, textWidth } from '../frame/width.js'
import { hintLine, type KeyEntry } from '../keys/key-table.js'
import { APP_KEYS, entriesOf, envOf, hasRule, topOf, type App, type AppParts } from './app.js'
import { counted } from './counted.js'
import type { Feed } from './view.js'

export function drawApp(app: App, parts: AppParts): readonly Line[] {
  const { columns, rows } = app
  const env = envOf(app, parts)
  const body = topOf(app).draw(env).slice(0, env.rows)
  const rule: readonly Line[] = hasRule(app) ? [[span(parts.glyphs.horizontal.repeat(columns), 'faint')]] : []
  const filled = [...body, ...Array.from({ length: env.rows - body.length }, () => NO_LINE)]
  return [header(app, parts), ...rule, ...filled, footer(app, parts)]
    .slice(0, rows)
    .map((line) => cutLine(line, columns, parts.glyphs.ellipsis))
}

function header(app: App, parts: AppParts): Line {
  const { columns } = app
  const right = feedLine(app.feed, shownWorld(parts, Math.floor(columns / 4)))
  const room = Math.max(columns - lineWidth(right) - 2, Math.floor(columns / 2))
  return spread(breadcrumbs(app, parts, room), right, columns)
}

/** Of a long path the end, which tells one world from another. */
function shownWorld({ asking, glyphs }: AppParts, room: number): string {
  const { name } = asking
  if (textWidth(name) <= room) return name
  return `${glyphs.ellipsis}${cutStartToWidth(name, Math.max(room - textWidth(glyphs.ellipsis), 1))}`
}

/** The last ones stay; of the others as many as there is room for. */
function breadcrumbs({ stack }: App, { glyphs }: AppParts, room: number): Line {
  const crumb: Span = span(` ${glyphs.crumb} `, 'faint')
  const name: Line = [span(' keyward', 'title')]
  const titles = stack.map(({ view }, index) => span(view.title, index === stack.length - 1 ? 'strong' : 'plain'))
  let first = 0
  const lineFrom = (from: number): Line => [
    ...name,
    ...(from > 0 ? [crumb, span(glyphs.ellipsis, 'faint')] : []),
    ...titles.slice(from).flatMap((title) => [crumb, title]),
  ]
  while (first < titles.length - 1 && lineWidth(lineFrom(first)) > room) first++
  return cutLine(lineFrom(first), room, glyphs.ellipsis)
}

function feedLine({ state, read, done, failure }: Feed, world: string): Line {
  const place = span(`${world} `, 'place')
  if (failure !== undefined) return [span('events: reading failed  ', 'bad'), place]
  switch (state) {
    case 'none':
    case 'read':
      return [place]
    case 'reading': {
      const part = done === undefined ? '' : ` ${Math.floor(done * 100)} %`
      return [span(`reading${part}, ${counted(read)} events  `, 'warn'), place]
    }
    case 'following':
      return [span(`following, ${counted(read)} events  `, 'good'), place]
  }
}

/** Of the program's own keys these stay, however narrow the screen is. */
const KEPT = ['app.help', 'app.back']

function footer(app: App, parts: AppParts): Line {
  const { columns, confirm, status } = app
  if (confirm !== undefined) {
    const keys = [span('y', 'key'), span(' yes  ', 'faint'), span('n', 'key'), span(' no', 'faint')]
    return [...cutLine([span(` ${confirm.question}`, 'warn')], columns - 14), span('  '), ...keys]
  }
  if (status !== undefined) return [span(` ${status}`, 'warn')]
  const { isTyping } = topOf(app)
  const works = ({ whileTyping = false }: KeyEntry): boolean => !isTyping || whileTyping
  const kept = APP_KEYS.filter((entry) => KEPT.includes(entry.command) && works(entry))
  const more = APP_KEYS.filter((entry) => !KEPT.includes(entry.command) && works(entry) && !isTyping)
  return [span(' '), ...hintLine([...entriesOf(app, parts).filter(works), ...more], kept, columns - 2)]
}
