/**
 * A certificate and its key from files, looked at before a server takes them.
 *
 * Source: Node.js documentation, "TLS", `tls.createSecureContext`.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto'
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
  const reason = whyNotTogether(material)
  if (reason !== undefined) {
    throw new ServerError(
      `the certificate in ${quote(certFile, 200)} cannot be used with the key in ${quote(keyFile, 200)}: ${reason}`,
    )
  }
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

/** What people get wrong, in words that OpenSSL has not. */
function whyNotTogether({ cert, key }: TlsMaterial): string | undefined {
  const certificate = parsed(() => new X509Certificate(cert))
  if (certificate === undefined) return 'the first file holds no certificate in PEM'
  if (key.includes('ENCRYPTED')) return 'the key is encrypted; give one that is not, as `openssl pkey` writes it'
  const privateKey = parsed(() => createPrivateKey(key))
  if (privateKey === undefined) return 'the second file holds no private key in PEM'
  return certificate.checkPrivateKey(privateKey) ? undefined : 'the key is that of another certificate'
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse()
  } catch {
    return undefined
  }
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error)
    const reason = told.startsWith('ENOENT') ? 'there is no such file' : told
    throw new ServerError(`cannot read ${quote(path, 200)}: ${reason}`, { cause: error })
  }
}
