/**
 * What is the same for every question about a statement, a test or a caller is made once and kept while that lives.
 */

/** `make`, remembered for each object; it must depend on nothing else. */
export function once<K extends object, V extends object | string>(make: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>()
  return (key) => {
    let made = known.get(key)
    if (made === undefined) {
      made = make(key)
      known.set(key, made)
    }
    return made
  }
}
