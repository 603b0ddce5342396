/** What keeps a server from starting or from taking a new certificate, told as it is: an address that is taken, a file. */
export class ServerError extends Error {
  override readonly name = 'ServerError'
}
