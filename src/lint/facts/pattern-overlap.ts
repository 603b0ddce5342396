/**
 * Whether two texts with wildcards have a match in common, and whether an ARN pattern can match resources of a type.
 *
 * Case-sensitive, as ARNs are. Time is the product of the two lengths at most, and bounded.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Resource" (wildcards).
 */
import type { ArnFields } from './resource-entries.js'
import type { ResourceType } from '../../aws/service.js'

const MAX_PRODUCT = 250_000

/** `*` is any run of characters and `?` one, on both sides. True when it cannot be found out in bounded time. */
export function overlaps(left: string, right: string): boolean {
  let start = 0
  while (start < left.length && start < right.length && isPlain(left[start]) && isPlain(right[start])) {
    if (left[start] !== right[start]) return false
    start++
  }
  // What nearly every resource type ends in.
  if (isStars(left, start) || isStars(right, start)) return true
  let leftEnd = left.length
  let rightEnd = right.length
  while (leftEnd > start && rightEnd > start && isPlain(left[leftEnd - 1]) && isPlain(right[rightEnd - 1])) {
    if (left[--leftEnd] !== right[--rightEnd]) return false
  }
  return overlapWithin(left.slice(start, leftEnd), right.slice(start, rightEnd))
}

function overlapWithin(left: string, right: string): boolean {
  if (left.length * right.length > MAX_PRODUCT) return true
  // Row by row: `reachable[j]` says that the first `i` of left and the first `j` of right have a match in common.
  let row = new Uint8Array(right.length + 1)
  row[0] = 1
  fillStars(row, right)
  for (let i = 0; i < left.length; i++) {
    const wild = left[i]
    const next = new Uint8Array(row.length)
    if (wild === '*') next.set(row)
    for (let j = 0; j < row.length; j++) {
      const other = right[j]
      if (other === undefined) continue
      // A star on the left takes whatever stands on the right; a star on the right takes the unit on the left.
      if (wild === '*' && next[j] === 1) next[j + 1] = 1
      if (wild !== '*' && other === '*' && row[j] === 1) next[j] = 1
      if (wild !== '*' && other !== '*' && row[j] === 1 && (wild === other || wild === '?' || other === '?'))
        next[j + 1] = 1
      if (other === '*' && next[j] === 1) next[j + 1] = 1
    }
    row = next
  }
  return row[row.length - 1] === 1
}

function isStars(text: string, start: number): boolean {
  if (start === text.length) return false
  for (let index = start; index < text.length; index++) if (text[index] !== '*') return false
  return true
}

function isPlain(unit: string | undefined): boolean {
  return unit !== '*' && unit !== '?'
}

function fillStars(row: Uint8Array, right: string): void {
  for (let j = 0; right[j] === '*'; j++) row[j + 1] = 1
}

/** Whether the service and the resource of an ARN can be those of this type; Region and account are told apart. */
export function mayBeOfType(fields: ArnFields, type: ResourceType): boolean {
  return overlaps(fields.service, type.service) && overlaps(fields.resource, type.resource)
}
