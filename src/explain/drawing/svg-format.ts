/**
 * A drawing as SVG, laid out by Graphviz (compiled to WebAssembly, loaded when it is first asked for).
 *
 * The text escaping is Graphviz's own: labels are plain strings to it, never markup.
 */
import { dotOf } from './dot-format.js'
import type { Drawing } from './drawing.js'

/** A whole SVG document; ends in a line feed. */
export async function svgOf(drawing: Drawing): Promise<string> {
  const { Graphviz } = await import('@hpcc-js/wasm-graphviz')
  const graphviz = await Graphviz.load()
  return `${graphviz.dot(dotOf(drawing)).trimEnd()}\n`
}
