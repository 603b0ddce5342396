/** The certificate of a database server that is called `localhost` and nothing else, made by the `openssl` command. */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificates {
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  /** Of an authority that has signed nothing. */
  readonly otherCaFile: string
}

export function makeCertificates(folder: string): Certificates {
  const openssl = (words: string, ...more: readonly string[]): unknown =>
    execFileSync('openssl', [...words.split(' '), ...more], { cwd: folder, stdio: 'pipe' })
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  writeFileSync(join(folder, 'leaf.cnf'), 'subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n')
  for (const name of ['ca', 'other']) {
    const usage = ['-addext', 'keyUsage=critical,keyCertSign']
    openssl(`req -x509 ${newKey} -days 2 -keyout ${name}.key -out ${name}.pem -subj`, `/CN=Authority ${name}`, ...usage)
  }
  openssl(`req ${newKey} -keyout leaf.key -out leaf.csr -subj /CN=localhost`)
  openssl('x509 -req -in leaf.csr -CA ca.pem -CAkey ca.key -days 2 -set_serial 1 -extfile leaf.cnf -out leaf.pem')
  const file = (name: string): string => join(folder, name)
  return {
    caFile: file('ca.pem'),
    certFile: file('leaf.pem'),
    keyFile: file('leaf.key'),
    otherCaFile: file('other.pem'),
  }
}
