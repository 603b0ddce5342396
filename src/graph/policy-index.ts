/**
 * Which statements of a large policy could concern a request: an index that may name too many and never too few.
 *
 * A row is filed under its exact resources, else under its exact principals, else among the few that are always looked
 * at. Resource patterns whose wildcards are whole ARN fields (or end the last field) are filed by their literal fields:
 * one look-up for each shape of pattern in the policy ("tuple space search"), however many patterns there are.
 */
import type { Subject } from './subject.js'
import {
  NO_PRINCIPAL,
  NO_ROW,
  ROW_PRINCIPAL,
  ROW_RESOURCE,
  SPEC_FIRST,
  SPEC_NEGATED,
  type GraphTables,
} from './tables.js'
import { LITERAL } from './template-value.js'

/** Below this many statements a scan is faster than any index. */
export const INDEX_FROM = 16

const FIELDS = 6
const LAST = FIELDS - 1
/** More shapes than this in one policy and the rest is scanned: each shape costs a look-up on every request. */
const MAX_SHAPES = 48

interface Shape {
  /** Bit i: field i is literal. */
  readonly literalFields: number
  /** Length of the literal beginning of the last field, where it ends in `*`; else -1. */
  readonly prefixLength: number
  readonly rows: Map<string, number[]>
}

export class PolicyIndex {
  private readonly byPrincipal = new Map<number, number[]>()
  private readonly byResource = new Map<string, number[]>()
  private readonly shapes = new Map<string, Shape>()
  private readonly always: number[] = []
  private readonly all: readonly number[]

  constructor(
    private readonly tables: GraphTables,
    rows: readonly number[],
  ) {
    this.all = rows.filter((row) => row !== NO_ROW)
    for (const row of this.all) this.file(row)
  }

  /** Calls `visit` with every row that may apply, perhaps more than once; stops when it answers false. */
  candidates(subject: Subject, resource: string | undefined, visit: (row: number) => boolean): void {
    // Beyond six fields a trailing `*` may run on across colons (K-13) and the shapes no longer tell.
    if (resource !== undefined && !hasSixFields(resource)) {
      visitAll(this.all, visit)
      return
    }
    if (!visitAll(this.always, visit)) return
    if (this.byPrincipal.size > 0) {
      // A name that the caller has not is -1, under which nothing is filed.
      for (const token of subject.tokens) if (!visitAll(this.byPrincipal.get(token), visit)) return
    }
    if (resource === undefined || !visitAll(this.byResource.get(resource), visit) || this.shapes.size === 0) return
    const fields = splitFields(resource)
    if (fields === undefined) return
    for (const shape of this.shapes.values()) {
      const key = shapeKey(fields, shape.literalFields, shape.prefixLength)
      if (!visitAll(shape.rows.get(key), visit)) return
    }
  }

  private file(row: number): void {
    const { rows } = this.tables
    const start = rows.start(row)
    const resource = rows.data[start + ROW_RESOURCE]!
    if (this.fileByResource(row, resource)) return
    const principal = rows.data[start + ROW_PRINCIPAL]!
    if (this.fileByPrincipal(row, principal)) return
    this.always.push(row)
  }

  private fileByPrincipal(row: number, spec: number): boolean {
    if (spec === NO_PRINCIPAL) return false
    const [negated, ...tokens] = this.tables.principals.tuple(spec)
    if (negated === 1) return false
    for (const token of tokens) push(this.byPrincipal, token, row)
    return true
  }

  private fileByResource(row: number, spec: number): boolean {
    const tuple = this.tables.resources.tuple(spec)
    if (tuple[SPEC_NEGATED] === 1) return false
    const places: (() => void)[] = []
    for (const id of tuple.slice(SPEC_FIRST)) {
      const place = this.placeOf(row, this.tables.strings.text(id))
      if (place === undefined) return false
      places.push(place)
    }
    for (const place of places) place()
    return true
  }

  /** Where one resource pattern is filed, or undefined when only a scan finds it. */
  private placeOf(row: number, marked: string): (() => void) | undefined {
    if (!marked.startsWith(LITERAL)) return undefined
    const pattern = marked.slice(LITERAL.length)
    const fields = splitFields(pattern)
    // A short ARN covers every resource that begins with its fields.
    if (fields === undefined) return undefined
    if (!/[*?]/.test(pattern)) return () => push(this.byResource, pattern, row)
    let literalFields = 0
    let prefixLength = -1
    for (const [position, field] of fields.entries()) {
      if (field === '*') continue
      if (!/[*?]/.test(field)) literalFields |= 1 << position
      else if (position === LAST && /^[^*?]*\*$/.test(field)) prefixLength = field.length - 1
      else return undefined
    }
    const id = `${literalFields} ${prefixLength}`
    if (!this.shapes.has(id) && this.shapes.size >= MAX_SHAPES) return undefined
    return () => {
      let shape = this.shapes.get(id)
      if (shape === undefined) {
        shape = { literalFields, prefixLength, rows: new Map() }
        this.shapes.set(id, shape)
      }
      push(shape.rows, shapeKey(fields, literalFields, prefixLength), row)
    }
  }
}

function visitAll(rows: readonly number[] | undefined, visit: (row: number) => boolean): boolean {
  if (rows === undefined) return true
  for (const row of rows) if (!visit(row)) return false
  return true
}

function push<K>(map: Map<K, number[]>, key: K, row: number): void {
  const rows = map.get(key)
  if (rows === undefined) map.set(key, [row])
  else rows.push(row)
}

/**
 * The literal fields of a pattern, or the same fields of a resource, as one text. Under that of a last field that is too
 * short for the prefix nothing is filed.
 */
function shapeKey(fields: readonly string[], literalFields: number, prefixLength: number): string {
  let key = ''
  for (let position = 0; position < FIELDS; position++) {
    if ((literalFields & (1 << position)) !== 0) key += `${fields[position]!}\n`
  }
  return prefixLength < 0 ? key : key + fields[LAST]!.slice(0, prefixLength)
}

/** Whether there are exactly five colons. */
function hasSixFields(arn: string): boolean {
  let colon = -1
  for (let field = 1; field < FIELDS; field++) {
    colon = arn.indexOf(':', colon + 1)
    if (colon < 0) return false
  }
  return !arn.includes(':', colon + 1)
}

/** Six fields, the last with everything after the fifth colon; undefined when there are fewer. */
function splitFields(arn: string): readonly string[] | undefined {
  const fields: string[] = []
  let from = 0
  for (let position = 0; position < LAST; position++) {
    const colon = arn.indexOf(':', from)
    if (colon < 0) return undefined
    fields.push(arn.slice(from, colon))
    from = colon + 1
  }
  fields.push(arn.slice(from))
  return fields
}
