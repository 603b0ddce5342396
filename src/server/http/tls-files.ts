/**
 * A certificate and its key from files, looked at before a server takes them.
 *
 * Source: Node.js documentation, "TLS", `tls.createSecureContext`.
 */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { quote } from '../../text/escape.js'
import { ServerError } from './server-error.js'

export interface TlsFiles {
  /** PEM: the certificate, then those between it and its root. */
  readonly certFile: string
  /** PEM, not encrypted. */
  readonly keyFile: string
}

export interface TlsMaterial {
  readonly cert: Buffer
  readonly key: Buffer
}

/** @throws ServerError where they cannot be read, or do not belong together. */
export function readTlsFiles({ certFile, keyFile }: TlsFiles, onWarning: (message: string) => void): TlsMaterial {
  const material = { cert: read(certFile), key: read(keyFile) }
  try {
    createSecureContext(material)
    const { validTo } = new X509Certificate(material.cert)
    if (Date.parse(validTo) < Date.now())
      onWarning(`the certificate in ${quote(certFile, 200)} has expired: ${validTo}`)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerError(
      `the certificate in ${quote(certFile, 200)} cannot be used with the key in ${quote(keyFile, 200)}: ${reason}`,
      { cause: error },
    )
  }
  return material
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ServerError(`cannot read ${quote(path, 200)}: ${reason}`, { cause: error })
  }
}
