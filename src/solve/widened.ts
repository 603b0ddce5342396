/**
 * Patterns with variables, widened to plain ones: every variable may stand for anything.
 *
 * Whatever passes the pattern passes the widened one, so that much is known where nothing is known of the variables.
 */
import { ATOM_MODES, atomMode } from '../graph/atom.js'
import { SPEC_FIRST, SPEC_NEGATED, type GraphTables } from '../graph/tables.js'
import { LITERAL } from '../graph/template-value.js'
import { parseTemplate } from '../text/template.js'

/** An atom that holds wherever this one does; undefined where none is known. */
export function widenedAtom(tables: GraphTables, atom: number): number | undefined {
  const { mode, operator, slot, marked } = tables.atom(atom)
  const name = ATOM_MODES[mode]
  if ((name !== 'matches' && name !== 'anyMatches') || (operator !== 'StringEquals' && operator !== 'StringLike')) {
    return undefined
  }
  // A star that is none in an equality is one here, which only widens it.
  const ids = new Set(marked.map((value) => tables.strings.intern(LITERAL + widened(value))))
  return tables.internAtom(atomMode(name), 'StringLike', slot, inOrder(ids))
}

/** A resource spec that covers whatever this one does; undefined for NotResource. */
export function widenedSpec(tables: GraphTables, spec: number): number | undefined {
  const tuple = tables.resources.tuple(spec)
  if (tuple[SPEC_NEGATED] === 1) return undefined
  const ids = new Set(
    tuple.slice(SPEC_FIRST).map((id) => tables.strings.intern(LITERAL + widened(tables.strings.text(id)))),
  )
  return tables.resources.intern([0, ...inOrder(ids)])
}

function inOrder(ids: Iterable<number>): number[] {
  return [...ids].toSorted((left, right) => left - right)
}

function widened(marked: string): string {
  const text = marked.slice(1)
  if (marked.startsWith(LITERAL)) return text
  const parsed = parseTemplate(text)
  if (!parsed.ok) throw new Error(`a template that was accepted before does not parse: ${parsed.error.message}`)
  return parsed.value
    .map((part) => (part.kind === 'text' ? part.text : part.kind === 'wild' ? part.wild : '*'))
    .join('')
}
