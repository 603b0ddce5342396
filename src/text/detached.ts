/**
 * A copy of a text, so that the long text it was cut from is not kept.
 *
 * An engine may hold a part of a text as a place in the whole; whoever remembers the part would keep the whole alive.
 */

export function detached(text: string): string {
  return ` ${text}`.slice(1)
}
