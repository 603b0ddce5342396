/**
 * The tree of a decision drawn: a bar beside the way that the request took, branches beside it, and the whole text of
 * the box under the cursor.
 */
import type { Env } from '../../app/view.js'
import type { Glyphs } from '../../frame/glyphs.js'
import { drawList } from '../../frame/list.js'
import {
  beside,
  cutLine,
  firstLines,
  NO_LINE,
  span,
  spreadIfRoom,
  wrapText,
  type Line,
  type Role,
  type Span,
} from '../../frame/span.js'
import { callerOn } from '../../world/short-names.js'
import type { BoxKind } from '../../../explain/drawing/drawing.js'
import { graphLayout } from './graph-layout.js'
import type { GraphState } from './graph-state.js'
import type { TreeRow } from './tree-rows.js'

export function drawGraph(state: GraphState, env: Env): readonly Line[] {
  const { columns, glyphs } = env
  const layout = graphLayout(env)
  const { rows, list } = state
  const rule: Line = [span(glyphs.horizontal.repeat(columns), 'faint')]
  const head = [headLine(state, env), rule]
  const tree = drawList(list, { count: rows.length, rows: layout.tree.rows, columns: layout.tree.columns }, (index) => [
    drawRow(rows[index]!, layout.tree.columns, glyphs),
  ])
  const told = paneLines(state, rows[list.cursor], layout.pane.columns)
  const pane = firstLines(told, layout.pane.rows, layout.pane.columns, glyphs.ellipsis)
  if (layout.isWide) {
    const filled = filledTo(tree, layout.tree.rows)
    return [...head, ...beside(filled, pane, layout.tree.columns, columns, span(glyphs.vertical, 'faint'))]
  }
  return [...head, ...filledTo(tree, layout.tree.rows), rule, ...pane]
}

function filledTo(lines: readonly Line[], rows: number): readonly Line[] {
  return [...lines, ...Array.from({ length: Math.max(rows - lines.length, 0) }, () => NO_LINE)]
}

function headLine({ answer: { explanation } }: GraphState, { columns, asking, glyphs }: Env): Line {
  const { verdict, action, caller, resource } = explanation
  const badge = verdict === 'allow' ? span(' ALLOWED ', 'allowBadge') : span(' DENIED ', 'denyBadge')
  const names = callerOn(caller, resource, asking.world)
  return spreadIfRoom(
    [span(' '), badge, span(` ${action}  `, 'strong'), span(names)],
    [span(`${glyphs.bar} `, 'title'), span('the way of this request ', 'faint')],
    columns,
  )
}

const SIGNS: Readonly<Record<BoxKind, keyof Pick<Glyphs, 'allow' | 'deny' | 'dot' | 'crumb'>>> = {
  request: 'crumb',
  question: 'dot',
  test: 'crumb',
  allowed: 'allow',
  denied: 'deny',
  key: 'dot',
  allow: 'allow',
  deny: 'deny',
  principal: 'dot',
}

function roleOf(kind: BoxKind, isWay: boolean): Role {
  if (kind === 'allowed' || kind === 'allow') return 'good'
  if (kind === 'denied' || kind === 'deny') return 'bad'
  return isWay ? 'strong' : 'plain'
}

function drawRow(row: TreeRow, columns: number, glyphs: Glyphs): Line {
  const { box, label, depth, isReference, number } = row
  const isWay = depth === 0
  const role = roleOf(box.kind, isWay)
  const isEnd = isWay && (box.kind === 'allowed' || box.kind === 'denied')
  const answer = label === '' ? '' : `${label}: `
  const numbered = number === undefined ? '' : `[${number}] `
  const line: Line = [
    ...leading(row, glyphs),
    span(answer, isWay ? 'strong' : 'faint'),
    ...(isReference
      ? [span(`go to [${number ?? '?'}] `, 'place'), span(box.title, 'faint')]
      : [
          span(
            box.kind === 'test' ? 'if ' : box.kind === 'request' ? '' : `${glyphs[SIGNS[box.kind]]} `,
            isWay ? role : 'faint',
          ),
          span(numbered, 'place'),
          span(box.title, role),
          span(box.lines.length === 0 ? '' : `  ${box.lines.join('; ')}`, 'faint'),
        ]),
  ]
  if (!isEnd) return cutLine(line, columns, glyphs.ellipsis)
  const decides = span(` ${glyphs.decides}`, role)
  return [...cutLine(line, columns - decides.text.length - 1, glyphs.ellipsis), decides]
}

/** The way, the branches, and whether something is folded. */
function leading({ depth, guides, isLast, isOpen }: TreeRow, glyphs: Glyphs): readonly Span[] {
  if (depth === 0) return [span(` ${glyphs.bar} `, 'title')]
  const stems = guides.map((goesOn) => (goesOn ? `${glyphs.vertical}    ` : '     ')).join('')
  const fold = isOpen === undefined ? ' ' : isOpen ? glyphs.open : glyphs.closed
  return [
    span(` ${glyphs.bar} `, 'title'),
    span(`  ${stems}${isLast ? glyphs.lastBranch : glyphs.branch} `, 'faint'),
    span(`${fold} `, 'key'),
  ]
}

const KIND_WORDS: Readonly<Record<BoxKind, string>> = {
  request: 'the request',
  question: 'settled by caller, action and key',
  test: 'hangs on the request',
  allowed: 'an end: let in',
  denied: 'an end: refused',
  key: 'a key',
  allow: 'an Allow',
  deny: 'a Deny',
  principal: 'a principal',
}

function paneLines({ tree }: GraphState, row: TreeRow | undefined, columns: number): readonly Line[] {
  if (row === undefined) return []
  const { box, depth, label } = row
  const led = label === '' ? '' : `; the answer ${label} leads here`
  const where = depth === 0 ? 'on the way of this request' : 'beside the way'
  return [
    ...wrapText(box.title, columns - 2, roleOf(box.kind, true), ' '),
    ...box.lines.flatMap((line) => wrapText(line, columns - 4, 'plain', '   ')),
    [span(` ${KIND_WORDS[box.kind]}, ${where}${led}`, 'faint')],
    ...tree.drawing.notes.flatMap((note) => wrapText(note, columns - 2, 'warn', ' ')),
  ]
}
