/** A certificate for this machine and the authority that has signed it, made by the `openssl` command. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificates {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
}

export function makeCertificates(folder: string): Certificates {
  const file = (name: string): string => join(folder, name)
  const openssl = (words: string, ...more: readonly string[]): unknown =>
    execFileSync('openssl', [...words.split(' '), ...more], { cwd: folder, stdio: 'pipe' })
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  const extensions = [
    'subjectAltName=DNS:localhost,IP:127.0.0.1',
    'basicConstraints=CA:FALSE',
    'keyUsage=digitalSignature',
    'extendedKeyUsage=serverAuth',
  ]
  writeFileSync(file('leaf.cnf'), `${extensions.join('\n')}\n`)
  const usage = ['-addext', 'keyUsage=critical,keyCertSign']
  openssl(`req -x509 ${newKey} -days 2 -keyout ca.key -out ca.pem -subj`, '/CN=Test authority', ...usage)
  openssl(`req ${newKey} -keyout leaf.key -out leaf.csr -subj /CN=localhost`)
  openssl('x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 2 -set_serial 1 -extfile leaf.cnf -out leaf.pem')
  return { caFile: file('ca.pem'), certFile: file('leaf.pem'), keyFile: file('leaf.key') }
}
