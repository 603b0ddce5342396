/**
 * The checks of where a server listens, or should: addresses, certificates and their keys, and a server that runs.
 *
 * Source: RFC 9110, section 6.6.1 (`Date`); RFC 6125; docs/security.md.
 */
import { X509Certificate } from 'node:crypto'
import { statSync } from 'node:fs'
import { createServer, isIP } from 'node:net'
import { connect, checkServerIdentity } from 'node:tls'
import type { Mode } from '../kms/services.js'
import { insecureReason } from '../server/http/listen-safety.js'
import { DEFAULT_HOST, whyNot, type ListenerOptions } from '../server/http/listener.js'
import { readTlsFiles, type TlsFiles } from '../server/http/tls-files.js'
import { quote } from '../text/escape.js'
import { checkSkew } from './doctor-clock.js'
import { ok, problem, reasonOf, warning, type Finding } from './doctor-finding.js'

const DAY_MS = 86_400_000
const RENEW_DAYS = 30
const TIMEOUT_MS = 5000
const OTHERS = 0o077

// ---------------------------------------------------------------------------------------------------------- listeners

export async function checkListener(
  { host = DEFAULT_HOST, port = 0, tls }: ListenerOptions,
  mode: Mode | 'metrics',
  isAllowed: boolean,
): Promise<readonly Finding[]> {
  const check = mode === 'metrics' ? 'metrics port' : 'listener'
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const reason = insecureReason({ host, isEncrypted: tls !== undefined, mode })
  const safety =
    reason === undefined
      ? ok(check, `${where} is safe to listen on`)
      : isAllowed
        ? warning(check, `${where}: ${reason}`, 'it was allowed with `--allow-insecure-listen`')
        : problem(
            check,
            `${where}: ${reason}`,
            'give it a certificate with `--tls-cert` and `--tls-key`, or a local address',
          )
  return [safety, await checkPort(check, host, port)]
}

function checkPort(check: string, host: string, port: number): Promise<Finding> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const message = whyNot(error, host, port)
      resolve(
        error.code === 'EADDRINUSE'
          ? warning(check, message, 'fine if that is the server itself')
          : problem(check, message, 'name another one with `--listen`'),
      )
    })
    server.listen({ host, port, exclusive: true }, () => {
      server.close(() => resolve(ok(check, `${host}:${port} is free`)))
    })
  })
}

// ------------------------------------------------------------------------------------------------------- certificates

/** @param names - under which clients know the server; none are looked for when left out. */
export function checkCertificate(tls: TlsFiles, nowMs: number, names: readonly string[] = []): readonly Finding[] {
  const { certFile, keyFile } = tls
  try {
    // Expired ones are told below, with what to do.
    const { cert } = readTlsFiles(tls, () => undefined)
    const found = [ok(CERTIFICATE, `${quote(certFile, 200)} and ${quote(keyFile, 200)} belong together`)]
    found.push(...checkCertificateItself(new X509Certificate(cert), nowMs, names))
    const { mode } = statSync(keyFile)
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      const shown = `0${(mode & 0o777).toString(8)}`
      found.push(warning(CERTIFICATE, `its key is open to other users (mode ${shown})`, `chmod 600 ${keyFile}`))
    }
    return found
  } catch (error) {
    return [problem(CERTIFICATE, reasonOf(error), 'give the certificate and its own key, both in PEM')]
  }
}

const CERTIFICATE = 'certificate'

