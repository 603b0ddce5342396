/**
 * moto's server, where Python has it: the emulator of KMS that most people know.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import type { Place } from './serve-messages.js'

export interface Moto {
  readonly place: Place
  readonly version: string
  readonly createKey: () => Promise<string>
  readonly close: () => Promise<void>
}

const PROGRAM = `
import logging, sys, moto
from moto.server import ThreadedMotoServer
logging.getLogger('werkzeug').setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], moto.__version__, flush=True)
sys.stdin.read()
server.stop()
`

/** Undefined where it can be started. */
export function whyNoMoto(): string | undefined {
  const found = spawnSync('python3', ['-c', 'import moto.server'], { stdio: 'ignore' })
  return found.status === 0 ? undefined : 'Python has no `moto` with its server'
}

export async function startMoto(): Promise<Moto> {
  const child = spawn('python3', ['-c', PROGRAM], { stdio: ['pipe', 'pipe', 'ignore'] })
  const exited = once(child, 'exit')
  const told: readonly unknown[] = await once(child.stdout, 'data')
  const [port = '', version = ''] = String(told[0]).trim().split(' ')
  const place = { host: '127.0.0.1', port: Number(port) }
  return {
    place,
    version,
    createKey: async () => {
      const answer = await fetch(`http://${place.host}:${place.port}/`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/x-amz-json-1.1',
          'X-Amz-Target': 'TrentService.CreateKey',
          // It asks for the Region and verifies nothing.
          Authorization: 'AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260101/us-east-1/kms/aws4_request',
        },
        body: '{}',
      })
      const { KeyMetadata } = (await answer.json()) as { readonly KeyMetadata: { readonly KeyId: string } }
      return KeyMetadata.KeyId
    },
    close: async () => {
      child.stdin.end()
      await exited
    },
  }
}
