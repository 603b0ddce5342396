/** What a keyring says when it cannot: the wrong root key, a wrapped secret that does not open. Names keys by their ids. */
export class KeyringError extends Error {
  override readonly name = 'KeyringError'
}
