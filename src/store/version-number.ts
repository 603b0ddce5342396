/** Versions that are numbers inside of a store. Outside they are texts that say nothing. */

/** Undefined for a text that no store has given out. */
export function versionNumber(version: string): number | undefined {
  const number = Number(version)
  return Number.isSafeInteger(number) && number >= 0 && String(number) === version ? number : undefined
}
