/**
 * A drawing as the rows of a tree that folds: the way of the decision goes straight down, what lies beside it hangs on
 * it. A box that several arrows reach stands where it is met first; elsewhere a row leads to it.
 *
 * Rows are made for what is open alone.
 */
import type { Arrow, Box, Drawing } from '../../../explain/drawing/drawing.js'

export interface TreeRow {
  /** Of the row: one box may have several. */
  readonly id: string
  readonly box: Box
  /** `yes`, `no` or empty: the answer that leads here. */
  readonly label: string
  /** 0 on the way of the decision. */
  readonly depth: number
  /** Of every depth before its own, whether its branch goes on below; without the way itself. */
  readonly guides: readonly boolean[]
  /** No sibling stands below it. */
  readonly isLast: boolean
  /** Stands for a box that is drawn elsewhere. */
  readonly isReference: boolean
  /** Of a box that several arrows reach. */
  readonly number: number | undefined
  /** Undefined where nothing hangs on it. */
  readonly isOpen: boolean | undefined
}

export interface Tree {
  readonly drawing: Drawing
  /** By the box that they leave, in the order of the drawing. */
  readonly arrows: ReadonlyMap<string, readonly Arrow[]>
  readonly boxes: ReadonlyMap<string, Box>
  readonly numbers: ReadonlyMap<string, number>
}

export function treeOf(drawing: Drawing): Tree {
  const arrows = new Map<string, Arrow[]>()
  const reached = new Map<string, number>()
  for (const arrow of drawing.arrows) {
    const known = arrows.get(arrow.from)
    if (known === undefined) arrows.set(arrow.from, [arrow])
    else known.push(arrow)
    reached.set(arrow.to, (reached.get(arrow.to) ?? 0) + 1)
  }
  const shared = drawing.boxes.filter(({ id }) => (reached.get(id) ?? 0) > 1)
  const numbers = new Map(shared.map(({ id }, index) => [id, index + 1]))
  return { drawing, arrows, boxes: new Map(drawing.boxes.map((box) => [box.id, box])), numbers }
}

interface Open {
  readonly id: string
  readonly boxId: string
  readonly label: string
  readonly guides: readonly boolean[]
  readonly isLast: boolean
}

/** @param open - ids of the rows that are unfolded; on the way everything that hangs on it is shown, folded. */
export function rowsOf(tree: Tree, open: ReadonlySet<string>): readonly TreeRow[] {
  const rows: TreeRow[] = []
  const drawn = new Set<string>()
  let at: string | undefined = tree.drawing.boxes[0]?.id
  let label = ''
  while (at !== undefined && !drawn.has(at)) {
    const ways: readonly Arrow[] = tree.arrows.get(at) ?? []
    const onward: Arrow | undefined = ways.find(({ isDecisive }) => isDecisive)
    const aside = ways.filter((way) => way !== onward)
    drawn.add(at)
    rows.push(rowOf(tree, { id: at, boxId: at, label, guides: [], isLast: onward === undefined }, 0, false, undefined))
    const from = at
    addBranch(
      tree,
      aside.map((way, index) => ({
        id: `${from}>${way.to}`,
        boxId: way.to,
        label: way.label,
        guides: [],
        isLast: index === aside.length - 1,
      })),
      open,
      drawn,
      rows,
    )
    label = onward?.label ?? ''
    at = onward?.to
  }
  return rows
}

function addBranch(
  tree: Tree,
  first: readonly Open[],
  open: ReadonlySet<string>,
  drawn: Set<string>,
  rows: TreeRow[],
): void {
  // An explicit stack: a graph may be as deep as policies have conditions.
  const waiting = first.toReversed()
  for (let step = waiting.pop(); step !== undefined; step = waiting.pop()) {
    const { box, ways, isReference } = metAt(tree, step.boxId, drawn)
    const depth = step.guides.length + 1
    const isOpen = isReference || ways.length === 0 ? undefined : open.has(step.id)
    rows.push(rowOf(tree, step, depth, isReference, isOpen))
    if (isOpen !== true) continue
    drawn.add(box.id)
    const { id, guides, isLast } = step
    const below = ways.map((way, index): Open => ({
      id: `${id}>${way.to}`,
      boxId: way.to,
      label: way.label,
      guides: [...guides, !isLast],
      isLast: index === ways.length - 1,
    }))
    waiting.push(...below.toReversed())
  }
}

function metAt(
  tree: Tree,
  id: string,
  drawn: ReadonlySet<string>,
): { readonly box: Box; readonly ways: readonly Arrow[]; readonly isReference: boolean } {
  const box = boxIn(tree, id)
  const ways = tree.arrows.get(id) ?? []
  // An end of the way is short enough to stand again wherever it is met.
  return { box, ways, isReference: ways.length > 0 && (box.isDecisive || drawn.has(id)) }
}

function rowOf(
  tree: Tree,
  { id, boxId, label, guides, isLast }: Open,
  depth: number,
  isReference: boolean,
  isOpen: boolean | undefined,
): TreeRow {
  const hasWays = (tree.arrows.get(boxId) ?? []).length > 0
  const number = hasWays ? tree.numbers.get(boxId) : undefined
  return { id, box: boxIn(tree, boxId), label, depth, guides, isLast, isReference, number, isOpen }
}

function boxIn({ boxes }: Tree, id: string): Box {
  const box = boxes.get(id)
  if (box === undefined) throw new Error(`an arrow of the drawing leads to ${id}, which is no box`)
  return box
}

/** Ids of every row that can be unfolded, as many as a person might read. */
export function allOpen(tree: Tree, most = 2000): ReadonlySet<string> {
  let open: ReadonlySet<string> = new Set()
  for (;;) {
    const closed = rowsOf(tree, open).filter(({ isOpen }) => isOpen === false)
    if (closed.length === 0 || open.size >= most) return open
    open = new Set([...open, ...closed.map(({ id }) => id)])
  }
}
