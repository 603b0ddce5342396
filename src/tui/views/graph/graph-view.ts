/**
 * The decision graph of a request as a tree that folds, with what it can be exported as.
 */
import { viewOf, type Door, type View, type ViewKind } from '../../app/view.js'
import { LIST_KEYS } from '../../frame/list.js'
import type { KeyEntry } from '../../keys/key-table.js'
import type { Answer } from '../../../source/answer/answer-question.js'
import { savedAnswer } from '../../session/saved-answer.js'
import { drawGraph } from './draw-graph.js'
import { reduceGraph, startGraph, type GraphState } from './graph-state.js'

const KEYS: readonly KeyEntry[] = [
  {
    command: 'open',
    keys: ['enter', 'right', 'l'],
    what: 'unfold a branch, or go to the box it names',
    hint: 'unfold',
  },
  { command: 'export', keys: ['e'], what: 'export: HTML report, SVG, Mermaid, DOT', hint: 'export' },
  { command: 'openAll', keys: ['a'], what: 'unfold every branch, or fold them all', hint: 'all' },
  { command: 'nextOnWay', keys: ['tab'], what: 'to the next box on the way of this request', hint: 'next on the way' },
  { command: 'beforeOnWay', keys: ['shift+tab'], what: 'to the box before on the way' },
  { command: 'close', keys: ['left', 'h'], what: 'fold the branch' },
  { command: 'decisive', keys: ['d'], what: 'back to what decided' },
  { command: 'copy', keys: ['y'], what: 'copy the graph as Mermaid' },
  ...LIST_KEYS,
]

const graphKind: ViewKind<GraphState> = {
  id: 'graph',
  keys: KEYS,
  title: () => 'graph',
  reduce: reduceGraph,
  draw: drawGraph,
  subject: ({ answer }) => answer,
  save: ({ answer }) => savedAnswer(answer),
}

function openGraph(answer: Answer): View {
  return viewOf(graphKind, startGraph(answer))
}

export const graphDoor: Door = {
  entry: { command: 'graph', keys: ['v'], what: 'the decision graph of this request, and its exports', hint: 'graph' },
  open: openGraph,
}
