/**
 * Numbers as people read them.
 */

/** `12,345` */
export function counted(number: number): string {
  return String(number).replace(/\B(?=(?:\d{3})+$)/g, ',')
}