function checkCertificateItself(
  certificate: X509Certificate,
  nowMs: number,
  names: readonly string[],
): readonly Finding[] {
  const fromMs = Date.parse(certificate.validFrom)
  const toMs = Date.parse(certificate.validTo)
  const days = Math.floor((toMs - nowMs) / DAY_MS)
  const renew = 'put a new one in its place, and send SIGHUP to the server'
  const validity =
    nowMs > toMs
      ? problem(CERTIFICATE, `it has expired: ${certificate.validTo}`, renew)
      : nowMs < fromMs
        ? problem(CERTIFICATE, `it is not valid yet: ${certificate.validFrom}`, 'wait, or look at the clock')
        : days < RENEW_DAYS
          ? warning(CERTIFICATE, `it expires in ${days} days: ${certificate.validTo}`, renew)
          : ok(CERTIFICATE, `it is valid for ${days} days more`)
  const stated = certificate.subjectAltName
  const naming =
    stated === undefined
      ? [problem(CERTIFICATE, 'it names no host, and clients refuse it', 'have one made with subjectAltName')]
      : names.map((name) => {
          const isNamed = (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined
          return isNamed
            ? ok(CERTIFICATE, `it is for ${quote(name, 100)}`)
            : problem(
                CERTIFICATE,
                `it is not for ${quote(name, 100)} but for ${quote(stated, 300)}`,
                'have one made for that name',
              )
        })
  return [validity, ...naming]
}

// --------------------------------------------------------------------------------------------------- a running server

const SERVER = 'server'

export async function checkUrl(text: string): Promise<readonly Finding[]> {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    return [problem(SERVER, `${quote(text, 200)} is no URL of a server`, 'give one such as http://127.0.0.1:8155')]
  }
  const url = new URL(text)
  const certificate = url.protocol === 'https:' ? await checkServedCertificate(url) : []
  const beforeMs = Date.now()
  const alive = await answerOf(new URL('/healthz', url))
  const afterMs = Date.now()
  if (!alive.ok)
    return [
      ...certificate,
      problem(
        SERVER,
        `${quote(text, 200)} does not answer: ${alive.error}`,
        alive.advice ?? 'look whether it runs, and whether it listens there',
      ),
    ]
  const date = Date.parse(alive.value.headers.get('date') ?? '')
  return [
    ...certificate,
    alive.value.status === 200
      ? ok(SERVER, 'it lives')
      : problem(
          SERVER,
          `it answers ${alive.value.status} where it should say that it lives`,
          'look whether this is Keyward',
        ),
    await checkReady(url),
    // Told in whole seconds.
    ...(Number.isNaN(date) ? [] : [checkSkew('of the server', date, beforeMs, afterMs, 1000)]),
  ]
}

async function checkReady(url: URL): Promise<Finding> {
  const ready = await answerOf(new URL('/readyz', url))
  if (ready.ok && ready.value.status === 200) return ok(SERVER, 'it is ready')
  const why = ready.ok ? (await ready.value.text()).trim().slice(0, 500) : ready.error
  return problem(SERVER, `it is not ready: ${why}`, 'its log says more; wait where it is starting')
}

type Answered =
  | { readonly ok: true; readonly value: Response }
  | { readonly ok: false; readonly error: string; readonly advice?: string }

async function answerOf(url: URL): Promise<Answered> {
  try {
    return { ok: true, value: await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'manual' }) }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    if (isPlain(cause)) return { ok: false, error: `what answers there speaks no TLS; try http://${url.host}` }
    return { ok: false, error: reasonOf(cause), ...(isUntrusted(cause) && { advice: TRUST }) }
  }
}

const TRUST = 'its certificate is not believed here: ask again with NODE_EXTRA_CA_CERTS=<file of its issuer>'

/** Of what a certificate may be refused for, that nobody known has issued it. */
const UNTRUSTED = ['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE']

function isUntrusted(error: unknown): boolean {
  return UNTRUSTED.includes(codeOf(error))
}

function isPlain(error: unknown): boolean {
  return codeOf(error) === 'ERR_SSL_WRONG_VERSION_NUMBER'
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

function checkServedCertificate({ hostname, port }: URL): Promise<readonly Finding[]> {
  const host = hostname.replace(/^\[|\]$/g, '')
  return new Promise((resolve) => {
    // Looked at here, whatever is wrong with it.
    const socket = connect({
      host,
      port: Number(port === '' ? 443 : port),
      ...(isIP(host) === 0 && { servername: host }),
      rejectUnauthorized: false,
      timeout: TIMEOUT_MS,
    })
    const end = (findings: readonly Finding[]): void => {
      socket.destroy()
      resolve(findings)
    }
    socket.once('timeout', () => end([]))
    // Whether it answers at all is told by somebody else.
    socket.once('error', () => end([]))
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate()
      const wrongName = checkServerIdentity(host, socket.getPeerCertificate()) !== undefined
      const found = checkCertificateItself(new X509Certificate(raw), Date.now(), [host])
      const untrusted = socket.authorized || wrongName ? [] : [untrustedBy(socket.authorizationError)]
      end([...found, ...untrusted])
    })
  })
}

function untrustedBy(error: unknown): Finding {
  return warning(
    CERTIFICATE,
    `nobody here vouches for it: ${reasonOf(error)}`,
    'give clients the certificate of its issuer, as with NODE_EXTRA_CA_CERTS or AWS_CA_BUNDLE',
  )
}
