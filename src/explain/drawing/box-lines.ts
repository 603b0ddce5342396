/**
 * The lines of a box for formats that do not break them: none so long that the box makes the whole picture wide.
 */
import { wrap } from '../../text/wrap.js'
import type { Box } from './drawing.js'

/** In columns; the ARN of a key fits. */
const WIDTH = 80

/** Title and lines, safe to be shown on a terminal, broken at spaces. */
export function boxLines({ title, lines }: Box): readonly string[] {
  return [title, ...lines].flatMap((line) => wrap(line, '', { width: WIDTH }))
}
