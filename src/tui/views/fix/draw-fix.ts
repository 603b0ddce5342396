/**
 * The fixes of a denied request drawn: the list, cheapest first, and the one under the cursor with its edit.
 */
import type { Env } from '../../app/view.js'
import { drawList } from '../../frame/list.js'
import { beside, cutLine, NO_LINE, span, spread, spreadIfRoom, wrapText, type Line } from '../../frame/span.js'
import { callerOn } from '../../world/short-names.js'
import type { Advice } from '../../../explain/advice/advise.js'
import { LAYER_NAMES } from '../../../explain/names.js'
import { adviceLines } from './advice-lines.js'
import { fixLayout } from './fix-layout.js'
import { adviceOf, type FixState } from './fix-state.js'

export function drawFix(state: FixState, env: Env): readonly Line[] {
  const { columns, rows, glyphs } = env
  const all = adviceOf(state)
  const layout = fixLayout(env, all.length)
  const rule: Line = [span(glyphs.horizontal.repeat(columns), 'faint')]
  const head = [headLine(state, env), told(state, columns), rule]
  const { cursor } = state.list
  const selected = all[cursor]
  if (selected === undefined) return [...head, ...emptyLines(state, columns)].slice(0, rows)
  const { list, detail } = layout
  const room = { count: all.length, rows: list.rows, columns: list.columns, hasFocus: !state.isReading }
  const items = drawList(state.list, room, (index) => [drawItem(all[index]!, index, list.columns, env)])
  const more = state.search.phase === 'found' && !state.search.advised.isComplete
  const below: readonly Line[] = more ? [NO_LINE, [span(' the search was cut short: there may be more', 'warn')]] : []
  const lines = adviceLines(selected, state.opened.get(cursor), detail.columns, glyphs)
  const shown = lines
    .slice(state.scroll, state.scroll + detail.rows)
    .map((line) => cutLine(line, detail.columns, glyphs.ellipsis))
  const rest = lines.length - state.scroll - shown.length
  const piece =
    rest > 0
      ? [...shown.slice(0, -1), [span(` ${glyphs.ellipsis} ${rest + 1} more lines, Tab and arrows move them`, 'faint')]]
      : shown
  if (layout.isWide) {
    const left = filled([...items, ...below], list.rows)
    return [...head, ...beside(left, piece, list.columns, columns, span(glyphs.vertical, 'faint'))]
  }
  return [...head, ...filled(items, list.rows), rule, ...piece]
}

function filled(lines: readonly Line[], rows: number): readonly Line[] {
  return [...lines.slice(0, rows), ...Array.from({ length: Math.max(rows - lines.length, 0) }, () => NO_LINE)]
}

function headLine({ answer: { explanation } }: FixState, { asking, columns }: Env): Line {
  const { verdict, action, caller, resource } = explanation
  const badge = verdict === 'allow' ? span(' ALLOWED ', 'allowBadge') : span(' DENIED ', 'denyBadge')
  return spreadIfRoom(
    [span(' '), badge, span(` ${action}  `, 'strong'), span(callerOn(caller, resource, asking.world))],
    [span('cheapest first ', 'faint')],
    columns,
  )
}

function told({ answer: { explanation } }: FixState, columns: number): Line {
  const [first = NO_LINE, second] = wrapText(explanation.summary, columns - 3, 'faint', ' ')
  return second === undefined ? first : [...cutLine(first, columns - 3, ''), span(' …', 'faint')]
}

function emptyLines({ search }: FixState, columns: number): readonly Line[] {
  switch (search.phase) {
    case 'none':
      return [NO_LINE, [span(' This request is let in: there is nothing to fix.', 'good')]]
    case 'waiting':
    case 'searching':
      return [NO_LINE, [span(' Searching for what would let it in', 'warn')]]
    case 'failed':
      return [NO_LINE, ...wrapText(search.why, columns - 2, 'bad', ' ')]
    case 'found':
      return [
        NO_LINE,
        ...wrapText(
          search.advised.isComplete
            ? 'No change of this request, of these policies or of the grants would let it in.'
            : 'Nothing that would let it in was found; the search was cut short.',
          columns - 2,
          'warn',
          ' ',
        ),
      ]
  }
}

function drawItem({ steps }: Advice, index: number, columns: number, { glyphs }: Env): Line {
  const [first] = steps
  const more = steps.length > 1 ? `  and ${steps.length - 1} more` : ''
  const isCareful = steps.some(({ caution }) => caution !== null)
  const where = new Set(steps.map(({ layer, kind }) => (layer === null ? kind : LAYER_NAMES[layer].one)))
  const tags: Line = [span(isCareful ? '! ' : '', 'warn'), span(`${[...where].join(', ')} `, 'place')]
  const left: Line = [
    span(` ${index + 1} `, 'key'),
    span(`${glyphs.allow} `, 'good'),
    span(first?.sentence ?? ''),
    span(more, 'faint'),
  ]
  const room = columns - tags.reduce((sum, { text }) => sum + text.length, 0) - 2
  return spread(cutLine(left, room, glyphs.ellipsis), tags, columns)
}
