/**
 * A drawing as text for a terminal: the way of the decision goes straight down, what lies beside it branches off.
 *
 * A box that several arrows reach is drawn where it is met first; elsewhere its number stands for it.
 */
import { escapeTerminal } from '../../text/escape.js'
import type { Palette } from '../../text/palette.js'
import type { Arrow, Box, Drawing } from './drawing.js'

/** Ends in a line feed. */
export function treeOf(drawing: Drawing, color: Palette): string {
  const tree = new Tree(drawing, color)
  return `${tree.lines().join('\n')}\n`
}

interface Step {
  readonly id: string
  /** What its first line begins with, and every further one. */
  readonly first: string
  readonly rest: string
  readonly label: string
}

class Tree {
  private readonly boxes: ReadonlyMap<string, Box>
  private readonly arrows = new Map<string, Arrow[]>()
  private readonly reached = new Map<string, number>()
  private readonly numbers = new Map<string, number>()
  private readonly printed = new Set<string>()
  private readonly out: string[] = []

  constructor(
    private readonly drawing: Drawing,
    private readonly color: Palette,
  ) {
    this.boxes = new Map(drawing.boxes.map((box) => [box.id, box]))
    for (const arrow of drawing.arrows) {
      const known = this.arrows.get(arrow.from)
      if (known === undefined) this.arrows.set(arrow.from, [arrow])
      else known.push(arrow)
      this.reached.set(arrow.to, (this.reached.get(arrow.to) ?? 0) + 1)
    }
  }

  lines(): readonly string[] {
    let at: string | undefined = this.drawing.boxes[0]?.id
    // The way of the decision is printed first in thought: a branch that meets it again only points to it.
    for (const box of this.drawing.boxes) if (box.isDecisive && (this.reached.get(box.id) ?? 0) > 1) this.number(box.id)
    while (at !== undefined) {
      const ways: readonly Arrow[] = this.arrows.get(at) ?? []
      const onward: Arrow | undefined = ways.find(({ isDecisive }) => isDecisive)
      this.box(at, '', ways.length > 0 ? '│   ' : '    ')
      const aside = ways.filter((way) => way !== onward)
      for (const way of aside) {
        const isLast = onward === undefined && way === aside.at(-1)
        this.branch(way, isLast ? '└── ' : '├── ', isLast ? '    ' : '│   ')
      }
      if (onward !== undefined) this.out.push(onward.label === '' ? '│' : `│ ${this.color.strong(onward.label)}`)
      at = onward?.to
    }
    return [...this.out, ...this.drawing.notes.flatMap((note) => ['', escapeTerminal(note)])]
  }

  private branch(way: Arrow, first: string, rest: string): void {
    // An explicit stack: a graph may be as deep as policies have conditions.
    const open: Step[] = [{ id: way.to, first, rest, label: way.label }]
    for (let step = open.pop(); step !== undefined; step = open.pop()) {
      const known = this.numbers.get(step.id)
      const box = this.boxOf(step.id)
      const label = step.label === '' ? '' : `${step.label}: `
      if (known !== undefined && (box.isDecisive || this.printed.has(step.id))) {
        this.out.push(`${step.first}${label}${this.color.faint(`go to [${known}]`)}`)
        continue
      }
      const ways = this.arrows.get(step.id) ?? []
      this.box(step.id, `${step.first}${label}`, `${step.rest}${ways.length > 0 ? '│   ' : '    '}`)
      ways.toReversed().forEach((arrow, index) => {
        const isLast = index === 0
        open.push({
          id: arrow.to,
          first: `${step.rest}${isLast ? '└── ' : '├── '}`,
          rest: `${step.rest}${isLast ? '    ' : '│   '}`,
          label: arrow.label,
        })
      })
    }
  }

  private box(id: string, first: string, rest: string): void {
    const box = this.boxOf(id)
    this.printed.add(id)
    const number = (this.reached.get(id) ?? 0) > 1 ? `[${this.number(id)}] ` : ''
    this.out.push(`${first}${number}${this.paint(box)(escapeTerminal(box.title))}`)
    for (const line of box.lines) this.out.push(`${rest}${this.color.faint(escapeTerminal(line))}`)
  }

  private number(id: string): number {
    const known = this.numbers.get(id)
    if (known !== undefined) return known
    this.numbers.set(id, this.numbers.size + 1)
    return this.numbers.size
  }

  private boxOf(id: string): Box {
    const box = this.boxes.get(id)
    if (box === undefined) throw new Error(`an arrow of the drawing leads to ${id}, which is no box`)
    return box
  }

  private paint({ kind, isDecisive }: Box): (text: string) => string {
    const isRefusal = kind === 'denied' || kind === 'deny'
    if (isDecisive) return isRefusal ? this.color.error : this.color.strong
    return isRefusal ? this.color.error : (text) => text
  }
}
