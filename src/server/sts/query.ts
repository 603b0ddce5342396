/**
 * Requests of the AWS Query protocol: a form in the body, or the same fields in the query of a GET.
 *
 * Fields that an operation does not know are left alone; of a field that comes twice the first counts.
 *
 * Source: Smithy, "AWS query protocol"; sts.md 1.
 */
import type { ServiceRequest } from '../http/http-service.js'

export type ListItem = Readonly<Record<string, string>>

/** The member of a list item that is no structure. */
const PLAIN = ''

const LIST_FIELD = /^(\w{1,64})\.member\.([1-9]\d{0,8})(?:\.(\w{1,64}))?$/

export class QueryFields {
  private readonly fields = new Map<string, string>()
  /** By name of the list, then by index. */
  private readonly lists = new Map<string, Map<number, Record<string, string>>>()

  constructor(encoded: string) {
    for (const [name, value] of new URLSearchParams(encoded)) {
      const [, list, index, member] = LIST_FIELD.exec(name) ?? []
      if (list !== undefined && index !== undefined) this.addItem(list, Number(index), member ?? PLAIN, value)
      else if (!this.fields.has(name)) this.fields.set(name, value)
    }
  }

  text(name: string): string | undefined {
    return this.fields.get(name)
  }

  /** A whole number where the field is one, else its text, which whoever asked for a number will refuse. */
  integer(name: string): number | string | undefined {
    const text = this.fields.get(name)
    return text !== undefined && /^[+-]?\d{1,15}$/.test(text) ? Number(text) : text
  }

  /** Items in the order of their indices; an empty list where only the name of the list was sent. */
  items(name: string): readonly ListItem[] | undefined {
    const items = this.lists.get(name)
    if (items === undefined) return this.fields.has(name) ? [] : undefined
    return [...items].toSorted(([left], [right]) => left - right).map(([, item]) => item)
  }

  texts(name: string): readonly (string | undefined)[] | undefined {
    return this.items(name)?.map((item) => item[PLAIN])
  }

  private addItem(list: string, index: number, member: string, value: string): void {
    let items = this.lists.get(list)
    if (items === undefined) {
      items = new Map()
      this.lists.set(list, items)
    }
    let item = items.get(index)
    if (item === undefined) {
      // No prototype: a member named `__proto__` is a member.
      item = Object.create(null) as Record<string, string>
      items.set(index, item)
    }
    item[member] ??= value
  }
}

export function queryFieldsOf({ method, target, body }: ServiceRequest): QueryFields {
  if (method !== 'GET' && body.length > 0) return new QueryFields(Buffer.from(body).toString('utf8'))
  const question = target.indexOf('?')
  return new QueryFields(question < 0 ? '' : target.slice(question + 1))
}
