/**
 * Places in policies: where a part of a statement stands, with line and column.
 */
import { locate, type PolicyPart } from '../policy/locate.js'
import type { PolicyDocument } from '../policy/document.js'
import { once } from './once.js'
import { positionAt, type SourceText, type Span } from '../text/source.js'

export interface Place {
  readonly source: SourceText
  readonly span: Span
  /** Both from 1; columns count UTF-16 units. */
  readonly line: number
  readonly column: number
  /** JSON pointer in the source. */
  readonly pointer: string
}

type ElementPart = 'statement' | 'principal' | 'action' | 'resource'

/** Where the parts of one statement stand, each looked for when it is first asked. */
export class StatementPlaces {
  private readonly elements: Partial<Record<ElementPart, Place | null>> = {}
  private readonly actions: (Place | null)[] = []
  private readonly tests: (Place | null)[] = []

  constructor(
    private readonly document: PolicyDocument,
    private readonly statement: number,
  ) {}

  get whole(): Place | null {
    const known = this.elements.statement
    return known === undefined ? this.find('statement') : known
  }

  get principal(): Place | null {
    const known = this.elements.principal
    return known === undefined ? this.find('principal') : known
  }

  get allActions(): Place | null {
    const known = this.elements.action
    return known === undefined ? this.find('action') : known
  }

  get resource(): Place | null {
    const known = this.elements.resource
    return known === undefined ? this.find('resource') : known
  }

  private find(part: ElementPart): Place | null {
    const place = placeOf(this.document, { part, statement: this.statement })
    this.elements[part] = place
    return place
  }

  action(pattern: number): Place | null {
    this.actions[pattern] ??= placeOf(this.document, { part: 'action', statement: this.statement, pattern })
    return this.actions[pattern]
  }

  /** The key and its values together, so that a reader sees the whole test. */
  test(condition: number): Place | null {
    this.tests[condition] ??= this.placeOfTest(condition)
    return this.tests[condition]
  }

  private placeOfTest(condition: number): Place | null {
    const { document, statement } = this
    const key = placeOf(document, { part: 'conditionKey', statement, condition })
    const value = placeOf(document, { part: 'conditionValue', statement, condition })
    if (key === null || value === null) return key
    return { ...key, span: { start: key.span.start, end: value.span.end } }
  }
}

const placesIn = once((document: PolicyDocument) =>
  document.statements.map((_, statement) => new StatementPlaces(document, statement)),
)

export function statementPlaces(document: PolicyDocument, statement: number): StatementPlaces {
  const places = placesIn(document)[statement]
  if (places === undefined) throw new RangeError(`no statement has index ${statement}`)
  return places
}

/** Null when the document has no such part: an element that is missing stands nowhere. */
export function placeOf(document: PolicyDocument, part: PolicyPart): Place | null {
  const found = locate(document, part)
  if (found === undefined) return null
  const { source } = document.source
  return { source, span: found.span, pointer: found.pointer, ...positionAt(source.text, found.span.start) }
}
